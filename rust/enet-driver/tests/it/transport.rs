//! What a stand-in for the engine's own transport needs: waiting for an event, bare datagrams, settings of an attempt,
//! the state of a connection, last words.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use enet_driver::{
    ConnectFailure, Disconnect, HostEvent, HostOptions, Recipients,
    enet_proto::{PeerState, PeerTimeouts},
};

use crate::common::{PATIENCE, Pair, connect, local, next_event, next_packet, open_with, reliable, wait_for};

#[test]
fn waiting_ends_with_the_event_or_with_the_limit() {
    let pair = Pair::new();
    let started = Instant::now();
    assert!(pair.server.wait_event(Duration::from_millis(30)).is_none());
    assert!(started.elapsed() >= Duration::from_millis(30));
    pair.send_to_server(reliable([1]));
    assert!(matches!(pair.server.wait_event(PATIENCE), Some(HostEvent::Received { .. })));
    assert!(pair.server.wait_event(Duration::ZERO).is_none());
}

#[test]
fn a_bare_datagram_leaves_from_the_host_s_port() {
    let host = open_with(local());
    let receiver = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    receiver.set_read_timeout(Some(PATIENCE)).expect("a timeout above 0");
    let port = receiver.local_addr().expect("a bound socket").port();
    for address in ["127.0.0.1", "localhost"] {
        host.send_datagram(address, port, (&b"punch"[..]).into()).expect("a running host");
        let mut buffer = [0; 16];
        let (length, from) = receiver.recv_from(&mut buffer).expect("the datagram");
        assert_eq!((&buffer[..length], from), (&b"punch"[..], host.local_addr()));
    }
    host.send_datagram("no-such-host.invalid", port, (&b"lost"[..]).into()).expect("a running host");
    wait_for("the failure to be counted", || (host.io_stats().failed_datagrams == 1).then_some(()));
}

#[test]
fn the_settings_of_an_attempt_count_from_its_first_datagram_on() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = silent.local_addr().expect("a bound socket").port();
    // By name the settings come before the first address, and count for each.
    for address in ["127.0.0.1", "localhost"] {
        let client =
            open_with(HostOptions { connect_timeout: Duration::from_secs(60), ..HostOptions::default() });
        let started = Instant::now();
        let token = connect(&client, address, port);
        client.set_attempt_timeouts(token, PeerTimeouts { limit: 1, minimum_ms: 1, maximum_ms: 300 });
        match next_event(&client) {
            HostEvent::ConnectFailed { token: failed, reason: ConnectFailure::TimedOut { .. } } => {
                assert_eq!(failed, token)
            }
            other => panic!("a timeout was expected, not {other:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(15));
    }
}

#[test]
fn a_link_tells_the_state_of_its_connection() {
    let pair = Pair::new();
    let (server, client) = (&pair.on_server.link, &pair.on_client.link);
    assert_eq!((server.state(), client.state()), (PeerState::Connected, PeerState::Connected));
    pair.client.disconnect(pair.on_client.peer, Disconnect::Graceful, 5);
    wait_for("both ends to be over", || {
        (server.state() == PeerState::Zombie && client.state() == PeerState::Zombie).then_some(())
    });

    let pair = Pair::new();
    pair.client.disconnect(pair.on_client.peer, Disconnect::Now, 5);
    let link = &pair.on_client.link;
    wait_for("the end", || (link.state() == PeerState::Disconnected).then_some(()));
}

#[test]
fn last_words_go_before_the_goodbye() {
    for how in [Disconnect::Graceful, Disconnect::Now] {
        let pair = Pair::new();
        pair.send_to_server(reliable(*b"last words"));
        pair.client.disconnect(pair.on_client.peer, how, 5);
        assert_eq!(next_packet(&pair.server).2.data, &b"last words"[..]);
        assert!(matches!(next_event(&pair.server), HostEvent::Disconnected { .. }));
    }
}

#[test]
fn flushing_sends_what_is_queued() {
    let pair = Pair::new();
    pair.client.send(Recipients::All, 0, reliable([7])).expect("room for a packet");
    pair.client.flush();
    assert_eq!(next_packet(&pair.server).2.data[..], [7]);
}

#[test]
fn a_limit_counts_for_whoever_comes_after_it() {
    for _ in 0..20 {
        let (server, client) = (open_with(local()), open_with(local()));
        connect(&client, "127.0.0.1", server.local_addr().port());
        // The thread is busy with the client that is on its way already.
        server.set_channel_limit(2);
        let late = open_with(local());
        connect(&late, "127.0.0.1", server.local_addr().port());
        match next_event(&late) {
            HostEvent::Connected { channels, .. } => assert_eq!(channels, 2),
            other => panic!("a connection was expected, not {other:?}"),
        }
    }
}
