//! Players who join while forged requests to connect pour in, from addresses of the loopback network that never answer.
//! Our server in the test run, briefly; ours and C ENet's side by side on request:
//!
//! ```sh
//! cargo test --release -p enet-driver --test interop flood -- --ignored --nocapture
//! ```
#![cfg(target_os = "linux")]
#![allow(clippy::cast_possible_truncation, reason = "counts and times of a test are small")]

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use enet_driver::{
    ConnectRequest, HostEvent, HostHandle, HostOptions,
    enet_proto::{Host, HostConfig, Millis},
};
use socket2::SockRef;

use crate::{
    ours::{self, EchoServer},
    program::Program,
};

/// Forged addresses. Each is in a prefix of its own, so the rate of a prefix does not stop them.
const ADDRESSES: u16 = 1500;
/// What a player is asked to wait for at most.
const SOON: Duration = Duration::from_secs(2);

/// A CONNECT of a client that is not there.
fn forged_request(server: SocketAddr) -> Vec<u8> {
    let mut host = Host::new(HostConfig::default(), 1).expect("the defaults are in range");
    host.connect(Millis(0), server, 255, 0).expect("a fresh host has room");
    let mut datagram = Vec::new();
    host.poll_transmit(Millis(0), &mut datagram).expect("a CONNECT is on its way");
    datagram
}

fn forged_socket(number: u16) -> UdpSocket {
    let [high, low] = number.to_be_bytes();
    let socket =
        UdpSocket::bind((Ipv4Addr::new(127, 1 + high, low, 9), 0)).expect("the loopback network is ours");
    // Nobody reads the answers; they need not be kept.
    SockRef::from(&socket).set_recv_buffer_size(1).expect("a small buffer is granted");
    socket
}

/// Sends forged requests from a thread until it is dropped.
struct Flood {
    is_over: Arc<AtomicBool>,
    sent: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Flood {
    fn start(server: SocketAddr, per_second: u64) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let sent = Arc::new(AtomicU64::new(0));
        let (over, count) = (Arc::clone(&is_over), Arc::clone(&sent));
        let thread = thread::spawn(move || pour(server, per_second, &over, &count));
        Self { is_over, sent, thread: Some(thread) }
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        self.is_over.store(true, SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("sending does not panic");
        }
    }
}

fn pour(server: SocketAddr, per_second: u64, is_over: &AtomicBool, count: &AtomicU64) {
    let sockets: Vec<UdpSocket> = (0..ADDRESSES).map(forged_socket).collect();
    let mut datagram = forged_request(server);
    let began = Instant::now();
    let mut sent = 0u64;
    while !is_over.load(SeqCst) {
        let due = began.elapsed().as_micros() as u64 * per_second / 1_000_000;
        // What a busy machine could not send in time is not made up for in one stroke.
        let until = due.min(sent + per_second / 50);
        for number in sent..until {
            datagram[44..48].copy_from_slice(&(number as u32).to_be_bytes());
            let _ = sockets[number as usize % sockets.len()].send_to(&datagram, server);
        }
        sent = sent.max(until);
        count.store(sent, SeqCst);
        thread::sleep(Duration::from_millis(1));
    }
}

/// Lets players join one after the other at this interval, and says how long they took; `None` for who did not get in.
fn join(
    server: SocketAddr,
    players: usize,
    interval: Duration,
    mut turn: impl FnMut(),
) -> (Vec<HostHandle>, Vec<Option<Duration>>) {
    let began = Instant::now();
    let mut hosts: Vec<(Instant, HostHandle)> = Vec::new();
    let mut took = vec![None; players];
    while hosts.len() < players || began.elapsed() < interval * players as u32 + Duration::from_secs(6) {
        if hosts.len() < players && began.elapsed() >= interval * hosts.len() as u32 {
            let options = HostOptions { connect_timeout: Duration::from_secs(5), ..ours::options(1) };
            let host = HostHandle::open(options).expect("a loopback port is free");
            let (address, port) = (server.ip().to_string(), server.port());
            host.connect(ConnectRequest { address, port, channels: 1, data: 0 }).expect("it runs");
            hosts.push((Instant::now(), host));
        }
        turn();
        for ((asked, host), took) in hosts.iter().zip(&mut took) {
            if let Some(HostEvent::Connected { .. }) = host.poll_event() {
                *took = Some(asked.elapsed());
            }
        }
        if took.iter().all(Option::is_some) {
            break;
        }
        thread::sleep(Duration::from_millis(1));
    }
    (hosts.into_iter().map(|(_, host)| host).collect(), took)
}

#[test]
fn players_join_our_server_through_a_flood() {
    let mut server = EchoServer::start(64);
    let flood = Flood::start(server.address(), 20_000);
    let (players, took) = join(server.address(), 8, Duration::from_millis(300), || server.turn());
    assert!(flood.sent.load(SeqCst) > 5000);
    assert!(took.iter().all(|took| took.is_some_and(|took| took < SOON)), "{took:?}");
    let come = |event: &&HostEvent| matches!(event, HostEvent::Connected { .. });
    ours::wait_until("everybody is in", || {
        server.turn();
        server.comings_and_goings.iter().filter(come).count() == 8
    });
    assert_eq!((server.comings_and_goings.len(), players.len()), (8, 8), "nobody was lost again");
}

#[test]
#[ignore = "a measurement of two minutes: run it with --release --nocapture"]
fn flood_side_by_side() {
    println!("| server | forged a second | joined within 2 s | slowest | resident memory |");
    println!("| --- | --- | --- | --- | --- |");
    for per_second in [20_000, 50_000] {
        let mut server = EchoServer::start(4095);
        let before = resident_kib(std::process::id());
        let row = besiege(server.address(), per_second, || server.turn());
        let grown = resident_kib(std::process::id()) - before;
        println!("| ours | {row} | +{} MiB (players and forger included) |", grown / 1024);
        println!("{:?}", server.host.stats());
    }
    let (program, port) = Program::start_echo(4095);
    let before = resident_kib(program.id());
    let row = besiege(ours::loopback(port), 20_000, || {});
    println!("| C ENet | {row} | +{} MiB |", (resident_kib(program.id()) - before) / 1024);
}

fn besiege(server: SocketAddr, per_second: u64, turn: impl FnMut()) -> String {
    let flood = Flood::start(server, per_second);
    let began = Instant::now();
    // The flood is well under way when the first player comes.
    thread::sleep(Duration::from_secs(1));
    let (_players, took) = join(server, 20, Duration::from_millis(1400), turn);
    let rate = flood.sent.load(SeqCst) * 1000 / began.elapsed().as_millis() as u64;
    let soon = took.iter().flatten().filter(|&&took| took < SOON).count();
    let slowest =
        took.iter().flatten().max().map_or_else(|| "–".to_owned(), |took| format!("{} ms", took.as_millis()));
    format!("{rate} | {soon} of 20 | {slowest}")
}

fn resident_kib(process: u32) -> i64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("procfs");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("it has memory");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}
