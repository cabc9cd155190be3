//! What a grown window sends is spread over the round trip. Answers come in bursts, because remotes gather them, and each would
//! set a burst of that size going: a megabyte at once is more than the sockets and queues on the way hold, and what they drop
//! looks like a link that loses much. Where a round trip is shorter than the clock can tell there is nothing to spread.

use crate::time::Millis;

/// Bytes that may leave now, and from when on more may.
#[derive(Debug, Default)]
pub(crate) struct Spacing {
    saved: u32,
    saved_at: Option<Millis>,
    due_at: Option<Millis>,
}

/// What may always leave at once, in bytes: half of C ENet's window.
const BURST_BYTES: u32 = 32 << 10;
/// A larger window's burst is this part of it, which a thread that runs late needs.
const BURST_PART: u32 = 16;

impl Spacing {
    /// Whether `bytes` may leave, of a `window` that lasts for a round trip of `rtt_ms`. A quarter is granted on top: what keeps
    /// the window from being used up is to be the link.
    pub(crate) fn admits(&mut self, now: Millis, bytes: u32, window: u32, rtt_ms: u32) -> bool {
        if rtt_ms <= 1 {
            self.due_at = None;
            return true;
        }
        let each_ms = (window.saturating_add(window / 4) / rtt_ms).max(1);
        // The clock moves in milliseconds, and so much is due with each of them.
        let burst = BURST_BYTES.max(window / BURST_PART).max(each_ms);
        let passed_ms = self.saved_at.map_or(u64::MAX, |at| now.since(at));
        let more = u64::from(each_ms).saturating_mul(passed_ms);
        self.saved = u32::try_from(u64::from(self.saved).saturating_add(more)).unwrap_or(burst).min(burst);
        self.saved_at = Some(now);
        let missing = bytes.saturating_sub(self.saved);
        self.due_at = (missing > 0).then(|| now + u64::from(missing.div_ceil(each_ms)));
        missing == 0
    }

    /// Bytes leave.
    pub(crate) fn on_sent(&mut self, bytes: u32) {
        self.saved = self.saved.saturating_sub(bytes);
    }

    /// What was held back is about to be asked for again.
    pub(crate) fn forget_due(&mut self) {
        self.due_at = None;
    }

    /// When what is held back may leave.
    pub(crate) fn due_at(&self) -> Option<Millis> {
        self.due_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_takes_its_round_trip() {
        const WINDOW: u32 = 1 << 20;
        let mut spacing = Spacing::default();
        let mut most = 0;
        let mut sent = 0;
        for ms in 0..100 {
            let before = sent;
            while spacing.admits(Millis(1000 + ms), 1364, WINDOW, 100) {
                spacing.on_sent(1364);
                sent += 1364;
            }
            assert_eq!(spacing.due_at(), Some(Millis(1001 + ms)));
            most = most.max(sent - before);
        }
        assert!((WINDOW..WINDOW / 3 * 4).contains(&sent), "{sent}");
        assert!(most <= WINDOW / BURST_PART, "{most}");
    }

    #[test]
    fn a_short_way_carries_a_window_in_each_round_trip() {
        const WINDOW: u32 = 96 << 10;
        let mut spacing = Spacing::default();
        for ms in 0..100 {
            let mut left = WINDOW / 2;
            while left > 0 && spacing.admits(Millis(1000 + ms), 1024, WINDOW, 2) {
                spacing.on_sent(1024);
                left -= 1024;
            }
            assert_eq!(left, 0, "what is left in millisecond {ms}");
        }
        assert!((0..1000).all(|_| spacing.admits(Millis(2000), 1024, WINDOW, 1)));
    }

    #[test]
    fn what_is_held_back_comes_when_it_is_said_to() {
        let mut spacing = Spacing::default();
        let mut now = Millis(5);
        for _ in 0..1000 {
            while spacing.admits(now, 1000, 70_000, 900) {
                spacing.on_sent(1000);
            }
            let due = spacing.due_at().expect("something is held back");
            assert!(due > now && due <= now + 11);
            now = due;
            assert!(spacing.admits(now, 1000, 70_000, 900));
        }
    }
}
