//! One host on the network thread: its socket, its protocol state, and the two queues to its handle.

use std::{collections::BTreeMap, io, net::SocketAddr, sync::Arc, time::Duration};

use crossbeam_channel::{Receiver, Sender};
use enet_proto::{DisconnectReason, Event, Host, Millis, Packet, PeerId, PeerState, SendError};
use mio::{Registry, Token};

use crate::{
    ConnectToken, Disconnect, HostEvent, HostOptions, IoStats, PeerLink, Recipients,
    attempt::{Attempts, Reach},
    clock::{self, Clock},
    command::{Command, Tuning},
    shared::{Outbox, Shared},
    socket::Socket,
};

/// One host. Owned by the network thread; its handle sees only [`Shared`] and the two queues.
pub(crate) struct Endpoint {
    host: Host,
    socket: Socket,
    commands: Receiver<Command>,
    outbox: Outbox,
    shared: Arc<Shared>,
    attempts: Attempts,
    connections: BTreeMap<PeerId, Connection>,
    /// Peers whose statistics changed since they were last published; may name one twice.
    touched: Vec<PeerId>,
    io: IoStats,
    poll_interval: Duration,
    /// A datagram on its way out: its receiver, and its bytes in `datagram`.
    unsent: Option<SocketAddr>,
    datagram: Vec<u8>,
    ready: Ready,
    ending: Option<Ending>,
    /// Receive errors that nobody expects, in a row.
    strange_errors: u32,
}

/// A peer that the game knows.
struct Connection {
    link: Arc<PeerLink>,
    /// The attempt that led to it, as long as its cancellation may arrive.
    token: Option<ConnectToken>,
}

/// What is known of the socket and what a budget left over.
#[derive(Debug, Default)]
struct Ready {
    /// The socket may hold datagrams. Its notice comes once, so this stays up until the socket is empty.
    readable: bool,
    /// The system takes no more datagrams until it says so.
    blocked: bool,
    /// The transmit budget was used up.
    transmit: bool,
    /// The command budget was used up.
    commands: bool,
}

/// A host on its way out.
struct Ending {
    stage: Stage,
    deadline: Millis,
    closed: Option<Sender<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Until every remote has acknowledged everything.
    Linger,
    /// Until what is queued has left once.
    Flush,
    /// Until the goodbyes have left.
    Goodbye,
    Done,
}

impl Endpoint {
    pub(crate) fn new(
        options: &HostOptions,
        host: Host,
        socket: Socket,
        shared: Arc<Shared>,
        commands: Receiver<Command>,
        outbox: Outbox,
    ) -> Self {
        Self {
            host,
            socket,
            commands,
            outbox,
            shared,
            attempts: Attempts::new(options.connect_timeout, options.dedicated_remote),
            connections: BTreeMap::new(),
            touched: Vec::new(),
            io: IoStats::default(),
            poll_interval: options.poll_interval,
            unsent: None,
            datagram: Vec::new(),
            ready: Ready { readable: true, ..Ready::default() },
            ending: None,
            strange_errors: 0,
        }
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.socket.register(registry, token)
    }

    pub(crate) fn on_ready(&mut self, readable: bool, writable: bool, registry: &Registry, token: Token) {
        self.ready.readable |= readable;
        if writable && self.ready.blocked {
            self.ready.blocked = false;
            self.watch_writable(registry, token, false);
        }
    }

    /// One round: a bounded amount of each kind of work, then everything that came of it goes out.
    pub(crate) fn service(
        &mut self,
        clock: Clock,
        take_commands: bool,
        buffer: &mut [u8],
        registry: &Registry,
        token: Token,
    ) {
        self.receive(clock, buffer);
        if take_commands || self.ready.commands {
            self.take_commands(clock);
        }
        self.handle_timeouts(clock.now());
        self.forward_events(clock);
        self.transmit(clock, registry, token);
        self.advance_ending(clock, registry, token);
        self.publish();
    }

    /// When the next round is due, at the latest. `None` if only the poll interval limits the sleep.
    pub(crate) fn poll_timeout(&self) -> Option<Millis> {
        let ending = self.ending.as_ref().map(|ending| ending.deadline);
        [self.host.poll_timeout(), self.attempts.poll_timeout(), ending].into_iter().flatten().min()
    }

    /// Whether a budget left work over, so that the next round must follow without a sleep.
    pub(crate) fn has_work(&self) -> bool {
        self.ready.readable || self.ready.commands || (self.ready.transmit && !self.ready.blocked)
    }

    pub(crate) fn poll_interval(&self) -> Duration {
        self.poll_interval
    }

