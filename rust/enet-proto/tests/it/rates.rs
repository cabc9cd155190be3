//! What a peer may send in a second: warned, throttled, exceeded; and what the honest notice of it.

use enet_proto::{Delivery, Event, HostConfig, Limit, LimitStage, PeerId, PeerRates, PeerTimeouts};

use crate::network::{CLIENT, Pair, SERVER, delayed};

const RATES: PeerRates = PeerRates { packets: 200, bytes: 100_000, patience_ms: 5000 };

fn limited(rates: PeerRates) -> (Pair, [PeerId; 2]) {
    let server = HostConfig { rates, ..HostConfig::default() };
    let mut pair = Pair::with_configs(5, [delayed(20), delayed(20)], [HostConfig::default(), server]);
    let peers = pair.connected(1);
    (pair, peers)
}

/// The packets and the limits that the server's application has heard of.
fn heard(pair: &mut Pair) -> (Vec<u32>, Vec<(Limit, LimitStage)>) {
    let (mut numbers, mut limits) = (Vec::new(), Vec::new());
    while let Some(event) = pair.take_event(SERVER) {
        match event {
            Event::Received { packet, .. } => {
                numbers.push(u32::from_be_bytes(packet.data[..4].try_into().unwrap()))
            }
            Event::LimitReached { limit, stage, .. } => limits.push((limit, stage)),
            other => panic!("{other:?}"),
        }
    }
    (numbers, limits)
}

#[test]
fn a_reliable_stream_is_slowed_to_the_rate_and_arrives_whole() {
    let (mut pair, peers) = limited(RATES);
    for number in 0..4000u32 {
        pair.send(CLIENT, peers[CLIENT], 0, &number.to_be_bytes(), Delivery::Reliable);
    }
    pair.drive_for(10_000);
    let (begun, limits) = heard(&mut pair);
    // Two seconds' worth at once, and then the rate.
    assert!((1800..=2600).contains(&begun.len()), "{}", begun.len());
    assert_eq!(limits, [(Limit::Packets, LimitStage::Warned), (Limit::Packets, LimitStage::Throttled)]);
    pair.drive_for(15_000);
    let (rest, limits) = heard(&mut pair);
    assert_eq!([begun, rest].concat(), (0..4000).collect::<Vec<_>>());
    assert_eq!(limits, []);
    let stats = pair.hosts[SERVER].stats();
    assert!(stats.refused_for_rate > 10 && stats.refused_out_of_turn > 1000);
    assert!(pair.events[CLIENT].is_empty(), "the sender gave up");
}

#[test]
fn large_packets_count_by_their_bytes() {
    let (mut pair, peers) = limited(RATES);
    for number in 0..10u32 {
        let mut data = number.to_be_bytes().to_vec();
        data.resize(100_000, 7);
        pair.send(CLIENT, peers[CLIENT], 0, &data, Delivery::Reliable);
    }
    pair.drive_for(5000);
    let (begun, limits) = heard(&mut pair);
    assert!((4..=7).contains(&begun.len()), "{}", begun.len());
    assert_eq!(limits, [(Limit::Bytes, LimitStage::Warned), (Limit::Bytes, LimitStage::Throttled)]);
    pair.drive_for(6000);
    assert_eq!(heard(&mut pair).0.last(), Some(&9));
}

#[test]
fn an_unreliable_flood_is_cut_and_reported_to_the_end() {
    let (mut pair, peers) = limited(RATES);
    for number in 0..20_000u32 {
        pair.send(CLIENT, peers[CLIENT], 0, &number.to_be_bytes(), Delivery::Unsequenced);
        if number % 4 == 0 {
            pair.drive_for(1);
        }
    }
    let (taken, limits) = heard(&mut pair);
    assert!((400..600).contains(&taken.len()), "{}", taken.len());
    let stages: Vec<_> = limits.iter().map(|&(_, stage)| stage).collect();
    assert_eq!(stages, [LimitStage::Warned, LimitStage::Throttled, LimitStage::Exceeded]);
    // It goes on being answered, and may go on when it has calmed down.
    pair.drive_for(15_000);
    pair.send(CLIENT, peers[CLIENT], 0, &7u32.to_be_bytes(), Delivery::Reliable);
    pair.drive_for(500);
    assert_eq!(heard(&mut pair).0, [7]);
    assert!(pair.events[CLIENT].is_empty());
}

