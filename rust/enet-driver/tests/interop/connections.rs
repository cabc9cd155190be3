//! How connections begin and end between C ENet and us: the values that travel along, full servers, and idle ones.

use std::time::{Duration, Instant};

use enet_driver::{
    ConnectFailure, ConnectRequest, Disconnect, HostEvent, HostHandle, HostOptions,
    enet_proto::{DisconnectReason, PeerId},
};

use crate::{
    ours::{self, EchoServer},
    program::Program,
};

#[test]
fn our_server_disconnects_a_c_client() {
    for how in [Disconnect::Graceful, Disconnect::Later, Disconnect::Now] {
        let (mut server, mut client, peer) = c_client_on_our_server();
        server.host.disconnect(peer, how, 0xfedc_ba98);
        assert_eq!(client.wait_for("DISCONNECTED "), format!("0 {}", 0xfedc_ba98_u32), "{how:?}");
        if how != Disconnect::Now {
            assert_eq!(reason(&mut server), DisconnectReason::Local, "{how:?}");
        }
    }
}

#[test]
fn a_c_client_disconnects_from_our_server() {
    for how in ["disconnect", "disconnect_later", "disconnect_now"] {
        let (mut server, mut client, _) = c_client_on_our_server();
        client.tell(&format!("{how} 0 4275878552"));
        assert_eq!(reason(&mut server), DisconnectReason::Remote(4_275_878_552), "{how}");
        if how != "disconnect_now" {
            assert_eq!(client.wait_for("DISCONNECTED "), "0 0", "{how}");
        }
    }
}

#[test]
fn our_client_disconnects_from_a_c_server() {
    for how in [Disconnect::Graceful, Disconnect::Later, Disconnect::Now] {
        let (mut server, client, peer) = our_client_on_a_c_server();
        client.disconnect(peer, how, 0xfedc_ba98);
        assert_eq!(server.wait_for("DISCONNECTED "), format!("0 {}", 0xfedc_ba98_u32), "{how:?}");
        if how != Disconnect::Now {
            assert_eq!(ours::wait_for_disconnect(&client), DisconnectReason::Local, "{how:?}");
        }
    }
}

#[test]
fn a_c_server_disconnects_our_client() {
    for how in ["disconnect", "disconnect_later", "disconnect_now"] {
        let (mut server, client, _) = our_client_on_a_c_server();
        server.tell(&format!("{how} 0 7"));
        assert_eq!(ours::wait_for_disconnect(&client), DisconnectReason::Remote(7), "{how}");
        if how != "disconnect_now" {
            assert_eq!(server.wait_for("DISCONNECTED "), "0 0", "{how}");
        }
    }
}

#[test]
fn our_host_tells_its_c_peers_when_it_closes() {
    let (server, mut client, _) = c_client_on_our_server();
    server.host.close(Duration::from_secs(5));
    assert_eq!(client.wait_for("DISCONNECTED "), "0 0");
    let (mut server, client, _) = our_client_on_a_c_server();
    client.close(Duration::from_secs(5));
    assert_eq!(server.wait_for("DISCONNECTED "), "0 0");
}

#[test]
fn our_full_server_takes_a_c_client_when_another_has_left() {
    let (mut server, mut first, peer) = c_client_on_our_server();
    let (mut second, _) = Program::start_echo(2);
    let connect = format!("connect {} 2 2", server.address().port());
    second.tell(&connect);
    assert_eq!(second.wait_for("DISCONNECTED "), "0 0", "a full server does not answer");
    server.host.disconnect(peer, Disconnect::Graceful, 0);
    assert_eq!(first.wait_for("DISCONNECTED "), "0 0");
    assert_eq!(reason(&mut server), DisconnectReason::Local);
    second.tell(&connect);
    assert_eq!(second.wait_for("CONNECTED "), "0 2 0");
    server.wait_for(|event| matches!(event, HostEvent::Connected { data: 2, .. }));
}

#[test]
fn a_full_c_server_leaves_our_client_without_an_answer() {
    let (_server, _first, _, port) = our_client_on_a_c_server_with_port();
    let connect_timeout = Duration::from_millis(800);
    let options = HostOptions { connect_timeout, ..ours::options(1) };
    let second = HostHandle::open(options).expect("a loopback port is free");
    let address = "127.0.0.1".to_owned();
    let asked = second.connect(ConnectRequest { address, port, channels: 1, data: 0 }).expect("it runs");
    let (token, reason) = ours::wait_for(&second, "failure", |event| match event {
        HostEvent::ConnectFailed { token, reason } => Some((token, reason)),
        HostEvent::Connected { .. } => panic!("the server is not full"),
        _ => None,
    });
    assert_eq!(token, asked);
    assert!(matches!(reason, ConnectFailure::TimedOut { .. }), "{reason:?}");
}

/// The C sides give ours up when a ping stays unanswered for 600 ms, a quarter of the time in which nothing is said.
#[test]
fn idle_connections_live_on_pings() {
    let (mut server, mut c_client, _) = c_client_on_our_server();
    c_client.tell("timeout 0 600");
    let (mut c_server, our_client, peer) = our_client_on_a_c_server();
    c_server.tell("timeout 0 600");

    let end = Instant::now() + Duration::from_millis(2500);
    let had = server.comings_and_goings.len();
    while Instant::now() < end {
        server.turn();
        assert_eq!(server.comings_and_goings.len(), had, "{:?}", server.comings_and_goings);
        let event = our_client.poll_event();
        assert!(event.is_none(), "{event:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
    // Either end still obeys, and the value shows that it was not a time-out.
    c_client.tell("disconnect 0 1");
    assert_eq!(reason(&mut server), DisconnectReason::Remote(1));
    our_client.disconnect(peer, Disconnect::Graceful, 2);
    assert_eq!(c_server.wait_for("DISCONNECTED "), "0 2");
}

/// A C client on a server of ours that is full with it.
#[track_caller]
fn c_client_on_our_server() -> (EchoServer, Program, PeerId) {
    let mut server = EchoServer::start(1);
    let (mut client, _) = Program::start_echo(1);
    client.tell(&format!("connect {} 5 4275878552", server.address().port()));
    assert_eq!(client.wait_for("CONNECTED "), "0 5 0");
    let connected = server.wait_for(|event| matches!(event, HostEvent::Connected { .. }));
    let HostEvent::Connected { peer, token: None, channels: 5, data: 4_275_878_552, .. } = connected else {
        panic!("{connected:?}");
    };
    (server, client, peer)
}

#[track_caller]
fn our_client_on_a_c_server() -> (Program, HostHandle, PeerId) {
    let (server, client, peer, _) = our_client_on_a_c_server_with_port();
    (server, client, peer)
}

/// Our client on a C server that is full with it, and the server's port.
#[track_caller]
fn our_client_on_a_c_server_with_port() -> (Program, HostHandle, PeerId, u16) {
    let (mut server, port) = Program::start_echo(1);
    let client = ours::open(1);
    let (peer, _) = ours::connect(&client, ours::loopback(port), 5, 0xfedc_ba98);
    assert_eq!(server.wait_for("CONNECTED "), format!("0 5 {}", 0xfedc_ba98_u32));
    (server, client, peer, port)
}

/// Why the connection to our server ended.
#[track_caller]
fn reason(server: &mut EchoServer) -> DisconnectReason {
    match server.wait_for(|event| matches!(event, HostEvent::Disconnected { .. })) {
        HostEvent::Disconnected { reason, .. } => reason,
        other => panic!("{other:?} is no disconnect"),
    }
}
