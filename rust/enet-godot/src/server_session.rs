//! What happens between the methods of [`ENetServer`]: opening and closing a session, draining what the network thread
//! has to tell, and leading each peer through its [`Lifecycle`](crate::lifecycle::Lifecycle). The rules that keep it
//! safe to re-enter are in [`server`](crate::server).

use std::time::{Duration, Instant};

use enet_driver::enet_proto::{DisconnectReason, HostConfig, Limit, LimitStage, Packet, PeerId};
use enet_driver::{Disconnect, HostEvent, HostHandle, HostOptions, Recipients, SERVER_FULL};
use godot::global::Error;
use godot::prelude::*;

use crate::events::EventTable;
use crate::incoming::{Event, Incoming};
use crate::login_guard::LoginGuard;
use crate::observer::{self, Entry, Kind};
use crate::outgoing::{self, farewell, misuse};
use crate::roster::Roster;
use crate::script_types::OptionalTlsOptions;
use crate::server::{AuthMode, ENetServer};
use crate::server_peer::{Connection, ENetServerPeer};
use crate::settings::Settings;
use crate::{callable, codec, limit_settings, pump, reasons, settings, tls};

/// A running server.
pub(crate) struct Session {
    pub(crate) host: HostHandle,
    pub(crate) roster: Roster<PeerId, Gd<ENetServerPeer>>,
    /// Channels that a client may open.
    pub(crate) channels: u8,
    /// Packets that could not be decoded. Whoever sent them is not to blame for a line on the console.
    pub(crate) undecodable: u64,
    pub(crate) logins: LoginGuard,
    /// Packets above the game's limit.
    pub(crate) oversized: u64,
    pub(crate) entry: Entry,
}

impl Session {
    pub(crate) fn port(&self) -> u16 {
        self.host.local_addr().port()
    }
}

/// What a game has hooked into the server, and `stop_server()` clears.
#[derive(Default)]
pub(crate) struct Hooks {
    pub(crate) events: EventTable<Callable>,
    pub(crate) authenticator: Option<Callable>,
    /// Whether the game was told that its authenticator is of no use. Once is enough: every login would repeat it.
    pub(crate) is_authenticator_reported: bool,
    pub(crate) auth_mode: AuthMode,
}

/// Opening and closing.
impl ENetServer {
    pub(crate) fn set_encryption(&self, options: &OptionalTlsOptions) -> Result<(), Error> {
        if self.session.borrow().is_some() {
            let message = "The server runs already. Call set_dtls() before create_server().";
            return Err(misuse(Error::ERR_ALREADY_IN_USE, message));
        }
        let dtls = options.0.is_some().then(|| tls::server(options)).transpose()?;
        *self.dtls.borrow_mut() = dtls;
        Ok(())
    }

    pub(crate) fn open(&self, port: i64, max_peers: i64, max_channels: i64) -> Result<(), Error> {
        if self.session.borrow().is_some() {
            let message = "The server runs already. Call stop_server() before create_server().";
            return Err(misuse(Error::ERR_ALREADY_IN_USE, message));
        }
        let port = settings::port(port, 0)?;
        let channels = settings::channels(max_channels)?;
        let peers = settings::peers(max_peers)?;
        let mut project = self.project.get();
        limit_settings::follow(&mut self.settings.borrow_mut(), &mut project);
        self.project.set(project);
        let Settings { poll_interval, compression, admission, .. } = *self.settings.borrow();
        let host = HostConfig {
            peers,
            channel_limit: channels,
            maximum_packet_size: outgoing::MAXIMUM_PACKET_SIZE,
            turns_surplus_away: Some(SERVER_FULL),
            admission,
            ..HostConfig::default()
        };
        let host = self.limits().apply(host);
        let dtls = self.dtls.borrow().clone();
        let conditions = self.simulation.begin("ENetServer");
        let options = HostOptions {
            port,
            host,
            poll_interval,
            compression,
            dtls,
            conditions,
            ..HostOptions::default()
        };
        let host = HostHandle::open(options);
        let host = host.map_err(|error| {
            misuse(Error::ERR_CANT_CREATE, &format!("The server cannot be started: {error}."))
        })?;
        host.announce(self.announcement.borrow().clone());
        let session = Session {
            host,
            roster: Roster::new(),
            channels,
            logins: LoginGuard::default(),
            undecodable: 0,
            oversized: 0,
            entry: Entry::new("ENetServer", "server", &self.simulation),
        };
        let port = session.port();
        *self.session.borrow_mut() = Some(session);
        self.generation.set(self.generation.get() + 1);
        pump::hook();
        self.to_gd().call_deferred("emit_signal", &["server_started".to_variant(), port.to_variant()]);
        Ok(())
    }

