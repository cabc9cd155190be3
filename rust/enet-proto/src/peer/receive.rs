//! Data commands of a live connection, on their way to the channels. Answers for the `enet_protocol_handle_send_*`
//! functions.

use bytes::Bytes;

use super::Peer;
use crate::channel::{Admission, footprint};
use crate::packet::{Delivery, Packet};
use crate::seq::{Position, Seq16};
use crate::wire::{Body, CONTROL_CHANNEL, Command, Fragment};

/// More fragments than this are refused outright.
const MAX_FRAGMENTS: u32 = 1 << 20;

impl Peer {
    /// Takes a data command in; `deliver` gets the packets that can now be handed to the application. `discard` says
    /// that the application is no longer interested.
    pub(crate) fn receive(
        &mut self,
        command: &Command<&[u8]>,
        discard: bool,
        deliver: &mut Vec<Packet>,
    ) -> Admission {
        if command.channel >= self.channel_count || command.payload().len() > self.maximum_packet_size {
            return Admission::Malformed;
        }
        if let Body::SendFragment(fragment) | Body::SendUnreliableFragment(fragment) = &command.body
            && !self.is_plausible(fragment)
        {
            return Admission::Malformed;
        }
        if discard {
            return Admission::Handled;
        }
        if let Body::SendUnsequenced { group, payload } = command.body {
            return self.receive_unsequenced(group, payload, deliver);
        }
        let Self { channels, room, .. } = self;
        let incoming = &mut channels.get_or_create(command.channel).incoming;
        let sequence = command.sequence;
        match &command.body {
            Body::SendReliable { payload } => incoming.receive_reliable(sequence, payload, room, deliver),
            Body::SendUnreliable { sequence: number, payload } => {
                incoming.receive_unreliable(sequence, *number, payload, room, deliver)
            }
            Body::SendFragment(fragment) => incoming.receive_fragment(fragment, room, deliver),
            Body::SendUnreliableFragment(fragment) => {
                incoming.receive_unreliable_fragment(sequence, fragment, room, deliver)
            }
            _ => Admission::Malformed,
        }
    }

    fn receive_unsequenced(&mut self, group: u16, payload: &[u8], deliver: &mut Vec<Packet>) -> Admission {
        if !self.unsequenced.is_new(group) {
            return Admission::Handled;
        }
        if !self.room.admits(false) {
            return Admission::NoRoom;
        }
        self.unsequenced.mark(group);
        self.room.delivered += footprint(payload.len());
        deliver.push(Packet::new(Bytes::copy_from_slice(payload), Delivery::Unsequenced));
        Admission::Handled
    }

    /// See [`Incoming::is_out_of_turn`](crate::channel::Incoming::is_out_of_turn).
    pub(crate) fn is_out_of_turn(&mut self, command: &Command<&[u8]>) -> bool {
        let channel = self.channels.get_mut(command.channel).filter(|_| command.wants_acknowledge);
        channel.is_some_and(|channel| channel.incoming.is_out_of_turn(command.sequence))
    }

    /// A command was not taken in, so that its remote has to repeat it if it is reliable; or it was.
    pub(crate) fn note(&mut self, command: &Command<&[u8]>, is_refused: bool) {
        if command.wants_acknowledge
            && command.channel < self.channel_count
            && (is_refused || self.channels.get_mut(command.channel).is_some())
        {
            self.channels.get_or_create(command.channel).incoming.note(command.sequence, is_refused);
        }
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
        number.position(newest) != Position::TooFar
    }

    /// The newest reliable number that was delivered in order on a channel.
    pub(crate) fn newest_delivered(&mut self, channel: u8) -> Seq16 {
        self.channels.get_mut(channel).map_or(Seq16(0), |channel| channel.incoming.newest())
    }
}
