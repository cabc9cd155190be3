//! The states of a connection. Answers for `ENetPeerState`.

/// Where a connection stands. The numbers are ENet's and Godot's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PeerState {
    /// Over, or never begun.
    Disconnected = 0,
    /// This side asked to connect.
    Connecting = 1,
    /// Never seen from outside: a remote that asked to connect is no peer before it has confirmed the answer. Kept for its
    /// number, like the next two.
    AcknowledgingConnect = 2,
    /// Never entered: a connection is reported as soon as it is established.
    ConnectionPending = 3,
    /// Never entered, like [`Self::ConnectionPending`].
    ConnectionSucceeded = 4,
    /// Established.
    Connected = 5,
    /// To be disconnected when everything queued has been delivered.
    DisconnectLater = 6,
    /// This side asked to disconnect.
    Disconnecting = 7,
    /// The remote asked to disconnect; its acknowledgement is about to be sent.
    AcknowledgingDisconnect = 8,
    /// Over; its event waits to be taken.
    Zombie = 9,
}

impl PeerState {
    /// Data travels in this state.
    pub(crate) fn is_live(self) -> bool {
        matches!(self, Self::Connected | Self::DisconnectLater)
    }

    /// Nothing travels in this state.
    pub(crate) fn is_dead(self) -> bool {
        matches!(self, Self::Disconnected | Self::Zombie)
    }
}
