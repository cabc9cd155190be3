//! One peer's way through a session of the server, without Godot and without the network.
//!
//! ```text
//!                  login wanted            approved
//!   connecting ───────────────► prelogin ───────────► authenticated
//!       │  └─────────── approved ───┼──────────────────────▲ │
//!       │                           │                        │
//!       └───────────────────────────┴──────► disconnecting ◄─┘
//! ```
//!
//! Every transition answers whether it took place, so that a signal which belongs to it is emitted exactly once
//! however often, and from within whichever handler, it is asked for.

use std::time::Instant;

/// Where a peer stands; the values of `ENetServerPeer.ConnectionState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectionState {
    Connecting = 0,
    Prelogin = 1,
    Authenticated = 2,
    Disconnecting = 3,
}

/// What became of a peer's login; the values of `ENetServerPeer.AuthState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthState {
    Pending = 0,
    Approved = 1,
    Rejected = 2,
}

/// The state of one peer, from `peer_connecting` to `peer_disconnected` and after.
#[derive(Debug)]
pub(crate) struct Lifecycle {
    state: ConnectionState,
    auth: AuthState,
    since: Instant,
    /// Set with `peer_disconnected`; from here on nothing changes.
    ended: Option<Instant>,
    /// Whether the login packet was taken. There is one for each peer.
    login_taken: bool,
    /// Why the game parts with the peer. The first reason stays.
    given: Option<String>,
    /// Why the remote said it leaves. The first reason stays.
    heard: Option<String>,
}

impl Lifecycle {
    /// A peer that finished the ENet handshake at `now`.
    pub(crate) fn begin(now: Instant) -> Self {
        Self {
            state: ConnectionState::Connecting,
            auth: AuthState::Pending,
            since: now,
            ended: None,
            login_taken: false,
            given: None,
            heard: None,
        }
    }

    /// Waits for the login packet, unless the peer was approved or turned away already.
    pub(crate) fn await_login(&mut self) {
        if self.state == ConnectionState::Connecting {
            self.state = ConnectionState::Prelogin;
        }
    }

    /// Whether the packet that just arrived is the login packet.
    pub(crate) fn take_login(&mut self) -> bool {
        let first = self.state == ConnectionState::Prelogin && !self.login_taken;
        self.login_taken |= first;
        first
    }

    /// Lets the peer in. True if it was waiting for that.
    pub(crate) fn approve(&mut self) -> bool {
        let waited = self.is_pending();
        if waited {
            self.state = ConnectionState::Authenticated;
            self.auth = AuthState::Approved;
        }
        waited
    }

    /// The game ends the connection, as the answer to a login if `rejected`. True unless it was ending already.
    pub(crate) fn part(&mut self, reason: &str, rejected: bool) -> bool {
        let ends = self.state != ConnectionState::Disconnecting;
        if ends {
            self.state = ConnectionState::Disconnecting;
            self.given = Some(reason.to_owned());
            if rejected {
                self.auth = AuthState::Rejected;
            }
        }
        ends
    }

    /// The remote said why it is about to leave.
    pub(crate) fn hear_farewell(&mut self, reason: String) {
        self.heard.get_or_insert(reason);
    }

    /// The connection is gone, for the reason `network` if neither side named one. Gives the reason to report, once.
    pub(crate) fn end(&mut self, network: &str, now: Instant) -> Option<String> {
        if self.is_over() {
            return None;
        }
        self.state = ConnectionState::Disconnecting;
        self.ended = Some(now);
        Some(self.given.take().or_else(|| self.heard.take()).unwrap_or_else(|| network.to_owned()))
    }

    pub(crate) fn state(&self) -> ConnectionState {
        self.state
    }

    pub(crate) fn auth(&self) -> AuthState {
        self.auth
    }

    /// Whether the peer is neither let in nor on its way out.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.state, ConnectionState::Connecting | ConnectionState::Prelogin)
    }

    pub(crate) fn is_authenticated(&self) -> bool {
        self.state == ConnectionState::Authenticated
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.state == ConnectionState::Disconnecting
    }

    /// Whether `peer_disconnected` was due.
    pub(crate) fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// Seconds that the connection has lasted at `now`, or did last.
    pub(crate) fn seconds(&self, now: Instant) -> f64 {
        self.ended.unwrap_or(now).saturating_duration_since(self.since).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_peer_is_approved_once() {
        let mut life = Lifecycle::begin(Instant::now());
        life.await_login();
        assert_eq!((life.state(), life.auth()), (ConnectionState::Prelogin, AuthState::Pending));
        assert!(life.approve());
        assert!(!life.approve());
        assert_eq!((life.state(), life.auth()), (ConnectionState::Authenticated, AuthState::Approved));
    }

    #[test]
    fn approval_inside_peer_connecting_skips_the_login() {
        let mut life = Lifecycle::begin(Instant::now());
        assert!(life.approve());
        life.await_login();
        assert_eq!(life.state(), ConnectionState::Authenticated);
        assert!(!life.take_login());
    }

    #[test]
    fn rejection_inside_peer_connecting_is_final() {
        let mut life = Lifecycle::begin(Instant::now());
        assert!(life.part("full", true));
        life.await_login();
        assert!(!life.take_login());
        assert!(!life.approve());
        assert_eq!((life.state(), life.auth()), (ConnectionState::Disconnecting, AuthState::Rejected));
    }

    #[test]
    fn the_login_is_taken_once() {
        let mut life = Lifecycle::begin(Instant::now());
        assert!(!life.take_login());
        life.await_login();
        assert!(life.take_login());
        assert!(!life.take_login());
    }

    #[test]
    fn the_end_is_reported_once_and_by_rank() {
        let now = Instant::now();
        let mut lost = Lifecycle::begin(now);
        assert_eq!(lost.end("Connection lost", now).as_deref(), Some("Connection lost"));
        assert_eq!(lost.end("Connection lost", now), None);

        let mut left = Lifecycle::begin(now);
        left.hear_farewell("bye".into());
        left.hear_farewell("again".into());
        assert_eq!(left.end("Connection lost", now).as_deref(), Some("bye"));

        let mut kicked = Lifecycle::begin(now);
        kicked.hear_farewell("bye".into());
        assert!(kicked.part("spam", false));
        assert!(!kicked.part("later", true));
        assert_eq!(kicked.auth(), AuthState::Pending);
        assert_eq!(kicked.end("Connection lost", now).as_deref(), Some("spam"));
    }

    #[test]
    fn nothing_follows_the_end() {
        let now = Instant::now();
        let mut life = Lifecycle::begin(now);
        life.end("Connection lost", now);
        assert!(life.is_leaving() && life.is_over());
        assert!(!life.approve());
        assert!(!life.part("kick", false));
    }

    #[test]
    fn time_stops_with_the_connection() {
        let start = Instant::now();
        let mut life = Lifecycle::begin(start);
        assert!((life.seconds(start + Duration::from_secs(2)) - 2.0).abs() < 1e-9);
        life.end("Connection lost", start + Duration::from_secs(3));
        assert!((life.seconds(start + Duration::from_secs(9)) - 3.0).abs() < 1e-9);
    }
}
