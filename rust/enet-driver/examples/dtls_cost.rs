//! What encryption costs on this machine: joins a second for each kind of key, and processor time for each packet, with
//! and without. Both sides are in this one process and are counted together. Linux only.
//!
//! `cargo run --release -p enet-driver --example dtls_cost`

use std::{
    fs,
    time::{Duration, Instant},
};

use enet_driver::{
    ConnectRequest, Dtls, HostEvent, HostHandle, HostOptions, Recipients, Verification,
    enet_proto::{Delivery, HostConfig, Packet, PeerId},
};

#[path = "../tests/support/certificates.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod certificates;

const JOINS: usize = 300;
const PACKETS: usize = 200_000;
const PACKET_BYTES: usize = 1000;
/// Packets under way at once: few enough for the link to lose none.
const BURST: usize = 64;

fn main() {
    let (rate, cpu) = joins(options(), options());
    report_join("not encrypted", rate, cpu);
    for (name, key) in [
        ("ECDSA P-256", certificates::p256()),
        ("RSA 2048", certificates::rsa(2048)),
        ("RSA 4096", certificates::rsa(4096)),
    ] {
        let (server, client) = both(&key);
        let (rate, cpu) = joins(server, client);
        report_join(name, rate, cpu);
    }
    let (server, client) = both(&certificates::p256());
    for (name, cpu) in
        [("not encrypted", packets(options(), options())), ("ECDSA P-256", packets(server, client))]
    {
        println!("processor time of a packet of {PACKET_BYTES} bytes, µs, {name}: {:.2}", cpu * 1e6);
    }
}

fn report_join(name: &str, rate: f64, cpu: f64) {
    println!("joins a second, {name}: {rate:.0}");
    println!("processor time of a join, ms, {name}: {:.2}", cpu * 1e3);
}

fn options() -> HostOptions {
    let host = HostConfig { peers: JOINS, ..HostConfig::default() };
    HostOptions { bind: Some([127, 0, 0, 1].into()), host, ..HostOptions::default() }
}

fn both(key: &certificates::Key) -> (HostOptions, HostOptions) {
    let identity = certificates::self_signed(certificates::GAME, key);
    let server = Dtls::server(&identity.chain, &identity.key).expect("a good identity");
    let client = Dtls::client("game.test", &identity.chain, Verification::Full).expect("a good root");
    (HostOptions { dtls: Some(server), ..options() }, HostOptions { dtls: Some(client), ..options() })
}

fn connect(client: &HostHandle, server: &HostHandle) -> PeerId {
    let request = ConnectRequest {
        address: "127.0.0.1".to_owned(),
        port: server.local_addr().port(),
        channels: 1,
        data: 0,
    };
    client.connect(request).expect("a running host");
    match client.wait_event(Duration::from_secs(10)) {
        Some(HostEvent::Connected { peer, .. }) => peer,
        other => panic!("a connection was expected, not {other:?}"),
    }
}

/// Clients that join one after the other: how many a second, and the processor time of each in seconds.
fn joins(server: HostOptions, client: HostOptions) -> (f64, f64) {
    let server = HostHandle::open(server).expect("a free port");
    let (began, cpu) = (Instant::now(), cpu_seconds());
    for _ in 0..JOINS {
        let client = HostHandle::open(client.clone()).expect("a free port");
        connect(&client, &server);
    }
    let joins = JOINS as f64;
    (joins / began.elapsed().as_secs_f64(), (cpu_seconds() - cpu) / joins)
}

/// The processor time of one packet, in seconds.
fn packets(server: HostOptions, client: HostOptions) -> f64 {
    let (server, client) =
        (HostHandle::open(server).expect("a free port"), HostHandle::open(client).expect("a free port"));
    let peer = connect(&client, &server);
    let payload = bytes::Bytes::from(vec![7; PACKET_BYTES]);
    let cpu = cpu_seconds();
    let mut received = 0;
    while received < PACKETS {
        for _ in 0..BURST {
            let packet = Packet { data: payload.clone(), delivery: Delivery::Reliable };
            client.send(Recipients::One(peer), 0, packet).expect("room for a packet");
        }
        let goal = received + BURST;
        while received < goal {
            let event = server.wait_event(Duration::from_secs(10)).expect("an event");
            received += usize::from(matches!(event, HostEvent::Received { .. }));
        }
    }
    (cpu_seconds() - cpu) / received as f64
}

/// The processor time of this process so far.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("a Linux system");
    let behind_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: Vec<f64> =
        behind_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse().ok()).collect();
    ticks.iter().sum::<f64>() / 100.0
}
