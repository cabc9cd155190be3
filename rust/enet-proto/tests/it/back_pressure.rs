//! An application that does not take its events: memory stays bounded, reliable packets are slowed at their source,
//! unreliable ones make way for newer ones, and one peer's mail does not hold up another's.

use std::{cell::Cell, net::SocketAddr};

use enet_proto::{Delivery, Event, Host, HostConfig, Millis, Packet, PeerId};

use crate::network::{BEFORE_WRAP, address};

/// One server and several clients, joined by nothing but time, on which only the clients' events are taken.
struct Star {
    now: u64,
    server: Host,
    clients: Vec<Host>,
    /// The server, as each client knows it.
    peers: Vec<PeerId>,
}

fn client_address(index: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 1, index as u8], 5000))
}

impl Star {
    fn new(config: HostConfig, clients: usize) -> Self {
        let mut star = Self {
            now: BEFORE_WRAP,
            server: Host::new(config, 1).unwrap(),
            clients: (0..clients)
                .map(|seed| Host::new(HostConfig::default(), seed as u64).unwrap())
                .collect(),
            peers: Vec::new(),
        };
        for client in &mut star.clients {
            star.peers.push(client.connect(Millis(star.now), address(1), 1, 0).unwrap());
        }
        star.run(200);
        for _ in 0..clients {
            assert!(matches!(star.server.poll_event(), Some(Event::Connected { .. })));
        }
        star
    }

    fn run(&mut self, ms: u64) {
        for _ in 0..ms / 10 {
            self.now += 10;
            for _ in 0..4 {
                self.exchange();
            }
        }
    }

    fn exchange(&mut self) {
        let now = Millis(self.now);
        let mut datagram = Vec::new();
        for (index, client) in self.clients.iter_mut().enumerate() {
            if client.poll_timeout().is_some_and(|due| due <= now) {
                client.handle_timeout(now);
            }
            while client.poll_transmit(now, &mut datagram).is_some() {
                self.server.handle_datagram(now, client_address(index), &datagram);
            }
            while let Some(event) = client.poll_event() {
                assert!(!matches!(event, Event::Disconnected { .. }), "client {index} gave up");
            }
        }
        if self.server.poll_timeout().is_some_and(|due| due <= now) {
            self.server.handle_timeout(now);
        }
        while let Some(to) = self.server.poll_transmit(now, &mut datagram) {
            let index = (0..self.clients.len()).find(|&index| client_address(index) == to).unwrap();
            self.clients[index].handle_datagram(now, address(1), &datagram);
        }
    }

    fn send(&mut self, client: usize, number: u32, size: usize, delivery: Delivery) {
        let mut data = number.to_be_bytes().to_vec();
        data.resize(size.max(4), 7);
        self.clients[client].send(self.peers[client], 0, Packet::new(data, delivery)).unwrap();
    }

    fn waiting(&self) -> Vec<u64> {
        let stats = self.server.peers().filter_map(|peer| self.server.peer_stats(peer));
        stats.map(|stats| stats.waiting_bytes).collect()
    }

    /// The numbers of the packets that the server has now: from whom, how, which.
    fn take(&mut self) -> Vec<(usize, Delivery, u32)> {
        let events: Vec<Event> = std::iter::from_fn(|| self.server.poll_event()).collect();
        let numbers = events.into_iter().map(|event| match event {
            Event::Received { peer, packet, .. } => {
                let number = packet.data[..4].try_into().unwrap();
                (self.client_of(peer), packet.delivery, u32::from_be_bytes(number))
            }
            other => panic!("{other:?}"),
        });
        numbers.collect()
    }

    /// The client that the server knows by this name.
    fn client_of(&self, peer: PeerId) -> usize {
        let address = self.server.peer_address(peer).unwrap();
        (0..self.clients.len()).find(|&client| client_address(client) == address).unwrap()
    }
}

