//! Every way to give a host up: closed, left to finish, dropped, under load, with a full mailbox.

use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::{Duration, Instant},
};

use enet_driver::{
    CommandError, HostEvent, HostOptions, Recipients,
    enet_proto::{Delivery, DisconnectReason, Packet},
};

use crate::common::{PATIENCE, Pair, local, next_event, next_packet, open_with, reliable, wait_for};

#[track_caller]
fn expect_goodbye(pair_side: &enet_driver::HostHandle) {
    match next_event(pair_side) {
        HostEvent::Disconnected { reason, .. } => assert_eq!(reason, DisconnectReason::Remote(0)),
        other => panic!("a goodbye was expected, not {other:?}"),
    }
}

#[test]
fn closing_sends_what_is_queued_and_frees_the_port() {
    let pair = Pair::new();
    let port = pair.server.local_addr().port();
    pair.server
        .send(Recipients::One(pair.on_server.peer), 0, reliable(*b"goodbye"))
        .expect("room for a packet");
    let started = Instant::now();
    pair.server.close(PATIENCE);
    assert!(started.elapsed() < PATIENCE / 2, "the limit is no waiting time");
    let again = open_with(HostOptions { port, ..local() });
    assert_eq!(again.local_addr().port(), port);
    assert_eq!(next_packet(&pair.client).2.data[..], *b"goodbye");
    expect_goodbye(&pair.client);
}

#[test]
fn dropping_tells_the_peers_and_frees_the_port() {
    let Pair { server, client, .. } = Pair::new();
    let port = server.local_addr().port();
    drop(server);
    expect_goodbye(&client);
    wait_for("the port", || enet_driver::HostHandle::open(HostOptions { port, ..local() }).ok());
}

#[test]
fn closing_when_done_delivers_everything() {
    let pair = Pair::new();
    let sent: Vec<u8> = (0..3 << 20).map(|i: u32| i.to_le_bytes()[2]).collect();
    pair.client
        .send(Recipients::One(pair.on_client.peer), 0, reliable(sent.clone()))
        .expect("room for a packet");
    let started = Instant::now();
    pair.client.close_when_done(PATIENCE);
    assert!(started.elapsed() < Duration::from_secs(1), "the caller does not wait");
    assert_eq!(next_packet(&pair.server).2.data, sent);
    expect_goodbye(&pair.server);
}

#[test]
fn closing_when_done_gives_up_in_time() {
    let pair = Pair::new();
    let port = pair.client.local_addr().port();
    // Far more than a window, to a host that is gone: this is never done.
    pair.server.disconnect(pair.on_server.peer, enet_driver::Disconnect::Reset, 0);
    pair.client.send(Recipients::One(pair.on_client.peer), 0, reliable(vec![0; 1 << 20])).expect("room");
    pair.client.close_when_done(Duration::from_millis(200));
    let again = wait_for("the port", || enet_driver::HostHandle::open(HostOptions { port, ..local() }).ok());
    assert_eq!(again.local_addr().port(), port);
}

#[test]
fn stopping_under_load_is_quick() {
    let pair = Pair::new();
    let stop = AtomicBool::new(false);
    let client = &pair.client;
    thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(SeqCst) {
                let sent = client.send(Recipients::All, 0, Packet::new(vec![0; 1200], Delivery::Unreliable));
                assert_ne!(sent, Err(CommandError::Stopped));
            }
        });
        wait_for("traffic", || (pair.server.stats().received_datagrams > 1000).then_some(()));
        let started = Instant::now();
        pair.server.close(PATIENCE);
        assert!(started.elapsed() < PATIENCE / 2);
        stop.store(true, SeqCst);
    });
    let started = Instant::now();
    pair.client.close(PATIENCE);
    assert!(started.elapsed() < PATIENCE / 2);
}

#[test]
fn a_full_mailbox_does_not_hold_the_goodbyes_up() {
    let limits = enet_driver::QueueLimits { events: 1, ..Default::default() };
    let pair = Pair::with(HostOptions { limits, ..local() }, local());
    for _ in 0..100 {
        pair.send_to_server(reliable([0; 1000]));
    }
    wait_for("the packets", || (pair.server.stats().received_bytes > 50_000).then_some(()));
    pair.server.close_when_done(PATIENCE);
    expect_goodbye(&pair.client);
}

#[test]
fn closing_when_delivered_waits_for_the_remotes() {
    let pair = Pair::new();
    // On such a link, what is sent once arrives by chance.
    let bad = enet_driver::NetworkConditions::parse("out_loss=0.3,latency=5,seed=2");
    pair.server.set_conditions(bad.expect("a good text"));
    let sent: Vec<u8> = (0..300_000).map(|i: u32| i.to_le_bytes()[1]).collect();
    pair.server.send(Recipients::All, 0, reliable(sent.clone())).expect("room for a packet");
    let port = pair.server.local_addr().port();
    pair.server.close_when_delivered(PATIENCE);
    assert_eq!(
        open_with(HostOptions { port, ..local() }).local_addr().port(),
        port,
        "the port is free on return"
    );
    assert_eq!(next_packet(&pair.client).2.data, sent);
}

#[test]
fn closing_when_delivered_gives_up_in_time() {
    let pair = Pair::new();
    pair.client.disconnect(pair.on_client.peer, enet_driver::Disconnect::Reset, 0);
    pair.server.send(Recipients::All, 0, reliable(*b"to nobody")).expect("room for a packet");
    let started = Instant::now();
    pair.server.close_when_delivered(Duration::from_millis(200));
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_millis(140) && elapsed < PATIENCE / 2, "{elapsed:?}");
}

#[test]
fn closing_when_delivered_does_not_wait_for_nothing() {
    let pair = Pair::new();
    let started = Instant::now();
    pair.server.close_when_delivered(PATIENCE);
    assert!(started.elapsed() < PATIENCE / 2);
    expect_goodbye(&pair.client);
}
