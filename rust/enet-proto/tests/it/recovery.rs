//! What is done about loss, beside what C ENet does about it.

use enet_netem::LinkConfig;
use enet_proto::{Delivery, Event, HostConfig};

use crate::network::{CLIENT, Pair, SERVER, delayed, seeds};

/// As C ENet does it.
pub(crate) fn like_c() -> HostConfig {
    HostConfig {
        early_recovery: false,
        maximum_window: 0,
        retransmission_slack_ms: 0,
        throttle_jitter_ms: 0,
        spares_pings: false,
        ..HostConfig::default()
    }
}

fn lossy(loss: f64) -> LinkConfig {
    LinkConfig { loss, ..delayed(50) }
}

/// A server with this configuration, a client like C, and the link each way.
fn pair(seed: u64, server: HostConfig, link: &LinkConfig) -> Pair {
    Pair::with_configs(seed, [link.clone(), link.clone()], [like_c(), server])
}

/// How long small reliable packets, one each 33 ms, take to the client: the share below which 99 % are, in milliseconds.
fn p99_of_trickle(seed: u64, server: HostConfig, link: &LinkConfig) -> u64 {
    let mut pair = pair(seed, server, link);
    let peers = pair.connected(1);
    let mut times = Vec::new();
    for _ in 0..1800 {
        let sent_at = pair.now;
        let mut data = [0; 64];
        data[..8].copy_from_slice(&sent_at.to_be_bytes());
        pair.send(SERVER, peers[SERVER], 0, &data, Delivery::Reliable);
        pair.drive_for(33);
    }
    pair.drive_for(5000);
    for (at, event) in pair.events[CLIENT].drain(..) {
        let Event::Received { packet, .. } = event else { panic!("{event:?}") };
        times.push(at - u64::from_be_bytes(packet.data[..8].try_into().unwrap()));
    }
    assert_eq!(times.len(), 1800);
    times.sort_unstable();
    times[1800 * 99 / 100]
}

/// Bytes a second that reach the client in messages of 64 KiB.
fn goodput(seed: u64, server: HostConfig, link: &LinkConfig) -> u64 {
    let mut pair = pair(seed, server, link);
    let peers = pair.connected(1);
    let end = pair.now + 30_000;
    while pair.now < end {
        let queued = pair.hosts[SERVER].peer_stats(peers[SERVER]).unwrap().queued_bytes;
        if queued < 2 << 20 {
            pair.send(SERVER, peers[SERVER], 0, &[7; 65_536], Delivery::Reliable);
        } else {
            pair.drive_for(10);
        }
    }
    pair.take_payloads(CLIENT).len() as u64 * 65_536 / 30
}

/// The middle one of what a measurement gives for each of these seeds.
fn median(seeds: &[u64], measure: impl Fn(u64) -> u64) -> u64 {
    let mut values: Vec<u64> = seeds.iter().map(|&seed| measure(seed)).collect();
    values.sort_unstable();
    values[values.len() / 2]
}

#[test]
fn a_trickle_over_a_lossy_link_takes_half_the_time_that_it_takes_with_c() {
    for loss in [0.01, 0.05] {
        let (seeds, link) = (seeds(7), lossy(loss));
        let c = median(&seeds, |seed| p99_of_trickle(seed, like_c(), &link));
        let ours = median(&seeds, |seed| p99_of_trickle(seed, HostConfig::default(), &link));
        assert!(ours * 2 <= c, "loss {loss}: {ours} ms against {c} ms, seeds {seeds:?}");
    }
}

/// Also where something on the way, like a socket of the usual size, holds no more than a hundred datagrams at once.
#[test]
fn a_stream_over_a_lossy_link_carries_eight_times_of_what_it_carries_with_c() {
    let seeds = seeds(3);
    for (loss, queue_bytes) in [(0.01, None), (0.01, Some(125_000)), (0.05, None), (0.05, Some(125_000))] {
        let rate_bytes_per_second = queue_bytes.map(|_| 100_000_000);
        let link = LinkConfig { rate_bytes_per_second, queue_bytes, ..lossy(loss) };
        let c = median(&seeds, |seed| goodput(seed, like_c(), &link));
        let ours = median(&seeds, |seed| goodput(seed, HostConfig::default(), &link));
        assert!(ours >= c * 8, "loss {loss}, {queue_bytes:?}: {ours} against {c} bytes a second, {seeds:?}");
    }
}

