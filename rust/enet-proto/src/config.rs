//! What a host is made with. Answers for the arguments of `enet_host_create` and the tunables of `ENetHost`.

use thiserror::Error;

/// How a [`Host`](crate::Host) behaves. `HostConfig::default()` is what C ENet and Godot do, where they do it well.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// Peer slots: how many connections can exist at once, 1 to 4095.
    pub peers: usize,
    /// The most channels that a connecting remote is granted, 1 to 255.
    pub channel_limit: u8,
    /// Bytes a second that remotes may send to this host in all; 0 is unlimited.
    pub incoming_bandwidth: u32,
    /// Bytes a second that this host may send in all; 0 is unlimited.
    pub outgoing_bandwidth: u32,
    /// Largest datagram sent, in bytes of UDP payload, 576 to 4096.
    pub mtu: u16,
    /// Whether every datagram carries a CRC-32 (`enet_crc32`). The remotes must be set up alike; Godot has none.
    pub checksums: bool,
    /// Who may connect when many want to.
    pub admission: AdmissionLimits,
    /// The value of the DISCONNECT with which a remote that asks to connect is told that every slot is taken. C ENet says
    /// nothing (`None`): the remote goes on asking, and gets in if a slot is freed before it gives up.
    pub turns_surplus_away: Option<u32>,
    /// Largest packet sent or accepted, in bytes.
    pub maximum_packet_size: usize,
    /// Received bytes that one peer may have waiting (for a gap to close, or for the application) before the host
    /// stops acknowledging more. What closes a gap may exceed it by one packet of the largest size. A packet counts as
    /// at least 128 bytes, so that empty ones have an end too.
    pub maximum_waiting_data: usize,
    /// The same for all peers together. Beyond it each peer has 128 KiB and the packet that closes its gap.
    pub maximum_total_waiting_data: usize,
    /// How much each peer may send. C ENet has no such limit, and the default is none.
    pub rates: PeerRates,
    /// Reliable bytes that may wait to be sent to one peer before `send` answers [`QueueFull`](crate::SendError::QueueFull). A
    /// packet counts as at least 128 bytes.
    pub maximum_queued_data: usize,
    /// Unreliable bytes that may wait to be sent to one peer, because the system takes nothing; then the oldest are
    /// dropped. Counted alike.
    pub maximum_queued_unreliable: usize,
    /// The least that is added to the mean round-trip time before an unanswered command counts as lost, in milliseconds.
    /// Covers a remote that is serviced once a frame. C ENet has none (0), and repeats needlessly on fast links.
    pub retransmission_slack_ms: u32,
    /// Whether losses are told from what the remote acknowledges of later sendings, and small reliable packets are sent
    /// along twice while a link loses some. C ENet waits for the timeout (false).
    pub early_recovery: bool,
    /// Reliable payload bytes that may be in flight to one peer, in bytes, where the link has room for them and the
    /// remote announces no limit of its own. C ENet stops at 65536.
    pub maximum_window: u32,
    /// How far a round-trip time may rise above one and a half times the best one before unreliable packets are held
    /// back, in milliseconds. Covers wireless links, and remotes that are serviced once a frame. C ENet has no such
    /// tolerance (0), and takes jitter for congestion.
    pub throttle_jitter_ms: u32,
    /// How long an attempt to connect (either way) may take in all, in milliseconds.
    pub handshake_timeout_ms: u32,
    /// When a silent peer is given up; each peer's default.
    pub timeouts: PeerTimeouts,
    /// Whether peers are kept however silent they are, as when a debugger has stopped them.
    pub suspends_timeouts: bool,
    /// How long a peer may be silent before it is pinged, in milliseconds; each peer's default.
    pub ping_interval_ms: u32,
    /// Whether pings become rarer while nothing else is said: from one side alone, and up to five seconds apart. A peer that
    /// dies then is noticed that much later. Not for peers whose interval is set. C ENet keeps the interval (false).
    pub spares_pings: bool,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            peers: 32,
            channel_limit: 255,
            incoming_bandwidth: 0,
            outgoing_bandwidth: 0,
            mtu: 1392,
            checksums: false,
            admission: AdmissionLimits::DEFAULT,
            turns_surplus_away: None,
            maximum_packet_size: 32 << 20,
            maximum_waiting_data: 32 << 20,
            maximum_total_waiting_data: 512 << 20,
            rates: PeerRates::UNLIMITED,
            maximum_queued_data: 64 << 20,
            maximum_queued_unreliable: 8 << 20,
            retransmission_slack_ms: 20,
            early_recovery: true,
            maximum_window: 1 << 20,
            throttle_jitter_ms: 40,
            handshake_timeout_ms: 30_000,
            timeouts: PeerTimeouts::default(),
            suspends_timeouts: false,
            ping_interval_ms: 500,
            spares_pings: true,
        }
    }
}

