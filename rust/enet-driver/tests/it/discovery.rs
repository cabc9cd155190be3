//! Servers that announce themselves, and those who look for them: on loopback addresses alone.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    time::{Duration, Instant},
};

use enet_driver::{
    Announcement, AnnouncementError, Compression, DiscoveredServer, HostEvent, HostHandle, HostOptions,
    SearchRequest, enet_proto::HostConfig,
};

use crate::common::{PATIENCE, Pair, local, next_event, next_packet, open_with, reliable, wait_for};

/// Enough for a loaded machine; a search that has what it looks for is not waited for.
const LONG: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_millis(300);
const QUERY_BYTES: usize = 1200;

fn announcement(name: &str) -> Announcement {
    Announcement::new(name, name.to_uppercase().into_bytes()).expect("it is short")
}

fn announced(options: HostOptions, name: &str) -> HostHandle {
    let server = open_with(options);
    server.announce(Some(announcement(name)));
    server
}

fn bound_to(last: u8, port: u16) -> HostOptions {
    HostOptions { bind: Some(IpAddr::from([127, 0, 0, last])), port, ..HostOptions::default() }
}

fn search(port: u16, targets: &[[u8; 4]], duration: Duration) -> HostHandle {
    let targets = targets.iter().map(|&octets| IpAddr::from(octets)).collect();
    HostHandle::open_search(SearchRequest { port, targets, duration }).expect("a free port")
}

#[track_caller]
fn next_server(search: &HostHandle) -> DiscoveredServer {
    match next_event(search) {
        HostEvent::ServerFound(server) => *server,
        other => panic!("a server was expected, not {other:?}"),
    }
}

#[track_caller]
fn expect_end(search: &HostHandle) {
    let event = next_event(search);
    assert!(matches!(event, HostEvent::SearchEnded), "{event:?}");
}

/// A query as the documentation has it.
fn query(token: &[u8; 8], round: u8) -> Vec<u8> {
    let mut datagram = [b"\x0f\xff\x00ENetSrv?\x01", &token[..], &[round]].concat();
    datagram.resize(QUERY_BYTES, 0);
    datagram
}

/// An answer to it.
fn answer(query: &[u8], server: u8, name: &str) -> Vec<u8> {
    let length = u8::try_from(name.len()).expect("it is short");
    let numbers = [server, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 0, length];
    [b"\x0f\xff\x00ENetSrv!\x01", &query[12..21], &numbers[..], name.as_bytes(), &[0, 0]].concat()
}

fn plain_socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout above 0");
    socket
}

#[test]
#[cfg(target_os = "linux")]
fn a_broadcast_finds_a_server_that_serves_every_interface() {
    let server = announced(HostOptions::default(), "here");
    let port = server.local_addr().port();
    let search = search(port, &[[127, 255, 255, 255]], Duration::from_millis(400));
    let found = next_server(&search);
    assert_eq!((found.name.as_str(), &found.info[..]), ("here", &b"HERE"[..]));
    assert_eq!(found.address.port(), port);
    assert!(found.address.ip().is_loopback() && found.ping < PATIENCE);
    expect_end(&search);
}

#[test]
fn players_and_the_maximum_are_filled_in() {
    let host = HostConfig { peers: 3, ..HostConfig::default() };
    let pair = Pair::with(HostOptions { host, ..local() }, local());
    pair.server.announce(Some(announcement("game")));
    let found = next_server(&search(pair.server.local_addr().port(), &[[127, 0, 0, 1]], LONG));
    assert_eq!((found.players, found.maximum, found.address), (1, 3, pair.server.local_addr()));
    pair.send_to_server(reliable("the game goes on"));
    assert_eq!(next_packet(&pair.server).2.data, "the game goes on");
}

#[test]
#[cfg(target_os = "linux")]
fn every_server_is_found_once_and_the_end_comes_last() {
    let first = announced(bound_to(2, 0), "first");
    let port = first.local_addr().port();
    let _second = announced(bound_to(3, port), "second");
    let search = search(port, &[[127, 0, 0, 2], [127, 0, 0, 3], [127, 0, 0, 4]], Duration::from_millis(700));
    let names = BTreeSet::from([next_server(&search).name, next_server(&search).name]);
    assert_eq!(names, BTreeSet::from(["first".to_owned(), "second".to_owned()]));
    expect_end(&search);
    assert!(first.io_stats().answered_discovery > 1, "it was asked more than once");
}

