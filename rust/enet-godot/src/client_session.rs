//! What happens between the methods of [`ENetClient`]: connecting, draining what the network thread has to tell,
//! sending, and leaving.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use enet_driver::enet_proto::{DisconnectReason, HostConfig, Packet, PeerId, PeerStats};
use enet_driver::{
    Compression, ConnectRequest, ConnectToken, Disconnect, Dtls, HostEvent, HostHandle, HostOptions,
    PeerLink, Recipients,
};
use godot::global::Error;
use godot::prelude::*;

use crate::client::ENetClient;
use crate::incoming::{Event, Incoming};
use crate::observer::{self, Entry, Kind};
use crate::outgoing::{self, farewell, misuse};
use crate::script_types::OptionalTlsOptions;
use crate::server_session::{CLOSE_LIMIT, EVENTS_PER_FRAME, GOODBYE_LIMIT};
use crate::settings::Settings;
use crate::{callable, codec, limits, pump, reasons, settings, statistics, tls};

/// Where the connection stands; the values of `ENetClient.ConnectionStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Disconnected = 0,
    Connecting = 1,
    Connected = 2,
}

/// A connection, or the attempt to make one.
pub(crate) struct Session {
    host: HostHandle,
    address: String,
    port: u16,
    attempt: ConnectToken,
    /// The server, once it has answered.
    server: Option<Server>,
    /// Packets that could not be decoded. Whoever sent them is not to blame for a line on the console.
    undecodable: u64,
    pub(crate) entry: Entry,
}

struct Server {
    peer: PeerId,
    /// Where it is, which a name did not tell.
    at: SocketAddr,
    channels: u8,
    link: Arc<PeerLink>,
    /// Why it said the connection is about to end.
    farewell: Option<String>,
}

impl Session {
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn host(&self) -> &HostHandle {
        &self.host
    }

    /// Where the server is and how it can be reached, when connected.
    pub(crate) fn server(&self) -> Option<(SocketAddr, PeerStats)> {
        self.server.as_ref().map(|server| (server.at, server.link.stats()))
    }

    pub(crate) fn statistics(&self) -> VarDictionary {
        let mut counters = statistics::of_host(&self.host);
        statistics::add(&mut counters, "undecodable_packets", self.undecodable);
        if let Some(server) = &self.server {
            counters.extend_dictionary(&statistics::of_peer(&server.link.stats()), false);
        }
        counters
    }

    pub(crate) fn set_compression(&self, compression: Compression) {
        self.host.set_compression(compression);
    }

    pub(crate) fn set_poll_interval(&self, interval: Duration) {
        self.host.set_poll_interval(interval);
    }
}

/// Connecting and leaving.
impl ENetClient {
    pub(crate) fn open(&self, address: &str, port: i64, channels: i64) -> Result<(), Error> {
        if self.session.borrow().is_some() {
            let message =
                "The client is connected or connecting already. Call disconnect_from_server() first.";
            return Err(misuse(Error::ERR_ALREADY_IN_USE, message));
        }
        let address = address.trim();
        if address.is_empty() {
            let message = "The address of the server is empty. Use a host name or an IP address.";
            return Err(misuse(Error::ERR_INVALID_PARAMETER, message));
        }
        let port = settings::port(port, 1)?;
        let channels = settings::channels(channels)?;
        let terms = self.dtls.borrow().clone();
        let dtls = terms.map(|terms| terms.dtls(address)).transpose()?;
        let session = self.start(address, port, channels, dtls).map_err(|message| {
            misuse(Error::ERR_CANT_CREATE, &format!("The client cannot connect: {message}."))
        })?;
        *self.session.borrow_mut() = Some(session);
        self.generation.set(self.generation.get() + 1);
        pump::hook();
        Ok(())
    }

    pub(crate) fn set_encryption(&self, options: &OptionalTlsOptions, hostname: &str) -> Result<(), Error> {
        if self.session.borrow().is_some() {
            let message =
                "The client is connected or connecting already. Call set_dtls() before it connects.";
            return Err(misuse(Error::ERR_ALREADY_IN_USE, message));
        }
        let terms = options.0.is_some().then(|| tls::client(options, hostname)).transpose()?;
        if let Some(terms) = &terms {
            // Whatever is wrong is wrong with any address.
            terms.dtls("localhost")?;
        }
        *self.dtls.borrow_mut() = terms;
        Ok(())
    }

