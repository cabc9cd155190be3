//! Many encrypted clients at once. A program of its own: its hosts share one network thread, which other tests would wait for.
#![cfg(feature = "dtls")]

#[path = "support/certificates.rs"]
#[allow(dead_code, reason = "shared with the tests of the layer")]
mod certificates;
#[path = "it/common.rs"]
#[allow(dead_code, reason = "shared with the tests of plain hosts")]
mod common;

use std::{collections::BTreeSet, time::Instant};

use enet_driver::{
    Dtls, HostEvent, HostHandle, HostOptions, Recipients, Verification,
    enet_proto::{HostConfig, PeerTimeouts},
};

use crate::certificates::GAME;
use crate::common::{PATIENCE, connect, local, open_with, reliable, wait_for};

const CROWD: usize = 1000;

/// All from one address, so they join in waves: more than 128 are not let in at the same time.
#[test]
fn a_thousand_clients_join_one_server() {
    let identity = certificates::self_signed(GAME, &certificates::p256());
    let server = Dtls::server(&identity.chain, &identity.key).expect("a good identity");
    let client = Dtls::client("game.test", &identity.chain, Verification::Full).expect("a good root");
    let patient = PeerTimeouts { limit: 1 << 20, minimum_ms: 120_000, maximum_ms: 120_000 };
    let host = HostConfig { peers: 1023, channel_limit: 1, timeouts: patient, ..HostConfig::default() };
    let server = open_with(HostOptions { host, dtls: Some(server), ..local() });
    let host = HostConfig { peers: 1, timeouts: patient, ..HostConfig::default() };
    let client = HostOptions { host, dtls: Some(client), connect_timeout: 6 * PATIENCE, ..local() };
    let started = Instant::now();
    let clients: Vec<HostHandle> = (0..CROWD).map(|_| open_with(client.clone())).collect();
    for client in &clients {
        connect(client, "127.0.0.1", server.local_addr().port());
    }
    let mut heard = BTreeSet::new();
    let deadline = Instant::now() + 6 * PATIENCE;
    while heard.len() < CROWD {
        assert!(
            Instant::now() < deadline,
            "only {} of {CROWD} were heard: {:?}",
            heard.len(),
            server.dtls_stats()
        );
        for (number, client) in clients.iter().enumerate() {
            match client.poll_event() {
                Some(HostEvent::Connected { peer, .. }) => {
                    let number = u32::try_from(number).expect("a small number");
                    client.send(Recipients::One(peer), 0, reliable(number.to_be_bytes())).expect("room");
                }
                Some(other) => panic!("a connection was expected, not {other:?}"),
                None => {}
            }
        }
        while let Some(event) = server.poll_event() {
            if let HostEvent::Received { packet, .. } = event {
                heard.insert(packet.data);
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    println!("{CROWD} clients joined in {:?}", started.elapsed());
    let stats = server.dtls_stats();
    assert_eq!((stats.sessions, stats.failed_handshakes), (CROWD as u64, 0));
    drop(clients);
    wait_for("the sessions to end", || (server.dtls_stats().sessions == 0).then_some(()));
}
