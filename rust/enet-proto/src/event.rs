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
    /// The slot on the host, as it travels on the wire. Below the host's peer count.
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
