//! Which unsequenced packets have been seen. Answers for `unsequencedWindow` of `ENetPeer`.
//!
//! The window slides: it holds the newest group and the 1023 before it. What is older is refused, for whether it was
//! seen is forgotten. A group further ahead than a window would make all that is under way old, so it has to be borne
//! out by a second one near it: a damaged or forged number costs nothing, an interrupted line a single packet.

use crate::seq::Seq16;

const WINDOW: u16 = 1024;

#[derive(Debug, Default)]
pub(crate) struct UnsequencedWindow {
    newest: u16,
    /// Of those who send unsequenced packets.
    seen: Option<Box<Seen>>,
    /// A group far ahead that nothing has borne out yet.
    suspect: Option<u16>,
}

/// One bit for each group of the window, at its number modulo [`WINDOW`].
type Seen = [u64; WINDOW as usize / 64];

impl UnsequencedWindow {
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn beginning_at(newest: u16) -> Self {
        Self { newest, ..Self::default() }
    }

    /// Whether a packet of this group has not been seen and is not too old. Moves the window to the group if so.
    pub(crate) fn is_new(&mut self, group: u16) -> bool {
        let ahead = group.wrapping_sub(self.newest);
        let is_behind = ahead > u16::MAX / 2;
        if is_behind && ahead.wrapping_neg() >= WINDOW {
            return false;
        }
        if !is_behind && ahead >= WINDOW && !self.is_borne_out(group) {
            return false;
        }
        if !is_behind {
            self.slide_to(group);
        }
        let (word, bit) = Self::place(group);
        self.seen()[word] & bit == 0
    }

    /// Remembers the group of a packet that [`Self::is_new`] and was taken.
    pub(crate) fn mark(&mut self, group: u16) {
        let (word, bit) = Self::place(group);
        self.seen()[word] |= bit;
    }

    /// Whether another group near this one, also far ahead, came before it.
    fn is_borne_out(&mut self, group: u16) -> bool {
        let Some(suspect) = self.suspect.replace(group) else { return false };
        let distance = group.wrapping_sub(suspect);
        (1..WINDOW).contains(&distance.min(distance.wrapping_neg()))
    }

    fn slide_to(&mut self, group: u16) {
        let steps = group.wrapping_sub(self.newest).min(WINDOW);
        for back in 0..steps {
            let (word, bit) = Self::place(group.wrapping_sub(back));
            self.seen()[word] &= !bit;
        }
        self.newest = group;
        self.suspect = None;
    }

    fn seen(&mut self) -> &mut Seen {
        self.seen.get_or_insert_default()
    }

    fn place(group: u16) -> (usize, u64) {
        let index = usize::from(group % WINDOW);
        (index / 64, 1 << (index % 64))
    }
}

/// Hands out the groups of outgoing unsequenced packets, beginning with 1.
#[derive(Debug, Default)]
pub(crate) struct UnsequencedGroups(Seq16);

impl UnsequencedGroups {
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn after(last: Seq16) -> Self {
        Self(last)
    }

    pub(crate) fn assign(&mut self) -> u16 {
        self.0 = self.0.next();
        self.0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(window: &mut UnsequencedWindow, group: u16) -> bool {
        let is_new = window.is_new(group);
        if is_new {
            window.mark(group);
        }
        is_new
    }

    #[test]
    fn duplicates_and_what_the_window_has_left_behind_are_refused() {
        let mut window = UnsequencedWindow::default();
        assert!(take(&mut window, 5));
        assert!(!take(&mut window, 5));
        assert!(take(&mut window, 1));
        assert!(take(&mut window, 1024));
        assert!(take(&mut window, 1023));
        assert!(!take(&mut window, 1));
        assert!(!take(&mut window, 0));
        assert!(take(&mut window, 2));
    }

    #[test]
    fn a_lone_group_far_ahead_ends_nothing() {
        let mut window = UnsequencedWindow::default();
        for group in 1..100 {
            assert!(take(&mut window, group));
            let far = group.wrapping_add(1024 + (u32::from(group) * 1999 % 31_000) as u16);
            assert!(!take(&mut window, far) && !take(&mut window, far), "{far}");
        }
    }

    #[test]
    fn an_interrupted_line_costs_one_packet() {
        for gap in [1024, 5000, 32_000] {
            let mut window = UnsequencedWindow::beginning_at(60_000);
            let after = 60_000_u16.wrapping_add(gap);
            assert!(!take(&mut window, after));
            assert!(take(&mut window, after.wrapping_add(1)));
            assert!(take(&mut window, after), "it may still come again");
            assert!(!take(&mut window, after.wrapping_add(1)));
        }
    }

    /// Compares with the obvious model: a set of everything taken, and the newest of it.
    #[test]
    fn random_arrivals_match_a_slow_model() {
        let mut rng = crate::rng::Rng::new(3);
        let mut window = UnsequencedWindow::default();
        let (mut newest, mut taken) = (0u64, std::collections::BTreeSet::new());
        for _ in 0..200_000 {
            let group = (newest + u64::from(rng.below(2000))).saturating_sub(1500);
            let is_new = newest.saturating_sub(group) < u64::from(WINDOW) && taken.insert(group);
            newest = newest.max(group);
            assert_eq!(take(&mut window, (group % 65536) as u16), is_new, "{group} at {newest}");
        }
    }

    #[test]
    fn an_unmarked_group_stays_new() {
        let mut window = UnsequencedWindow::default();
        assert!(window.is_new(9));
        assert!(window.is_new(9));
    }
}
