//! Which unsequenced packets have been seen. Answers for `unsequencedWindow` of `ENetPeer`.
//!
//! The window is a block of 1024 group numbers that jumps: entering a later block forgets the earlier one, and what
//! arrives late from the earlier one is refused.

use crate::seq::Seq16;

const WINDOW: u16 = 1024;
/// Groups further ahead than this are taken for old ones.
const MAX_AHEAD: u32 = 32 * WINDOW as u32;

#[derive(Debug, Default)]
pub(crate) struct UnsequencedWindow {
    /// First group of the current block, a multiple of [`WINDOW`].
    base: u16,
    seen: [u64; WINDOW as usize / 64],
}

impl UnsequencedWindow {
    #[cfg(test)]
    pub(crate) fn beginning_at(base: u16) -> Self {
        Self { base, ..Self::default() }
    }

    /// Whether a packet of this group has not been seen and is not too old. Moves to the group's block if so.
    pub(crate) fn is_new(&mut self, group: u16) -> bool {
        let unwrapped = u32::from(group) + if group < self.base { 0x1_0000 } else { 0 };
        if unwrapped >= u32::from(self.base) + MAX_AHEAD {
            return false;
        }
        let block = group - group % WINDOW;
        if block != self.base {
            *self = Self { base: block, seen: Default::default() };
        }
        let (word, bit) = Self::place(group);
        self.seen[word] & bit == 0
    }

    /// Remembers the group of a packet that [`Self::is_new`] and was taken.
    pub(crate) fn mark(&mut self, group: u16) {
        let (word, bit) = Self::place(group);
        self.seen[word] |= bit;
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
    #[cfg(test)]
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
    fn duplicates_and_earlier_blocks_are_refused() {
        let mut window = UnsequencedWindow::default();
        assert!(take(&mut window, 5));
        assert!(!take(&mut window, 5));
        assert!(take(&mut window, 1));
        assert!(take(&mut window, 1024));
        assert!(!take(&mut window, 1023));
        assert!(take(&mut window, 1025));
    }

    #[test]
    fn far_ahead_is_old_and_the_numbers_wrap() {
        let mut window = UnsequencedWindow::default();
        assert!(!take(&mut window, 32768));
        assert!(take(&mut window, 32767));
        assert!(take(&mut window, 64511));
        assert!(take(&mut window, 64512));
        assert!(take(&mut window, 3));
        assert!(!take(&mut window, 65535));
    }

    #[test]
    fn an_unmarked_group_stays_new() {
        let mut window = UnsequencedWindow::default();
        assert!(window.is_new(9));
        assert!(window.is_new(9));
    }
}
