//! Every way in which a connection ends, seen from both sides.

use enet_proto::{Delivery, DisconnectReason, Event, Host, HostConfig, Millis, PeerId, PeerState};

use crate::network::{CLIENT, Pair, SERVER, delayed, perfect};

fn reason(pair: &mut Pair, end: usize) -> Option<DisconnectReason> {
    match pair.take_event(end) {
        Some(Event::Disconnected { reason, .. }) => Some(reason),
        None => None,
        other => panic!("{other:?}"),
    }
}

fn ended(how: fn(&mut Host, Millis, PeerId, u32)) -> [Option<DisconnectReason>; 2] {
    let mut pair = Pair::new(1, delayed(10), delayed(10));
    let peers = pair.connected(1);
    let now = pair.now();
    how(&mut pair.hosts[CLIENT], now, peers[CLIENT], 77);
    pair.drive_for(60_000);
    let reasons = [reason(&mut pair, CLIENT), reason(&mut pair, SERVER)];
    assert!(pair.events.iter().all(|events| events.is_empty()));
    for end in [CLIENT, SERVER] {
        assert_eq!(pair.hosts[end].peers().count(), 0);
        assert_eq!(pair.hosts[end].peer_state(peers[end]), PeerState::Disconnected);
    }
    reasons
}

#[test]
fn each_way_tells_the_remote_what_it_promises() {
    let [local, remote] = [Some(DisconnectReason::Local), Some(DisconnectReason::Remote(77))];
    assert_eq!(ended(Host::disconnect), [local, remote]);
    assert_eq!(ended(Host::disconnect_later), [local, remote]);
    assert_eq!(ended(Host::disconnect_now), [None, remote]);
    let reset = |host: &mut Host, _, peer, _| host.reset(peer);
    // A remote that was not told asks for ever shorter signs of life, and gives up.
    assert_eq!(ended(reset), [None, Some(DisconnectReason::TimedOut)]);
}

#[test]
fn what_is_queued_goes_first_only_when_asked() {
    for later in [false, true] {
        let mut pair = Pair::new(1, delayed(10), delayed(10));
        let peers = pair.connected(1);
        pair.send(CLIENT, peers[CLIENT], 0, &[7; 200_000], Delivery::Reliable);
        pair.send(CLIENT, peers[CLIENT], 0, b"last words", Delivery::Reliable);
        let now = pair.now();
        if later {
            pair.hosts[CLIENT].disconnect_later(now, peers[CLIENT], 5);
        } else {
            pair.hosts[CLIENT].disconnect(now, peers[CLIENT], 5);
        }
        pair.drive_for(10_000);
        if later {
            assert!(matches!(pair.take_event(SERVER), Some(Event::Received { .. })));
            let Some(Event::Received { packet, .. }) = pair.take_event(SERVER) else { panic!() };
            assert_eq!(packet.data, &b"last words"[..]);
        }
        assert_eq!(reason(&mut pair, SERVER), Some(DisconnectReason::Remote(5)));
        assert_eq!(reason(&mut pair, CLIENT), Some(DisconnectReason::Local));
    }
}

#[test]
fn what_arrived_before_a_goodbye_is_still_delivered() {
    let mut pair = Pair::new(1, perfect(), perfect());
    let peers = pair.connected(1);
    pair.send(CLIENT, peers[CLIENT], 0, b"hello", Delivery::Reliable);
    let now = pair.now();
    let mut datagram = Vec::new();
    // Both datagrams reach the server before anyone takes an event.
    let _ = pair.hosts[CLIENT].poll_transmit(now, &mut datagram).unwrap();
    let hello = datagram.clone();
    pair.hosts[CLIENT].disconnect_now(now, peers[CLIENT], 3);
    let _ = pair.hosts[CLIENT].poll_transmit(now, &mut datagram).unwrap();
    for sent in [&hello, &datagram] {
        pair.hosts[SERVER].handle_datagram(now, crate::network::address(CLIENT), sent);
    }
    pair.settle();
    let Some(Event::Received { packet, .. }) = pair.take_event(SERVER) else { panic!() };
    assert_eq!(packet.data, &b"hello"[..]);
    assert_eq!(reason(&mut pair, SERVER), Some(DisconnectReason::Remote(3)));
}

#[test]
fn both_at_once_end_at_once() {
    let mut pair = Pair::new(1, delayed(10), delayed(10));
    let peers = pair.connected(1);
    let now = pair.now();
    pair.hosts[CLIENT].disconnect(now, peers[CLIENT], 1);
    pair.hosts[SERVER].disconnect(now, peers[SERVER], 2);
    pair.drive_for(15);
    assert_eq!(reason(&mut pair, CLIENT), Some(DisconnectReason::Remote(2)));
    assert_eq!(reason(&mut pair, SERVER), Some(DisconnectReason::Remote(1)));
}

