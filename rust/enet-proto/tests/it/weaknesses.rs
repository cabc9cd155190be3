//! The known weaknesses of C ENet, one test each: what it does there, ours does not. `docs/enet-weaknesses.md` has the list,
//! with the tests that are elsewhere.

use enet_netem::LinkConfig;
use enet_proto::{
    Delivery, DisconnectReason, Event, Host, HostConfig, PeerId, PeerState, RangeCoder, ThrottleConfig,
};

use crate::network::{CLIENT, Pair, SERVER, address, delayed, perfect};

/// A datagram from the client of the server's only connection.
fn datagram(pair: &Pair, commands: &[Vec<u8>]) -> Vec<u8> {
    let server = &pair.hosts[SERVER];
    let header = server.peers().next().and_then(|peer| server.peer_header(peer)).expect("it is connected");
    let mut out = (0x8000 | header).to_be_bytes().to_vec();
    out.extend((pair.now as u16).to_be_bytes());
    out.extend(commands.concat());
    out
}

fn deliver(pair: &mut Pair, commands: &[Vec<u8>]) {
    let datagram = datagram(pair, commands);
    let now = pair.now();
    pair.hosts[SERVER].handle_datagram(now, address(CLIENT), &datagram);
}

struct Fragment {
    command: u8,
    start: u16,
    count: u32,
    number: u32,
    total: u32,
    offset: u32,
}

fn fragment(channel: u8, fields: &Fragment, payload: &[u8]) -> Vec<u8> {
    let Fragment { command, start, count, number, total, offset } = *fields;
    let sequence = if command & 0x0f == 8 { start.wrapping_add(number as u16) } else { 0 };
    let mut out = vec![command, channel];
    out.extend(sequence.to_be_bytes());
    out.extend(start.to_be_bytes());
    out.extend((payload.len() as u16).to_be_bytes());
    for field in [count, number, total, offset] {
        out.extend(field.to_be_bytes());
    }
    out.extend(payload);
    out
}

fn unsequenced(group: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![0x49, 0, 0, 0];
    out.extend(group.to_be_bytes());
    out.extend((payload.len() as u16).to_be_bytes());
    out.extend(payload);
    out
}

fn waiting(pair: &Pair, peer: PeerId) -> u64 {
    pair.hosts[SERVER].peer_stats(peer).unwrap().waiting_bytes
}

/// 7: nothing that has arrived is lost to a goodbye, whoever says it and in whichever way.
#[test]
fn a_goodbye_destroys_nothing_that_has_arrived() {
    let goodbyes: [fn(&mut Pair, [PeerId; 2]); 5] = [
        |pair, peers| pair.hosts[CLIENT].disconnect(pair.now(), peers[CLIENT], 1),
        |pair, peers| pair.hosts[CLIENT].disconnect_later(pair.now(), peers[CLIENT], 1),
        |pair, peers| pair.hosts[CLIENT].disconnect_now(pair.now(), peers[CLIENT], 1),
        |pair, peers| pair.hosts[SERVER].disconnect(pair.now(), peers[SERVER], 1),
        |pair, peers| pair.hosts[SERVER].disconnect_later(pair.now(), peers[SERVER], 1),
    ];
    for goodbye in goodbyes {
        let mut pair = Pair::new(1, perfect(), perfect());
        let peers = pair.connected(1);
        let now = pair.now();
        pair.send(CLIENT, peers[CLIENT], 0, b"received, not yet taken", Delivery::Reliable);
        let mut datagram = Vec::new();
        assert!(pair.hosts[CLIENT].poll_transmit(now, &mut datagram).is_some());
        pair.hosts[SERVER].handle_datagram(now, address(CLIENT), &datagram);
        goodbye(&mut pair, peers);
        pair.drive_for(5000);
        let Some(Event::Received { packet, .. }) = pair.take_event(SERVER) else { panic!() };
        assert_eq!(packet.data, &b"received, not yet taken"[..]);
        assert!(matches!(pair.take_event(SERVER), Some(Event::Disconnected { .. })));
    }
}

