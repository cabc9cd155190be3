//! One host on the network thread: its socket, its protocol state, and the two queues to its handle.

mod commands;
mod conditioner;
mod connections;
mod discovery;
mod encryption;
mod ending;
mod mismatch;
mod path;
mod repair;

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use crossbeam_channel::Sender;
use enet_proto::{DisconnectReason, Event, Host, Millis, PeerId, PeerState};
use mio::{Registry, Token};

use self::{
    connections::Connections,
    discovery::{Discovery, Surroundings},
    ending::{Ending, Stage},
    path::Path,
    repair::Trouble,
};
use crate::{
    HostEvent, HostOptions, IoStats, PeerLink,
    attempt::{Attempts, Reach},
    clock::Clock,
    command_queue::CommandReceiver,
    gauge::Items,
    pace::Traffic,
    service::Round,
    shared::{Outbox, Shared},
    socket::{self, Inbox, Outgoing, Socket},
};

/// One host. Owned by the network thread; its handle sees only [`Shared`] and the two queues.
pub(crate) struct Endpoint {
    host: Host,
    path: Path,
    socket: Socket,
    /// Behind the socket, which is to be closed when whoever waits for it in a command hears that nobody takes that.
    commands: CommandReceiver,
    /// Sends that were carried out in this round.
    sends: Items,
    outbox: Outbox,
    shared: Arc<Shared>,
    attempts: Attempts,
    connections: Connections,
    /// Peers of which something changed in this round; may name one twice.
    touched: Vec<PeerId>,
    io: IoStats,
    poll_interval: Duration,
    /// Taken from the protocol, and not yet by the system.
    outgoing: Outgoing,
    ready: Ready,
    /// In this round.
    moved: Traffic,
    ending: Option<Ending>,
    trouble: Trouble,
    discovery: Discovery,
    /// It was said that the remotes seem to be set up differently.
    has_warned: bool,
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
    /// There are answers to what was received.
    answers: bool,
}

impl Endpoint {
    pub(crate) fn new(
        options: &HostOptions,
        host: Host,
        socket: Socket,
        shared: Arc<Shared>,
        outbox: Outbox,
    ) -> Self {
        let mut endpoint = Self {
            host,
            path: Path::new(options.conditions.as_ref()),
            socket,
            commands: CommandReceiver::new(Arc::clone(&shared)),
            sends: Items::default(),
            outbox,
            shared,
            attempts: Attempts::new(options),
            connections: Connections::default(),
            touched: Vec::new(),
            io: IoStats::default(),
            poll_interval: options.poll_interval,
            outgoing: Outgoing::default(),
            ready: Ready { readable: true, ..Ready::default() },
            moved: Traffic::default(),
            ending: None,
            trouble: Trouble::default(),
            discovery: Discovery::Off,
            has_warned: false,
        };
        if let Some(dtls) = &options.dtls {
            endpoint.set_dtls(Millis(0), dtls);
        }
        endpoint
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        self.socket.register(registry, token)
    }

    pub(crate) fn on_ready(&mut self, readable: bool, writable: bool, registry: &Registry, token: Token) {
        if self.trouble.is_under_repair() {
            return;
        }
        self.ready.readable |= readable;
        if writable && self.ready.blocked {
            self.ready.blocked = false;
            self.watch_writable(registry, token, false);
        }
    }

    /// One round: a bounded amount of each kind of work. What was received is answered in the next one, together with
    /// what the game has to say by then, unless somebody waits for the answer to go on.
    pub(crate) fn service(&mut self, round: &Round<'_>, inbox: &mut Inbox, traffic: &mut Traffic) {
        let &Round { clock, take_commands, receives, registry, token } = round;
        if !take_commands && self.is_idle(clock.now()) {
            return;
        }
        self.moved = Traffic::default();
        // Before what has just arrived: a limit that was set first counts for the remote that came after.
        if take_commands || self.ready.commands {
            self.take_commands(clock, registry, token);
        }
        self.mend(clock.now(), registry, token);
        self.handle_timeouts(clock.now());
        self.advance_search(clock.now());
        self.transmit(clock, registry, token);
        if receives {
            self.receive(clock, inbox);
        }
        let is_urgent = self.moved.is_bulk();
        if is_urgent {
            self.transmit(clock, registry, token);
        }
        // Sending can end a connection, and an event can give something to send.
        let were_events = self.forward_events(clock.now());
        self.moved.is_news = were_events;
        self.moved.is_awaited = self.moved.received > 0 && self.shared.is_awaited(were_events);
        self.ready.answers = were_events || (self.moved.received > 0 && !is_urgent);
        self.advance_ending(clock, registry, token);
        self.look_for_mismatch();
        self.publish(clock.now());
        self.outbox.deliver();
        traffic.add(self.moved);
    }

    /// When the next round is due, at the latest. `None` if only the poll interval limits the sleep.
    pub(crate) fn poll_timeout(&self) -> Option<Millis> {
        let ending = self.ending.as_ref().map(|ending| ending.deadline);
        Millis::earliest([
            self.host.poll_timeout(),
            self.path.poll_timeout(),
            self.attempts.poll_timeout(),
            self.trouble.poll_timeout(),
            self.discovery.poll_timeout(),
            self.connections.poll_timeout(),
            ending,
        ])
    }

