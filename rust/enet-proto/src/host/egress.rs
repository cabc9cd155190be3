//! One datagram out. Answers for `enet_protocol_send_outgoing_commands`.

use std::net::SocketAddr;

use bytes::Bytes;

use super::ending::Farewell;
use super::{CHECKSUM_SIZE, Host};
use crate::event::DisconnectReason;
use crate::peer::{Peer, PeerState, Sent, Traffic};
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
    fn new(room: usize) -> Self {
        Self {
            acknowledgements: 0,
            commands: 0,
            room,
            wants_acknowledge: false,
            has_more: false,
            ends_connection: false,
        }
    }

    fn is_empty(&self) -> bool {
        self.acknowledgements + self.commands == 0
    }

    /// Nothing but acknowledgements so far.
    fn is_answer(&self) -> bool {
        self.acknowledgements > 0 && self.commands == 0
    }

    fn take_acknowledgements(&mut self, now: Millis, peer: &mut Peer, commands: &mut Vec<u8>) {
        let mut again = peer.welcome_again(now);
        while self.acknowledgements < MAX_ACKNOWLEDGEMENTS && self.room >= ACKNOWLEDGE_SIZE {
            let Some(owed) = peer.take_acknowledgement().or_else(|| again.take()) else { return };
            let answer = acknowledgement(owed.channel, owed.sequence, owed.sent_time);
            commands.extend_from_slice(&answer);
            self.acknowledgements += 1;
            self.room -= ACKNOWLEDGE_SIZE;
            self.ends_connection |= owed.ends_connection;
        }
        self.has_more = true;
    }

    fn take_commands(&mut self, now: Millis, peer: &mut Peer, commands: &mut Vec<u8>) {
        while self.commands < MAX_COMMANDS {
            let before = commands.len();
            match peer.send_next(now, self.room, &mut |command| command.emit(commands)) {
                Sent::Command { wants_acknowledge } => {
                    self.commands += 1;
                    self.room -= commands.len() - before;
                    self.wants_acknowledge |= wants_acknowledge;
                }
                Sent::Nothing if peer.is_ping_due(now) || (self.is_answer() && peer.may_ping_ride(now)) => {
                    peer.queue_ping();
                }
                Sent::Nothing => return,
                Sent::NoRoom => break,
            }
        }
        self.has_more = true;
    }

    /// Uses the room that a datagram has left for commands that may have got lost.
    fn take_second_ones(&mut self, now: Millis, peer: &mut Peer, commands: &mut Vec<u8>) {
        if self.has_more {
            return;
        }
        let emit = &mut |command: &Command<Bytes>| command.emit(commands);
        let most = MAX_COMMANDS - self.commands;
        let added = peer.send_second_ones(now, !self.is_empty(), most, self.room, emit);
        self.commands += added;
        self.wants_acknowledge |= added > 0;
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
            if let Some(address) = self.fill_datagram(now, slot, datagram) {
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

    /// Puts what the peer in a slot has to send into `datagram`, and tells where it is; `None` if that is nothing.
    fn fill_datagram(&mut self, now: Millis, slot: u16, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let Self { peers, commands, seal, stats, config, .. } = self;
        let peer = peers.at_mut(slot).filter(|peer| !peer.state.is_dead())?;
        commands.clear();
        peer.on_datagram(now);
        let Traffic { retransmissions, throttled_packets, .. } = peer.traffic;
        let mut load =
            Load::new(usize::from(peer.mtu) - HEADER_SIZE - if config.checksums { CHECKSUM_SIZE } else { 0 });
        load.take_acknowledgements(now, peer, commands);
        load.take_commands(now, peer, commands);
        load.take_second_ones(now, peer, commands);
        stats.retransmissions += peer.traffic.retransmissions - retransmissions;
        stats.throttled_packets += peer.traffic.throttled_packets - throttled_packets;
        if !load.is_empty() {
            let sent_time = load.wants_acknowledge.then_some(now.low_16_bits());
            seal.close(peer.header(sent_time), peer.seed(), commands, datagram);
            peer.traffic.sent_datagrams += 1;
            peer.traffic.sent_bytes += datagram.len() as u64;
        }
        let address = (!load.is_empty()).then_some(peer.address);
        self.after_datagram(now, slot, &load);
        address
    }

    fn after_datagram(&mut self, now: Millis, slot: u16, load: &Load) {
        let Some(peer) = self.peers.at_mut(slot) else { return };
        let id = peer.id;
        if load.ends_connection {
            let data = peer.goodbye_data;
            self.end(id, DisconnectReason::Remote(data));
            return;
        }
        if load.has_more && !load.is_empty() {
            self.schedule.set_ready(slot);
        }
        peer.plan_second_ones(now);
        if peer.state == PeerState::DisconnectLater && peer.is_drained() {
            self.begin_disconnect(id);
        } else {
            self.schedule.set_deadline(slot, peer.deadline());
        }
    }
}
