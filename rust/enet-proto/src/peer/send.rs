//! From packets to commands, and from queued commands to sent ones. Answers for `enet_peer_send` and
//! `enet_protocol_check_outgoing_commands`.

use bytes::Bytes;

use super::recovery::Sending;
use super::send_queue::{Lane, Next};
use super::{Peer, payload_length};
use crate::channel::{Outgoing, Outstanding};
use crate::packet::{Delivery, Packet, SendError};
use crate::peer::state::PeerState;
use crate::peer::throttle::THROTTLE_SCALE;
use crate::seq::Seq16;
use crate::time::Millis;
use crate::wire::{Body, CONTROL_CHANNEL, Command, Fragment};

/// Room that a fragment's headers take in a datagram: the datagram header and the fragment command.
const FRAGMENT_OVERHEAD: u32 = 28;
/// Room that a checksum takes, on connections that have them.
const CHECKSUM_SIZE: u32 = 4;

/// What became of an attempt to put one more command into a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// A command was sent; whether it asks to be acknowledged.
    Command { wants_acknowledge: bool },
    /// The next command needs another datagram.
    NoRoom,
    /// Nothing may be sent.
    Nothing,
}

impl Peer {
    /// Queues a packet. An unreliable one always finds room, see [`Self::make_way`].
    pub(crate) fn send(&mut self, channel: u8, packet: Packet) -> Result<(), SendError> {
        if self.state != PeerState::Connected {
            return Err(SendError::NotConnected);
        }
        if channel >= self.channel_count {
            return Err(SendError::NoSuchChannel);
        }
        if packet.data.len() > self.maximum_packet_size {
            return Err(SendError::TooLarge);
        }
        if self.goes_reliably(&packet) && self.queue.bytes_in(Lane::Reliable) >= self.maximum_queued_data {
            return Err(SendError::QueueFull);
        }
        if packet.data.len() > self.fragment_length() {
            self.queue_fragments(channel, packet)
        } else {
            self.queue_whole(channel, packet);
            Ok(())
        }
    }

    /// Whether a packet travels in reliable commands: unreliable ones do above one datagram, unless they are fragmented
    /// on purpose.
    fn goes_reliably(&self, packet: &Packet) -> bool {
        match packet.delivery {
            Delivery::Reliable => true,
            Delivery::Unreliable | Delivery::Unsequenced => packet.data.len() > self.fragment_length(),
            Delivery::UnreliableFragmented | Delivery::UnsequencedFragmented => false,
        }
    }

    /// Drops the oldest unreliable packets while too much waits. Returns how many.
    pub(crate) fn make_way(&mut self) -> u64 {
        let mut dropped = 0;
        while self.queue.bytes_in(Lane::Other) > self.maximum_queued_unreliable
            && self.queue.drop_oldest_unreliable()
        {
            dropped += 1;
        }
        dropped
    }

    fn fragment_length(&self) -> usize {
        self.fragment_unit() as usize
    }

    /// Payload bytes of every fragment but the last.
    fn fragment_unit(&self) -> u32 {
        let checksum = if self.has_checksums { CHECKSUM_SIZE } else { 0 };
        u32::from(self.mtu) - FRAGMENT_OVERHEAD - checksum
    }

    fn queue_whole(&mut self, channel: u8, packet: Packet) {
        let Packet { data: payload, delivery } = packet;
        let (sequence, body) = match delivery {
            Delivery::Unsequenced | Delivery::UnsequencedFragmented => {
                (Seq16(0), Body::SendUnsequenced { group: self.unsequenced_groups.assign(), payload })
            }
            Delivery::Reliable => {
                let sequence = self.channels.get_or_create(channel).outgoing.assign_reliable();
                (sequence, Body::SendReliable { payload })
            }
            Delivery::Unreliable | Delivery::UnreliableFragmented => {
                let outgoing = &mut self.channels.get_or_create(channel).outgoing;
                match outgoing.assign_unreliable() {
                    Some((epoch, sequence)) => (epoch, Body::SendUnreliable { sequence, payload }),
                    None => (outgoing.assign_reliable(), Body::SendReliable { payload }),
                }
            }
        };
        let stamp = self.queue.next_stamp();
        self.queue_data(channel, sequence, stamp, body);
    }

