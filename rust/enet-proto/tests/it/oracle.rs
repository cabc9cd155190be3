//! Against an independent port of C ENet, in the same simulated network: both roles, loss, reordering, duplication.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use enet_netem::{Link, LinkConfig};
use enet_proto::{Delivery, Event, Host, HostConfig, Millis, Packet};
use rusty_enet as oracle;

use crate::network::{BEFORE_WRAP, address, seeds};

const OURS: usize = 0;
const THEIRS: usize = 1;

/// The oracle's socket: two queues.
#[derive(Clone, Default)]
struct Wire(Rc<RefCell<Queues>>);

#[derive(Default)]
struct Queues {
    incoming: VecDeque<Vec<u8>>,
    outgoing: VecDeque<Vec<u8>>,
}

impl oracle::Socket for Wire {
    type Address = SocketAddr;
    type Error = std::convert::Infallible;

    fn init(&mut self, _options: oracle::SocketOptions) -> Result<(), Self::Error> {
        Ok(())
    }

    fn send(&mut self, _address: SocketAddr, buffer: &[u8]) -> Result<usize, Self::Error> {
        self.0.borrow_mut().outgoing.push_back(buffer.to_vec());
        Ok(buffer.len())
    }

    fn receive(
        &mut self,
        buffer: &mut [u8; oracle::MTU_MAX],
    ) -> Result<Option<(SocketAddr, oracle::PacketReceived)>, Self::Error> {
        let Some(datagram) = self.0.borrow_mut().incoming.pop_front() else { return Ok(None) };
        buffer[..datagram.len()].copy_from_slice(&datagram);
        Ok(Some((address(OURS), oracle::PacketReceived::Complete(datagram.len()))))
    }
}

struct Encounter {
    ours: Host,
    theirs: oracle::Host<Wire>,
    wire: Wire,
    clock: Rc<RefCell<u64>>,
    links: [Link; 2],
    our_events: Vec<Event>,
    their_packets: Vec<(u8, Vec<u8>)>,
    they_are_connected: bool,
    they_lost_us_with: Option<u32>,
}

impl Encounter {
    fn new(seed: u64, link: &LinkConfig) -> Self {
        let wire = Wire::default();
        let clock = Rc::new(RefCell::new(BEFORE_WRAP));
        let time = clock.clone();
        let settings = oracle::HostSettings {
            peer_limit: 4,
            channel_limit: 4,
            time: Box::new(move || Duration::from_millis(*time.borrow())),
            seed: Some(seed as u32 | 1),
            ..oracle::HostSettings::default()
        };
        Self {
            ours: Host::new(HostConfig::default(), seed).unwrap(),
            theirs: oracle::Host::new(wire.clone(), settings).unwrap(),
            wire,
            clock,
            links: [Link::new(link.clone(), seed ^ 1), Link::new(link.clone(), seed ^ 2)],
            our_events: Vec::new(),
            their_packets: Vec::new(),
            they_are_connected: false,
            they_lost_us_with: None,
        }
    }

    fn step(&mut self) {
        *self.clock.borrow_mut() += 1;
        let t = *self.clock.borrow();
        let now = Millis(t);
        while let Some(datagram) = self.links[THEIRS].poll(t) {
            self.ours.handle_datagram(now, address(THEIRS), &datagram);
        }
        if self.ours.poll_timeout().is_some_and(|deadline| deadline <= now) {
            self.ours.handle_timeout(now);
        }
        let mut datagram = Vec::new();
        while self.ours.poll_transmit(now, &mut datagram).is_some() {
            self.links[OURS].send(t, &datagram);
        }
        self.our_events.extend(std::iter::from_fn(|| self.ours.poll_event()));
        while let Some(datagram) = self.links[OURS].poll(t) {
            self.wire.0.borrow_mut().incoming.push_back(datagram);
        }
        if t.is_multiple_of(10) {
            self.service_theirs();
        }
        for datagram in self.wire.0.borrow_mut().outgoing.drain(..) {
            self.links[THEIRS].send(t, &datagram);
        }
    }