#[test]
fn nothing_is_sent_twice_on_a_link_that_loses_nothing() {
    let sent = |server: HostConfig| {
        let mut pair = pair(1, server, &delayed(50));
        let peers = pair.connected(1);
        for _ in 0..500 {
            pair.send(SERVER, peers[SERVER], 0, &[7; 64], Delivery::Reliable);
            pair.drive_for(33);
        }
        let stats = pair.hosts[SERVER].stats();
        (stats.sent_datagrams, stats.sent_bytes)
    };
    assert_eq!(
        sent(HostConfig::default()),
        sent(HostConfig { early_recovery: false, ..HostConfig::default() })
    );
}

#[test]
fn reordering_is_not_taken_for_loss() {
    for seed in seeds(8) {
        let link = LinkConfig { reorder: 0.2, ..delayed(50) };
        let mut pair = pair(seed, HostConfig::default(), &link);
        let peers = pair.connected(1);
        for _ in 0..4000 {
            pair.send(SERVER, peers[SERVER], 0, &[7; 700], Delivery::Reliable);
            pair.drive_for(5);
        }
        let loss = pair.hosts[SERVER].peer_stats(peers[SERVER]).unwrap().packet_loss;
        assert!(loss < 65_536 / 200, "seed {seed}: {loss} of 65536 sent again");
    }
}

/// What the window grows to is what the link carries, not what its queue holds.
#[test]
fn a_narrow_link_is_filled_but_its_queue_is_not() {
    const RATE: u32 = 1_500_000;
    for (queue_bytes, least) in [(4 << 20, 90), (100_000, 80), (40_000, 60)] {
        let narrow =
            LinkConfig { rate_bytes_per_second: Some(RATE), queue_bytes: Some(queue_bytes), ..delayed(50) };
        let mut pair = pair(1, HostConfig::default(), &narrow);
        let peers = pair.connected(1);
        let end = pair.now + 30_000;
        let mut slowest = 0;
        while pair.now < end {
            let stats = pair.hosts[SERVER].peer_stats(peers[SERVER]).unwrap();
            if pair.now + 20_000 > end {
                slowest = slowest.max(stats.round_trip_time_ms);
            }
            if stats.queued_bytes < 2 << 20 {
                pair.send(SERVER, peers[SERVER], 0, &[7; 65_536], Delivery::Reliable);
            } else {
                pair.drive_for(10);
            }
        }
        let carried = pair.take_payloads(CLIENT).len() as u64 * 65_536 * 100 / 30 / u64::from(RATE);
        println!("queue {queue_bytes}: {carried} % carried, {slowest} ms");
        assert!(carried >= least, "{carried} % of the rate with a queue of {queue_bytes} bytes");
        assert!(slowest <= 220, "{slowest} ms with a queue of {queue_bytes} bytes");
    }
}

#[test]
fn the_oldest_lost_packet_goes_first() {
    let mut pair = pair(1, HostConfig::default(), &delayed(50));
    let peers = pair.connected(1);
    pair.drive_for(2000);
    pair.links[SERVER].drop_next(3);
    for number in 0..3u8 {
        pair.send(SERVER, peers[SERVER], 0, &[number; 1200], Delivery::Reliable);
        pair.drive_for(10);
    }
    for number in 3..12u8 {
        pair.send(SERVER, peers[SERVER], 0, &[number; 1200], Delivery::Reliable);
        pair.drive_for(10);
    }
    pair.drive_for(170);
    // Told by the answers to later ones a round trip after each was sent, not by the timer.
    let received: Vec<u8> = pair.take_payloads(CLIENT).iter().map(|data| data[0]).collect();
    assert_eq!(received, (0..12).collect::<Vec<u8>>());
}
