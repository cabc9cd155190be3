//! What a game can change of a host that runs, and of its peers. Each call takes effect in its turn among the others.

use std::time::Duration;

use enet_proto::{AdmissionLimits, PeerId, PeerRates, PeerTimeouts, ThrottleConfig};

use crate::{
    Compression, ConnectToken, Dtls, HostHandle, NetworkConditions,
    command::{Command, Tuning},
};

impl HostHandle {
    /// When silent peers are given up: all present ones, and those that come.
    pub fn set_default_timeouts(&self, timeouts: PeerTimeouts) {
        self.command(Command::TuneAll(Tuning::Timeouts(timeouts)));
    }

    /// Keeps every peer, present and future, however silent it is; or no longer. For peers that a debugger stops.
    pub fn set_timeouts_suspended(&self, suspended: bool) {
        self.command(Command::SuspendTimeouts(suspended));
    }

    /// How much every peer may send, all present ones and those that come.
    /// [`HostEvent::LimitReached`](crate::HostEvent::LimitReached) tells of those that send more.
    pub fn set_default_rates(&self, rates: PeerRates) {
        self.command(Command::TuneAll(Tuning::Rates(rates)));
    }

    /// How much a peer may send.
    pub fn set_rates(&self, peer: PeerId, rates: PeerRates) {
        self.command(Command::Tune(peer, Tuning::Rates(rates)));
    }

    /// How many received bytes may wait in the protocol for the game, of one peer and of all.
    pub fn set_waiting_limits(&self, of_one: usize, of_all: usize) {
        self.command(Command::SetWaitingLimits { of_one, of_all });
    }

    /// Holds a peer's events back in the protocol, which slows the peer down, or lets them come again. Those that are on
    /// their way still come, and the end of the connection lets all come.
    pub fn hold(&self, peer: PeerId, hold: bool) {
        self.command(Command::Hold(peer, hold));
    }

    /// When the peer is given up. Answers for `enet_peer_timeout`.
    pub fn set_timeouts(&self, peer: PeerId, timeouts: PeerTimeouts) {
        self.command(Command::Tune(peer, Tuning::Timeouts(timeouts)));
    }

    /// How long the peer may be silent before it is pinged, in milliseconds; 0 is the host's own interval again. Answers for
    /// `enet_peer_ping_interval`.
    pub fn set_ping_interval(&self, peer: PeerId, interval_ms: u32) {
        self.command(Command::Tune(peer, Tuning::PingInterval(interval_ms)));
    }

    /// [`set_timeouts`](Self::set_timeouts) for the peer that an attempt to connect leads to, from its first datagram on.
    /// The host's `connect_timeout` stays the limit of the attempt.
    pub fn set_attempt_timeouts(&self, token: ConnectToken, timeouts: PeerTimeouts) {
        self.command(Command::TuneAttempt(token, Tuning::Timeouts(timeouts)));
    }

    /// [`set_ping_interval`](Self::set_ping_interval) for the peer that an attempt to connect leads to.
    pub fn set_attempt_ping_interval(&self, token: ConnectToken, interval_ms: u32) {
        self.command(Command::TuneAttempt(token, Tuning::PingInterval(interval_ms)));
    }

    /// How the peer's share of unreliable packets reacts to the round-trip time. Answers for
    /// `enet_peer_throttle_configure`.
    pub fn configure_throttle(&self, peer: PeerId, throttle: ThrottleConfig) {
        self.command(Command::Tune(peer, Tuning::Throttle(throttle)));
    }

    /// Sends a ping. Answers for `enet_peer_ping`.
    pub fn ping(&self, peer: PeerId) {
        self.command(Command::Tune(peer, Tuning::Ping));
    }

    /// Limits in bytes a second, 0 for none. Answers for `enet_host_bandwidth_limit`.
    pub fn set_bandwidth_limit(&self, incoming: u32, outgoing: u32) {
        self.command(Command::SetBandwidthLimit { incoming, outgoing });
    }

    /// The most channels of future connections. Answers for `enet_host_channel_limit`.
    pub fn set_channel_limit(&self, channels: u8) {
        self.command(Command::SetChannelLimit(channels));
    }

    /// Who may connect from here on; connections that are made stay.
    pub fn set_admission_limits(&self, limits: AdmissionLimits) {
        self.command(Command::SetAdmissionLimits(limits));
    }

    /// The longest sleep of the network thread while this host is idle, at least 1 ms.
    pub fn set_poll_interval(&self, interval: Duration) {
        self.command(Command::SetPollInterval(interval.max(SHORTEST_INTERVAL)));
    }

    /// How datagrams are compressed from here on; those that are on their way in another form are lost. Answers for
    /// `enet_host_compress`.
    pub fn set_compression(&self, compression: Compression) {
        self.command(Command::SetCompression(compression));
    }

    /// Encrypts everything from here on; there is no way back. Attempts to connect that are under way begin anew,
    /// connections that were made in the open end. Each side of a connection must have its part.
    pub fn set_dtls(&self, dtls: Dtls) {
        self.command(Command::SetDtls(dtls));
    }

    /// Whether a DTLS server ignores remotes that it has no session with: to them nobody is there. Without DTLS it does
    /// nothing, as in the engine.
    pub fn refuse_new_connections(&self, refuse: bool) {
        self.command(Command::RefuseNewConnections(refuse));
    }

    /// Simulates a bad network from here on, another one, or none any more. What is under way arrives as it would have.
    pub fn set_conditions(&self, conditions: Option<NetworkConditions>) {
        self.command(Command::SetConditions(conditions.map(Box::new)));
    }

    /// Looks whether the system has taken the socket away, as some do while a device sleeps or a game is in the background.
    /// To be called when the game is back: the host then need not wait for an error to find out. See
    /// [`IoStats::reopened_sockets`](crate::IoStats::reopened_sockets).
    pub fn check_socket(&self) {
        self.command(Command::CheckSocket);
    }
}

/// A poll interval of 0 would keep a core busy.
pub(crate) const SHORTEST_INTERVAL: Duration = Duration::from_millis(1);