/// The main thread hangs for 60 seconds while ten peers send on: nobody gives up, memory is bounded, and afterwards
/// everything reliable comes in order. Of the unreliable packets the last ones are there.
#[test]
fn a_minute_of_deafness_costs_nothing_reliable() {
    const LIMIT: usize = 100_000;
    let config = HostConfig {
        maximum_waiting_data: LIMIT,
        maximum_total_waiting_data: 2 << 20,
        ..HostConfig::default()
    };
    let mut star = Star::new(config, 10);
    let largest = |star: &Star| star.waiting().into_iter().max().unwrap_or(0);
    let sent = 60 * 20;
    for number in 0..sent {
        // 20 kB/s of orders and as much of states from each, three times what fits.
        for client in 0..10 {
            star.send(client, number, 1000, Delivery::Reliable);
            star.send(client, number, 1000, Delivery::Unsequenced);
        }
        star.run(50);
        assert!(largest(&star) < LIMIT as u64 + 1100, "{}", largest(&star));
    }
    assert!(star.server.stats().dropped_stale > 1000);
    let mut next = [0; 10];
    let mut last_state = [0; 10];
    for _ in 0..100 {
        for (client, delivery, number) in star.take() {
            if delivery == Delivery::Reliable {
                assert_eq!(number, next[client]);
                next[client] += 1;
            } else {
                assert!(number >= last_state[client]);
                last_state[client] = number;
            }
        }
        star.run(100);
    }
    assert_eq!(next, [sent; 10]);
}

#[test]
fn the_newest_unreliable_packets_are_the_ones_that_are_kept() {
    for delivery in [Delivery::Unsequenced, Delivery::Unreliable, Delivery::UnreliableFragmented] {
        let config = HostConfig { maximum_waiting_data: 50_000, ..HostConfig::default() };
        let mut star = Star::new(config, 1);
        for number in 0..500 {
            star.send(0, number, 500, delivery);
            star.run(10);
        }
        let numbers: Vec<u32> = star.take().into_iter().map(|(_, _, number)| number).collect();
        let first = *numbers.first().unwrap();
        assert_eq!(numbers, (first..500).collect::<Vec<_>>(), "{delivery:?}");
        assert!(first > 300, "{delivery:?}: {first}");
        assert_eq!(star.server.stats().dropped_stale, u64::from(first), "{delivery:?}");
        assert_eq!(star.waiting(), [0]);
    }
}

#[test]
fn empty_packets_have_an_end_too() {
    let config = HostConfig { maximum_waiting_data: 10_000, ..HostConfig::default() };
    let mut star = Star::new(config, 1);
    for _ in 0..5000 {
        star.clients[0].send(star.peers[0], 0, Packet::new(Vec::new(), Delivery::Reliable)).unwrap();
    }
    star.run(10_000);
    let mut waiting = 0;
    while star.server.poll_event().is_some() {
        waiting += 1;
    }
    assert!((70..=90).contains(&waiting), "{waiting} empty packets waited");
}

#[test]
fn a_peer_with_much_mail_does_not_hold_up_the_others() {
    let mut star = Star::new(HostConfig::default(), 3);
    for number in 0..1000 {
        star.send(0, number, 10, Delivery::Reliable);
    }
    star.run(1000);
    star.send(1, 7, 10, Delivery::Reliable);
    star.send(2, 8, 10, Delivery::Reliable);
    star.run(20);
    let first: Vec<usize> = star.take().into_iter().take(3).map(|(client, ..)| client).collect();
    assert_eq!(first, [0, 1, 2]);
}

#[test]
fn a_held_peer_waits_and_is_slowed_down() {
    let config = HostConfig { maximum_waiting_data: 20_000, ..HostConfig::default() };
    let mut star = Star::new(config, 2);
    let held = star.server.peers().find(|&peer| star.client_of(peer) == 0).unwrap();
    star.server.hold(held, true);
    for number in 0..100 {
        star.send(0, number, 1000, Delivery::Reliable);
        star.send(1, number, 1000, Delivery::Reliable);
    }
    star.run(10_000);
    let mut from_other = Vec::new();
    for _ in 0..100 {
        from_other.extend(star.take());
        star.run(100);
    }
    let expected: Vec<_> = (0..100).map(|number| (1, Delivery::Reliable, number)).collect();
    assert_eq!(from_other, expected);
    assert!((20_000..22_000).contains(&star.server.peer_stats(held).unwrap().waiting_bytes));
    star.server.hold(held, false);
    let mut next = 0;
    for _ in 0..100 {
        for (_, _, number) in star.take() {
            assert_eq!(number, next);
            next += 1;
        }
        star.run(100);
    }
    assert_eq!(next, 100);
}

