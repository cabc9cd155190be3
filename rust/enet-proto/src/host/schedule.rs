//! Who has something to do, and when: cost follows activity, not the number of slots.
//!
//! Peers that may have something to send wait in a queue and take turns. Each peer with a deadline has an entry in a
//! heap; an entry is never moved and is recomputed when it comes up. An earlier deadline overtakes it in a second heap, and
//! leaves it where it is: the next ping stays far away while retransmissions come and go before it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::time::Millis;

#[derive(Debug, Default)]
pub(crate) struct Schedule {
    ready: VecDeque<u16>,
    deadlines: [Deadlines; LANES],
    slots: Vec<Entry>,
}

type Deadlines = BinaryHeap<Reverse<(Millis, u16)>>;

#[derive(Clone, Debug)]
struct Entry {
    is_ready: bool,
    /// The entries of `deadlines` that count for the slot, or [`NEVER`]; others of the slot are leftovers.
    deadlines: [Millis; LANES],
}

impl Default for Entry {
    fn default() -> Self {
        Self { is_ready: false, deadlines: [NEVER; LANES] }
    }
}

/// Every peer has two of these, and an `Option` would double them.
const NEVER: Millis = Millis(u64::MAX);

/// A slot's first deadline, and the one that overtook it.
const LANES: usize = 2;

impl Schedule {
    /// The slot may have something to send.
    pub(crate) fn set_ready(&mut self, slot: u16) {
        let entry = self.entry(slot);
        if !entry.is_ready {
            entry.is_ready = true;
            self.ready.push_back(slot);
        }
    }

    /// The next slot whose turn it is to send.
    pub(crate) fn next_ready(&mut self) -> Option<u16> {
        let slot = self.ready.pop_front()?;
        self.entry(slot).is_ready = false;
        Some(slot)
    }

    /// The slot needs attention at `deadline` or, if it was told an earlier time before, then.
    pub(crate) fn set_deadline(&mut self, slot: u16, deadline: Option<Millis>) {
        let Some(deadline) = deadline else { return };
        let entry = self.entry(slot);
        if entry.deadlines.iter().any(|&earlier| earlier <= deadline) {
            return;
        }
        let lane = usize::from(entry.deadlines[0] != NEVER);
        entry.deadlines[lane] = deadline;
        self.deadlines[lane].push(Reverse((deadline, slot)));
    }

    /// The next slot whose deadline has come. Whoever takes it sets the next one.
    pub(crate) fn next_due(&mut self, now: Millis) -> Option<u16> {
        (0..LANES).find_map(|lane| self.next_due_in(lane, now))
    }

    fn next_due_in(&mut self, lane: usize, now: Millis) -> Option<u16> {
        while let Some(&Reverse((deadline, slot))) = self.deadlines[lane].peek() {
            if deadline > now {
                return None;
            }
            self.deadlines[lane].pop();
            let counts = &mut self.entry(slot).deadlines[lane];
            if *counts == deadline {
                *counts = NEVER;
                return Some(slot);
            }
        }
        None
    }

    /// When [`Self::next_due`] is worth calling.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        self.deadlines.iter().filter_map(|lane| Some(lane.peek()?.0.0)).min()
    }

    /// A slot's deadline, unless it has come, and whether it has its turn to send before it.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn knows_of(&self, slot: u16) -> (Option<Millis>, bool) {
        let entry = self.slots.get(usize::from(slot)).cloned().unwrap_or_default();
        (entry.deadlines.into_iter().min().filter(|&deadline| deadline != NEVER), entry.is_ready)
    }

    fn entry(&mut self, slot: u16) -> &mut Entry {
        let index = usize::from(slot);
        if self.slots.len() <= index {
            self.slots.resize(index + 1, Entry::default());
        }
        &mut self.slots[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_take_turns_once_each() {
        let mut schedule = Schedule::default();
        for slot in [3, 1, 3, 2, 1] {
            schedule.set_ready(slot);
        }
        assert_eq!(std::iter::from_fn(|| schedule.next_ready()).collect::<Vec<_>>(), [3, 1, 2]);
    }

    #[test]
    fn an_earlier_deadline_overtakes() {
        let mut schedule = Schedule::default();
        schedule.set_deadline(7, Some(Millis(100)));
        schedule.set_deadline(7, Some(Millis(50)));
        schedule.set_deadline(7, Some(Millis(80)));
        assert_eq!(schedule.next_due(Millis(49)), None);
        assert_eq!(schedule.next_due(Millis(50)), Some(7));
        assert_eq!(schedule.next_due(Millis(99)), None);
        assert_eq!(schedule.next_due(Millis(100)), Some(7), "the first is still to be looked at");
        assert_eq!(schedule.next_due(Millis(1000)), None);
        assert_eq!(schedule.deadline(), None);
    }

    #[test]
    fn what_is_overtaken_again_and_again_leaves_one_entry() {
        let mut schedule = Schedule::default();
        for round in 0..100 {
            schedule.set_deadline(7, Some(Millis(500 + round)));
            schedule.set_deadline(7, Some(Millis(round)));
            assert_eq!(schedule.next_due(Millis(round)), Some(7));
        }
        assert_eq!(schedule.deadlines.each_ref().map(BinaryHeap::len), [1, 0]);
    }
}