#[test]
fn within_the_rate_nothing_is_held_back() {
    let (mut pair, peers) = limited(RATES);
    for number in 0..6000u32 {
        let delivery = if number % 2 == 0 { Delivery::Reliable } else { Delivery::Unsequenced };
        pair.send(CLIENT, peers[CLIENT], 0, &number.to_be_bytes(), delivery);
        pair.drive_for(6);
    }
    pair.drive_for(500);
    let (mut numbers, limits) = heard(&mut pair);
    numbers.sort_unstable();
    assert_eq!((numbers, limits), ((0..6000).collect(), vec![]));
    assert_eq!(pair.hosts[SERVER].stats().refused_for_rate, 0);
}

#[test]
fn rates_can_be_changed_for_all_and_for_one() {
    let (mut pair, peers) = limited(PeerRates::UNLIMITED);
    let flood = |pair: &mut Pair| {
        for number in 0..2000u32 {
            pair.send(CLIENT, peers[CLIENT], 0, &number.to_be_bytes(), Delivery::Unsequenced);
        }
        pair.drive_for(100);
        heard(pair).0.len()
    };
    assert_eq!(flood(&mut pair), 2000);
    pair.hosts[SERVER].set_default_rates(RATES);
    assert_eq!(flood(&mut pair), 400);
    pair.hosts[SERVER].set_rates(peers[SERVER], PeerRates::UNLIMITED);
    // The first one may be taken for a stray, so many before it were dropped.
    assert!(flood(&mut pair) >= 1999);
    assert_eq!(pair.hosts[SERVER].config().rates, RATES);
}

#[test]
fn suspended_timeouts_keep_a_peer_that_a_debugger_has_stopped() {
    for suspended in [true, false] {
        let (mut pair, peers) = limited(PeerRates::UNLIMITED);
        pair.drive_for(200);
        pair.hosts[SERVER].set_timeouts_suspended(suspended);
        // Ten minutes in which the client does nothing at all.
        pair.send(SERVER, peers[SERVER], 0, b"there?", Delivery::Reliable);
        for _ in 0..600 {
            let end = pair.now + 1000;
            while pair.now < end {
                pair.now += 10;
                let now = pair.now();
                let mut datagram = Vec::new();
                if pair.hosts[SERVER].poll_timeout().is_some_and(|due| due <= now) {
                    pair.hosts[SERVER].handle_timeout(now);
                }
                while pair.hosts[SERVER].poll_transmit(now, &mut datagram).is_some() {}
            }
        }
        let ended = pair.hosts[SERVER].poll_event();
        assert_eq!(ended.is_none(), suspended, "{ended:?}");
        if suspended {
            pair.drive_for(2000);
            assert!(matches!(pair.take_event(CLIENT), Some(Event::Received { .. })), "the client is kept");
        }
    }
}

#[test]
fn timeouts_are_set_for_everyone() {
    let (mut pair, peers) = limited(PeerRates::UNLIMITED);
    let timeouts = PeerTimeouts { limit: u32::MAX, minimum_ms: 0, maximum_ms: 1500 };
    pair.hosts[SERVER].set_default_timeouts(timeouts);
    pair.links[CLIENT].drop_next(usize::MAX);
    pair.send(SERVER, peers[SERVER], 0, b"there?", Delivery::Reliable);
    let start = pair.now;
    pair.drive_until(5000, |pair| !pair.events[SERVER].is_empty());
    assert!((1500..1600).contains(&(pair.now - start)), "{}", pair.now - start);
}
