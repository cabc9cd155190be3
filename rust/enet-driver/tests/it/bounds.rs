//! Full queues: a busy answer towards the network, a held-back protocol towards the game, and recovery from both.

use std::time::{Duration, Instant};

use enet_driver::{
    CommandError, HostEvent, HostOptions, NetworkConditions, QueueLimits, Recipients,
    enet_proto::{DisconnectReason, HostConfig, PeerTimeouts},
};

use crate::common::{Pair, local, next_event, next_packet, reliable, wait_for};

#[test]
fn a_full_send_queue_says_busy_and_recovers() {
    let limits = QueueLimits { sends: 64, ..QueueLimits::default() };
    let pair = Pair::with(local(), HostOptions { limits, ..local() });
    let to = || Recipients::One(pair.on_client.peer);
    let mut sent = 0_u32;
    let refusal = wait_for("a busy answer", || {
        for _ in 0..1000 {
            match pair.client.send(to(), 0, reliable(sent.to_le_bytes())) {
                Ok(()) => sent += 1,
                refusal => return refusal.err(),
            }
        }
        None
    });
    assert_eq!(refusal, CommandError::Busy);
    wait_for("room", || pair.client.send(to(), 0, reliable(sent.to_le_bytes())).ok());
    for number in 0..=sent {
        assert_eq!(next_packet(&pair.server).2.data[..], number.to_le_bytes());
    }
}

#[test]
fn bytes_are_a_limit_too() {
    let limits = QueueLimits { send_bytes: 10_000, ..QueueLimits::default() };
    let pair = Pair::with(local(), HostOptions { limits, ..local() });
    let to = || Recipients::One(pair.on_client.peer);
    wait_for("a busy answer", || pair.client.send(to(), 0, reliable([0; 6000])).err());
    // Larger than the limit, and still it gets through when it is alone.
    wait_for("room", || pair.client.send(to(), 0, reliable([1; 20_000])).ok());
    wait_for("the large packet", || match pair.server.poll_event() {
        Some(HostEvent::Received { packet, .. }) => (packet.data.len() == 20_000).then_some(()),
        _ => None,
    });
}

/// Room is given back for many events at a time; what is told of the queue is exact all the same.
#[test]
fn what_waits_for_the_game_is_told_exactly() {
    let pair = Pair::with(local(), local());
    for number in 0..100_u8 {
        pair.send_to_server(reliable([number; 10]));
    }
    let waiting =
        || (pair.server.queue_stats().waiting_events, pair.server.queue_stats().waiting_event_bytes);
    wait_for("all events", || (waiting() == (100, 1000)).then_some(()));
    for left in (0..100).rev() {
        next_packet(&pair.server);
        if left % 7 == 0 {
            assert_eq!(waiting(), (left, left * 10));
        }
    }
    let sends = || (pair.client.queue_stats().waiting_sends, pair.client.queue_stats().waiting_send_bytes);
    wait_for("all sends to be taken", || (sends() == (0, 0)).then_some(()));
}

#[test]
fn disconnecting_gets_through_a_full_queue() {
    let limits = QueueLimits { sends: 1, ..QueueLimits::default() };
    let pair = Pair::with(local(), HostOptions { limits, ..local() });
    wait_for("a busy answer", || {
        pair.client.send(Recipients::One(pair.on_client.peer), 0, reliable([0])).err()
    });
    pair.client.disconnect(pair.on_client.peer, enet_driver::Disconnect::Later, 5);
    let reason = wait_for("the disconnection", || match pair.server.poll_event() {
        Some(HostEvent::Disconnected { reason, .. }) => Some(reason),
        _ => None,
    });
    assert_eq!(reason, DisconnectReason::Remote(5));
}

