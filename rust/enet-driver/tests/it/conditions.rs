//! The simulated network, over real sockets: that it is where it should be, in both directions, and that it can be
//! changed while traffic passes. What it does to datagrams is tested with the link itself.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use bytes::Bytes;
use enet_driver::{
    HostEvent, HostHandle, HostOptions, NetworkConditions, Recipients,
    enet_proto::{Delivery, Packet},
};

use crate::common::{PATIENCE, Pair, local, next_event, next_packet, open_with, reliable, wait_for};

/// The thread counts whole milliseconds, so a delay may end this much early.
const CLOCK_STEP: u64 = 1;

fn conditions(text: &str) -> Option<NetworkConditions> {
    NetworkConditions::parse(text).expect("a good text")
}

/// A fixed seed unless `ENET_SEED` names another one.
fn seed() -> u64 {
    let seed =
        std::env::var("ENET_SEED").map_or(77, |text| text.parse().expect("ENET_SEED is a decimal number"));
    println!("replay with ENET_SEED={seed}");
    seed
}

fn under(text: &str) -> HostOptions {
    HostOptions { conditions: conditions(text), ..local() }
}

fn unsequenced(number: u32) -> Packet {
    Packet::new(number.to_be_bytes().to_vec(), Delivery::Unsequenced)
}

/// How long a packet takes from the client to the server.
#[track_caller]
fn trip(pair: &Pair) -> Duration {
    let started = Instant::now();
    pair.send_to_server(reliable(*b"trip"));
    next_packet(&pair.server);
    started.elapsed()
}

#[test]
fn latency_adds_up_over_both_directions() {
    let pair = Pair::with(local(), under("out_latency=60,in_latency=40"));
    let started = Instant::now();
    assert!(trip(&pair) >= Duration::from_millis(60 - CLOCK_STEP));
    pair.server.send(Recipients::All, 0, reliable(*b"back")).expect("room for a packet");
    next_packet(&pair.client);
    assert!(started.elapsed() >= Duration::from_millis(100 - 2 * CLOCK_STEP));
}

#[test]
fn reliable_packets_survive_the_worst_of_it_in_order() {
    let worst = "latency=5,jitter=5,loss=0.2,burst_loss=0.1,duplicate=0.2,reorder=0.2,corrupt=0.05";
    let worst = format!("{worst},seed={}", seed());
    // Without a checksum, a flipped bit would reach the game.
    let [server, mut client] = [local(), local()].map(|mut options| {
        options.host.checksums = true;
        options
    });
    client.conditions = conditions("latency=1");
    let pair = Pair::with(server, client);
    pair.client.set_conditions(conditions(&worst));
    for number in 0..300_u32 {
        pair.send_to_server(reliable(number.to_be_bytes()));
        pair.server
            .send(Recipients::One(pair.on_server.peer), 0, reliable(number.to_be_bytes()))
            .expect("room for a packet");
    }
    for number in 0..300_u32 {
        assert_eq!(next_packet(&pair.server).2.data[..], number.to_be_bytes());
        assert_eq!(next_packet(&pair.client).2.data[..], number.to_be_bytes());
    }
    wait_for("the counters", || {
        let io = pair.client.io_stats();
        (io.simulated_losses > 0 && io.simulated_duplicates > 0 && io.simulated_corruptions > 0).then_some(())
    });
}

/// Numbers that the server receives of `count` unsequenced packets, one for each datagram.
#[track_caller]
fn survivors(pair: &Pair, count: u32) -> Vec<u32> {
    for number in 0..count {
        pair.send_to_server(unsequenced(number));
        let sent = pair.client.stats().sent_datagrams;
        pair.client.flush();
        wait_for("a datagram", || (pair.client.stats().sent_datagrams > sent).then_some(()));
    }
    pair.send_to_server(reliable(*b"end"));
    let mut survivors = Vec::new();
    loop {
        let (_, _, packet) = next_packet(&pair.server);
        match packet.data[..].try_into() {
            Ok(number) => survivors.push(u32::from_be_bytes(number)),
            Err(_) => return survivors,
        }
    }
}

