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
    sent: VecDeque<Run>,
    /// How many there are in the runs.
    count: u32,
    /// When the latest transmission that the remote answered was sent.
    newest_answered: Option<Millis>,
    /// When it last answered anything for the first time.
    last_answer: Option<Millis>,
    /// Something got lost lately.
    lossy_until: Millis,
}

/// One transmission of a reliable command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sending {
    pub(crate) channel: u8,
    pub(crate) number: Seq16,
    pub(crate) at: Millis,
}

/// Transmissions at one time of commands that follow each other on one channel, as nearly all do of a peer that sends much.
#[derive(Clone, Copy, Debug)]
struct Run {
    channel: u8,
    first: Seq16,
    /// At least 1.
    length: u16,
    at: Millis,
}

impl Run {
    fn new(only: Sending) -> Self {
        let Sending { channel, number, at } = only;
        Self { channel, first: number, length: 1, at }
    }

    /// Takes a transmission in if it is the next of this run.
    fn extend(&mut self, next: Sending) -> bool {
        let is_next = next == self.sending(self.length);
        self.length += u16::from(is_next);
        is_next
    }

    fn sending(&self, index: u16) -> Sending {
        Sending { channel: self.channel, number: self.first.plus(index), at: self.at }
    }
}

/// Transmissions that are remembered. A remote that answers with wrong times overtakes none of them, so that without a
/// limit they would pile up; the timer looks after those that are forgotten.
const MOST_SENT: u32 = 32_768;
/// How long a link counts as lossy after a loss.
const MEMORY_MS: u64 = 30_000;
/// A command that is overtaken this often is not lost but refused, as by a remote without room; it is left to the timer.
pub(crate) const MAX_OVERTAKEN: u8 = 4;

impl Recovery {
    pub(crate) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            sent: VecDeque::new(),
            count: 0,
            newest_answered: None,
            last_answer: None,
            lossy_until: Millis(0),
        }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    pub(crate) fn on_sent(&mut self, sending: Sending) {
        if !self.is_on {
            return;
        }
        if self.count >= MOST_SENT {
            self.pop();
        }
        self.count += 1;
        if !self.sent.back_mut().is_some_and(|run| run.extend(sending)) {
            frugal::push_back(&mut self.sent, Run::new(sending));
        }
    }

    /// Forgets the oldest transmission, and tells which it was.
    fn pop(&mut self) -> Option<Sending> {
        let run = self.sent.front_mut()?;
        let oldest = run.sending(0);
        run.first = run.first.next();
        run.length -= 1;
        if run.length == 0 {
            self.sent.pop_front();
        }
        self.count -= 1;
        Some(oldest)
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
        self.count = 0;
    }

    /// The next transmission that was overtaken: one sent more than `tolerance_ms` later has arrived. Its command may
    /// have been acknowledged or sent again since.
    pub(crate) fn take_overtaken(&mut self, tolerance_ms: u64) -> Option<Sending> {
        let newest = self.newest_answered?;
        let oldest = self.sent.front()?.at;
        if oldest + tolerance_ms < newest { self.pop() } else { None }
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
        let runs = self.sent.iter().filter(|_| self.count as usize <= most);
        let few: Vec<_> = runs.flat_map(|run| (0..run.length).map(|index| run.sending(index))).collect();
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
        assert_eq!((recovery.count, recovery.sent.len()), (MOST_SENT, MOST_SENT as usize));
    }

    #[test]
    fn what_is_sent_together_is_remembered_together_and_overtaken_one_by_one() {
        let sending = |channel, number, at| Sending { channel, number: Seq16(number), at: Millis(at) };
        let sent = [
            sending(0, 65_535, 5),
            sending(0, 0, 5),
            sending(0, 1, 5),
            sending(1, 2, 5),
            sending(1, 2, 5),
            sending(1, 3, 6),
            sending(1, 4, 6),
        ];
        let mut recovery = Recovery::new(true);
        sent.iter().for_each(|&sending| recovery.on_sent(sending));
        assert_eq!(recovery.sent.len(), 4);
        assert!(recovery.recent(sent.len()).eq(sent) && recovery.recent(sent.len() - 1).next().is_none());
        recovery.on_answered(Millis(20), Millis(16));
        let overtaken: Vec<_> = std::iter::from_fn(|| recovery.take_overtaken(10)).collect();
        assert_eq!(overtaken, sent[..5]);
        recovery.on_answered(Millis(21), Millis(17));
        let overtaken: Vec<_> = std::iter::from_fn(|| recovery.take_overtaken(10)).collect();
        assert_eq!((overtaken.as_slice(), recovery.count), (&sent[5..], 0));
    }
}
