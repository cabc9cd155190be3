//! Allocations on the hot path: small packets back and forth on an established connection.

use std::net::SocketAddr;

use enet_proto::{Delivery, Event, Host, HostConfig, Millis, Packet, PeerId};

use crate::counting::{counted, inside};

struct Echo {
    hosts: [Host; 2],
    /// How each host calls the other, once they are connected.
    peers: [Option<PeerId>; 2],
    now: u64,
    datagram: Vec<u8>,
    datagrams: u64,
    packets: u64,
}

fn address(end: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, end as u8 + 1], 7777))
}

impl Echo {
    fn connected() -> Self {
        let hosts = [1, 2].map(|seed| Host::new(HostConfig::default(), seed).unwrap());
        let mut echo =
            Self { hosts, peers: [None; 2], now: 1, datagram: Vec::new(), datagrams: 0, packets: 0 };
        echo.hosts[0].connect(Millis(1), address(1), 2, 0).unwrap();
        while echo.peers.iter().any(Option::is_none) {
            echo.step();
        }
        echo
    }

    fn send(&mut self, end: usize, packet: Packet) {
        let peer = self.peers[end].expect("they are connected");
        inside(|| self.hosts[end].send(peer, 0, packet)).expect("there is room");
    }

    /// One millisecond: each host sends, receives and echoes what it received. Its own allocations are counted; those
    /// of the application, which makes packets, are not.
    fn step(&mut self) {
        self.now += 1;
        let now = Millis(self.now);
        for end in [0, 1] {
            inside(|| self.hosts[end].handle_timeout(now));
            while inside(|| self.hosts[end].poll_transmit(now, &mut self.datagram)).is_some() {
                self.datagrams += 1;
                inside(|| self.hosts[1 - end].handle_datagram(now, address(end), &self.datagram));
            }
            while let Some(event) = inside(|| self.hosts[1 - end].poll_event()) {
                self.take(1 - end, event);
            }
        }
    }

    fn take(&mut self, end: usize, event: Event) {
        match event {
            Event::Connected { peer, .. } => self.peers[end] = Some(peer),
            Event::Received { packet, .. } => {
                self.packets += 1;
                // The application keeps one, as if it had more receivers.
                let copy = inside(|| packet.clone());
                self.send(end, copy);
            }
            other => panic!("{other:?}"),
        }
    }
}

/// One allocation for each packet received: its payload, which the application keeps as long as it likes. Nothing for
/// passing it on, sending, acknowledging, pinging, or a datagram.
#[test]
fn an_echoed_packet_costs_one_allocation() {
    for delivery in [Delivery::Reliable, Delivery::Unreliable, Delivery::Unsequenced] {
        let mut echo = Echo::connected();
        for number in 0..8u8 {
            echo.send(0, Packet::new(vec![number; 40], delivery));
        }
        // Until every queue has the size that it needs.
        (0..2000).for_each(|_| echo.step());
        let (before, datagrams, packets) = (counted(), echo.datagrams, echo.packets);
        (0..10_000).for_each(|_| echo.step());
        let allocations = counted().allocations - before.allocations;
        let (datagrams, packets) = (echo.datagrams - datagrams, echo.packets - packets);
        eprintln!("{delivery:?}: {allocations} allocations, {datagrams} datagrams, {packets} packets");
        assert!(packets >= 80_000 && datagrams >= 10_000, "{packets} packets in {datagrams} datagrams");
        // A queue that grows once more, which is rare, and has an end.
        let rare = datagrams / 1000;
        assert!((packets..=packets + rare).contains(&allocations), "{delivery:?}: {allocations}");
    }
}
