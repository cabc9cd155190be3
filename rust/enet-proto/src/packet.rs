//! What an application sends and receives. Answers for `ENetPacket` and its flags.

use bytes::Bytes;
use thiserror::Error;

/// How a packet travels. Chosen for each packet by its sender; the receiver learns it with the packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// Arrives once and in order on its channel (`ENET_PACKET_FLAG_RELIABLE`).
    Reliable,
    /// May be lost, never arrives late or twice. Above one datagram it is sent as reliable fragments, as ENet does
    /// (no flag).
    Unreliable,
    /// May be lost or overtaken, never arrives twice. Above one datagram it is sent as reliable fragments, as ENet
    /// does (`ENET_PACKET_FLAG_UNSEQUENCED`).
    Unsequenced,
    /// [`Self::Unreliable`], and still unreliable when it needs several datagrams
    /// (`ENET_PACKET_FLAG_UNRELIABLE_FRAGMENT`).
    UnreliableFragmented,
    /// [`Self::Unsequenced`], but sent as unreliable fragments when it needs several datagrams (both flags). Such a
    /// packet is received as `Unsequenced` or as `UnreliableFragmented`.
    UnsequencedFragmented,
}

/// A payload and how it travels. Cloning shares the payload, so one buffer serves a broadcast.
#[derive(Clone, PartialEq, Eq)]
pub struct Packet {
    /// The bytes. Empty packets are legal and are delivered as such.
    pub data: Bytes,
    /// How they travel.
    pub delivery: Delivery,
}

impl Packet {
    /// A packet of `data` that travels by `delivery`.
    #[must_use]
    pub fn new(data: impl Into<Bytes>, delivery: Delivery) -> Self {
        Self { data: data.into(), delivery }
    }
}

impl std::fmt::Debug for Packet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} packet of {} bytes", self.delivery, self.data.len())
    }
}

/// A copy of a payload that was received. A short one lies beside the count of its users, so that passing it on, as an
/// application does with what others are to hear, takes no second allocation.
pub(crate) fn copy_of(payload: &[u8]) -> Bytes {
    match payload.len() {
        0 => Bytes::new(),
        1..=64 => Short::<64>::copy_of(payload),
        65..=128 => Short::<128>::copy_of(payload),
        _ => Bytes::copy_from_slice(payload),
    }
}

/// The first `length` of these bytes.
struct Short<const N: usize> {
    length: usize,
    bytes: [u8; N],
}

impl<const N: usize> Short<N> {
    /// `payload` has at most `N` bytes.
    fn copy_of(payload: &[u8]) -> Bytes {
        let mut bytes = [0; N];
        bytes[..payload.len()].copy_from_slice(payload);
        Bytes::from_owner(Self { length: payload.len(), bytes })
    }
}

impl<const N: usize> AsRef<[u8]> for Short<N> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Why a packet was not queued. Nothing of it was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendError {
    /// The peer id is stale or was never given out.
    #[error("no such peer")]
    UnknownPeer,
    /// The peer is connecting or on its way out.
    #[error("the peer is not connected")]
    NotConnected,
    /// The channel is not below the negotiated channel count.
    #[error("the channel was not opened by this connection")]
    NoSuchChannel,
    /// The payload exceeds the host's `maximum_packet_size`, or needs more fragments than the receiver can hold.
    #[error("the packet is too large")]
    TooLarge,
    /// The peer does not take what is already queued; try again later.
    #[error("the peer's send queue is full")]
    QueueFull,
}

/// Why a connection attempt was not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// All peer slots of the host are taken.
    #[error("no free peer slot")]
    NoFreeSlot,
}
