//! How full a queue between two threads is: a count and a number of bytes, each with a limit.

use std::{
    ops::{AddAssign, SubAssign},
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

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

    /// Enters items, whether they fit or not.
    pub(crate) fn enter(&self, items: Items) {
        self.level.fetch_add(pack(items.count, items.bytes), SeqCst);
    }

    /// Takes items out that were entered.
    pub(crate) fn leave(&self, items: Items) {
        self.level.fetch_sub(pack(items.count, items.bytes), SeqCst);
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Items {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
}

impl AddAssign for Items {
    fn add_assign(&mut self, more: Self) {
        self.count += more.count;
        self.bytes += more.bytes;
    }
}

impl SubAssign for Items {
    fn sub_assign(&mut self, fewer: Self) {
        self.count -= fewer.count;
        self.bytes -= fewer.bytes;
    }
}

const BYTES_BITS: u32 = 40;
/// Half of what there is room for.
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

    fn some(count: usize, bytes: usize) -> Items {
        Items { count, bytes }
    }

    #[test]
    fn the_count_is_a_limit() {
        let gauge = Gauge::new(2, 1000);
        gauge.enter(some(2, 0));
        assert!(gauge.is_full(NONE) && !gauge.is_relaxed(NONE));
        gauge.leave(some(1, 0));
        assert!(!gauge.is_full(NONE) && gauge.is_relaxed(NONE));
    }

    #[test]
    fn the_bytes_are_a_limit() {
        let gauge = Gauge::new(10, 100);
        gauge.enter(some(2, 100));
        assert!(gauge.is_full(NONE) && !gauge.is_relaxed(NONE));
        gauge.leave(some(1, 60));
        assert!(gauge.is_relaxed(NONE));
    }

    #[test]
    fn what_is_entered_together_counts_before_and_after() {
        let gauge = Gauge::new(4, 100);
        let most = some(3, 99);
        assert!(!gauge.is_full(most) && !gauge.is_relaxed(most) && gauge.is_relaxed(NONE));
        gauge.enter(most);
        assert_eq!(gauge.level(), (3, 99));
        assert!(gauge.is_full(some(1, 0)) && gauge.is_full(some(0, 1)));
    }
}
