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
    CommandError, ConnectRequest, HostHandle, HostOptions, Recipients,
    enet_proto::{Delivery, Packet},
};

const LIMIT: Duration = Duration::from_secs(10);

fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
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

#[test]
fn many_hosts_share_one_thread() {
    let _turn = turn();
    let before = census();
    let hosts: Vec<_> = (0..20).map(|_| open()).collect();
    assert_eq!(census().0, before.0 + 1);
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
    let request = ConnectRequest { address: "localhost".to_owned(), port: 9, channels: 1, data: 0 };
    hosts[0].connect(request).expect("a running host");
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