#[test]
fn the_end_of_a_held_connection_is_told() {
    let mut star = Star::new(HostConfig::default(), 1);
    let held = star.server.peers().find(|&peer| star.client_of(peer) == 0).unwrap();
    star.server.hold(held, true);
    star.send(0, 5, 10, Delivery::Reliable);
    star.run(100);
    assert!(star.server.poll_event().is_none());
    star.clients[0].disconnect_now(Millis(star.now), star.peers[0], 3);
    star.run(20);
    assert!(matches!(star.server.poll_event(), Some(Event::Received { .. })));
    assert!(matches!(star.server.poll_event(), Some(Event::Disconnected { .. })));
}

/// What is handed over without an event is what the events would have been, and they go on from there.
#[test]
fn packets_that_are_handed_over_take_turns_like_events_and_stop_at_one() {
    let mut star = Star::new(HostConfig::default(), 2);
    for client in [0, 1] {
        (0..3).for_each(|number| star.send(client, number, 10, Delivery::Reliable));
    }
    star.run(100);
    star.clients[1].disconnect_now(Millis(star.now), star.peers[1], 3);
    star.run(20);
    let mut take = |most| {
        let left = Cell::new(most);
        let mut taken = Vec::new();
        star.server.poll_packets(
            || left.get() > 0,
            |peer, channel, packet| {
                left.set(left.get() - 1);
                taken.push((peer, channel, packet.data[3]));
            },
        );
        taken
    };
    let some = take(5);
    assert_eq!(
        some.iter().map(|&(_, channel, number)| (channel, number)).collect::<Vec<_>>(),
        [(0, 0), (0, 0), (0, 1), (0, 1), (0, 2)]
    );
    let (one, other) = (some[0].0, some[1].0);
    assert_ne!(one, other);
    assert_eq!(take(usize::MAX), [(other, 0, 2)]);
    assert!(star.waiting().into_iter().all(|bytes| bytes == 0));
    assert!(matches!(star.server.poll_event(), Some(Event::Disconnected { .. })));
    assert_eq!(star.server.poll_event(), None);
}

#[test]
fn unreliable_packets_that_cannot_leave_make_way_for_newer_ones() {
    let config = HostConfig { maximum_queued_unreliable: 10_000, ..HostConfig::default() };
    let mut star = Star::new(HostConfig::default(), 0);
    star.clients.push(Host::new(config, 7).unwrap());
    star.peers.push(star.clients[0].connect(Millis(star.now), address(1), 1, 0).unwrap());
    star.run(200);
    assert!(matches!(star.server.poll_event(), Some(Event::Connected { .. })));
    // Nothing leaves in between.
    star.send(0, 1000, 5000, Delivery::UnreliableFragmented);
    star.clients[0].ping(star.peers[0]);
    for number in 0..100 {
        star.send(0, number, 1000, Delivery::Unreliable);
        star.send(0, number, 1000, Delivery::Reliable);
    }
    assert_eq!(star.clients[0].stats().dropped_unsent, 92);
    star.run(2000);
    let taken = star.take();
    let of = |wanted| {
        let numbers = taken.iter().filter(move |(_, delivery, _)| *delivery == wanted);
        numbers.map(|&(.., number)| number).collect::<Vec<_>>()
    };
    assert_eq!(of(Delivery::Unreliable), (91..100).collect::<Vec<_>>());
    assert_eq!(of(Delivery::Reliable), (0..100).collect::<Vec<_>>());
    assert!(of(Delivery::UnreliableFragmented).is_empty());
}