    /// Ends the session, if there is one: tells the peers `reason`, frees the port, emits what is due.
    pub(crate) fn close(&self, reason: &str) {
        let Some(session) = self.end_session() else { return };
        let staying = session.roster.iter().filter(|(_, peer)| !peer.bind().life().is_leaving());
        let remotes: Vec<_> = staying.map(|(_, peer)| peer.bind().connection().remote).collect();
        if !remotes.is_empty() {
            // Peers that cannot be told are told by ENet itself.
            let _ = session.host.send(Recipients::Many(remotes), 0, farewell(reason));
        }
        match self.settings.borrow().linger.unwrap_or(DEFAULT_LINGER) {
            Duration::ZERO => session.host.close(CLOSE_LIMIT),
            linger => session.host.close_when_delivered(linger),
        }
        for (_, peer) in session.roster.iter() {
            self.report_end(peer, reason);
        }
        self.to_gd().call_deferred("emit_signal", &["server_stopped".to_variant()]);
    }

    /// Ends the session without a word to scripts: the game is ending.
    pub(crate) fn abandon(&self) {
        if let Some(session) = self.end_session() {
            session.host.close(CLOSE_LIMIT);
        }
        self.clear_hooks();
    }

    /// Leaves the state of a server that does not run, before anything is told to anybody.
    fn end_session(&self) -> Option<Session> {
        let session = self.session.borrow_mut().take()?;
        self.generation.set(self.generation.get() + 1);
        self.clear_hooks();
        Some(session)
    }

    fn clear_hooks(&self) {
        // Dropping a Callable can free objects, whose scripts may call the server.
        let hooks = self.hooks.take();
        drop(hooks);
    }
}

/// The network thread's news.
impl ENetServer {
    /// Handles what has arrived since the last frame, then what is overdue.
    pub(crate) fn drain(&self) {
        let generation = self.generation.get();
        for _ in 0..EVENTS_PER_FRAME {
            let event = self.session.borrow().as_ref().and_then(|session| session.host.poll_event());
            let Some(event) = event else { break };
            self.handle_event(event);
            if self.generation.get() != generation {
                return;
            }
        }
        self.handle_overdue(Instant::now());
    }

    fn find_remote(&self, remote: PeerId) -> Option<Gd<ENetServerPeer>> {
        self.session.borrow().as_ref()?.roster.by_remote(remote).cloned()
    }

    fn handle_event(&self, event: HostEvent) {
        match event {
            HostEvent::Connected { peer, address, channels, data, link, .. } => {
                self.handle_connected(Connection { remote: peer, address, channels, link }, data);
            }
            HostEvent::Received { peer, channel, packet } => {
                if let Some(peer) = self.find_remote(peer) {
                    self.handle_packet(&peer, channel, &packet);
                }
            }
            HostEvent::Disconnected { peer, reason } => self.handle_disconnected(peer, reason),
            HostEvent::LimitReached { peer, limit, stage } => self.handle_limit(peer, limit, stage),
            HostEvent::Failed { message } => {
                misuse(Error::FAILED, &format!("The server has stopped: {message}."));
                self.close(reasons::CONNECTION_LOST);
            }
            // The server never connects anywhere.
            _ => {}
        }
    }

    fn handle_connected(&self, connection: Connection, data: u32) {
        let (generation, now) = (self.generation.get(), Instant::now());
        let limit = self.settings.borrow().authentication_timeout;
        let peer = {
            let mut session = self.session.borrow_mut();
            let Some(session) = session.as_mut() else { return };
            let (remote, address) = (connection.remote, connection.address);
            let peer = session.roster.add(remote, |id| ENetServerPeer::create(id, connection, now)).clone();
            let id = peer.bind().get_peer_id();
            observer::note(session.entry.id, Kind::Connected, id, || address.to_string());
            if let Some(due) = now.checked_add(limit).filter(|_| !limit.is_zero()) {
                session.roster.set_deadline(id, due);
            }
            peer
        };
        self.to_gd().signals().peer_connecting().emit(&peer, i64::from(data));
        if self.generation.get() != generation {
            return;
        }
        if self.is_shut_out(&peer) {
            self.part(&peer, reasons::TOO_MANY_LOGINS, false);
        } else if self.hooks.borrow().auth_mode == AuthMode::None {
            self.approve(&peer);
        } else {
            peer.bind().life_mut().await_login();
        }
    }

