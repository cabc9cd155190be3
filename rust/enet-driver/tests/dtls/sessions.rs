//! Encrypted connections that work.

use std::{net::UdpSocket, time::Duration};

use enet_driver::{
    Announcement, HostEvent, HostHandle, HostOptions, Recipients, SearchRequest,
    enet_proto::{Delivery, DisconnectReason, Packet, PeerTimeouts},
};

use super::both;
use crate::common::{
    PATIENCE, Pair, connect, local, next_connection, next_event, next_packet, open_with, reliable, request,
    wait_for,
};
use crate::support::{Relay, RelayLinks, seed};

#[test]
fn packets_of_every_size_arrive_and_no_datagram_exceeds_the_mtu() {
    let (server, client) = both();
    let pair = Pair::with(server, client);
    for length in [0, 1, 1300, 1400, 100_000] {
        pair.send_to_server(reliable(vec![7; length]));
        assert_eq!(next_packet(&pair.server).2.data.len(), length);
        let back = Packet::new(vec![8; length], Delivery::Reliable);
        pair.server.send(Recipients::One(pair.on_server.peer), 0, back).expect("room for a packet");
        assert_eq!(next_packet(&pair.client).2.data.len(), length);
    }
    // 1392 bytes of a datagram, less what a record adds.
    assert_eq!(pair.on_client.link.stats().mtu, 1355);
    assert_eq!((pair.server.dtls_stats().sessions, pair.client.dtls_stats().sessions), (1, 1));
}

#[test]
fn nothing_of_a_packet_is_to_be_seen_on_the_wire() {
    let (server, client) = both();
    let server = open_with(server);
    let between = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    between.set_read_timeout(Some(PATIENCE)).expect("a timeout above 0");
    let client = open_with(client);
    connect(&client, "127.0.0.1", between.local_addr().expect("a bound socket").port());
    let (mut seen, mut buffer, mut client_at) = (Vec::new(), [0; 2048], None);
    let mut is_sent = false;
    while !matches!(server.poll_event(), Some(HostEvent::Received { .. })) {
        let (length, from) = between.recv_from(&mut buffer).expect("a datagram");
        let to = if from == server.local_addr() { client_at } else { Some(server.local_addr()) };
        client_at = if from == server.local_addr() { client_at } else { Some(from) };
        seen.extend_from_slice(&buffer[..length]);
        between.send_to(&buffer[..length], to.expect("the client speaks first")).expect("a loopback");
        if let Some(HostEvent::Connected { peer, .. }) = client.poll_event() {
            client.send(Recipients::One(peer), 0, reliable(*b"a secret in plain words")).expect("room");
            is_sent = true;
        }
    }
    assert!(is_sent && seen.len() > 500);
    assert!(!seen.windows(8).any(|window| window == b"a secret"));
}

#[test]
fn a_bad_network_delays_and_loses_nothing_that_is_reliable() {
    let (server, client) = both();
    let server = open_with(server);
    let relay = Relay::start(server.local_addr(), RelayLinks::lossy(), seed());
    let client = open_with(HostOptions { connect_timeout: PATIENCE, ..client });
    connect(&client, "127.0.0.1", relay.address().port());
    let on_client = next_connection(&client);
    client.set_timeouts(
        on_client.peer,
        PeerTimeouts { limit: 1 << 20, minimum_ms: 60_000, maximum_ms: 60_000 },
    );
    next_connection(&server);
    for number in 0..300_u16 {
        client.send(Recipients::One(on_client.peer), 0, reliable(number.to_be_bytes())).expect("room");
    }
    for number in 0..300_u16 {
        assert_eq!(next_packet(&server).2.data[..], number.to_be_bytes());
    }
    assert!(relay.stop() > 0, "the relay lost nothing");
}

#[test]
fn encryption_can_be_set_up_on_an_open_host_before_anything_was_sent() {
    let (server, client) = both();
    let (server_dtls, client_dtls) = (server.dtls.expect("set"), client.dtls.expect("set"));
    let (server, client) = (open_with(local()), open_with(local()));
    let port = server.local_addr().port();
    server.set_dtls(server_dtls);
    // By address and by name, which is looked up meanwhile.
    for address in ["127.0.0.1", "localhost"] {
        let token = client.connect_held(request(address, port)).expect("a running host");
        assert!(client.wait_event(Duration::from_millis(50)).is_none());
        client.set_dtls(client_dtls.clone());
        client.release(token);
        let on_client = next_connection(&client);
        let on_server = next_connection(&server);
        assert_eq!((on_client.token, on_server.data), (Some(token), 7));
        client.disconnect(on_client.peer, enet_driver::Disconnect::Now, 0);
        assert!(matches!(next_event(&server), HostEvent::Disconnected { .. }));
    }
    assert_eq!(server.dtls_stats().dropped_datagrams, 0, "something was sent in the open");
}

#[test]
fn what_began_in_the_open_ends_or_begins_anew() {
    let (server, client) = both();
    let (server_dtls, client_dtls) = (server.dtls.expect("set"), client.dtls.expect("set"));
    let pair = Pair::new();
    pair.server.set_dtls(server_dtls);
    assert!(matches!(
        next_event(&pair.server),
        HostEvent::Disconnected { peer, reason: DisconnectReason::Local } if peer == pair.on_server.peer
    ));
    // This attempt's first datagrams are nothing to the server, and it goes on by DTLS.
    let client = open_with(local());
    let token = connect(&client, "127.0.0.1", pair.server.local_addr().port());
    wait_for("a datagram in the open", || (pair.server.dtls_stats().dropped_datagrams > 0).then_some(()));
    client.set_dtls(client_dtls);
    assert_eq!(next_connection(&client).token, Some(token));
}

#[test]
fn whoever_ends_says_so_and_leaves_no_session() {
    let (server, client) = both();
    let pair = Pair::with(server, client);
    let Pair { server, client, .. } = pair;
    client.close(PATIENCE);
    assert!(matches!(next_event(&server), HostEvent::Disconnected { .. }));
    wait_for("the session to end", || (server.dtls_stats().sessions == 0).then_some(()));
}

#[test]
fn a_client_leaves_its_address_and_comes_back_to_it() {
    let (server, client) = both();
    let server = open_with(server);
    let port = server.local_addr().port();
    for round in 0..3 {
        let client = open_with(client.clone());
        connect(&client, "127.0.0.1", port);
        let first = next_connection(&client);
        client.disconnect(first.peer, enet_driver::Disconnect::Now, 0);
        // The same host, so the same port: a session of its own again.
        let token = connect(&client, "127.0.0.1", port);
        assert_eq!(next_connection(&client).token, Some(token), "round {round}");
    }
}

#[test]
fn an_encrypted_server_is_found_before_there_is_a_session() {
    let (server, client) = both();
    let pair = Pair::with(server, client);
    pair.server.announce(Some(Announcement::new("sealed", "").expect("it is short")));
    let targets = vec![[127, 0, 0, 1].into()];
    let request = SearchRequest { port: pair.server.local_addr().port(), targets, duration: PATIENCE };
    let search = HostHandle::open_search(request).expect("a free port");
    match next_event(&search) {
        HostEvent::ServerFound(server) => assert_eq!((server.name.as_str(), server.players), ("sealed", 1)),
        other => panic!("a server was expected, not {other:?}"),
    }
    pair.send_to_server(reliable("the session goes on"));
    assert_eq!(next_packet(&pair.server).2.data, "the session goes on");
    assert_eq!(pair.server.dtls_stats().dropped_datagrams, 0);
}
