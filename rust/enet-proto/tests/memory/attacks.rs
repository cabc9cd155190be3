//! One attacker among a hundred. The other 99 notice nothing: the time that each of their packets takes is to the
//! millisecond what it is without the attacker, with the same seeds. What the server allocates has a bound.

use enet_proto::{Delivery, Event, Host, HostConfig, Millis, Packet, PeerId};

use crate::crowd::{Crowd, Histogram, PLAYERS, address, server_address};

/// Milliseconds of attack.
const DURATION: u64 = 4000;
/// What the server's queues may hold for one peer, in each direction.
const LIMIT: usize = 1 << 20;
/// What an attacker may cost: a full queue each way, with the bookkeeping of its entries and the spare room of the
/// collections that hold them.
const MOST_MEMORY: i64 = 8 << 20;

fn config() -> HostConfig {
    HostConfig {
        peers: 300,
        maximum_packet_size: LIMIT,
        maximum_waiting_data: LIMIT,
        maximum_queued_data: LIMIT,
        ..HostConfig::default()
    }
}

struct Attacker {
    host: Host,
    /// What the server expects in its headers.
    header: u16,
    /// The server's name for it.
    peer: PeerId,
    /// It is not meant to stay.
    comes_and_goes: bool,
    counter: u32,
    dice: u64,
}

impl Attacker {
    /// Joins like anyone else, in no time.
    fn join(crowd: &mut Crowd) -> Self {
        let mut host = Host::new(HostConfig { peers: 4095, ..HostConfig::default() }, 99).unwrap();
        host.connect(Millis(crowd.now), server_address(), 2, 0).unwrap();
        let mut datagram = Vec::new();
        for _ in 0..10 {
            while host.poll_transmit(Millis(crowd.now), &mut datagram).is_some() {
                crowd.attack(address(PLAYERS), &datagram);
            }
            crowd.serve();
            for (_, datagram) in std::mem::take(&mut crowd.to_strangers) {
                host.handle_datagram(Millis(crowd.now), server_address(), &datagram);
            }
        }
        let peer = crowd.peers[&address(PLAYERS)];
        let header = crowd.server.peer_header(peer).unwrap();
        Self { host, header, peer, comes_and_goes: false, counter: 0, dice: 7 }
    }

