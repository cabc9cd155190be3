//! Packets of every kind and size over links that behave.

use enet_netem::LinkConfig;
use enet_proto::{Delivery, Event, HostConfig, Packet, SendError};

use crate::network::{CLIENT, Pair, SERVER, delayed, perfect};

const KINDS: [Delivery; 5] = [
    Delivery::Reliable,
    Delivery::Unreliable,
    Delivery::Unsequenced,
    Delivery::UnreliableFragmented,
    Delivery::UnsequencedFragmented,
];

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 31 + i / 251) as u8).collect()
}

#[test]
fn every_kind_and_size_arrives_whole_in_both_directions() {
    for delivery in KINDS {
        for length in [0, 1, 100, 1364, 1365, 1392, 2728, 2729, 10_000, 100_000, 1 << 20] {
            let mut pair = Pair::new(1, delayed(5), delayed(5));
            let peers = pair.connected(2);
            for end in [CLIENT, SERVER] {
                let sent = bytes(length);
                pair.send(end, peers[end], 1, &sent, delivery);
                pair.drive_for(2000);
                let Some(Event::Received { peer, channel: 1, packet }) = pair.take_event(1 - end) else {
                    panic!("{delivery:?} {length}")
                };
                assert_eq!(peer, peers[1 - end]);
                assert!(packet.data == sent, "{delivery:?} {length}");
                assert_eq!(packet.delivery, received_as(delivery, length), "{length}");
                assert!(pair.events[1 - end].is_empty());
            }
        }
    }
}

fn received_as(sent: Delivery, length: usize) -> Delivery {
    match sent {
        Delivery::Unreliable | Delivery::Unsequenced if length > 1364 => Delivery::Reliable,
        Delivery::UnreliableFragmented if length <= 1364 => Delivery::Unreliable,
        Delivery::UnsequencedFragmented if length <= 1364 => Delivery::Unsequenced,
        Delivery::UnsequencedFragmented => Delivery::UnreliableFragmented,
        sent => sent,
    }
}

#[test]
fn channels_do_not_wait_for_each_other() {
    let mut pair = Pair::new(1, delayed(10), delayed(10));
    let peers = pair.connected(255);
    pair.links[CLIENT].drop_next(1);
    pair.send(CLIENT, peers[CLIENT], 0, b"lost", Delivery::Reliable);
    pair.settle();
    pair.send(CLIENT, peers[CLIENT], 0, b"waits", Delivery::Reliable);
    pair.send(CLIENT, peers[CLIENT], 254, b"free", Delivery::Reliable);
    pair.drive_for(12);
    assert_eq!(pair.take_payloads(SERVER), [b"free"]);
    pair.drive_for(2000);
    assert_eq!(pair.take_payloads(SERVER), [&b"lost"[..], b"waits"]);
}

#[test]
fn what_one_moment_queues_shares_a_datagram() {
    let mut pair = Pair::new(1, perfect(), perfect());
    let peers = pair.connected(1);
    let before = pair.hosts[CLIENT].stats().sent_datagrams;
    for i in 0..20 {
        let delivery = KINDS[i % KINDS.len()];
        pair.send(CLIENT, peers[CLIENT], 0, &bytes(20), delivery);
    }
    pair.settle();
    assert_eq!(pair.hosts[CLIENT].stats().sent_datagrams - before, 1);
    assert_eq!(pair.take_payloads(SERVER).len(), 20);
}

#[test]
fn a_broadcast_shares_one_buffer() {
    let mut pair = Pair::with_configs(
        1,
        [perfect(), perfect()],
        [
            HostConfig { peers: 100, ..HostConfig::default() },
            HostConfig { peers: 100, ..HostConfig::default() },
        ],
    );
    for _ in 0..100 {
        pair.connect(2, 0);
    }
    pair.drive_for(100);
    pair.events.iter_mut().for_each(std::collections::VecDeque::clear);
    let packet = Packet::new(bytes(50_000), Delivery::Reliable);
    assert_eq!(pair.hosts[SERVER].broadcast(1, &packet), 100);
    assert!(!packet.data.is_unique());
    pair.drive_for(3000);
    let received = pair.take_payloads(CLIENT);
    assert_eq!(received.len(), 100);
    assert!(received.iter().all(|data| *data == packet.data));
    assert!(packet.data.is_unique());
    assert_eq!(pair.hosts[SERVER].broadcast(2, &packet), 0);
}

#[test]
fn misuse_is_an_error_and_sends_nothing() {
    let mut pair = Pair::with_configs(
        1,
        [perfect(), perfect()],
        [HostConfig { maximum_packet_size: 5000, ..HostConfig::default() }, HostConfig::default()],
    );
    let connecting = pair.connect(2, 0);
    let packet = |length| Packet::new(bytes(length), Delivery::Reliable);
    assert_eq!(pair.hosts[CLIENT].send(connecting, 0, packet(1)), Err(SendError::NotConnected));
    pair.drive_for(100);
    assert_eq!(pair.hosts[CLIENT].send(connecting, 2, packet(1)), Err(SendError::NoSuchChannel));
    assert_eq!(pair.hosts[CLIENT].send(connecting, 0, packet(5001)), Err(SendError::TooLarge));
    assert_eq!(pair.hosts[CLIENT].send(connecting, 0, packet(5000)), Ok(()));
    let now = pair.now();
    pair.hosts[CLIENT].disconnect_now(now, connecting, 0);
    assert_eq!(pair.hosts[CLIENT].send(connecting, 0, packet(1)), Err(SendError::UnknownPeer));
}

