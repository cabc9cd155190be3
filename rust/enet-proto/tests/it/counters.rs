//! What hosts and connections count: that each number moves when it should, and by how much.

use enet_netem::LinkConfig;
use enet_proto::{Delivery, HostConfig, ThrottleConfig};

use crate::network::{CLIENT, Pair, SERVER, delayed, perfect};

/// One packet of each kind, with 1, 2, 4, 8 and 16 bytes.
fn send_each(pair: &mut Pair, peer: enet_proto::PeerId) {
    let kinds = [
        Delivery::Reliable,
        Delivery::Unreliable,
        Delivery::Unsequenced,
        Delivery::UnreliableFragmented,
        Delivery::UnsequencedFragmented,
    ];
    for (size, delivery) in [1, 2, 4, 8, 16].into_iter().zip(kinds) {
        pair.send(CLIENT, peer, 0, &vec![7; size], delivery);
    }
}

#[test]
fn packets_count_by_kind_on_both_ends() {
    let mut pair = Pair::new(1, perfect(), perfect());
    let [server, client] = pair.connected(1);
    send_each(&mut pair, server);
    pair.drive_for(100);

    let sent = pair.hosts[CLIENT].stats().clone();
    let kinds = [sent.sent_reliable_packets, sent.sent_unreliable_packets, sent.sent_unsequenced_packets];
    assert_eq!((kinds, sent.sent_payload_bytes), ([1, 2, 2], 31));
    let stats = pair.hosts[CLIENT].peer_stats(server).expect("connected");
    let kinds = [stats.sent_reliable_packets, stats.sent_unreliable_packets, stats.sent_unsequenced_packets];
    assert_eq!((kinds, stats.sent_payload_bytes), ([1, 2, 2], 31));

    let received = pair.hosts[SERVER].stats().clone();
    let kinds = [
        received.received_reliable_packets,
        received.received_unreliable_packets,
        received.received_unsequenced_packets,
    ];
    assert_eq!((kinds, received.received_payload_bytes, received.received_packets()), ([1, 2, 2], 31, 5));
    let stats = pair.hosts[SERVER].peer_stats(client).expect("connected");
    let kinds = [
        stats.received_reliable_packets,
        stats.received_unreliable_packets,
        stats.received_unsequenced_packets,
    ];
    assert_eq!((kinds, stats.received_payload_bytes), ([1, 2, 2], 31));
}

#[test]
fn datagrams_count_for_the_peer_as_for_the_host() {
    let mut pair = Pair::new(2, perfect(), perfect());
    let [server, client] = pair.connected(1);
    send_each(&mut pair, server);
    pair.drive_for(2000);
    let ends = [(CLIENT, server), (SERVER, client)];
    for (end, peer) in ends {
        let host = pair.hosts[end].stats().clone();
        let stats = pair.hosts[end].peer_stats(peer).expect("connected");
        // The CONNECT, the answer to it and what came back came before there was a peer.
        let before = u64::from(end == SERVER);
        let sent = (host.sent_datagrams - before, host.sent_bytes - 48 * before);
        assert_eq!((stats.sent_datagrams, stats.sent_bytes), sent);
        assert_eq!(stats.received_datagrams, host.received_datagrams - 2 * before);
        assert!(stats.received_bytes > 0);
    }
    let [client, server] = [CLIENT, SERVER].map(|end| pair.hosts[end].stats().clone());
    assert_eq!(client.sent_bytes, server.received_bytes);
}

#[test]
fn what_is_sent_again_counts_and_what_is_in_flight_shows() {
    let lossy = LinkConfig { loss: 1.0, ..delayed(10) };
    let mut pair = Pair::new(3, delayed(10), delayed(10));
    let [server, _] = pair.connected(1);
    pair.drive_for(5000);
    pair.links[CLIENT].set_config(lossy);
    pair.send(CLIENT, server, 0, b"lost", Delivery::Reliable);
    pair.drive_for(2000);
    let stats = pair.hosts[CLIENT].peer_stats(server).expect("connected");
    assert!((2..20).contains(&stats.retransmissions), "{}", stats.retransmissions);
    assert_eq!((stats.in_flight_commands, stats.in_flight_bytes), (1, 4));
    assert_eq!(pair.hosts[CLIENT].stats().retransmissions, stats.retransmissions);
    pair.links[CLIENT].set_config(delayed(10));
    pair.drive_for(5000);
    let stats = pair.hosts[CLIENT].peer_stats(server).expect("connected");
    assert_eq!((stats.in_flight_commands, stats.in_flight_bytes), (0, 0));
}

#[test]
fn what_the_throttle_drops_counts() {
    let mut pair = Pair::new(4, delayed(20), delayed(20));
    let [server, _] = pair.connected(1);
    let shut = ThrottleConfig { interval_ms: 5000, acceleration: 0, deceleration: 32 };
    pair.hosts[CLIENT].configure_throttle(server, shut);
    // Until the reference is steady; then the link grows slow beyond what is granted to jitter.
    pair.drive_for(30_000);
    pair.links.iter_mut().for_each(|link| link.set_config(delayed(400)));
    pair.drive_until(20_000, |pair| {
        pair.hosts[CLIENT].peer_stats(server).is_some_and(|stats| stats.packet_throttle == 0)
    });
    for _ in 0..320 {
        pair.send(CLIENT, server, 0, b"dropped", Delivery::Unreliable);
    }
    pair.settle();
    let stats = pair.hosts[CLIENT].peer_stats(server).expect("connected");
    // One in 32 passes even so.
    assert_eq!(stats.throttled_packets, 310);
    assert_eq!(pair.hosts[CLIENT].stats().throttled_packets, 310);
    assert_eq!(stats.sent_unreliable_packets, 320);
}

#[test]
fn the_pings_of_both_sides_share_their_datagrams() {
    let config = HostConfig { spares_pings: false, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [delayed(20), delayed(20)], [config.clone(), config]);
    let [server, client] = pair.connected(1);
    // Something reliable between two pings of the client puts the sides out of step.
    pair.drive_for(300);
    pair.send(SERVER, client, 0, b"once", Delivery::Reliable);
    pair.drive_for(2000);
    let datagrams = |pair: &Pair| pair.hosts.each_ref().map(|host| host.stats().sent_datagrams);
    let before: u64 = datagrams(&pair).iter().sum();
    pair.drive_for(10_000);
    let after: u64 = datagrams(&pair).iter().sum();
    // A ping, its answer with the other side's ping, and the answer to that, each half second and a round trip.
    assert!((54..=58).contains(&(after - before)), "{}", after - before);
    assert!(pair.hosts[CLIENT].peer_stats(server).is_some_and(|stats| stats.round_trip_time_ms >= 40));
}
