//! Attempts that fail, each with its reason and in time, and attempts that are given up.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use enet_driver::{
    Compression, ConnectFailure, Disconnect, HostEvent, HostHandle, HostOptions, StartError,
    enet_proto::{DisconnectReason, Host, HostConfig, Millis},
};

use crate::common::{
    Pair, connect, local, next_connection, next_event, next_packet, open, open_with, reliable, wait_for,
};

/// What a player may be asked to wait for.
const LIMIT: Duration = Duration::from_secs(6);

#[track_caller]
fn failure(client: &HostHandle, address: &str, port: u16) -> ConnectFailure {
    let started = Instant::now();
    let expected = connect(client, address, port);
    match next_event(client) {
        HostEvent::ConnectFailed { token, reason } => {
            assert_eq!(token, expected);
            assert!(started.elapsed() < LIMIT, "{reason} after {:?}", started.elapsed());
            reason
        }
        other => panic!("a failure was expected, not {other:?}"),
    }
}

/// A port of this machine on which nothing listens.
fn closed_port() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("a bound socket").port()
}

fn dedicated() -> HostOptions {
    HostOptions { dedicated_remote: true, ..HostOptions::default() }
}

#[test]
fn a_closed_port_is_refused_at_once() {
    let client = open_with(HostOptions { connect_timeout: Duration::from_secs(600), ..dedicated() });
    let port = closed_port();
    let reason = failure(&client, "127.0.0.1", port);
    assert_eq!(reason, ConnectFailure::Refused { server: format!("127.0.0.1:{port}") });
}

#[test]
fn a_silent_server_times_out() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = silent.local_addr().expect("a bound socket").port();
    let after = Duration::from_millis(300);
    let client = open_with(HostOptions { connect_timeout: after, ..dedicated() });
    let reason = failure(&client, "127.0.0.1", port);
    let (server, compression) = (format!("127.0.0.1:{port}"), Compression::None);
    assert_eq!(reason, ConnectFailure::TimedOut { server, after, compression });
}

#[test]
fn the_default_limit_is_five_seconds() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let reason = failure(&open(), "127.0.0.1", silent.local_addr().expect("a bound socket").port());
    assert!(reason.to_string().ends_with("within 5 seconds"), "{reason}");
}

#[test]
fn an_address_of_the_wrong_family_is_unreachable() {
    let reason = failure(&open_with(local()), "::1", 7777);
    assert!(matches!(reason, ConnectFailure::Unreachable { .. }), "{reason:?}");
}

#[test]
fn an_address_that_the_system_refuses_is_unreachable() {
    // A socket that is bound to loopback has no way to other networks, and port 0 cannot be sent to at all.
    for (client, port) in
        [(open_with(local()), 0), (open_with(HostOptions { bind: local().bind, ..dedicated() }), 7777)]
    {
        let reason = failure(&client, "192.0.2.1", port);
        assert!(matches!(reason, ConnectFailure::Unreachable { .. }), "{reason:?}");
    }
}

#[test]
fn a_full_host_says_so() {
    let host = HostConfig { peers: 1, ..HostConfig::default() };
    let pair = Pair::with(local(), HostOptions { host, ..local() });
    let reason = failure(&pair.client, "127.0.0.1", pair.server.local_addr().port());
    assert_eq!(reason, ConnectFailure::NoFreeSlot);
}

#[test]
fn a_dedicated_client_outlives_its_servers_end() {
    let Pair { server, client, .. } = Pair::with(local(), dedicated());
    let port = server.local_addr().port();
    server.close(Duration::from_secs(5));
    match next_event(&client) {
        HostEvent::Disconnected { reason, .. } => assert_eq!(reason, DisconnectReason::Remote(0)),
        other => panic!("a goodbye was expected, not {other:?}"),
    }
    // The refusals of the closed port are noise by now, and the same client can come back.
    let server = open_with(HostOptions { port, ..local() });
    connect(&client, "127.0.0.1", port);
    next_connection(&client);
    next_connection(&server);
}

#[test]
fn refusals_while_connected_are_noise() {
    let Pair { server, client, on_server, on_client } = Pair::with(local(), dedicated());
    // The server vanishes without a word, so the client keeps sending to a closed port.
    server.disconnect(on_server.peer, Disconnect::Reset, 0);
    server.close(LIMIT);
    client.set_ping_interval(on_client.peer, 10);
    wait_for("a refusal", || (client.io_stats().receive_errors > 0).then_some(()));
    assert!(client.is_running() && client.poll_event().is_none());
}

