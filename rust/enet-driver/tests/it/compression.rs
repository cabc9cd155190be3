//! Compression between two hosts: every mode, and what is said when the two sides have different ones.

use std::{sync::Mutex, time::Duration};

use enet_driver::{Compression, ConnectFailure, HostEvent, HostHandle, HostOptions, Recipients};

use crate::common::{
    Pair, connect, local, next_connection, next_event, next_packet, open_with, reliable, wait_for,
};

fn compressing(compression: Compression) -> HostOptions {
    HostOptions { compression, connect_timeout: Duration::from_millis(800), ..local() }
}

/// Bytes that every mode makes smaller.
fn repetitive(length: usize) -> Vec<u8> {
    b"and again ".iter().cycle().take(length).copied().collect()
}

#[test]
fn every_mode_carries_packets_of_all_sizes() {
    for mode in Compression::ALL {
        let pair = Pair::with(compressing(mode), compressing(mode));
        let sizes = [1, 3, 20, 200, 1400, 30_000];
        for size in sizes {
            pair.send_to_server(reliable(repetitive(size)));
        }
        for size in sizes {
            let (_, _, packet) = next_packet(&pair.server);
            assert!(packet.data[..] == repetitive(size)[..], "{mode:?}, {size} bytes");
        }
        let received = wait_for("the counters", || {
            Some(pair.server.stats().received_bytes).filter(|&bytes| bytes > 500)
        });
        assert_eq!(received < 15_000, mode != Compression::None, "{mode:?} takes {received} bytes");
        assert_eq!(pair.server.stats().unintelligible(), 0, "{mode:?}");
    }
}

#[test]
fn the_mode_can_change_on_both_sides() {
    let pair = Pair::new();
    for mode in Compression::ALL.into_iter().rev() {
        pair.server.set_compression(mode);
        pair.client.set_compression(mode);
        pair.send_to_server(reliable(repetitive(2000)));
        assert!(next_packet(&pair.server).2.data[..] == repetitive(2000)[..], "{mode:?}");
    }
}

/// Connects a client to a server of another mode. Nothing of the connection works, and one of them can tell.
fn mismatched(server: Compression, client: Compression) -> (HostHandle, ConnectFailure) {
    let server = open_with(compressing(server));
    let client = open_with(compressing(client));
    connect(&client, "127.0.0.1", server.local_addr().port());
    match next_event(&client) {
        HostEvent::ConnectFailed { reason, .. } => (server, reason),
        other => panic!("a failure was expected, not {other:?}"),
    }
}

#[test]
fn a_client_that_is_not_understood_names_its_mode() {
    let (server, reason) = mismatched(Compression::None, Compression::RangeCoder);
    assert!(matches!(&reason, ConnectFailure::TimedOut { compression: Compression::RangeCoder, .. }));
    assert!(reason.to_string().contains("compression mode (here: range coder)"), "{reason}");
    assert!(server.stats().dropped_compressed > 0);
}

#[test]
fn a_client_that_does_not_understand_the_answer_names_its_mode() {
    let (server, reason) = mismatched(Compression::RangeCoder, Compression::None);
    assert!(matches!(&reason, ConnectFailure::Unintelligible { compression: Compression::None, .. }));
    assert!(reason.to_string().contains("compression mode (here: none)"), "{reason}");
    assert_eq!(server.stats().unintelligible(), 0);
}

/// The range coder makes something of every stream, so the server sees commands that are none.
#[test]
fn a_stream_that_decompresses_to_nonsense_is_told_too() {
    for client in [Compression::FastLz, Compression::Zlib, Compression::Lz4] {
        let (server, reason) = mismatched(Compression::RangeCoder, client);
        let (unintelligible, mode) = (server.stats().unintelligible(), client.to_string());
        // What does not get smaller is plain; then it is the answer that is not understood.
        let is_answered = matches!(reason, ConnectFailure::Unintelligible { .. });
        assert!(is_answered || unintelligible > 0, "{mode}: {reason}");
        assert!(reason.to_string().contains(&mode), "{mode}: {reason}");
    }
}

#[test]
fn a_mismatch_that_comes_late_shows_in_the_counters() {
    let pair = Pair::new();
    pair.server.set_compression(Compression::Zstd);
    let packet = reliable(repetitive(1000));
    pair.server.send(Recipients::One(pair.on_server.peer), 0, packet).expect("room for a packet");
    wait_for("a datagram that is not understood", || {
        (pair.client.stats().dropped_compressed > 0).then_some(())
    });
}

/// The warnings of this test program.
static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Recorder;

impl log::Log for Recorder {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.level() <= log::Level::Warn
    }

    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            WARNINGS.lock().expect("nobody panics with the lock").push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

#[test]
fn a_host_warns_once_however_much_it_does_not_understand() {
    log::set_logger(&Recorder).expect("no other logger");
    log::set_max_level(log::LevelFilter::Warn);
    // No other test has a server with this mode that is not understood.
    let server = open_with(compressing(Compression::Zstd));
    let port = server.local_addr().port();
    let clients: Vec<HostHandle> = (0..8).map(|_| open_with(compressing(Compression::RangeCoder))).collect();
    for client in &clients {
        connect(client, "127.0.0.1", port);
    }
    wait_for("enough to complain about", || (server.stats().dropped_compressed >= 10).then_some(()));
    let warnings = WARNINGS.lock().expect("nobody panics with the lock");
    let about_it: Vec<&String> = warnings.iter().filter(|text| text.contains("(here: Zstandard)")).collect();
    assert_eq!(about_it.len(), 1, "{warnings:?}");
    assert!(about_it[0].contains("compression mode"));
    // A host that understands what it gets has nothing to say.
    drop(warnings);
    let clients = open_with(compressing(Compression::Zstd));
    connect(&clients, "127.0.0.1", port);
    next_connection(&server);
}
