//! The game's end of a host. No call here waits for the network, except the closing ones, within their limit.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use enet_proto::{Delivery, Host, HostConfig, HostStats, Packet, PeerId};
use parking_lot::Mutex;

use crate::{
    Announcement, CommandError, ConnectRequest, ConnectToken, Disconnect, DtlsStats, HostEvent, HostOptions,
    IoStats, QueueStats, Recipients, SearchRequest, StartError, address, clock,
    command::{Command, Connect, Farewell, Target},
    discovery,
    endpoint::Endpoint,
    event_receiver::EventReceiver,
    gauge::Items,
    resolve,
    seat::{self, Seat},
    shared::{Outbox, Shared},
    socket::Socket,
    thread, tuning, wake,
};

/// A host that runs on the network thread. Answers for `ENetHost`.
///
/// Calls are carried out in the order in which they were made; what follows from them comes back through
/// [`poll_event`](Self::poll_event). Dropping the handle closes the host as [`close`](Self::close) does, with a short
/// limit.
#[derive(Debug)]
pub struct HostHandle {
    local: SocketAddr,
    events: EventReceiver,
    shared: Arc<Shared>,
    pub(crate) seat: Arc<Seat>,
    /// When the last wait for events ended.
    last_wait: Mutex<Option<Instant>>,
    next_token: AtomicU64,
    maximum_packet_size: usize,
    maximum_queued_data: u64,
    is_closed: bool,
}

impl HostHandle {
    /// Binds a socket and hands it to the network thread, which is started if this is the first host.
    ///
    /// # Errors
    /// A setting out of range, an address or port that cannot be used, or a system without resources.
    pub fn open(options: HostOptions) -> Result<Self, StartError> {
        let mut options = options;
        options.poll_interval = options.poll_interval.max(tuning::SHORTEST_INTERVAL);
        let maximum_queued_data = options.host.maximum_queued_data as u64;
        let maximum_packet_size = options.host.maximum_packet_size;
        // What this handle lets through always fits: beyond the limit that it checks, the protocol has room for all
        // that may be on its way.
        options.host.maximum_queued_data = (options.host.maximum_queued_data)
            .saturating_add(options.limits.send_bytes)
            .saturating_add(maximum_packet_size);
        // The driver's own limit decides about attempts of this side.
        let connect_ms = u32::try_from(clock::whole_ms(options.connect_timeout)).unwrap_or(u32::MAX);
        options.host.handshake_timeout_ms = options.host.handshake_timeout_ms.max(connect_ms);
        let mut host = Host::with_key(options.host.clone(), key()?)?;
        host.set_compressor(options.compression.compressor());
        let socket = Socket::bind(options.bind, options.port)?;
        let local = address::to_plain(socket.local_addr());
        thread::add(|wake, seat| {
            let shared = Arc::new(Shared::new(wake, options.limits, options.host.peers));
            let (outbox, notices) = Outbox::new(Arc::clone(&shared));
            let endpoint = Endpoint::new(&options, host, socket, Arc::clone(&shared), outbox);
            let handle = Self {
                local,
                events: EventReceiver::new(notices, Arc::clone(&shared)),
                shared,
                seat,
                last_wait: Mutex::new(None),
                next_token: AtomicU64::new(1),
                maximum_packet_size,
                maximum_queued_data,
                is_closed: false,
            };
            (endpoint, handle)
        })
        .map_err(StartError::Thread)
    }

