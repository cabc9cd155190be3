//! The simulated network: two hosts, a link each way, one clock.

use std::collections::VecDeque;
use std::net::SocketAddr;

use enet_netem::{Link, LinkConfig};
use enet_proto::{Delivery, Event, Host, HostConfig, Millis, Packet, PeerId};

pub(crate) const CLIENT: usize = 0;
pub(crate) const SERVER: usize = 1;

/// Just below the wrap of a 32-bit clock, and of the 16-bit one on the wire.
pub(crate) const BEFORE_WRAP: u64 = u32::MAX as u64 - 1500;

pub(crate) fn address(end: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, end as u8 + 1], 7777))
}

/// A client and a server, and the link from each to the other.
pub(crate) struct Pair {
    pub(crate) hosts: [Host; 2],
    pub(crate) links: [Link; 2],
    pub(crate) now: u64,
    /// Events taken so far, with the time, for each host.
    pub(crate) events: [VecDeque<(u64, Event)>; 2],
    /// The datagrams that a host may still answer for, so that a wrong host shows as a failed test, not as a hang.
    budget: usize,
    seed: u64,
}

impl Pair {
    pub(crate) fn new(seed: u64, client_to_server: LinkConfig, server_to_client: LinkConfig) -> Self {
        Self::with_configs(
            seed,
            [client_to_server, server_to_client],
            [HostConfig::default(), HostConfig::default()],
        )
    }

    pub(crate) fn with_configs(seed: u64, links: [LinkConfig; 2], configs: [HostConfig; 2]) -> Self {
        let [to_server, to_client] = links;
        let [client, server] = configs;
        Self {
            hosts: [Host::new(client, seed ^ 1).unwrap(), Host::new(server, seed ^ 2).unwrap()],
            links: [Link::new(to_server, seed ^ 3), Link::new(to_client, seed ^ 4)],
            now: BEFORE_WRAP,
            events: Default::default(),
            budget: 10_000_000,
            seed,
        }
    }

    pub(crate) fn now(&self) -> Millis {
        Millis(self.now)
    }

    /// Begins to connect from the client to the server.
    pub(crate) fn connect(&mut self, channels: u8, data: u32) -> PeerId {
        let now = self.now();
        self.hosts[CLIENT].connect(now, address(SERVER), channels, data).unwrap()
    }

    /// Connects, and returns the two ends' ids for each other.
    #[track_caller]
    pub(crate) fn connected(&mut self, channels: u8) -> [PeerId; 2] {
        let peer = self.connect(channels, 0);
        self.drive_until(40_000, |pair| pair.events.iter().all(|events| !events.is_empty()));
        match [self.take_event(CLIENT), self.take_event(SERVER)] {
            [Some(Event::Connected { peer: client, .. }), Some(Event::Connected { peer: server, .. })] => {
                assert_eq!(peer, client);
                [client, server]
            }
            other => panic!("seed {}: {other:?}", self.seed),
        }
    }

    #[track_caller]
    pub(crate) fn send(&mut self, end: usize, peer: PeerId, channel: u8, data: &[u8], delivery: Delivery) {
        let packet = Packet::new(data.to_vec(), delivery);
        self.hosts[end].send(peer, channel, packet).unwrap();
    }

    /// Lets everything happen that is due at this moment.
    pub(crate) fn settle(&mut self) {
        loop {
            let mut has_moved = false;
            for end in [CLIENT, SERVER] {
                has_moved |= self.service(end);
            }
            if !has_moved {
                return;
            }
        }
    }

    fn service(&mut self, end: usize) -> bool {
        let now = self.now();
        let host = &mut self.hosts[end];
        if host.poll_timeout().is_some_and(|deadline| deadline <= now) {
            host.handle_timeout(now);
        }
        let mut has_moved = false;
        while let Some(datagram) = self.links[1 - end].poll(self.now) {
            has_moved = true;
            host.handle_datagram(now, address(1 - end), &datagram);
        }
        let mut datagram = Vec::new();
        while host.poll_transmit(now, &mut datagram).is_some() {
            has_moved = true;
            self.budget = self.budget.checked_sub(1).unwrap_or_else(|| panic!("seed {}: a storm", self.seed));
            assert!(datagram.len() <= usize::from(host.config().mtu), "seed {}", self.seed);
            self.links[end].send(self.now, &datagram);
        }
        let (now, events) = (self.now, &mut self.events[end]);
        loop {
            let received = |peer, channel, packet| Event::Received { peer, channel, packet };
            host.poll_packets(
                || true,
                |peer, channel, packet| events.push_back((now, received(peer, channel, packet))),
            );
            let Some(event) = host.poll_event() else { break };
            events.push_back((now, event));
        }
        has_moved
    }

    /// Moves the clock to the next moment at which something is due.
    fn advance(&mut self, limit: u64) {
        let arrivals = self.links.iter().filter_map(Link::next_arrival);
        let deadlines = self.hosts.iter().filter_map(Host::poll_timeout).map(|deadline| deadline.0);
        let next = arrivals.chain(deadlines).min().unwrap_or(limit);
        self.now = next.clamp(self.now + 1, limit.max(self.now + 1));
    }

    /// Runs for this many milliseconds.
    pub(crate) fn drive_for(&mut self, ms: u64) {
        let end = self.now + ms;
        self.settle();
        while self.now < end {
            self.advance(end);
            self.settle();
        }
    }

    /// Runs until the condition holds, for at most this many milliseconds.
    #[track_caller]
    pub(crate) fn drive_until(&mut self, limit_ms: u64, mut condition: impl FnMut(&mut Self) -> bool) {
        let end = self.now + limit_ms;
        self.settle();
        while !condition(self) {
            assert!(self.now < end, "seed {}: not within {limit_ms} ms", self.seed);
            self.advance(end);
            self.settle();
        }
    }

    pub(crate) fn take_event(&mut self, end: usize) -> Option<Event> {
        self.events[end].pop_front().map(|(_, event)| event)
    }

    /// The payloads that a host has received and that were not yet taken.
    #[track_caller]
    pub(crate) fn take_payloads(&mut self, end: usize) -> Vec<Vec<u8>> {
        self.events[end]
            .drain(..)
            .map(|(_, event)| match event {
                Event::Received { packet, .. } => packet.data.to_vec(),
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

/// The seeds to run a test with: `count` of them, or the one that `ENET_SEED` names.
pub(crate) fn seeds(count: u64) -> Vec<u64> {
    match std::env::var("ENET_SEED") {
        Ok(seed) => vec![seed.parse().expect("ENET_SEED is a number")],
        Err(_) => (0..count).collect(),
    }
}

pub(crate) fn perfect() -> LinkConfig {
    LinkConfig::PERFECT
}

/// A link that only takes time.
pub(crate) fn delayed(delay_ms: u32) -> LinkConfig {
    LinkConfig { delay_ms, ..LinkConfig::PERFECT }
}
