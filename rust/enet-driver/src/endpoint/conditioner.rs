//! A bad network that a game asked for, in both directions: two emulated links that all remotes of a host share, as if
//! the machine itself were behind them.

use std::{net::SocketAddr, ops::Add};

use enet_netem::{Link, LinkConfig, LinkStats};
use enet_proto::Millis;

use crate::NetworkConditions;

#[derive(Debug)]
pub(super) struct Conditioner {
    incoming: Link<SocketAddr>,
    outgoing: Link<SocketAddr>,
    /// Datagrams that found too much under way.
    surplus: u64,
    /// Nothing is simulated any more; what is under way is still to arrive.
    is_off: bool,
    is_hurrying: bool,
}

/// What was done to datagrams, in both directions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Simulated {
    pub(super) losses: u64,
    pub(super) duplicates: u64,
    pub(super) corruptions: u64,
}

impl Conditioner {
    pub(super) fn new(conditions: &NetworkConditions) -> Self {
        let NetworkConditions { incoming, outgoing, seed } = conditions;
        Self {
            incoming: Link::labelled(incoming.clone(), *seed),
            outgoing: Link::labelled(outgoing.clone(), outgoing_seed(*seed)),
            surplus: 0,
            is_off: false,
            is_hurrying: false,
        }
    }

    pub(super) fn set(&mut self, conditions: Option<&NetworkConditions>) {
        self.is_off = conditions.is_none();
        let Some(NetworkConditions { incoming, outgoing, seed }) = conditions else {
            self.incoming.set_config(LinkConfig::PERFECT);
            self.outgoing.set_config(LinkConfig::PERFECT);
            return;
        };
        self.incoming.set_config(incoming.clone());
        self.outgoing.set_config(outgoing.clone());
        self.incoming.reseed(*seed);
        self.outgoing.reseed(outgoing_seed(*seed));
    }

    pub(super) fn take_in(&mut self, now: Millis, from: SocketAddr, datagram: &[u8]) {
        self.surplus += u64::from(!put(&mut self.incoming, now, from, datagram));
    }

    pub(super) fn take_out(&mut self, now: Millis, to: SocketAddr, datagram: &[u8]) {
        self.surplus += u64::from(!put(&mut self.outgoing, now, to, datagram));
    }

    pub(super) fn next_in(&mut self, now: Millis) -> Option<(SocketAddr, Vec<u8>)> {
        self.incoming.poll_labelled(now.0)
    }

    pub(super) fn next_out(&mut self, now: Millis) -> Option<(SocketAddr, Vec<u8>)> {
        self.outgoing.poll_labelled(if self.is_hurrying { u64::MAX } else { now.0 })
    }

    pub(super) fn hurry(&mut self) {
        self.is_hurrying = true;
    }

    /// Whether nothing is under way to others.
    pub(super) fn is_clear(&self) -> bool {
        self.outgoing.in_transit() == 0
    }

    /// Whether it has nothing left to do.
    pub(super) fn is_spent(&self) -> bool {
        self.is_off && self.is_clear() && self.incoming.in_transit() == 0
    }

    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        let out = self.outgoing.next_arrival().map(|due| if self.is_hurrying { 0 } else { due });
        [self.incoming.next_arrival(), out].into_iter().flatten().min().map(Millis)
    }

    pub(super) fn simulated(&self) -> Simulated {
        let surplus = Simulated { losses: self.surplus, ..Simulated::default() };
        surplus + self.incoming.stats().into() + self.outgoing.stats().into()
    }
}

impl From<&LinkStats> for Simulated {
    fn from(stats: &LinkStats) -> Self {
        Self {
            losses: stats.lost + stats.dropped_by_queue,
            duplicates: stats.duplicated,
            corruptions: stats.corrupted,
        }
    }
}

impl Add for Simulated {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            losses: self.losses + other.losses,
            duplicates: self.duplicates + other.duplicates,
            corruptions: self.corruptions + other.corruptions,
        }
    }
}

/// False if the datagram was dropped because too much is under way.
fn put(link: &mut Link<SocketAddr>, now: Millis, address: SocketAddr, datagram: &[u8]) -> bool {
    if link.in_transit() >= MOST_DATAGRAMS || link.in_transit_bytes() >= MOST_BYTES {
        return false;
    }
    link.send_labelled(now.0, address, datagram);
    true
}

/// The two directions must not lose the same datagrams.
fn outgoing_seed(seed: u64) -> u64 {
    !seed
}

/// What a link may have under way, so that a long delay and a flood together do not fill the memory.
const MOST_DATAGRAMS: usize = 65_536;
const MOST_BYTES: usize = 32 << 20;