    fn queue_fragments(&mut self, channel: u8, packet: Packet) -> Result<(), SendError> {
        let Packet { data, delivery } = packet;
        let unit = self.fragment_length();
        let outgoing = &mut self.channels.get_or_create(channel).outgoing;
        let unreliable = match delivery {
            Delivery::UnreliableFragmented | Delivery::UnsequencedFragmented => outgoing.assign_unreliable(),
            _ => None,
        };
        if unreliable.is_none() && !outgoing.has_numbers_for(data.len().div_ceil(unit)) {
            return Err(SendError::TooLarge);
        }
        let total = u32::try_from(data.len()).map_err(|_| SendError::TooLarge)?;
        let count = total.div_ceil(self.fragment_unit());
        let stamp = self.queue.next_stamp();
        let mut start = unreliable.map(|(_, number)| number);
        for (number, chunk) in (0..count).zip(data.chunks(unit)) {
            let sequence = unreliable.map_or_else(
                || self.channels.get_or_create(channel).outgoing.assign_reliable(),
                |(epoch, _)| epoch,
            );
            let fragment = Fragment {
                start: *start.get_or_insert(sequence.0),
                count,
                number,
                total,
                offset: number * self.fragment_unit(),
                payload: data.slice_ref(chunk),
            };
            let body = if unreliable.is_some() {
                Body::SendUnreliableFragment(fragment)
            } else {
                Body::SendFragment(fragment)
            };
            self.queue_data(channel, sequence, stamp, body);
        }
        Ok(())
    }

    fn queue_data(&mut self, channel: u8, sequence: Seq16, stamp: u64, body: Body<Bytes>) {
        let is_reliable = matches!(body, Body::SendReliable { .. } | Body::SendFragment(_));
        let command = Command { channel, sequence, wants_acknowledge: is_reliable, body };
        self.outgoing_bytes += command.size() as u64;
        self.queue.push(if is_reliable { Lane::Reliable } else { Lane::Other }, stamp, command);
    }

    /// Sends the next command through `emit`, if it takes at most `room` bytes.
    pub(crate) fn send_next(
        &mut self,
        now: Millis,
        room: usize,
        emit: &mut impl FnMut(&Command<Bytes>),
    ) -> Sent {
        while let Some((lane, next)) = self.next_command(now) {
            let sent = match next {
                Next::Lost(channel, number) => self.send_again(now, lane, channel, number, room, emit),
                Next::New => self.send_new(now, lane, room, emit),
            };
            if let Some(sent) = sent {
                return sent;
            }
        }
        Sent::Nothing
    }

    /// The lane whose turn it is, and its next command.
    fn next_command(&mut self, now: Millis) -> Option<(Lane, Next)> {
        let reliable = self.queue.next(Lane::Reliable).filter(|&next| self.may_send_reliable(now, next));
        let other = self.queue.next(Lane::Other);
        match (reliable, other) {
            (Some(reliable), None) => Some((Lane::Reliable, reliable)),
            (Some(reliable), Some(_)) if self.queue.reliable_is_older() => Some((Lane::Reliable, reliable)),
            (_, other) => other.map(|other| (Lane::Other, other)),
        }
    }

    /// Whether the remote's window and its store of numbers have room for a reliable data command.
    fn may_send_reliable(&mut self, now: Millis, next: Next) -> bool {
        let negotiated = self.window * self.throttle.value / THROTTLE_SCALE;
        let limit = negotiated.max(self.send_window.grown(self.window)).max(u32::from(self.mtu));
        let in_flight = self.in_flight_bytes;
        let (bytes, has_numbers) = match next {
            Next::Lost(channel, number) => {
                // One that was acknowledged meanwhile passes; it is skipped when its turn comes.
                let lost = self.outgoing(channel).outstanding_mut(number);
                let Some(lost) = lost else { return true };
                (payload_length(&lost.command), true)
            }
            Next::New => {
                let Some(queued) = self.queue.front(Lane::Reliable) else { return false };
                let (channel, number) = (queued.command.channel, queued.command.sequence);
                let bytes = payload_length(&queued.command);
                (bytes, self.outgoing(channel).may_send(number))
            }
        };
        if in_flight.saturating_add(bytes) > limit {
            self.send_window.on_full(now, self.window);
            return false;
        }
        has_numbers && (in_flight == 0 || self.send_window.admits(now, self.window, bytes))
    }

