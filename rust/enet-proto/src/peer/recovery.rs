//! Which reliable commands got lost, told by what the remote acknowledges: a command is lost when one that was sent
//! noticeably later has arrived. C ENet only waits for a timeout, which doubles with each loss.
//!
//! Every acknowledgement echoes when its datagram was sent, so the order of sending is known even when commands are
//! repeated or acknowledgements get lost. The parts of TCP's RACK that fit a protocol without ranges.

use std::collections::VecDeque;

use crate::frugal;
use crate::seq::Seq16;
use crate::time::Millis;

#[derive(Debug)]
pub(crate) struct Recovery {
    is_on: bool,
    /// Transmissions of reliable commands, oldest first. Some of their commands are acknowledged or sent again since.
    sent: VecDeque<Sending>,
    /// When the latest transmission that the remote answered was sent.
    newest_answered: Option<Millis>,
    /// When it last answered anything for the first time.
    last_answer: Option<Millis>,
    /// Something got lost lately.
    lossy_until: Millis,
}

/// One transmission of a reliable command.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    pub(crate) channel: u8,
    pub(crate) number: Seq16,
    pub(crate) at: Millis,
}

/// Transmissions that are remembered. A remote that answers with wrong times overtakes none of them, so that without a
/// limit they would pile up; the timer looks after those that are forgotten.
const MOST_SENT: usize = 32_768;
/// How long a link counts as lossy after a loss.
const MEMORY_MS: u64 = 30_000;
/// A command that is overtaken this often is not lost but refused, as by a remote without room; it is left to the timer.
pub(crate) const MAX_OVERTAKEN: u8 = 4;

impl Recovery {
    pub(crate) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            sent: VecDeque::new(),
            newest_answered: None,
            last_answer: None,
            lossy_until: Millis(0),
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    pub(crate) fn on_sent(&mut self, sending: Sending) {
        if self.is_on {
            if self.sent.len() >= MOST_SENT {
                self.sent.pop_front();
            }
            frugal::push_back(&mut self.sent, sending);
        }
    }

    /// The remote has received something of what was sent at that time.
    pub(crate) fn on_answered(&mut self, now: Millis, sent_at: Millis) {
        self.last_answer = Some(now);
        if self.newest_answered.is_none_or(|newest| newest < sent_at) {
            self.newest_answered = Some(sent_at);
        }
    }

    pub(crate) fn on_lost(&mut self, now: Millis) {
        self.lossy_until = now + MEMORY_MS;
    }

    /// Nothing is in flight any more.
    pub(crate) fn clear(&mut self) {
        self.sent.clear();
    }

    /// The next transmission that was overtaken: one sent more than `tolerance_ms` later has arrived. Its command may
    /// have been acknowledged or sent again since.
    pub(crate) fn take_overtaken(&mut self, tolerance_ms: u64) -> Option<Sending> {
        let newest = self.newest_answered?;
        self.sent.pop_front_if(|sending| sending.at + tolerance_ms < newest)
    }

    /// Before this time a timeout says nothing: answers keep coming, only later than they used to, and would tell of a
    /// loss. `patience_ms` is how long an answer takes at most, `overtaken` how often they have told of this one.
    pub(crate) fn patient_until(&self, patience_ms: u64, overtaken: u8) -> Millis {
        let applies = self.is_on && overtaken < MAX_OVERTAKEN;
        self.last_answer.filter(|_| applies).map_or(Millis(0), |answer| answer + patience_ms)
    }

    /// Whether something got lost lately.
    pub(crate) fn is_lossy(&self, now: Millis) -> bool {
        now < self.lossy_until
    }

    /// Transmissions that were not overtaken, oldest first, unless there are more than `most` of them.
    pub(crate) fn recent(&self, most: usize) -> impl Iterator<Item = Sending> + use<> {
        let few = if self.sent.len() <= most { self.sent.iter().copied().collect() } else { Vec::new() };
        few.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_with_wrong_times_pile_nothing_up() {
        let mut recovery = Recovery::new(true);
        for at in 0..100_000 {
            recovery.on_sent(Sending { channel: 0, number: Seq16(0), at: Millis(at) });
            recovery.on_answered(Millis(at), Millis(0));
            assert!(recovery.take_overtaken(10).is_none());
        }
        assert_eq!(recovery.sent.len(), MOST_SENT);
    }
}
