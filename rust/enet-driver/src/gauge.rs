//! How full a queue between two threads is: a count and a number of bytes, each with a limit.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

/// Counts what waits in a queue. The queue itself is unbounded; whoever fills it asks here first.
#[derive(Debug)]
pub(crate) struct Gauge {
    /// Items above [`BYTES_BITS`], bytes below: both change with one access.
    level: AtomicU64,
    count_limit: u64,
    bytes_limit: u64,
}

impl Gauge {
    /// Limits beyond eight million items and half a terabyte count as that.
    pub(crate) fn new(count_limit: usize, bytes_limit: usize) -> Self {
        Self {
            level: AtomicU64::new(0),
            count_limit: (count_limit as u64).min(MOST_ITEMS),
            bytes_limit: (bytes_limit as u64).min(MOST_BYTES),
        }
    }

    /// Enters one item if it fits. An empty queue takes an item of any size, else it could never pass.
    #[must_use]
    pub(crate) fn try_enter(&self, bytes: usize) -> bool {
        let (count, before) = unpack(self.level.fetch_add(pack(1, bytes), SeqCst));
        let fits = count < self.count_limit && (count == 0 || before + bytes as u64 <= self.bytes_limit);
        if !fits {
            self.leave(bytes);
        }
        fits
    }

    /// Enters items, whether they fit or not.
    pub(crate) fn enter(&self, items: Items) {
        self.level.fetch_add(pack(items.count, items.bytes), SeqCst);
    }

    /// Takes out an item that was entered with the same number of bytes.
    pub(crate) fn leave(&self, bytes: usize) {
        self.level.fetch_sub(pack(1, bytes), SeqCst);
    }

    /// How many items there are, and their bytes.
    pub(crate) fn level(&self) -> (u64, u64) {
        unpack(self.level.load(SeqCst))
    }

    /// Whether there is no room beside what is about to be entered.
    pub(crate) fn is_full(&self, beside: Items) -> bool {
        let (count, bytes) = self.level_beside(beside);
        count >= self.count_limit || bytes >= self.bytes_limit
    }

    /// Half empty: the point at which a filler that met a full queue goes on, so that it does not go on and stop
    /// for every single item.
    pub(crate) fn is_relaxed(&self, beside: Items) -> bool {
        let (count, bytes) = self.level_beside(beside);
        count <= self.count_limit / 2 && bytes <= self.bytes_limit / 2
    }

    fn level_beside(&self, beside: Items) -> (u64, u64) {
        let (count, bytes) = self.level();
        (count + beside.count as u64, bytes + beside.bytes as u64)
    }
}

/// What is entered together.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Items {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
}

const BYTES_BITS: u32 = 40;
/// Half of what there is room for: each thread may be about to give back what did not fit.
const MOST_ITEMS: u64 = 1 << (64 - BYTES_BITS - 1);
const MOST_BYTES: u64 = 1 << (BYTES_BITS - 1);

fn pack(count: usize, bytes: usize) -> u64 {
    (count as u64) << BYTES_BITS | bytes as u64
}

fn unpack(level: u64) -> (u64, u64) {
    (level >> BYTES_BITS, level & ((1 << BYTES_BITS) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Items = Items { count: 0, bytes: 0 };

    #[test]
    fn the_count_is_a_limit() {
        let gauge = Gauge::new(2, 1000);
        assert!(gauge.try_enter(0) && gauge.try_enter(0));
        assert!(gauge.is_full(NONE) && !gauge.try_enter(0));
        gauge.leave(0);
        assert!(!gauge.is_full(NONE) && gauge.is_relaxed(NONE) && gauge.try_enter(0));
    }

    #[test]
    fn the_bytes_are_a_limit() {
        let gauge = Gauge::new(10, 100);
        assert!(gauge.try_enter(60) && !gauge.try_enter(41) && gauge.try_enter(40));
        assert!(gauge.is_full(NONE) && !gauge.is_relaxed(NONE));
        gauge.leave(60);
        assert!(gauge.is_relaxed(NONE));
    }

    #[test]
    fn an_empty_queue_takes_anything() {
        let gauge = Gauge::new(10, 100);
        assert!(gauge.try_enter(5000) && !gauge.try_enter(1));
        gauge.leave(5000);
        assert!(gauge.try_enter(5000));
    }

    #[test]
    fn what_is_entered_together_counts_before_and_after() {
        let gauge = Gauge::new(4, 100);
        let some = Items { count: 3, bytes: 99 };
        assert!(!gauge.is_full(some) && !gauge.is_relaxed(some) && gauge.is_relaxed(NONE));
        gauge.enter(some);
        assert_eq!(gauge.level(), (3, 99));
        assert!(gauge.is_full(Items { count: 1, bytes: 0 }) && gauge.is_full(Items { count: 0, bytes: 1 }));
    }
}
