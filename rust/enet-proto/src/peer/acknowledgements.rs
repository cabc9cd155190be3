//! The acknowledgements that a connection owes. Answers for `ENetAcknowledgement`.

use std::collections::VecDeque;

use crate::frugal;
use crate::seq::Seq16;

/// One acknowledgement to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PendingAck {
    pub(crate) channel: u8,
    pub(crate) sequence: Seq16,
    pub(crate) sent_time: u16,
    /// It answers a DISCONNECT: the connection is over once it is on its way.
    pub(crate) ends_connection: bool,
}

impl PendingAck {
    fn answers_same(&self, other: &Self) -> bool {
        Self { sent_time: other.sent_time, ..*self } == *other
    }
}

/// Owed acknowledgements, in the order of arrival. Bounded: what is not acknowledged is sent again by the remote. A
/// command that comes again before the answer to it has left is answered once.
#[derive(Debug, Default)]
pub(crate) struct AckQueue(VecDeque<PendingAck>);

/// More than one connection's reliable windows of empty packets can leave owed between two transmissions.
const MAX_PENDING: usize = 32_768;

impl AckQueue {
    pub(crate) fn push(&mut self, acknowledgement: PendingAck) {
        if let Some(last) = self.0.back_mut().filter(|last| last.answers_same(&acknowledgement)) {
            last.sent_time = acknowledgement.sent_time;
        } else if self.0.len() < MAX_PENDING {
            frugal::push_back(&mut self.0, acknowledgement);
        }
    }

    pub(crate) fn pop(&mut self) -> Option<PendingAck> {
        self.0.pop_front()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owed(sequence: u16, sent_time: u16) -> PendingAck {
        PendingAck { channel: 0, sequence: Seq16(sequence), sent_time, ends_connection: false }
    }

    #[test]
    fn a_command_that_is_repeated_is_answered_once_with_its_last_time() {
        let mut queue = AckQueue::default();
        for acknowledgement in [owed(1, 5), owed(2, 5), owed(2, 6), owed(1, 7)] {
            queue.push(acknowledgement);
        }
        let rest: Vec<_> = std::iter::from_fn(|| queue.pop()).collect();
        assert_eq!(rest, [owed(1, 5), owed(2, 6), owed(1, 7)]);
    }

    #[test]
    fn a_flood_is_not_remembered_beyond_the_limit() {
        let mut queue = AckQueue::default();
        for number in 0..100_000u32 {
            queue.push(owed(number as u16, 0));
        }
        assert_eq!(std::iter::from_fn(|| queue.pop()).count(), MAX_PENDING);
    }
}
