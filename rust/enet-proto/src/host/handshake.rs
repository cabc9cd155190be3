//! How a connection begins. Answers for `enet_host_connect`, `enet_protocol_handle_connect` and
//! `enet_protocol_handle_verify_connect`.
//!
//! ```text
//! client                                server
//! CONNECTING     --- CONNECT --->
//!                <-- VERIFY_CONNECT --  a half-open record, no peer yet
//! CONNECTED      --- ACKNOWLEDGE --->   CONNECTED
//! ```
//!
//! The server answers what it is asked, and sends nothing by itself: a VERIFY_CONNECT is shorter than a CONNECT, so nobody
//! can make it shout at a third. What the acknowledgement has to repeat (slot, session, time) is unpredictable, so it can
//! come only from where the answer went to.

use std::net::SocketAddr;

use bytes::Bytes;

use super::Host;
use super::bandwidth::{MAXIMUM_WINDOW, MINIMUM_WINDOW, send_window, window_for};
use super::ending::Farewell;
use super::half_open::{HalfOpen, Ticket};
use super::ingress::Rejected;
use super::table::Sessions;
use crate::config::{LARGEST_MTU, SMALLEST_MTU, ThrottleConfig};
use crate::event::{DisconnectReason, Event, PeerId};
use crate::packet::ConnectError;
use crate::peer::{Bandwidth, Peer, PeerSeed, PeerState};
use crate::seq::Seq16;
use crate::time::Millis;
use crate::wire::{Body, CONTROL_CHANNEL, Command, Connect, DatagramHeader, VerifyConnect};

/// The number of a connection's first control command, which is its CONNECT or VERIFY_CONNECT.
const FIRST: Seq16 = Seq16(1);
/// Datagrams to strangers that may wait to be sent.
const MOST_FAREWELLS: usize = 256;
/// Slot numbers that are tried for a remote whose other attempts have the first ones.
const MOST_TRIES: usize = 256;

impl Host {
    /// Begins to connect to a remote host (`enet_host_connect`): `Connected` or `Disconnected` follows. At least one
    /// channel is asked for. The remote gets `data` with its connect event.
    ///
    /// # Errors
    /// No peer slot is free for it.
    pub fn connect(
        &mut self,
        now: Millis,
        address: SocketAddr,
        channels: u8,
        data: u32,
    ) -> Result<PeerId, ConnectError> {
        let id = self.reserve(address).ok_or(ConnectError::NoFreeSlot)?;
        let seed = PeerSeed {
            id,
            state: PeerState::Connecting,
            address,
            connect_id: self.rng.token(),
            channel_count: channels.max(1),
            mtu: self.config.mtu,
            window: send_window(self.config.outgoing_bandwidth, 0),
            throttle: ThrottleConfig::default(),
        };
        let mut peer = Peer::new(seed, &self.config, now);
        let terms = self.terms(&peer, self.peers.sessions(id.slot), peer.window);
        peer.queue_control(Body::Connect(Connect { terms, data }));
        self.peers.occupy(peer, false);
        self.touch(id);
        Ok(id)
    }

    /// A free slot for a connection to this address: its number must not be in use with a connection from there, and is
    /// promised to an attempt from there only if there is no other; that one then has to ask again.
    fn reserve(&mut self, address: SocketAddr) -> Option<PeerId> {
        let numbers = || self.peers.numbers_for(address, 0);
        let is_promised = |number: u16| self.half_open.by_number(address, number);
        let number = numbers().find(|&number| is_promised(number).is_none()).or_else(|| numbers().next())?;
        if let Some(ticket) = is_promised(number) {
            self.half_open.take(ticket);
        }
        Some(self.peers.next_id(number))
    }

    /// What a CONNECT or VERIFY_CONNECT says for a peer.
    fn terms(&self, peer: &Peer, sessions: Sessions, window: u32) -> VerifyConnect {
        let throttle = peer.throttle.config;
        VerifyConnect {
            peer: peer.id.slot,
            incoming_session: sessions.incoming,
            outgoing_session: sessions.outgoing,
            mtu: u32::from(peer.mtu),
            window,
            channels: u32::from(peer.channel_count),
            incoming_bandwidth: self.config.incoming_bandwidth,
            outgoing_bandwidth: self.config.outgoing_bandwidth,
            throttle_interval: throttle.interval_ms,
            throttle_acceleration: throttle.acceleration,
            throttle_deceleration: throttle.deceleration,
            connect_id: peer.connect_id,
        }
    }

