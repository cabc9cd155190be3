//! Data commands of a live connection, on their way to the channels. Answers for the `enet_protocol_handle_send_*`
//! functions.

use super::unsequenced::UnsequencedWindow;
use super::{Kind, Peer, PeerState, PendingAck, event_footprint};
use crate::channel::{Admission, Room, footprint};
use crate::event::Event;
use crate::packet::{Delivery, Packet, copy_of};
use crate::seq::{Position, Seq16};
use crate::time::Millis;
use crate::wire::{Body, CONTROL_CHANNEL, Command, Fragment};

/// More fragments than this are refused outright.
const MAX_FRAGMENTS: u32 = 1 << 20;

impl Peer {
    /// Whether a data command may be taken in: not if one before it was refused, nor if its peer sends more than its rates
    /// allow.
    pub(crate) fn admit(&mut self, now: Millis, command: &Command<&[u8]>) -> Admission {
        let comes_again = command.wants_acknowledge;
        let incoming = self.channels.get_mut(command.channel).map(|channel| &mut channel.incoming);
        if comes_again && incoming.is_some_and(|incoming| incoming.is_out_of_turn(command.sequence)) {
            return Admission::OutOfTurn;
        }
        if self.allowance.admits(now, command.payload().len(), comes_again) {
            self.timer.on_heard(now);
            self.pings.on_packet(now);
            return Admission::Handled;
        }
        if comes_again && command.channel < self.channel_count {
            self.channels.get_or_create(command.channel).incoming.note(command.sequence, true);
        }
        Admission::OverRate
    }

    /// Takes a data command in. The packets that can now be handed to the application go into the mailbox, and `count` hears
    /// of each.
    pub(crate) fn receive(&mut self, command: &Command<&[u8]>, mut count: impl FnMut(Kind)) -> Admission {
        if command.channel >= self.channel_count || command.payload().len() > self.maximum_packet_size {
            return Admission::Malformed;
        }
        if let Body::SendFragment(fragment) | Body::SendUnreliableFragment(fragment) = &command.body
            && !self.is_plausible(fragment)
        {
            return Admission::Malformed;
        }
        if self.state == PeerState::DisconnectLater {
            // The application is no longer interested.
            return Admission::Handled;
        }
        let Self { channels, room, mailbox, traffic, unsequenced, .. } = self;
        let (peer, channel, sequence) = (self.id, command.channel, command.sequence);
        let deliver = &mut |packet: Packet| {
            let kind = Kind::from(&packet);
            traffic.received.count(kind);
            count(kind);
            mailbox.push(Event::Received { peer, channel, packet });
        };
        if let Body::SendUnsequenced { group, payload } = command.body {
            return receive_unsequenced(unsequenced, group, payload, room, deliver);
        }
        let incoming = &mut channels.get_or_create(channel).incoming;
        let admission = match &command.body {
            Body::SendReliable { payload } => incoming.receive_reliable(sequence, payload, room, deliver),
            Body::SendUnreliable { sequence: number, payload } => {
                incoming.receive_unreliable(sequence, *number, payload, room, deliver)
            }
            Body::SendFragment(fragment) => incoming.receive_fragment(fragment, room, deliver),
            Body::SendUnreliableFragment(fragment) => {
                incoming.receive_unreliable_fragment(sequence, fragment, room, deliver)
            }
            _ => Admission::Malformed,
        };
        if command.wants_acknowledge {
            incoming.note(sequence, admission == Admission::NoRoom);
        }
        admission
    }

    /// Owes the remote an acknowledgement of a data command that was taken in.
    pub(crate) fn acknowledge_data(&mut self, command: &Command<&[u8]>, sent_time: u16) {
        let Command { channel, sequence, .. } = *command;
        if self.owes_acknowledgement(channel, sequence) {
            self.queue_acknowledgement(PendingAck { channel, sequence, sent_time, ends_connection: false });
        }
    }

    /// The next event for the application, unless it wants none from this peer for the time being.
    pub(crate) fn take_event(&mut self) -> Option<Event> {
        let event = self.mailbox.pop()?;
        self.room.delivered -= event_footprint(&event);
        Some(event)
    }

    /// [`Self::take_event`], if it is a packet.
    #[inline]
    pub(crate) fn take_packet(&mut self) -> Option<(u8, Packet)> {
        let (channel, packet) = self.mailbox.pop_packet()?;
        self.room.delivered -= footprint(packet.data.len());
        Some((channel, packet))
    }

    /// Before an unreliable packet is taken in: drops the oldest ones that the application has not taken, as far as the
    /// room is full. Returns how many.
    pub(crate) fn make_room(&mut self) -> u64 {
        let mut dropped = 0;
        while !self.room.admits(false)
            && let Some(bytes) = self.mailbox.drop_oldest()
        {
            self.room.delivered -= bytes;
            dropped += 1;
        }
        dropped
    }

    fn is_plausible(&self, fragment: &Fragment<&[u8]>) -> bool {
        !fragment.payload.is_empty()
            && fragment.count <= MAX_FRAGMENTS
            && fragment.number < fragment.count
            && fragment.total as usize <= self.maximum_packet_size
            && fragment.total >= fragment.count
            && fragment.offset < fragment.total
    }

    /// Whether a command is to be acknowledged: not when its number is so far ahead that it was not stored.
    pub(crate) fn owes_acknowledgement(&mut self, channel: u8, number: Seq16) -> bool {
        if channel == CONTROL_CHANNEL {
            return true;
        }
        let newest = self.newest_delivered(channel);
        number == newest || number.position(newest) != Position::TooFar
    }

    /// The newest reliable number that was delivered in order on a channel.
    pub(crate) fn newest_delivered(&mut self, channel: u8) -> Seq16 {
        self.channels.get_mut(channel).map_or(Seq16(0), |channel| channel.incoming.newest())
    }
}

fn receive_unsequenced(
    window: &mut UnsequencedWindow,
    group: u16,
    payload: &[u8],
    room: &mut Room,
    deliver: &mut impl FnMut(Packet),
) -> Admission {
    if !window.is_new(group) {
        return Admission::Handled;
    }
    if !room.admits(false) {
        return Admission::NoRoom;
    }
    window.mark(group);
    room.delivered += footprint(payload.len());
    deliver(Packet::new(copy_of(payload), Delivery::Unsequenced));
    Admission::Handled
}
