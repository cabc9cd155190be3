//! Whole sessions at random: links from perfect to hopeless, clocks from anywhere, calls in any order, forged datagrams
//! in between. Whatever happens:
//!
//! * every reliable packet arrives once and in order, every other one at most once, and all of them undamaged;
//! * every `Connected` is followed by one `Disconnected`, unless the application ended the connection without one;
//! * no connection is given up while its link is *usable*: at most 30 % loss each way, at most 600 ms there and back.
//!   Attempts to connect fail there as rarely as once in 500 sessions, and the next one succeeds.
//!
//! `ENET_SESSIONS=n` runs n of them, and not the few that every test run has time for.

use std::collections::{BTreeMap, BTreeSet};

use enet_netem::{BurstLoss, LinkConfig};
use enet_proto::{
    Delivery, DisconnectReason, Event, Host, HostConfig, Packet, PeerId, PeerState, RangeCoder,
    ThrottleConfig,
};

use crate::dice::Dice;
use crate::hostile::plausible;
use crate::network::{CLIENT, Pair, SERVER, address, seeds};

const CHANNELS: u8 = 4;

#[derive(Clone, Copy, PartialEq)]
enum Links {
    Usable,
    Any,
}

/// What one end has sent in one connection: the next number for each stream.
#[derive(Clone, Debug, Default)]
struct Sent {
    reliable: [u32; CHANNELS as usize],
    unreliable: [u32; CHANNELS as usize],
    unsequenced: u32,
}

/// What one end has received in one connection.
#[derive(Debug, Default)]
struct Received {
    reliable: [u32; CHANNELS as usize],
    /// One more than the last number.
    unreliable: [u32; CHANNELS as usize],
    unsequenced: BTreeSet<u32>,
}

#[derive(Debug)]
struct Connection {
    received: Received,
    has_ended: bool,
}

/// What one end knows.
#[derive(Default)]
struct Side {
    connections: BTreeMap<PeerId, Connection>,
    /// The connection that both ends are in.
    current: Option<PeerId>,
    /// Attempts to connect that may fail without having begun.
    attempts: BTreeSet<PeerId>,
    sent: Sent,
}

struct Session {
    pair: Pair,
    link_configs: [LinkConfig; 2],
    dice: Dice,
    sides: [Side; 2],
    links: Links,
    has_checksums: bool,
    /// Either side has said goodbye, or cut the line: from here on, timeouts are in order.
    is_ending: bool,
    /// Connections that were given up over a link that is not usable.
    lost: u32,
    failed_attempts: u32,
    /// A single session tells what happens in it.
    is_loud: bool,
    context: String,
}

fn link(dice: &mut Dice, links: Links, corrupt: f64) -> LinkConfig {
    let (loss, delay) = if links == Links::Usable { (0.3, 120) } else { (0.6, 400) };
    // Half the links lose little: the best is as much of a case as the worst.
    let loss = if dice.chance(50) { dice.share(0.05) } else { dice.share(loss) };
    let has_bursts = links == Links::Any && dice.chance(20);
    LinkConfig {
        delay_ms: dice.below(delay) as u32,
        jitter_ms: if dice.chance(50) { dice.below(120) as u32 } else { 0 },
        loss,
        burst_loss: has_bursts.then(|| BurstLoss::average(0.1, 1.0 + dice.share(20.0))),
        duplicate: if dice.chance(50) { dice.share(0.3) } else { 0.0 },
        reorder: if dice.chance(50) { dice.share(0.4) } else { 0.0 },
        corrupt,
        ..LinkConfig::PERFECT
    }
}

/// The clock begins anywhere, and often where one of its parts is about to wrap.
fn beginning(dice: &mut Dice) -> u64 {
    match dice.below(4) {
        0 => dice.below(5000),
        1 => 0x8000 * (1 + dice.below(1 << 20)) - dice.below(10_000),
        2 => u64::from(u32::MAX) - dice.below(30_000),
        _ => dice.roll() >> 8,
    }
}

