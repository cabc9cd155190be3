//! Dividing a host's bandwidth among its peers, once a second while there is a limit. Answers for
//! `enet_host_bandwidth_throttle` and `enet_host_bandwidth_limit`.
//!
//! Outgoing: every peer gets a ceiling for its packet throttle, so that the host stays within its own limit and within
//! what each remote announced to take. Incoming: every peer is told its share of what this host takes.

use super::Host;
use crate::peer::{Bandwidth, Peer, THROTTLE_SCALE};
use crate::time::Millis;
use crate::wire::Body;

pub(super) const MINIMUM_WINDOW: u32 = 4096;
pub(super) const MAXIMUM_WINDOW: u32 = 65536;
const WINDOW_SCALE: u32 = 65536;
const INTERVAL_MS: u64 = 1000;

/// When the bandwidth is to be divided next, and what for.
#[derive(Debug, Default)]
pub(super) struct BandwidthEpoch {
    /// The last division.
    last: Option<Millis>,
    /// Peers came or went, or the host's limits changed: the shares of the incoming bandwidth are to be told anew.
    pub(super) recalculate: bool,
    /// Some remote announced how much it takes, or the limits were lifted and the ceilings are to be reset.
    has_remote_limits: bool,
}

impl BandwidthEpoch {
    /// A remote announced its bandwidth.
    pub(super) fn note(&mut self, remote: Bandwidth) {
        self.has_remote_limits |= remote.incoming != 0;
    }

    /// A peer came.
    pub(super) fn on_change(&mut self, now: Millis) {
        self.recalculate = true;
        self.last.get_or_insert(now);
    }
}

impl Host {
    /// Sets how many bytes a second the host takes and sends in all; 0 is unlimited (`enet_host_bandwidth_limit`). It
    /// takes effect, and peers are told, within a second.
    pub fn set_bandwidth_limit(&mut self, incoming: u32, outgoing: u32) {
        self.config.incoming_bandwidth = incoming;
        self.config.outgoing_bandwidth = outgoing;
        self.bandwidth.recalculate = true;
        self.bandwidth.has_remote_limits = true;
    }

    /// When the next division is due; `None` while nothing is limited.
    pub(super) fn bandwidth_deadline(&self) -> Option<Millis> {
        let is_limited = self.config.outgoing_bandwidth != 0
            || self.bandwidth.has_remote_limits
            || (self.bandwidth.recalculate && self.config.incoming_bandwidth != 0);
        is_limited.then(|| self.bandwidth.last.map(|last| last + INTERVAL_MS))?
    }

    /// Divides the bandwidth if it is time to.
    pub(super) fn divide_bandwidth(&mut self, now: Millis) {
        let Some(due) = self.bandwidth_deadline().filter(|&due| due <= now) else { return };
        let elapsed_ms = INTERVAL_MS + now.since(due);
        self.bandwidth.last = Some(now);
        let slots: Vec<u16> = self.peers.in_use().collect();
        let live: Vec<u16> = slots
            .into_iter()
            .filter(|&slot| self.peers.at_mut(slot).is_some_and(|peer| peer.state.is_live()))
            .collect();
        self.limit_outgoing(elapsed_ms, &live);
        if std::mem::take(&mut self.bandwidth.recalculate) {
            self.tell_shares(&live);
        }
    }

    fn limit_outgoing(&mut self, elapsed_ms: u64, live: &[u16]) {
        let load_of = |peer: &mut Peer| Load {
            bytes: std::mem::take(&mut peer.outgoing_bytes),
            remote_incoming: peer.remote_bandwidth.incoming,
            limit: None,
        };
        let mut loads: Vec<Load> =
            live.iter().filter_map(|&slot| self.peers.at_mut(slot).map(load_of)).collect();
        divide_outgoing(self.config.outgoing_bandwidth, elapsed_ms, &mut loads);
        for (&slot, load) in live.iter().zip(&loads) {
            if let (Some(peer), Some(limit)) = (self.peers.at_mut(slot), load.limit) {
                peer.throttle.set_limit(limit);
            }
        }
        self.bandwidth.has_remote_limits = loads.iter().any(|load| load.remote_incoming != 0);
    }

