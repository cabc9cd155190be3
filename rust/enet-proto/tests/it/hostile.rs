//! Datagrams from someone who wishes no good: counted, and nothing else.

use enet_proto::{Delivery, Event, Host, HostConfig, Millis};

use crate::dice::Dice;
use crate::network::{CLIENT, Pair, SERVER, address, perfect, seeds};

#[test]
fn random_datagrams_from_strangers_change_nothing() {
    for seed in seeds(20) {
        let mut dice = Dice::new(seed);
        let mut pair = Pair::new(seed, perfect(), perfect());
        let peers = pair.connected(2);
        let stranger = std::net::SocketAddr::from(([192, 0, 2, 1], 9));
        let now = pair.now();
        for _ in 0..5000 {
            let length = (dice.roll() % 80) as usize;
            let datagram = dice.bytes(length);
            pair.hosts[SERVER].handle_datagram(now, stranger, &datagram);
        }
        pair.send(CLIENT, peers[CLIENT], 0, b"still here", Delivery::Reliable);
        pair.drive_for(50);
        assert_eq!(pair.take_payloads(SERVER), [b"still here"], "ENET_SEED={seed}");
        let stats = pair.hosts[SERVER].stats();
        assert!(stats.dropped_unknown > 4000, "{stats:?}");
    }
}

/// The same from the address of a connected peer, with headers that are accepted: the worst that it can do is what the
/// peer itself could, and memory stays within the caps.
#[test]
fn random_commands_from_a_peer_are_survived() {
    for seed in seeds(40) {
        let mut dice = Dice::new(seed);
        let config = HostConfig { maximum_waiting_data: 1 << 20, ..HostConfig::default() };
        let mut pair = Pair::with_configs(seed, [perfect(), perfect()], [HostConfig::default(), config]);
        let mut peers = pair.connected(4);
        for round in 0..3000 {
            let datagram = plausible(&mut dice, pair.hosts[SERVER].peer_header(peers[SERVER]).unwrap_or(0));
            let now = Millis(pair.now + round);
            pair.hosts[SERVER].handle_datagram(now, address(CLIENT), &datagram);
            let mut out = Vec::new();
            let mut sent = 0;
            while pair.hosts[SERVER].poll_transmit(now, &mut out).is_some() {
                sent += 1;
                assert!(sent < 100, "ENET_SEED={seed}: a storm");
            }
            if let Some(stats) = pair.hosts[SERVER].peer_stats(peers[SERVER]) {
                assert!(stats.waiting_bytes < (1 << 20) + (32 << 20), "{stats:?}");
            }
            if round % 7 == 0 {
                while pair.hosts[SERVER].poll_event().is_some() {}
            }
            if pair.hosts[SERVER].peers().next().is_none() {
                pair = Pair::new(seed + round, perfect(), perfect());
                peers = pair.connected(4);
            }
        }
    }
}

/// A datagram with the right header and commands of the right shape, their fields mostly at random.
pub(crate) fn plausible(dice: &mut Dice, header: u16) -> Vec<u8> {
    let mut out = (0x8000 | header).to_be_bytes().to_vec();
    out.extend(dice.bytes(2));
    for _ in 0..1 + dice.roll() % 6 {
        let number = 1 + (dice.roll() % 12) as u8;
        let flags = [0x80, 0, 0x40, 0xc0][(dice.roll() % 4) as usize];
        let channel = [0, 1, 2, 3, 4, 0xff][(dice.roll() % 6) as usize];
        out.extend([number | flags, channel]);
        out.extend(small_or_any(dice, 2));
        let body = [4, 44, 40, 4, 0, 0, 2, 0, 2, 8, 12, 0][usize::from(number) - 1];
        out.extend(dice.bytes(body));
        match number {
            6 | 7 | 9 => {
                let length = (dice.roll() % 40) as u16;
                out.extend(length.to_be_bytes());
                out.extend(dice.bytes(usize::from(length)));
            }
            8 | 12 => {
                let length = (dice.roll() % 40) as u16;
                out.extend(small_or_any(dice, 2));
                out.extend(length.to_be_bytes());
                for _ in 0..4 {
                    out.extend(small_or_any(dice, 4));
                }
                out.extend(dice.bytes(usize::from(length)));
            }
            _ => {}
        }
    }
    out
}

fn small_or_any(dice: &mut Dice, bytes: usize) -> Vec<u8> {
    if dice.roll().is_multiple_of(4) {
        return dice.bytes(bytes);
    }
    let small = dice.roll() % 50;
    small.to_be_bytes()[8 - bytes..].to_vec()
}

#[test]
fn truncated_datagrams_are_survived() {
    let mut pair = Pair::new(1, perfect(), perfect());
    let peers = pair.connected(2);
    pair.send(CLIENT, peers[CLIENT], 0, &[7; 3000], Delivery::Reliable);
    pair.send(CLIENT, peers[CLIENT], 0, b"x", Delivery::Unsequenced);
    let now = pair.now();
    let mut datagram = Vec::new();
    let mut sent = Vec::new();
    while pair.hosts[CLIENT].poll_transmit(now, &mut datagram).is_some() {
        sent.push(datagram.clone());
    }
    for datagram in &sent {
        for length in 0..datagram.len() {
            pair.hosts[SERVER].handle_datagram(now, address(CLIENT), &datagram[..length]);
        }
    }
    assert!(pair.hosts[SERVER].stats().rejected_commands > 1000);
    for datagram in &sent {
        pair.hosts[SERVER].handle_datagram(now, address(CLIENT), datagram);
    }
    pair.settle();
    assert_eq!(pair.take_payloads(SERVER).iter().map(Vec::len).max(), Some(3000));
}

#[test]
fn a_forged_answer_does_not_silence_a_connection_attempt() {
    let mut client = Host::new(HostConfig::default(), 1).unwrap();
    let peer = client.connect(Millis(1), address(SERVER), 1, 0).unwrap();
    let mut datagram = Vec::new();
    assert!(client.poll_transmit(Millis(1), &mut datagram).is_some());
    // ACKNOWLEDGE of control command 1, as if the CONNECT had arrived.
    client.handle_datagram(Millis(2), address(SERVER), &[0, 0, 1, 0xff, 0, 1, 0, 1, 0, 1]);
    client.handle_timeout(Millis(1000));
    assert!(client.poll_transmit(Millis(1000), &mut datagram).is_some(), "it is repeated");
    client.handle_timeout(Millis(60_000));
    assert!(matches!(client.poll_event(), Some(Event::Disconnected { peer: ended, .. }) if ended == peer));
}

#[test]
fn a_flood_of_pings_is_answered_within_bounds() {
    let mut pair = Pair::new(1, perfect(), perfect());
    let peers = pair.connected(1);
    let mut flood = (0x8000 | pair.hosts[SERVER].peer_header(peers[SERVER]).unwrap()).to_be_bytes().to_vec();
    flood.extend([0, 0]);
    for number in 0..1000u16 {
        flood.extend([0x85, 0xff]);
        flood.extend(number.to_be_bytes());
    }
    let now = pair.now();
    for _ in 0..200 {
        pair.hosts[SERVER].handle_datagram(now, address(CLIENT), &flood);
    }
    let mut datagram = Vec::new();
    let answers = std::iter::from_fn(|| pair.hosts[SERVER].poll_transmit(now, &mut datagram)).count();
    assert!(answers <= 1100, "{answers}");
}
