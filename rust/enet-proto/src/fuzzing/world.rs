//! A host that is looked at, real remotes of it, and the network between them, which does nothing by itself.

use std::cell::Cell;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use super::setup::Setup;
use crate::event::{Event, PeerId};
use crate::host::Host;
use crate::peer::PeerState;
use crate::time::Millis;

/// Just below the wrap of a 32-bit clock, and of the 16-bit one on the wire.
pub(super) const BEFORE_WRAP: Millis = Millis(0xFFFF_FFFF - 1500);

/// Datagrams that may be under way to one remote; what comes then is lost.
const MOST_UNDER_WAY: usize = 256;
/// Datagrams that a host may give out at one moment. More is a storm.
const MOST_AT_ONCE: usize = 10_000;

pub(super) struct World {
    pub(super) now: Millis,
    pub(super) target: Host,
    pub(super) remotes: Vec<Remote>,
    lives: Lives,
}

/// A host on the other side.
pub(super) struct Remote {
    pub(super) host: Host,
    pub(super) address: SocketAddr,
    pub(super) to_remote: VecDeque<Vec<u8>>,
    pub(super) to_target: VecDeque<Vec<u8>>,
}

/// Where the host that is looked at is.
pub(super) const TARGET: ([u8; 4], u16) = ([10, 0, 0, 1], 7777);

impl World {
    pub(super) fn new(setup: &Setup, remotes: u8) -> Self {
        let remote = |number: u8| Remote {
            host: setup.remote(u64::from(number) + 2),
            address: SocketAddr::from(([10, 0, 0, 2], 7000 + u16::from(number))),
            to_remote: VecDeque::new(),
            to_target: VecDeque::new(),
        };
        Self {
            now: BEFORE_WRAP,
            target: setup.host(),
            remotes: (0..remotes).map(remote).collect(),
            lives: Lives::default(),
        }
    }

    /// The remote begins to connect to the target.
    pub(super) fn join(&mut self, remote: usize, channels: u8) {
        // A remote without a free slot does not connect.
        let _ = self.remotes[remote].host.connect(self.now, TARGET.into(), channels, 7);
    }

    /// The target begins to connect to the remote.
    pub(super) fn reach_out(&mut self, remote: usize, channels: u8) -> Option<PeerId> {
        self.reach_out_to(self.remotes[remote].address, channels)
    }

    pub(super) fn reach_out_to(&mut self, address: SocketAddr, channels: u8) -> Option<PeerId> {
        let peer = self.target.connect(self.now, address, channels, 7).ok()?;
        self.lives.on_attempt(peer);
        Some(peer)
    }

    /// A datagram reaches the target.
    pub(super) fn deliver(&mut self, from: SocketAddr, datagram: &[u8]) {
        self.target.handle_datagram(self.now, from, datagram);
        self.target.assert_sound();
    }

    /// The oldest datagram of a remote reaches the target.
    pub(super) fn deliver_one(&mut self, remote: usize) {
        if let Some(datagram) = self.remotes[remote].to_target.pop_front() {
            self.deliver(self.remotes[remote].address, &datagram);
        }
    }

    /// The target sends everything that it has to send.
    pub(super) fn transmit(&mut self) {
        for (to, datagram) in self.sendings() {
            if let Some(remote) = self.remotes.iter_mut().find(|remote| remote.address == to) {
                put(&mut remote.to_remote, datagram);
            }
        }
    }

    /// Everything that the target has to send, and where to.
    pub(super) fn sendings(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let mut sendings = Vec::new();
        let mut datagram = Vec::new();
        while let Some(to) = self.target.poll_transmit(self.now, &mut datagram) {
            assert!(sendings.len() < MOST_AT_ONCE, "a storm");
            assert!(datagram.len() <= usize::from(self.target.config().mtu), "{} bytes", datagram.len());
            sendings.push((to, datagram.clone()));
        }
        self.target.assert_sound();
        self.target.assert_drained();
        sendings
    }

    /// A remote takes everything in that is under way to it, and answers.
    pub(super) fn answer(&mut self, remote: usize) {
        let now = self.now;
        let Remote { host, to_remote, to_target, .. } = &mut self.remotes[remote];
        for datagram in to_remote.drain(..) {
            host.handle_datagram(now, TARGET.into(), &datagram);
        }
        let mut datagram = Vec::new();
        for count in 0.. {
            let Some(to) = host.poll_transmit(now, &mut datagram) else { break };
            assert!(count < MOST_AT_ONCE, "a storm");
            if to == SocketAddr::from(TARGET) {
                put(to_target, datagram.clone());
            }
        }
        while host.poll_event().is_some() {}
    }

