//! Packets of every kind and size between C ENet and us, both ways, directly and through a lossy relay.

use std::{
    net::SocketAddr,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use enet_driver::{
    Disconnect, HostEvent, HostHandle, HostOptions, PeerLink,
    enet_proto::{DisconnectReason, PeerTimeouts, ThrottleConfig},
};

use crate::{
    ours::{self, EchoServer},
    probe::{self, Extent, PROBE_PATIENCE},
    program::Program,
    series::{CHANNELS, Series},
    support::{Relay, RelayLinks, seed},
};

#[test]
fn a_c_client_exchanges_everything_with_our_server() {
    let mut server = EchoServer::start(4);
    probe::run(server.address(), 17, Extent::DIRECT, || server.turn());
    assert_came_and_went(&mut server);
}

#[test]
fn a_c_client_exchanges_everything_with_our_server_through_a_lossy_relay() {
    let mut server = EchoServer::start(4);
    let relay = Relay::start(server.address(), RelayLinks::lossy(), seed());
    probe::run(relay.address(), 17, Extent::LOSSY, || server.turn());
    assert!(relay.stop() > 0, "the relay lost nothing");
    assert_came_and_went(&mut server);
}

#[test]
fn our_client_exchanges_everything_with_a_c_server() {
    let (mut echo, port) = Program::start_echo(4);
    let ended = run_our_client(ours::options(1), ours::loopback(port), Extent::DIRECT);
    assert_eq!(ended, DisconnectReason::Local);
    assert_eq!(echo.wait_for("CONNECTED "), "0 3 17");
    assert_eq!(echo.wait_for("DISCONNECTED "), "0 18");
}

#[test]
fn our_client_exchanges_everything_with_a_c_server_through_a_lossy_relay() {
    let (mut echo, port) = Program::start_echo(4);
    let relay = Relay::start(ours::loopback(port), RelayLinks::lossy(), seed());
    let ended = run_our_client(ours::options(1), relay.address(), Extent::LOSSY);
    // C ENet acknowledges a goodbye once; when that is lost, nobody answers.
    assert!(matches!(ended, DisconnectReason::Local | DisconnectReason::TimedOut), "{ended:?}");
    assert_eq!(echo.wait_for("CONNECTED "), "0 3 17");
    assert_eq!(echo.wait_for("DISCONNECTED "), "0 18");
    assert!(relay.stop() > 0, "the relay lost nothing");
}

#[track_caller]
pub(crate) fn assert_came_and_went(server: &mut EchoServer) {
    let went = server.wait_for(|event| matches!(event, HostEvent::Disconnected { .. }));
    assert!(matches!(went, HostEvent::Disconnected { reason: DisconnectReason::Remote(18), .. }), "{went:?}");
    let came = &server.comings_and_goings[0];
    assert!(matches!(came, HostEvent::Connected { channels: 3, data: 17, token: None, .. }), "{came:?}");
    assert_eq!(server.comings_and_goings.len(), 2, "{:?}", server.comings_and_goings);
}

/// Connects with 17, exchanges everything, and disconnects with 18. How that ended is the answer.
#[track_caller]
pub(crate) fn run_our_client(options: HostOptions, server: SocketAddr, extent: Extent) -> DisconnectReason {
    let host = HostHandle::open(options).expect("a loopback port is free");
    let (peer, link) = ours::connect(&host, server, CHANNELS, 17);
    host.set_timeouts(peer, PATIENT);
    // Without this both sides may drop unreliable packets before they reach the network at all.
    host.configure_throttle(peer, ThrottleConfig { acceleration: 32, deceleration: 0, ..Default::default() });
    Series::new(&host, peer, Arc::clone(&link), extent).run();
    wait_until_acknowledged(&host, &link);
    host.set_timeouts(peer, IMPATIENT);
    host.disconnect(peer, Disconnect::Graceful, 18);
    ours::wait_for_disconnect(&host)
}

/// An echo may be here before the acknowledgement of what it echoes. What is still in flight would count against the
/// goodbye's time-out.
#[track_caller]
fn wait_until_acknowledged(host: &HostHandle, link: &PeerLink) {
    let deadline = Instant::now() + PROBE_PATIENCE;
    while link.stats().in_flight_bytes > 0 {
        assert!(Instant::now() < deadline, "nobody acknowledges: {:?}", link.stats());
        if let Some(event @ HostEvent::Disconnected { .. }) = host.poll_event() {
            panic!("{event:?}");
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// By default a peer is given up after 5 seconds and 6 transmissions of one command. With a fifth lost each way, one
/// command in 500 needs more than 6.
const PATIENT: PeerTimeouts = PeerTimeouts { limit: 32, minimum_ms: 120_000, maximum_ms: 240_000 };
/// For a goodbye that may stay without an answer.
const IMPATIENT: PeerTimeouts = PeerTimeouts { limit: 32, minimum_ms: 2000, maximum_ms: 4000 };
