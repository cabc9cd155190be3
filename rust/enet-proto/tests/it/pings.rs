//! Connections on which nothing is said: how often their ends ask each other, and when they notice that nobody answers.

use enet_netem::LinkConfig;
use enet_proto::{Delivery, DisconnectReason, Event, HostConfig, PeerId, PeerTimeouts};

use crate::network::{CLIENT, Pair, SERVER, delayed};
use crate::recovery::like_c;

/// Datagrams that each host has sent so far.
fn sent(pair: &Pair) -> [u64; 2] {
    pair.hosts.each_ref().map(|host| host.stats().sent_datagrams)
}

/// Datagrams that each host sends within so many milliseconds.
fn sent_in(pair: &mut Pair, ms: u64) -> [u64; 2] {
    let before = sent(pair);
    pair.drive_for(ms);
    let after = sent(pair);
    [CLIENT, SERVER].map(|end| after[end] - before[end])
}

/// A connection on which nothing is said for half a minute.
fn quiet(delay_ms: u32, configs: [HostConfig; 2]) -> (Pair, [PeerId; 2]) {
    let mut pair = Pair::with_configs(1, [delayed(delay_ms), delayed(delay_ms)], configs);
    let peers = pair.connected(1);
    pair.drive_for(30_000);
    (pair, peers)
}

#[test]
fn of_two_that_say_nothing_one_asks_every_four_seconds() {
    let (mut pair, peers) = quiet(40, Default::default());
    let [client, server] = sent_in(&mut pair, 60_000);
    // Every 4 to 4.5 seconds a ping and its answer, and once or twice the client's ping rides with that and is answered.
    assert!((13..=15).contains(&client), "{client}");
    assert!((13..=17).contains(&server), "{server}");
    for end in [CLIENT, SERVER] {
        assert_eq!(pair.hosts[end].peer_stats(peers[end]).unwrap().round_trip_time_ms, 80);
    }
}

#[test]
fn pings_come_back_with_any_packet() {
    for delivery in [Delivery::Reliable, Delivery::Unreliable, Delivery::Unsequenced] {
        let (mut pair, peers) = quiet(40, Default::default());
        pair.send(CLIENT, peers[CLIENT], 0, b"hello", delivery);
        // At once, after half a second, after one; then the pauses grow again.
        let [client, server] = sent_in(&mut pair, 2000);
        assert!((4..=8).contains(&client) && (3..=8).contains(&server), "{delivery:?}: {client}, {server}");
        for _ in 0..200 {
            pair.send(SERVER, peers[SERVER], 0, b"state", Delivery::Unreliable);
            pair.drive_for(50);
        }
        let rtt = pair.hosts[SERVER].peer_stats(peers[SERVER]).unwrap();
        assert_eq!((rtt.round_trip_time_ms, rtt.packet_throttle), (80, 32), "{delivery:?}");
    }
}

/// One that asks twice a second by itself, as C ENet does, is answered, and asked every half a minute how far it is.
#[test]
fn a_remote_that_asks_is_only_answered() {
    for (ours, theirs, configs) in [
        (SERVER, CLIENT, [like_c(), HostConfig::default()]),
        (CLIENT, SERVER, [HostConfig::default(), like_c()]),
    ] {
        let (mut pair, peers) = quiet(40, configs);
        let datagrams = sent_in(&mut pair, 64_000);
        // A ping each half second and a round trip, and an answer to each; two of these carry a ping, which is answered.
        assert!((108..=112).contains(&datagrams[ours]), "{datagrams:?}");
        assert!((1..=3).contains(&(datagrams[theirs] - datagrams[ours])), "{datagrams:?}");
        let stats = pair.hosts[ours].peer_stats(peers[ours]).unwrap();
        assert_eq!((stats.round_trip_time_ms, stats.packet_throttle), (80, 32));
    }
}

#[test]
fn an_interval_that_is_set_is_kept_to_the_millisecond() {
    let (mut pair, peers) = quiet(40, Default::default());
    let interval = |pair: &mut Pair, end: usize| {
        let step = |pair: &mut Pair| {
            let before = sent(pair)[end];
            pair.drive_until(10_000, |pair| sent(pair)[end] > before);
            pair.now
        };
        let first = step(pair);
        step(pair) - first
    };
    for (end, ms) in [(CLIENT, 700), (SERVER, 300)] {
        pair.hosts[end].set_ping_interval(peers[end], ms);
        pair.drive_for(2000);
        // From the answer on, which takes 80 ms.
        assert_eq!(interval(&mut pair, end), u64::from(ms) + 80);
        pair.hosts[end].set_ping_interval(peers[end], 0);
        pair.drive_for(10_000);
    }
    let [client, server] = sent_in(&mut pair, 30_000);
    assert!(client <= 9 && server <= 9, "0 is the default again: {client}, {server}");
}

/// When each end gives the other up, if nothing arrives any more from `silent_after` ms of silence on.
fn noticed(delay_ms: u32, silent_after: u64, configs: [HostConfig; 2]) -> [u64; 2] {
    let (mut pair, _) = quiet(delay_ms, configs);
    pair.drive_for(silent_after);
    pair.links.iter_mut().for_each(|link| link.set_config(LinkConfig { loss: 1.0, ..delayed(delay_ms) }));
    let began = pair.now;
    pair.drive_until(40_000, |pair| pair.events.iter().all(|events| !events.is_empty()));
    [CLIENT, SERVER].map(|end| match pair.events[end].pop_front() {
        Some((at, Event::Disconnected { reason: DisconnectReason::TimedOut, .. })) => at - began,
        other => panic!("{other:?}"),
    })
}

/// The longest times for the client and for the server, over all moments at which the silence may begin.
fn noticed_at_worst(delay_ms: u32, config: &HostConfig) -> [u64; 2] {
    let mut worst = [0; 2];
    for silent_after in (0..5000).step_by(250) {
        let times = noticed(delay_ms, silent_after, [config.clone(), config.clone()]);
        worst = [CLIENT, SERVER].map(|end| worst[end].max(times[end]));
    }
    worst
}

#[test]
fn a_dead_peer_is_noticed_within_a_pause_and_the_usual_time() {
    let often = HostConfig { spares_pings: false, ..HostConfig::default() };
    for delay_ms in [0, 10, 25, 50, 100] {
        let rarely = noticed_at_worst(delay_ms, &HostConfig::default());
        let often = noticed_at_worst(delay_ms, &often);
        println!("{delay_ms} ms: {rarely:?} beside {often:?}");
        // What is measured less often varies more, and a lost ping is repeated that much later.
        for (end, longest) in [(CLIENT, 5000), (SERVER, 4500)] {
            assert!(
                rarely[end] <= often[end] + longest + often[end] / 50,
                "{delay_ms} ms: {rarely:?} beside {often:?}"
            );
        }
    }
}

#[test]
fn pauses_are_short_beside_short_timeouts() {
    let timeouts = PeerTimeouts { limit: 32, minimum_ms: 1000, maximum_ms: 2000 };
    let config = HostConfig { timeouts, ..HostConfig::default() };
    let worst = noticed_at_worst(5, &config);
    assert!(worst.iter().all(|&ms| ms <= 3000), "{worst:?}");
}
