//! What concerns the whole process: how many threads and descriptors there are, and ending everything at once. These
//! tests take turns and share no process with others, whose hosts they would count or end.
#![cfg(target_os = "linux")]

use std::{
    fs,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use enet_driver::{
    CommandError, ConnectRequest, HostEvent, HostHandle, HostOptions, QueueLimits, Recipients,
    enet_proto::{Delivery, Packet},
};

const LIMIT: Duration = Duration::from_secs(10);

fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(enet_driver::shut_down(LIMIT), "nothing of the test before is left");
    turn
}

fn open() -> HostHandle {
    HostHandle::open(HostOptions::default()).expect("a free port")
}

/// How many threads of this library there are, by name, and how many descriptors are open.
fn census() -> (usize, usize) {
    let threads = fs::read_dir("/proc/self/task").expect("procfs").flatten();
    let names = threads.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    let ours = names.filter(|name| name.starts_with("enet-")).count();
    (ours, fs::read_dir("/proc/self/fd").expect("procfs").count())
}

fn request(address: &str, port: u16) -> ConnectRequest {
    ConnectRequest { address: address.to_owned(), port, channels: 1, data: 0 }
}

#[track_caller]
fn next_event(host: &HostHandle) -> HostEvent {
    let mut event = None;
    wait_until("an event", || {
        event = host.poll_event();
        event.is_some()
    });
    event.expect("the wait found one")
}

#[track_caller]
fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_thousand_cycles_leave_nothing() {
    let _turn = turn();
    let before = census();
    for _ in 0..1000 {
        open().close(LIMIT);
    }
    assert_eq!(census(), before);
    for _ in 0..1000 {
        drop(open());
    }
    assert_eq!(census(), before);
}

/// With a sleep of an hour only wake-ups and deadlines keep things going: one that is lost shows as a standstill.
#[test]
fn nothing_depends_on_the_poll_interval() {
    let _turn = turn();
    let limits = QueueLimits { events: 4, ..QueueLimits::default() };
    let options = HostOptions { poll_interval: Duration::from_secs(3600), limits, ..HostOptions::default() };
    let (mut quickest_drain, mut quickest_goodbye) = (LIMIT, LIMIT);
    for _ in 0..50 {
        let server = HostHandle::open(options.clone()).expect("a free port");
        let client = HostHandle::open(options.clone()).expect("a free port");
        let port = server.local_addr().port();
        client.connect(request("127.0.0.1", port)).expect("a running host");
        let HostEvent::Connected { peer, .. } = next_event(&client) else {
            panic!("a connection was expected")
        };
        for number in 0..20_u8 {
            let packet = Packet::new(vec![number], Delivery::Reliable);
            client.send(Recipients::One(peer), 0, packet).expect("room for a packet");
        }
        assert!(matches!(next_event(&server), HostEvent::Connected { .. }));
        let started = Instant::now();
        for number in 0..20_u8 {
            let HostEvent::Received { packet, .. } = next_event(&server) else {
                panic!("a packet was expected")
            };
            assert_eq!(packet.data[..], [number]);
        }
        quickest_drain = quickest_drain.min(started.elapsed());
        let started = Instant::now();
        client.close_when_done(LIMIT);
        assert!(matches!(next_event(&server), HostEvent::Disconnected { .. }));
        quickest_goodbye = quickest_goodbye.min(started.elapsed());
    }
    // What is left to the next ping takes half a second, every time.
    assert!(quickest_drain < Duration::from_millis(400), "{quickest_drain:?}");
    assert!(quickest_goodbye < Duration::from_millis(400), "{quickest_goodbye:?}");
    let impatient = HostOptions { connect_timeout: Duration::from_millis(50), ..options };
    let client = HostHandle::open(impatient).expect("a free port");
    client.connect(request("127.0.0.1", 9)).expect("a running host");
    assert!(matches!(next_event(&client), HostEvent::ConnectFailed { .. }));
}

#[test]
fn the_network_goes_on_without_a_game_that_waited() {
    let _turn = turn();
    let (server, client) = (open(), open());
    client.connect(request("127.0.0.1", server.local_addr().port())).expect("a running host");
    let HostEvent::Connected { peer, link, .. } = next_event(&client) else {
        panic!("a connection was expected")
    };
    assert!(matches!(next_event(&server), HostEvent::Connected { .. }));
    for _ in 0..50 {
        assert!(server.wait_event(Duration::from_micros(100)).is_none(), "nobody says anything");
    }
    // The game's thread ran the rounds, and does nothing more for either host.
    client
        .send(Recipients::One(peer), 0, Packet::new(vec![1], Delivery::Reliable))
        .expect("room for a packet");
    wait_until("the acknowledgement", || {
        let stats = link.stats();
        stats.sent_reliable_packets == 1 && stats.in_flight_commands == 0
    });
}

#[test]
fn many_hosts_share_one_thread() {
    let _turn = turn();
    let before = census();
    let hosts: Vec<_> = (0..20).map(|_| open()).collect();
    // A thread takes its name when it first runs.
    wait_until("the one thread", || census().0 == before.0 + 1);
    for host in hosts {
        host.close(LIMIT);
    }
    assert_eq!(census(), before);
}

#[test]
fn starting_and_ending_may_race() {
    let _turn = turn();
    let before = census();
    thread::scope(|scope| {
        for number in 0..4 {
            scope.spawn(move || {
                for round in 0..200 {
                    let host = open();
                    assert!(host.is_running());
                    match (number + round) % 3 {
                        0 => host.close(LIMIT),
                        1 => host.close_when_done(LIMIT),
                        _ => drop(host),
                    }
                }
            });
        }
    });
    // Those that were left to finish are joined by the next host, or by this.
    wait_until("the last host's end", || enet_driver::shut_down(LIMIT) && census() == before);
}

#[test]
fn shutting_down_ends_everything_and_a_new_start_works() {
    let _turn = turn();
    let before = census();
    let hosts = [open(), open()];
    hosts[0].connect(request("localhost", 9)).expect("a running host");
    assert!(enet_driver::shut_down(LIMIT));
    assert_eq!(census().0, before.0);
    for host in &hosts {
        assert!(!host.is_running());
        let packet = Packet::new(vec![1], Delivery::Reliable);
        assert_eq!(host.send(Recipients::All, 0, packet), Err(CommandError::Stopped));
    }
    open().close(LIMIT);
    drop(hosts);
    assert_eq!(census(), before);
    assert!(enet_driver::shut_down(LIMIT), "with nothing to do it has nothing to wait for");
}
