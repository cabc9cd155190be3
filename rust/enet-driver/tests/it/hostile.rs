//! Over real sockets: the worst network that there is, and datagrams that no peer sends.

use std::{
    collections::BTreeSet,
    net::UdpSocket,
    thread,
    time::{Duration, Instant},
};

use enet_driver::{
    HostEvent, HostHandle, HostOptions, NetworkConditions, Recipients,
    enet_proto::{Delivery, HostConfig, Packet, PeerId},
};
use enet_netem::{BurstLoss, LinkConfig};

use crate::common::{Pair, local, next_connection, next_packet, open_with, reliable, request};

const CLIENTS: usize = 4;
/// Longer than the last packet takes over such a network.
const LONGEST: Duration = Duration::from_secs(60);

/// Each way a quarter lost alone and a twentieth in bursts, a fifth doubled, a fifth overtaken, a twentieth damaged.
fn worst() -> LinkConfig {
    LinkConfig {
        delay_ms: 15,
        jitter_ms: 30,
        loss: 0.25,
        burst_loss: Some(BurstLoss::average(0.05, 5.0)),
        duplicate: 0.2,
        reorder: 0.2,
        corrupt: 0.05,
        ..LinkConfig::PERFECT
    }
}

/// How long the soak sends: long enough to be worth it in every test run, or as long as `ENET_SOAK_SECONDS` says.
fn duration() -> Duration {
    let seconds = std::env::var("ENET_SOAK_SECONDS").map_or(3, |text| text.parse().expect("a number"));
    Duration::from_secs(seconds)
}

/// One direction of one connection: what was sent, and what of it has come.
#[derive(Default)]
struct Stream {
    sent: u32,
    reliable: u32,
    unsequenced: BTreeSet<u32>,
}

impl Stream {
    /// A reliable packet and one that is not, to be sent.
    fn next(&mut self) -> [Packet; 2] {
        let data = self.sent.to_be_bytes().to_vec();
        self.sent += 1;
        [Delivery::Reliable, Delivery::Unsequenced].map(|delivery| Packet::new(data.clone(), delivery))
    }

    fn take(&mut self, packet: &Packet) {
        let number = u32::from_be_bytes(packet.data[..].try_into().expect("four bytes"));
        if packet.delivery == Delivery::Reliable {
            assert_eq!(number, self.reliable, "out of order");
            self.reliable += 1;
        } else {
            assert!(self.unsequenced.insert(number), "{number} came twice");
        }
    }
}

fn drain(host: &HostHandle, mut stream_of: impl FnMut(PeerId) -> usize, streams: &mut [Stream]) {
    while let Some(event) = host.poll_event() {
        let HostEvent::Received { peer, packet, .. } = event else { panic!("{event:?}") };
        streams[stream_of(peer)].take(&packet);
    }
}

#[test]
fn the_worst_network_loses_nothing_reliable_and_nobody() {
    let host = HostConfig { checksums: true, ..HostConfig::default() };
    let conditions = Some(NetworkConditions::symmetric(worst()));
    let patient = HostOptions { host, connect_timeout: LONGEST, ..local() };
    let server = open_with(HostOptions { conditions, ..patient.clone() });
    let port = server.local_addr().port();
    let joined: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let client = open_with(patient.clone());
            client.connect(request("127.0.0.1", port)).expect("a running host");
            let on_client = next_connection(&client).peer;
            (client, on_client, next_connection(&server).peer)
        })
        .collect();
    let mut streams = [(); 2 * CLIENTS].map(|()| Stream::default());
    let end = Instant::now() + duration();
    let is_done = |streams: &[Stream]| streams.iter().all(|stream| stream.reliable == stream.sent);
    while Instant::now() < end || !is_done(&streams) {
        assert!(Instant::now() < end + LONGEST, "not everything arrived");
        if Instant::now() < end {
            for (number, (client, on_client, on_server)) in joined.iter().enumerate() {
                for (from, to, stream) in
                    [(client, on_client, number), (&server, on_server, CLIENTS + number)]
                {
                    for packet in streams[stream].next() {
                        from.send(Recipients::One(*to), 0, packet).expect("room for a packet");
                    }
                }
            }
        }
        drain(&server, |peer| joined.iter().position(|one| one.2 == peer).expect("a client"), &mut streams);
        for (number, (client, ..)) in joined.iter().enumerate() {
            drain(client, |_| CLIENTS + number, &mut streams);
        }
        thread::sleep(Duration::from_millis(5));
    }
    let arrived: usize = streams.iter().map(|stream| stream.unsequenced.len()).sum();
    let sent: u32 = streams.iter().map(|stream| stream.sent).sum();
    println!("{sent} reliable packets, {arrived} of as many others");
    assert!(arrived > sent as usize / 10);
}

/// C ENet's service call once failed on a datagram larger than its buffer, and with it the server.
#[test]
fn an_oversized_datagram_stops_nothing() {
    let pair = Pair::new();
    let stranger = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    for _ in 0..20 {
        stranger.send_to(&[0x80; 65_507], pair.server.local_addr()).expect("loopback takes it");
        stranger.send_to(&[], pair.server.local_addr()).expect("loopback takes it");
        pair.send_to_server(reliable(*b"still here"));
        assert_eq!(next_packet(&pair.server).2.data, &b"still here"[..]);
    }
}
