//! One server and many players, each with a host, an address and links of its own, one clock.

use std::net::SocketAddr;

use enet_netem::{Link, LinkConfig};
use enet_proto::{Delivery, Event, Host, HostConfig, Millis, Packet, PeerId};

/// Where the server is.
pub(crate) fn server_address() -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], 7777))
}

/// Where a player is: each in a prefix of its own.
pub(crate) fn player_address(player: usize) -> SocketAddr {
    let [_, _, high, low] = (player as u32).to_be_bytes();
    SocketAddr::from(([20, high, low, 7], 4000))
}

pub(crate) struct Player {
    pub(crate) host: Host,
    /// What the player calls the server, once it has tried to join.
    pub(crate) peer: Option<PeerId>,
    pub(crate) began: u64,
    /// When the player and the server said that they are connected.
    pub(crate) joined: [Option<u64>; 2],
    pub(crate) was_dropped: bool,
    /// Packets that came from the server: when, and what.
    pub(crate) received: Vec<(u64, Vec<u8>)>,
    links: [Link; 2],
}

pub(crate) struct Town {
    pub(crate) server: Host,
    pub(crate) players: Vec<Player>,
    pub(crate) now: u64,
    /// Datagrams and bytes that the server sent to somebody who is no player.
    pub(crate) stray: (u64, u64),
    /// The most that the server had at once.
    pub(crate) most_half_open: u64,
    /// Packets that came from players: when, the address, and what.
    pub(crate) received: Vec<(u64, SocketAddr, Vec<u8>)>,
    addresses: std::collections::HashMap<SocketAddr, usize>,
}

impl Town {
    pub(crate) fn new(seed: u64, server: HostConfig) -> Self {
        Self {
            server: Host::new(server, seed).unwrap(),
            players: Vec::new(),
            now: 1000,
            stray: (0, 0),
            most_half_open: 0,
            received: Vec::new(),
            addresses: Default::default(),
        }
    }

    /// A player that has not tried to join.
    pub(crate) fn add(&mut self, seed: u64, link: &LinkConfig) -> usize {
        let player = self.players.len();
        let seed = seed.wrapping_mul(1_000_003) ^ player as u64;
        self.addresses.insert(player_address(player), player);
        self.players.push(Player {
            host: Host::new(HostConfig { peers: 1, ..HostConfig::default() }, seed).unwrap(),
            peer: None,
            began: 0,
            joined: [None; 2],
            was_dropped: false,
            received: Vec::new(),
            links: [Link::new(link.clone(), seed ^ 1), Link::new(link.clone(), seed ^ 2)],
        });
        player
    }

    pub(crate) fn join(&mut self, player: usize) {
        let now = Millis(self.now);
        let player = &mut self.players[player];
        player.began = now.0;
        player.peer = Some(player.host.connect(now, server_address(), 2, 0).unwrap());
    }

    pub(crate) fn send(&mut self, player: usize, data: &[u8]) {
        let player = &mut self.players[player];
        let packet = Packet::new(data.to_vec(), Delivery::Reliable);
        player.host.send(player.peer.expect("it has joined"), 0, packet).unwrap();
    }

    /// Lets a millisecond pass.
    pub(crate) fn step(&mut self) {
        self.now += 1;
        let now = Millis(self.now);
        for index in 0..self.players.len() {
            self.step_player(now, index);
        }
        if self.server.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.server.handle_timeout(now);
        }
        self.drain_server();
    }

    pub(crate) fn run(&mut self, ms: u64) {
        for _ in 0..ms {
            self.step();
        }
    }

    fn step_player(&mut self, now: Millis, index: usize) {
        let player = &mut self.players[index];
        while let Some(datagram) = player.links[1].poll(now.0) {
            player.host.handle_datagram(now, server_address(), &datagram);
        }
        if player.host.poll_timeout().is_some_and(|deadline| deadline <= now) {
            player.host.handle_timeout(now);
        }
        let mut datagram = Vec::new();
        while player.host.poll_transmit(now, &mut datagram).is_some() {
            player.links[0].send(now.0, &datagram);
        }
        while let Some(event) = player.host.poll_event() {
            match event {
                Event::Connected { .. } => player.joined[0] = Some(now.0),
                Event::Disconnected { .. } => player.was_dropped = true,
                Event::Received { packet, .. } => player.received.push((now.0, packet.data.to_vec())),
                other => panic!("{other:?}"),
            }
        }
        while let Some(datagram) = player.links[0].poll(now.0) {
            self.server.handle_datagram(now, player_address(index), &datagram);
        }
    }

    /// Takes what the server has to say.
    pub(crate) fn drain_server(&mut self) {
        self.most_half_open = self.most_half_open.max(self.server.stats().half_open);
        let mut datagram = Vec::new();
        while let Some(to) = self.server.poll_transmit(Millis(self.now), &mut datagram) {
            match self.addresses.get(&to) {
                Some(&player) => self.players[player].links[1].send(self.now, &datagram),
                None => {
                    self.stray.0 += 1;
                    self.stray.1 += datagram.len() as u64;
                }
            }
        }
        while let Some(event) = self.server.poll_event() {
            match event {
                Event::Connected { address, .. } => {
                    let player = &mut self.players[self.addresses[&address]];
                    player.joined[1] = Some(self.now);
                }
                Event::Received { peer, packet, .. } => {
                    let from = self.server.peer_address(peer).expect("it is there");
                    self.received.push((self.now, from, packet.data.to_vec()));
                }
                _ => {}
            }
        }
    }
}

/// Makes CONNECTs that nobody will ever follow up, each from another address unless told otherwise.
pub(crate) struct Forger {
    datagram: Vec<u8>,
    count: u32,
}

impl Forger {
    pub(crate) fn new() -> Self {
        let mut host = Host::new(HostConfig::default(), 99).unwrap();
        host.connect(Millis(0), server_address(), 255, 0).unwrap();
        let mut datagram = Vec::new();
        assert!(host.poll_transmit(Millis(0), &mut datagram).is_some());
        assert_eq!(datagram.len(), 52);
        Self { datagram, count: 0 }
    }

    /// The next one, and where it claims to be from.
    pub(crate) fn forge(&mut self) -> (SocketAddr, &[u8]) {
        self.count += 1;
        // The token is at the end, before the value for the event.
        self.datagram[44..48].copy_from_slice(&self.count.to_be_bytes());
        // 4 million addresses in 16,384 prefixes, none of them a player's.
        let [_, b, c, d] = (self.count & 0x3F_FFFF).to_be_bytes();
        (SocketAddr::from(([100 + b, c, d, 9], 5000)), &self.datagram)
    }

    /// Sends so many to the server at this moment.
    pub(crate) fn flood(&mut self, town: &mut Town, count: usize) {
        for _ in 0..count {
            let (from, datagram) = self.forge();
            town.server.handle_datagram(Millis(town.now), from, datagram);
        }
        town.drain_server();
    }
}
