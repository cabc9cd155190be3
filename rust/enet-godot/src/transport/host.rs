//! A host with its connections: the driver's handle, told in terms of [`Remote`]s. Knows no Godot type.
//!
//! Every method takes `&self` and none calls back, so no borrow is held when a script runs.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use enet_driver::enet_proto::{
    HostConfig, HostStats, Packet, PeerId, PeerState, PeerTimeouts, ThrottleConfig,
};
use enet_driver::{
    CommandError, Compression, ConnectFailure, ConnectRequest, ConnectToken, Disconnect, Dtls, HostEvent,
    HostHandle, HostOptions, NetworkConditions, Recipients, StartError,
};

use super::remote::{Attempt, Connection, Remote, Stage};
use crate::observer::{self, Entry, Kind};
use crate::outgoing::MAXIMUM_PACKET_SIZE;
use crate::reasons;
use crate::simulation::Simulation;

/// What a host is made with, checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) bind: Option<IpAddr>,
    pub(crate) port: u16,
    pub(crate) peers: usize,
    pub(crate) channels: u8,
    pub(crate) incoming_bandwidth: u32,
    pub(crate) outgoing_bandwidth: u32,
    pub(crate) suspends_timeouts: bool,
}

/// Something that happened to a connection.
#[derive(Debug)]
pub(crate) enum Occurrence {
    /// It is made. `data` is what the remote passed along, if the remote asked for it.
    Connected {
        remote: Rc<Remote>,
        data: u32,
    },
    /// It is over, or could not be made. It is detached already.
    Disconnected {
        remote: Rc<Remote>,
        data: u32,
        /// What kept it from being encrypted, if that is why.
        insecure: Option<String>,
    },
    Received {
        remote: Rc<Remote>,
        channel: u8,
        packet: Packet,
    },
    /// The host is gone, with all its connections.
    Failed(String),
}

#[derive(Debug)]
pub(crate) struct Host {
    handle: HostHandle,
    channel_limit: Cell<u8>,
    last_serial: Cell<u64>,
    /// The attempt to connect that is under way. There is one at most.
    attempt: RefCell<Option<Rc<Remote>>>,
    made: RefCell<HashMap<PeerId, Rc<Remote>>>,
    /// The attempt begins when the host is looked at: until then the game may still set encryption up.
    held: Cell<Option<ConnectToken>>,
    is_encrypted: Cell<bool>,
    /// Counters as they were when they were popped last.
    popped: RefCell<HostStats>,
    entry: Entry,
}

impl Host {
    /// A host of the class `class`, around which what `simulation` has begun with is simulated.
    pub(crate) fn open(
        terms: Terms,
        class: &'static str,
        conditions: Option<NetworkConditions>,
        simulation: &Rc<Simulation>,
    ) -> Result<Rc<Self>, StartError> {
        let host = HostConfig {
            peers: terms.peers,
            channel_limit: terms.channels,
            incoming_bandwidth: terms.incoming_bandwidth,
            outgoing_bandwidth: terms.outgoing_bandwidth,
            maximum_packet_size: MAXIMUM_PACKET_SIZE,
            turns_surplus_away: Some(0),
            suspends_timeouts: terms.suspends_timeouts,
            ..HostConfig::default()
        };
        let options = HostOptions {
            bind: terms.bind,
            port: terms.port,
            host,
            connect_timeout: CONNECT_TIMEOUT,
            conditions,
            ..HostOptions::default()
        };
        let host = Rc::new(Self {
            handle: HostHandle::open(options)?,
            channel_limit: Cell::new(terms.channels),
            last_serial: Cell::new(0),
            attempt: RefCell::default(),
            made: RefCell::default(),
            held: Cell::default(),
            is_encrypted: Cell::default(),
            popped: RefCell::default(),
            entry: Entry::new(class, "host", simulation),
        });
        observer::register(&host);
        Ok(host)
    }

    /// What it is shown as.
    pub(crate) fn name_plate(&self) -> &Entry {
        &self.entry
    }

