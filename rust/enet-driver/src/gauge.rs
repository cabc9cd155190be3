//! How full a queue between two threads is: a count and a number of bytes, each with a limit.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Counts what waits in a queue. The queue itself is unbounded; whoever fills it asks here first.
#[derive(Debug)]
pub(crate) struct Gauge {
    count: AtomicUsize,
    bytes: AtomicUsize,
    count_limit: usize,
    bytes_limit: usize,
}

impl Gauge {
    pub(crate) fn new(count_limit: usize, bytes_limit: usize) -> Self {
        Self { count: AtomicUsize::new(0), bytes: AtomicUsize::new(0), count_limit, bytes_limit }
    }

    /// Enters one item if it fits. An empty queue takes an item of any size, else it could never pass.
    #[must_use]
    pub(crate) fn try_enter(&self, bytes: usize) -> bool {
        let count = self.count.fetch_add(1, SeqCst);
        let before = self.bytes.fetch_add(bytes, SeqCst);
        let fits =
            count < self.count_limit && (count == 0 || before.saturating_add(bytes) <= self.bytes_limit);
        if !fits {
            self.leave(bytes);
        }
        fits
    }

    /// Enters one item, whether it fits or not.
    pub(crate) fn enter(&self, bytes: usize) {
        self.count.fetch_add(1, SeqCst);
        self.bytes.fetch_add(bytes, SeqCst);
    }

    /// Takes out an item that was entered with the same number of bytes.
    pub(crate) fn leave(&self, bytes: usize) {
        self.count.fetch_sub(1, SeqCst);
        self.bytes.fetch_sub(bytes, SeqCst);
    }

    /// How many items there are, and their bytes.
    pub(crate) fn level(&self) -> (usize, usize) {
        (self.count.load(SeqCst), self.bytes.load(SeqCst))
    }

    pub(crate) fn is_full(&self) -> bool {
        self.count.load(SeqCst) >= self.count_limit || self.bytes.load(SeqCst) >= self.bytes_limit
    }

    /// Half empty: the point at which a filler that met a full queue goes on, so that it does not go on and stop
    /// for every single item.
    pub(crate) fn is_relaxed(&self) -> bool {
        self.count.load(SeqCst) <= self.count_limit / 2 && self.bytes.load(SeqCst) <= self.bytes_limit / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_a_limit() {
        let gauge = Gauge::new(2, 1000);
        assert!(gauge.try_enter(0) && gauge.try_enter(0));
        assert!(gauge.is_full() && !gauge.try_enter(0));
        gauge.leave(0);
        assert!(!gauge.is_full() && gauge.is_relaxed() && gauge.try_enter(0));
    }

    #[test]
    fn the_bytes_are_a_limit() {
        let gauge = Gauge::new(10, 100);
        assert!(gauge.try_enter(60) && !gauge.try_enter(41) && gauge.try_enter(40));
        assert!(gauge.is_full() && !gauge.is_relaxed());
        gauge.leave(60);
        assert!(gauge.is_relaxed());
    }

    #[test]
    fn an_empty_queue_takes_anything() {
        let gauge = Gauge::new(10, 100);
        assert!(gauge.try_enter(5000) && !gauge.try_enter(1));
        gauge.leave(5000);
        assert!(gauge.try_enter(5000));
    }
}
