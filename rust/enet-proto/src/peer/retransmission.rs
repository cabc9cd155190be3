//! When unanswered commands are sent again, and when the remote is given up. Answers for
//! `enet_protocol_check_timeouts`.

use crate::config::PeerTimeouts;
use crate::time::Millis;

#[derive(Debug)]
pub(crate) struct RetransmissionTimer {
    pub(crate) timeouts: PeerTimeouts,
    /// The remote is never given up.
    is_suspended: bool,
    /// Not later than the first moment at which a command in flight counts as lost. May be too early, never too late.
    /// [`NEVER`] if none is.
    next: Millis,
    /// Since when the remote has acknowledged nothing, once something got lost.
    silent_since: Option<Millis>,
    last_acknowledged: Option<Millis>,
    answers: u64,
    last_heard: Millis,
}

/// How a command in flight was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transmission {
    pub(crate) sent_at: Millis,
    /// How long after `sent_at` it counts as lost.
    pub(crate) timeout_ms: u64,
    /// Transmissions so far, counted from the last sign of life.
    pub(crate) attempts: u32,
    /// [`RetransmissionTimer::answers`] when it was sent.
    pub(crate) answers: u64,
    /// How long an answer takes at most, as it is measured at present.
    pub(crate) usual_ms: u64,
}

/// What becomes of a lost command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    SendAgain {
        timeout_ms: u64,
        attempts: u32,
    },
    /// The remote is gone.
    GiveUp,
}

impl RetransmissionTimer {
    /// `now` counts as heard: the connection has just been asked for, or confirmed.
    pub(crate) fn new(timeouts: PeerTimeouts, now: Millis) -> Self {
        Self {
            timeouts,
            is_suspended: false,
            next: NEVER,
            silent_since: None,
            last_acknowledged: None,
            answers: 0,
            last_heard: now,
        }
    }

    /// A command in flight counts as lost at `at`.
    pub(crate) fn on_sent(&mut self, at: Millis) {
        self.next = self.next.min(at);
    }

    /// Keeps the remote however silent it is, or no longer; its silence so far is forgotten.
    pub(crate) fn suspend(&mut self, suspended: bool) {
        self.is_suspended = suspended;
        self.silent_since = None;
    }

    /// The remote acknowledged something: it is there.
    pub(crate) fn on_acknowledged(&mut self, now: Millis) {
        // What was sent into the silence need not wait for as long as the silence had taught.
        if self.silent_since.take().is_some() {
            self.next = now;
        }
        self.last_acknowledged = Some(now);
        self.answers += 1;
    }

    /// How often the remote has acknowledged something.
    pub(crate) fn answers(&self) -> u64 {
        self.answers
    }

    /// The remote sent something. It may hear nothing itself, so this alone does not keep it for ever.
    pub(crate) fn on_heard(&mut self, now: Millis) {
        self.last_heard = now;
    }

    /// When something last came from the remote.
    pub(crate) fn last_heard(&self) -> Millis {
        self.last_heard
    }

    /// When the remote last acknowledged something.
    pub(crate) fn last_acknowledged(&self) -> Option<Millis> {
        self.last_acknowledged
    }

    /// Nothing is in flight any more.
    pub(crate) fn stop(&mut self) {
        self.next = NEVER;
        self.silent_since = None;
    }

    /// Begins an examination of everything in flight; afterwards [`Self::on_sent`] is to be called for each command
    /// that still is.
    pub(crate) fn begin_check(&mut self) {
        self.next = NEVER;
    }

    /// When a transmission counts as lost.
    pub(crate) fn lost_at(&self, sent: Transmission) -> Millis {
        let Transmission { sent_at, timeout_ms, answers, usual_ms, .. } = sent;
        let longest = if self.answers > answers { usual_ms.max(LONGEST_WHILE_ANSWERED_MS) } else { u64::MAX };
        sent_at + timeout_ms.min(longest)
    }