impl Session {
    fn new(seed: u64, links: Links) -> Self {
        let mut dice = Dice::new(seed);
        let has_checksums = dice.chance(40);
        let corrupt = if has_checksums && dice.chance(70) { dice.share(0.1) } else { 0.0 };
        let config = HostConfig { checksums: has_checksums, ..HostConfig::default() };
        let both = [(); 2].map(|()| link(&mut dice, links, corrupt));
        let mut pair = Pair::with_configs(seed, both.clone(), [config.clone(), config]);
        pair.now = beginning(&mut dice);
        if dice.chance(25) {
            pair.hosts.iter_mut().for_each(|host| host.set_compressor(Some(Box::new(RangeCoder::new()))));
        }
        let context = format!("ENET_SEED={seed}");
        let sides = Default::default();
        let is_loud = std::env::var_os("ENET_SEED").is_some();
        if is_loud {
            eprintln!("{both:?}");
        }
        Self {
            pair,
            link_configs: both,
            dice,
            sides,
            links,
            has_checksums,
            is_ending: false,
            lost: 0,
            failed_attempts: 0,
            is_loud,
            context,
        }
    }

    /// Returns how many connections were given up, and how many attempts to connect failed.
    fn run(mut self) -> (u32, u32) {
        for _ in 0..1 + self.dice.below(3) {
            self.is_ending = false;
            self.sides.iter_mut().for_each(|side| side.sent = Sent::default());
            if self.meet() {
                self.talk();
                self.part();
            }
            self.clear_up();
        }
        (self.lost, self.failed_attempts)
    }

    /// Connects; whether both ends know of it. Who fails tries again, once.
    fn meet(&mut self) -> bool {
        let has_met = self.try_to_meet() || self.try_to_meet();
        assert!(has_met || self.links == Links::Any, "{}: they did not meet", self.context);
        has_met
    }

    fn try_to_meet(&mut self) -> bool {
        self.is_ending = false;
        let attempt = self.pair.connect(CHANNELS, 7);
        self.sides[CLIENT].attempts.insert(attempt);
        for _ in 0..80 {
            self.drive(500);
            if self.sides.iter().all(|side| side.current.is_some()) {
                return true;
            }
            if !self.sides[CLIENT].attempts.contains(&attempt) && self.sides[CLIENT].current.is_none() {
                break;
            }
        }
        self.failed_attempts += 1;
        if let Some(peer) = self.sides[CLIENT].current {
            self.leave(CLIENT, peer, Host::disconnect_now);
        }
        self.clear_up();
        false
    }

    fn talk(&mut self) {
        for _ in 0..10 + self.dice.below(50) {
            let end = self.dice.below(2) as usize;
            let Some(peer) = self.sides[end].current else { return };
            match self.dice.below(40) {
                0 => self.pair.hosts[end].ping(peer),
                1 => self.set_something(end, peer),
                2 => self.forge(end),
                _ => (0..self.dice.below(6)).for_each(|_| self.send(end, peer)),
            }
            let ms = [0, 1, 16, 100, 2000][self.dice.below(5) as usize];
            let ms = self.dice.below(ms + 1);
            self.drive(ms);
        }
    }

    fn send(&mut self, end: usize, peer: PeerId) {
        let channel = self.dice.below(CHANNELS.into()) as u8;
        let delivery = [
            Delivery::Reliable,
            Delivery::Reliable,
            Delivery::Unreliable,
            Delivery::Unsequenced,
            Delivery::UnreliableFragmented,
        ][self.dice.below(5) as usize];
        let sent = &mut self.sides[end].sent;
        let number = match delivery {
            Delivery::Reliable => &mut sent.reliable[usize::from(channel)],
            Delivery::Unsequenced => &mut sent.unsequenced,
            _ => &mut sent.unreliable[usize::from(channel)],
        };
        let length = if self.dice.chance(5) { self.dice.below(9000) } else { self.dice.below(120) };
        let packet = Packet::new(payload(delivery, *number, length as usize), delivery);
        *number += 1;
        // Refused when the remote has ended the connection and the event is still under way.
        let taken = self.pair.hosts[end].send(peer, channel, packet).is_ok();
        assert!(taken || self.pair.hosts[end].peer_state(peer) != PeerState::Connected, "{}", self.context);
    }

    fn set_something(&mut self, end: usize, peer: PeerId) {
        let host = &mut self.pair.hosts[end];
        match self.dice.below(4) {
            0 => host.set_ping_interval(peer, self.dice.below(2000) as u32),
            1 => host.set_bandwidth_limit(self.dice.below(2) as u32 * 500_000, 30_000),
            2 => host.set_bandwidth_limit(0, 0),
            _ => {
                let [interval_ms, acceleration, deceleration] =
                    [10_000, 32, 32].map(|most| self.dice.below(most) as u32);
                host.configure_throttle(peer, ThrottleConfig { interval_ms, acceleration, deceleration });
            }
        }
    }

