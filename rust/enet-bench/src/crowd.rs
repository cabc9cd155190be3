//! The load generator: many clients, each with a socket of its own, on one thread that never sleeps, so that packets
//! leave when they are due and answers are timed when they arrive. It speaks ENet through the protocol crate alone, or
//! plain datagrams to the bare server.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    error::Error,
    io,
    net::{Ipv4Addr, SocketAddr},
    ops::Range,
    time::{Duration, Instant},
};

use bytes::Bytes;
use enet_proto::{Delivery, Event, Host, HostConfig, Millis, Packet, PeerId};
use mio::{Events, Interest, Poll, Token, net::UdpSocket};

use crate::runs::Runs;

/// What every client does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// Nothing but what the protocol does by itself.
    Idle,
    /// A packet of `bytes` every `interval`, reliable and unreliable by turns. Clients begin at different moments. What
    /// is due within one `tick` leaves together.
    Paced { bytes: usize, interval: Duration, tick: Duration },
    /// Reliable packets of `bytes` as fast as the echoes come back, `outstanding` of them under way. All are the same one,
    /// and nobody times them: what is measured is the server.
    Flood { bytes: usize, outstanding: u64 },
}

/// What came of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) received_bytes: u64,
    /// Clients that lost their connection.
    pub(crate) dropped: u64,
    /// Round trips of the echoes, in microseconds.
    pub(crate) latencies: Vec<u32>,
    /// Broadcasts that should have come, by the numbers of those that did.
    pub(crate) expected: u64,
}

pub(crate) struct Crowd {
    poll: Poll,
    events: Events,
    start: Instant,
    /// Nanoseconds since `start`, when the clock was last looked at.
    now_ns: u64,
    /// The packet of a flood.
    payload: Bytes,
    server: SocketAddr,
    clients: Vec<Client>,
    /// When which client sends next, in nanoseconds since `start`.
    due: BinaryHeap<Reverse<(u64, usize)>>,
    /// When what is due leaves, in nanoseconds since `start`.
    next_tick: u64,
    /// Whose timers are looked at next.
    next_kept: usize,
    buffer: Vec<u8>,
    datagram: Vec<u8>,
    tally: Tally,
}

struct Client {
    socket: UdpSocket,
    /// Of one that sends as much as it can.
    runs: Option<Runs>,
    /// `None` when it speaks plain datagrams.
    session: Option<Session>,
    sent: u64,
    received: u64,
    /// The number of the last broadcast.
    last_number: u64,
}

struct Session {
    host: Host,
    peer: PeerId,
    is_connected: bool,
}