    /// Counts the last transmission of a command as lost, and says how to go on with it. Twice the patience each time,
    /// as long as the remote is silent. One that answers, but not this command, is slow or full or the victim of
    /// chance: the count of attempts begins again, and it is asked several times a second, so that both sides know
    /// that the other is there.
    pub(crate) fn on_lost(&mut self, now: Millis, lost: Transmission) -> Verdict {
        const LONGEST_WHILE_HEARD_MS: u64 = 1000;
        const LONGEST_WHILE_SUSPENDED_MS: u64 = 1000;
        let Transmission { sent_at, timeout_ms, attempts, answers, usual_ms } = lost;
        if self.answers > answers {
            let timeout_ms = (timeout_ms * 2).min(usual_ms.max(LONGEST_WHILE_ANSWERED_MS));
            return Verdict::SendAgain { timeout_ms, attempts: 0 };
        }
        if self.is_suspended {
            let timeout_ms = (timeout_ms * 2).min(usual_ms.max(LONGEST_WHILE_SUSPENDED_MS));
            return Verdict::SendAgain { timeout_ms, attempts: 0 };
        }
        let since = self.silent_since.map_or(sent_at, |since| since.min(sent_at));
        self.silent_since = Some(since);
        let silent_ms = now.since(since);
        let factor = 1u32.checked_shl(attempts.saturating_sub(1));
        let minimum_ms = u64::from(self.timeouts.minimum_ms);
        let is_heard = now.since(self.last_heard) < minimum_ms;
        let is_backed_off = !is_heard && factor.is_none_or(|factor| factor >= self.timeouts.limit);
        if silent_ms >= u64::from(self.timeouts.maximum_ms) || (is_backed_off && silent_ms >= minimum_ms) {
            return Verdict::GiveUp;
        }
        // One that is heard is there, so asking again is no waste.
        let longest = if self.last_heard > sent_at { usual_ms.max(LONGEST_WHILE_HEARD_MS) } else { u64::MAX };
        Verdict::SendAgain { timeout_ms: (timeout_ms * 2).min(longest), attempts }
    }

    /// [`Self::on_lost`] for the request to connect: one small datagram, repeated at a steady pace, and given up when a
    /// command that backs off would be.
    pub(crate) fn on_request_lost(&mut self, now: Millis, lost: Transmission) -> Verdict {
        let Transmission { sent_at, timeout_ms, .. } = lost;
        let since = self.silent_since.unwrap_or(sent_at);
        let rounds = now.since(since) / timeout_ms.max(1) + 1;
        match self.on_lost(now, Transmission { attempts: rounds.ilog2(), ..lost }) {
            Verdict::SendAgain { attempts, .. } => Verdict::SendAgain { timeout_ms, attempts },
            Verdict::GiveUp => Verdict::GiveUp,
        }
    }

    /// Whether the remote has been silent for the longest time that is ever granted.
    pub(crate) fn has_given_up(&self, now: Millis) -> bool {
        self.give_up_at().is_some_and(|at| at <= now)
    }

    /// When something is to be examined.
    pub(crate) fn deadline(&self) -> Option<Millis> {
        let deadline = self.give_up_at().map_or(self.next, |give_up| give_up.min(self.next));
        Some(deadline).filter(|&deadline| deadline < NEVER)
    }

    fn give_up_at(&self) -> Option<Millis> {
        self.silent_since.map(|since| since + u64::from(self.timeouts.maximum_ms))
    }
}

/// In place of a moment that does not come.
const NEVER: Millis = Millis(u64::MAX);
/// The longest pause before a command is repeated to a remote that answers others, in milliseconds, unless answers usually
/// take longer.
const LONGEST_WHILE_ANSWERED_MS: u64 = 250;

#[cfg(test)]
mod tests {
    use super::*;

    fn lost(sent_at: u64, timeout_ms: u64, attempts: u32) -> Transmission {
        Transmission { sent_at: Millis(sent_at), timeout_ms, attempts, answers: 0, usual_ms: 100 }
    }

    #[test]
    fn silence_doubles_the_patience_and_ends_it() {
        let mut timer = RetransmissionTimer::new(PeerTimeouts::default(), Millis(0));
        let mut sent_at = 0;
        let mut timeout_ms = 100;
        for attempts in 1..=6 {
            let now = sent_at + timeout_ms;
            let verdict = timer.on_lost(Millis(now), lost(sent_at, timeout_ms, attempts));
            if attempts == 6 {
                assert_eq!((verdict, now), (Verdict::GiveUp, 6300));
                return;
            }
            assert_eq!(verdict, Verdict::SendAgain { timeout_ms: timeout_ms * 2, attempts });
            (sent_at, timeout_ms) = (now, timeout_ms * 2);
        }
    }