    fn roll(&mut self) -> u32 {
        self.dice = self.dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.dice >> 33) as u32
    }

    /// A datagram that the server takes for the attacker's own.
    fn say(&self, crowd: &mut Crowd, commands: &[u8]) {
        let mut datagram = (0x8000 | self.header).to_be_bytes().to_vec();
        datagram.extend((crowd.now as u16).to_be_bytes());
        datagram.extend(commands);
        crowd.attack(address(PLAYERS), &datagram);
    }

    fn acknowledge(&self, crowd: &mut Crowd, channel: u8, number: u16) {
        let [high, low] = number.to_be_bytes();
        let [time_high, time_low] = (crowd.now as u16).wrapping_sub(30).to_be_bytes();
        self.say(crowd, &[1, channel, high, low, high, low, time_high, time_low]);
    }

    /// 100,000 datagrams a second: pings, empty packets of every kind, and nonsense.
    fn floods(&mut self, crowd: &mut Crowd) {
        for _ in 0..100 {
            self.counter += 1;
            let [_, _, high, low] = self.counter.to_be_bytes();
            match self.counter % 5 {
                0 => self.say(crowd, &[0x85, 0xff, high, low]),
                1 => self.say(crowd, &[0x49, 0, 0, 0, high, low, 0, 0]),
                2 => self.say(crowd, &[0x86, 1, high, low, 0, 0]),
                3 => self.say(crowd, &[0x07, 1, high, low, 0, 1, 0, 0]),
                _ => {
                    let mut nonsense = [self.roll(), self.roll(), self.roll()].map(u32::to_be_bytes).concat();
                    // By chance it would be a DISCONNECT sooner or later, and the end of the attack.
                    nonsense[0] |= 0x0f;
                    self.say(crowd, &nonsense);
                }
            }
        }
    }

    /// Takes everything and acknowledges none of it, but shows that it is there.
    fn never_acknowledges(&mut self, crowd: &mut Crowd) {
        for _ in 0..4 {
            let packet = Packet::new(vec![7; 300], Delivery::Reliable);
            // Refused when its queue is full.
            let _ = crate::counting::inside(|| crowd.server.send(self.peer, 1, packet));
        }
        self.acknowledge(crowd, 0xff, 1);
    }

    /// Acknowledges what was not sent, with any number and any time.
    fn acknowledges_what_was_not_sent(&mut self, crowd: &mut Crowd) {
        for _ in 0..20 {
            let (channel, number) = (self.roll() as u8, self.roll() as u16);
            self.acknowledge(crowd, channel, number);
        }
    }

    /// Begins packet after packet, of a megabyte each, and completes none.
    fn never_completes(&mut self, crowd: &mut Crowd) {
        for _ in 0..20 {
            self.counter += 1;
            let kind = if self.counter.is_multiple_of(2) { 0x88 } else { 0x0c };
            let (channel, start) = (self.roll() as u8 % 2, self.roll() as u16 % 28_000);
            let number = self.roll() % 999;
            let mut fragment = vec![kind, channel];
            fragment.extend((if kind == 0x88 { start.wrapping_add(number as u16) } else { 0 }).to_be_bytes());
            fragment.extend(start.to_be_bytes());
            fragment.extend(1000u16.to_be_bytes());
            for field in [1000, number, 1_000_000, number * 1000] {
                fragment.extend(field.to_be_bytes());
            }
            fragment.extend([7; 1000]);
            self.say(crowd, &fragment);
        }
    }

    /// Connects five times a millisecond, and drops what it gets.
    fn connects_in_a_loop(&mut self, crowd: &mut Crowd) {
        self.comes_and_goes = true;
        let now = Millis(crowd.now);
        for (to, datagram) in std::mem::take(&mut crowd.to_strangers) {
            debug_assert_eq!(to, address(PLAYERS));
            self.host.handle_datagram(now, server_address(), &datagram);
        }
        while let Some(event) = self.host.poll_event() {
            if let Event::Connected { peer, .. } = event {
                self.counter += 1;
                if self.counter.is_multiple_of(2) {
                    self.host.disconnect_now(now, peer, 0);
                } else {
                    self.host.reset(peer);
                }
            }
        }
        for _ in 0..5 {
            let _ = self.host.connect(now, server_address(), 255, 0);
        }
        let mut datagram = Vec::new();
        while self.host.poll_transmit(now, &mut datagram).is_some() {
            crowd.attack(address(PLAYERS), &datagram);
        }
    }
}

type Attack = fn(&mut Attacker, &mut Crowd);

/// What the players saw, and the most that the server took.
fn run(attack: Option<Attack>) -> (Histogram, i64) {
    let mut crowd = Crowd::new(1, config());
    crowd.gather();
    let mut attacker = attack.map(|_| Attacker::join(&mut crowd));
    for _ in 0..DURATION {
        if let (Some(attack), Some(attacker)) = (attack, &mut attacker) {
            attack(attacker, &mut crowd);
        }
        crowd.step();
        if attacker.is_none() {
            assert!(crowd.to_strangers.is_empty());
        }
    }
    let goes_on = attacker
        .is_none_or(|attacker| attacker.comes_and_goes || crowd.peers.contains_key(&address(PLAYERS)));
    assert!(goes_on, "the attacker was thrown out, so that this shows nothing");
    (crowd.latencies, crowd.most_memory)
}

#[track_caller]
fn nobody_else_notices(attack: Attack) {
    let (undisturbed, memory) = run(None);
    let (disturbed, memory_attacked) = run(Some(attack));
    assert!(undisturbed.values().sum::<u32>() > 25_000, "the players hardly spoke");
    assert!(disturbed == undisturbed, "the players noticed");
    let cost = memory_attacked - memory;
    eprintln!("{} KiB for 99 players, {} KiB more for the attacker", memory >> 10, cost >> 10);
    assert!(cost < MOST_MEMORY, "{cost} bytes");
}

#[test]
fn one_who_floods_is_noticed_by_nobody_else() {
    nobody_else_notices(Attacker::floods);
}

#[test]
fn one_who_never_acknowledges_is_noticed_by_nobody_else() {
    nobody_else_notices(Attacker::never_acknowledges);
}

#[test]
fn one_who_acknowledges_what_was_not_sent_is_noticed_by_nobody_else() {
    nobody_else_notices(Attacker::acknowledges_what_was_not_sent);
}

#[test]
fn one_who_never_completes_a_packet_is_noticed_by_nobody_else() {
    nobody_else_notices(Attacker::never_completes);
}

#[test]
fn one_who_connects_in_a_loop_is_noticed_by_nobody_else() {
    nobody_else_notices(Attacker::connects_in_a_loop);
}