#[test]
fn a_stalled_game_loses_nothing_reliable() {
    const PACKETS: u32 = 1000;
    const SIZE: usize = 5000;
    let limits = QueueLimits { event_bytes: 200_000, ..QueueLimits::default() };
    let host = HostConfig { maximum_waiting_data: 300_000, ..HostConfig::default() };
    let pair = Pair::with(HostOptions { limits, host, ..local() }, local());
    for number in 0..PACKETS {
        let mut data = vec![0; SIZE];
        data[..4].copy_from_slice(&number.to_le_bytes());
        pair.send_to_server(reliable(data));
    }
    // The server's game sleeps until its thread has taken what it takes, and a second more.
    let queued_bytes = || pair.on_client.link.stats().queued_bytes;
    let mut last = (0, Instant::now());
    wait_for("the stream to stand still", || {
        if queued_bytes() != last.0 {
            last = (queued_bytes(), Instant::now());
        }
        (last.1.elapsed() > Duration::from_millis(1200)).then_some(())
    });
    // What was not taken is with the sender, not in a mailbox without a bottom.
    let unsent = queued_bytes();
    assert!(unsent >= 4_000_000, "only {unsent} bytes are held back");
    let waiting = pair.on_server.link.stats().waiting_bytes;
    assert!(waiting <= 300_000 + 2 * SIZE as u64, "{waiting} bytes wait");
    for number in 0..PACKETS {
        let packet = next_packet(&pair.server).2;
        assert_eq!(packet.data.len(), SIZE);
        assert_eq!(packet.data[..4], number.to_le_bytes());
    }
    assert!(pair.server.poll_event().is_none() && pair.client.poll_event().is_none());
}

#[test]
fn a_peer_that_takes_nothing_makes_send_busy() {
    let host = HostConfig { maximum_queued_data: 50_000, ..HostConfig::default() };
    let limits = QueueLimits { event_bytes: 1, ..QueueLimits::default() };
    let server = HostConfig { maximum_waiting_data: 100_000, ..HostConfig::default() };
    let pair = Pair::with(HostOptions { limits, host: server, ..local() }, HostOptions { host, ..local() });
    let to = || Recipients::One(pair.on_client.peer);
    let mut sent = 0_u32;
    let mut quiet_since = Instant::now();
    wait_for("a lasting busy answer", || {
        while pair.client.send(to(), 0, reliable([sent.to_le_bytes().as_slice(), &[0; 996]].concat())).is_ok()
        {
            sent += 1;
            quiet_since = Instant::now();
        }
        (quiet_since.elapsed() > Duration::from_millis(300)).then_some(())
    });
    assert!(pair.client.io_stats().refused_packets == 0);
    for number in 0..sent {
        assert_eq!(next_packet(&pair.server).2.data[..4], number.to_le_bytes());
    }
    wait_for("room", || pair.client.send(to(), 0, reliable([9])).ok());
    assert_eq!(next_packet(&pair.server).2.data[..], [9]);
}

/// How much is queued is told by slot, and the next peer there begins with nothing.
#[test]
fn what_was_queued_for_a_peer_that_is_gone_makes_nothing_busy() {
    let host = HostConfig { maximum_queued_data: 50_000, ..HostConfig::default() };
    let pair = Pair::with(local(), HostOptions { host, ..local() });
    let send = || pair.client.send(Recipients::One(pair.on_client.peer), 0, reliable([0; 1000]));
    pair.client.set_conditions(NetworkConditions::parse("loss=1").expect("a good text"));
    pair.client
        .set_timeouts(pair.on_client.peer, PeerTimeouts { limit: 1, minimum_ms: 100, maximum_ms: 200 });
    wait_for("the end", || {
        for _ in 0..100 {
            let _ = send();
        }
        matches!(pair.client.poll_event(), Some(HostEvent::Disconnected { .. })).then_some(())
    });
    let refused = pair.client.io_stats().refused_packets;
    wait_for("room", || send().ok());
    wait_for("the refusal", || (pair.client.io_stats().refused_packets > refused).then_some(()));
}

#[test]
fn a_broadcast_that_overflows_a_peer_cuts_it_off() {
    let host =
        HostConfig { maximum_queued_data: 10_000, maximum_packet_size: 10_000, ..HostConfig::default() };
    let limits = QueueLimits { send_bytes: 10_000, ..QueueLimits::default() };
    let server_limits = QueueLimits { event_bytes: 1, ..QueueLimits::default() };
    let server = HostConfig { maximum_waiting_data: 5000, ..HostConfig::default() };
    let pair = Pair::with(
        HostOptions { limits: server_limits, host: server, ..local() },
        HostOptions { limits, host, ..local() },
    );
    let reason = wait_for("the end", || {
        let _ = pair.client.send(Recipients::All, 0, reliable([0; 1000]));
        match pair.client.poll_event() {
            Some(HostEvent::Disconnected { peer, reason }) => Some((peer, reason)),
            _ => None,
        }
    });
    assert_eq!(reason, (pair.on_client.peer, DisconnectReason::TimedOut));
    wait_for("the remote's notice", || {
        matches!(next_event(&pair.server), HostEvent::Disconnected { .. }).then_some(())
    });
}
