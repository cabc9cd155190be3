//! The sending half of a channel: which number a command gets, and which commands wait to be acknowledged. The control
//! commands of a connection use one of these too. Answers for `enet_peer_setup_outgoing_command` and
//! `enet_protocol_remove_sent_reliable_command`.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::frugal;
use crate::seq::Seq16;
use crate::time::Millis;
use crate::wire::{Body, Command};

/// A reliable command that was sent and not yet acknowledged.
#[derive(Debug)]
pub(crate) struct Outstanding {
    pub(crate) command: Command<Bytes>,
    /// Its place in the order in which the commands of its connection were first sent.
    pub(crate) order: u64,
    /// When it was last sent.
    pub(crate) sent_at: Millis,
    /// How often the remote had acknowledged something by then.
    pub(crate) answers: u64,
    /// How long after `sent_at` it counts as lost, in milliseconds. Doubles with each loss.
    pub(crate) timeout_ms: u64,
    /// Transmissions since the remote last showed a sign of life.
    pub(crate) attempts: u32,
    /// Sent and not counted as lost. A lost one waits in the send queue to be sent again.
    pub(crate) in_flight: bool,
    /// How often a later sending has arrived before this one was acknowledged.
    pub(crate) overtaken: u8,
    /// It was sent a second time, unasked.
    pub(crate) has_second: bool,
}

/// What is left of an outstanding command when it was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Acknowledged {
    /// Of its payload.
    pub(crate) bytes: u32,
    pub(crate) sent_at: Millis,
    pub(crate) in_flight: bool,
    pub(crate) has_second: bool,
    /// It asked for the end of the connection.
    pub(crate) was_goodbye: bool,
}

impl From<&Outstanding> for Acknowledged {
    fn from(sent: &Outstanding) -> Self {
        Self {
            bytes: sent.command.payload_length(),
            sent_at: sent.sent_at,
            in_flight: sent.in_flight,
            has_second: sent.has_second,
            was_goodbye: matches!(sent.command.body, Body::Disconnect { .. }),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    last_reliable: Seq16,
    last_unreliable: u16,
    /// The number of the front of `outstanding`; meaningless while that is empty.
    oldest: Seq16,
    /// Indexed by number, counted from `oldest`; an acknowledged one leaves a hole. Reliable commands are first sent
    /// in number order, so this has no gaps of its own. Invariant: the front is not a hole.
    outstanding: VecDeque<Option<Outstanding>>,
}

impl Outgoing {
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn set_last(&mut self, reliable: Seq16, unreliable: u16) {
        (self.last_reliable, self.last_unreliable) = (reliable, unreliable);
    }

    /// The number for the next reliable command. Unreliable numbers begin again behind it.
    pub(crate) fn assign_reliable(&mut self) -> Seq16 {
        self.last_reliable = self.last_reliable.next();
        self.last_unreliable = 0;
        self.last_reliable
    }

    /// Epoch and number for the next unreliable packet; `None` if the epoch has no numbers left.
    pub(crate) fn assign_unreliable(&mut self) -> Option<(Seq16, u16)> {
        self.last_unreliable = self.last_unreliable.checked_add(1)?;
        Some((self.last_reliable, self.last_unreliable))
    }

    /// Whether a packet of this many reliable fragments can ever be stored by the receiver.
    pub(crate) fn has_numbers_for(&self, fragments: usize) -> bool {
        fragments <= usize::from(self.last_reliable.room_ahead())
    }

    /// Whether a command with this number may be sent for the first time: the receiver can store it even if it still
    /// waits for the oldest outstanding one.
    pub(crate) fn may_send(&self, number: Seq16) -> bool {
        if self.outstanding.is_empty() {
            return true;
        }
        let received = Seq16(self.oldest.0.wrapping_sub(1));
        number.distance_from(received) <= received.room_ahead()
    }

    /// Remembers a command that is being sent for the first time.
    pub(crate) fn on_first_sent(&mut self, sent: Outstanding) {
        if self.outstanding.is_empty() {
            self.oldest = sent.command.sequence;
        }
        frugal::push_back(&mut self.outstanding, Some(sent));
    }

    /// The outstanding command with this number.
    pub(crate) fn outstanding_mut(&mut self, number: Seq16) -> Option<&mut Outstanding> {
        let index = usize::from(number.distance_from(self.oldest));
        self.outstanding.get_mut(index)?.as_mut()
    }

    /// Forgets an outstanding command because it was acknowledged; `None` if it was not outstanding.
    pub(crate) fn take_acknowledged(&mut self, number: Seq16) -> Option<Acknowledged> {
        let index = usize::from(number.distance_from(self.oldest));
        let place = self.outstanding.get_mut(index)?;
        let acknowledged = place.as_ref().map(Acknowledged::from)?;
        *place = None;
        while self.outstanding.front().is_some_and(Option::is_none) {
            self.outstanding.pop_front();
            self.oldest = self.oldest.next();
        }
        Some(acknowledged)
    }

    /// Everything sent and not acknowledged, oldest number first.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Outstanding> {
        self.outstanding.iter_mut().flatten()
    }

    /// Everything sent and not acknowledged, after making sure that it is where its number says.
    ///
    /// # Panics
    /// It is not.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn assert_sound(&self) -> impl Iterator<Item = &Outstanding> {
        assert!(!matches!(self.outstanding.front(), Some(None)), "the oldest outstanding command is a hole");
        let numbered = (0..u16::MAX).map(|steps| self.oldest.plus(steps)).zip(&self.outstanding);
        numbered.filter_map(|(number, sent)| {
            let sent = sent.as_ref()?;
            assert_eq!(sent.command.sequence, number, "a command is in another's place");
            Some(sent)
        })
    }