    pub(crate) fn is_done(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.stage == Stage::Done)
    }

    /// Starts to end this host, within `limit`: what is queued leaves once, the peers are told, the socket closes.
    pub(crate) fn close(&mut self, now: Millis, limit: Duration, linger: bool, closed: Option<Sender<()>>) {
        if self.is_done() {
            return;
        }
        self.attempts.cancel_all(&mut self.host);
        if linger {
            self.say_later(now);
        }
        let stage = if linger { Stage::Linger } else { Stage::Flush };
        // Ending everything may overtake an end that is under way; whoever waits for that one goes on waiting.
        let closed = closed.or_else(|| self.ending.take().and_then(|ending| ending.closed));
        self.ending = Some(Ending { stage, deadline: now + clock::whole_ms(limit), closed });
    }

    /// Gives the socket up. Whoever waits for it is told by the caller, when the thread has nothing left of it.
    pub(crate) fn leave(mut self, registry: &Registry) -> Option<Sender<()>> {
        if let Err(error) = self.socket.deregister(registry) {
            log::debug!("a socket was not deregistered: {error}");
        }
        self.ending.take().and_then(|ending| ending.closed)
    }

    /// Tells the game that this host is no more.
    pub(crate) fn fail(&mut self, message: &str) {
        self.outbox.push(HostEvent::Failed { message: message.to_owned() });
        self.ending = Some(Ending { stage: Stage::Done, deadline: Millis(0), closed: None });
        self.shared.is_running.store(false, std::sync::atomic::Ordering::SeqCst);
    }

    fn receive(&mut self, clock: Clock, buffer: &mut [u8]) {
        for _ in 0..RECEIVE_BUDGET {
            if !self.ready.readable {
                return;
            }
            match self.socket.receive(buffer) {
                Ok((length, from)) => {
                    self.strange_errors = 0;
                    let touched = self.host.handle_datagram(clock.now(), from, &buffer[..length]);
                    self.touched.extend(touched);
                }
                Err(error) => self.on_receive_error(clock.now(), &error),
            }
        }
    }

    fn on_receive_error(&mut self, now: Millis, error: &io::Error) {
        match error.kind() {
            io::ErrorKind::WouldBlock => self.ready.readable = false,
            io::ErrorKind::Interrupted => {}
            kind => {
                self.io.receive_errors += 1;
                if let Some(remote) = self.socket.remote() {
                    self.on_socket_error(now, remote, kind);
                }
                self.count_strange_error(error);
            }
        }
    }

    /// A remote's refusal is noise. A socket that answers nothing but other errors is lost, as after a device slept.
    fn count_strange_error(&mut self, error: &io::Error) {
        if crate::socket::is_refusal(error.kind()) {
            return;
        }
        self.strange_errors += 1;
        if self.strange_errors >= LOST_AFTER_ERRORS {
            log::error!("a host lost its socket: {error}");
            self.fail(&format!("The network socket was lost: {error}"));
            self.ready = Ready::default();
        }
    }

    fn take_commands(&mut self, clock: Clock) {
        self.ready.commands = false;
        for _ in 0..COMMAND_BUDGET {
            let Ok(command) = self.commands.try_recv() else { return };
            self.obey(clock.now(), command);
        }
        self.ready.commands = true;
    }

    fn obey(&mut self, now: Millis, command: Command) {
        match command {
            Command::Send { to, channel, packet, cost_bytes } => {
                self.send(now, to, channel, &packet);
                // Given back only when `queued_bytes` shows the packet, so the handle never sees room that is taken.
                self.shared.sends.leave(cost_bytes);
            }
            Command::Connect(connect) => {
                let (attempts, mut reach) = self.reach();
                attempts.start(now, connect, &mut reach);
            }
            Command::Resolved { token, addresses } => {
                let (attempts, mut reach) = self.reach();
                attempts.on_resolved(now, token, addresses, &mut reach);
            }
            Command::Cancel(token) => self.cancel(now, token),
            Command::Disconnect { peer, how, data } => self.disconnect(now, peer, how, data),
            Command::Tune(peer, tuning) => self.tune(peer, &tuning),
            Command::SetBandwidthLimit { incoming, outgoing } => {
                self.host.set_bandwidth_limit(incoming, outgoing)
            }
            Command::SetChannelLimit(channels) => self.host.set_channel_limit(channels),
            Command::SetPollInterval(interval) => self.poll_interval = interval,
            Command::Close { limit, linger, closed } => self.close(now, limit, linger, closed),
            #[cfg(test)]
            Command::Panic => panic!("injected by a test"),
        }
    }

    fn send(&mut self, now: Millis, to: Recipients, channel: u8, packet: &Packet) {
        match to {
            Recipients::One(peer) => self.send_to(now, peer, channel, packet),
            Recipients::Many(peers) => {
                for peer in peers {
                    self.send_to(now, peer, channel, packet);
                }
            }
            Recipients::All => {
                let peers: Vec<PeerId> = self.connections.keys().copied().collect();
                for peer in peers {
                    self.send_to(now, peer, channel, packet);
                }
            }
        }
    }

    fn send_to(&mut self, now: Millis, peer: PeerId, channel: u8, packet: &Packet) {
        match self.host.send(peer, channel, packet.clone()) {
            Ok(()) => self.touched.push(peer),
            Err(SendError::QueueFull) => {
                self.io.refused_packets += 1;
                if packet.delivery == enet_proto::Delivery::Reliable {
                    self.cut_off(now, peer);
                }
            }
            Err(_) => self.io.refused_packets += 1,
        }
        self.publish_queue(peer);
    }

    /// Ends the connection to a peer that cannot take a reliable packet: better no stream than one with a hole.
    fn cut_off(&mut self, now: Millis, peer: PeerId) {
        log::warn!("a peer took so little that its queue overflowed; it is disconnected");
        self.host.disconnect_now(now, peer, 0);
        self.connections.remove(&peer);
        self.outbox.push(HostEvent::Disconnected { peer, reason: DisconnectReason::TimedOut });
    }

    fn cancel(&mut self, now: Millis, token: ConnectToken) {
        if !self.attempts.cancel(token, &mut self.host) {
            let made = self.connections.iter().find(|(_, connection)| connection.token == Some(token));
            if let Some(peer) = made.map(|(&peer, _)| peer) {
                self.disconnect(now, peer, Disconnect::Now, 0);
            }
        }
        self.outbox.push_cancelled(token);
    }

    fn disconnect(&mut self, now: Millis, peer: PeerId, how: Disconnect, data: u32) {
        match how {
            Disconnect::Graceful => self.host.disconnect(now, peer, data),
            Disconnect::Later => self.host.disconnect_later(now, peer, data),
            Disconnect::Now => {
                self.host.disconnect_now(now, peer, data);
                self.connections.remove(&peer);
            }
            Disconnect::Reset => {
                self.host.reset(peer);
                self.connections.remove(&peer);
            }
        }
    }

    fn tune(&mut self, peer: PeerId, tuning: &Tuning) {
        match *tuning {
            Tuning::Timeouts(timeouts) => self.host.set_timeouts(peer, timeouts),
            Tuning::PingInterval(interval_ms) => self.host.set_ping_interval(peer, interval_ms),
            Tuning::Throttle(throttle) => self.host.configure_throttle(peer, throttle),
            Tuning::Ping => self.host.ping(peer),
        }
        self.touched.push(peer);
    }

    fn handle_timeouts(&mut self, now: Millis) {
        if self.host.poll_timeout().is_some_and(|due| due <= now) {
            self.host.handle_timeout(now);
        }
        let (attempts, mut reach) = self.reach();
        attempts.handle_timeout(now, &mut reach);
    }

    /// Takes events from the protocol while the game has room for them. Those that stay make the protocol's own
    /// window slow the remotes down.
    fn forward_events(&mut self, clock: Clock) {
        // Whoever gave the host up wants no events, and must not hold the goodbyes up.
        while self.ending.is_some() || self.outbox.has_room() {
            let Some(event) = self.host.poll_event() else { return };
            self.on_event(clock.now(), event);
        }
    }

    fn on_event(&mut self, now: Millis, event: Event) {
        match event {
            Event::Connected { peer, address, channels, data } => {
                self.on_connected(peer, address, channels, data)
            }
            Event::Disconnected { peer, reason } => self.on_disconnected(now, peer, reason),
            Event::Received { peer, channel, packet } => {
                self.tell(HostEvent::Received { peer, channel, packet })
            }
            other => log::debug!("an event of an unknown kind: {other:?}"),
        }
    }

    fn on_connected(&mut self, peer: PeerId, address: SocketAddr, channels: u8, data: u32) {
        let token = self.attempts.on_connected(peer);
        let link = Arc::new(PeerLink::default());
        self.connections.insert(peer, Connection { link: Arc::clone(&link), token });
        self.publish_peer(peer);
        self.tell(HostEvent::Connected { peer, token, address, channels, data, link });
    }

    fn on_disconnected(&mut self, now: Millis, peer: PeerId, reason: DisconnectReason) {
        self.connections.remove(&peer);
        let (attempts, mut reach) = self.reach();
        if !attempts.on_disconnected(now, peer, reason, &mut reach) {
            self.tell(HostEvent::Disconnected { peer, reason });
        }
    }

    fn tell(&self, event: HostEvent) {
        if self.ending.is_none() {
            self.outbox.push(event);
        }
    }

    fn transmit(&mut self, clock: Clock, registry: &Registry, token: Token) {
        self.ready.transmit = false;
        if self.ready.blocked {
            return;
        }
        for _ in 0..TRANSMIT_BUDGET {
            if self.unsent.is_none() {
                self.unsent = self.host.poll_transmit(clock.now(), &mut self.datagram);
            }
            let Some(to) = self.unsent else { return };
            match self.socket.send(to, &self.datagram) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.ready.blocked = true;
                    self.watch_writable(registry, token, true);
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => self.on_send_error(clock.now(), to, error.kind()),
                Ok(()) => {}
            }
            self.unsent = None;
        }
        self.ready.transmit = true;
    }

    /// To its receiver the datagram is lost, like any other on that path.
    fn on_send_error(&mut self, now: Millis, to: SocketAddr, kind: io::ErrorKind) {
        // An old refusal is reported by whichever call comes next, and then this datagram has not been tried at all.
        if crate::socket::is_refusal(kind) && self.socket.send(to, &self.datagram).is_ok() {
            self.io.receive_errors += 1;
        } else {
            self.io.failed_datagrams += 1;
        }
        self.on_socket_error(now, to, kind);
    }

    fn on_socket_error(&mut self, now: Millis, address: SocketAddr, kind: io::ErrorKind) {
        let (attempts, mut reach) = self.reach();
        attempts.on_socket_error(now, address, kind, &mut reach);
    }

    fn advance_ending(&mut self, clock: Clock, registry: &Registry, token: Token) {
        while let Some((stage, deadline)) = self.ending.as_ref().map(|ending| (ending.stage, ending.deadline))
        {
            let is_late = clock.now() >= deadline;
            let has_left = self.unsent.is_none() && !self.ready.transmit && !self.ready.commands;
            let next = match stage {
                Stage::Linger if is_late || self.host.peers().next().is_none() => Stage::Flush,
                Stage::Flush if is_late || has_left => {
                    self.say_now(clock.now());
                    self.transmit(clock, registry, token);
                    Stage::Goodbye
                }
                Stage::Goodbye if is_late || has_left => Stage::Done,
                _ => return,
            };
            if let Some(ending) = self.ending.as_mut() {
                ending.stage = next;
            }
        }
    }

    /// Asks every remote to go when it has everything.
    fn say_later(&mut self, now: Millis) {
        for peer in self.peers() {
            match self.host.peer_state(peer) {
                PeerState::Connected => self.host.disconnect_later(now, peer, 0),
                PeerState::DisconnectLater | PeerState::Disconnecting => {}
                _ => self.host.reset(peer),
            }
        }
    }

    fn say_now(&mut self, now: Millis) {
        for peer in self.peers() {
            self.host.disconnect_now(now, peer, 0);
        }
    }

    fn peers(&self) -> Vec<PeerId> {
        self.host.peers().collect()
    }

    fn publish(&mut self) {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        for peer in touched.drain(..) {
            self.publish_peer(peer);
        }
        self.touched = touched;
        // Not worth waiting for: a game that is reading gets this round's numbers with the next one.
        if let Some(mut snapshot) = self.shared.snapshot.try_lock() {
            snapshot.host.clone_from(self.host.stats());
            snapshot.io = self.io;
        }
    }

    fn publish_peer(&self, peer: PeerId) {
        if let (Some(connection), Some(stats)) = (self.connections.get(&peer), self.host.peer_stats(peer)) {
            connection.link.publish(&stats);
            self.shared.set_queued_bytes(peer, stats.queued_bytes);
        }
    }

    fn publish_queue(&self, peer: PeerId) {
        let bytes = self.host.peer_stats(peer).map_or(0, |stats| stats.queued_bytes);
        self.shared.set_queued_bytes(peer, bytes);
    }

    fn watch_writable(&mut self, registry: &Registry, token: Token, watch: bool) {
        if let Err(error) = self.socket.watch_writable(registry, token, watch) {
            log::debug!("the socket is not watched for writing: {error}");
            self.ready.blocked = false;
        }
    }

    fn reach(&mut self) -> (&mut Attempts, Reach<'_>) {
        let reach = Reach { host: &mut self.host, socket: &mut self.socket, outbox: &self.outbox };
        (&mut self.attempts, reach)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.is_running.store(false, std::sync::atomic::Ordering::SeqCst);
    }
}

/// Datagrams taken from one host before the others and the timers have their turn. What ENet takes at once.
const RECEIVE_BUDGET: usize = 256;
/// Datagrams given to the system before reception has its turn.
const TRANSMIT_BUDGET: usize = 1024;
/// Commands carried out before the network has its turn.
const COMMAND_BUDGET: usize = 4096;
/// A socket that gives this many errors in a row, and not one datagram, is lost.
const LOST_AFTER_ERRORS: u32 = 1000;