    /// Everything goes back and forth until nothing is under way.
    pub(super) fn settle(&mut self, remote: usize) {
        for _ in 0..100 {
            self.transmit();
            self.answer(remote);
            if self.remotes[remote].to_target.is_empty() {
                return;
            }
            while !self.remotes[remote].to_target.is_empty() {
                self.deliver_one(remote);
            }
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, ms: u64) {
        self.now = self.now + ms;
        let now = self.now;
        time_out(&mut self.target, now);
        self.target.assert_sound();
        for remote in &mut self.remotes {
            time_out(&mut remote.host, now);
        }
    }

    /// The application takes up to `most` events.
    pub(super) fn take_events(&mut self, most: usize) {
        for taken in 0..most {
            if taken % 2 == 1 {
                let (lives, is_first) = (&mut self.lives, Cell::new(true));
                self.target.poll_packets(
                    || is_first.take(),
                    |peer, channel, packet| lives.on_event(&Event::Received { peer, channel, packet }),
                );
                self.target.assert_sound();
            }
            let Some(event) = self.target.poll_event() else { return };
            self.lives.on_event(&event);
            if let Event::Disconnected { peer, .. } = event {
                assert_eq!(self.target.peer_state(peer), PeerState::Disconnected);
            }
            self.target.assert_sound();
        }
    }

    /// The application has let go of a peer: nothing more is to be heard of it.
    pub(super) fn on_let_go(&mut self, peer: PeerId) {
        if self.target.peer_state(peer) == PeerState::Disconnected {
            self.lives.on_let_go(peer);
        }
    }

    /// Nobody answers any more: every connection ends, within bounds.
    pub(super) fn outlast(&mut self) {
        for _ in 0..10_000 {
            self.transmit();
            self.take_events(usize::MAX);
            let Some(deadline) = self.target.poll_timeout() else { break };
            if self.target.peers().next().is_none() {
                break;
            }
            self.now = self.now.max(deadline);
            time_out(&mut self.target, self.now);
        }
        let left: Vec<_> = self.target.peers().map(|peer| self.target.peer_state(peer)).collect();
        assert!(left.is_empty(), "nobody answers, and still there are {left:?}");
        self.lives.assert_over();
    }
}

fn put(queue: &mut VecDeque<Vec<u8>>, datagram: Vec<u8>) {
    if queue.len() < MOST_UNDER_WAY {
        queue.push_back(datagram);
    }
}

/// A host at the moment it asked for, or later.
fn time_out(host: &mut Host, now: Millis) {
    // Dealing with one deadline may bring up another, but not without end.
    for _ in 0..4 {
        if host.poll_timeout().is_none_or(|deadline| deadline > now) {
            return;
        }
        host.handle_timeout(now);
    }
    panic!("{:?} is asked for again and again at {now:?}", host.poll_timeout());
}

/// What the events have told about each connection.
#[derive(Default)]
struct Lives(HashMap<PeerId, Life>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Life {
    /// The application asked for it.
    Attempted,
    Connected,
    Over,
}

impl Lives {
    fn on_attempt(&mut self, peer: PeerId) {
        assert_eq!(self.0.insert(peer, Life::Attempted), None, "an id is given out twice");
    }

    fn on_event(&mut self, event: &Event) {
        match event {
            Event::Connected { peer, .. } => {
                let before = self.0.insert(*peer, Life::Connected);
                assert!(matches!(before, None | Some(Life::Attempted)), "{event:?} after {before:?}");
            }
            Event::Disconnected { peer, .. } => {
                let before = self.0.insert(*peer, Life::Over);
                assert!(
                    matches!(before, Some(Life::Attempted | Life::Connected)),
                    "{event:?} after {before:?}"
                );
            }
            Event::LimitReached { .. } => {}
            Event::Received { peer, .. } => {
                assert_eq!(self.0.get(peer), Some(&Life::Connected), "{event:?}");
            }
        }
    }

    fn on_let_go(&mut self, peer: PeerId) {
        self.0.insert(peer, Life::Over);
    }

    fn assert_over(&self) {
        assert!(self.0.values().all(|&life| life == Life::Over), "an end was never reported: {:?}", self.0);
    }
}
