//! One datagram out. Answers for `enet_protocol_send_outgoing_commands`.

use std::net::SocketAddr;

use bytes::Bytes;

use super::ending::Farewell;
use super::{CHECKSUM_SIZE, Host};
use crate::event::{DisconnectReason, PeerId};
use crate::peer::{PeerState, Sent};
use crate::time::Millis;
use crate::wire::{Command, acknowledgement};

/// More commands than this do not share a datagram, acknowledgements apart; ENet's receivers would take more.
const MAX_COMMANDS: usize = 32;
/// More acknowledgements than this do not share a datagram: what one of the usual size has room for.
const MAX_ACKNOWLEDGEMENTS: usize = 172;
/// Bytes of an acknowledgement.
const ACKNOWLEDGE_SIZE: usize = 8;
/// Bytes of a datagram that are always set aside for its header.
const HEADER_SIZE: usize = 4;

/// A datagram being filled.
struct Load {
    acknowledgements: usize,
    /// The others.
    commands: usize,
    /// Bytes left for further commands.
    room: usize,
    wants_acknowledge: bool,
    /// There is more for this peer, in another datagram.
    has_more: bool,
    /// It carries the acknowledgement of a DISCONNECT.
    ends_connection: bool,
}

impl Load {
    fn is_empty(&self) -> bool {
        self.acknowledgements + self.commands == 0
    }

    /// Nothing but acknowledgements so far.
    fn is_answer(&self) -> bool {
        self.acknowledgements > 0 && self.commands == 0
    }
}

impl Host {
    /// The next datagram to send and where to: clears `datagram` and fills it. Peers with something to send take
    /// turns. To be called until it returns `None`.
    #[must_use]
    pub fn poll_transmit(&mut self, now: Millis, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        if let Some(Farewell { to, header, seed, command }) = self.farewells.pop_front() {
            self.commands.clear();
            command.emit(&mut self.commands);
            self.seal.close(header, seed, &self.commands, datagram);
            self.count_sent(datagram);
            return Some(to);
        }
        while let Some(slot) = self.schedule.next_ready() {
            let Some(peer) = self.peers.at_mut(slot).filter(|peer| !peer.state.is_dead()) else { continue };
            let id = peer.id;
            let address = peer.address;
            if self.fill_datagram(now, id, datagram) {
                self.count_sent(datagram);
                return Some(address);
            }
        }
        // Last: a flood of strangers must not hold the peers up.
        let stranger = self.poll_answer(now, datagram)?;
        self.count_sent(datagram);
        Some(stranger)
    }

    fn count_sent(&mut self, datagram: &[u8]) {
        self.stats.sent_datagrams += 1;
        self.stats.sent_bytes += datagram.len() as u64;
    }

    /// Puts what a peer has to send into `datagram`; `false` if that is nothing.
    fn fill_datagram(&mut self, now: Millis, id: PeerId, datagram: &mut Vec<u8>) -> bool {
        datagram.clear();
        self.commands.clear();
        let Some(peer) = self.peers.get_mut(id) else { return false };
        peer.on_datagram(now);
        let before = peer.traffic;
        let mut load = Load {
            acknowledgements: 0,
            commands: 0,
            room: usize::from(peer.mtu) - HEADER_SIZE - if self.config.checksums { CHECKSUM_SIZE } else { 0 },
            wants_acknowledge: false,
            has_more: false,
            ends_connection: false,
        };
        self.load_acknowledgements(now, id, &mut load);
        self.load_commands(now, id, &mut load);
        self.load_second_ones(now, id, &mut load);
        if let Some(peer) = self.peers.get(id) {
            self.stats.retransmissions += peer.traffic.retransmissions - before.retransmissions;
            self.stats.throttled_packets += peer.traffic.throttled_packets - before.throttled_packets;
        }
        if !load.is_empty() {
            self.close_datagram(now, id, &load, datagram);
        }
        self.after_datagram(now, id, &load);
        !load.is_empty()
    }

    fn load_acknowledgements(&mut self, now: Millis, id: PeerId, load: &mut Load) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let mut again = peer.welcome_again(now);
        while load.acknowledgements < MAX_ACKNOWLEDGEMENTS && load.room >= ACKNOWLEDGE_SIZE {
            let Some(owed) = peer.take_acknowledgement().or_else(|| again.take()) else { return };
            let answer = acknowledgement(owed.channel, owed.sequence, owed.sent_time);
            self.commands.extend_from_slice(&answer);
            load.acknowledgements += 1;
            load.room -= ACKNOWLEDGE_SIZE;
            load.ends_connection |= owed.ends_connection;
        }
        load.has_more = true;
    }

    fn load_commands(&mut self, now: Millis, id: PeerId, load: &mut Load) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let commands = &mut self.commands;
        while load.commands < MAX_COMMANDS {
            let before = commands.len();
            match peer.send_next(now, load.room, &mut |command| command.emit(commands)) {
                Sent::Command { wants_acknowledge } => {
                    load.commands += 1;
                    load.room -= commands.len() - before;
                    load.wants_acknowledge |= wants_acknowledge;
                }
                Sent::Nothing if peer.is_ping_due(now) || (load.is_answer() && peer.may_ping_ride(now)) => {
                    peer.queue_ping();
                }
                Sent::Nothing => return,
                Sent::NoRoom => break,
            }
        }
        load.has_more = true;
    }

    /// Uses the room that a datagram has left for commands that may have got lost.
    fn load_second_ones(&mut self, now: Millis, id: PeerId, load: &mut Load) {
        let Some(peer) = self.peers.get_mut(id).filter(|_| !load.has_more) else { return };
        let commands = &mut self.commands;
        let emit = &mut |command: &Command<Bytes>| command.emit(commands);
        let most = MAX_COMMANDS - load.commands;
        let added = peer.send_second_ones(now, !load.is_empty(), most, load.room, emit);
        load.commands += added;
        load.wants_acknowledge |= added > 0;
    }

    fn close_datagram(&mut self, now: Millis, id: PeerId, load: &Load, datagram: &mut Vec<u8>) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let sent_time = load.wants_acknowledge.then_some(now.low_16_bits());
        self.seal.close(peer.header(sent_time), peer.seed(), &self.commands, datagram);
        peer.traffic.sent_datagrams += 1;
        peer.traffic.sent_bytes += datagram.len() as u64;
    }

    fn after_datagram(&mut self, now: Millis, id: PeerId, load: &Load) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        if load.ends_connection {
            let data = peer.goodbye_data;
            self.end(id, DisconnectReason::Remote(data));
            return;
        }
        if peer.state == PeerState::DisconnectLater && peer.is_drained() {
            self.begin_disconnect(id);
        }
        if load.has_more && !load.is_empty() {
            self.schedule.set_ready(id.slot);
        }
        let deadline = self.peers.get_mut(id).and_then(|peer| {
            peer.plan_second_ones(now);
            peer.deadline()
        });
        self.schedule.set_deadline(id.slot, deadline);
    }
}
