//! One connection of a host, from the attempt to its end. Knows no Godot type.

use std::cell::{Cell, Ref, RefCell};
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use enet_driver::enet_proto::{PeerId, PeerState, PeerStats, ThrottleConfig};
use enet_driver::{ConnectToken, PeerLink};

use super::inbox::Inbox;

/// See [`Remote::detachments`].
static DETACHMENTS: AtomicU64 = AtomicU64::new(0);

/// A connection, shared by the host that has it and the script object that stands for it. Once detached it never comes
/// back: a new connection is a new `Remote`.
#[derive(Debug)]
pub(crate) struct Remote {
    /// Counts the connections of a host in the order of their beginning.
    pub(crate) serial: u64,
    stage: RefCell<Stage>,
    /// What this side asked for and the network thread may not have done yet.
    leaving: Cell<Option<PeerState>>,
    /// Asked for while connecting, to be done when connected.
    throttle: Cell<Option<ThrottleConfig>>,
    /// The id by which a multiplayer peer knows the connection; 0 for none.
    pub(crate) net_id: Cell<i32>,
    /// The network thread keeps its packets for the time being.
    pub(crate) is_held: Cell<bool>,
    /// Packets with their channels, for a script that reads them from the connection itself.
    pub(crate) inbox: RefCell<Inbox<u8>>,
}

/// How far a connection has come.
#[derive(Clone, Debug)]
pub(crate) enum Stage {
    Connecting(Attempt),
    Made(Connection),
    Detached,
}

/// What is known of a connection before it is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) token: ConnectToken,
    pub(crate) channels: u8,
    /// Unless it was asked for by name.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

/// A connection that was made.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) peer: PeerId,
    pub(crate) address: SocketAddr,
    pub(crate) channels: u8,
    pub(crate) link: Arc<PeerLink>,
}

impl Remote {
    pub(crate) fn new(serial: u64, stage: Stage) -> Rc<Self> {
        Rc::new(Self {
            serial,
            stage: RefCell::new(stage),
            leaving: Cell::new(None),
            throttle: Cell::new(None),
            net_id: Cell::new(0),
            is_held: Cell::new(false),
            inbox: RefCell::default(),
        })
    }

    /// For a look. Nothing that calls back may happen meanwhile.
    pub(crate) fn stage(&self) -> Ref<'_, Stage> {
        self.stage.borrow()
    }

    pub(crate) fn set_stage(&self, stage: Stage) {
        *self.stage.borrow_mut() = stage;
    }

    pub(crate) fn detach(&self) {
        self.set_stage(Stage::Detached);
        DETACHMENTS.fetch_add(1, Ordering::Relaxed);
    }

    /// How often a connection of any host was detached. While it stays the same, nobody need look for those that were.
    pub(crate) fn detachments() -> u64 {
        DETACHMENTS.load(Ordering::Relaxed)
    }

    pub(crate) fn is_attached(&self) -> bool {
        !matches!(*self.stage(), Stage::Detached)
    }

    /// The network's id of a connection that was made and not detached.
    pub(crate) fn peer(&self) -> Option<PeerId> {
        match &*self.stage() {
            Stage::Made(connection) => Some(connection.peer),
            _ => None,
        }
    }

    pub(crate) fn token(&self) -> Option<ConnectToken> {
        match &*self.stage() {
            Stage::Connecting(attempt) => Some(attempt.token),
            _ => None,
        }
    }

    /// Where the remote is, if that is known.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match &*self.stage() {
            Stage::Connecting(attempt) => attempt.address.map(|ip| SocketAddr::new(ip, attempt.port)),
            Stage::Made(connection) => Some(connection.address),
            Stage::Detached => None,
        }
    }

    /// Channels that were agreed on, or asked for as long as nothing is agreed.
    pub(crate) fn channels(&self) -> u8 {
        match &*self.stage() {
            Stage::Connecting(attempt) => attempt.channels,
            Stage::Made(connection) => connection.channels,
            Stage::Detached => 0,
        }
    }

    pub(crate) fn state(&self) -> PeerState {
        match &*self.stage() {
            Stage::Connecting(_) => PeerState::Connecting,
            Stage::Made(connection) => combine(self.leaving.get(), connection.link.state()),
            Stage::Detached => PeerState::Disconnected,
        }
    }

    /// Whether packets can be sent.
    pub(crate) fn is_connected(&self) -> bool {
        self.state() == PeerState::Connected
    }

    /// Remembers that this side asked to disconnect. What was asked for first stays, unless it is the gentler way.
    pub(crate) fn leave(&self, state: PeerState) {
        if self.leaving.get() != Some(PeerState::Disconnecting) {
            self.leaving.set(Some(state));
        }
    }

    /// Whether this side has ended the connection at once, so that nothing more is to be heard from it.
    pub(crate) fn is_deaf(&self) -> bool {
        self.leaving.get() == Some(PeerState::Disconnecting)
    }

    pub(crate) fn postpone_throttle(&self, throttle: ThrottleConfig) {
        self.throttle.set(Some(throttle));
    }

    pub(crate) fn take_throttle(&self) -> Option<ThrottleConfig> {
        self.throttle.take()
    }

    pub(crate) fn stats(&self) -> PeerStats {
        match &*self.stage() {
            Stage::Made(connection) => connection.link.stats(),
            _ => initial_stats(),
        }
    }
}

