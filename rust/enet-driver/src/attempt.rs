//! Attempts to connect: from a name or an address to a connected peer or to one reason why not.

use std::{collections::VecDeque, io, net::SocketAddr, time::Duration};

use enet_proto::{DisconnectReason, Host, Millis, PeerId, PeerState, PeerTimeouts};

use crate::{
    Compression, ConnectFailure, ConnectToken, DtlsFailure, HostEvent, HostOptions, address, clock,
    command::{Connect, Target, Tuning},
    dtls::Layer,
    shared::Outbox,
    socket::{self, Socket},
};

/// The parts of an endpoint that an attempt works with.
pub(crate) struct Reach<'a> {
    pub(crate) host: &'a mut Host,
    pub(crate) socket: &'a mut Socket,
    pub(crate) outbox: &'a Outbox,
    /// The sessions to connect through, of a host that does so.
    pub(crate) dtls: Option<&'a mut Layer>,
}

/// Every attempt of one host that has neither connected nor failed.
#[derive(Debug)]
pub(crate) struct Attempts {
    pending: Vec<Attempt>,
    timeout: Duration,
    /// The socket has one remote and is aimed at it.
    is_dedicated: bool,
    /// This side's, for the failure's sentence.
    compression: Compression,
}

#[derive(Debug)]
struct Attempt {
    token: ConnectToken,
    /// What the game asked for, as `host:port`, for the failure's sentence.
    server: String,
    channels: u8,
    data: u32,
    /// The end of the whole attempt.
    deadline: Millis,
    stage: Stage,
    /// Nothing may be sent yet.
    is_held: bool,
    /// Addresses that were not tried.
    rest: VecDeque<SocketAddr>,
    /// What the game has set for the connection, whichever address it will lead to.
    timeouts: Option<PeerTimeouts>,
    ping_interval_ms: Option<u32>,
}

#[derive(Debug)]
enum Stage {
    Resolving {
        name: String,
    },
    /// The addresses are known, but nothing may be sent yet.
    Held,
    /// An encrypted session with the address is being made.
    Securing {
        address: SocketAddr,
        deadline: Millis,
    },
    Handshake {
        peer: PeerId,
        address: SocketAddr,
        deadline: Millis,
        /// Datagrams of which the host had understood nothing before this. More of them are likely to be the answer.
        unintelligible: u64,
    },
}

impl Attempts {
    pub(crate) fn new(options: &HostOptions) -> Self {
        Self {
            pending: Vec::new(),
            timeout: options.connect_timeout,
            is_dedicated: options.dedicated_remote,
            compression: options.compression,
        }
    }

    pub(crate) fn start(&mut self, now: Millis, connect: Connect, reach: &mut Reach<'_>) {
        let mut attempt = Attempt {
            token: connect.token,
            server: connect.server,
            channels: connect.channels,
            data: connect.data,
            deadline: now + clock::whole_ms(self.timeout),
            stage: Stage::Resolving { name: String::new() },
            is_held: connect.is_held,
            rest: VecDeque::new(),
            timeouts: None,
            ping_interval_ms: None,
        };
        match connect.target {
            Target::Name(name) => {
                attempt.stage = Stage::Resolving { name };
                self.pending.push(attempt);
            }
            Target::Address(address) => {
                attempt.rest.push_back(address::to_remote(address));
                self.try_next(now, attempt, None, reach);
            }
        }
    }

    /// The resolver's answer. The attempt may be gone by then.
    pub(crate) fn on_resolved(
        &mut self,
        now: Millis,
        token: ConnectToken,
        addresses: Vec<SocketAddr>,
        reach: &mut Reach<'_>,
    ) {
        let Some(mut attempt) = self.take(|attempt| attempt.token == token) else { return };
        let usable =
            addresses.into_iter().map(address::to_remote).filter(|&address| reach.socket.can_reach(address));
        attempt.rest = usable.take(MOST_ADDRESSES).collect();
        let failure = attempt.unresolved();
        self.try_next(now, attempt, failure, reach);
    }

    /// Ends an attempt without an event. False if it is not pending.
    pub(crate) fn cancel(&mut self, now: Millis, token: ConnectToken, reach: &mut Reach<'_>) -> bool {
        let Some(attempt) = self.take(|attempt| attempt.token == token) else { return false };
        attempt.let_go(now, reach);
        true
    }