    fn handle_limit(&self, remote: PeerId, limit: Limit, stage: LimitStage) {
        let Some(peer) = self.find_remote(remote).filter(|peer| !peer.bind().life().is_leaving()) else {
            return;
        };
        self.note(&peer, Kind::Limited, || reasons::of_limit(limit, stage));
        self.to_gd().signals().peer_limit_exceeded().emit(&peer, limit as i64, stage as i64);
        if stage == LimitStage::Exceeded {
            self.part(&peer, reasons::TOO_MUCH_TRAFFIC, false);
        }
    }

    fn handle_disconnected(&self, remote: PeerId, reason: DisconnectReason) {
        if let Some(peer) = self.find_remote(remote) {
            self.finish(&peer, &reasons::from_network(reason, "client"));
        }
    }

    fn handle_packet(&self, peer: &Gd<ENetServerPeer>, channel: u8, packet: &Packet) {
        if !self.is_small_enough(peer, packet.data.len()) {
            return;
        }
        let limits = self.limits();
        let decoded = codec::decode_within(&packet.data, limits.decode).map(Incoming::of);
        let incoming = match decoded.and_then(|incoming| incoming.named_within(limits.event_name)) {
            Ok(incoming) => Some(incoming),
            Err(error) => {
                self.count_undecodable(&error);
                None
            }
        };
        // The addon's own packets are not for scripts, in whatever form.
        match incoming {
            Some(Incoming::Farewell(reason)) => peer.bind().life_mut().hear_farewell(reason),
            Some(Incoming::Reserved) => {}
            Some(_) | None if peer.bind().life().is_authenticated() => {
                self.handle_game_packet(peer, i64::from(channel), &packet.data, incoming);
            }
            Some(Incoming::Event(Event { whole: value, .. }) | Incoming::Plain(value)) => {
                self.handle_login(peer, &value);
            }
            None => self.handle_login(peer, &Variant::nil()),
        }
    }

    fn handle_game_packet(
        &self,
        peer: &Gd<ENetServerPeer>,
        channel: i64,
        data: &[u8],
        incoming: Option<Incoming>,
    ) {
        self.to_gd().signals().raw_packet_received().emit(peer, &PackedByteArray::from(data), channel);
        // A handler may have kicked the peer, or stopped the server.
        if peer.bind().life().is_leaving() {
            return;
        }
        match incoming {
            Some(Incoming::Event(event)) => self.handle_named_event(peer, event, channel),
            Some(Incoming::Plain(value)) => {
                self.to_gd().signals().packet_received().emit(peer, &value, channel);
            }
            _ => {}
        }
    }

    /// Whether a packet is to be looked at.
    fn is_small_enough(&self, peer: &Gd<ENetServerPeer>, bytes: usize) -> bool {
        let limits = self.limits();
        let is_pending = peer.bind().life().is_pending();
        let most = if is_pending { limits.packet_bytes.min(limits.login_bytes) } else { limits.packet_bytes };
        if bytes <= most {
            return true;
        }
        if let Some(session) = self.session.borrow_mut().as_mut() {
            session.oversized += 1;
        }
        if is_pending {
            self.part(peer, reasons::LOGIN_TOO_LARGE, true);
        }
        false
    }

    fn count_undecodable(&self, error: &dyn std::fmt::Display) {
        if let Some(session) = self.session.borrow_mut().as_mut() {
            session.undecodable += 1;
            log::debug!("packet that cannot be decoded, number {}: {error}", session.undecodable);
        }
    }

    fn handle_named_event(&self, peer: &Gd<ENetServerPeer>, event: Event, channel: i64) {
        let Event { name, payload, whole } = event;
        let handler = self.hooks.borrow().events.handler(&name.to_string());
        let handled = handler.is_some_and(|handler| {
            let called =
                callable::call(&handler, &[peer.to_variant(), payload.clone(), channel.to_variant()]);
            called.map_err(|why| self.drop_handler(&name, &why)).is_ok()
        });
        if peer.bind().life().is_leaving() {
            return;
        }
        if handled {
            self.to_gd().signals().custom_event_received().emit(peer, &name, &payload, channel);
            return;
        }
        self.to_gd().signals().unknown_event_received().emit(peer, &name, &payload, channel);
        if !peer.bind().life().is_leaving() {
            self.to_gd().signals().packet_received().emit(peer, &whole, channel);
        }
    }

