//! What a host reports. Answers for `ENetEvent`.

use std::net::SocketAddr;

use crate::Packet;

/// Names one connection. A slot is reused after a connection ends, its `PeerId` never is: a stale id is an error, not
/// somebody else's connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PeerId {
    pub(crate) slot: u16,
    pub(crate) generation: u32,
}

impl PeerId {
    /// The slot on the host. Below the host's peer count.
    #[must_use]
    pub fn slot(self) -> u16 {
        self.slot
    }
}

/// Something that happened on a host. Every `Connected` is followed by exactly one `Disconnected` for the same peer,
/// unless the application ended the connection with `reset` or `disconnect_now`. A failed attempt to connect gives a
/// `Disconnected` alone; a remote that never finished its handshake gives nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A handshake finished, in either direction.
    Connected {
        /// The new peer.
        peer: PeerId,
        /// Where it is.
        address: SocketAddr,
        /// The negotiated channel count, 1 to 255.
        channels: u8,
        /// The value that the connecting side passed to `connect`; 0 on the connecting side itself.
        data: u32,
    },
    /// A connection, or an attempt to connect, ended.
    Disconnected {
        /// The peer; from here on its id is stale.
        peer: PeerId,
        /// Why.
        reason: DisconnectReason,
    },
    /// A packet arrived.
    Received {
        /// From whom.
        peer: PeerId,
        /// On which channel.
        channel: u8,
        /// Its payload and how it travelled.
        packet: Packet,
    },
    /// A peer sends more than its [`PeerRates`](crate::PeerRates) allow. Each stage is reported once, until the peer has
    /// calmed down.
    LimitReached {
        /// Who.
        peer: PeerId,
        /// Too much of what.
        limit: Limit,
        /// How much too much.
        stage: LimitStage,
    },
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Limit {
    /// Packets a second.
    Packets = 0,
    /// Bytes a second.
    Bytes = 1,
}

/// How far a peer has gone beyond a limit. Later ones are greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum LimitStage {
    /// More than the rate for so long that half of what a burst may have is used up. Everything is still taken.
    Warned = 0,
    /// Nothing more is taken than the rate allows.
    Throttled = 1,
    /// It goes on and on. The host only goes on throttling; the application may want to end the connection.
    Exceeded = 2,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DisconnectReason {
    /// The remote said so, with this value.
    Remote(u32),
    /// This side's own `disconnect` was completed.
    Local,
    /// The remote stopped acknowledging, or never answered a connection attempt.
    TimedOut,
    /// The remote answered the connection attempt with something that cannot be accepted.
    Protocol,
}

impl DisconnectReason {
    /// The value of `ENetEvent::data` in a disconnect event: the remote's value, else 0.
    #[must_use]
    pub fn data(self) -> u32 {
        match self {
            Self::Remote(data) => data,
            Self::Local | Self::TimedOut | Self::Protocol => 0,
        }
    }
}