#[test]
fn each_direction_has_a_loss_of_its_own() {
    // Neither side can connect through the direction that loses everything, so that one comes later.
    let pair = Pair::new();
    pair.client.set_conditions(conditions("in_loss=1"));
    pair.send_to_server(reliable(*b"heard"));
    assert_eq!(next_packet(&pair.server).2.data[..], *b"heard");
    pair.server.send(Recipients::All, 0, reliable(*b"unheard")).expect("room for a packet");
    wait_for("losses", || (pair.client.io_stats().simulated_losses >= 3).then_some(()));
    assert!(pair.client.poll_event().is_none());
    // What was lost comes again as soon as it can pass.
    pair.client.set_conditions(None);
    assert_eq!(next_packet(&pair.client).2.data[..], *b"unheard");
}

#[test]
fn loss_takes_its_share() {
    let pair = Pair::new();
    pair.client.set_conditions(conditions(&format!("out_loss=0.5,seed={}", seed())));
    let arrived = survivors(&pair, 200);
    // Half of 200, give or take more than six standard deviations.
    assert!((55..=145).contains(&arrived.len()), "{} of 200 arrived", arrived.len());
    assert!(arrived.is_sorted(), "loss alone does not reorder");
}

#[test]
fn switching_off_lets_what_is_under_way_arrive() {
    let pair = Pair::new();
    pair.client.set_conditions(conditions("latency=200"));
    pair.send_to_server(reliable(*b"late"));
    pair.client.set_conditions(None);
    pair.send_to_server(reliable(*b"later"));
    assert_eq!(next_packet(&pair.server).2.data[..], *b"late");
    assert_eq!(next_packet(&pair.server).2.data[..], *b"later");
    // With nothing simulated any more, the trip is a matter of the machine alone: it becomes short again.
    wait_for("a short trip", || (trip(&pair) < Duration::from_millis(100)).then_some(()));
}

#[test]
fn a_narrow_line_has_a_rate_and_a_queue() {
    let pair = Pair::with(local(), under("out_bandwidth=50000,out_queue=200000"));
    let started = Instant::now();
    pair.send_to_server(reliable(vec![7; 50_000]));
    assert_eq!(next_packet(&pair.server).2.data.len(), 50_000);
    assert!(started.elapsed() >= Duration::from_millis(900), "{:?}", started.elapsed());
}

#[test]
fn everything_that_leaves_the_socket_passes_the_link() {
    let listener = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    listener.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let port = listener.local_addr().expect("a bound socket").port();
    let host = open_with(under("out_latency=50"));
    let started = Instant::now();
    host.send_datagram("127.0.0.1", port, Bytes::from_static(b"knock")).expect("room");
    let mut buffer = [0; 16];
    let length = listener.recv(&mut buffer).expect("a datagram");
    assert_eq!(buffer[..length], *b"knock");
    assert!(started.elapsed() >= Duration::from_millis(50 - CLOCK_STEP));
}

#[test]
fn the_end_does_not_wait_for_a_slow_link() {
    let pair = Pair::new();
    pair.server.set_conditions(conditions("latency=30000"));
    pair.server.send(Recipients::All, 0, reliable(*b"last words")).expect("room for a packet");
    let started = Instant::now();
    pair.server.close(PATIENCE);
    assert!(started.elapsed() < PATIENCE / 2);
    assert_eq!(next_packet(&pair.client).2.data[..], *b"last words");
    assert!(matches!(next_event(&pair.client), HostEvent::Disconnected { .. }));
}

#[test]
fn no_conditions_are_no_simulation() {
    let pair = Pair::new();
    let quiet = |host: &HostHandle| {
        let io = host.io_stats();
        (io.simulated_losses, io.simulated_duplicates, io.simulated_corruptions) == (0, 0, 0)
    };
    assert_eq!(survivors(&pair, 50), (0..50).collect::<Vec<_>>());
    assert!(quiet(&pair.server) && quiet(&pair.client));
}