    /// A datagram that nobody sent. Without checksums it comes from elsewhere: from the remote's own address it could
    /// be anything that the remote may say.
    fn forge(&mut self, end: usize) {
        let current = self.sides[end].current;
        let header = current.and_then(|peer| self.pair.hosts[end].peer_header(peer)).unwrap_or(0);
        let from = if self.has_checksums { address(1 - end) } else { address(9) };
        for _ in 0..5 {
            let length = self.dice.below(60) as usize;
            let random = self.dice.bytes(length);
            let now = self.pair.now();
            self.pair.hosts[end].handle_datagram(now, from, &random);
            let plausible = plausible(&mut self.dice, header);
            self.pair.hosts[end].handle_datagram(now, from, &plausible);
        }
    }

    /// Ends the connection in one of the ways that there are.
    fn part(&mut self) {
        if self.dice.chance(60) {
            self.finish();
        }
        let end = self.dice.below(2) as usize;
        let Some(peer) = self.sides[end].current else { return };
        self.is_ending = true;
        match self.dice.below(6) {
            0 => self.leave(end, peer, |host, _, peer, _| host.reset(peer)),
            1 => self.leave(end, peer, Host::disconnect_now),
            2 => self.pair.hosts[end].disconnect(self.pair.now(), peer, 5),
            3 => self.pair.hosts[end].disconnect_later(self.pair.now(), peer, 5),
            4 => self.both_leave(),
            _ => self.cut(),
        }
    }

    /// Waits until both ends have every reliable packet of the other.
    fn finish(&mut self) {
        for _ in 0..600 {
            if self.sides.iter().any(|side| side.current.is_none()) {
                return;
            }
            if [CLIENT, SERVER].into_iter().all(|end| self.has_everything(end)) {
                return;
            }
            self.drive(500);
        }
        panic!("{}: not everything arrived", self.context);
    }

    fn has_everything(&self, end: usize) -> bool {
        let side = &self.sides[end];
        let connection = side.current.and_then(|peer| side.connections.get(&peer));
        connection.is_some_and(|connection| connection.received.reliable == self.sides[1 - end].sent.reliable)
    }

    fn both_leave(&mut self) {
        for end in [CLIENT, SERVER] {
            if let Some(peer) = self.sides[end].current {
                self.pair.hosts[end].disconnect(self.pair.now(), peer, 6);
            }
        }
    }

    /// Ends a connection in a way that gives this end no event.
    fn leave(&mut self, end: usize, peer: PeerId, how: fn(&mut Host, enet_proto::Millis, PeerId, u32)) {
        let now = self.pair.now();
        how(&mut self.pair.hosts[end], now, peer, 4);
        self.sides[end].connections.get_mut(&peer).expect("it is current").has_ended = true;
        self.sides[end].current = None;
    }

    fn cut(&mut self) {
        let dead = LinkConfig { loss: 1.0, ..LinkConfig::PERFECT };
        self.pair.links.iter_mut().for_each(|link| link.set_config(dead.clone()));
    }

    /// Until nobody has a connection any more.
    fn clear_up(&mut self) {
        self.is_ending = true;
        for _ in 0..130 {
            if self.pair.hosts.iter().all(|host| host.peers().next().is_none()) {
                break;
            }
            self.drive(1000);
        }
        assert!(
            self.pair.hosts.iter().all(|host| host.peers().next().is_none()),
            "{}: a peer is left",
            self.context
        );
        for side in &self.sides {
            assert!(
                side.connections.values().all(|one| one.has_ended),
                "{}: an end is missing",
                self.context
            );
            assert!(side.attempts.is_empty() && side.current.is_none(), "{}", self.context);
        }
        for (link, config) in self.pair.links.iter_mut().zip(&self.link_configs) {
            link.set_config(config.clone());
        }
        // A goodbye of the old connection that is still under way would end the next one, if that is in the same slot and
        // has no answer yet: there is nothing to tell the two apart by.
        self.drive(2000);
    }