/// 10: the count of what waits returns to nothing, also of what was dropped from the queues instead of delivered.
#[test]
fn nothing_stays_counted_that_no_longer_waits() {
    let link = LinkConfig { delay_ms: 20, loss: 0.3, reorder: 0.3, duplicate: 0.2, ..LinkConfig::PERFECT };
    let mut pair = Pair::new(5, link.clone(), link);
    let peers = pair.connected(2);
    for number in 0..2000u32 {
        let length = if number.is_multiple_of(10) { 4000 } else { 100 };
        for delivery in [Delivery::Reliable, Delivery::UnreliableFragmented, Delivery::Unsequenced] {
            pair.send(CLIENT, peers[CLIENT], (number % 2) as u8, &vec![7; length], delivery);
        }
        pair.drive_for(5);
    }
    pair.drive_until(600_000, |pair| {
        let stats = pair.hosts[CLIENT].peer_stats(peers[CLIENT]).unwrap();
        stats.queued_bytes == 0 && stats.in_flight_bytes == 0
    });
    for channel in 0..2 {
        // What still waits for fragments that are lost is overtaken by one more of its kind.
        pair.send(CLIENT, peers[CLIENT], channel, b"", Delivery::Reliable);
    }
    pair.drive_for(5000);
    assert_eq!(waiting(&pair, peers[SERVER]), 0);
}

/// 11: one packet with a number far ahead does not make the receiver refuse those that follow.
#[test]
fn a_number_far_ahead_ends_no_stream() {
    let mut pair = Pair::new(1, perfect(), perfect());
    pair.connected(1);
    for group in 1..=500u16 {
        deliver(
            &mut pair,
            &[unsequenced(group, b"state"), unsequenced(group.wrapping_add(20_000), b"forged")],
        );
    }
    pair.settle();
    let states = pair.take_payloads(SERVER).iter().filter(|payload| *payload == b"state").count();
    assert_eq!(states, 500);
}

/// 12: settings for a peer that is not connected yet do not spoil its handshake.
#[test]
fn settings_before_the_connection_do_not_spoil_it() {
    let mut pair = Pair::new(1, delayed(10), delayed(10));
    let peer = pair.connect(1, 0);
    let throttle = ThrottleConfig { interval_ms: 1, acceleration: 2, deceleration: 3 };
    pair.hosts[CLIENT].configure_throttle(peer, throttle);
    pair.hosts[CLIENT].ping(peer);
    pair.drive_for(200);
    assert_eq!(pair.hosts[CLIENT].peer_state(peer), PeerState::Connected);
    assert!(matches!(pair.take_event(SERVER), Some(Event::Connected { .. })));
}

/// 14: everything that is queued fits into the datagrams that were agreed on, so that sending ends.
#[test]
fn the_smaller_mtu_bounds_everything_that_is_sent() {
    let configs = [4096, 576].map(|mtu| HostConfig { mtu, checksums: true, ..HostConfig::default() });
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], configs);
    let peers = pair.connected(1);
    for delivery in [Delivery::Reliable, Delivery::Unreliable, Delivery::UnsequencedFragmented] {
        for length in 500..600 {
            pair.send(CLIENT, peers[CLIENT], 0, &vec![7; length], delivery);
        }
    }
    let now = pair.now();
    let mut datagram = Vec::new();
    let mut sent = 0;
    while pair.hosts[CLIENT].poll_transmit(now, &mut datagram).is_some() {
        assert!(datagram.len() <= 576);
        sent += 1;
        assert!(sent < 1000, "it does not end");
        let copy = datagram.clone();
        pair.hosts[SERVER].handle_datagram(now, address(CLIENT), &copy);
    }
    pair.drive_for(1000);
    assert_eq!(pair.take_payloads(SERVER).len(), 300);
}