    /// Reports a handler that cannot be called, and forgets it: a remote must not be able to repeat the message.
    fn drop_handler(&self, name: &GString, why: &str) {
        let forgotten = self.hooks.borrow_mut().events.unregister(&name.to_string());
        drop(forgotten);
        callable::report_dropped_handler(name, why);
    }

    /// Logins, and goodbyes, that took too long.
    fn handle_overdue(&self, now: Instant) {
        let overdue = match self.session.borrow_mut().as_mut() {
            Some(session) => session.roster.take_overdue(now),
            None => return,
        };
        let generation = self.generation.get();
        for id in overdue {
            let Some(peer) = self.session.borrow().as_ref().and_then(|s| s.roster.get(id).cloned()) else {
                continue;
            };
            if peer.bind().life().is_leaving() {
                self.hang_up(&peer);
            } else {
                self.part(&peer, reasons::AUTHENTICATION_TIMED_OUT, true);
            }
            if self.generation.get() != generation {
                return;
            }
        }
    }
}

/// Goodbyes.
impl ENetServer {
    /// Ends the connection to a peer on the game's behalf, unless it is ending already.
    pub(crate) fn part(&self, peer: &Gd<ENetServerPeer>, reason: &str, rejected: bool) {
        let peer = peer.bind();
        if !peer.life_mut().part(reason, rejected) {
            return;
        }
        let remote = peer.connection().remote;
        let refused_logins = self.limits().refused_logins;
        if let Some(session) = self.session.borrow_mut().as_mut() {
            if rejected {
                session.logins.note(peer.connection().address.ip(), refused_logins, Instant::now());
            }
            // If the reason cannot be queued, the peer still learns that the connection has ended.
            let _ = session.host.send(Recipients::One(remote), 0, farewell(reason));
            session.host.disconnect(remote, Disconnect::Later, 0);
            session.roster.set_deadline(peer.get_peer_id(), Instant::now() + GOODBYE_LIMIT);
        }
    }

    /// The peer has not confirmed its goodbye in time.
    fn hang_up(&self, peer: &Gd<ENetServerPeer>) {
        let remote = peer.bind().connection().remote;
        if let Some(session) = self.session.borrow().as_ref() {
            session.host.disconnect(remote, Disconnect::Now, 0);
        }
        self.finish(peer, reasons::CONNECTION_LOST);
    }

    /// The connection to a peer is gone.
    fn finish(&self, peer: &Gd<ENetServerPeer>, network_reason: &str) {
        if let Some(session) = self.session.borrow_mut().as_mut() {
            session.roster.remove(peer.bind().get_peer_id());
        }
        self.report_end(peer, network_reason);
    }

    fn note(&self, peer: &Gd<ENetServerPeer>, kind: Kind, text: impl FnOnce() -> String) {
        if let Some(session) = self.session.borrow().as_ref() {
            observer::note(session.entry.id, kind, peer.bind().get_peer_id(), text);
        }
    }

    fn report_end(&self, peer: &Gd<ENetServerPeer>, network_reason: &str) {
        let reason = peer.bind().life_mut().end(network_reason, Instant::now());
        if let Some(reason) = reason {
            self.note(peer, Kind::Disconnected, || reason.clone());
            self.to_gd().signals().peer_disconnected().emit(peer, &GString::from(&reason));
        }
    }
}

/// How long a peer that is told to leave may take to confirm it.
pub(crate) const GOODBYE_LIMIT: Duration = Duration::from_secs(2);

/// How long the game waits for the network thread to close a socket.
pub(crate) const CLOSE_LIMIT: Duration = Duration::from_millis(500);

/// How long `stop_server()` may take to deliver what was sent, unless a game says otherwise.
pub(crate) const DEFAULT_LINGER: Duration = Duration::from_millis(500);

/// The most events handled in one frame. What is left waits for the next one; ENet slows the senders down.
pub(crate) const EVENTS_PER_FRAME: usize = 20_000;
