//! What the game asks of the network thread.

use std::{net::SocketAddr, time::Duration};

use bytes::Bytes;
use crossbeam_channel::Sender;
use enet_proto::{AdmissionLimits, Packet, PeerId, PeerRates, PeerTimeouts, ThrottleConfig};
use thiserror::Error;

use crate::{Announcement, Compression, Dtls, NetworkConditions};

/// Names one attempt to connect. Never reused by the same host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectToken(pub(crate) u64);

/// Where to connect to, and how.
#[derive(Clone, Debug)]
pub struct ConnectRequest {
    /// An IPv4 or IPv6 address, or a name to resolve.
    pub address: String,
    /// The remote's UDP port.
    pub port: u16,
    /// Channels to ask for, 1 to 255. The remote may grant fewer.
    pub channels: u8,
    /// A value for the remote's connect event.
    pub data: u32,
}

/// To whom a packet goes.
#[derive(Clone, Debug)]
pub enum Recipients {
    /// One peer.
    One(PeerId),
    /// Several peers, which share one buffer.
    Many(Vec<PeerId>),
    /// Every peer that is connected when the packet reaches the network thread.
    All,
}

/// How to end a connection. Answers for `enet_peer_disconnect` and its siblings. What was queued before is sent once in any
/// case, as far as the remote's window allows, except with `Reset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disconnect {
    /// Drop what is still queued then, tell the remote, and wait for its answer: `Disconnected` follows.
    Graceful,
    /// Deliver what is queued first: `Disconnected` follows.
    Later,
    /// Tell the remote once and forget it: no event follows.
    Now,
    /// Forget the remote without a word: no event follows.
    Reset,
}

/// Why a call did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// Too much is waiting to be sent, or too many names are being resolved; try again later.
    #[error("too much is waiting")]
    Busy,
    /// The packet exceeds the host's `maximum_packet_size`.
    #[error("the packet is too large")]
    TooLarge,
    /// The host is gone.
    #[error("the host is stopped")]
    Stopped,
}

/// One entry of the queue to the network thread. Commands are carried out in the order in which they were given.
// With a tag of one byte the fields lie askew: what was moved in pieces is read across them, and the processor waits for that.
#[derive(Debug)]
#[repr(u64)]
pub(crate) enum Command {
    Send {
        to: Recipients,
        channel: u8,
        packet: Packet,
    },
    Connect(Connect),
    Resolved {
        token: ConnectToken,
        addresses: Vec<SocketAddr>,
    },
    Cancel(ConnectToken),
    /// For an attempt that was held.
    Release(ConnectToken),
    Disconnect {
        peer: PeerId,
        how: Disconnect,
        data: u32,
    },
    Tune(PeerId, Tuning),
    /// For an attempt, or for the connection that it became meanwhile.
    TuneAttempt(ConnectToken, Tuning),
    /// Outside the protocol. An empty list of addresses is a name that nobody knows.
    SendDatagram {
        to: Vec<SocketAddr>,
        datagram: Bytes,
    },
    /// Bytes that may wait, of one peer and of all.
    SetWaitingLimits {
        of_one: usize,
        of_all: usize,
    },
    /// For every peer.
    TuneAll(Tuning),
    SuspendTimeouts(bool),
    Hold(PeerId, bool),
    SetBandwidthLimit {
        incoming: u32,
        outgoing: u32,
    },
    SetChannelLimit(u8),
    SetAdmissionLimits(AdmissionLimits),
    SetPollInterval(Duration),
    SetCompression(Compression),
    SetDtls(Dtls),
    RefuseNewConnections(bool),
    SetConditions(Option<Box<NetworkConditions>>),
    Announce(Option<Announcement>),
    Search {
        token: [u8; 8],
        targets: Vec<SocketAddr>,
        duration: Duration,
    },
    Close {
        limit: Duration,
        farewell: Farewell,
        closed: Option<Sender<()>>,
    },
    /// Look whether the system has taken the socket away.
    CheckSocket,
    #[cfg(test)]
    Panic,
    /// Does to the socket what a device that slept does.
    #[cfg(all(test, unix))]
    BreakSocket {
        /// Keeps it from being opened again.
        for_good: bool,
    },
}

/// How a host takes its leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Farewell {
    /// What is queued is sent once, and the remotes are told once.
    Brief,
    /// What is queued is delivered, then the remotes are told once.
    Delivered,
    /// What is queued is delivered, and so is the goodbye.
    Complete,
}

/// An attempt to connect, on its way to the thread.
#[derive(Debug)]
pub(crate) struct Connect {
    pub(crate) token: ConnectToken,
    /// What the game asked for, as `host:port`.
    pub(crate) server: String,
    pub(crate) target: Target,
    pub(crate) channels: u8,
    pub(crate) data: u32,
    /// Nothing is sent before `Command::Release`.
    pub(crate) is_held: bool,
}

/// What an attempt starts from.
#[derive(Debug)]
pub(crate) enum Target {
    Address(SocketAddr),
    /// `Command::Resolved` follows.
    Name(String),
}

/// A setting of one peer.
#[derive(Debug)]
pub(crate) enum Tuning {
    Timeouts(PeerTimeouts),
    PingInterval(u32),
    Throttle(ThrottleConfig),
    Rates(PeerRates),
    Ping,
}