    /// A remote asks to connect, or asks again.
    pub(super) fn handle_connect(
        &mut self,
        now: Millis,
        from: SocketAddr,
        connect: &Connect,
    ) -> Result<(), Rejected> {
        let terms = &connect.terms;
        if self.peers.has_token(from, terms.connect_id) {
            return Err(Rejected); // late: it is connected
        }
        let known = self.half_open.by_token(from, terms.connect_id);
        let ticket = match known {
            Some(ticket) => ticket,
            None => self.open_half(now, from, connect)?,
        };
        self.half_open.ask_for_answer(now, ticket);
        Ok(())
    }

    /// Begins a record for a remote that asks for the first time, if it may.
    fn open_half(&mut self, now: Millis, from: SocketAddr, connect: &Connect) -> Result<Ticket, Rejected> {
        let terms = &connect.terms;
        let limits = self.config.admission;
        let channels = u8::try_from(terms.channels).ok().filter(|&channels| channels > 0);
        let is_sound = is_peer_id(terms.peer) && !self.is_crowded(from);
        let Some(channels) = channels.filter(|_| is_sound) else {
            self.stats.refused_connects += 1;
            return Err(Rejected);
        };
        if !self.gate.admits(now, from.ip(), &limits) {
            self.stats.limited_connects += 1;
            return Err(Rejected);
        }
        let Some(number) = self.choose_number(from) else {
            self.stats.refused_connects += 1;
            self.turn_away(from, terms);
            return Err(Rejected);
        };
        let echo = now.low_16_bits() ^ self.rng.next_u16();
        let answer = self.answer_to(terms, number, channels);
        let record = HalfOpen::new(now, from, connect, answer, echo);
        let (ticket, evicted) = self.half_open.insert(record, limits.half_open);
        self.stats.evicted_half_open += evicted;
        Ok(ticket)
    }

    fn is_crowded(&self, from: SocketAddr) -> bool {
        self.peers.count_from(from.ip()) >= self.config.admission.connections_per_address as usize
    }

    /// A slot number for a remote to use: any that is free and that the remote does not use already.
    fn choose_number(&mut self, from: SocketAddr) -> Option<u16> {
        let start = self.rng.below(u32::from(self.peers.capacity()));
        let start = u16::try_from(start).expect("it is below a capacity of 16 bits");
        let mut numbers = self.peers.numbers_for(from, start).take(MOST_TRIES);
        numbers.find(|&number| self.half_open.by_number(from, number).is_none())
    }

    /// What a remote is told that asks with these terms.
    fn answer_to(&mut self, terms: &VerifyConnect, number: u16, channels: u8) -> VerifyConnect {
        let last = self.peers.sessions(number);
        let dice = self.rng.next_u16();
        VerifyConnect {
            peer: number,
            // Named from the remote's side: what it receives with is what this side sends with.
            incoming_session: next_session(last.outgoing, terms.incoming_session, dice),
            outgoing_session: next_session(last.incoming, terms.outgoing_session, dice >> 8),
            mtu: u32::from(self.config.mtu.min(agreed_mtu(terms.mtu))),
            window: window_for(self.config.incoming_bandwidth)
                .min(terms.window)
                .clamp(MINIMUM_WINDOW, MAXIMUM_WINDOW),
            channels: u32::from(channels.min(self.config.channel_limit)),
            incoming_bandwidth: self.config.incoming_bandwidth,
            outgoing_bandwidth: self.config.outgoing_bandwidth,
            ..*terms
        }
    }

