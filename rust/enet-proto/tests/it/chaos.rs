//! Everything at once over bad links, for many seeds: every reliable packet arrives once, in order, byte for byte.

use enet_netem::LinkConfig;
use enet_proto::{Delivery, DisconnectReason, Event};

use crate::network::{CLIENT, Pair, SERVER, seeds};

fn links() -> [(&'static str, LinkConfig); 6] {
    let hell = LinkConfig {
        delay_ms: 30,
        jitter_ms: 30,
        loss: 0.2,
        duplicate: 0.1,
        reorder: 0.2,
        ..LinkConfig::PERFECT
    };
    [
        ("lan", LinkConfig::lan()),
        ("wifi_good", LinkConfig::wifi_good()),
        ("wifi_lossy", LinkConfig::wifi_lossy()),
        ("mobile", LinkConfig::mobile()),
        ("satellite", LinkConfig::satellite()),
        ("hell", hell),
    ]
}

/// A payload that tells its number and whether it is whole.
fn payload(number: u32, length: usize) -> Vec<u8> {
    let mut bytes = number.to_be_bytes().to_vec();
    bytes.extend((4..length).map(|i| (i as u32 ^ number.wrapping_mul(31)) as u8));
    bytes
}

fn number_of(data: &[u8]) -> u32 {
    let number = u32::from_be_bytes(data[..4].try_into().unwrap());
    assert!(data == payload(number, data.len()), "packet {number} is damaged");
    number
}

/// Counts up for each reliable packet expected from one side.
#[derive(Default)]
struct Receiver {
    next: u32,
    unreliable: Vec<u32>,
}

impl Receiver {
    #[track_caller]
    fn take(&mut self, pair: &mut Pair, end: usize, context: &str) {
        while let Some(event) = pair.take_event(end) {
            let Event::Received { channel, packet, .. } = event else { panic!("{context}: {event:?}") };
            let number = number_of(&packet.data);
            if channel == 0 {
                assert_eq!(number, self.next, "{context}");
                self.next += 1;
            } else {
                self.unreliable.push(number);
            }
        }
    }
}

const COUNT: u32 = 300;

fn exchange(name: &str, link: &LinkConfig, seed: u64) {
    let context = format!("{name}, ENET_SEED={seed}");
    let mut pair = Pair::new(seed, link.clone(), link.clone());
    let peers = pair.connected(3);
    let mut receivers = [Receiver::default(), Receiver::default()];
    for number in 0..COUNT {
        for end in [CLIENT, SERVER] {
            let length = 4 + (number as usize * 7919) % if number % 50 == 0 { 60_000 } else { 600 };
            pair.send(end, peers[end], 0, &payload(number, length), Delivery::Reliable);
            pair.send(end, peers[end], 1, &payload(number, 40), Delivery::Unreliable);
            pair.send(end, peers[end], 2, &payload(number, 3000), Delivery::UnsequencedFragmented);
        }
        pair.drive_for(16);
        for end in [CLIENT, SERVER] {
            receivers[end].take(&mut pair, end, &context);
        }
    }
    let deadline = pair.now + 300_000;
    while receivers.iter().any(|receiver| receiver.next < COUNT) {
        assert!(pair.now < deadline, "{context}: not everything arrived");
        pair.drive_for(500);
        for end in [CLIENT, SERVER] {
            receivers[end].take(&mut pair, end, &context);
        }
    }
    for receiver in &receivers {
        assert!(receiver.unreliable.len() as u32 <= 2 * COUNT, "{context}: an unreliable packet came twice");
        assert!(receiver.unreliable.len() as u32 > COUNT / 4, "{context}: {}", receiver.unreliable.len());
    }
    pair.drive_until(60_000, |pair| {
        let stats = [CLIENT, SERVER].map(|end| {
            let stats = pair.hosts[end].peer_stats(peers[end]);
            stats.unwrap_or_else(|| panic!("{context}: {:?}", pair.events))
        });
        stats.iter().all(|stats| stats.queued_bytes == 0 && stats.in_flight_bytes == 0)
    });
    say_goodbye(&mut pair, peers, &context);
}

fn say_goodbye(pair: &mut Pair, peers: [enet_proto::PeerId; 2], context: &str) {
    let now = pair.now();
    pair.hosts[CLIENT].disconnect_later(now, peers[CLIENT], 42);
    pair.drive_for(120_000);
    let reason = |event| match event {
        Some(Event::Disconnected { reason, .. }) => reason,
        other => panic!("{context}: {other:?}"),
    };
    let mut rest: Vec<Event> = std::iter::from_fn(|| pair.take_event(SERVER)).collect();
    assert_eq!(reason(rest.pop()), DisconnectReason::Remote(42), "{context}");
    // The last acknowledgement may get lost for good; then the client gives the server up.
    let reason = reason(pair.take_event(CLIENT));
    assert!(matches!(reason, DisconnectReason::Local | DisconnectReason::TimedOut), "{context}");
    assert!(pair.hosts.iter().all(|host| host.peers().count() == 0), "{context}");
}

#[test]
fn reliable_packets_arrive_once_in_order_over_every_link() {
    for (name, link) in links() {
        for seed in seeds(32) {
            exchange(name, &link, seed);
        }
    }
}

/// Without a checksum a flipped bit can do anything that the protocol allows; it must not do more.
#[test]
fn corruption_breaks_no_invariant() {
    let link = LinkConfig { delay_ms: 10, corrupt: 0.05, loss: 0.05, duplicate: 0.05, ..LinkConfig::PERFECT };
    for seed in seeds(32) {
        let mut pair = Pair::new(seed, link.clone(), link.clone());
        for _ in 0..5 {
            let peer = pair.connect(4, 1);
            for number in 0..200u32 {
                for delivery in [Delivery::Reliable, Delivery::UnreliableFragmented, Delivery::Unsequenced] {
                    let data = payload(number, 4 + (number as usize * 37) % 4000);
                    let _ = pair.hosts[CLIENT].send(
                        peer,
                        (number % 4) as u8,
                        enet_proto::Packet::new(data, delivery),
                    );
                }
                pair.drive_for(10);
            }
            let now = pair.now();
            pair.hosts[CLIENT].disconnect_now(now, peer, 0);
        }
        // Nobody waits for ever.
        pair.drive_for(120_000);
        assert_eq!(pair.hosts[CLIENT].peers().count(), 0, "ENET_SEED={seed}");
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = |seed| {
        let mut pair = Pair::new(seed, LinkConfig::wifi_lossy(), LinkConfig::mobile());
        let peers = pair.connected(1);
        for number in 0..100 {
            pair.send(CLIENT, peers[CLIENT], 0, &payload(number, 500), Delivery::Reliable);
            pair.drive_for(16);
        }
        pair.drive_for(3000);
        let times: Vec<u64> = pair.events[SERVER].iter().map(|(at, _)| *at).collect();
        (times, pair.hosts[CLIENT].stats().clone(), pair.hosts[SERVER].stats().clone())
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}