    fn start(&self, address: &str, port: u16, channels: u8, dtls: Option<Dtls>) -> Result<Session, String> {
        let host = HostConfig {
            peers: 1,
            channel_limit: channels,
            maximum_packet_size: outgoing::MAXIMUM_PACKET_SIZE,
            suspends_timeouts: limits::suspends_timeouts(),
            ..HostConfig::default()
        };
        let Settings { poll_interval, compression, .. } = *self.settings.borrow();
        let options = HostOptions {
            host,
            poll_interval,
            compression,
            dedicated_remote: true,
            dtls,
            conditions: self.simulation.begin("ENetClient"),
            ..HostOptions::default()
        };
        let host = HostHandle::open(options).map_err(|error| error.to_string())?;
        let request = ConnectRequest { address: address.to_owned(), port, channels, data: 0 };
        let attempt = host.connect(request).map_err(|error| error.to_string())?;
        let entry = Entry::new("ENetClient", "client", &self.simulation);
        Ok(Session { host, address: address.to_owned(), port, attempt, server: None, undecodable: 0, entry })
    }

    /// Leaves the server, or gives up the attempt to reach it.
    pub(crate) fn leave(&self, reason: &str) {
        let Some(session) = self.end_session() else { return };
        match &session.server {
            Some(server) => {
                // If the reason cannot be queued, the server still learns that the connection has ended.
                let _ = session.host.send(Recipients::One(server.peer), 0, farewell(reason));
                session.host.disconnect(server.peer, Disconnect::Later, 0);
            }
            None => session.host.cancel(session.attempt),
        }
        match self.settings.borrow().linger.unwrap_or(GOODBYE_LIMIT) {
            Duration::ZERO => session.host.close(CLOSE_LIMIT),
            linger => session.host.close_when_done(linger),
        }
        self.report_end(&session.entry, reason);
    }

    /// Ends the session without a word to scripts: the game is ending.
    pub(crate) fn abandon(&self) {
        if let Some(session) = self.end_session() {
            session.host.close(CLOSE_LIMIT);
        }
        let search = self.search.take();
        drop(search);
        // Dropping a Callable can free objects, whose scripts may call the client.
        let events = self.events.take();
        drop(events);
    }

    /// Leaves the state of a client that is not connected, before anything is told to anybody.
    fn end_session(&self) -> Option<Session> {
        let session = self.session.borrow_mut().take()?;
        self.generation.set(self.generation.get() + 1);
        Some(session)
    }

    fn report_end(&self, entry: &Entry, reason: &str) {
        observer::note(entry.id, Kind::Disconnected, 1, || reason.to_owned());
        let arguments = ["disconnected_from_server".to_variant(), reason.to_variant()];
        self.to_gd().call_deferred("emit_signal", &arguments);
    }

    pub(crate) fn status(&self) -> Status {
        match self.session.borrow().as_ref() {
            None => Status::Disconnected,
            Some(Session { server: None, .. }) => Status::Connecting,
            Some(Session { server: Some(_), .. }) => Status::Connected,
        }
    }

    /// What the network thread measured last, if connected.
    pub(crate) fn stats(&self) -> Option<PeerStats> {
        Some(self.session.borrow().as_ref()?.server.as_ref()?.link.stats())
    }
}