impl HostConfig {
    /// Checks the ranges named on the fields.
    ///
    /// # Errors
    /// The first field that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if !(1..=4095).contains(&self.peers) {
            return Err(ConfigError::Peers);
        }
        if self.channel_limit == 0 {
            return Err(ConfigError::Channels);
        }
        if !(SMALLEST_MTU..=LARGEST_MTU).contains(&self.mtu) {
            return Err(ConfigError::Mtu);
        }
        Ok(())
    }
}

/// `ENET_PROTOCOL_MINIMUM_MTU`
pub(crate) const SMALLEST_MTU: u16 = 576;
/// `ENET_PROTOCOL_MAXIMUM_MTU`
pub(crate) const LARGEST_MTU: u16 = 4096;

/// Who may connect to a host when many want to. The rates let two seconds' worth pass at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdmissionLimits {
    /// Remotes that have asked and not yet shown that they receive the answer; beyond it the oldest are forgotten. Each
    /// takes about 180 bytes. 1 to [`MOST_HALF_OPEN`](Self::MOST_HALF_OPEN); what lies outside counts as the nearest.
    pub half_open: u32,
    /// Attempts to connect a second, from all remotes together, before each address prefix is held to
    /// [`connects_per_prefix`](Self::connects_per_prefix). 0 is unlimited.
    pub connects_per_second: u32,
    /// Attempts a second that an address prefix (an IPv4 /24 or an IPv6 /56) has for itself, when all together make too
    /// many; what is beyond it is ignored. 0 is unlimited.
    pub connects_per_prefix: u32,
    /// Connections that one remote IPv4 address or IPv6 /64 may hold at once (`duplicatePeers` of `ENetHost`).
    pub connections_per_address: u32,
}

impl AdmissionLimits {
    /// The most half-open connections that a host ever keeps: 1,048,576.
    pub const MOST_HALF_OPEN: u32 = 1 << 20;
    /// 131,072 half-open connections, 4,096 attempts a second, 32 for a prefix, and 4,095 connections for an address.
    pub const DEFAULT: Self = Self {
        half_open: 131_072,
        connects_per_second: 4096,
        connects_per_prefix: 32,
        connections_per_address: 4095,
    };
}

impl Default for AdmissionLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// When a peer that acknowledges nothing is given up. Answers for `enet_peer_timeout`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerTimeouts {
    /// Give up when a command's retransmission timeout has grown by this factor, and `minimum_ms` have passed.
    pub limit: u32,
    /// Never give up sooner than this after the first unanswered transmission, in milliseconds.
    pub minimum_ms: u32,
    /// Always give up this long after the first unanswered transmission, in milliseconds.
    pub maximum_ms: u32,
}

impl Default for PeerTimeouts {
    fn default() -> Self {
        Self { limit: 32, minimum_ms: 5000, maximum_ms: 30_000 }
    }
}

/// How much a peer may send, on average over two seconds.
///
/// Beyond it reliable commands are not acknowledged, so the remote slows down and sends them again; unreliable ones are
/// dropped. Each step is reported, see [`LimitStage`](crate::LimitStage).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerRates {
    /// Packets a second; a fragment, a ping and a pointless acknowledgement count like a packet. 0 is unlimited.
    pub packets: u32,
    /// Payload bytes a second; 0 is unlimited.
    pub bytes: u32,
    /// A peer has exceeded a rate for good when this many milliseconds of silence would not make up for what it sent.
    /// 0 is never.
    pub patience_ms: u32,
}

impl PeerRates {
    /// No limit.
    pub const UNLIMITED: Self = Self { packets: 0, bytes: 0, patience_ms: 0 };
}

/// How the share of unreliable packets that are really sent reacts to the round-trip time. Both ends of a connection
/// share it. Answers for `enet_peer_throttle_configure`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleConfig {
    /// Milliseconds over which the lowest round-trip time is measured as a reference.
    pub interval_ms: u32,
    /// Steps (of 32) up for each good round-trip time.
    pub acceleration: u32,
    /// Steps (of 32) down for each bad round-trip time.
    pub deceleration: u32,
}

impl Default for ThrottleConfig {
    fn default() -> Self {
        Self { interval_ms: 5000, acceleration: 2, deceleration: 2 }
    }
}

/// What is wrong with a [`HostConfig`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// `peers` is not in 1 to 4095.
    #[error("the number of peers must be 1 to 4095")]
    Peers,
    /// `channel_limit` is 0.
    #[error("the number of channels must be 1 to 255")]
    Channels,
    /// `mtu` is not in 576 to 4096.
    #[error("the MTU must be 576 to 4096 bytes")]
    Mtu,
}
