//! Sessions with compression and checksums over bad links.

use enet_netem::LinkConfig;
use enet_proto::{Compressor, Delivery, Event, HostConfig, RangeCoder};

use crate::network::{CLIENT, Pair, SERVER, address, seeds};

/// A client and a server that are set up alike.
fn pair(seed: u64, link: &LinkConfig, checksums: bool, is_compressed: bool) -> Pair {
    let config = HostConfig { checksums, ..HostConfig::default() };
    let mut pair = Pair::with_configs(seed, [link.clone(), link.clone()], [config.clone(), config]);
    if is_compressed {
        pair.hosts.iter_mut().for_each(|host| host.set_compressor(Some(Box::new(RangeCoder::new()))));
    }
    pair
}

fn talk(pair: &mut Pair) {
    let peers = pair.connected(1);
    for number in 0..100u32 {
        let length = 4 + (number as usize * 977) % 5000;
        let mut data = number.to_be_bytes().to_vec();
        data.resize(length, (number % 7) as u8);
        for end in [CLIENT, SERVER] {
            pair.send(end, peers[end], 0, &data, Delivery::Reliable);
        }
        pair.drive_for(16);
    }
    for end in [CLIENT, SERVER] {
        pair.drive_until(120_000, |pair| pair.events[end].len() == 100);
        for (number, (_, event)) in pair.events[end].drain(..).enumerate() {
            let Event::Received { packet, .. } = event else { panic!("{event:?}") };
            assert_eq!(packet.data[..4], (number as u32).to_be_bytes());
            assert!(packet.data[4..].iter().all(|&byte| usize::from(byte) == number % 7));
        }
    }
}

#[test]
fn every_combination_delivers_everything_over_a_lossy_link() {
    let link = LinkConfig { delay_ms: 20, loss: 0.2, duplicate: 0.05, reorder: 0.1, ..LinkConfig::PERFECT };
    for seed in seeds(8) {
        for (checksums, is_compressed) in [(false, true), (true, false), (true, true)] {
            talk(&mut pair(seed, &link, checksums, is_compressed));
        }
    }
}

/// With checksums a flipped bit is a lost datagram and nothing else.
#[test]
fn checksums_turn_corruption_into_loss() {
    let link = LinkConfig { delay_ms: 10, corrupt: 0.1, ..LinkConfig::PERFECT };
    for seed in seeds(16) {
        let mut pair = pair(seed, &link, true, seed % 2 == 0);
        talk(&mut pair);
        assert!(pair.hosts[SERVER].stats().dropped_checksum > 0, "ENET_SEED={seed}");
    }
}

/// The largest datagrams that there are, filled to the last byte.
#[test]
fn the_largest_datagrams_are_opened_too() {
    for checksums in [false, true] {
        let config = HostConfig { mtu: 4096, checksums, ..HostConfig::default() };
        let links = [LinkConfig::PERFECT, LinkConfig::PERFECT];
        let mut pair = Pair::with_configs(1, links, [config.clone(), config]);
        pair.hosts.iter_mut().for_each(|host| host.set_compressor(Some(Box::new(RangeCoder::new()))));
        let peers = pair.connected(1);
        pair.send(CLIENT, peers[CLIENT], 0, &[7; 20_000], Delivery::Reliable);
        pair.drive_until(1000, |pair| !pair.events[SERVER].is_empty());
        assert_eq!(pair.hosts[SERVER].stats().dropped_compressed, 0);
    }
}

#[test]
fn compression_makes_datagrams_smaller() {
    let sent = |is_compressed| {
        let mut pair = pair(1, &LinkConfig::PERFECT, false, is_compressed);
        talk(&mut pair);
        pair.hosts[CLIENT].stats().sent_bytes
    };
    assert!(sent(true) * 3 < sent(false));
}

#[test]
fn ends_that_are_set_up_differently_do_not_connect_and_can_tell() {
    let stats = |[client, server]: [bool; 2], [sums, server_sums]: [bool; 2]| {
        let config = |checksums| HostConfig { checksums, ..HostConfig::default() };
        let links = [LinkConfig::PERFECT, LinkConfig::PERFECT];
        let mut pair = Pair::with_configs(1, links, [config(sums), config(server_sums)]);
        for (host, is_compressed) in pair.hosts.iter_mut().zip([client, server]) {
            host.set_compressor(is_compressed.then(|| Box::new(RangeCoder::new()) as Box<dyn Compressor>));
        }
        pair.connect(1, 0);
        pair.drive_for(3000);
        assert!(pair.events.iter().all(|events| events.is_empty()));
        pair.hosts.map(|host| host.stats().clone())
    };
    let [_, server] = stats([true, false], [false, false]);
    assert!(server.dropped_compressed >= 3 && server.unintelligible() == server.dropped_compressed);
    // A plain CONNECT is understood, but not the compressed answer.
    let [client, server] = stats([false, true], [false, false]);
    assert!(client.dropped_compressed >= 3 && server.unintelligible() == 0);
    let [_, server] = stats([false, false], [false, true]);
    assert!(server.dropped_checksum >= 3 && server.unintelligible() == server.dropped_checksum);
    let [_, server] = stats([false, false], [true, false]);
    assert!(server.dropped_unreadable >= 3 && server.unintelligible() == server.dropped_unreadable);
}

/// A codec that makes the same of everything it receives.
#[derive(Debug)]
struct Always(&'static [u8]);

impl Compressor for Always {
    fn compress(&mut self, _input: &[u8], _limit: usize, _output: &mut Vec<u8>) -> bool {
        false
    }

    fn decompress(&mut self, _input: &[u8], _limit: usize, output: &mut Vec<u8>) -> bool {
        output.extend_from_slice(self.0);
        true
    }
}

#[test]
fn what_decompresses_to_nonsense_counts_as_compressed_in_another_way() {
    let mut pair = pair(1, &LinkConfig::PERFECT, false, true);
    pair.hosts[SERVER].set_compressor(Some(Box::new(Always(&[0xff; 40]))));
    pair.connect(1, 0);
    pair.drive_for(3000);
    let stats = pair.hosts[SERVER].stats();
    assert!(stats.dropped_compressed >= 3 && stats.rejected_commands == 0);
}

#[test]
fn zeros_behind_the_commands_are_padding() {
    let mut pair = pair(1, &LinkConfig::PERFECT, false, false);
    let [_, server] = pair.connected(1);
    pair.hosts[SERVER].set_compressor(Some(Box::new(Always(&[0; 12]))));
    let before = pair.hosts[SERVER].stats().clone();
    let [high, low] = (0x4000 | pair.hosts[SERVER].peer_header(server).unwrap()).to_be_bytes();
    pair.hosts[SERVER].handle_datagram(pair.now(), address(CLIENT), &[high, low, 1, 2, 3]);
    let stats = pair.hosts[SERVER].stats();
    assert_eq!(stats.received_datagrams, before.received_datagrams + 1);
    assert_eq!((stats.rejected_commands, stats.unintelligible(), stats.dropped_unknown), (0, 0, 0));
}
