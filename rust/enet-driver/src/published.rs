//! Numbers that one thread writes and others read, without either ever waiting.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The last published values. They are copied one by one, so two of them may stem from two neighbouring moments.
#[derive(Debug)]
pub(crate) struct Published<const N: usize>([AtomicU64; N]);

impl<const N: usize> Published<N> {
    pub(crate) fn write(&self, values: [u64; N]) {
        for (published, value) in self.0.iter().zip(values) {
            published.store(value, Relaxed);
        }
    }

    pub(crate) fn read(&self) -> [u64; N] {
        self.0.each_ref().map(|published| published.load(Relaxed))
    }
}

impl<const N: usize> Default for Published<N> {
    fn default() -> Self {
        Self([const { AtomicU64::new(0) }; N])
    }
}