    /// Every connection, and the attempt to make one, in the order of their beginning.
    pub(crate) fn remotes(&self) -> Vec<Rc<Remote>> {
        let mut remotes: Vec<_> = self.made.borrow().values().cloned().collect();
        remotes.extend(self.attempt.borrow().clone());
        remotes.sort_unstable_by_key(|remote| remote.serial);
        remotes
    }

    pub(crate) fn port(&self) -> u16 {
        self.handle.local_addr().port()
    }

    pub(crate) fn channel_limit(&self) -> u8 {
        self.channel_limit.get()
    }

    pub(crate) fn set_channel_limit(&self, channels: u8) {
        self.channel_limit.set(channels);
        self.handle.set_channel_limit(channels);
    }

    pub(crate) fn set_bandwidth_limit(&self, incoming: u32, outgoing: u32) {
        self.handle.set_bandwidth_limit(incoming, outgoing);
    }

    pub(crate) fn set_compression(&self, compression: Compression) {
        self.handle.set_compression(compression);
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.is_encrypted.get()
    }

    /// Encrypts everything from here on.
    pub(crate) fn set_dtls(&self, dtls: Dtls) {
        self.is_encrypted.set(true);
        self.handle.set_dtls(dtls);
    }

    pub(crate) fn refuse_new_connections(&self, refuse: bool) {
        self.handle.refuse_new_connections(refuse);
    }

    pub(crate) fn set_conditions(&self, conditions: Option<NetworkConditions>) {
        self.handle.set_conditions(conditions);
    }

    pub(crate) fn handle(&self) -> &HostHandle {
        &self.handle
    }

    pub(crate) fn flush(&self) {
        self.begin_attempt();
        self.handle.flush();
    }

    pub(crate) fn is_running(&self) -> bool {
        self.handle.is_running()
    }

    pub(crate) fn send_datagram(
        &self,
        address: &str,
        port: u16,
        datagram: Bytes,
    ) -> Result<(), CommandError> {
        self.handle.send_datagram(address, port, datagram)
    }

    /// A counter since it was asked for last; `counter` chooses it.
    pub(crate) fn pop_counter(&self, counter: impl Fn(&mut HostStats) -> &mut u64) -> u64 {
        let mut now = self.handle.stats();
        let now = *counter(&mut now);
        let before = std::mem::replace(counter(&mut self.popped.borrow_mut()), now);
        now.saturating_sub(before)
    }

    /// Whether a connection is made, under way or ending. Then no other can be asked for.
    pub(crate) fn has_remotes(&self) -> bool {
        self.attempt.borrow().is_some() || !self.made.borrow().is_empty()
    }

    /// Begins to connect. `Connected` or `Disconnected` follows.
    pub(crate) fn connect(
        &self,
        address: &str,
        port: u16,
        channels: u8,
        data: u32,
    ) -> Result<Rc<Remote>, CommandError> {
        let token =
            self.handle.connect_held(ConnectRequest { address: address.to_owned(), port, channels, data })?;
        self.held.set(Some(token));
        let attempt = Attempt { token, channels, address: address.parse().ok(), port };
        let remote = Remote::new(self.next_serial(), Stage::Connecting(attempt));
        *self.attempt.borrow_mut() = Some(Rc::clone(&remote));
        Ok(remote)
    }

    // ---- one connection ----

    /// Queues a packet to one connection.
    pub(crate) fn send(&self, remote: &Remote, channel: u8, packet: Packet) -> Result<(), CommandError> {
        match remote.peer() {
            Some(peer) => self.handle.send(Recipients::One(peer), channel, packet),
            None => Ok(()),
        }
    }