impl Crowd {
    pub(crate) fn new(server: SocketAddr) -> io::Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            start: Instant::now(),
            now_ns: 0,
            payload: Bytes::new(),
            server,
            clients: Vec::new(),
            due: BinaryHeap::new(),
            next_tick: 0,
            next_kept: 0,
            buffer: vec![0; 65_536],
            datagram: Vec::new(),
            tally: Tally::default(),
        })
    }

    /// Adds clients that speak plain datagrams.
    pub(crate) fn add_plain(&mut self, count: usize) -> io::Result<()> {
        (0..count).try_for_each(|_| self.add(None))
    }

    /// Connects `count` more clients that ask for `channels`, with at most `at_once` handshakes under way. Returns how
    /// long it took.
    pub(crate) fn connect(
        &mut self,
        count: usize,
        channels: u8,
        at_once: usize,
    ) -> Result<Duration, Box<dyn Error>> {
        let begin = Instant::now();
        let wanted = self.clients.len() + count;
        while self.connected() < wanted {
            // Counting the connected is a walk, so it is done once for many turns.
            let mut under_way = self.clients.len() - self.connected();
            while under_way < at_once && self.clients.len() < wanted {
                self.add_session(channels)?;
                under_way += 1;
            }
            for _ in 0..20 {
                self.turn(&Load::Idle);
            }
            if begin.elapsed() > CONNECT_LIMIT {
                return Err(format!("only {} of {wanted} clients could connect", self.connected()).into());
            }
        }
        Ok(begin.elapsed())
    }

    /// Lets the datagrams of every client pass the system in runs.
    pub(crate) fn use_runs(&mut self) -> io::Result<()> {
        for client in &mut self.clients {
            client.runs = Some(Runs::new(&client.socket, self.server)?);
        }
        Ok(())
    }

    /// Applies a load for a while.
    pub(crate) fn run(&mut self, length: Duration, load: &Load) -> Tally {
        self.look_at_clock();
        self.spread(load);
        if let Load::Flood { bytes, .. } = *load {
            self.payload = vec![0; bytes].into();
        }
        self.go_on(length, load)
    }

    /// [`Self::run`], with a load that goes on.
    pub(crate) fn go_on(&mut self, length: Duration, load: &Load) -> Tally {
        self.tally = Tally::default();
        self.look_at_clock();
        let end = self.now_ns + nanoseconds(length);
        while self.now_ns < end {
            self.turn(load);
        }
        std::mem::take(&mut self.tally)
    }

    fn add_session(&mut self, channels: u8) -> Result<(), Box<dyn Error>> {
        let seed = self.clients.len() as u64;
        let mut host = Host::new(HostConfig { peers: 1, ..HostConfig::default() }, seed)?;
        let peer = host.connect(self.now(), self.server, channels, 0)?;
        self.add(Some(Session { host, peer, is_connected: false }))?;
        self.transmit(self.clients.len() - 1);
        Ok(())
    }

    fn add(&mut self, session: Option<Session>) -> io::Result<()> {
        let mut socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        socket.connect(self.server)?;
        let token = Token(self.clients.len());
        self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
        self.clients.push(Client { socket, runs: None, session, sent: 0, received: 0, last_number: 0 });
        Ok(())
    }

    fn connected(&self) -> usize {
        let is_ready = |client: &&Client| client.session.as_ref().is_none_or(|session| session.is_connected);
        self.clients.iter().filter(is_ready).count()
    }

    /// As of the last look at the clock.
    fn now(&self) -> Millis {
        Millis(self.now_ns / 1_000_000)
    }

    /// To be done where time matters, and not for each packet.
    fn look_at_clock(&mut self) {
        self.now_ns = nanoseconds(self.start.elapsed());
    }

    /// Spreads the clients evenly over the interval.
    fn spread(&mut self, load: &Load) {
        self.due.clear();
        let Load::Paced { interval, .. } = load else { return };
        let count = self.clients.len() as u64;
        let now = self.now_ns;
        let offset = |index| nanoseconds(*interval) * index as u64 / count;
        self.due.extend((0..self.clients.len()).map(|index| Reverse((now + offset(index), index))));
    }

    fn turn(&mut self, load: &Load) {
        self.receive(load);
        self.look_at_clock();
        match *load {
            Load::Idle => {}
            Load::Paced { bytes, interval, tick } => {
                if self.is_time(nanoseconds(tick)) {
                    self.send_due(bytes, nanoseconds(interval));
                }
            }
            Load::Flood { outstanding, .. } => self.fill_up(outstanding),
        }
        self.keep(16);
    }

    fn receive(&mut self, load: &Load) {
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        // A failing poll shows as packets that do not come.
        let _ = self.poll.poll(&mut events, Some(Duration::ZERO));
        for event in &events {
            let index = event.token().0;
            while let Ok((length, unit)) = self.clients[index].receive(&mut self.buffer) {
                self.look_at_clock();
                for start in (0..length).step_by(unit) {
                    self.take_in(index, start..length.min(start + unit));
                }
            }
            if let Load::Flood { outstanding, .. } = *load {
                self.fill_up(outstanding);
            }
            self.transmit(index);
        }
        self.events = events;
    }

    fn take_in(&mut self, index: usize, datagram: Range<usize>) {
        let (now, now_ns) = (self.now(), self.now_ns);
        let client = &mut self.clients[index];
        match &mut client.session {
            None => client.count(&self.buffer[datagram], now_ns, &mut self.tally),
            Some(session) => {
                session.host.handle_datagram(now, self.server, &self.buffer[datagram]);
                self.take_events(index);
            }
        }
    }

    fn take_events(&mut self, index: usize) {
        let now_ns = self.now_ns;
        let client = &mut self.clients[index];
        while let Some(event) = client.session.as_mut().and_then(|session| session.host.poll_event()) {
            match event {
                Event::Connected { .. } => client.set_connected(true),
                Event::Received { packet, .. } => client.count(&packet.data, now_ns, &mut self.tally),
                Event::Disconnected { .. } => {
                    client.set_connected(false);
                    self.tally.dropped += 1;
                }
                _ => {}
            }
        }
    }

    /// Whether the next tick has begun.
    fn is_time(&mut self, tick_ns: u64) -> bool {
        let now = self.now_ns;
        let is_time = now >= self.next_tick;
        if is_time {
            self.next_tick = now - now % tick_ns.max(1) + tick_ns;
        }
        is_time
    }

    fn send_due(&mut self, bytes: usize, interval_ns: u64) {
        while let Some(&Reverse((due, index))) = self.due.peek() {
            self.look_at_clock();
            if due > self.now_ns {
                return;
            }
            self.due.pop();
            self.due.push(Reverse((due + interval_ns, index)));
            let delivery = if self.clients[index].sent.is_multiple_of(2) {
                Delivery::Reliable
            } else {
                Delivery::Unreliable
            };
            let mut payload = vec![0; bytes];
            payload[1..9].copy_from_slice(&self.now_ns.to_le_bytes());
            self.send(index, Packet::new(payload, delivery));
            self.transmit(index);
        }
    }

    fn fill_up(&mut self, outstanding: u64) {
        for index in 0..self.clients.len() {
            let mut is_changed = false;
            while self.clients[index].sent - self.clients[index].received < outstanding {
                self.send(index, Packet::new(self.payload.clone(), Delivery::Reliable));
                is_changed = true;
            }
            if is_changed {
                self.transmit(index);
            }
        }
    }

    fn send(&mut self, index: usize, packet: Packet) {
        let client = &mut self.clients[index];
        client.sent += 1;
        self.tally.sent += 1;
        match &mut client.session {
            // What cannot be sent shows as an echo that does not come.
            None => drop(client.socket.send(&packet.data)),
            Some(session) => {
                let _ = session.host.send(session.peer, 0, packet);
            }
        }
    }

    fn transmit(&mut self, index: usize) {
        let now = self.now();
        let Client { socket, runs, session: Some(session), .. } = &mut self.clients[index] else { return };
        while session.host.poll_transmit(now, &mut self.datagram).is_some() {
            if let Some(runs) = runs {
                runs.send(socket, &self.datagram);
                continue;
            }
            // Loopback may be full for a moment: loss, which the protocol repairs.
            let _ = socket.send(&self.datagram);
        }
        if let Some(runs) = runs {
            runs.flush(socket);
        }
    }

    /// Looks at the timers of the next few clients.
    fn keep(&mut self, few: usize) {
        for _ in 0..few.min(self.clients.len()) {
            self.next_kept = (self.next_kept + 1) % self.clients.len();
            let now = self.now();
            let Some(session) = &mut self.clients[self.next_kept].session else { return };
            if session.host.poll_timeout().is_some_and(|due| due <= now) {
                session.host.handle_timeout(now);
                self.take_events(self.next_kept);
                self.transmit(self.next_kept);
            }
        }
    }
}

impl Client {
    fn set_connected(&mut self, is_connected: bool) {
        if let Some(session) = &mut self.session {
            session.is_connected = is_connected;
        }
    }

    /// Receives a datagram or a run of them: the length in all, and that of each but the last.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
        match &self.runs {
            Some(runs) => runs.receive(&self.socket, buffer),
            None => self.socket.recv(buffer).map(|length| (length, length.max(1))),
        }
    }

    /// Counts a packet. Its number is the time of an echo's sending, or counts broadcasts up from 1; a flood has none.
    fn count(&mut self, payload: &[u8], now_ns: u64, tally: &mut Tally) {
        self.received += 1;
        tally.received += 1;
        tally.received_bytes += payload.len() as u64;
        let number = payload.get(1..).and_then(<[u8]>::first_chunk).map(|it| u64::from_le_bytes(*it));
        let Some(number) = number.filter(|&number| number > 0) else { return };
        if self.sent > 0 {
            tally.latencies.push(u32::try_from(now_ns.saturating_sub(number) / 1000).unwrap_or(u32::MAX));
        }
        tally.expected += number.saturating_sub(self.last_number).min(1000);
        self.last_number = number;
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

const CONNECT_LIMIT: Duration = Duration::from_secs(60);