    /// Writes the next answer to a remote that asked to connect, if one is due.
    pub(super) fn poll_answer(&mut self, now: Millis, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let asked = self.half_open.next_answer(now)?;
        self.commands.clear();
        let command: Command<Bytes> = Command::control(FIRST, Body::VerifyConnect(asked.terms));
        command.emit(&mut self.commands);
        let header =
            DatagramHeader { sent_time: Some(asked.echo), ..header_to(asked.remote_id, &asked.terms) };
        self.seal.close(header, asked.terms.connect_id, &self.commands, datagram);
        Some(asked.address)
    }

    /// A command from a remote that has no peer slot yet. Its acknowledgement makes it a peer.
    pub(super) fn handle_half_open(
        &mut self,
        now: Millis,
        ticket: Ticket,
        command: &Command<&[u8]>,
    ) -> Result<PeerId, Rejected> {
        let Some(asked) = self.half_open.get(ticket) else { return Err(Rejected) };
        match command.body {
            Body::Acknowledge { sequence, sent_time } => {
                let is_answer =
                    (command.channel, sequence, sent_time) == (CONTROL_CHANNEL, FIRST, asked.echo);
                return if is_answer { self.seat_half_open(now, ticket) } else { Err(Rejected) };
            }
            Body::Disconnect { .. } => drop(self.half_open.take(ticket)),
            // It takes itself for connected, so its acknowledgement was lost; it acknowledges the same answer again.
            _ => self.half_open.ask_for_answer(now, ticket),
        }
        Err(Rejected)
    }

    /// Gives a remote that has shown where it is a peer slot.
    fn seat_half_open(&mut self, now: Millis, ticket: Ticket) -> Result<PeerId, Rejected> {
        let asked = self.half_open.take(ticket).ok_or(Rejected)?;
        let HalfOpen { address, terms, remote_id, remote_bandwidth, data, .. } = asked;
        let id = if self.is_crowded(address) { None } else { self.peers.seat(terms.peer) };
        let Some(id) = id else {
            // Others were faster. It believes to be connected, so it is told in any case.
            self.stats.refused_connects += 1;
            let data = self.config.turns_surplus_away.unwrap_or(0);
            self.refuse(address, header_to(remote_id, &terms), terms.connect_id, data);
            return Err(Rejected);
        };
        let seed = PeerSeed {
            id,
            state: PeerState::AcknowledgingConnect,
            address,
            connect_id: terms.connect_id,
            channel_count: u8::try_from(terms.channels).unwrap_or(u8::MAX),
            mtu: agreed_mtu(terms.mtu),
            window: send_window(self.config.outgoing_bandwidth, remote_bandwidth.incoming),
            throttle: throttle_of(&terms),
        };
        let mut peer = Peer::new(seed, &self.config, now);
        peer.number = terms.peer;
        peer.remote_id = Some(remote_id);
        peer.incoming_session = terms.outgoing_session;
        peer.outgoing_session = terms.incoming_session;
        peer.remote_bandwidth = remote_bandwidth;
        peer.connect_data = data;
        peer.on_verified(now, asked.answered_at());
        let sessions = Sessions { incoming: peer.incoming_session, outgoing: peer.outgoing_session };
        self.peers.set_sessions(terms.peer, sessions);
        self.bandwidth.note(remote_bandwidth);
        self.peers.occupy(peer, true);
        self.establish(now, id);
        Ok(id)
    }

    /// Tells a remote for which no slot is left that it need not go on asking.
    fn turn_away(&mut self, from: SocketAddr, terms: &VerifyConnect) {
        if let Some(data) = self.config.turns_surplus_away
            && self.peers.vacancy().is_none()
        {
            let header = DatagramHeader { session: 0, ..header_to(terms.peer, terms) };
            self.refuse(from, header, terms.connect_id, data);
        }
    }

    /// Says goodbye to somebody who is no peer. Whoever asks faster than datagrams leave goes on asking.
    fn refuse(&mut self, to: SocketAddr, header: DatagramHeader, seed: [u8; 4], data: u32) {
        if self.farewells.len() < MOST_FAREWELLS {
            let goodbye = Command::control(FIRST, Body::Disconnect { data });
            let command = Command { wants_acknowledge: false, ..goodbye };
            self.farewells.push_back(Farewell { to, header, seed, command });
        }
    }