    /// Sends a lost command again; `None` if it has been acknowledged after all.
    fn send_again(
        &mut self,
        now: Millis,
        lane: Lane,
        channel: u8,
        number: Seq16,
        room: usize,
        emit: &mut impl FnMut(&Command<Bytes>),
    ) -> Option<Sent> {
        let answers = self.timer.answers();
        let Some(lost) = self.outgoing(channel).outstanding_mut(number).filter(|lost| !lost.in_flight) else {
            self.queue.pop_lost(lane);
            return None;
        };
        if lost.command.size() > room {
            return Some(Sent::NoRoom);
        }
        lost.sent_at = now;
        lost.answers = answers;
        lost.attempts += 1;
        lost.in_flight = true;
        emit(&lost.command);
        let lost_at = now + lost.timeout_ms;
        let bytes = payload_length(&lost.command);
        self.recovery.on_sent(Sending { channel, number, at: now });
        self.loss.on_sent();
        self.traffic.retransmissions += 1;
        self.queue.pop_lost(lane);
        self.on_in_flight(lost_at, bytes);
        Some(Sent::Command { wants_acknowledge: true })
    }

    /// Sends a new command; `None` if the throttle dropped it.
    fn send_new(
        &mut self,
        now: Millis,
        lane: Lane,
        room: usize,
        emit: &mut impl FnMut(&Command<Bytes>),
    ) -> Option<Sent> {
        let queued = self.queue.front(lane)?;
        if queued.command.size() > room {
            return Some(Sent::NoRoom);
        }
        let is_unreliable_data = queued.command.channel != CONTROL_CHANNEL && lane == Lane::Other;
        let stamp = queued.stamp;
        if is_unreliable_data && self.passed != stamp {
            if !self.throttle.lets_pass() {
                self.queue.drop_packet();
                self.traffic.throttled_packets += 1;
                return None;
            }
            self.passed = stamp;
        }
        let command = self.queue.pop(lane)?.command;
        emit(&command);
        self.loss.on_sent();
        if command.channel != CONTROL_CHANNEL {
            self.pings.on_packet(now);
        }
        let wants_acknowledge = command.wants_acknowledge;
        if wants_acknowledge {
            self.remember(now, command);
        }
        Some(Sent::Command { wants_acknowledge })
    }

    fn remember(&mut self, now: Millis, command: Command<Bytes>) {
        let timeout_ms = self.rtt.retransmission_timeout(self.retransmission_slack_ms);
        let bytes = payload_length(&command);
        self.sendings += 1;
        let order = self.sendings;
        let answers = self.timer.answers();
        let sent = Outstanding {
            command,
            order,
            sent_at: now,
            answers,
            timeout_ms,
            attempts: 1,
            in_flight: true,
            overtaken: 0,
            has_second: false,
        };
        let sending = Sending { channel: sent.command.channel, number: sent.command.sequence, at: now };
        self.recovery.on_sent(sending);
        self.outgoing(sent.command.channel).on_first_sent(sent);
        self.on_in_flight(now + timeout_ms, bytes);
    }

    fn on_in_flight(&mut self, lost_at: Millis, bytes: u32) {
        self.in_flight += 1;
        self.in_flight_bytes += bytes;
        self.send_window.on_sent(bytes);
        self.timer.on_sent(lost_at);
    }

    /// A datagram for this peer is about to be built.
    pub(crate) fn on_datagram(&mut self, now: Millis) {
        self.loss.on_datagram(now);
        self.send_window.on_datagram();
    }

    pub(super) fn outgoing(&mut self, channel: u8) -> &mut Outgoing {
        if channel == CONTROL_CHANNEL {
            &mut self.control
        } else {
            &mut self.channels.get_or_create(channel).outgoing
        }
    }
}