    /// Whether a budget left work over, so that the next round must follow without a rest.
    pub(crate) fn is_behind(&self) -> bool {
        self.ready.readable || self.ready.commands || (self.ready.transmit && !self.ready.blocked)
    }

    /// Whether the next round must follow without waiting for anything.
    pub(crate) fn has_work(&self) -> bool {
        self.is_behind() || self.has_answers()
    }

    /// Whether a round would answer what was received.
    pub(crate) fn has_answers(&self) -> bool {
        self.ready.answers && !self.ready.blocked
    }

    /// Whether a round would do nothing, so that many quiet hosts cost a busy one little. A game that made room for
    /// events has asked for its commands to be taken.
    fn is_idle(&self, now: Millis) -> bool {
        !self.has_work()
            && self.outgoing.is_empty()
            && self.ending.is_none()
            && self.poll_timeout().is_none_or(|due| due > now)
    }

    pub(crate) fn poll_interval(&self) -> Duration {
        self.poll_interval
    }

    pub(crate) fn is_done(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.stage == Stage::Done)
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
        self.outbox.deliver();
        self.ending = Some(Ending { stage: Stage::Done, deadline: Millis(0), closed: None });
        self.shared.is_running.store(false, SeqCst);
    }

    fn receive(&mut self, clock: Clock, inbox: &mut Inbox) {
        let mut effort = 0;
        while self.ready.readable && effort < RECEIVE_BUDGET {
            match self.socket.receive_batch(inbox) {
                Ok(()) => {
                    self.trouble.on_success();
                    self.ready.readable = inbox.is_full();
                    let now = clock.now();
                    let Self { path, host, touched, moved, io, discovery, .. } = self;
                    let (socket, outbox, players) = (&self.socket, &self.outbox, self.connections.len());
                    for (from, datagram) in inbox.datagrams() {
                        moved.received += 1;
                        io.socket_received_datagrams += 1;
                        moved.bytes += datagram.len();
                        io.socket_received_bytes += datagram.len() as u64;
                        let around = Surroundings { socket, outbox, io, players };
                        effort += if discovery.handle_datagram(now, from, datagram, around) {
                            1
                        } else {
                            path.handle_datagram(now, from, datagram, host, touched)
                        };
                    }
                }
                Err(error) => {
                    effort += 1;
                    self.on_receive_error(clock.now(), &error);
                }
            }
        }
    }

    fn on_receive_error(&mut self, now: Millis, error: &io::Error) {
        match error.kind() {
            io::ErrorKind::WouldBlock => {
                self.ready.readable = false;
                self.trouble.on_success();
            }
            io::ErrorKind::Interrupted => {}
            kind => {
                self.io.receive_errors += 1;
                if let Some(remote) = self.socket.remote() {
                    self.on_socket_error(now, remote, kind);
                }
                self.count_trouble(now, error);
            }
        }
    }

    fn handle_timeouts(&mut self, now: Millis) {
        self.path.handle_timeout(now, &mut self.host, &mut self.touched);
        self.report_sessions(now);
        if self.host.poll_timeout().is_some_and(|due| due <= now) {
            self.host.handle_timeout(now);
        }
        let (attempts, mut reach) = self.reach();
        attempts.handle_timeout(now, &mut reach);
    }

    /// Takes events from the protocol while the game has room for them. Those that stay make the protocol's own
    /// window slow the remotes down. Whether there were any.
    fn forward_events(&mut self, now: Millis) -> bool {
        let mut were_any = self.forward_packets();
        // Whoever gave the host up wants no events, and must not hold the goodbyes up.
        while self.ending.is_some() || self.outbox.has_room() {
            let Some(event) = self.host.poll_event() else { break };
            self.on_event(now, event);
            self.forward_packets();
            were_any = true;
        }
        were_any
    }

    /// Takes the packets that come before any other event. Whether there were any.
    fn forward_packets(&mut self) -> bool {
        let Self { host, outbox, ending, .. } = self;
        let mut were_any = false;
        let wants_more = || ending.is_none() && outbox.has_room();
        host.poll_packets(wants_more, |peer, channel, packet| {
            outbox.push(HostEvent::Received { peer, channel, packet });
            were_any = true;
        });
        were_any
    }

    fn on_event(&mut self, now: Millis, event: Event) {
        match event {
            Event::Connected { peer, address, channels, data } => {
                self.on_connected(now, peer, address, channels, data)
            }
            Event::Disconnected { peer, reason } => self.on_disconnected(now, peer, reason),
            Event::Received { peer, channel, packet } => {
                self.tell(HostEvent::Received { peer, channel, packet })
            }
            Event::LimitReached { peer, limit, stage } => {
                self.tell(HostEvent::LimitReached { peer, limit, stage });
            }
            other => log::debug!("an event of an unknown kind: {other:?}"),
        }
    }

    fn on_connected(&mut self, now: Millis, peer: PeerId, address: SocketAddr, channels: u8, data: u32) {
        let token = self.attempts.on_connected(peer);
        self.path.on_connected(address);
        let link = Arc::new(PeerLink::default());
        self.connections.insert(now, peer, Arc::clone(&link), token);
        self.publish_peer(peer);
        self.tell(HostEvent::Connected { peer, token, address, channels, data, link });
    }

    fn on_disconnected(&mut self, now: Millis, peer: PeerId, reason: DisconnectReason) {
        self.forget(peer, PeerState::Zombie);
        let (attempts, mut reach) = self.reach();
        if !attempts.on_disconnected(now, peer, reason, &mut reach) {
            self.tell(HostEvent::Disconnected { peer, reason });
        }
    }

    /// Lets go of a connection that is over, and leaves `state` as its last.
    fn forget(&mut self, peer: PeerId, state: PeerState) {
        if let Some(connection) = self.connections.remove(peer) {
            connection.link.set_state(state);
            self.shared.set_queued_bytes(peer, 0);
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
        let mut budget = TRANSMIT_BUDGET;
        while budget > 0 {
            if self.outgoing.is_empty() {
                let now = clock.now();
                let Self { path, host, outgoing, .. } = self;
                outgoing.fill(|datagram| path.poll_transmit(now, host, datagram));
                budget = budget.saturating_sub(outgoing.len());
                self.moved.bytes += self.outgoing.bytes();
            }
            if self.outgoing.is_empty() {
                return;
            }
            let (datagrams, bytes) = (self.outgoing.len(), self.outgoing.bytes());
            let sent = self.socket.send_batch(&mut self.outgoing);
            self.io.socket_sent_datagrams += (datagrams - self.outgoing.len()) as u64;
            self.io.socket_sent_bytes += (bytes - self.outgoing.bytes()) as u64;
            match sent {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.ready.blocked = true;
                    self.watch_writable(registry, token, true);
                    return;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // It leaves from the next socket.
                Err(error) if socket::is_gone(&error) => return self.count_trouble(clock.now(), &error),
                Err(error) => self.on_send_error(clock.now(), error.kind()),
                Ok(()) => {}
            }
        }
        self.ready.transmit = true;
    }

    /// To its receiver the first datagram is lost, like any other on that path.
    fn on_send_error(&mut self, now: Millis, kind: io::ErrorKind) {
        let Some((to, datagram)) = self.outgoing.first() else { return };
        // An old refusal is reported by whichever call comes next, and then this datagram has not been tried at all.
        if socket::is_refusal(kind) && self.socket.send(to, datagram).is_ok() {
            self.io.receive_errors += 1;
        } else {
            self.io.failed_datagrams += 1;
        }
        self.outgoing.drop_first();
        self.on_socket_error(now, to, kind);
    }

    fn on_socket_error(&mut self, now: Millis, address: SocketAddr, kind: io::ErrorKind) {
        let (attempts, mut reach) = self.reach();
        attempts.on_socket_error(now, address, kind, &mut reach);
    }

    fn publish(&mut self, now: Millis) {
        let mut touched = std::mem::take(&mut self.touched);
        for peer in touched.drain(..) {
            self.publish_queue(peer);
            if self.connections.touch(now, peer, self.host.peer_state(peer)) {
                self.publish_peer(peer);
            }
        }
        self.touched = touched;
        // Only when `queued_bytes` shows the packets, so the handle never sees room that is taken.
        self.shared.commands.leave(std::mem::take(&mut self.sends));
        while let Some(peer) = self.connections.next_stale(now) {
            self.publish_peer(peer);
        }
        let simulated = self.path.simulated();
        self.io.simulated_losses = simulated.losses;
        self.io.simulated_duplicates = simulated.duplicates;
        self.io.simulated_corruptions = simulated.corruptions;
        self.shared.publish(self.host.stats(), &self.io);
        self.shared.dtls_stats.write(self.path.dtls_stats().values());
    }

    fn publish_peer(&self, peer: PeerId) {
        if let (Some(connection), Some(stats)) = (self.connections.get(peer), self.host.peer_stats(peer)) {
            connection.link.publish(&stats);
        }
    }

    fn watch_writable(&mut self, registry: &Registry, token: Token, watch: bool) {
        if let Err(error) = self.socket.watch_writable(registry, token, watch) {
            log::debug!("the socket is not watched for writing: {error}");
            self.ready.blocked = false;
        }
    }

    fn reach(&mut self) -> (&mut Attempts, Reach<'_>) {
        let reach = Reach {
            host: &mut self.host,
            socket: &mut self.socket,
            outbox: &self.outbox,
            dtls: self.path.client_sessions(),
        };
        (&mut self.attempts, reach)
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.is_running.store(false, SeqCst);
    }
}

/// Datagrams taken from one host before the others and the timers have their turn, handshakes counted as several. What
/// ENet takes at once.
const RECEIVE_BUDGET: usize = 256;
/// Datagrams given to the system before reception has its turn.
const TRANSMIT_BUDGET: usize = 1024;
