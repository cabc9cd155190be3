//! What a host is opened with, and why opening it failed.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use enet_proto::{ConfigError, HostConfig};
use thiserror::Error;

use crate::{Compression, Dtls, NetworkConditions};

/// How a [`HostHandle`](crate::HostHandle) is opened. `HostOptions::default()` is a host on a free port of every
/// interface.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// The local address to use. `None` is every interface, IPv4 and IPv6; so is `::` where the system has both.
    pub bind: Option<IpAddr>,
    /// The local UDP port; 0 takes a free one.
    pub port: u16,
    /// The protocol's own settings.
    pub host: HostConfig,
    /// The longest that the network thread sleeps while this host is idle, at least 1 ms. Traffic and calls wake it
    /// at once.
    pub poll_interval: Duration,
    /// How long an attempt to connect may take in all, name resolution included.
    pub connect_timeout: Duration,
    /// For a client with a single remote: ties the socket to it, so that a closed port is noticed at once.
    pub dedicated_remote: bool,
    /// How datagrams are compressed. The remotes must do the same.
    pub compression: Compression,
    /// Encryption, for a host that is only connected to, or only connects. The remotes must do the same.
    pub dtls: Option<Dtls>,
    /// A bad network to simulate between this host and its socket. Off, it costs nothing.
    pub conditions: Option<NetworkConditions>,
    /// How much may wait between the game and the network thread.
    pub limits: QueueLimits,
}

impl Default for HostOptions {
    fn default() -> Self {
        Self {
            bind: None,
            port: 0,
            host: HostConfig::default(),
            poll_interval: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(5),
            dedicated_remote: false,
            compression: Compression::None,
            dtls: None,
            conditions: None,
            limits: QueueLimits::default(),
        }
    }
}

/// The bounds of the two queues between the game and the network thread. A single packet larger than a byte limit
/// still passes, alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// Sends that may wait for the thread; beyond it `send` answers [`Busy`](crate::CommandError::Busy).
    pub sends: usize,
    /// Payload bytes of those sends.
    pub send_bytes: usize,
    /// Events that may wait for the game; beyond it the thread takes no more from the protocol, which slows the
    /// remotes down.
    pub events: usize,
    /// Payload bytes of those events.
    pub event_bytes: usize,
}

impl Default for QueueLimits {
    fn default() -> Self {
        Self { sends: 65_536, send_bytes: 32 << 20, events: 65_536, event_bytes: 32 << 20 }
    }
}

impl StartError {
    /// What the system said, as far as it did.
    pub(crate) fn into_io(self) -> io::Error {
        match self {
            Self::Bind { error, .. } | Self::Socket(error) | Self::Thread(error) => error,
            Self::PortTaken(_) => io::ErrorKind::AddrInUse.into(),
            Self::Config(error) => io::Error::other(error),
            Self::Randomness(message) => io::Error::other(message),
        }
    }
}

/// Why a host was not opened. Nothing of it is left behind.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// A field of [`HostOptions::host`] is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Another socket holds the port.
    #[error("port {} is already in use", .0.port())]
    PortTaken(SocketAddr),
    /// The address is not one of this machine's, or the port may not be used.
    #[error("cannot bind {address}: {error}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// What the system answered.
        error: io::Error,
    },
    /// No UDP socket could be made.
    #[error("cannot create a socket: {0}")]
    Socket(io::Error),
    /// The system gives no random numbers, so a remote could guess what it must not know.
    #[error("the system gives no random numbers: {0}")]
    Randomness(String),
    /// The network thread could not be started.
    #[error("cannot start the network thread: {0}")]
    Thread(io::Error),
}
