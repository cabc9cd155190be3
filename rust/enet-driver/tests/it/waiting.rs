//! Games that do nothing but wait for events, whose threads run the rounds themselves meanwhile.

use std::{
    sync::atomic::{AtomicBool, Ordering::SeqCst},
    thread,
    time::Duration,
};

use enet_driver::{HostEvent, HostHandle, Recipients, enet_proto::Packet};

use crate::common::{PATIENCE, Pair, next_packet, open, reliable, wait_for};

/// Waits so often that the seat is taken, if nobody else has it.
fn wait_in_quick_succession(host: &HostHandle) {
    for _ in 0..50 {
        assert!(host.wait_event(Duration::from_micros(100)).is_none(), "nobody says anything");
    }
}

fn wait_for_packet(host: &HostHandle) -> Packet {
    wait_for("a packet", || match host.wait_event(PATIENCE) {
        Some(HostEvent::Received { packet, .. }) => Some(packet),
        _ => None,
    })
}

#[test]
fn both_ends_wait_on_threads_of_their_own() {
    let pair = Pair::new();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let echo = scope.spawn(|| {
            while !is_over.load(SeqCst) {
                let event = pair.server.wait_event(Duration::from_millis(20));
                if let Some(HostEvent::Received { peer, channel, packet }) = event {
                    pair.server.send(Recipients::One(peer), channel, packet).expect("room for a packet");
                }
            }
        });
        for number in 0..500_u32 {
            pair.send_to_server(reliable(number.to_le_bytes()));
            assert_eq!(wait_for_packet(&pair.client).data[..], number.to_le_bytes());
        }
        is_over.store(true, SeqCst);
        echo.join().expect("no assertion failed");
    });
}

#[test]
fn others_may_send_and_close_meanwhile() {
    let pair = Pair::new();
    let beside = open();
    wait_in_quick_succession(&pair.server);
    thread::scope(|scope| {
        let packet = scope.spawn(|| wait_for_packet(&pair.server));
        pair.server
            .send(Recipients::One(pair.on_server.peer), 0, reliable("out"))
            .expect("room for a packet");
        assert_eq!(next_packet(&pair.client).2.data[..], b"out"[..]);
        beside.close(PATIENCE);
        pair.send_to_server(reliable("in"));
        assert_eq!(packet.join().expect("no assertion failed").data[..], b"in"[..]);
    });
}
