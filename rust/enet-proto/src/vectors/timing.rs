//! `ack_time`, `rtt`, `timeouts`, `bandwidth_throttle` and `trace_loss`: what depends on the clock.

use serde_json::Value;

use super::*;
use crate::peer::testing::{RttEstimator, Throttle, sent_at};
use crate::wire::Body;
use crate::{Delivery, DisconnectReason, Packet, PeerTimeouts, ThrottleConfig};

#[test]
fn echoed_times_are_reconstructed_alike() {
    for vector in list(&load("ack_time")["vectors"]) {
        // The C library's clock wraps to where this one goes on.
        let now = Millis(number::<u64>(&vector["now_ms"]) + (1 << 32));
        let sample = sent_at(number(&vector["receivedSentTime"]), now).map(|at| now.since(at).max(1));
        let expected = (vector["accepted"] == true).then(|| number(&vector["rtt_sample"]));
        assert_eq!(sample, expected, "{vector}");
    }
}

#[test]
fn round_trip_samples_are_taken_in_alike() {
    for vector in list(&load("rtt")["vectors"]) {
        let mut rtt = RttEstimator::default();
        let mut throttle = Throttle::new(ThrottleConfig::default());
        for step in list(&vector["steps"]) {
            throttle.on_sample(
                Millis(number(&step["at"])),
                number::<u32>(&step["sample"]).max(1),
                &mut rtt,
                0,
            );
            let state = [rtt.mean, rtt.variance, rtt.last_mean, rtt.last_variance, throttle.value];
            let expected = [
                "roundTripTime",
                "roundTripTimeVariance",
                "lastRoundTripTime",
                "lastRoundTripTimeVariance",
                "packetThrottle",
            ];
            assert_eq!(state, expected.map(|key| number::<u32>(&step[key])), "{}: {step}", vector["name"]);
            assert_eq!(throttle.epoch, Some(Millis(number(&step["packetThrottleEpoch"]))));
        }
    }
}

/// When a host sends and gives up, if nobody answers: transmissions and end, in milliseconds from `NOW`.
fn unanswered(host: &mut Host, tick_ms: u64) -> (Vec<u64>, u64, Vec<Event>) {
    let mut transmissions = Vec::new();
    for elapsed in (0..200_000).step_by(tick_ms as usize) {
        let now = NOW + elapsed;
        if host.poll_timeout().is_some_and(|deadline| deadline <= now) {
            host.handle_timeout(now);
        }
        let sent = drain_transmits(host, now);
        transmissions.extend(sent.iter().flat_map(|datagram| commands(datagram)).map(|_| elapsed));
        let events = drain_events(host);
        if !events.is_empty() || host.peers().next().is_none() {
            return (transmissions, elapsed, events);
        }
    }
    panic!("nobody gave up");
}

fn timeouts_of(vector: &Value) -> PeerTimeouts {
    match list(&vector["timeout"]) {
        [limit, minimum, maximum] => {
            PeerTimeouts { limit: number(limit), minimum_ms: number(minimum), maximum_ms: number(maximum) }
        }
        _ => PeerTimeouts::default(),
    }
}

fn expected_transmissions(vector: &Value) -> Vec<u64> {
    let rows = vector.get("transmissions_ms").unwrap_or_else(|| &vector["transmissions"]);
    list(rows).iter().map(|row| row.as_u64().unwrap_or_else(|| row[0].as_u64().unwrap())).collect()
}

#[test]
fn silence_is_answered_alike() {
    for vector in list(&load("timeouts")["vectors"]) {
        let name = text(&vector["name"]);
        let timeouts = timeouts_of(vector);
        let mut tick_ms = 1;
        let mut host = if name.starts_with("connect") {
            let mut client = host(c_config());
            let peer = client.connect(NOW, address(7777), 2, 0).unwrap();
            client.set_timeouts(peer, timeouts);
            client
        } else if name == "server_half_open" {
            continue; // the C library repeats its answer six times; here the remote has to ask again
        } else {
            let (mut client, peer) = connected_client(c_config(), 2);
            client.set_timeouts(peer, timeouts);
            let state = client.peers.get_mut(peer).unwrap();
            state.set_round_trip_time(
                number(&vector["roundTripTime"]),
                number(&vector["roundTripTimeVariance"]),
            );
            tick_ms = if name.ends_with("tick16") { 16 } else { 1 };
            for _ in 0..if name.ends_with("two") { 2 } else { 1 } {
                client.send(peer, 0, Packet::new(vec![7], Delivery::Reliable)).unwrap();
            }
            client
        };
        let (transmissions, end, events) = unanswered(&mut host, tick_ms);
        // The C library looks at the longest time it grants only when a retransmission is due; here it is kept.
        let limit = u64::from(timeouts.maximum_ms).next_multiple_of(tick_ms);
        let expected = expected_transmissions(vector);
        assert_eq!(
            transmissions,
            expected.into_iter().filter(|&at| at < limit).collect::<Vec<_>>(),
            "{name}"
        );
        let c_end: u64 = number(&vector["event_ms"]);
        assert_eq!(end, c_end.min(limit), "{name}");
        let [Event::Disconnected { reason: DisconnectReason::TimedOut, .. }] = events[..] else {
            panic!("{name}: {events:?}")
        };
    }
}