#[test]
fn more_fragments_than_the_receiver_can_hold_are_refused_at_once() {
    let config = HostConfig { mtu: 576, maximum_packet_size: 64 << 20, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [config.clone(), config]);
    let peers = pair.connected(1);
    let fits = 548 * 24_577;
    let packet = |length| Packet::new(vec![7; length], Delivery::Reliable);
    assert_eq!(pair.hosts[CLIENT].send(peers[CLIENT], 0, packet(548 * 28_672)), Err(SendError::TooLarge));
    assert_eq!(pair.hosts[CLIENT].send(peers[CLIENT], 0, packet(fits)), Ok(()));
    pair.drive_until(60_000, |pair| !pair.events[SERVER].is_empty());
    assert_eq!(pair.take_payloads(SERVER)[0].len(), fits);
}

#[test]
fn a_long_stream_wraps_every_number() {
    let mut pair = Pair::new(1, delayed(1), delayed(1));
    let peers = pair.connected(1);
    let mut next = 0u32;
    for round in 0..700u32 {
        for i in 0..100u32 {
            let number = round * 100 + i;
            pair.send(CLIENT, peers[CLIENT], 0, &number.to_be_bytes(), Delivery::Reliable);
            pair.send(CLIENT, peers[CLIENT], 0, b"unsequenced", Delivery::Unsequenced);
        }
        pair.drive_for(20);
        for payload in pair.take_payloads(SERVER) {
            if payload.len() == 4 {
                assert_eq!(payload, next.to_be_bytes());
                next += 1;
            }
        }
    }
    assert_eq!(next, 70_000);
    assert_eq!(pair.hosts[SERVER].stats().received_packets(), 140_000);
}

#[test]
fn idle_peers_are_pinged_and_measured() {
    let mut pair = Pair::new(1, delayed(40), delayed(40));
    let peers = pair.connected(1);
    pair.drive_for(60_000);
    assert!(pair.events.iter().all(|events| events.is_empty()));
    for end in [CLIENT, SERVER] {
        let stats = pair.hosts[end].peer_stats(peers[end]).unwrap();
        assert_eq!(stats.round_trip_time_ms, 80);
        assert_eq!(stats.packet_loss, 0);
    }
    // A ping or its acknowledgement about every half second in each direction while the round-trip time is not known, then
    // every four.
    let datagrams = pair.hosts[CLIENT].stats().sent_datagrams;
    assert!((20..=40).contains(&datagrams), "{datagrams}");
}

#[test]
fn throughput_is_a_window_a_round_trip() {
    // 64 KiB each 100 ms: 1 MiB takes 16 rounds and the way there. A window that grows takes half more in each round.
    for (maximum_window, took) in [(0, 1500..=1900), (1 << 20, 500..=700)] {
        let config = HostConfig { maximum_window, ..HostConfig::default() };
        let mut pair = Pair::with_configs(1, [delayed(50), delayed(50)], [config.clone(), config]);
        let peers = pair.connected(1);
        pair.send(CLIENT, peers[CLIENT], 0, &bytes(1 << 20), Delivery::Reliable);
        let start = pair.now;
        pair.drive_until(60_000, |pair| !pair.events[SERVER].is_empty());
        assert!(took.contains(&(pair.now - start)), "{}", pair.now - start);
    }
}

#[test]
fn a_lost_packet_comes_again_after_the_measured_time() {
    let mut pair = Pair::new(1, delayed(50), delayed(50));
    let peers = pair.connected(1);
    pair.drive_for(20_000);
    pair.links[CLIENT].drop_next(1);
    let start = pair.now;
    pair.send(CLIENT, peers[CLIENT], 0, b"again", Delivery::Reliable);
    pair.drive_until(5000, |pair| !pair.events[SERVER].is_empty());
    // 100 ms round trip and 20 ms slack until it counts as lost, 50 ms on the way.
    assert_eq!(pair.now - start, 170);
}

#[test]
fn unreliable_packets_are_never_repeated_or_reordered_within_a_kind() {
    let link = LinkConfig { delay_ms: 20, loss: 0.2, reorder: 0.2, duplicate: 0.2, ..LinkConfig::PERFECT };
    let mut pair = Pair::new(7, link, delayed(20));
    let peers = pair.connected(2);
    for number in 0..2000u32 {
        pair.send(CLIENT, peers[CLIENT], 0, &number.to_be_bytes(), Delivery::Unreliable);
        pair.send(CLIENT, peers[CLIENT], 1, &number.to_be_bytes(), Delivery::Unsequenced);
        pair.drive_for(3);
    }
    pair.drive_for(1000);
    let mut received = [Vec::new(), Vec::new()];
    for (_, event) in pair.events[SERVER].drain(..) {
        let Event::Received { channel, packet, .. } = event else { panic!("{event:?}") };
        received[usize::from(channel)].push(u32::from_be_bytes(packet.data[..].try_into().unwrap()));
    }
    let [sequenced, mut unsequenced] = received;
    assert!(sequenced.is_sorted_by(|a, b| a < b));
    assert!(!unsequenced.is_sorted());
    let count = unsequenced.len();
    unsequenced.sort_unstable();
    unsequenced.dedup();
    assert_eq!(count, unsequenced.len());
    assert!((1500..=1700).contains(&count), "{count}");
    assert!((900..count).contains(&sequenced.len()), "{}", sequenced.len());
}
