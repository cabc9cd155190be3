//! The parts, each alone: `cargo bench -p enet-bench`. Emitting, packing, parsing and reassembly are measured through two
//! hosts that are handed each other's datagrams, since that is where they are public.

use std::{hint::black_box, net::SocketAddr};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use enet_driver::Compression;
use enet_format::{json, packet, variant_bytes};
use enet_proto::{Delivery, Event, Host, HostConfig, Millis, Packet, PeerId};

/// Two connected hosts and the time that they are told.
struct Pair {
    client: Host,
    server: Host,
    peer: PeerId,
    now: Millis,
    datagram: Vec<u8>,
}

const CLIENT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);
const SERVER: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 2);

impl Pair {
    fn new() -> Self {
        let host = |seed| Host::new(HostConfig::default(), seed).expect("the defaults are in range");
        let mut client = host(1);
        let peer = client.connect(Millis(0), SERVER, 1, 0).expect("a slot is free");
        let mut pair = Self { client, server: host(2), peer, now: Millis(0), datagram: Vec::new() };
        pair.settle();
        pair
    }

    /// Carries datagrams to and fro until neither side has one. Returns how many payload bytes arrived.
    fn settle(&mut self) -> usize {
        let mut bytes = 0;
        self.now = self.now + 1;
        loop {
            let mut moved = false;
            while self.client.poll_transmit(self.now, &mut self.datagram).is_some() {
                self.server.handle_datagram(self.now, CLIENT, &self.datagram);
                moved = true;
            }
            while self.server.poll_transmit(self.now, &mut self.datagram).is_some() {
                self.client.handle_datagram(self.now, SERVER, &self.datagram);
                moved = true;
            }
            while let Some(event) = self.server.poll_event() {
                if let Event::Received { packet, .. } = event {
                    bytes += packet.data.len();
                }
            }
            while self.client.poll_event().is_some() {}
            if !moved {
                return bytes;
            }
        }
    }

    fn transfer(&mut self, payload: &Bytes, count: usize, delivery: Delivery) -> usize {
        for _ in 0..count {
            let packet = Packet::new(payload.clone(), delivery);
            self.client.send(self.peer, 0, packet).expect("the queue was emptied");
        }
        self.settle()
    }
}

fn transfers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("from queue to event");
    for (name, size, count, delivery) in [
        ("64 B reliable, 18 to a datagram", 64, 180, Delivery::Reliable),
        ("64 B unreliable, 18 to a datagram", 64, 180, Delivery::Unreliable),
        ("64 B reliable, alone", 64, 1, Delivery::Reliable),
        ("1 MiB reassembled", 1 << 20, 1, Delivery::Reliable),
    ] {
        let mut pair = Pair::new();
        let payload = Bytes::from(vec![7; size]);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(name, |bencher| bencher.iter(|| pair.transfer(&payload, count, delivery)));
    }
    group.finish();
}

fn compression(criterion: &mut Criterion) {
    let text: Vec<u8> = br#"{"name":"Ada","health":87,"position":{"x":12.5,"y":7.25}},"#.repeat(16);
    let mut group = criterion.benchmark_group("range coder");
    group.throughput(Throughput::Bytes(text.len() as u64));
    let mut coder = Compression::RangeCoder.compressor().expect("it is no NONE");
    let mut small = Vec::new();
    group.bench_function("compress", |bencher| {
        bencher.iter(|| {
            small.clear();
            coder.compress(black_box(&text), text.len(), &mut small)
        });
    });
    let mut back = Vec::new();
    group.bench_function("decompress", |bencher| {
        bencher.iter(|| {
            back.clear();
            coder.decompress(black_box(&small), 4096, &mut back)
        });
    });
    group.finish();
}

/// A dictionary of `entries` short strings to integers, in Godot's binary encoding.
fn dictionary(entries: u32) -> Vec<u8> {
    let mut bytes = [27u32.to_le_bytes(), entries.to_le_bytes()].concat();
    for number in 0..entries {
        let [string, length, integer] = [4u32, 4, 2].map(u32::to_le_bytes);
        bytes.extend([string, length, *b"key!", integer, number.to_le_bytes()].concat());
    }
    bytes
}

fn format(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("packet format");
    let value = dictionary(16);
    variant_bytes::check(&value).expect("it is a dictionary");
    group.bench_function("Variant of 16 entries, checked", |bencher| {
        bencher.iter(|| variant_bytes::check(black_box(&value)));
    });
    let text = format!("[{}1]", r#"{"name":"Ada","health":87},"#.repeat(16));
    group.bench_function("JSON of 16 objects, checked", |bencher| {
        bencher.iter(|| json::check_limits(black_box(&text)));
    });
    group.bench_function("a packet taken apart", |bencher| {
        let whole = [&[0], value.as_slice()].concat();
        bencher.iter(|| packet::split(black_box(&whole)).map(|(_, body)| body.len()));
    });
    group.finish();
}

criterion_group!(parts, transfers, compression, format);
criterion_main!(parts);