    /// Tells each peer what it may send, unless it knows.
    fn tell_shares(&mut self, live: &[u16]) {
        let announced: Vec<u32> = live
            .iter()
            .filter_map(|&slot| self.peers.at_mut(slot).map(|peer| peer.remote_bandwidth.outgoing))
            .collect();
        let shares = divide_incoming(self.config.incoming_bandwidth, &announced);
        let outgoing = self.config.outgoing_bandwidth;
        for (&slot, incoming) in live.iter().zip(shares) {
            let Some(peer) = self.peers.at_mut(slot) else { continue };
            let bandwidth = Bandwidth { incoming, outgoing };
            if peer.told_bandwidth != bandwidth {
                peer.told_bandwidth = bandwidth;
                peer.queue_control(Body::BandwidthLimit { incoming, outgoing });
                let id = peer.id;
                self.touch(id);
            }
        }
    }
}

/// What one peer brings to a division of the outgoing bandwidth, and its result.
#[derive(Clone, Copy, Debug)]
struct Load {
    /// Queued since the last division.
    bytes: u64,
    /// What the remote takes, in bytes a second; 0 is unlimited.
    remote_incoming: u32,
    /// The ceiling for the peer's throttle, once it is found.
    limit: Option<u32>,
}

/// Finds each peer's ceiling: first those whose remote takes less than their part, then the rest alike.
fn divide_outgoing(outgoing: u32, elapsed_ms: u64, loads: &mut [Load]) {
    let (mut total, mut budget) = (u64::from(u32::MAX), u64::from(u32::MAX));
    if outgoing != 0 {
        total = loads.iter().map(|load| load.bytes).sum();
        budget = u64::from(outgoing) * elapsed_ms / 1000;
    }
    let scale = u64::from(THROTTLE_SCALE);
    let ceiling = |total: u64, budget: u64| if total <= budget { scale } else { budget * scale / total };
    loop {
        let common = ceiling(total, budget);
        let mut has_changed = false;
        for load in loads.iter_mut().filter(|load| load.limit.is_none() && load.remote_incoming != 0) {
            let takes = u64::from(load.remote_incoming) * elapsed_ms / 1000;
            if common * load.bytes / scale > takes {
                load.limit = Some(to_limit((takes * scale / load.bytes).max(1)));
                budget = budget.saturating_sub(takes);
                total = total.saturating_sub(takes);
                has_changed = true;
            }
        }
        if !has_changed {
            break;
        }
    }
    let common = to_limit(ceiling(total, budget));
    for load in loads {
        load.limit.get_or_insert(common);
    }
}

fn to_limit(ceiling: u64) -> u32 {
    u32::try_from(ceiling).unwrap_or(THROTTLE_SCALE).min(THROTTLE_SCALE)
}

/// Finds what each peer may send: who sends less than an equal share keeps that, the rest share what is left.
fn divide_incoming(incoming: u32, announced: &[u32]) -> Vec<u32> {
    if incoming == 0 {
        return vec![0; announced.len()];
    }
    let mut is_modest = vec![false; announced.len()];
    let mut left = incoming;
    loop {
        let sharing = is_modest.iter().filter(|&&modest| !modest).count();
        let share = u32::try_from(sharing).ok().and_then(|sharing| left.checked_div(sharing)).unwrap_or(0);
        let mut has_changed = false;
        for (modest, &outgoing) in is_modest.iter_mut().zip(announced) {
            if !*modest && outgoing <= share {
                *modest = true;
                left = left.saturating_sub(outgoing);
                has_changed = true;
            }
        }
        if !has_changed {
            let told = |(&modest, &outgoing): (&bool, &u32)| if modest { outgoing } else { share };
            return is_modest.iter().zip(announced).map(told).collect();
        }
    }
}

/// The window that a bandwidth in bytes a second allows; 0 is unlimited. Not yet within the bounds of a window.
pub(super) fn window_for(bandwidth: u32) -> u32 {
    if bandwidth == 0 { MAXIMUM_WINDOW } else { bandwidth / WINDOW_SCALE * MINIMUM_WINDOW }
}

/// The window for sending to a remote that takes `incoming` bytes a second, from a host that sends `outgoing`.
pub(super) fn send_window(outgoing: u32, incoming: u32) -> u32 {
    let bandwidth = match (outgoing, incoming) {
        (0, other) | (other, 0) => other,
        (outgoing, incoming) => outgoing.min(incoming),
    };
    window_for(bandwidth).clamp(MINIMUM_WINDOW, MAXIMUM_WINDOW)
}

#[cfg(test)]
#[path = "bandwidth_tests.rs"]
mod tests;