    /// Queues a packet to several connections, which share its buffer. Those without the channel get nothing.
    pub(crate) fn send_to_many<'a>(
        &self,
        remotes: impl Iterator<Item = &'a Remote>,
        channel: u8,
        packet: Packet,
    ) -> Result<(), CommandError> {
        let takes = |remote: &&Remote| remote.is_connected() && channel < remote.channels();
        let peers: Vec<PeerId> = remotes.filter(takes).filter_map(Remote::peer).collect();
        if peers.is_empty() { Ok(()) } else { self.handle.send(Recipients::Many(peers), channel, packet) }
    }

    /// Queues a packet to every connection.
    pub(crate) fn broadcast(&self, channel: u8, packet: Packet) -> Result<(), CommandError> {
        let remotes: Vec<_> = self.made.borrow().values().cloned().collect();
        self.send_to_many(remotes.iter().map(Rc::as_ref), channel, packet)
    }

    /// Ends a connection, or gives an attempt up. It is detached at once unless an event is to follow.
    pub(crate) fn disconnect(&self, remote: &Rc<Remote>, how: Disconnect, data: u32) {
        if let Some(token) = remote.token() {
            self.handle.cancel(token);
            self.forget(remote);
        } else if let Some(peer) = remote.peer() {
            match how {
                Disconnect::Graceful => remote.leave(PeerState::Disconnecting),
                Disconnect::Later => remote.leave(PeerState::DisconnectLater),
                Disconnect::Now | Disconnect::Reset => self.forget(remote),
            }
            self.handle.disconnect(peer, how, data);
        }
    }

    pub(crate) fn ping(&self, remote: &Remote) {
        if let Some(peer) = remote.peer() {
            self.handle.ping(peer);
        }
    }

    pub(crate) fn set_ping_interval(&self, remote: &Remote, interval_ms: u32) {
        if let Some(token) = remote.token() {
            self.handle.set_attempt_ping_interval(token, interval_ms);
        } else if let Some(peer) = remote.peer() {
            self.handle.set_ping_interval(peer, interval_ms);
        }
    }

    pub(crate) fn set_timeouts(&self, remote: &Remote, timeouts: PeerTimeouts) {
        if let Some(token) = remote.token() {
            self.handle.set_attempt_timeouts(token, timeouts);
        } else if let Some(peer) = remote.peer() {
            self.handle.set_timeouts(peer, timeouts);
        }
    }

    /// Leaves a packet in its connection's inbox. A script that services the host but never reads must not fill the memory:
    /// what exceeds the inbox stays with the network thread, which slows the remote down.
    pub(crate) fn deliver(&self, remote: &Remote, channel: u8, packet: Packet) {
        let mut inbox = remote.inbox.borrow_mut();
        inbox.push(channel, packet);
        if inbox.is_full()
            && !remote.is_held.replace(true)
            && let Some(peer) = remote.peer()
        {
            self.handle.hold(peer, true);
        }
    }

    /// Takes a packet out of a connection's inbox.
    pub(crate) fn collect(&self, remote: &Remote) -> Option<Bytes> {
        let packet = remote.inbox.borrow_mut().take();
        if remote.is_held.get()
            && remote.inbox.borrow().has_room_again()
            && let Some(peer) = remote.peer()
        {
            remote.is_held.set(false);
            self.handle.hold(peer, false);
        }
        packet
    }

    pub(crate) fn configure_throttle(&self, remote: &Remote, throttle: ThrottleConfig) {
        match remote.peer() {
            Some(peer) => self.handle.configure_throttle(peer, throttle),
            None => remote.postpone_throttle(throttle),
        }
    }

    // ---- what happens ----

    /// The next occurrence, if there is one.
    pub(crate) fn poll(&self) -> Option<Occurrence> {
        self.begin_attempt();
        std::iter::from_fn(|| self.handle.poll_event()).find_map(|event| self.interpret(event))
    }

    /// The next occurrence. The caller sleeps until one comes, at most for `limit`.
    pub(crate) fn wait(&self, limit: Duration) -> Option<Occurrence> {
        self.begin_attempt();
        let start = Instant::now();
        loop {
            let event = self.handle.wait_event(limit.saturating_sub(start.elapsed()))?;
            if let Some(occurrence) = self.interpret(event) {
                return Some(occurrence);
            }
        }
    }

    /// What an event means here; nothing, if it is about a connection that this side has let go of.
    fn interpret(&self, event: HostEvent) -> Option<Occurrence> {
        match event {
            HostEvent::Connected { peer, token, address, channels, data, link } => {
                let connection = Connection { peer, address, channels, link };
                let remote = match token {
                    Some(_) => self.attempt.borrow_mut().take()?,
                    None => Remote::new(self.next_serial(), Stage::Detached),
                };
                self.note(Kind::Connected, &remote, || address.to_string());
                remote.set_stage(Stage::Made(connection));
                self.made.borrow_mut().insert(peer, Rc::clone(&remote));
                if let Some(throttle) = remote.take_throttle() {
                    self.handle.configure_throttle(peer, throttle);
                }
                Some(Occurrence::Connected { remote, data })
            }
            HostEvent::ConnectFailed { reason, .. } => {
                let remote = self.attempt.borrow_mut().take()?;
                remote.detach();
                self.note(Kind::Failed, &remote, || reason.to_string());
                let is_insecure = matches!(reason, ConnectFailure::Dtls { .. });
                let insecure = is_insecure.then(|| reason.to_string());
                Some(Occurrence::Disconnected { remote, data: 0, insecure })
            }
            HostEvent::Disconnected { peer, reason } => {
                let remote = self.made.borrow_mut().remove(&peer)?;
                remote.detach();
                self.note(Kind::Disconnected, &remote, || reasons::from_network(reason, "remote"));
                Some(Occurrence::Disconnected { remote, data: reason.data(), insecure: None })
            }
            HostEvent::Received { peer, channel, packet } => {
                let remote = self.made.borrow().get(&peer).filter(|remote| !remote.is_deaf()).cloned()?;
                Some(Occurrence::Received { remote, channel, packet })
            }
            HostEvent::Failed { message } => {
                self.detach_all();
                Some(Occurrence::Failed(message))
            }
            _ => None,
        }
    }

    fn begin_attempt(&self) {
        if let Some(token) = self.held.take() {
            self.handle.release(token);
        }
    }

    fn note(&self, kind: Kind, remote: &Remote, text: impl FnOnce() -> String) {
        observer::note(self.entry.id, kind, i64::try_from(remote.serial).unwrap_or(i64::MAX), text);
    }

    fn forget(&self, remote: &Rc<Remote>) {
        self.note(Kind::Disconnected, remote, || reasons::DISCONNECTED.to_owned());
        if let Some(peer) = remote.peer() {
            self.made.borrow_mut().remove(&peer);
        }
        self.attempt.borrow_mut().take_if(|attempt| Rc::ptr_eq(attempt, remote));
        remote.detach();
    }

    fn detach_all(&self) {
        let attempt = self.attempt.borrow_mut().take();
        let made = self.made.take();
        attempt.iter().chain(made.values()).for_each(|remote| remote.detach());
    }

    fn next_serial(&self) -> u64 {
        self.last_serial.set(self.last_serial.get() + 1);
        self.last_serial.get()
    }
}