/// The network thread's news.
impl ENetClient {
    /// Handles what has arrived since the last frame.
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
    }

    fn handle_event(&self, event: HostEvent) {
        match event {
            HostEvent::Connected { peer, address: at, channels, link, .. } => {
                self.note(Kind::Connected, || at.to_string());
                if let Some(session) = self.session.borrow_mut().as_mut() {
                    session.server = Some(Server { peer, at, channels, link, farewell: None });
                }
                self.to_gd().signals().connected_to_server().emit();
            }
            HostEvent::ConnectFailed { reason, .. } => self.fail(&reason.to_string()),
            HostEvent::Received { channel, packet, .. } => self.handle_packet(channel, &packet),
            HostEvent::Disconnected { reason, .. } => self.handle_disconnected(reason),
            HostEvent::Failed { message } => {
                misuse(Error::FAILED, &format!("The client has stopped: {message}."));
                match self.status() {
                    Status::Connected => self.handle_disconnected(DisconnectReason::TimedOut),
                    _ => self.fail(reasons::CONNECTION_LOST),
                }
            }
            _ => {}
        }
    }

    fn note(&self, kind: Kind, text: impl FnOnce() -> String) {
        if let Some(session) = self.session.borrow().as_ref() {
            observer::note(session.entry.id, kind, 1, text);
        }
    }

    fn fail(&self, reason: &str) {
        self.note(Kind::Failed, || reason.to_owned());
        // Nobody is there to be told, so dropping the host is all.
        if self.end_session().is_some() {
            self.to_gd().signals().connection_failed().emit(&GString::from(reason));
        }
    }

    fn handle_disconnected(&self, reason: DisconnectReason) {
        let Some(session) = self.end_session() else { return };
        let farewell = session.server.and_then(|server| server.farewell);
        let reason = farewell.unwrap_or_else(|| reasons::from_network(reason, "server"));
        self.report_end(&session.entry, &reason);
    }

    fn handle_packet(&self, channel: u8, packet: &Packet) {
        let (generation, channel) = (self.generation.get(), i64::from(channel));
        let incoming = match codec::decode_auto(&packet.data) {
            Ok(value) => Some(Incoming::of(value)),
            Err(error) => {
                self.count_undecodable(&error);
                None
            }
        };
        // The addon's own packets are not for scripts, in whatever form.
        match incoming {
            Some(Incoming::Farewell(reason)) => return self.hear_farewell(reason),
            Some(Incoming::Reserved) => return,
            _ => {}
        }
        let data = PackedByteArray::from(&packet.data[..]);
        self.to_gd().signals().raw_packet_received().emit(&data, channel);
        if self.generation.get() != generation {
            return;
        }
        match incoming {
            Some(Incoming::Event(event)) => self.handle_named_event(event, channel),
            Some(Incoming::Plain(value)) => {
                self.to_gd().signals().packet_received().emit(&value, channel);
            }
            _ => {}
        }
    }

    fn count_undecodable(&self, error: &dyn std::fmt::Display) {
        if let Some(session) = self.session.borrow_mut().as_mut() {
            session.undecodable += 1;
            log::debug!("packet that cannot be decoded, number {}: {error}", session.undecodable);
        }
    }

    fn hear_farewell(&self, reason: String) {
        if let Some(server) = self.session.borrow_mut().as_mut().and_then(|session| session.server.as_mut()) {
            server.farewell.get_or_insert(reason);
        }
    }

    fn handle_named_event(&self, event: Event, channel: i64) {
        let generation = self.generation.get();
        let Event { name, payload, whole } = event;
        let handler = self.events.borrow().handler(&name.to_string());
        let handled = handler.is_some_and(|handler| {
            let called = callable::call(&handler, &[payload.clone(), channel.to_variant()]);
            called.map_err(|why| self.drop_handler(&name, &why)).is_ok()
        });
        if self.generation.get() != generation {
            return;
        }
        if handled {
            self.to_gd().signals().custom_event_received().emit(&name, &payload, channel);
            return;
        }
        self.to_gd().signals().unknown_event_received().emit(&name, &payload, channel);
        if self.generation.get() == generation {
            self.to_gd().signals().packet_received().emit(&whole, channel);
        }
    }

    /// Reports a handler that cannot be called, and forgets it: a remote must not be able to repeat the message.
    fn drop_handler(&self, name: &GString, why: &str) {
        let forgotten = self.events.borrow_mut().unregister(&name.to_string());
        drop(forgotten);
        callable::report_dropped_handler(name, why);
    }
}

/// Sending.
impl ENetClient {
    /// `encode` may run scripts, so it is called with nothing borrowed, and after the checks that do not need its
    /// result.
    pub(crate) fn send(
        &self,
        channel: i64,
        reliable: bool,
        encode: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<(), Error> {
        let opened =
            self.session.borrow().as_ref().and_then(|session| Some(session.server.as_ref()?.channels));
        let opened = opened.ok_or_else(|| {
            let message =
                "The client is not connected. Call connect_to_server() and wait for connected_to_server.";
            misuse(Error::ERR_UNCONFIGURED, message)
        })?;
        let channel = outgoing::channel(channel, opened)?;
        let packet = outgoing::packet(encode()?, reliable)?;
        let session = self.session.borrow();
        let connected =
            session.as_ref().and_then(|session| Some((&session.host, session.server.as_ref()?.peer)));
        let (host, peer) = connected.ok_or(Error::ERR_UNCONFIGURED)?;
        host.send(Recipients::One(peer), channel, packet).map_err(outgoing::not_queued)
    }
}
