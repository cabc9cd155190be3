//! Small reliable packets are sent a second time, unasked, while the link loses some.
//!
//! A game that sends a little reliably many times a second would see each loss as a stall of a round trip and more, for
//! everything behind the lost packet waits too. A second one with the next datagram, or a few milliseconds later if none
//! leaves by then, costs little and closes most gaps. Receivers drop the surplus one, C ENet's too. What streams much has
//! its gaps closed by [`super::recovery`] alone.

use bytes::Bytes;

use super::recovery::Sending;
use super::{Peer, payload_length};
use crate::channel::Outstanding;
use crate::time::Millis;
use crate::wire::{CONTROL_CHANNEL, Command};

/// More than this in flight is a stream, not a trickle, in bytes.
const TRICKLE_BYTES: u32 = 4096;
const TRICKLE_COMMANDS: usize = 64;
/// A packet above this is not sent along, in bytes.
const SMALL_BYTES: u32 = 256;
/// Datagrams that leave closer together than this tend to get lost together, in milliseconds.
const APART_MS: u64 = 5;
/// When no datagram to ride on has come by then, in milliseconds, a second one leaves alone.
const ALONE_MS: u64 = 15;

impl Peer {
    /// Adds second ones of unanswered commands through `emit`, at most `most` in at most `room` bytes, if something
    /// leaves anyway (`is_carried`) or one has waited for that long enough. Returns how many.
    pub(crate) fn send_second_ones(
        &mut self,
        now: Millis,
        is_carried: bool,
        most: usize,
        mut room: usize,
        emit: &mut impl FnMut(&Command<Bytes>),
    ) -> usize {
        if !self.is_trickle(now) || !(is_carried || self.is_second_due(now)) {
            return 0;
        }
        let mut added = 0;
        for sending in self.recovery.recent(TRICKLE_COMMANDS).filter(|sending| sending.at + APART_MS <= now) {
            let Some(sent) = self.single(sending) else { continue };
            let size = sent.command.size();
            if size <= room && added < most {
                sent.has_second = true;
                emit(&sent.command);
                room -= size;
                added += 1;
            }
        }
        added
    }

    /// Finds out, after a datagram, when the next second one is to leave, if nothing carries it before.
    pub(crate) fn plan_second_ones(&mut self, now: Millis) {
        self.second_due_at = None;
        if self.is_trickle(now) {
            let mut recent = self.recovery.recent(TRICKLE_COMMANDS);
            let oldest = recent.find(|&sending| self.single(sending).is_some());
            self.second_due_at = oldest.map(|oldest| oldest.at + ALONE_MS);
        }
    }

    pub(crate) fn is_second_due(&self, now: Millis) -> bool {
        self.second_due_at.is_some_and(|due| due <= now)
    }

    /// Whether it is worth looking for something to send twice.
    fn is_trickle(&self, now: Millis) -> bool {
        self.in_flight > 0 && self.in_flight_bytes <= TRICKLE_BYTES && self.recovery.is_lossy(now)
    }

    /// The small data command of this transmission, if it is in flight and has no second one.
    fn single(&mut self, sending: Sending) -> Option<&mut Outstanding> {
        let sent = self.outgoing(sending.channel).outstanding_mut(sending.number)?;
        let is_single = sent.in_flight && sent.sent_at == sending.at && !sent.has_second;
        let is_small_data =
            sending.channel != CONTROL_CHANNEL && payload_length(&sent.command) <= SMALL_BYTES;
        (is_single && is_small_data).then_some(sent)
    }
}