    /// Lets an attempt that was held begin, with all its time before it.
    pub(crate) fn release(&mut self, now: Millis, token: ConnectToken, reach: &mut Reach<'_>) {
        let is_it = |attempt: &Attempt| attempt.token == token && attempt.is_held;
        let Some(mut attempt) = self.take(is_it) else { return };
        attempt.is_held = false;
        attempt.deadline = now + clock::whole_ms(self.timeout);
        match attempt.stage {
            Stage::Held => self.try_next(now, attempt, None, reach),
            _ => self.pending.push(attempt),
        }
    }

    /// What was begun in the open is begun again, as it is done from here on.
    pub(crate) fn begin_anew(&mut self, now: Millis, reach: &mut Reach<'_>) {
        for mut attempt in std::mem::take(&mut self.pending) {
            let Stage::Handshake { address, .. } = attempt.stage else {
                self.pending.push(attempt);
                continue;
            };
            attempt.let_go(now, reach);
            attempt.rest.push_front(address);
            self.try_next(now, attempt, None, reach);
        }
    }

    /// There is an encrypted session with this address: the connection can be made through it.
    pub(crate) fn on_secured(&mut self, now: Millis, address: SocketAddr, reach: &mut Reach<'_>) {
        while let Some(mut attempt) = self.take(|attempt| attempt.is_securing(address)) {
            match attempt.introduce(now, address, reach) {
                Ok(()) => self.pending.push(attempt),
                Err(failure) => self.try_next(now, attempt, Some(failure), reach),
            }
        }
    }

    /// No encrypted session with this address has come about.
    pub(crate) fn on_insecure(
        &mut self,
        now: Millis,
        address: SocketAddr,
        failure: &DtlsFailure,
        reach: &mut Reach<'_>,
    ) {
        while let Some(attempt) = self.take(|attempt| attempt.is_securing(address)) {
            let failure = attempt.not_secured(failure.clone());
            self.try_next(now, attempt, Some(failure), reach);
        }
    }

    /// Changes a setting of the connection to be. Does nothing if the attempt is not pending, or the setting is one of
    /// connections that are made.
    pub(crate) fn tune(&mut self, token: ConnectToken, tuning: &Tuning, host: &mut Host) {
        let Some(attempt) = self.pending.iter_mut().find(|attempt| attempt.token == token) else { return };
        match *tuning {
            Tuning::Timeouts(timeouts) => attempt.timeouts = Some(timeouts),
            Tuning::PingInterval(interval_ms) => attempt.ping_interval_ms = Some(interval_ms),
            Tuning::Throttle(_) | Tuning::Rates(_) | Tuning::Ping => {}
        }
        if let Stage::Handshake { peer, .. } = attempt.stage {
            attempt.apply_settings(peer, host);
        }
    }

    pub(crate) fn compression(&self) -> Compression {
        self.compression
    }

    pub(crate) fn set_compression(&mut self, compression: Compression) {
        self.compression = compression;
    }

    pub(crate) fn cancel_all(&mut self, now: Millis, reach: &mut Reach<'_>) {
        for attempt in self.pending.drain(..) {
            attempt.let_go(now, reach);
        }
    }

    /// Whether this peer is an attempt's.
    pub(crate) fn has(&self, peer: PeerId) -> bool {
        self.pending.iter().any(|attempt| attempt.is_for(peer))
    }

    /// The token of the attempt that made this connection, if one did.
    pub(crate) fn on_connected(&mut self, peer: PeerId) -> Option<ConnectToken> {
        self.take(|attempt| attempt.is_for(peer)).map(|attempt| attempt.token)
    }

    /// Whether the connection that ended was an attempt; then it has been dealt with.
    pub(crate) fn on_disconnected(
        &mut self,
        now: Millis,
        peer: PeerId,
        reason: DisconnectReason,
        reach: &mut Reach<'_>,
    ) -> bool {
        let Some(attempt) = self.take(|attempt| attempt.is_for(peer)) else { return false };
        match reason {
            DisconnectReason::Remote(data) => fail(&attempt, ConnectFailure::from_server(data), reach.outbox),
            DisconnectReason::Protocol => {
                let server = attempt.server.clone();
                fail(&attempt, ConnectFailure::Protocol { server }, reach.outbox);
            }
            _ => {
                let failure = self.timed_out(&attempt, reach.host);
                self.try_next(now, attempt, Some(failure), reach);
            }
        }
        true
    }