/// 18, and more: an acknowledgement of what was not sent changes no measurement and no queue.
#[test]
fn forged_acknowledgements_measure_nothing() {
    let mut pair = Pair::new(1, delayed(40), delayed(40));
    let peers = pair.connected(1);
    pair.drive_for(5000);
    let measured = |pair: &Pair| {
        let stats = pair.hosts[SERVER].peer_stats(peers[SERVER]).unwrap();
        let times = (stats.round_trip_time_ms, stats.round_trip_time_variance_ms);
        (times, stats.packet_throttle, stats.packet_loss, stats.queued_bytes, stats.in_flight_bytes)
    };
    let before = measured(&pair);
    for number in 500..5000u16 {
        let channel = [0, 0xff][usize::from(number % 2)];
        let mut acknowledge = vec![1, channel];
        acknowledge.extend(number.to_be_bytes());
        acknowledge.extend(number.to_be_bytes());
        // As if it had been sent a moment ago, or long ago.
        let age = if number % 3 == 0 { 1 } else { 30_000 };
        acknowledge.extend((pair.now as u16).wrapping_sub(age).to_be_bytes());
        deliver(&mut pair, &[acknowledge]);
    }
    assert_eq!(measured(&pair), before);
}

/// 19: what does not fit into a header never gets into one.
#[test]
fn ids_out_of_range_are_refused() {
    let mut client = Pair::new(1, perfect(), perfect());
    client.connect(1, 0);
    let now = client.now();
    let mut connect = Vec::new();
    assert!(client.hosts[CLIENT].poll_transmit(now, &mut connect).is_some());
    for id in [0x0fff, 0x1000, 0x8001, 0xffff_u16] {
        let mut forged = connect.clone();
        forged[8..10].copy_from_slice(&id.to_be_bytes());
        let mut server = Host::new(HostConfig::default(), 1).unwrap();
        server.handle_datagram(now, address(CLIENT), &forged);
        assert_eq!((server.peers().count(), server.stats().half_open), (0, 0), "{id:x}");
    }
    // The answer to a CONNECT, with each field spoilt in turn: slot, and the two session ids.
    for (at, spoilt) in [(8, 0x0f), (10, 4), (11, 0xff)] {
        let mut pair = Pair::new(1, perfect(), perfect());
        let peer = pair.connect(1, 0);
        let mut datagram = Vec::new();
        assert!(pair.hosts[CLIENT].poll_transmit(now, &mut datagram).is_some());
        pair.hosts[SERVER].handle_datagram(now, address(CLIENT), &datagram);
        assert!(pair.hosts[SERVER].poll_transmit(now, &mut datagram).is_some());
        datagram[at] = spoilt;
        if at == 8 {
            datagram[9] = 0xff;
        }
        pair.hosts[CLIENT].handle_datagram(now, address(SERVER), &datagram);
        let reason = DisconnectReason::Protocol;
        assert_eq!(pair.hosts[CLIENT].poll_event(), Some(Event::Disconnected { peer, reason }), "{at}");
    }
}

/// 20: fragments that overlap, leave gaps or contradict each other are never put together.
#[test]
fn overlapping_fragments_deliver_nothing() {
    for command in [0x88, 0x0c] {
        for (offset, length) in [(0, 10), (5, 10), (9, 10), (10, 5), (11, 9), (15, 5)] {
            let mut pair = Pair::new(1, perfect(), perfect());
            let peers = pair.connected(1);
            let first = Fragment { command, start: 1, count: 2, number: 0, total: 20, offset: 0 };
            let second = Fragment { number: 1, offset, ..first };
            deliver(&mut pair, &[fragment(0, &first, &[1; 10])]);
            deliver(&mut pair, &[fragment(0, &second, &vec![2; length])]);
            pair.settle();
            assert!(pair.events[SERVER].is_empty(), "{command:x} {offset} {length}");
            assert_eq!(waiting(&pair, peers[SERVER]), 128);
        }
        // All numbers, and the middle one in the wrong place.
        for offset in [0, 5, 9, 11, 15, 20] {
            let mut pair = Pair::new(1, perfect(), perfect());
            pair.connected(1);
            let first = Fragment { command, start: 1, count: 3, number: 0, total: 30, offset: 0 };
            for (number, offset) in [(0, 0), (1, offset), (2, 20)] {
                deliver(&mut pair, &[fragment(0, &Fragment { number, offset, ..first }, &[7; 10])]);
            }
            pair.settle();
            assert!(pair.events[SERVER].is_empty(), "{command:x} {offset}");
        }
    }
}

