//! The acknowledgements that a connection owes. Answers for `ENetAcknowledgement`.

use std::collections::VecDeque;

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

/// Owed acknowledgements, in the order of arrival. Bounded: what is not acknowledged is sent again by the remote.
#[derive(Debug, Default)]
pub(crate) struct AckQueue(VecDeque<PendingAck>);

/// More than one connection's reliable windows of empty packets can leave owed between two transmissions.
const MAX_PENDING: usize = 32_768;

impl AckQueue {
    pub(crate) fn push(&mut self, acknowledgement: PendingAck) {
        if self.0.len() < MAX_PENDING {
            self.0.push_back(acknowledgement);
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
