//! The programs against each other. What the C library does with itself is the measure for what it does with us, and
//! a fault of the programs or of the relay shows here first.

use crate::{
    ours::loopback,
    probe::{self, Extent},
    program::Program,
    support::{Relay, RelayLinks, seed},
};

#[test]
fn a_probe_and_an_echo_agree() {
    let (mut echo, port) = Program::start_echo(4);
    probe::run(loopback(port), 17, Extent::DIRECT, || {});
    assert_eq!(echo.wait_for("CONNECTED "), "0 3 17");
    assert_eq!(echo.wait_for("DISCONNECTED "), "0 18");
}

#[test]
fn a_probe_and_an_echo_agree_through_a_lossy_relay() {
    let (_echo, port) = Program::start_echo(4);
    let relay = Relay::start(loopback(port), RelayLinks::lossy(), seed());
    probe::run(relay.address(), 17, Extent::LOSSY, || {});
    assert!(relay.stop() > 0, "the relay lost nothing");
}

#[test]
fn two_echoes_connect_and_disconnect() {
    let (mut server, port) = Program::start_echo(1);
    let (mut client, _) = Program::start_echo(2);
    client.tell(&format!("connect {port} 4 99"));
    assert_eq!(server.wait_for("CONNECTED "), "0 4 99");
    assert_eq!(client.wait_for("CONNECTED "), "0 4 0");

    client.tell(&format!("connect {port} 4 100"));
    assert_eq!(client.wait_for("DISCONNECTED "), "1 0", "a full server does not answer");

    server.tell("disconnect 0 5");
    assert_eq!(client.wait_for("DISCONNECTED "), "0 5");
    assert_eq!(server.wait_for("DISCONNECTED "), "0 0");
}
