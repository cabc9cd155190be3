//! Caps and their consequences: what waits, what is queued, what the bandwidth allows.

use enet_netem::LinkConfig;
use enet_proto::{Delivery, Event, Host, HostConfig, Packet, SendError, ThrottleConfig};

use crate::network::{BEFORE_WRAP, CLIENT, Pair, SERVER, address, delayed, perfect};

/// An application that takes no event for minutes loses nothing, is not given up, and holds a bounded amount.
#[test]
fn a_game_that_does_not_listen_slows_its_peers_and_loses_nothing() {
    let server = HostConfig { maximum_waiting_data: 100_000, ..HostConfig::default() };
    let mut sender = Host::new(HostConfig::default(), 1).unwrap();
    let mut deaf = Host::new(server, 2).unwrap();
    let mut net = TwoHosts { now: BEFORE_WRAP, hosts: [&mut sender, &mut deaf] };
    let peer = net.hosts[0].connect(enet_proto::Millis(net.now), address(SERVER), 1, 0).unwrap();
    net.run(100);
    assert!(matches!(net.hosts[0].poll_event(), Some(Event::Connected { .. })));
    for number in 0..5000u32 {
        let mut data = number.to_be_bytes().to_vec();
        data.resize(200, 7);
        net.hosts[0].send(peer, 0, Packet::new(data, Delivery::Reliable)).unwrap();
    }
    net.run(120_000);
    let waiting: u64 = net.hosts[1]
        .peers()
        .filter_map(|peer| net.hosts[1].peer_stats(peer))
        .map(|stats| stats.waiting_bytes)
        .sum();
    assert!((100_000..100_400).contains(&waiting), "{waiting}");
    assert!(net.hosts[0].poll_event().is_none(), "the sender gave up");
    // It wakes up.
    let mut next = 0u32;
    for _ in 0..600 {
        net.run(1000);
        while let Some(event) = net.hosts[1].poll_event() {
            if let Event::Received { packet, .. } = event {
                assert_eq!(packet.data[..4], next.to_be_bytes());
                next += 1;
            }
        }
        if next == 5000 {
            return;
        }
    }
    panic!("{next} of 5000");
}

/// Two hosts joined without a link, whose events stay where they are.
struct TwoHosts<'a> {
    now: u64,
    hosts: [&'a mut Host; 2],
}

impl TwoHosts<'_> {
    fn run(&mut self, ms: u64) {
        let mut datagram = Vec::new();
        for _ in 0..ms / 5 {
            self.now += 5;
            let now = enet_proto::Millis(self.now);
            for end in [0, 1, 0] {
                if self.hosts[end].poll_timeout().is_some_and(|deadline| deadline <= now) {
                    self.hosts[end].handle_timeout(now);
                }
                while self.hosts[end].poll_transmit(now, &mut datagram).is_some() {
                    let datagram = datagram.clone();
                    self.hosts[1 - end].handle_datagram(now, address(end), &datagram);
                }
            }
        }
    }
}

#[test]
fn a_peer_that_takes_nothing_fills_its_queue_and_no_more() {
    let client = HostConfig { maximum_queued_data: 50_000, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [client, HostConfig::default()]);
    let peers = pair.connected(1);
    pair.links[SERVER].drop_next(usize::MAX);
    let packet = Packet::new(vec![7; 1000], Delivery::Reliable);
    let mut taken = 0;
    while pair.hosts[CLIENT].send(peers[CLIENT], 0, packet.clone()).is_ok() {
        taken += 1;
        pair.settle();
        assert!(taken < 1000);
    }
    assert_eq!(pair.hosts[CLIENT].send(peers[CLIENT], 0, packet), Err(SendError::QueueFull));
    let stats = pair.hosts[CLIENT].peer_stats(peers[CLIENT]).unwrap();
    assert_eq!(stats.queued_bytes, 50_000);
    assert!(stats.in_flight_bytes <= 65536);
}