    #[test]
    fn a_request_to_connect_is_repeated_steadily_and_as_long_as_one_that_backs_off() {
        let mut timer = RetransmissionTimer::new(
            PeerTimeouts { maximum_ms: 60_000, ..PeerTimeouts::default() },
            Millis(0),
        );
        for round in 1..63 {
            let verdict = timer.on_request_lost(Millis(round * 500), lost((round - 1) * 500, 500, 9));
            assert!(matches!(verdict, Verdict::SendAgain { timeout_ms: 500, .. }), "{round}: {verdict:?}");
        }
        assert_eq!(timer.on_request_lost(Millis(31_500), lost(31_000, 500, 9)), Verdict::GiveUp);
    }

    #[test]
    fn a_remote_that_answers_is_asked_on_and_on() {
        let mut timer = RetransmissionTimer::new(PeerTimeouts::default(), Millis(0));
        let mut sent_at = 0;
        let mut timeout_ms = 100;
        for _ in 0..1000 {
            timer.on_acknowledged(Millis(sent_at + 50));
            let now = sent_at + timeout_ms;
            let verdict = timer.on_lost(Millis(now), lost(sent_at, timeout_ms, 1));
            let Verdict::SendAgain { timeout_ms: next, attempts: 0 } = verdict else { panic!("{verdict:?}") };
            assert!((100..=250).contains(&next));
            (sent_at, timeout_ms) = (now, next);
        }
    }

    #[test]
    fn a_remote_that_is_heard_is_kept_for_the_longest_time() {
        let mut timer = RetransmissionTimer::new(PeerTimeouts::default(), Millis(0));
        for now in (100..30_000).step_by(100) {
            timer.on_heard(Millis(now - 90));
            assert_ne!(timer.on_lost(Millis(now), lost(now - 100, 100, 40)), Verdict::GiveUp);
        }
        timer.on_heard(Millis(30_000));
        assert_eq!(timer.on_lost(Millis(30_001), lost(29_900, 100, 40)), Verdict::GiveUp);
    }

    #[test]
    fn a_remote_is_kept_while_timeouts_are_suspended() {
        let mut timer = RetransmissionTimer::new(PeerTimeouts::default(), Millis(0));
        timer.on_lost(Millis(100), lost(0, 100, 1));
        timer.suspend(true);
        assert!(!timer.has_given_up(Millis(1_000_000)));
        let (mut sent_at, mut timeout_ms) = (1_000_000, 100);
        for _ in 0..1000 {
            let now = sent_at + timeout_ms;
            let verdict = timer.on_lost(Millis(now), lost(sent_at, timeout_ms, 20));
            let Verdict::SendAgain { timeout_ms: next, attempts: 0 } = verdict else { panic!("{verdict:?}") };
            assert!((100..=1000).contains(&next));
            (sent_at, timeout_ms) = (now, next);
        }
        timer.suspend(false);
        assert!(!timer.has_given_up(Millis(sent_at)));
        timer.on_lost(Millis(sent_at + 1000), lost(sent_at, 1000, 0));
        assert!(timer.has_given_up(Millis(sent_at + 30_000)));
    }

    #[test]
    fn patience_ends_with_the_silence_that_taught_it() {
        let mut timer = RetransmissionTimer::new(PeerTimeouts::default(), Millis(0));
        let long = lost(0, 20_000, 8);
        timer.on_lost(Millis(100), lost(0, 100, 1));
        assert_eq!(timer.lost_at(long), Millis(20_000));
        timer.on_acknowledged(Millis(5000));
        assert_eq!((timer.lost_at(long), timer.deadline()), (Millis(250), Some(Millis(5000))));
        let again = Verdict::SendAgain { timeout_ms: 250, attempts: 0 };
        assert_eq!(timer.on_lost(Millis(5000), long), again);
    }

    #[test]
    fn the_longest_silence_is_kept_to_the_millisecond() {
        let timeouts = PeerTimeouts { limit: u32::MAX, minimum_ms: 0, maximum_ms: 3000 };
        let mut timer = RetransmissionTimer::new(timeouts, Millis(0));
        timer.on_lost(Millis(500), lost(0, 500, 1));
        assert_eq!(timer.deadline(), Some(Millis(3000)));
        assert!(!timer.has_given_up(Millis(2999)));
        assert!(timer.has_given_up(Millis(3000)));
        timer.on_acknowledged(Millis(2999));
        assert!(!timer.has_given_up(Millis(9000)));
    }
}
