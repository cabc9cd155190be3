//! Who has something to do, and when: cost follows activity, not the number of slots.
//!
//! Peers that may have something to send wait in a queue and take turns. Each peer with a deadline has an entry in a
//! heap, not later than the deadline. One that moves away leaves its entry where it is, which follows when it comes up: most
//! retransmissions are answered long before, and nobody looks at their peers. An earlier deadline overtakes the entry in a
//! second heap: the next ping stays far away while retransmissions come and go before it.

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

/// Every peer has one, and an `Option` would double each of its times.
#[derive(Clone, Debug)]
struct Entry {
    /// When the slot needs attention, or [`Millis::NEVER`]. Not before the earliest of `deadlines`.
    due: Millis,
    /// The entries of the heaps that count for the slot, or [`Millis::NEVER`]; others of the slot are leftovers.
    deadlines: [Millis; LANES],
    is_ready: bool,
}

impl Default for Entry {
    fn default() -> Self {
        Self { due: Millis::NEVER, deadlines: [Millis::NEVER; LANES], is_ready: false }
    }
}

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

    /// The slot needs attention at `deadline`, whatever was said before.
    pub(crate) fn set_deadline(&mut self, slot: u16, deadline: Option<Millis>) {
        let due = deadline.unwrap_or(Millis::NEVER);
        let before = std::mem::replace(&mut self.entry(slot).due, due);
        if before != due {
            self.cover(slot);
            self.settle();
        }
    }

    /// The next slot whose deadline has come. Whoever takes it sets the next one.
    pub(crate) fn next_due(&mut self, now: Millis) -> Option<u16> {
        self.settle();
        let first = |lane: &usize| self.deadlines[*lane].peek().is_some_and(|&Reverse((at, _))| at <= now);
        let lane = (0..LANES).find(first)?;
        let Reverse((_, slot)) = self.deadlines[lane].pop()?;
        let entry = self.entry(slot);
        (entry.due, entry.deadlines[lane]) = (Millis::NEVER, Millis::NEVER);
        Some(slot)
    }

    /// Sees to it that a slot comes up when it is due, or before.
    fn cover(&mut self, slot: u16) {
        let entry = self.entry(slot);
        let due = entry.due;
        if entry.deadlines.iter().any(|&earlier| earlier <= due) {
            return;
        }
        let lane = usize::from(entry.deadlines[0] != Millis::NEVER);
        entry.deadlines[lane] = due;
        self.deadlines[lane].push(Reverse((due, slot)));
    }

    /// Moves entries that stand first and are not due then to where they belong: nobody is to wake up for them.
    fn settle(&mut self) {
        for lane in 0..LANES {
            while let Some(&Reverse((at, slot))) = self.deadlines[lane].peek() {
                let entry = self.entry(slot);
                let counts = entry.deadlines[lane] == at;
                if counts && entry.due <= at {
                    break;
                }
                if counts {
                    entry.deadlines[lane] = Millis::NEVER;
                }
                self.deadlines[lane].pop();
                self.cover(slot);
            }
        }
    }

    /// When [`Self::next_due`] is worth calling.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        Millis::earliest(self.deadlines.each_ref().map(|lane| lane.peek().map(|&Reverse((at, _))| at)))
    }

    /// A slot's deadline, unless it has come, and whether it has its turn to send before it.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn knows_of(&self, slot: u16) -> (Option<Millis>, bool) {
        let entry = self.slots.get(usize::from(slot)).cloned().unwrap_or_default();
        let is_covered = entry.due != Millis::NEVER && entry.deadlines.iter().any(|&at| at <= entry.due);
        (Some(entry.due).filter(|_| is_covered), entry.is_ready)
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
    fn an_earlier_deadline_overtakes_and_a_later_one_follows() {
        let mut schedule = Schedule::default();
        schedule.set_deadline(7, Some(Millis(100)));
        schedule.set_deadline(7, Some(Millis(50)));
        assert_eq!(schedule.next_due(Millis(49)), None);
        assert_eq!(schedule.next_due(Millis(50)), Some(7));
        schedule.set_deadline(7, Some(Millis(120)));
        assert_eq!(schedule.next_due(Millis(119)), None, "the first is of no use any more");
        assert_eq!(schedule.next_due(Millis(120)), Some(7));
        assert_eq!(schedule.next_due(Millis(1000)), None);
        assert_eq!(schedule.deadline(), None);
    }

    #[test]
    fn nobody_wakes_up_for_a_deadline_that_has_moved() {
        let mut schedule = Schedule::default();
        for slot in [1, 2, 3] {
            schedule.set_deadline(slot, Some(Millis(4000)));
            schedule.set_deadline(slot, Some(Millis(20)));
        }
        schedule.set_deadline(2, Some(Millis(4100)));
        assert_eq!(schedule.deadline(), Some(Millis(20)));
        schedule.set_deadline(1, Some(Millis(4200)));
        schedule.set_deadline(3, None);
        assert_eq!(schedule.deadline(), Some(Millis(4100)));
        assert_eq!(schedule.next_due(Millis(4100)), Some(2));
        assert_eq!(schedule.next_due(Millis(5000)), Some(1));
        assert_eq!(schedule.next_due(Millis(5000)), None);
    }

    /// Against the plainest schedule there is.
    #[test]
    fn each_slot_comes_up_when_it_was_last_said() {
        for seed in 0..32 {
            let mut rng = crate::rng::Rng::new(seed);
            let mut schedule = Schedule::default();
            let mut model = [None::<Millis>; 8];
            for now in (0..500).map(Millis) {
                for _ in 0..rng.below(4) {
                    let slot = rng.below(8) as u16;
                    let deadline = (rng.below(8) > 0).then(|| now + 1 + u64::from(rng.below(40)));
                    schedule.set_deadline(slot, deadline);
                    model[usize::from(slot)] = deadline;
                }
                assert_eq!(schedule.deadline(), model.iter().flatten().min().copied(), "seed {seed}");
                let mut due: Vec<u16> = std::iter::from_fn(|| schedule.next_due(now)).collect();
                due.sort_unstable();
                let is_due = |&slot: &u16| model[usize::from(slot)].take_if(|at| *at <= now).is_some();
                assert_eq!(due, (0..8).filter(is_due).collect::<Vec<_>>(), "seed {seed}");
            }
        }
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
