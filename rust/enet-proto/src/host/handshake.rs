//! How a connection begins. Answers for `enet_host_connect`, `enet_protocol_handle_connect` and
//! `enet_protocol_handle_verify_connect`.
//!
//! ```text
//! client                                server
//! CONNECTING     --- CONNECT --->
//!                <-- VERIFY_CONNECT --  ACKNOWLEDGING_CONNECT
//! CONNECTED      --- ACKNOWLEDGE --->   CONNECTED
//! ```

use std::net::SocketAddr;

use super::Host;
use super::bandwidth::{MAXIMUM_WINDOW, MINIMUM_WINDOW, send_window, window_for};
use super::ending::Farewell;
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

impl Host {
    /// Begins to connect to a remote host (`enet_host_connect`): `Connected` or `Disconnected` follows. At least one
    /// channel is asked for. The remote gets `data` with its connect event.
    ///
    /// # Errors
    /// All peer slots are taken.
    pub fn connect(
        &mut self,
        now: Millis,
        address: SocketAddr,
        channels: u8,
        data: u32,
    ) -> Result<PeerId, ConnectError> {
        let id = self.peers.vacancy().ok_or(ConnectError::NoFreeSlot)?;
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

    /// A remote asks to connect.
    pub(super) fn handle_connect(
        &mut self,
        now: Millis,
        from: SocketAddr,
        connect: &Connect,
    ) -> Result<PeerId, Rejected> {
        let terms = &connect.terms;
        if self.peers.has_token(from, terms.connect_id) {
            return Err(Rejected); // repeated; the answer is on its way
        }
        let Some((id, channel_count)) = self.admit(from, terms) else {
            self.stats.refused_connects += 1;
            self.turn_away(from, terms);
            return Err(Rejected);
        };
        let seed = PeerSeed {
            id,
            state: PeerState::AcknowledgingConnect,
            address: from,
            connect_id: terms.connect_id,
            channel_count: channel_count.min(self.config.channel_limit),
            mtu: self.config.mtu.min(agreed_mtu(terms.mtu)),
            window: send_window(self.config.outgoing_bandwidth, terms.incoming_bandwidth),
            throttle: throttle_of(terms),
        };
        let mut peer = Peer::new(seed, &self.config, now);
        let sessions = next_sessions(self.peers.sessions(id.slot), terms);
        peer.remote_id = Some(terms.peer);
        peer.incoming_session = sessions.incoming;
        peer.outgoing_session = sessions.outgoing;
        peer.remote_bandwidth = bandwidth_of(terms);
        peer.connect_data = connect.data;
        let window = window_for(self.config.incoming_bandwidth)
            .min(terms.window)
            .clamp(MINIMUM_WINDOW, MAXIMUM_WINDOW);
        // Named from the remote's side: what it receives with is what this side sends with.
        let theirs = Sessions { incoming: sessions.outgoing, outgoing: sessions.incoming };
        peer.queue_control(Body::VerifyConnect(self.terms(&peer, theirs, window)));
        self.peers.set_sessions(id.slot, sessions);
        self.bandwidth.note(peer.remote_bandwidth);
        self.peers.occupy(peer, true);
        Ok(id)
    }

    /// Tells a remote for which no slot is left that it need not go on asking.
    fn turn_away(&mut self, from: SocketAddr, terms: &VerifyConnect) {
        let is_full = self.peers.vacancy().is_none();
        let is_due = self.config.turns_surplus_away && is_full && is_peer_id(terms.peer);
        // Whoever asks faster than datagrams leave goes on asking.
        if is_due && self.farewells.len() < MOST_FAREWELLS {
            let goodbye = Command::control(FIRST, Body::Disconnect { data: 0 });
            self.farewells.push_back(Farewell {
                to: from,
                header: DatagramHeader {
                    peer: Some(terms.peer),
                    session: 0,
                    compressed: false,
                    sent_time: None,
                },
                seed: terms.connect_id,
                command: Command { wants_acknowledge: false, ..goodbye },
            });
        }
    }

    /// The id and the channel count for a remote that asks to connect, if it may.
    fn admit(&mut self, from: SocketAddr, terms: &VerifyConnect) -> Option<(PeerId, u8)> {
        let channels = u8::try_from(terms.channels).ok().filter(|&channels| channels > 0)?;
        let is_acceptable =
            is_peer_id(terms.peer) && self.peers.count_from(from.ip()) < self.config.duplicate_peers;
        is_acceptable.then(|| self.peers.vacancy())?.map(|id| (id, channels))
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

/// The session ids of the next connection in a slot: each differs from what either side used last.
fn next_sessions(slot: Sessions, terms: &VerifyConnect) -> Sessions {
    Sessions {
        outgoing: next_session(slot.outgoing, terms.incoming_session),
        incoming: next_session(slot.incoming, terms.outgoing_session),
    }
}

fn next_session(ours: u8, theirs: u8) -> u8 {
    let last = if theirs == Sessions::NONE { ours } else { theirs };
    let next = last.wrapping_add(1) & 3;
    if next == ours { (next + 1) & 3 } else { next }
}
