//! What comes back from the network thread.

use std::{net::SocketAddr, sync::Arc};

use enet_proto::{DisconnectReason, Limit, LimitStage, Packet, PeerId};

use crate::{ConnectFailure, ConnectToken, DiscoveredServer, PeerLink, gauge::Items};

/// Something that happened on a host, in the order in which it happened. Answers for `ENetEvent`.
///
/// Every `Connected` is followed by exactly one `Disconnected` for the same peer, unless the game itself ended the
/// connection with [`Disconnect::Now`](crate::Disconnect) or [`Disconnect::Reset`](crate::Disconnect) or gave the
/// host up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum HostEvent {
    /// A connection is made, in either direction.
    Connected {
        /// The new peer.
        peer: PeerId,
        /// The attempt that led here, or `None` when the remote connected to this host.
        token: Option<ConnectToken>,
        /// Where the remote is. An IPv4 remote is shown as IPv4, whatever the socket is.
        address: SocketAddr,
        /// How many channels both sides agreed on, 1 to 255.
        channels: u8,
        /// The value that the connecting side passed along; 0 on the connecting side itself.
        data: u32,
        /// The connection's statistics, kept up to date by the network thread.
        link: Arc<PeerLink>,
    },
    /// An attempt to connect came to nothing.
    ConnectFailed {
        /// Which one.
        token: ConnectToken,
        /// Why.
        reason: ConnectFailure,
    },
    /// A connection ended.
    Disconnected {
        /// The peer; from here on its id is stale.
        peer: PeerId,
        /// Why. [`DisconnectReason::TimedOut`] also stands for a peer that took so little of what was sent to it that
        /// its queue overflowed.
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
    /// A peer sends more than its [`PeerRates`](enet_proto::PeerRates) allow. Each stage comes once, until the peer has
    /// calmed down.
    LimitReached {
        /// Who.
        peer: PeerId,
        /// Too much of what.
        limit: Limit,
        /// How much too much.
        stage: LimitStage,
    },
    /// A server answered a [search](crate::HostHandle::open_search). Comes once for each.
    ServerFound(Box<DiscoveredServer>),
    /// A search is over: no more servers follow.
    SearchEnded,
    /// The host is gone: its socket was lost for good or the network thread failed. The last event of a host.
    Failed {
        /// What happened, for a log.
        message: String,
    },
}

impl HostEvent {
    /// What this event counts for while it waits, in bytes as far as they depend on the network.
    pub(crate) fn items(&self) -> Items {
        let bytes = match self {
            Self::Received { packet, .. } => packet.data.len(),
            Self::ServerFound(server) => server.name.len() + server.info.len(),
            _ => 0,
        };
        Items { count: 1, bytes }
    }

    /// The peer this event is about.
    pub(crate) fn peer(&self) -> Option<PeerId> {
        match self {
            Self::Connected { peer, .. }
            | Self::Disconnected { peer, .. }
            | Self::Received { peer, .. }
            | Self::LimitReached { peer, .. } => Some(*peer),
            Self::ConnectFailed { .. } | Self::ServerFound(_) | Self::SearchEnded | Self::Failed { .. } => {
                None
            }
        }
    }

    /// The attempt whose outcome this event is.
    pub(crate) fn token(&self) -> Option<ConnectToken> {
        match self {
            Self::Connected { token, .. } => *token,
            Self::ConnectFailed { token, .. } => Some(*token),
            _ => None,
        }
    }
}