#[test]
fn who_does_not_announce_itself_is_not_found() {
    let pair = Pair::new();
    let port = pair.server.local_addr().port();
    expect_end(&search(port, &[[127, 0, 0, 1]], SHORT));
    assert!(pair.server.stats().dropped_unreadable > 0, "the queries came");
    pair.server.announce(Some(announcement("on")));
    assert_eq!(next_server(&search(port, &[[127, 0, 0, 1]], LONG)).name, "on");
    pair.server.announce(Some(announcement("renamed")));
    assert_eq!(next_server(&search(port, &[[127, 0, 0, 1]], LONG)).name, "renamed");
    pair.server.announce(None);
    expect_end(&search(port, &[[127, 0, 0, 1]], SHORT));
    pair.send_to_server(reliable("still connected"));
    assert_eq!(next_packet(&pair.server).2.data, "still connected");
}

#[test]
fn compression_and_checksums_make_no_difference() {
    for compression in [Compression::RangeCoder, Compression::Zstd] {
        let host = HostConfig { checksums: true, ..HostConfig::default() };
        let server = announced(HostOptions { host, compression, ..local() }, "sealed");
        let search = search(server.local_addr().port(), &[[127, 0, 0, 1]], LONG);
        assert_eq!(next_server(&search).name, "sealed");
    }
}

#[test]
fn forged_and_broken_answers_are_ignored() {
    let fake = plain_socket();
    let search = search(fake.local_addr().expect("a bound socket").port(), &[[127, 0, 0, 1]], LONG);
    let mut asked = [0; 2 * QUERY_BYTES];
    let (length, from) = fake.recv_from(&mut asked).expect("a query");
    assert_eq!(length, QUERY_BYTES);
    let sound = answer(&asked, 1, "sound");
    let mut forged = sound.clone();
    forged[12] ^= 1;
    let longer = [&sound[..], b"x"].concat();
    let never =
        answer(&query(asked[12..20].first_chunk().expect("eight bytes"), 60), 1, "a round that never was");
    let garbage: [&[u8]; 7] = [b"", b"garbage", &asked[..length], &sound[..30], &forged, &longer, &never];
    for datagram in garbage.into_iter().chain([&sound[..], &sound]) {
        fake.send_to(datagram, from).expect("loopback takes it");
    }
    assert_eq!(next_server(&search).name, "sound");
    wait_for("what was ignored", || (search.io_stats().ignored_discovery == 7).then_some(()));
    assert!(search.poll_event().is_none(), "the same server is not found twice");
}

#[test]
fn a_flood_of_queries_is_answered_within_bounds() {
    let pair = Pair::new();
    pair.server.announce(Some(announcement("flooded")));
    let flood = plain_socket();
    let began = Instant::now();
    let query = query(b"a token.", 0);
    for round in 1..=100 {
        for _ in 0..50 {
            flood.send_to(&query, pair.server.local_addr()).expect("loopback takes it");
        }
        // So that the socket's buffer, and not luck, holds them all.
        wait_for("the server to have taken them", || {
            let stats = pair.server.io_stats();
            (stats.answered_discovery + stats.ignored_discovery >= round * 50).then_some(())
        });
    }
    let stats = pair.server.io_stats();
    let seconds = began.elapsed().as_secs() + 2;
    assert!((1..=100 * seconds).contains(&stats.answered_discovery), "{stats:?} in {seconds} s");
    assert!(stats.ignored_discovery > 0 || seconds > 40, "{stats:?} in {seconds} s");
    pair.send_to_server(reliable("the game goes on"));
    assert_eq!(next_packet(&pair.server).2.data, "the game goes on");
}

#[test]
fn a_search_takes_no_connections_and_ends_with_its_handle() {
    let target = plain_socket();
    let search = search(target.local_addr().expect("a bound socket").port(), &[[127, 0, 0, 1]], LONG);
    let (_, searcher) = target.recv_from(&mut [0; 2048]).expect("a query");
    let options = HostOptions { connect_timeout: SHORT, ..local() };
    let client = open_with(options);
    crate::common::connect(&client, "127.0.0.1", searcher.port());
    let event = next_event(&client);
    assert!(matches!(event, HostEvent::ConnectFailed { .. }), "{event:?}");
    drop(search);
    let again = UdpSocket::bind(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), searcher.port()));
    assert!(again.is_ok(), "its port is free: {again:?}");
}

#[test]
fn what_does_not_fit_into_an_answer_is_refused() {
    assert_eq!(Announcement::new(&"ä".repeat(65), ""), Err(AnnouncementError::NameTooLong(130)));
    assert_eq!(Announcement::new("", vec![0; 1001]), Err(AnnouncementError::InfoTooLarge(1001)));
    let server = open_with(local());
    server.announce(Some(Announcement::new(&"ä".repeat(64), vec![7; 1000]).expect("it just fits")));
    let found = next_server(&search(server.local_addr().port(), &[[127, 0, 0, 1]], LONG));
    assert_eq!((found.name.len(), found.info.len()), (128, 1000));
}