/// The state to report: the network thread's word, unless it has not heard yet what this side wants. A disconnect that
/// this side asked for lasts until its event is handled.
fn combine(wanted: Option<PeerState>, seen: PeerState) -> PeerState {
    match (wanted, seen) {
        (Some(PeerState::Disconnecting), _) => PeerState::Disconnecting,
        (Some(wanted), PeerState::Connected) => wanted,
        // The event that belongs to the end has not been handled, so the connection still counts.
        (_, PeerState::Disconnected) => PeerState::Zombie,
        (_, seen) => seen,
    }
}

/// What ENet says of a connection that has measured nothing.
fn initial_stats() -> PeerStats {
    PeerStats {
        round_trip_time_ms: 500,
        last_round_trip_time_ms: 500,
        packet_throttle: 32,
        packet_throttle_limit: 32,
        packet_throttle_acceleration: 2,
        packet_throttle_deceleration: 2,
        packet_throttle_interval_ms: 5000,
        mtu: 1392,
        window_bytes: 65_536,
        ..PeerStats::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_side_wants_shows_before_the_thread_has_heard() {
        use PeerState::{Connected, DisconnectLater, Disconnected, Disconnecting, Zombie};
        assert_eq!(combine(None, Connected), Connected);
        assert_eq!(combine(Some(DisconnectLater), Connected), DisconnectLater);
        assert_eq!(combine(Some(DisconnectLater), Disconnecting), Disconnecting);
        assert_eq!(combine(Some(Disconnecting), DisconnectLater), Disconnecting);
        assert_eq!(combine(Some(Disconnecting), Zombie), Disconnecting);
        assert_eq!(combine(Some(DisconnectLater), Zombie), Zombie);
        assert_eq!(combine(None, Zombie), Zombie);
        assert_eq!(combine(None, Disconnected), Zombie);
    }

    #[test]
    fn the_gentler_way_does_not_replace_the_harder_one() {
        let remote = Remote::new(1, Stage::Detached);
        remote.leave(PeerState::DisconnectLater);
        assert!(!remote.is_deaf());
        remote.leave(PeerState::Disconnecting);
        remote.leave(PeerState::DisconnectLater);
        assert!(remote.is_deaf());
    }

    #[test]
    fn a_detached_connection_answers_for_nothing() {
        let remote = Remote::new(1, Stage::Detached);
        assert_eq!((remote.state(), remote.channels(), remote.peer()), (PeerState::Disconnected, 0, None));
        assert_eq!(remote.stats().round_trip_time_ms, 500);
    }
}