impl Drop for Host {
    /// The handle tells the remotes and closes the socket.
    fn drop(&mut self) {
        self.detach_all();
    }
}

/// How long a server may leave a client without an answer; about as long as the engine's ENet.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use enet_driver::enet_proto::Delivery;

    use super::*;

    fn terms(port: u16) -> Terms {
        let bind = Some(IpAddr::from([127, 0, 0, 1]));
        Terms {
            bind,
            port,
            peers: 4,
            channels: 255,
            incoming_bandwidth: 0,
            outgoing_bandwidth: 0,
            suspends_timeouts: false,
        }
    }

    fn open_at(port: u16) -> Rc<Host> {
        Host::open(terms(port), "Host", None, &Rc::default()).expect("a free port")
    }

    fn open() -> Rc<Host> {
        open_at(0)
    }

    #[track_caller]
    fn next(host: &Host) -> Occurrence {
        host.wait(Duration::from_secs(20)).expect("an occurrence")
    }

    #[track_caller]
    fn connected(host: &Host) -> (Rc<Remote>, u32) {
        match next(host) {
            Occurrence::Connected { remote, data } => (remote, data),
            other => panic!("a connection was expected, not {other:?}"),
        }
    }

    struct Pair {
        server: Rc<Host>,
        client: Rc<Host>,
        on_server: Rc<Remote>,
        on_client: Rc<Remote>,
    }

    impl Pair {
        fn new() -> Self {
            let (server, client) = (open(), open());
            let asked = client.connect("127.0.0.1", server.port(), 3, 77).expect("a running host");
            assert_eq!((asked.state(), asked.channels()), (PeerState::Connecting, 3));
            assert!(client.has_remotes());
            let (on_client, data) = connected(&client);
            assert!(Rc::ptr_eq(&asked, &on_client) && data == 0 && on_client.is_connected());
            let (on_server, data) = connected(&server);
            assert_eq!((data, on_server.channels()), (77, 3));
            Self { server, client, on_server, on_client }
        }
    }

    #[test]
    fn an_attempt_begins_when_the_host_is_looked_at() {
        let (server, client) = (open(), open());
        let asked = client.connect("127.0.0.1", server.port(), 3, 5).expect("a running host");
        assert!(server.wait(Duration::from_millis(50)).is_none(), "it began before");
        assert!(Rc::ptr_eq(&connected(&client).0, &asked));
    }

    fn packet(data: &'static [u8]) -> Packet {
        Packet::new(data, Delivery::Reliable)
    }

    #[test]
    fn packets_come_with_their_connection() {
        let pair = Pair::new();
        pair.client.send(&pair.on_client, 2, packet(b"there")).expect("room for a packet");
        match next(&pair.server) {
            Occurrence::Received { remote, channel: 2, packet } => {
                assert!(Rc::ptr_eq(&remote, &pair.on_server));
                assert_eq!(packet.data[..], b"there"[..]);
            }
            other => panic!("a packet was expected, not {other:?}"),
        }
    }

    #[test]
    fn a_disconnect_is_seen_by_both_and_shows_at_once() {
        let pair = Pair::new();
        pair.client.disconnect(&pair.on_client, Disconnect::Graceful, 9);
        assert_eq!(pair.on_client.state(), PeerState::Disconnecting);
        assert!(
            matches!(next(&pair.server), Occurrence::Disconnected { remote, data: 9, .. } if !remote.is_attached())
        );
        assert!(matches!(next(&pair.client), Occurrence::Disconnected { data: 0, .. }));
        assert!(!pair.client.has_remotes() && !pair.server.has_remotes());
    }

    #[test]
    fn nothing_is_heard_of_a_connection_that_was_let_go() {
        let pair = Pair::new();
        pair.client.send(&pair.on_client, 0, packet(b"too late")).expect("room for a packet");
        pair.client.disconnect(&pair.on_client, Disconnect::Now, 0);
        pair.server.disconnect(&pair.on_server, Disconnect::Reset, 0);
        assert!(!pair.on_client.is_attached() && !pair.on_server.is_attached());
        assert!(pair.server.wait(Duration::from_millis(50)).is_none());
        assert!(pair.client.poll().is_none());
    }

    #[test]
    fn an_attempt_that_was_given_up_leaves_room_for_another() {
        let (server, client) = (open(), open());
        let first = client.connect("localhost", server.port(), 3, 5).expect("a running host");
        client.disconnect(&first, Disconnect::Graceful, 0);
        assert!(!first.is_attached() && !client.has_remotes());
        let second = client.connect("127.0.0.1", server.port(), 3, 6).expect("a running host");
        assert!(Rc::ptr_eq(&connected(&client).0, &second));
    }

    #[test]
    fn a_host_that_goes_detaches_and_tells_its_remotes() {
        let Pair { server, client, on_server, on_client } = Pair::new();
        drop(client);
        assert!(!on_client.is_attached());
        assert!(matches!(next(&server), Occurrence::Disconnected { .. }));
        assert!(!on_server.is_attached());
    }

    #[test]
    fn a_counter_begins_again_when_it_was_popped() {
        let pair = Pair::new();
        fn sent(stats: &mut HostStats) -> &mut u64 {
            &mut stats.sent_datagrams
        }
        assert!(pair.client.pop_counter(sent) >= 2);
        assert!(pair.client.pop_counter(sent) <= 1);
        fn received(stats: &mut HostStats) -> &mut u64 {
            &mut stats.received_bytes
        }
        assert!(pair.client.pop_counter(received) > 40);
    }
}
