//! `sender_sequences`, `packing` and `throttle_drop`: what sends become.

use serde_json::{Value, json};

use super::*;
use crate::wire::{Body, Fragment};
use crate::{Delivery, Packet};

fn delivery(flags: u32) -> Delivery {
    match flags {
        flags if flags & 1 != 0 => Delivery::Reliable,
        2 => Delivery::Unsequenced,
        8 => Delivery::UnreliableFragmented,
        10 => Delivery::UnsequencedFragmented,
        _ => Delivery::Unreliable,
    }
}

/// A command as the vectors write it: name, first byte, channel, number, second number, fragment number.
fn row(command: &Command<&[u8]>) -> Value {
    let mut bytes = Vec::new();
    command.emit(&mut bytes);
    let (name, second, fragment) = match command.body {
        Body::SendReliable { .. } => ("SEND_RELIABLE", None, None),
        Body::SendUnreliable { sequence, .. } => ("SEND_UNRELIABLE", Some(sequence), None),
        Body::SendUnsequenced { group, .. } => ("SEND_UNSEQUENCED", Some(group), None),
        Body::SendFragment(Fragment { start, number, .. }) => ("SEND_FRAGMENT", Some(start), Some(number)),
        Body::SendUnreliableFragment(Fragment { start, number, .. }) => {
            ("SEND_UNRELIABLE_FRAGMENT", Some(start), Some(number))
        }
        Body::Ping => ("PING", None, None),
        _ => panic!("{command:?}"),
    };
    json!([name, format!("{:02x}", bytes[0]), command.channel, command.sequence.0, second, fragment])
}

#[test]
fn sends_get_the_same_numbers() {
    for vector in list(&load("sender_sequences")["vectors"]) {
        let (mut client, peer) = connected_client(c_config(), 2);
        let state = client.peers.get_mut(peer).unwrap();
        state.set_last_numbers(
            0,
            number(&vector["channel0_last_reliable"]),
            number(&vector["channel0_last_unreliable"]),
            number(&vector["last_unsequenced_group"]),
        );
        if let Some(last) = vector["last_control"].as_u64() {
            state.set_last_control(last as u16);
        }
        for letter in text(&vector["plan"]).chars() {
            let (channel, length, flags) = match letter {
                'R' => (0, 1, 1),
                'U' => (0, 1, 0),
                'N' => (0, 1, 2),
                'F' => (0, 1400, 1),
                'V' => (0, 1400, 8),
                '1' => (1, 1, 1),
                'P' => {
                    client.ping(peer);
                    continue;
                }
                other => panic!("{other}"),
            };
            client.send(peer, channel, Packet::new(vec![7; length], delivery(flags))).unwrap();
        }
        let sent = drain_transmits(&mut client, NOW);
        let rows: Vec<Value> = sent.iter().flat_map(|datagram| commands(datagram)).map(|c| row(&c)).collect();
        assert_eq!(Value::from(rows), vector["commands"], "{}", vector["name"]);
    }
}

#[test]
fn datagrams_are_packed_alike() {
    let mut compared = 0;
    for vector in list(&load("packing")["vectors"]) {
        let name = text(&vector["name"]);
        if name.starts_with("checksum") {
            continue; // this host has no checksums
        }
        let mtu: u16 = number(&vector["mtu"]);
        let (mut client, peer) = connected_client(HostConfig { mtu, ..c_config() }, 2);
        for action in list(&vector["actions"]) {
            act(&mut client, peer, text(action));
        }
        let sent = drain_transmits(&mut client, NOW);
        let shapes: Vec<Value> = sent.iter().map(|datagram| shape(datagram)).collect();
        let expected: Vec<Value> = list(&vector["datagrams"])
            .iter()
            .map(|datagram| json!([datagram["len"], datagram["hasSentTime"], datagram["commands"]]))
            .collect();
        assert_eq!(shapes, expected, "{name}");
        let in_flight = u64::from(client.peer_stats(peer).unwrap().in_flight_bytes);
        assert_eq!(Some(in_flight), vector["reliableDataInTransit"].as_u64(), "{name}");
        compared += 1;
    }
    assert!(compared >= 18);
}

fn act(client: &mut Host, peer: PeerId, action: &str) {
    if action == "ping" {
        return client.ping(peer);
    }
    let inside = action.strip_prefix("send(").and_then(|rest| rest.strip_suffix(')')).unwrap();
    let values: Vec<u32> =
        inside.split(',').map(|field| field.split('=').nth(1).unwrap().parse().unwrap()).collect();
    let [channel, length, flags] = values[..] else { panic!("{action}") };
    client.send(peer, channel as u8, Packet::new(vec![7; length as usize], delivery(flags))).unwrap();
}

fn shape(datagram: &[u8]) -> Value {
    let rows: Vec<Value> = commands(datagram)
        .iter()
        .map(|command| {
            let row = row(command);
            let length = (row[0] != "PING").then_some(command.payload().len());
            json!([row[0], command.channel, command.sequence.0, length])
        })
        .collect();
    json!([datagram.len(), datagram[0] & 0x80 != 0, rows])
}

#[test]
fn the_throttle_drops_alike() {
    let mut compared = 0;
    for vector in list(&load("throttle_drop")["vectors"]) {
        if vector["kind"] != "unreliable, one packet per flush" {
            continue; // the C library drops whole runs of unsequenced packets at once
        }
        let (mut client, peer) = connected_client(c_config(), 2);
        let state = client.peers.get_mut(peer).unwrap();
        state.throttle.value = number(&vector["packetThrottle"]);
        state.throttle.counter = number(&vector["initial_counter"]);
        for kept in text(&vector["kept"]).chars() {
            client.send(peer, 0, Packet::new(vec![7], Delivery::Unreliable)).unwrap();
            assert_eq!(drain_transmits(&mut client, NOW).len(), usize::from(kept == '1'), "{vector}");
        }
        compared += 1;
    }
    assert!(compared >= 10);
}

/// The same throttle drops single packets out of a run, and all fragments of a packet or none.
#[test]
fn a_drop_takes_one_packet() {
    for (delivery, length) in [(Delivery::Unsequenced, 1), (Delivery::UnreliableFragmented, 3000)] {
        let (mut client, peer) = connected_client(c_config(), 2);
        client.peers.get_mut(peer).unwrap().throttle.value = 15;
        for _ in 0..32 {
            client.send(peer, 0, Packet::new(vec![7; length], delivery)).unwrap();
        }
        let sent: usize =
            drain_transmits(&mut client, NOW).iter().map(|datagram| commands(datagram).len()).sum();
        let fragments = length.div_ceil(1364);
        assert_eq!(sent, 16 * fragments);
    }
}