    fn drive(&mut self, ms: u64) {
        self.pair.drive_for(ms);
        for end in [CLIENT, SERVER] {
            while let Some(event) = self.pair.take_event(end) {
                self.take(end, event);
            }
        }
    }

    fn take(&mut self, end: usize, event: Event) {
        if self.is_loud && !matches!(event, Event::Received { .. }) {
            eprintln!("{} {end}: {event:?}", self.pair.now);
        }
        let side = &mut self.sides[end];
        match event {
            Event::Connected { peer, .. } => {
                let connection = Connection { received: Received::default(), has_ended: false };
                assert!(side.connections.insert(peer, connection).is_none(), "{}: twice", self.context);
                side.attempts.remove(&peer);
                side.current = Some(peer);
            }
            Event::Received { peer, channel, packet } => {
                let connection = side.connections.get_mut(&peer).filter(|connection| !connection.has_ended);
                let Some(connection) = connection else { panic!("{}: from nobody", self.context) };
                connection.received.take(channel, &packet.data, &self.context);
            }
            Event::Disconnected { peer, reason } => {
                match side.connections.get_mut(&peer) {
                    Some(connection) => {
                        assert!(!std::mem::replace(&mut connection.has_ended, true), "{}", self.context)
                    }
                    None => {
                        assert!(side.attempts.remove(&peer), "{}: {peer:?} was nobody", self.context);
                        return;
                    }
                }
                side.current = side.current.filter(|&current| current != peer);
                self.judge(reason);
            }
            _ => panic!("{}: an event of an unknown kind", self.context),
        }
    }

    /// Whether a connection may have ended.
    fn judge(&mut self, reason: DisconnectReason) {
        if self.is_ending {
            return;
        }
        // The other end may have been the first to give up; it says nothing, so this is no goodbye.
        assert_eq!(reason, DisconnectReason::TimedOut, "{}", self.context);
        assert!(self.links == Links::Any, "{}: given up over a usable link", self.context);
        self.lost += 1;
    }
}

impl Received {
    fn take(&mut self, channel: u8, data: &[u8], context: &str) {
        let number = u32::from_be_bytes(data[1..5].try_into().unwrap());
        let channel = usize::from(channel);
        match data[0] {
            0 => {
                assert_eq!(number, self.reliable[channel], "{context}: reliable, channel {channel}");
                self.reliable[channel] += 1;
            }
            1 => assert!(self.unsequenced.insert(number), "{context}: unsequenced {number} twice"),
            _ => {
                assert!(number >= self.unreliable[channel], "{context}: unreliable {number} too late");
                self.unreliable[channel] = number + 1;
            }
        }
        let filling = &data[5..];
        assert!(filling.iter().enumerate().all(|(at, &byte)| byte == fill(number, at)), "{context}: damaged");
    }
}

fn payload(delivery: Delivery, number: u32, length: usize) -> Vec<u8> {
    let kind = match delivery {
        Delivery::Reliable => 0,
        Delivery::Unsequenced => 1,
        _ => 2,
    };
    let mut bytes = vec![kind];
    bytes.extend(number.to_be_bytes());
    bytes.extend((0..length).map(|at| fill(number, at)));
    bytes
}

fn fill(number: u32, at: usize) -> u8 {
    (at as u32 ^ number.wrapping_mul(31)) as u8
}

/// How many sessions a test runs: a part in every test run, all in the soak.
fn sessions() -> u64 {
    std::env::var("ENET_SESSIONS").map_or(400, |count| count.parse::<u64>().expect("a number") / 2)
}

#[test]
fn over_usable_links_nobody_is_given_up() {
    let (mut failed, mut count) = (0, 0);
    for seed in seeds(sessions()) {
        failed += Session::new(seed, Links::Usable).run().1;
        count += 1;
    }
    eprintln!("{count} sessions, {failed} attempts to connect failed");
    assert!(u64::from(failed) <= 1 + count / 500, "{failed} of {count}");
}

#[test]
fn over_any_link_nothing_comes_twice_or_out_of_order() {
    let (mut lost, mut count) = (0, 0);
    for seed in seeds(sessions()) {
        lost += Session::new(seed, Links::Any).run().0;
        count += 1;
    }
    eprintln!("{count} sessions, {lost} connections given up");
    assert!(u64::from(lost) <= count, "{lost} of {count}");
}
