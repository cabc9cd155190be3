//! Replays the vectors in `tests/vectors/`: what the C library did in the same situation. Differences that are on
//! purpose are named where they are.

mod handshake;
mod receive;
mod sealed;
mod send;
mod states;
mod timing;

use std::net::SocketAddr;

use serde_json::Value;

use crate::rng::Rng;
use crate::wire::{Command, DatagramHeader};
use crate::{Event, Host, HostConfig, Millis, PeerId};

/// The clock of most vectors.
const NOW: Millis = Millis(100_000);

pub(crate) fn load(name: &str) -> Value {
    let path = format!("{}/tests/vectors/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn number<T: TryFrom<u64>>(value: &Value) -> T {
    let number = value.as_u64().unwrap_or_else(|| panic!("not a number: {value}"));
    T::try_from(number).ok().unwrap()
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}"))
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// What the vectors' host is, with the C library's own timing.
fn c_config() -> HostConfig {
    HostConfig {
        peers: 2,
        retransmission_slack_ms: 0,
        early_recovery: false,
        maximum_window: 0,
        throttle_jitter_ms: 0,
        spares_pings: false,
        handshake_timeout_ms: 1_000_000,
        ..HostConfig::default()
    }
}

/// A host that chooses what the C library chooses, where the choice is free.
fn host(config: HostConfig) -> Host {
    let mut host = Host::new(config, 1).unwrap();
    host.rng = Rng::still();
    host
}

fn drain_transmits(host: &mut Host, now: Millis) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut datagram = Vec::new();
    while host.poll_transmit(now, &mut datagram).is_some() {
        out.push(datagram.clone());
    }
    out
}

fn drain_events(host: &mut Host) -> Vec<Event> {
    std::iter::from_fn(|| host.poll_event()).collect()
}

/// The commands of a datagram.
fn commands(datagram: &[u8]) -> Vec<Command<&[u8]>> {
    let (_, mut rest) = DatagramHeader::parse(datagram).unwrap();
    let mut out = Vec::new();
    while !rest.is_empty() {
        let (command, behind) = Command::parse(rest).unwrap();
        out.push(command);
        rest = behind;
    }
    out
}

/// A datagram with SENT_TIME in front of these commands.
fn datagram(slot: u16, commands: &[u8]) -> Vec<u8> {
    let header = DatagramHeader { peer: Some(slot), session: 0, compressed: false, sent_time: Some(0x8696) };
    let mut out = Vec::new();
    header.emit(&mut out);
    out.extend_from_slice(commands);
    out
}

/// The CONNECT that the vectors' servers are connected by, from a client that has slot 5.
fn connect_datagram() -> Vec<u8> {
    from_hex(concat!(
        "8fff8696", "82ff0001", "0005", "ffff", "00000570", "00010000", "00000002", "00000000", "00000000",
        "00001388", "00000002", "00000002", "11223344", "00000000"
    ))
}

/// A server with one connected client at port 40000, as most vectors have it.
fn connected_server(config: HostConfig) -> (Host, PeerId) {
    let mut server = host(config);
    server.handle_datagram(NOW, address(40000), &connect_datagram());
    assert_eq!(drain_transmits(&mut server, NOW).len(), 1);
    server.handle_datagram(NOW, address(40000), &from_hex("800086a001ff0001000186a0"));
    let _ = drain_transmits(&mut server, NOW);
    let events = drain_events(&mut server);
    let Some(&Event::Connected { peer, .. }) = events.first() else { panic!("{events:?}") };
    (server, peer)
}

/// A client that is connected to slot 0 of a server at port 7777.
fn connected_client(config: HostConfig, channels: u8) -> (Host, PeerId) {
    let mut client = host(config);
    let peer = client.connect(NOW, address(7777), channels, 0).unwrap();
    let connect = drain_transmits(&mut client, NOW).remove(0);
    let mut verify = from_hex("8000869683ff0001");
    // The terms of the CONNECT are the terms of its answer, but for the first four bytes.
    verify.extend_from_slice(&[0, 0, 0, 0]);
    verify.extend_from_slice(&connect[12..48]);
    client.handle_datagram(NOW, address(7777), &verify);
    let ping = drain_transmits(&mut client, NOW);
    assert_eq!(commands(&ping[0]).len(), 2);
    // Acknowledge that ping, so that nothing is in flight.
    client.handle_datagram(NOW, address(7777), &from_hex("000001ff0002000286a0"));
    assert!(matches!(drain_events(&mut client)[..], [Event::Connected { .. }]));
    (client, peer)
}