    /// Opens a host that looks for servers which [announce](Self::announce) themselves, and does nothing else.
    /// [`HostEvent::ServerFound`] comes for each of them, and [`HostEvent::SearchEnded`] at the end. Dropping the handle
    /// ends the search.
    ///
    /// # Errors
    /// A system without resources.
    pub fn open_search(request: SearchRequest) -> Result<Self, StartError> {
        let targets = discovery::targets(&request);
        // A socket of both families cannot broadcast everywhere.
        let bind = targets.iter().all(IpAddr::is_ipv4).then_some(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let host = HostConfig { peers: 1, ..HostConfig::default() };
        let handle = Self::open(HostOptions { bind, host, ..HostOptions::default() })?;
        let mut token = [0; 8];
        getrandom::fill(&mut token).map_err(|error| StartError::Randomness(error.to_string()))?;
        let targets = targets.into_iter().map(|ip| SocketAddr::new(ip, request.port)).collect();
        handle.command(Command::Search { token, targets, duration: request.duration });
        Ok(handle)
    }

    /// Answers everybody in the local network who [searches](Self::open_search) for servers on this port, or no longer. The
    /// answer has the number of connected peers and the most that there can be.
    pub fn announce(&self, announcement: Option<Announcement>) {
        self.command(Command::Announce(announcement));
    }

    /// The address and port that the socket has. `[::]` stands for every interface of both families.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Starts to connect to an address or a name. Exactly one `Connected` or `ConnectFailed` with the token follows,
    /// within the host's `connect_timeout`, unless the attempt is cancelled.
    ///
    /// # Errors
    /// [`CommandError::Stopped`], or [`CommandError::Busy`] when too many names are being resolved.
    pub fn connect(&self, request: ConnectRequest) -> Result<ConnectToken, CommandError> {
        self.start(request, false)
    }

    /// [`connect`](Self::connect), except that nothing is sent before [`release`](Self::release): a host whose
    /// encryption is still to be set up must not begin in the open. A name is looked up meanwhile.
    ///
    /// # Errors
    /// Those of `connect`.
    pub fn connect_held(&self, request: ConnectRequest) -> Result<ConnectToken, CommandError> {
        self.start(request, true)
    }

    /// Lets an attempt that was held begin. Does nothing for any other.
    pub fn release(&self, token: ConnectToken) {
        self.command(Command::Release(token));
    }

    fn start(&self, request: ConnectRequest, is_held: bool) -> Result<ConnectToken, CommandError> {
        self.check_running()?;
        let ConnectRequest { address, port, channels, data } = request;
        let token = ConnectToken(self.next_token.fetch_add(1, SeqCst));
        let server = address::display(&address, port);
        let target = match address::parse_literal(&address) {
            Some(ip) => Target::Address(SocketAddr::new(ip, port)),
            None => Target::Name(address.clone()),
        };
        let is_name = matches!(target, Target::Name(_));
        self.command(Command::Connect(Connect { token, server, target, channels, data, is_held }));
        if is_name {
            self.resolve(address, port, move |addresses| Command::Resolved { token, addresses })
                .inspect_err(|_| self.cancel(token))?;
        }
        Ok(token)
    }

    /// Gives an attempt to connect up. No event about it follows, even if it has just succeeded: then the remote is
    /// disconnected.
    pub fn cancel(&self, token: ConnectToken) {
        if self.is_running() {
            self.events.withhold(token);
            self.command(Command::Cancel(token));
        }
    }

    /// Queues a packet. What one frame queues for one peer leaves together, within a few milliseconds.
    ///
    /// An unreliable packet is never refused for the peer's sake: where too many wait, the oldest are dropped.
    ///
    /// A peer that is not connected (any more) gets nothing, which is counted in [`IoStats::refused_packets`]. A peer
    /// that takes so little of what is sent to [`Recipients::Many`] or [`Recipients::All`] that a reliable packet does
    /// not fit into its queue is disconnected.
    ///
    /// # Errors
    /// [`CommandError::Busy`] when too much waits for the network thread, or for the peer in [`Recipients::One`];
    /// [`CommandError::TooLarge`]; [`CommandError::Stopped`].
    #[inline]
    pub fn send(&self, to: Recipients, channel: u8, packet: Packet) -> Result<(), CommandError> {
        self.check_running()?;
        if packet.data.len() > self.maximum_packet_size {
            return Err(CommandError::TooLarge);
        }
        // The oldest unreliable packets make way for newer ones.
        if let Recipients::One(peer) = to
            && packet.delivery == Delivery::Reliable
            && self.shared.queued_bytes(peer) >= self.maximum_queued_data
        {
            return Err(CommandError::Busy);
        }
        let bytes = packet.data.len();
        let is_taken = self.shared.commands.try_push(bytes, Command::Send { to, channel, packet });
        if is_taken.ok_or(CommandError::Busy)? {
            self.shared.wake.ask(wake::SENDS);
        }
        Ok(())
    }

    /// Sends what is queued without the moment in which more may gather. Answers for `enet_host_flush`; returns at once.
    pub fn flush(&self) {
        if !self.seat.take_free().is_some_and(|mut lead| lead.flush()) {
            self.shared.wake.ask(wake::AT_ONCE);
        }
    }

    /// Sends a bare UDP datagram from the host's socket, outside the protocol: for opening a way through a router.
    /// Nothing tells whether it left. A name is resolved off the caller's thread.
    ///
    /// # Errors
    /// [`CommandError::Busy`] when too much waits for the network thread or too many names are being resolved;
    /// [`CommandError::Stopped`].
    pub fn send_datagram(&self, address: &str, port: u16, datagram: Bytes) -> Result<(), CommandError> {
        self.check_running()?;
        let sends = Items { count: 1, bytes: datagram.len() };
        if !self.shared.commands.try_enter(sends.bytes) {
            return Err(CommandError::Busy);
        }
        if let Some(ip) = address::parse_literal(address) {
            self.command(Command::SendDatagram { to: vec![SocketAddr::new(ip, port)], datagram });
            return Ok(());
        }
        self.resolve(address.to_owned(), port, move |to| Command::SendDatagram { to, datagram })
            .inspect_err(|_| self.shared.commands.leave(sends))
    }

    /// Ends a connection. See [`Disconnect`] for what becomes of queued packets and which event follows. `data` is
    /// the value of the remote's disconnect event.
    pub fn disconnect(&self, peer: PeerId, how: Disconnect, data: u32) {
        self.command(Command::Disconnect { peer, how, data });
    }

    /// The next event, if there is one.
    #[must_use]
    #[inline]
    pub fn poll_event(&self) -> Option<HostEvent> {
        self.events.poll()
    }

    /// The next event. If there is none the caller sleeps until one comes, at most for `limit`.
    ///
    /// A thread that calls this again and again, with no more than two milliseconds in between, does the network thread's
    /// work meanwhile, for all hosts of the process: nobody has to be woken for an event or its answer. When it stays away,
    /// the network thread goes on after 8 to 16 milliseconds, or at once for a command that should not wait.
    #[must_use]
    pub fn wait_event(&self, limit: Duration) -> Option<HostEvent> {
        if limit.is_zero() {
            return self.poll_event();
        }
        self.shared.on_wait();
        let deadline = Instant::now() + limit.min(LONGEST_WAIT);
        let event = self.lead_until(deadline).or_else(|| self.events.wait(deadline));
        *self.last_wait.lock() = Some(Instant::now());
        event
    }

    /// Runs the rounds until there is an event. `None` if this is not for the caller to do, or nothing came.
    fn lead_until(&self, deadline: Instant) -> Option<HostEvent> {
        let event = self.poll_event();
        if event.is_some() {
            return event;
        }
        let is_soon = || self.last_wait.lock().is_some_and(|last| last.elapsed() < seat::SOON);
        let mut lead = self.seat.take_free().or_else(|| is_soon().then(|| self.seat.take())?)?;
        let mut goes_on = lead.flush();
        loop {
            let event = self.poll_event();
            if event.is_some() || !goes_on || Instant::now() >= deadline {
                return event;
            }
            goes_on = lead.turn(deadline);
        }
    }

    /// The host's counters, as of the thread's last round.
    #[must_use]
    pub fn stats(&self) -> HostStats {
        self.shared.stats().0
    }

    /// The socket's counters, as of the thread's last round.
    #[must_use]
    pub fn io_stats(&self) -> IoStats {
        self.shared.stats().1
    }

    /// What encryption has done, as of the thread's last round.
    #[must_use]
    pub fn dtls_stats(&self) -> DtlsStats {
        DtlsStats::from_values(self.shared.dtls_stats.read())
    }

    /// How full the two queues between the game and the network thread are at this moment.
    #[must_use]
    pub fn queue_stats(&self) -> QueueStats {
        self.events.make_room();
        self.shared.queue_stats()
    }

    /// Whether the host can still be used. False after [`HostEvent::Failed`] and after
    /// [`shut_down`](crate::shut_down).
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.shared.is_running.load(SeqCst)
    }

