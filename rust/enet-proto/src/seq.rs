//! 16-bit sequence numbers that wrap, and the window a receiver accepts. Answers for `ENET_PEER_RELIABLE_WINDOW_SIZE`
//! and `ENET_PEER_FREE_RELIABLE_WINDOWS`.
//!
//! The number space is cut into 16 windows of 4096. A receiver whose newest in-order number lies in window `c` stores
//! what lies in windows `c` to `c + 6`; `c + 7` and `c + 8` are too far ahead and must come again; the rest counts as
//! already received.

/// A reliable sequence number. The first one assigned is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Seq16(pub(crate) u16);

/// Where a number stands relative to the newest in-order one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Inside the acceptance window, this many numbers ahead (0 for the newest in-order number itself).
    Ahead(u16),
    /// Beyond the window: neither stored nor acknowledged, so that it is sent again.
    TooFar,
    /// Received long ago.
    Old,
}

const WINDOW_SIZE: u16 = 4096;
const WINDOWS: u16 = 16;
const ACCEPTED_WINDOWS: u16 = 7;

impl Seq16 {
    pub(crate) fn next(self) -> Self {
        self.plus(1)
    }

    pub(crate) fn plus(self, steps: u16) -> Self {
        Self(self.0.wrapping_add(steps))
    }

    /// How many steps lead from `earlier` to this number.
    pub(crate) fn distance_from(self, earlier: Self) -> u16 {
        self.0.wrapping_sub(earlier.0)
    }

    /// Where this number stands for a receiver whose newest in-order number is `newest`.
    pub(crate) fn position(self, newest: Self) -> Position {
        let mut window = self.0 / WINDOW_SIZE;
        if self.0 < newest.0 {
            window += WINDOWS;
        }
        match window - newest.0 / WINDOW_SIZE {
            ahead if ahead < ACCEPTED_WINDOWS => Position::Ahead(self.distance_from(newest)),
            ahead if ahead < ACCEPTED_WINDOWS + 2 => Position::TooFar,
            _ => Position::Old,
        }
    }

    /// How many numbers after this one fit into the window of a receiver that has everything up to this one.
    pub(crate) fn room_ahead(self) -> u16 {
        ACCEPTED_WINDOWS * WINDOW_SIZE - 1 - self.0 % WINDOW_SIZE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_at_the_window_edges() {
        let table = [
            (0, 0, Position::Ahead(0)),
            (0, 1, Position::Ahead(1)),
            (0, 7 * 4096 - 1, Position::Ahead(7 * 4096 - 1)),
            (0, 7 * 4096, Position::TooFar),
            (0, 9 * 4096 - 1, Position::TooFar),
            (0, 9 * 4096, Position::Old),
            (0, 65535, Position::Old),
            (61440, 61440, Position::Ahead(0)),
            (61440, 0, Position::Ahead(4096)),
            (61440, 6 * 4096 - 1, Position::Ahead(7 * 4096 - 1)),
            (61440, 6 * 4096, Position::TooFar),
            (65535, 0, Position::Ahead(1)),
            (65535, 65534, Position::Old),
        ];
        for (newest, number, expected) in table {
            assert_eq!(Seq16(number).position(Seq16(newest)), expected, "{number} after {newest}");
        }
    }

    #[test]
    fn room_ahead_is_the_last_accepted_number() {
        for newest in (0..=u16::MAX).map(Seq16) {
            let room = newest.room_ahead();
            assert_eq!(newest.plus(room).position(newest), Position::Ahead(room));
            assert_eq!(newest.plus(room + 1).position(newest), Position::TooFar);
        }
    }
}