#[test]
fn a_cancelled_attempt_leaves_no_event() {
    // Attempts that end before the answer leave the server with half a handshake for a while: room for all of them.
    let host = HostConfig { peers: 100, ..HostConfig::default() };
    let server = open_with(HostOptions { host, ..local() });
    let port = server.local_addr().port();
    let client = open();
    // Some are caught before, some after the connection is made.
    for round in 0..50 {
        let token = connect(&client, "127.0.0.1", port);
        if round % 2 == 1 {
            wait_for("the server's side of it", || match server.poll_event() {
                Some(HostEvent::Connected { .. }) => Some(()),
                _ => None,
            });
        }
        client.cancel(token);
    }
    // The last attempt marks the end of the queue: nothing of the others came before it.
    let server = open();
    let last = connect(&client, "127.0.0.1", server.local_addr().port());
    let connection = next_connection(&client);
    assert_eq!(connection.token, Some(last));
    client
        .send(enet_driver::Recipients::One(connection.peer), 0, reliable(*b"here"))
        .expect("room for a packet");
    let packet = wait_for("the last client's packet", || match server.poll_event() {
        Some(HostEvent::Received { packet, .. }) => Some(packet),
        _ => None,
    });
    assert_eq!(packet.data[..], *b"here");
}

#[test]
fn a_taken_port_is_an_error() {
    for first in [HostOptions::default(), local()] {
        let holder = open_with(first.clone());
        let port = holder.local_addr().port();
        let error = HostHandle::open(HostOptions { port, ..first }).expect_err("the port is taken");
        assert!(matches!(error, StartError::PortTaken(address) if address.port() == port), "{error}");
        assert_eq!(error.to_string(), format!("port {port} is already in use"));
    }
}

#[test]
fn a_foreign_address_cannot_be_bound() {
    let bind = Some("192.0.2.77".parse().expect("a literal"));
    let error = HostHandle::open(HostOptions { bind, ..HostOptions::default() }).expect_err("not ours");
    assert!(matches!(error, StartError::Bind { .. }), "{error}");
}

#[test]
fn settings_out_of_range_are_errors() {
    let host = HostConfig { peers: 5000, ..HostConfig::default() };
    let error = HostHandle::open(HostOptions { host, ..HostOptions::default() }).expect_err("too many peers");
    assert!(matches!(error, StartError::Config(_)), "{error}");
}

#[test]
fn every_way_to_end_a_connection_reaches_the_remote() {
    for (how, is_told) in [(Disconnect::Graceful, true), (Disconnect::Later, true), (Disconnect::Now, false)]
    {
        let pair = Pair::new();
        pair.send_to_server(reliable(*b"last words"));
        if how == Disconnect::Later {
            pair.client.disconnect(pair.on_client.peer, how, 42);
            assert_eq!(next_packet(&pair.server).2.data[..], *b"last words");
        } else {
            next_packet(&pair.server);
            pair.client.disconnect(pair.on_client.peer, how, 42);
        }
        match next_event(&pair.server) {
            HostEvent::Disconnected { peer, reason } => {
                assert_eq!((peer, reason), (pair.on_server.peer, DisconnectReason::Remote(42)), "{how:?}");
            }
            other => panic!("a disconnection was expected, not {other:?}"),
        }
        if is_told {
            assert!(matches!(
                next_event(&pair.client),
                HostEvent::Disconnected { reason: DisconnectReason::Local, .. }
            ));
        }
        assert!(pair.client.poll_event().is_none());
    }
}

/// The answer to an attempt that was given up may arrive when the next one to the same server is under way.
#[test]
fn a_late_answer_to_a_cancelled_attempt_is_no_answer() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a valid time");
    let mut server = Host::new(HostConfig::default(), 1).expect("the default is valid");
    let mut buffer = [0; 4096];
    let mut now = Millis(0);
    let mut serve = |answer: bool| {
        now = now + 1;
        if let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let _ = server.handle_datagram(now, from, &buffer[..length]);
        }
        let mut out = Vec::new();
        let to = server.poll_transmit(now, &mut out)?;
        if answer {
            socket.send_to(&out, to).expect("loopback");
        }
        Some((to, out))
    };

    let client = open_with(local());
    let port = socket.local_addr().expect("a bound socket").port();
    let first = connect(&client, "127.0.0.1", port);
    let (to, late) = wait_for("the first request", || serve(false));
    client.cancel(first);
    let second = connect(&client, "127.0.0.1", port);
    socket.send_to(&late, to).expect("loopback");
    let event = wait_for("an outcome", || {
        serve(true);
        client.poll_event()
    });
    assert!(matches!(event, HostEvent::Connected { token, .. } if token == Some(second)), "{event:?}");
}
