//! How connections begin: agreed terms, lost steps, refusals.

use enet_netem::LinkConfig;
use enet_proto::{AdmissionLimits, DisconnectReason, Event, HostConfig, PeerState};

use crate::network::{CLIENT, Pair, SERVER, address, delayed, perfect, seeds};

#[test]
fn both_sides_learn_of_each_other() {
    let mut pair = Pair::new(1, delayed(20), delayed(30));
    let start = pair.now;
    let peer = pair.connect(3, 0xdead_beef);
    pair.drive_for(1000);
    let (at, event) = pair.events[CLIENT].pop_front().unwrap();
    assert_eq!(event, Event::Connected { peer, address: address(SERVER), channels: 3, data: 0 });
    assert_eq!(at - start, 50);
    let (at, event) = pair.events[SERVER].pop_front().unwrap();
    let Event::Connected { peer: theirs, address: from, channels: 3, data: 0xdead_beef } = event else {
        panic!("{event:?}")
    };
    assert_eq!((from, at - start), (address(CLIENT), 70));
    assert_eq!(pair.hosts[SERVER].peer_state(theirs), PeerState::Connected);
    // The client measures at once, the server's first measurement is the answer to its VERIFY_CONNECT.
    for (end, id) in [(CLIENT, peer), (SERVER, theirs)] {
        assert_eq!(pair.hosts[end].peer_stats(id).unwrap().round_trip_time_ms, 50);
    }
}

#[test]
fn the_smaller_side_decides() {
    let client = HostConfig { mtu: 1200, ..HostConfig::default() };
    let server = HostConfig { channel_limit: 4, mtu: 4096, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [client, server]);
    let peer = pair.connect(255, 0);
    pair.drive_for(100);
    for end in [CLIENT, SERVER] {
        let Some(Event::Connected { channels: 4, peer, .. }) = pair.take_event(end) else { panic!() };
        assert_eq!(pair.hosts[end].peer_stats(peer).unwrap().mtu, 1200);
    }
    assert_eq!(pair.hosts[CLIENT].peer_state(peer), PeerState::Connected);
}

#[test]
fn any_lost_step_is_repeated() {
    for (lost_from_client, lost_from_server) in [(1, 0), (0, 1), (2, 2), (3, 1)] {
        let mut pair = Pair::new(1, delayed(10), delayed(10));
        pair.links[CLIENT].drop_next(lost_from_client);
        pair.links[SERVER].drop_next(lost_from_server);
        let peers = pair.connected(1);
        pair.drive_for(10_000);
        assert!(pair.events.iter().all(|events| events.is_empty()));
        assert_eq!(pair.hosts[SERVER].peers().collect::<Vec<_>>(), [peers[SERVER]]);
    }
}

#[test]
fn every_link_lets_clients_in_exactly_once() {
    let links = [LinkConfig::lan(), LinkConfig::wifi_lossy(), LinkConfig::mobile(), LinkConfig::satellite()];
    for link in links {
        for seed in seeds(32) {
            let mut pair = Pair::new(seed, link.clone(), link.clone());
            pair.connected(1);
            pair.drive_for(5000);
            assert!(pair.events.iter().all(|events| events.is_empty()), "seed {seed}");
        }
    }
}

#[test]
fn nobody_there_is_a_timeout() {
    let client = HostConfig { handshake_timeout_ms: 5000, ..HostConfig::default() };
    let dead = LinkConfig { loss: 1.0, ..LinkConfig::PERFECT };
    let mut pair = Pair::with_configs(1, [dead.clone(), dead], [client, HostConfig::default()]);
    let start = pair.now;
    let peer = pair.connect(1, 0);
    pair.drive_for(20_000);
    let (at, event) = pair.events[CLIENT].pop_front().unwrap();
    assert_eq!(event, Event::Disconnected { peer, reason: DisconnectReason::TimedOut });
    assert_eq!(at - start, 5000);
    assert_eq!(pair.hosts[CLIENT].peers().count(), 0);
    assert_eq!(pair.hosts[CLIENT].poll_timeout(), None);
}

#[test]
fn a_client_that_vanishes_in_the_handshake_leaves_nothing() {
    let server = HostConfig { handshake_timeout_ms: 4000, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [HostConfig::default(), server]);
    pair.links[SERVER].drop_next(1000);
    let peer = pair.connect(1, 0);
    pair.settle();
    assert_eq!(pair.hosts[SERVER].stats().half_open, 1);
    pair.hosts[CLIENT].reset(peer);
    pair.drive_for(4000);
    assert_eq!((pair.hosts[SERVER].stats().half_open, pair.hosts[SERVER].peers().count()), (0, 0));
    assert_eq!(pair.hosts[SERVER].poll_timeout(), None);
    assert!(pair.events[SERVER].is_empty());
}