    /// A remote answers this side's CONNECT.
    pub(super) fn handle_verify_connect(
        &mut self,
        now: Millis,
        id: PeerId,
        terms: &VerifyConnect,
    ) -> Result<(), Rejected> {
        let Some(peer) = self.peers.get_mut(id) else { return Ok(()) };
        if peer.state != PeerState::Connecting {
            return Ok(()); // repeated; to be acknowledged again
        }
        if terms.connect_id != peer.connect_id {
            // A late answer to an earlier attempt from the same port, or a forgery: no reason to give this one up.
            return Err(Rejected);
        }
        let channels = u8::try_from(terms.channels).ok().filter(|&channels| channels > 0);
        let is_answer = throttle_of(terms) == peer.throttle.config;
        let sessions = Sessions { incoming: terms.incoming_session, outgoing: terms.outgoing_session };
        let is_sound = is_peer_id(terms.peer) && sessions.incoming < 4 && sessions.outgoing < 4;
        let Some(channels) = channels.filter(|_| is_answer && is_sound) else {
            self.end(id, DisconnectReason::Protocol);
            return Err(Rejected);
        };
        // The answer stands for the acknowledgement of the CONNECT.
        peer.retire(CONTROL_CHANNEL, FIRST);
        peer.remote_id = Some(terms.peer);
        peer.incoming_session = sessions.incoming;
        peer.outgoing_session = sessions.outgoing;
        peer.channel_count = peer.channel_count.min(channels);
        peer.mtu = peer.mtu.min(agreed_mtu(terms.mtu));
        peer.window = peer.window.min(terms.window.clamp(MINIMUM_WINDOW, MAXIMUM_WINDOW));
        peer.remote_bandwidth = bandwidth_of(terms);
        self.bandwidth.note(peer.remote_bandwidth);
        self.peers.set_sessions(id.slot, sessions);
        self.establish(now, id);
        Ok(())
    }

    /// The handshake is complete.
    pub(super) fn establish(&mut self, now: Millis, id: PeerId) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        peer.state = PeerState::Connected;
        peer.handshake_deadline = None;
        let event = Event::Connected {
            peer: id,
            address: peer.address,
            channels: peer.channel_count,
            data: peer.connect_data,
        };
        self.stats.connections += 1;
        self.bandwidth.on_change(now);
        self.report(id, event);
        // A client measures the round trip at once, with a ping beside its acknowledgement.
        self.schedule.set_ready(id.slot);
    }
}

fn is_peer_id(id: u16) -> bool {
    id < 0xFFF
}

fn agreed_mtu(proposed: u32) -> u16 {
    u16::try_from(proposed).unwrap_or(LARGEST_MTU).clamp(SMALLEST_MTU, LARGEST_MTU)
}

fn throttle_of(terms: &VerifyConnect) -> ThrottleConfig {
    ThrottleConfig {
        interval_ms: terms.throttle_interval,
        acceleration: terms.throttle_acceleration,
        deceleration: terms.throttle_deceleration,
    }
}

fn bandwidth_of(terms: &VerifyConnect) -> Bandwidth {
    Bandwidth { incoming: terms.incoming_bandwidth, outgoing: terms.outgoing_bandwidth }
}

/// The header of a datagram to a remote that was told these terms.
fn header_to(remote_id: u16, terms: &VerifyConnect) -> DatagramHeader {
    DatagramHeader {
        peer: Some(remote_id),
        session: terms.incoming_session,
        compressed: false,
        sent_time: None,
    }
}

/// A session id for the next connection that differs from what either side used last. `dice` decides among those; with
/// 0 it is the one that C ENet takes.
fn next_session(ours: u8, theirs: u8, dice: u16) -> u8 {
    let last = if theirs == Sessions::NONE { ours } else { theirs };
    let ids = (1..=4).map(|step| last.wrapping_add(step) & 3);
    let usable = ids.filter(|&id| id != ours && id != theirs);
    let count = usable.clone().count();
    usable.cycle().nth(usize::from(dice & 0xFF) % count.max(1)).unwrap_or(0)
}
