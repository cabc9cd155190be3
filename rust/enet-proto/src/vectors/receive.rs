//! `receive_semantics`: datagrams injected into a connected server.

use serde_json::Value;

use super::*;
use crate::Delivery;
use crate::wire::Body;

/// Where the outcome differs on purpose: the case, and the steps behind which it is not compared.
const DIFFERENT: [(&str, usize, &str); 5] = [
    ("unsequenced_window", 6, "the window slides, and a lone packet far ahead does not move it"),
    (
        "maximum_waiting_data",
        1,
        "a small packet counts for more, and a refused one repeats an older acknowledgement",
    ),
    ("unreliable_fragments_two_pending_third_evicts", 0, "more than two partial packets are kept"),
    ("disconnect_discards_pending", 0, "what arrived before a DISCONNECT is still delivered"),
    ("disconnect_reliable", 0, "what arrived before a DISCONNECT is still delivered"),
];

#[test]
fn receive_semantics() {
    let mut compared = 0;
    for case in list(&load("receive_semantics")["cases"]) {
        let name = text(&case["name"]);
        let until =
            DIFFERENT.iter().find(|(different, ..)| *different == name).map_or(usize::MAX, |row| row.1);
        compared += replay(name, case, until);
    }
    assert!(compared > 1000, "{compared} steps compared");
}

fn replay(name: &str, case: &Value, until: usize) -> usize {
    let mut config = c_config();
    let limit = |key: &str, default| case["host"][key].as_u64().map_or(default, |limit| limit as usize);
    config.maximum_packet_size = limit("maximumPacketSize", config.maximum_packet_size);
    config.maximum_waiting_data = limit("maximumWaitingData", config.maximum_waiting_data);
    let (mut server, peer) = connected_server(config);
    apply_overrides(&mut server, peer, &case["initial_overrides"]);
    let mut compared = 0;
    for (index, step) in list(&case["steps"]).iter().enumerate().take(until) {
        let port = step["from_port"].as_u64().map_or(40000, |port| port as u16);
        server.handle_datagram(NOW, address(port), &from_hex(text(&step["datagram"])));
        let replies = drain_transmits(&mut server, NOW);
        let events: Vec<String> = drain_events(&mut server).iter().map(describe).collect();
        let expected: Vec<String> = list(&step["events"]).iter().map(describe_expected).collect();
        assert_eq!(events, expected, "{name}, step {index}: {step}");
        assert_eq!(acknowledged(&replies), expected_acknowledgements(step), "{name}, step {index}: {step}");
        compared += 1;
    }
    compared
}

fn apply_overrides(server: &mut Host, peer: PeerId, overrides: &Value) {
    let state = server.peers.get_mut(peer).unwrap();
    for (channel, fields) in overrides["channels"].as_object().into_iter().flatten() {
        let newest = number(&fields["incomingReliableSequenceNumber"]);
        state.set_newest_delivered(channel.parse().unwrap(), newest);
    }
    if let Some(base) = overrides["peer"]["incomingUnsequencedGroup"].as_u64() {
        state.set_unsequenced_base(base as u16);
    }
}

fn describe(event: &Event) -> String {
    match event {
        Event::Received { channel, packet, .. } => {
            let flags = match packet.delivery {
                Delivery::Reliable => 1,
                Delivery::Unsequenced | Delivery::UnsequencedFragmented => 2,
                Delivery::UnreliableFragmented => 8,
                Delivery::Unreliable => 0,
            };
            format!("receive {channel} {flags} {}", to_hex(&packet.data))
        }
        Event::Disconnected { reason, .. } => format!("disconnect {}", reason.data()),
        Event::Connected { data, .. } => format!("connect {data}"),
        Event::LimitReached { .. } => "limit reached".to_owned(),
    }
}

fn describe_expected(event: &Value) -> String {
    match text(&event["type"]) {
        "receive" => format!("receive {} {} {}", event["channel"], event["flags"], text(&event["payload"])),
        kind => format!("{kind} {}", event["data"]),
    }
}

/// The acknowledgements in a round of replies, as channel and number, in order.
fn acknowledged(replies: &[Vec<u8>]) -> Vec<(u64, u64)> {
    let all = replies.iter().flat_map(|datagram| commands(datagram));
    all.filter_map(|command| match command.body {
        Body::Acknowledge { sequence, .. } => Some((u64::from(command.channel), u64::from(sequence.0))),
        _ => None,
    })
    .collect()
}

fn expected_acknowledgements(step: &Value) -> Vec<(u64, u64)> {
    let all = list(&step["replies"]).iter().flat_map(|reply| list(&reply["commands"]));
    let mut expected: Vec<_> = all
        .filter(|command| command["command"] == "ACKNOWLEDGE")
        .map(|command| (command["channelID"].as_u64().unwrap(), command["seq"].as_u64().unwrap()))
        .collect();
    // The C library answers a command twice that is twice in a datagram.
    expected.dedup();
    expected
}