#[test]
fn a_limited_host_stays_within_its_bandwidth() {
    let server = HostConfig { outgoing_bandwidth: 20_000, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [delayed(10), delayed(10)], [HostConfig::default(), server]);
    let peers = pair.connected(1);
    let mut before = 0;
    for packet in 0..1200 {
        // 100 kB/s, of which the first two seconds find the share.
        if packet == 200 {
            before = pair.hosts[SERVER].stats().sent_bytes;
        }
        pair.send(SERVER, peers[SERVER], 0, &[7; 1000], Delivery::Unreliable);
        pair.drive_for(10);
    }
    let rate = (pair.hosts[SERVER].stats().sent_bytes - before) / 10;
    assert!((10_000..=30_000).contains(&rate), "{rate} bytes a second");
    assert!(!pair.events[CLIENT].is_empty());
}

#[test]
fn shares_of_the_incoming_bandwidth_are_told_when_they_change() {
    let client = HostConfig { outgoing_bandwidth: 500_000, ..HostConfig::default() };
    let server = HostConfig { incoming_bandwidth: 300_000, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [client, server]);
    let first = pair.connected(1);
    pair.drive_for(3000);
    assert_eq!(pair.hosts[CLIENT].peer_stats(first[CLIENT]).unwrap().window_bytes, 16384);
    pair.connected(1);
    pair.drive_for(3000);
    assert_eq!(pair.hosts[CLIENT].peer_stats(first[CLIENT]).unwrap().window_bytes, 8192);
    pair.hosts[SERVER].set_bandwidth_limit(0, 0);
    pair.drive_for(3000);
    assert_eq!(pair.hosts[CLIENT].peer_stats(first[CLIENT]).unwrap().window_bytes, 28672);
}

#[test]
fn unlimited_hosts_have_nothing_to_tell() {
    let mut pair = Pair::new(1, perfect(), perfect());
    pair.connected(1);
    let before = pair.hosts[SERVER].stats().sent_bytes;
    pair.drive_for(10_000);
    // Pings (8 bytes) and acknowledgements (10 bytes) only: no BANDWIDTH_LIMIT is twelve.
    let bytes = pair.hosts[SERVER].stats().sent_bytes - before;
    assert!(bytes <= 41 * 18, "{bytes}");
}

#[test]
fn throttle_settings_reach_the_remote() {
    let mut pair = Pair::new(1, delayed(5), delayed(5));
    let peers = pair.connected(1);
    let throttle = ThrottleConfig { interval_ms: 1234, acceleration: 5, deceleration: 6 };
    pair.hosts[CLIENT].configure_throttle(peers[CLIENT], throttle);
    pair.drive_for(100);
    let stats = pair.hosts[SERVER].peer_stats(peers[SERVER]).unwrap();
    assert_eq!(stats.packet_throttle_interval_ms, 1234);
    assert_eq!((stats.packet_throttle_acceleration, stats.packet_throttle_deceleration), (5, 6));
}

#[test]
fn frame_jitter_holds_nothing_back() {
    let link = LinkConfig { delay_ms: 1, jitter_ms: 16, ..LinkConfig::PERFECT };
    let mut pair = Pair::new(3, link.clone(), link);
    let peers = pair.connected(1);
    for _ in 0..2000 {
        pair.send(CLIENT, peers[CLIENT], 0, b"state", Delivery::Unsequenced);
        pair.drive_for(16);
    }
    pair.drive_for(1000);
    assert_eq!(pair.take_payloads(SERVER).len(), 2000);
    assert_eq!(pair.hosts[CLIENT].peer_stats(peers[CLIENT]).unwrap().packet_throttle, 32);
}

#[test]
fn loss_is_measured() {
    let lossy = LinkConfig { delay_ms: 10, loss: 0.25, ..LinkConfig::PERFECT };
    let mut pair = Pair::new(3, lossy, delayed(10));
    let peers = pair.connected(1);
    for _ in 0..8000 {
        pair.send(CLIENT, peers[CLIENT], 0, b"x", Delivery::Reliable);
        pair.drive_for(16);
    }
    let loss = f64::from(pair.hosts[CLIENT].peer_stats(peers[CLIENT]).unwrap().packet_loss) / 65536.0;
    assert!((0.15..0.30).contains(&loss), "{loss}");
}