/// 21: what a fragment claims costs nothing; what it brings counts, and has an end.
#[test]
fn a_claimed_size_takes_no_memory() {
    let limit = 1 << 20;
    let server =
        HostConfig { maximum_waiting_data: limit, maximum_packet_size: limit, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [HostConfig::default(), server]);
    let peers = pair.connected(255);
    for round in 0..4000u16 {
        let channel = (round % 255) as u8;
        let claim = Fragment {
            command: 0x88,
            start: 2 + round / 255 * 1500,
            count: 1000,
            number: 0,
            total: 1 << 20,
            offset: 0,
        };
        deliver(&mut pair, &[fragment(channel, &claim, &[7; 1049])]);
    }
    let waiting = waiting(&pair, peers[SERVER]);
    assert!((1 << 20..(1 << 20) + 1049).contains(&waiting), "{waiting}");
    // What comes behind a refused command is refused for that.
    let stats = pair.hosts[SERVER].stats();
    assert!(stats.refused_for_room + stats.refused_out_of_turn > 2900);
}

/// 21 again: nor is there an end to be got around with packets of no size.
#[test]
fn empty_packets_fill_the_room_too() {
    let server = HostConfig { maximum_waiting_data: 100_000, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [HostConfig::default(), server]);
    let peers = pair.connected(1);
    for group in 1..=5000 {
        deliver(&mut pair, &[unsequenced(group, b"")]);
    }
    let waiting = waiting(&pair, peers[SERVER]);
    assert!((100_000..100_128).contains(&waiting), "{waiting}");
    pair.settle();
    assert_eq!(pair.take_payloads(SERVER).len(), 782);
}

/// 22: datagrams with empty packets are compressed like any other.
#[test]
fn empty_packets_are_compressed() {
    let mut pair = Pair::new(1, perfect(), perfect());
    pair.hosts.iter_mut().for_each(|host| host.set_compressor(Some(Box::new(RangeCoder::new()))));
    let peers = pair.connected(1);
    for end in [CLIENT, SERVER] {
        for delivery in [Delivery::Reliable, Delivery::Unreliable, Delivery::Unsequenced] {
            (0..20).for_each(|_| pair.send(end, peers[end], 0, b"", delivery));
        }
    }
    pair.settle();
    for end in [CLIENT, SERVER] {
        assert_eq!(pair.take_payloads(end), vec![b""; 60]);
    }
}

/// 23: dropping a packet drops that packet, whatever stands behind it, also control command number 0.
#[test]
fn a_throttled_packet_before_command_zero_is_dropped_alone() {
    let client = HostConfig { outgoing_bandwidth: 4096, ..HostConfig::default() };
    let mut pair = Pair::with_configs(1, [perfect(), perfect()], [client, HostConfig::default()]);
    let peers = pair.connected(1);
    for round in 0..700 {
        for _ in 0..100 {
            pair.send(CLIENT, peers[CLIENT], 0, b"dropped or not", Delivery::Unsequenced);
            pair.hosts[CLIENT].ping(peers[CLIENT]);
        }
        pair.drive_for(50);
        let stats = pair.hosts[CLIENT].peer_stats(peers[CLIENT]).unwrap();
        assert_eq!(stats.queued_bytes, 0, "round {round}");
    }
    assert!(pair.hosts[CLIENT].peer_stats(peers[CLIENT]).unwrap().packet_throttle < 32);
    let arrived = pair.take_payloads(SERVER).len();
    assert!((1000..60_000).contains(&arrived), "{arrived}");
}

