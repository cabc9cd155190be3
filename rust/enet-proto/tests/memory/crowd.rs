//! A server and 99 players on seeded links of their own, and room for an attacker.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use enet_netem::{Link, LinkConfig};
use enet_proto::{Delivery, Event, Host, HostConfig, Millis, Packet, PeerId};

use crate::counting::{counted, inside};

pub(crate) const PLAYERS: usize = 99;

/// A player's address, or an attacker's.
pub(crate) fn address(number: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 1, number as u8], 7777))
}

pub(crate) fn server_address() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 7777))
}

struct Player {
    host: Host,
    peer: PeerId,
    address: SocketAddr,
    to_server: Link,
    from_server: Link,
}

/// How many packets took how many milliseconds, for each direction and kind: what a player notices.
pub(crate) type Histogram = BTreeMap<(&'static str, bool, u64), u32>;

pub(crate) struct Crowd {
    pub(crate) server: Host,
    players: Vec<Player>,
    /// The server's names for everyone who is connected, by address.
    pub(crate) peers: BTreeMap<SocketAddr, PeerId>,
    pub(crate) now: u64,
    pub(crate) latencies: Histogram,
    /// What the server allocated and did not free, at most, in bytes.
    pub(crate) most_memory: i64,
    memory_before: i64,
    datagram: Vec<u8>,
    /// What the server has for addresses that are no players.
    pub(crate) to_strangers: Vec<(SocketAddr, Vec<u8>)>,
}

impl Crowd {
    pub(crate) fn new(seed: u64, config: HostConfig) -> Self {
        let memory_before = counted().bytes;
        let link = LinkConfig { delay_ms: 20, jitter_ms: 20, loss: 0.02, ..LinkConfig::PERFECT };
        let players = (0..PLAYERS).map(|player| {
            let seed = seed.wrapping_mul(1000) + player as u64 * 3;
            let mut host = Host::new(HostConfig { peers: 1, ..HostConfig::default() }, seed).unwrap();
            let peer = host.connect(Millis(1), server_address(), 2, 0).unwrap();
            let [to_server, from_server] = [1, 2].map(|way| Link::new(link.clone(), seed + way));
            Player { host, peer, address: address(player), to_server, from_server }
        });
        Self {
            server: inside(|| Host::new(config, seed).unwrap()),
            players: players.collect(),
            peers: BTreeMap::new(),
            now: 1,
            latencies: Histogram::new(),
            most_memory: 0,
            memory_before,
            datagram: Vec::new(),
            to_strangers: Vec::new(),
        }
    }

    /// Lets every player in.
    pub(crate) fn gather(&mut self) {
        while self.peers.len() < PLAYERS {
            self.step();
            assert!(self.now < 20_000, "{} of {PLAYERS}", self.peers.len());
        }
    }

    /// One millisecond of everybody's life; twenty times a second all say something to each other.
    pub(crate) fn step(&mut self) {
        self.now += 1;
        if self.now.is_multiple_of(50) && self.peers.len() >= PLAYERS {
            self.speak();
        }
        self.serve_players();
        self.serve();
        self.most_memory = self.most_memory.max(counted().bytes - self.memory_before);
    }

    fn speak(&mut self) {
        let packet = |delivery| Packet::new(self.now.to_be_bytes().to_vec(), delivery);
        for delivery in [Delivery::Reliable, Delivery::Unsequenced] {
            for player in &mut self.players {
                player.host.send(player.peer, 0, packet(delivery)).unwrap();
                let peer = self.peers[&player.address];
                inside(|| self.server.send(peer, 0, packet(delivery)).unwrap());
            }
        }
    }

    fn serve_players(&mut self) {
        let now = Millis(self.now);
        for player in &mut self.players {
            while let Some(datagram) = player.from_server.poll(self.now) {
                player.host.handle_datagram(now, server_address(), &datagram);
            }
            player.host.handle_timeout(now);
            while player.host.poll_transmit(now, &mut self.datagram).is_some() {
                player.to_server.send(self.now, &self.datagram);
            }
            while let Some(event) = player.host.poll_event() {
                note(&mut self.latencies, self.now, "from the server", &event);
            }
            while let Some(datagram) = player.to_server.poll(self.now) {
                inside(|| self.server.handle_datagram(now, player.address, &datagram));
            }
        }
    }

    pub(crate) fn serve(&mut self) {
        let now = Millis(self.now);
        inside(|| self.server.handle_timeout(now));
        while let Some(to) = inside(|| self.server.poll_transmit(now, &mut self.datagram)) {
            match self.players.iter_mut().find(|player| player.address == to) {
                Some(player) => player.from_server.send(self.now, &self.datagram),
                None => self.to_strangers.push((to, self.datagram.clone())),
            }
        }
        while let Some(event) = inside(|| self.server.poll_event()) {
            match &event {
                Event::Connected { peer, address, .. } => {
                    self.peers.insert(*address, *peer);
                }
                Event::Disconnected { peer, .. } => {
                    self.peers.retain(|_, one| one != peer);
                    assert!(self.peers.len() >= PLAYERS, "a player was lost");
                }
                Event::Received { peer, .. } if self.is_player(*peer) => {
                    note(&mut self.latencies, self.now, "to the server", &event);
                }
                _ => {}
            }
            inside(|| drop(event));
        }
    }

    fn is_player(&self, peer: PeerId) -> bool {
        self.server.peer_address(peer).is_some_and(|from| from < address(PLAYERS))
    }

    /// An attacker's datagram arrives.
    pub(crate) fn attack(&mut self, from: SocketAddr, datagram: &[u8]) {
        let now = Millis(self.now);
        inside(|| self.server.handle_datagram(now, from, datagram));
    }
}

fn note(latencies: &mut Histogram, now: u64, way: &'static str, event: &Event) {
    if let Event::Received { packet, .. } = event {
        let sent = u64::from_be_bytes(packet.data[..8].try_into().unwrap());
        *latencies.entry((way, packet.delivery == Delivery::Reliable, now - sent)).or_default() += 1;
    }
}
