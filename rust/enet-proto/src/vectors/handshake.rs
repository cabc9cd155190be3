//! `handshake_server` and `handshake_client`: what is agreed, and what is refused.

use serde_json::Value;

use super::*;
use crate::host::testing::Sessions;
use crate::peer::PeerState;
use crate::wire::{Body, Connect, VerifyConnect};

fn configured(host: &Value) -> HostConfig {
    let mut config = c_config();
    let field = |key: &str, default: u64| host[key].as_u64().unwrap_or(default);
    config.mtu = field("mtu", 1392) as u16;
    config.channel_limit = field("channelLimit", 255) as u8;
    config.incoming_bandwidth = field("incomingBandwidth", 0) as u32;
    config.outgoing_bandwidth = field("outgoingBandwidth", 0) as u32;
    config
}

fn connect_of(fields: &Value) -> Connect {
    Connect {
        terms: VerifyConnect {
            peer: number(&fields["outgoingPeerID"]),
            incoming_session: number(&fields["incomingSessionID"]),
            outgoing_session: number(&fields["outgoingSessionID"]),
            mtu: number(&fields["mtu"]),
            window: number(&fields["windowSize"]),
            channels: number(&fields["channelCount"]),
            incoming_bandwidth: number(&fields["incomingBandwidth"]),
            outgoing_bandwidth: number(&fields["outgoingBandwidth"]),
            throttle_interval: number(&fields["packetThrottleInterval"]),
            throttle_acceleration: number(&fields["packetThrottleAcceleration"]),
            throttle_deceleration: number(&fields["packetThrottleDeceleration"]),
            connect_id: from_hex(text(&fields["connectID"])).try_into().unwrap(),
        },
        data: number(&fields["data"]),
    }
}

#[test]
fn servers_answer_alike() {
    for vector in list(&load("handshake_server")["vectors"]) {
        let connect = connect_of(&vector["connect"]);
        let mut server = host(configured(&vector["host"]));
        if let Some(slot) = vector["slot_before"].as_object() {
            let session = |key: &str| number(&slot[key]);
            server.peers.set_sessions(
                0,
                Sessions { incoming: session("incomingSessionID"), outgoing: session("outgoingSessionID") },
            );
        }
        let command: Command<&[u8]> = Command::control(crate::seq::Seq16(1), Body::Connect(connect));
        let mut bytes = vec![0x8f, 0xff, 0x86, 0x9b];
        command.emit(&mut bytes);
        server.handle_datagram(NOW, address(40000), &bytes);
        let replies = drain_transmits(&mut server, NOW);
        let replies: Vec<String> = replies.iter().map(|reply| to_hex(reply)).collect();
        if connect.terms.peer >= 0xFFF {
            // The C library takes ids that no datagram can carry, and then emits broken headers.
            assert!(replies.is_empty(), "{vector}");
            continue;
        }
        let expected: Vec<&str> = vector["reply"].get("hex").map(text).into_iter().collect();
        assert_eq!(replies, expected, "{vector}");
    }
}

#[test]
fn clients_agree_alike() {
    for vector in list(&load("handshake_client")["vectors"]) {
        let mut client = host(configured(&vector["host"]));
        let channels: u32 = number(&vector["connect_call"]["channels"]);
        let channels = u8::try_from(channels).unwrap_or(255);
        let peer = client.connect(Millis(NOW.0 - 1), address(7777), channels, 0).unwrap();
        let sent = drain_transmits(&mut client, Millis(NOW.0 - 1)).remove(0);
        let Body::Connect(connect) = commands(&sent)[0].body else { panic!("no connect") };
        let verify = &vector["verify"];
        let field = |key: &str, default: u32| verify[key].as_u64().map_or(default, |value| value as u32);
        let terms = VerifyConnect {
            peer: field("outgoingPeerID", 0) as u16,
            incoming_session: field("incomingSessionID", 0) as u8,
            outgoing_session: field("outgoingSessionID", 0) as u8,
            mtu: field("mtu", 1392),
            window: field("windowSize", 65536),
            channels: field("channelCount", u32::from(channels)),
            incoming_bandwidth: field("incomingBandwidth", 0),
            outgoing_bandwidth: field("outgoingBandwidth", 0),
            throttle_interval: field("interval", 5000),
            throttle_acceleration: field("accel", 2),
            throttle_deceleration: field("decel", 2),
            connect_id: if vector["connectID_matches"] == true { connect.terms.connect_id } else { [1; 4] },
        };
        let mut bytes = from_hex("8000869f");
        let answer: Command<&[u8]> = Command::control(crate::seq::Seq16(1), Body::VerifyConnect(terms));
        answer.emit(&mut bytes);
        client.handle_datagram(NOW, address(7777), &bytes);
        if vector["connectID_matches"] == false {
            // The C library gives up; here a late or forged answer leaves the attempt alone.
            assert_eq!(client.peer_state(peer), PeerState::Connecting);
            continue;
        }
        check_client(&mut client, peer, vector);
    }
}

fn check_client(client: &mut Host, peer: PeerId, vector: &Value) {
    let sent: Vec<String> = drain_transmits(client, NOW).iter().map(|datagram| to_hex(datagram)).collect();
    let expected: Vec<&str> = list(&vector["sent_after"]).iter().map(text).collect();
    assert_eq!(sent, expected, "{vector}");
    let after = &vector["peer_after"];
    if after["state"] != "CONNECTED" {
        assert!(matches!(drain_events(client)[..], [Event::Disconnected { .. }]), "{vector}");
        assert_eq!(client.peer_state(peer), PeerState::Disconnected);
        return;
    }
    let Some(Event::Connected { channels, .. }) = client.poll_event() else { panic!("{vector}") };
    let stats = client.peer_stats(peer).unwrap();
    let state = client.peers.get_mut(peer).unwrap();
    assert_eq!(u64::from(channels), after["channelCount"].as_u64().unwrap());
    assert_eq!(u64::from(stats.mtu), after["mtu"].as_u64().unwrap(), "{vector}");
    assert_eq!(u64::from(stats.window_bytes), after["windowSize"].as_u64().unwrap(), "{vector}");
    assert_eq!(u64::from(state.incoming_session), after["incomingSessionID"].as_u64().unwrap());
    assert_eq!(u64::from(state.outgoing_session), after["outgoingSessionID"].as_u64().unwrap());
    assert_eq!(u64::from(state.remote_bandwidth.incoming), after["incomingBandwidth"].as_u64().unwrap());
}