    /// The system reported an error for datagrams to `address`. Ends the attempts that lead there if it is final.
    pub(crate) fn on_socket_error(
        &mut self,
        now: Millis,
        address: SocketAddr,
        kind: io::ErrorKind,
        reach: &mut Reach<'_>,
    ) {
        // Without a remote of its own a socket cannot tell whose refusal it is.
        let is_refusal = socket::is_refusal(kind) && reach.socket.remote() == Some(address);
        if !is_refusal && !socket::is_unreachable(kind) {
            return;
        }
        while let Some(attempt) = self.take(|attempt| attempt.is_at(address)) {
            attempt.let_go(now, reach);
            let server = attempt.server.clone();
            let failure = if is_refusal {
                ConnectFailure::Refused { server }
            } else {
                ConnectFailure::Unreachable { server, kind }
            };
            self.try_next(now, attempt, Some(failure), reach);
        }
    }

    pub(crate) fn handle_timeout(&mut self, now: Millis, reach: &mut Reach<'_>) {
        // A connection that is made is only waiting for the game to have room for the event.
        let is_made = |peer| reach.host.peer_state(peer) == PeerState::Connected;
        for attempt in self.pending.iter_mut().filter(|attempt| attempt.next_deadline() <= now) {
            if let Stage::Handshake { peer, deadline, .. } = &mut attempt.stage
                && is_made(*peer)
            {
                *deadline = now + MADE_EXTENSION_MS;
            }
        }
        while let Some(attempt) = self.take(|attempt| attempt.next_deadline() <= now) {
            let heard = attempt.let_go(now, reach).map(|heard| attempt.not_secured(heard));
            let failure = heard
                .or_else(|| attempt.unresolved())
                .unwrap_or_else(|| self.timed_out(&attempt, reach.host));
            self.try_next(now, attempt, Some(failure), reach);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Millis> {
        self.pending.iter().map(Attempt::next_deadline).min()
    }

    /// Goes on with the next address. With none left the attempt fails, for the last address' reason.
    fn try_next(
        &mut self,
        now: Millis,
        mut attempt: Attempt,
        mut failure: Option<ConnectFailure>,
        reach: &mut Reach<'_>,
    ) {
        if attempt.is_held && !attempt.rest.is_empty() {
            attempt.stage = Stage::Held;
            return self.pending.push(attempt);
        }
        while attempt.deadline > now {
            let Some(address) = attempt.rest.pop_front() else { break };
            match self.shake_hands(now, &mut attempt, address, reach) {
                Ok(()) => return self.pending.push(attempt),
                Err(reason) => failure = Some(reason),
            }
        }
        let failure = failure.unwrap_or_else(|| self.timed_out(&attempt, reach.host));
        fail(&attempt, failure, reach.outbox);
    }

    fn shake_hands(
        &self,
        now: Millis,
        attempt: &mut Attempt,
        address: SocketAddr,
        reach: &mut Reach<'_>,
    ) -> Result<(), ConnectFailure> {
        let unreachable = |kind| ConnectFailure::Unreachable { server: attempt.server.clone(), kind };
        if !reach.socket.can_reach(address) {
            return Err(unreachable(io::ErrorKind::Unsupported));
        }
        if self.is_dedicated {
            reach.socket.aim(address).map_err(|error| unreachable(error.kind()))?;
        }
        // A silent address leaves time for those behind it.
        let share = match attempt.rest.len() as u64 {
            0 => attempt.deadline.since(now),
            behind => (attempt.deadline.since(now) / (behind + 1)).min(LONGEST_SHARE_MS),
        };
        attempt.stage = Stage::Securing { address, deadline: now + share };
        let is_there = |peer| reach.host.peer_address(peer) == Some(address);
        let has_session = reach.host.peers().any(is_there);
        match &mut reach.dtls {
            Some(dtls) if !has_session => dtls.connect(now, address),
            _ => return attempt.introduce(now, address, reach),
        }
        Ok(())
    }

    fn timed_out(&self, attempt: &Attempt, host: &Host) -> ConnectFailure {
        let (server, compression) = (attempt.server.clone(), self.compression);
        match attempt.stage {
            Stage::Handshake { unintelligible, .. } if host.stats().unintelligible() > unintelligible => {
                ConnectFailure::Unintelligible { server, compression }
            }
            _ => ConnectFailure::TimedOut { server, after: self.timeout, compression },
        }
    }

    fn take(&mut self, is_it: impl FnMut(&Attempt) -> bool) -> Option<Attempt> {
        let index = self.pending.iter().position(is_it)?;
        Some(self.pending.swap_remove(index))
    }
}

impl Attempt {
    fn is_for(&self, wanted: PeerId) -> bool {
        matches!(self.stage, Stage::Handshake { peer, .. } if peer == wanted)
    }

    fn is_at(&self, wanted: SocketAddr) -> bool {
        self.is_securing(wanted)
            || matches!(self.stage, Stage::Handshake { address, .. } if address == wanted)
    }

    fn is_securing(&self, wanted: SocketAddr) -> bool {
        matches!(self.stage, Stage::Securing { address, .. } if address == wanted)
    }

    fn next_deadline(&self) -> Millis {
        match self.stage {
            Stage::Resolving { .. } => self.deadline,
            Stage::Held => Millis(u64::MAX),
            Stage::Securing { deadline, .. } | Stage::Handshake { deadline, .. } => deadline,
        }
    }

    /// The failure of an attempt that has no address yet.
    fn unresolved(&self) -> Option<ConnectFailure> {
        match &self.stage {
            Stage::Resolving { name } => Some(ConnectFailure::Unresolved(name.clone())),
            Stage::Held | Stage::Securing { .. } | Stage::Handshake { .. } => None,
        }
    }

    /// The failure of an attempt that found no session to connect through.
    fn not_secured(&self, failure: DtlsFailure) -> ConnectFailure {
        ConnectFailure::Dtls { server: self.server.clone(), failure }
    }

    /// Begins the handshake of the protocol with the address whose turn it is.
    fn introduce(
        &mut self,
        now: Millis,
        address: SocketAddr,
        reach: &mut Reach<'_>,
    ) -> Result<(), ConnectFailure> {
        let peer = reach
            .host
            .connect(now, address, self.channels, self.data)
            .map_err(|_| ConnectFailure::NoFreeSlot)?;
        self.apply_settings(peer, reach.host);
        let (deadline, unintelligible) = (self.next_deadline(), reach.host.stats().unintelligible());
        self.stage = Stage::Handshake { peer, address, deadline, unintelligible };
        Ok(())
    }

    fn apply_settings(&self, peer: PeerId, host: &mut Host) {
        if let Some(timeouts) = self.timeouts {
            host.set_timeouts(peer, timeouts);
        }
        if let Some(interval_ms) = self.ping_interval_ms {
            host.set_ping_interval(peer, interval_ms);
        }
    }

    /// Gives the session that is being made up, and says how far it came, or gives the peer slot back, without an event.
    /// A remote that has answered is told.
    fn let_go(&self, now: Millis, reach: &mut Reach<'_>) -> Option<DtlsFailure> {
        if let (Stage::Securing { address, .. }, Some(dtls)) = (&self.stage, &mut reach.dtls) {
            return Some(dtls.give_up(*address));
        }
        if let Stage::Handshake { peer, .. } = self.stage {
            leave(peer, now, reach.host);
        }
        None
    }
}

fn leave(peer: PeerId, now: Millis, host: &mut Host) {
    if host.peer_state(peer) == PeerState::Connecting {
        host.reset(peer);
    } else {
        host.disconnect_now(now, peer, 0);
    }
}

fn fail(attempt: &Attempt, reason: ConnectFailure, outbox: &Outbox) {
    log::debug!("an attempt to connect failed: {reason}");
    outbox.push(HostEvent::ConnectFailed { token: attempt.token, reason });
}

/// Of a long list only the first addresses are tried, so that each gets a fair share of the time.
const MOST_ADDRESSES: usize = 4;
/// How long an address may stay silent while there are others to try.
const LONGEST_SHARE_MS: u64 = 3000;
/// How long a connection that is made may wait before it is looked at again.
const MADE_EXTENSION_MS: u64 = 1000;
