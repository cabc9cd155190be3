//! A thousand players from the C library on one of our servers.

use std::{collections::HashMap, time::Duration};

use enet_driver::HostEvent;

use crate::{
    ours::EchoServer,
    program::{Program, Source},
};

const CLIENTS: u64 = 1000;
const RATE: u64 = 30;
const SECONDS: u64 = 10;

#[test]
fn a_thousand_c_clients_lose_nothing_reliable() {
    let mut server = EchoServer::start(1024);
    let arguments: [&dyn std::fmt::Display; 4] = [&server.address().port(), &CLIENTS, &RATE, &SECONDS];
    let mut crowd = Program::start(Source::Crowd, &arguments);
    let summary = crowd.wait_with("SUMMARY ", Duration::from_secs(200), || server.turn());
    println!("{summary}");
    let count = parse(&summary);
    assert_eq!((count["clients"], count["connected"], count["dropped"]), (CLIENTS, CLIENTS, 0), "{summary}");
    let half = CLIENTS * RATE * SECONDS / 2;
    assert_eq!((count["reliable_sent"], count["reliable_echoed"]), (half, half), "{summary}");
    assert_eq!((count["unreliable_sent"], count["wrong"]), (half, 0), "{summary}");
    assert!((1..=half).contains(&count["unreliable_echoed"]), "{summary}");
    let came = |event: &&HostEvent| matches!(event, HostEvent::Connected { .. });
    assert_eq!(server.comings_and_goings.iter().filter(came).count() as u64, CLIENTS);
}

/// `name=value` pairs between spaces.
fn parse(summary: &str) -> HashMap<&str, u64> {
    let pairs = summary.split(' ').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name, value.parse().expect("the summary holds numbers"))).collect()
}