    /// Ends the host: what is queued is sent once, the peers are told, the socket is closed on return, so that its
    /// port can be taken again at once. Waits for the network thread, but never longer than `limit`; then the rest
    /// happens behind the caller's back.
    pub fn close(mut self, limit: Duration) {
        self.close_and_wait(limit, Farewell::Brief);
    }

    /// [`close`](Self::close), but everything that was sent is delivered first, as far as `limit` allows. Waits for the
    /// remotes' acknowledgements, which is one round trip to the farthest one if nothing gets lost.
    pub fn close_when_delivered(mut self, limit: Duration) {
        self.close_and_wait(limit, Farewell::Delivered);
    }

    /// Returns at once and leaves the host to the network thread, until every remote has everything that was sent and
    /// has acknowledged the goodbye, or until `limit` has passed.
    pub fn close_when_done(mut self, limit: Duration) {
        self.is_closed = true;
        self.command(Command::Close { limit, farewell: Farewell::Complete, closed: None });
    }

    fn close_and_wait(&mut self, limit: Duration, farewell: Farewell) {
        if std::mem::replace(&mut self.is_closed, true) {
            return;
        }
        let (closed, is_closed) = crossbeam_channel::bounded(0);
        // The thread gives up a little before the caller does, so that even then the socket is closed on return.
        self.command(Command::Close { limit: limit - limit / 4, farewell, closed: Some(closed) });
        // The thread never sends: it drops its end when the host is gone.
        let _ = is_closed.recv_timeout(limit);
        thread::join_ended();
    }

    /// Looks a name up off the caller's thread; the network thread gets the command that `then` makes of the answer.
    fn resolve(
        &self,
        name: String,
        port: u16,
        then: impl FnOnce(Vec<SocketAddr>) -> Command + Send + 'static,
    ) -> Result<(), CommandError> {
        let shared = Arc::clone(&self.shared);
        resolve::spawn(name, port, move |addresses| {
            shared.commands.push(then(addresses));
            shared.wake.ask(wake::AT_ONCE);
        })
    }

    fn check_running(&self) -> Result<(), CommandError> {
        if self.is_running() { Ok(()) } else { Err(CommandError::Stopped) }
    }

    pub(crate) fn command(&self, command: Command) {
        // A host that is gone has nobody left to obey.
        if self.shared.commands.push(command) {
            self.shared.wake.ask(wake::AT_ONCE);
        }
    }
}

impl Drop for HostHandle {
    fn drop(&mut self) {
        self.close_and_wait(DROP_LIMIT, Farewell::Brief);
    }
}

/// What no remote can guess.
fn key() -> Result<[u8; 32], StartError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|error| StartError::Randomness(error.to_string()))?;
    Ok(key)
}

/// No wait is meant to be longer, and none may overflow the clock.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// How long dropping a handle may hold its owner up.
const DROP_LIMIT: Duration = Duration::from_millis(100);
