//! Somebody looks for our servers where a C ENet listens: nothing happens to it.

use std::time::Duration;

use enet_driver::{
    Compression, HostEvent, HostHandle, HostOptions, SearchRequest,
    enet_proto::{Delivery, HostConfig, Packet},
};

use crate::{ours, program::Program};

#[test]
fn queries_leave_a_c_server_as_it_was() {
    for (compression, checksums, words) in [
        (Compression::None, false, &[][..]),
        (Compression::RangeCoder, false, &["range_coder"]),
        (Compression::None, true, &["checksum"]),
        (Compression::RangeCoder, true, &["range_coder", "checksum"]),
    ] {
        // Full, so a query that was taken for a client would be turned away or take the place of one.
        let (mut server, port) = Program::start_sealed_echo(1, words);
        let options = ours::options(1);
        let host = HostConfig { checksums, ..options.host };
        let client = HostHandle::open(HostOptions { host, compression, ..options }).expect("a free port");
        let (peer, _) = ours::connect(&client, ours::loopback(port), 2, 5);
        assert_eq!(server.wait_for("CONNECTED "), "0 2 5");
        let seen = server.seen().len();

        search_in_vain(port);
        ours::send(&client, peer, 1, &Packet::new("still there", Delivery::Reliable));
        let echo = ours::wait_for(&client, "echo", |event| match event {
            HostEvent::Received { packet, .. } => Some(packet.data),
            other => panic!("{words:?}: {other:?}"),
        });
        assert_eq!((&echo[..], client.stats().connections), (&b"still there"[..], 1), "{words:?}");
        assert_eq!(server.seen().len(), seen, "{words:?}: {:?}", server.seen());
    }
}

/// A search with three rounds of queries. An answer of any kind would be counted.
#[track_caller]
fn search_in_vain(port: u16) {
    let targets = vec![ours::loopback(port).ip()];
    let request = SearchRequest { port, targets, duration: Duration::from_millis(600) };
    let search = HostHandle::open_search(request).expect("a loopback port is free");
    ours::wait_for(&search, "end of the search", |event| match event {
        HostEvent::SearchEnded => Some(()),
        other => panic!("{other:?}"),
    });
    assert_eq!(search.io_stats().socket_received_datagrams, 0, "nobody answers");
}