    /// Forgets what was sent; the numbers go on.
    pub(crate) fn clear_outstanding(&mut self) {
        self.outstanding.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(number: Seq16) -> Outstanding {
        let command = Command { channel: 0, sequence: number, wants_acknowledge: true, body: Body::Ping };
        Outstanding {
            command,
            order: 0,
            sent_at: Millis(0),
            answers: 0,
            timeout_ms: 500,
            attempts: 1,
            in_flight: true,
            overtaken: 0,
            has_second: false,
        }
    }

    #[test]
    fn acknowledgements_in_any_order_find_their_command() {
        let mut outgoing = Outgoing { last_reliable: Seq16(65530), ..Outgoing::default() };
        let numbers: Vec<Seq16> = (0..12).map(|_| outgoing.assign_reliable()).collect();
        for &number in &numbers {
            outgoing.on_first_sent(sent(number));
        }
        for index in [3, 0, 11, 1, 2, 5, 10, 4, 9, 6, 8, 7] {
            assert!(outgoing.outstanding_mut(numbers[index]).is_some());
            assert!(outgoing.take_acknowledged(numbers[index]).is_some());
            assert!(outgoing.outstanding_mut(numbers[index]).is_none());
            assert!(outgoing.take_acknowledged(numbers[index]).is_none());
        }
        assert!(outgoing.outstanding.is_empty());
    }

    #[test]
    fn unreliable_numbers_begin_again_with_each_reliable_one_and_never_wrap() {
        let mut outgoing = Outgoing::default();
        assert_eq!(outgoing.assign_unreliable(), Some((Seq16(0), 1)));
        assert_eq!(outgoing.assign_unreliable(), Some((Seq16(0), 2)));
        assert_eq!(outgoing.assign_reliable(), Seq16(1));
        assert_eq!(outgoing.assign_unreliable(), Some((Seq16(1), 1)));
        outgoing.last_unreliable = u16::MAX;
        assert_eq!(outgoing.assign_unreliable(), None);
    }

    #[test]
    fn a_sender_stays_inside_the_receivers_window() {
        for oldest in [1, 4096, 4097, 61441, 65535] {
            let mut outgoing = Outgoing::default();
            outgoing.on_first_sent(sent(Seq16(oldest)));
            let received = Seq16(oldest.wrapping_sub(1));
            let last = received.plus(received.room_ahead());
            assert!(outgoing.may_send(last));
            assert!(!outgoing.may_send(last.next()));
        }
    }
}
