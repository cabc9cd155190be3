//! When unanswered commands are sent again, and when the remote is given up. Answers for
//! `enet_protocol_check_timeouts`.

use crate::config::PeerTimeouts;
use crate::time::Millis;

#[derive(Debug)]
pub(crate) struct RetransmissionTimer {
    pub(crate) timeouts: PeerTimeouts,
    /// Not later than the first moment at which a command in flight counts as lost. May be too early, never too late.
    next: Option<Millis>,
    /// When the oldest command that got lost since the last acknowledgement was sent.
    silent_since: Option<Millis>,
}

impl RetransmissionTimer {
    pub(crate) fn new(timeouts: PeerTimeouts) -> Self {
        Self { timeouts, next: None, silent_since: None }
    }

    /// A command in flight counts as lost at `at`.
    pub(crate) fn on_sent(&mut self, at: Millis) {
        self.next = Some(self.next.map_or(at, |next| next.min(at)));
    }

    /// The remote acknowledged something: it is there.
    pub(crate) fn on_acknowledged(&mut self) {
        self.silent_since = None;
    }

    /// Nothing is in flight any more.
    pub(crate) fn stop(&mut self) {
        self.next = None;
        self.silent_since = None;
    }

    /// Begins an examination of everything in flight; afterwards [`Self::on_sent`] is to be called for each command
    /// that still is.
    pub(crate) fn begin_check(&mut self) {
        self.next = None;
    }

    /// Counts a transmission (the `attempts`-th) from `sent_at` as lost. Returns whether the remote is to be given up.
    pub(crate) fn on_lost(&mut self, now: Millis, sent_at: Millis, attempts: u32) -> bool {
        let since = self.silent_since.map_or(sent_at, |since| since.min(sent_at));
        self.silent_since = Some(since);
        let silent_ms = now.since(since);
        let backed_off =
            1u32.checked_shl(attempts.saturating_sub(1)).is_none_or(|factor| factor >= self.timeouts.limit);
        silent_ms >= u64::from(self.timeouts.maximum_ms)
            || (backed_off && silent_ms >= u64::from(self.timeouts.minimum_ms))
    }

    /// Whether the remote has been silent for the longest time that is ever granted.
    pub(crate) fn has_given_up(&self, now: Millis) -> bool {
        self.give_up_at().is_some_and(|at| at <= now)
    }

    /// When something is to be examined.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        match (self.next, self.give_up_at()) {
            (Some(next), Some(give_up)) => Some(next.min(give_up)),
            (next, give_up) => next.or(give_up),
        }
    }

    fn give_up_at(&self) -> Option<Millis> {
        self.silent_since.map(|since| since + u64::from(self.timeouts.maximum_ms))
    }
}