#[test]
fn a_full_server_ignores_and_a_freed_slot_is_taken_again() {
    let server = HostConfig { peers: 1, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [HostConfig::default(), server]);
    let first = pair.connected(1);
    let second = pair.connect(1, 0);
    pair.drive_for(300);
    assert_eq!(pair.hosts[CLIENT].peer_state(second), PeerState::Connecting);
    assert!(pair.hosts[SERVER].stats().refused_connects > 0);
    let now = pair.now();
    pair.hosts[CLIENT].disconnect(now, first[CLIENT], 0);
    pair.drive_for(3000);
    assert_eq!(pair.hosts[CLIENT].peer_state(second), PeerState::Connected);
    let ids: Vec<_> = pair.hosts[SERVER].peers().collect();
    assert_eq!(ids[0].slot(), first[SERVER].slot());
    assert_ne!(ids[0], first[SERVER]);
}

#[test]
fn a_full_server_may_tell_whoever_asks() {
    let server = HostConfig { peers: 1, turns_surplus_away: Some(77), ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [HostConfig::default(), server]);
    let first = pair.connected(1);
    let second = pair.connect(1, 0);
    pair.drive_for(100);
    let told = Event::Disconnected { peer: second, reason: DisconnectReason::Remote(77) };
    assert_eq!(pair.take_event(CLIENT), Some(told));
    assert_eq!(pair.hosts[CLIENT].peer_state(first[CLIENT]), PeerState::Connected);
    assert_eq!(pair.hosts[SERVER].peers().collect::<Vec<_>>(), [first[SERVER]]);
}

#[test]
fn one_address_holds_only_so_many() {
    let admission = AdmissionLimits { connections_per_address: 2, ..AdmissionLimits::DEFAULT };
    let server = HostConfig { admission, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [HostConfig::default(), server]);
    for _ in 0..4 {
        pair.connect(1, 0);
    }
    pair.drive_for(100);
    assert_eq!(pair.events[SERVER].len(), 2);
}

#[test]
fn four_thousand_and_ninety_five_peers_and_no_more() {
    let config = HostConfig { peers: 4095, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [config.clone(), config]);
    for _ in 0..4095 {
        pair.connect(1, 0);
    }
    let now = pair.now();
    assert!(pair.hosts[CLIENT].connect(now, address(SERVER), 1, 0).is_err());
    // So many attempts from one socket may run out of free numbers to tell apart; the last ones have to ask again.
    pair.drive_for(3000);
    assert_eq!(pair.events[CLIENT].len(), 4095);
    assert_eq!(pair.events[SERVER].len(), 4095);
}

#[test]
fn a_host_connects_to_itself() {
    use enet_proto::{Host, Millis};
    let mut host = Host::new(HostConfig::default(), 1).unwrap();
    host.connect(Millis(1), address(SERVER), 1, 5).unwrap();
    let mut datagram = Vec::new();
    let mut events = Vec::new();
    for _ in 0..20 {
        while host.poll_transmit(Millis(1), &mut datagram).is_some() {
            let datagram = datagram.clone();
            host.handle_datagram(Millis(1), address(SERVER), &datagram);
        }
        events.extend(std::iter::from_fn(|| host.poll_event()));
    }
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|event| matches!(event, Event::Connected { .. })));
}

#[test]
fn out_of_range_configurations_are_errors() {
    use enet_proto::{ConfigError, Host};
    let config = HostConfig::default;
    for (config, error) in [
        (HostConfig { peers: 0, ..config() }, ConfigError::Peers),
        (HostConfig { peers: 4096, ..config() }, ConfigError::Peers),
        (HostConfig { channel_limit: 0, ..config() }, ConfigError::Channels),
        (HostConfig { mtu: 575, ..config() }, ConfigError::Mtu),
        (HostConfig { mtu: 4097, ..config() }, ConfigError::Mtu),
    ] {
        assert_eq!(Host::new(config, 1).err(), Some(error));
    }
}

#[test]
fn a_late_answer_to_another_attempt_changes_nothing() {
    let mut pair = Pair::new(1, delayed(20), delayed(20));
    let first = pair.connect(1, 0);
    pair.drive_for(25);
    // The answer to the first attempt is on its way when the client gives that up and tries again.
    pair.hosts[CLIENT].reset(first);
    let second = pair.connect(1, 0);
    pair.drive_for(200);
    assert_eq!(pair.hosts[CLIENT].peer_state(second), PeerState::Connected);
    assert!(matches!(pair.take_event(CLIENT), Some(Event::Connected { peer, .. }) if peer == second));
}

/// A server takes nothing from a client before it has the answer to its VERIFY_CONNECT. The client repeats that beside
/// what it sends, and does not wait for the server to ask again, which it does more and more rarely.
#[test]
fn a_lost_answer_goes_along_with_whatever_comes_next() {
    let mut pair = Pair::new(1, delayed(10), delayed(10));
    let peer = pair.connect(1, 0);
    pair.drive_for(15);
    pair.links[CLIENT].drop_next(1);
    pair.drive_for(10);
    assert!(matches!(pair.take_event(CLIENT), Some(Event::Connected { .. })));
    // From here on the server says nothing by itself.
    pair.links[SERVER].drop_next(1000);
    let packet = enet_proto::Packet::new(vec![7; 5000], enet_proto::Delivery::Reliable);
    pair.hosts[CLIENT].send(peer, 0, packet).unwrap();
    pair.drive_for(15);
    assert!(matches!(pair.take_event(SERVER), Some(Event::Connected { .. })));
    assert!(matches!(pair.take_event(SERVER), Some(Event::Received { .. })));
}