#[test]
fn a_lost_goodbye_is_repeated() {
    let mut pair = Pair::new(1, delayed(10), delayed(10));
    let peers = pair.connected(1);
    pair.links[CLIENT].drop_next(3);
    let now = pair.now();
    pair.hosts[CLIENT].disconnect(now, peers[CLIENT], 9);
    pair.drive_for(5000);
    assert_eq!(reason(&mut pair, SERVER), Some(DisconnectReason::Remote(9)));
    assert_eq!(reason(&mut pair, CLIENT), Some(DisconnectReason::Local));
}

#[test]
fn a_silent_remote_is_given_up_in_time() {
    let mut pair = Pair::new(1, delayed(10), delayed(10));
    let peers = pair.connected(1);
    pair.drive_for(2000);
    pair.links.iter_mut().for_each(|link| link.drop_next(usize::MAX));
    let start = pair.now;
    pair.drive_for(60_000);
    for end in [CLIENT, SERVER] {
        let (at, event) = pair.events[end].pop_front().unwrap();
        assert_eq!(event, Event::Disconnected { peer: peers[end], reason: DisconnectReason::TimedOut });
        assert!((5000..=31_000).contains(&(at - start)), "{}", at - start);
    }
}

#[test]
fn a_peer_ended_by_the_application_is_never_heard_of_again() {
    for now_or_reset in [false, true] {
        let mut pair = Pair::new(1, perfect(), perfect());
        let peers = pair.connected(1);
        pair.send(CLIENT, peers[CLIENT], 0, b"unread", Delivery::Reliable);
        let now = pair.now();
        let mut datagram = Vec::new();
        let _ = pair.hosts[CLIENT].poll_transmit(now, &mut datagram).unwrap();
        pair.hosts[SERVER].handle_datagram(now, crate::network::address(CLIENT), &datagram);
        if now_or_reset {
            pair.hosts[SERVER].disconnect_now(now, peers[SERVER], 0);
        } else {
            pair.hosts[SERVER].reset(peers[SERVER]);
        }
        assert_eq!(pair.hosts[SERVER].poll_event(), None);
        assert_eq!(pair.hosts[SERVER].peers().count(), 0);
    }
}

#[test]
fn a_slot_is_not_reused_before_its_end_was_taken() {
    let server = HostConfig { peers: 2, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [HostConfig::default(), server]);
    let peers = pair.connected(1);
    let now = pair.now();
    pair.hosts[CLIENT].disconnect_now(now, peers[CLIENT], 0);
    let mut datagram = Vec::new();
    let _ = pair.hosts[CLIENT].poll_transmit(now, &mut datagram).unwrap();
    pair.hosts[SERVER].handle_datagram(now, crate::network::address(CLIENT), &datagram);
    assert_eq!(pair.hosts[SERVER].peer_state(peers[SERVER]), PeerState::Zombie);
    let other = pair.hosts[SERVER].connect(now, crate::network::address(CLIENT), 1, 0).unwrap();
    assert_ne!(other.slot(), peers[SERVER].slot());
    assert!(pair.hosts[SERVER].poll_event().is_some());
    let reused = pair.hosts[SERVER].connect(now, crate::network::address(CLIENT), 1, 0).unwrap();
    assert_eq!(reused.slot(), peers[SERVER].slot());
    assert_ne!(reused, peers[SERVER]);
}

/// The end of a connection that the application let go of before it took the event must not touch whoever has the slot
/// by then.
#[test]
fn an_event_that_was_overtaken_ends_nobody_else() {
    let server = HostConfig { peers: 1, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [HostConfig::default(), server]);
    let peers = pair.connected(1);
    let now = pair.now();
    pair.hosts[CLIENT].disconnect_now(now, peers[CLIENT], 0);
    let mut datagram = Vec::new();
    let _ = pair.hosts[CLIENT].poll_transmit(now, &mut datagram).unwrap();
    pair.hosts[SERVER].handle_datagram(now, crate::network::address(CLIENT), &datagram);
    pair.hosts[SERVER].disconnect_now(now, peers[SERVER], 0);
    let next = pair.hosts[SERVER].connect(now, crate::network::address(CLIENT), 1, 0).unwrap();
    assert_eq!(next.slot(), peers[SERVER].slot());
    assert_eq!(pair.hosts[SERVER].poll_event(), None);
    assert_eq!(pair.hosts[SERVER].peer_state(next), PeerState::Connecting);
}

#[test]
fn a_peer_in_the_handshake_can_be_ended_without_an_event() {
    let mut pair = Pair::new(1, delayed(10), delayed(10));
    let peer = pair.connect(1, 0);
    pair.settle();
    let now = pair.now();
    pair.hosts[CLIENT].disconnect(now, peer, 0);
    pair.drive_for(60_000);
    assert!(pair.events.iter().all(|events| events.is_empty()));
    assert!(pair.hosts.iter().all(|host| host.peers().count() == 0));
}