/// The client's side of an exchange with loss: the same datagrams at the same times.
#[test]
fn a_lossy_exchange_goes_alike() {
    let trace = load("trace_loss");
    let mut client = host(c_config());
    let mut peer = None;
    let mut token: Option<([u8; 4], [u8; 4])> = None;
    let mut inbox: Vec<(u64, Vec<u8>)> = Vec::new();
    let rows = list(&trace["timeline"]);
    for t in (100_000..=102_800).step_by(10) {
        let now = Millis(t);
        let due = |row: &&Value| row["t"].as_u64() == Some(t);
        for call in rows.iter().filter(due).filter_map(|row| row["call"].as_str()) {
            make_call(&mut client, &mut peer, now, call);
        }
        inbox.sort_by_key(|(at, _)| *at);
        let arrived: Vec<_> = inbox.extract_if(.., |(at, _)| *at <= t).collect();
        let before = drain_at(&mut client, now);
        for (_, datagram) in &arrived {
            client.handle_datagram(now, address(7777), datagram);
        }
        let _ = drain_events(&mut client);
        let sent = [before, drain_at(&mut client, now)].concat();
        let sent: Vec<String> = sent.iter().map(|datagram| with_token(datagram, &mut token)).collect();
        let expected: Vec<&str> = rows
            .iter()
            .filter(due)
            .filter(|row| row["dir"] == "C>S" && !is_bandwidth(&row["hex"]))
            .map(|row| text(&row["hex"]))
            .collect();
        // The client tells nobody its bandwidth a second time while it does not change.
        let expected: Vec<String> = expected.into_iter().map(renumbered).collect();
        assert_eq!(sent, expected, "at {t}");
        for row in rows.iter().filter(due).filter(|row| row["dir"] == "S>C" && row["lost"] == false) {
            inbox.push((t + 40, answer(text(&row["hex"]), token)));
        }
    }
}

fn is_bandwidth(hex: &Value) -> bool {
    commands(&from_hex(text(hex))).iter().any(|command| matches!(command.body, Body::BandwidthLimit { .. }))
}

/// A datagram of the trace, its control numbers as they are without the client's BANDWIDTH_LIMIT (number 3).
fn renumbered(hex: &str) -> String {
    let mut bytes = from_hex(hex);
    if let [0x80, 0, _, _, 0x85, 0xff, 0, number] = &mut bytes[..]
        && *number > 3
    {
        *number -= 1;
    }
    to_hex(&bytes)
}

/// A datagram of the trace's server, with this client's token, and with its acknowledgements renumbered likewise.
fn answer(hex: &str, token: Option<([u8; 4], [u8; 4])>) -> Vec<u8> {
    let mut bytes = from_hex(hex);
    if let Some((ours, theirs)) = token
        && bytes.ends_with(&theirs)
    {
        let at = bytes.len() - 4;
        bytes[at..].copy_from_slice(&ours);
    }
    if let [0, 0, 1, 0xff, 0, first, 0, second, ..] = &mut bytes[..]
        && *first > 3
    {
        (*first, *second) = (*first - 1, *second - 1);
    }
    bytes
}

/// A sent datagram as the trace has it: with the trace's token instead of this client's.
fn with_token(datagram: &[u8], token: &mut Option<([u8; 4], [u8; 4])>) -> String {
    let theirs = [0xb1, 0xde, 0xf7, 0xbb];
    if let [Command { body: Body::Connect(connect), .. }] = &commands(datagram)[..] {
        *token = Some((connect.terms.connect_id, theirs));
        let mut bytes = datagram.to_vec();
        bytes[44..48].copy_from_slice(&theirs);
        return to_hex(&bytes);
    }
    to_hex(datagram)
}

fn drain_at(host: &mut Host, now: Millis) -> Vec<Vec<u8>> {
    if host.poll_timeout().is_some_and(|deadline| deadline <= now) {
        host.handle_timeout(now);
    }
    drain_transmits(host, now)
}

fn make_call(client: &mut Host, peer: &mut Option<PeerId>, now: Millis, call: &str) {
    let payload = match (call, now.0) {
        ("client.connect(channels=2,data=1)", _) => {
            *peer = client.connect(now, address(7777), 2, 1).ok();
            return;
        }
        (_, 100_300) => (0, Delivery::Reliable, b"one".to_vec()),
        (_, 100_310) => (0, Delivery::Reliable, b"two".to_vec()),
        (_, 100_320) => (0, Delivery::Unreliable, b"u-after-two".to_vec()),
        (_, 100_330) => (0, Delivery::Reliable, b"three".to_vec()),
        (_, 100_340) => (1, Delivery::Reliable, b"other".to_vec()),
        (_, 100_800) => (0, Delivery::Reliable, (0..=255).cycle().take(2048).collect()),
        _ => panic!("{call}"),
    };
    let (channel, delivery, data) = payload;
    client.send(peer.unwrap(), channel, Packet::new(data, delivery)).unwrap();
}