    fn service_theirs(&mut self) {
        while let Some(event) = self.theirs.service().unwrap() {
            match event {
                oracle::Event::Connect { .. } => self.they_are_connected = true,
                oracle::Event::Disconnect { data, .. } => self.they_lost_us_with = Some(data),
                oracle::Event::Receive { channel_id, packet, .. } => {
                    self.their_packets.push((channel_id, packet.data().to_vec()));
                }
            }
        }
    }

    #[track_caller]
    fn run_until(&mut self, limit_ms: u64, mut done: impl FnMut(&Self) -> bool) {
        for _ in 0..limit_ms {
            if done(self) {
                return;
            }
            self.step();
        }
        panic!("not within {limit_ms} ms: {:?}", self.our_events.last());
    }

    fn our_packets(&self, channel: u8) -> Vec<&[u8]> {
        self.our_events
            .iter()
            .filter_map(|event| match event {
                Event::Received { channel: on, packet, .. } if *on == channel => Some(&packet.data[..]),
                _ => None,
            })
            .collect()
    }
}

fn message(number: u32) -> Vec<u8> {
    let length = if number.is_multiple_of(10) { 5000 } else { 30 };
    let mut data = number.to_be_bytes().to_vec();
    data.resize(length, number as u8);
    data
}

fn meet(we_connect: bool, seed: u64, link: &LinkConfig) {
    let mut meeting = Encounter::new(seed, link);
    if we_connect {
        let now = Millis(*meeting.clock.borrow());
        meeting.ours.connect(now, address(THEIRS), 4, 0).unwrap();
    } else {
        meeting.theirs.connect(address(OURS), 4, 0).unwrap();
    }
    meeting.run_until(60_000, |meeting| meeting.they_are_connected && !meeting.our_events.is_empty());
    let Event::Connected { peer, channels: 4, .. } = meeting.our_events[0] else { panic!() };
    for number in 0..100u32 {
        let data = message(number);
        meeting.ours.send(peer, 0, Packet::new(data.clone(), Delivery::Reliable)).unwrap();
        meeting.ours.send(peer, 1, Packet::new(data.clone(), Delivery::UnreliableFragmented)).unwrap();
        meeting.ours.send(peer, 2, Packet::new(data[..4].to_vec(), Delivery::Unsequenced)).unwrap();
        let their_peer = meeting.theirs.connected_peers_mut().next().unwrap();
        their_peer.send(0, &oracle::Packet::reliable(&data[..])).unwrap();
        their_peer.send(1, &oracle::Packet::unreliable(&data[..4])).unwrap();
        for _ in 0..10 {
            meeting.step();
        }
    }
    let theirs =
        |meeting: &Encounter| meeting.their_packets.iter().filter(|(channel, _)| *channel == 0).count();
    meeting.run_until(120_000, |meeting| meeting.our_packets(0).len() == 100 && theirs(meeting) == 100);
    let expected: Vec<Vec<u8>> = (0..100).map(message).collect();
    assert_eq!(meeting.our_packets(0), expected);
    let reliable: Vec<_> =
        meeting.their_packets.iter().filter(|(channel, _)| *channel == 0).map(|(_, data)| data).collect();
    assert_eq!(reliable, expected.iter().collect::<Vec<_>>());
    assert!(meeting.our_packets(1).len() > 20);
    assert!(meeting.their_packets.len() > 120);
    let now = Millis(*meeting.clock.borrow());
    meeting.ours.disconnect(now, peer, 99);
    meeting.run_until(120_000, |meeting| meeting.they_lost_us_with.is_some());
    assert_eq!(meeting.they_lost_us_with, Some(99));
}

fn links() -> [LinkConfig; 3] {
    let bad = LinkConfig {
        delay_ms: 20,
        jitter_ms: 10,
        loss: 0.2,
        duplicate: 0.1,
        reorder: 0.1,
        ..LinkConfig::PERFECT
    };
    [LinkConfig::PERFECT, LinkConfig::wifi_lossy(), bad]
}

#[test]
fn our_client_and_their_server() {
    for link in links() {
        seeds(8).into_iter().for_each(|seed| meet(true, seed, &link));
    }
}

#[test]
fn their_client_and_our_server() {
    for link in links() {
        seeds(8).into_iter().for_each(|seed| meet(false, seed, &link));
    }
}