/// 24: a datagram that ends before its header does, with every combination of flags, and of what the host expects.
#[test]
fn headers_that_end_early_are_dropped() {
    for (checksums, is_compressed) in [(false, false), (false, true), (true, false), (true, true)] {
        let config = HostConfig { checksums, ..HostConfig::default() };
        let mut pair = Pair::with_configs(1, [perfect(), perfect()], [config.clone(), config]);
        if is_compressed {
            pair.hosts.iter_mut().for_each(|host| host.set_compressor(Some(Box::new(RangeCoder::new()))));
        }
        let peers = pair.connected(1);
        let now = pair.now();
        let number = pair.hosts[SERVER].peer_header(peers[SERVER]).unwrap() & 0x0fff;
        for flags in 0..16 {
            for length in 0..9 {
                for number in [number, 0x0fff] {
                    let [high, low] = (flags << 12 | number).to_be_bytes();
                    let mut short = vec![high, low, 1, 2, 3, 4, 5, 6, 7];
                    short.truncate(length);
                    pair.hosts[SERVER].handle_datagram(now, address(CLIENT), &short);
                }
            }
        }
        assert_eq!(pair.hosts[SERVER].poll_event(), None);
        assert_eq!(waiting(&pair, peers[SERVER]), 0);
        let stats = pair.hosts[SERVER].stats();
        assert_eq!(stats.received_packets(), 0);
        // Without a whole peer field, or with the flag of a time and no time.
        assert!(stats.dropped_malformed >= 16 * 2 * 2 + 8 * 2 * 2, "{stats:?}");
    }
}

/// 25: a datagram larger than any that ENet sends is dropped like any other that is malformed.
#[test]
fn oversized_datagrams_are_dropped() {
    let mut pair = Pair::new(1, perfect(), perfect());
    pair.hosts.iter_mut().for_each(|host| host.set_compressor(Some(Box::new(RangeCoder::new()))));
    let peers = pair.connected(1);
    let now = pair.now();
    let header = pair.hosts[SERVER].peer_header(peers[SERVER]).unwrap();
    for head in [header, header | 0x8000, header | 0xc000, 0x8fff, 0xcfff] {
        let mut huge = vec![0; 65_507];
        huge[..2].copy_from_slice(&head.to_be_bytes());
        pair.hosts[SERVER].handle_datagram(now, address(CLIENT), &huge);
    }
    pair.settle();
    assert!(pair.events[SERVER].is_empty());
}

/// 27: lengths and counts that are negative, zero or absurd, in both kinds of fragments.
#[test]
fn absurd_fragments_are_refused() {
    for command in [0x88, 0x0c] {
        let sound = Fragment { command, start: 1, count: 2, number: 0, total: 20, offset: 0 };
        let absurd = [
            (Fragment { ..sound }, 0),
            (Fragment { count: 0, ..sound }, 10),
            (Fragment { count: u32::MAX, ..sound }, 10),
            (Fragment { total: u32::MAX, ..sound }, 10),
            (Fragment { total: 1, ..sound }, 1),
            (Fragment { total: 0, ..sound }, 10),
            (Fragment { number: 2, ..sound }, 10),
            (Fragment { number: u32::MAX, ..sound }, 10),
            (Fragment { offset: u32::MAX, ..sound }, 10),
            (Fragment { offset: 20, ..sound }, 10),
        ];
        for (case, (fields, length)) in absurd.iter().enumerate() {
            let mut pair = Pair::new(1, perfect(), perfect());
            let peers = pair.connected(1);
            deliver(&mut pair, &[fragment(0, fields, &vec![7; *length])]);
            assert_eq!(pair.hosts[SERVER].stats().rejected_commands, 1, "{command:x}, case {case}");
            assert_eq!(waiting(&pair, peers[SERVER]), 0);
        }
    }
}
