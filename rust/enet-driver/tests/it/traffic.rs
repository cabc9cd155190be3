//! Packets of every kind and size there and back, statistics, and several hosts on the one thread.

use std::{
    thread,
    time::{Duration, Instant},
};

use enet_driver::{
    Recipients,
    enet_proto::{Delivery, Packet},
};

use crate::common::{
    Pair, connect, local, next_connection, next_packet, open, open_with, reliable, wait_for,
};

#[test]
fn every_delivery_and_size_is_echoed() {
    let pair = Pair::new();
    for delivery in [
        Delivery::Reliable,
        Delivery::Unreliable,
        Delivery::Unsequenced,
        Delivery::UnreliableFragmented,
        Delivery::UnsequencedFragmented,
    ] {
        for size in [0, 1, 1000, 5000, 20_000] {
            let sent: Vec<u8> = (0..size).map(|i| u8::try_from(i % 251).expect("below 251")).collect();
            pair.send_to_server(Packet::new(sent.clone(), delivery));
            let (from, channel, packet) = next_packet(&pair.server);
            assert_eq!(from, pair.on_server.peer);
            pair.server.send(Recipients::One(from), channel, packet).expect("room for a packet");
            assert_eq!(next_packet(&pair.client).2.data, sent, "{size} bytes, {delivery:?}");
        }
    }
}

#[test]
fn a_megabyte_arrives_whole() {
    let pair = Pair::new();
    let sent: Vec<u8> = (0..1_u32 << 20).map(|i| i.to_le_bytes()[1] ^ i.to_le_bytes()[0]).collect();
    pair.send_to_server(reliable(sent.clone()));
    assert_eq!(next_packet(&pair.server).2.data, sent);
}

#[test]
fn a_packet_reaches_one_some_or_all() {
    let server = open();
    let port = server.local_addr().port();
    let clients: Vec<_> = (0..3)
        .map(|_| {
            let client = open();
            connect(&client, "127.0.0.1", port);
            next_connection(&client);
            let seen_as = next_connection(&server).peer;
            (client, seen_as)
        })
        .collect();
    let ends =
        [Recipients::Many(vec![clients[0].1, clients[2].1]), Recipients::One(clients[1].1), Recipients::All];
    for (number, to) in (1_u8..).zip(ends) {
        server.send(to, 0, reliable([number])).expect("room for a packet");
    }
    for (index, first) in [1, 2, 1].into_iter().enumerate() {
        assert_eq!(next_packet(&clients[index].0).2.data[..], [first]);
        assert_eq!(next_packet(&clients[index].0).2.data[..], [3]);
    }
}

#[test]
fn an_ipv4_and_an_ipv6_client_show_plain_addresses() {
    let server = open();
    let port = server.local_addr().port();
    let clients = ["127.0.0.1", "::1", "[::1]"].map(|literal| (literal, open()));
    for (literal, client) in &clients {
        connect(client, literal, port);
        let on_client = next_connection(client);
        let on_server = next_connection(&server);
        let plain = literal.trim_matches(['[', ']']);
        assert_eq!(on_client.address, std::net::SocketAddr::new(plain.parse().expect("a literal"), port));
        assert_eq!(on_server.address.ip().to_string(), plain);
        assert_eq!(on_server.address.port(), client.local_addr().port());
    }
}

#[test]
fn two_servers_share_the_thread_and_nothing_else() {
    let pairs = [Pair::new(), Pair::new()];
    for (number, pair) in (0_u8..).zip(&pairs) {
        pair.send_to_server(reliable([number]));
    }
    for (number, pair) in (0_u8..).zip(&pairs) {
        assert_eq!(next_packet(&pair.server).2.data[..], [number]);
        assert!(pair.server.poll_event().is_none());
    }
}

#[test]
fn the_round_trip_time_does_not_depend_on_the_game() {
    let pair = Pair::new();
    let link = &pair.on_client.link;
    pair.client.set_ping_interval(pair.on_client.peer, 20);
    // A game that looks four times a second. The estimate starts at 500 ms and needs several samples.
    let rtt = wait_for("a short round-trip time", || {
        let next_frame = Instant::now() + Duration::from_millis(250);
        while Instant::now() < next_frame {
            thread::park_timeout(next_frame - Instant::now());
        }
        assert!(pair.server.poll_event().is_none() && pair.client.poll_event().is_none());
        Some(link.stats().round_trip_time_ms).filter(|&rtt| rtt < 5)
    });
    assert!(rtt < 5);
}

#[test]
fn one_frame_leaves_in_few_datagrams() {
    let pair = Pair::with(local(), local());
    let sent_datagrams = || pair.client.stats().sent_datagrams;
    // Packets are spread over half a millisecond, as a game makes them. The best of many frames counts: now and then
    // the machine tears one in two, or a ping falls between.
    let best = (0..50).map(|_| {
        let before = sent_datagrams();
        let started = Instant::now();
        for number in 0..10_u8 {
            while started.elapsed() < Duration::from_micros(50) * u32::from(number) {
                std::hint::spin_loop();
            }
            pair.send_to_server(reliable([number]));
        }
        for number in 0..10_u8 {
            assert_eq!(next_packet(&pair.server).2.data[..], [number]);
        }
        wait_for("the counter", || Some(sent_datagrams() - before).filter(|&sent| sent > 0))
    });
    assert!(best.min().is_some_and(|best| best <= 2));
}

#[test]
fn refused_packets_are_counted() {
    let pair = Pair::with(local(), local());
    pair.client.send(Recipients::One(pair.on_client.peer), 200, reliable([1])).expect("room for a packet");
    wait_for("the counter", || (pair.client.io_stats().refused_packets == 1).then_some(()));
    let big = open_with(local());
    let too_large = reliable(vec![0; (32 << 20) + 1]);
    assert_eq!(big.send(Recipients::All, 0, too_large), Err(enet_driver::CommandError::TooLarge));
}
