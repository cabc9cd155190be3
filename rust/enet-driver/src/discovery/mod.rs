//! Finding servers in the local network: a host that announces itself answers questions that arrive at its game port, and
//! a host that searches asks them. No connection is involved, and no state is kept for who asks.
//!
//! ```text
//!   Search ── Query, to every network's broadcast address ──▶ Announcer   (socket of a server)
//!   Search ◀── Answer, with the query's token ─────────────── Announcer
//! ```
//!
//! Both are sans-IO; `endpoint::discovery` ties them to a host. ENet has nothing of the kind.

mod announcer;
mod networks;
mod search;
mod wire;

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use thiserror::Error;

pub(crate) use self::{
    announcer::Announcer,
    search::{Search, Step},
    wire::Query,
};

/// What a server says about itself to those who look for one. The numbers of players are filled in by the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    name: String,
    info: Bytes,
}

impl Announcement {
    /// `info` is up to the game.
    ///
    /// # Errors
    /// What exceeds [`Self::MOST_NAME_BYTES`] or [`Self::MOST_INFO_BYTES`].
    pub fn new(name: &str, info: impl Into<Bytes>) -> Result<Self, AnnouncementError> {
        let info = info.into();
        if name.len() > Self::MOST_NAME_BYTES {
            return Err(AnnouncementError::NameTooLong(name.len()));
        }
        if info.len() > Self::MOST_INFO_BYTES {
            return Err(AnnouncementError::InfoTooLarge(info.len()));
        }
        Ok(Self { name: name.to_owned(), info })
    }

    /// The longest name, in bytes of UTF-8.
    pub const MOST_NAME_BYTES: usize = 128;
    /// The most bytes of the game's own.
    pub const MOST_INFO_BYTES: usize = 1000;
}

/// Why an announcement does not fit into one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnnouncementError {
    /// The name has this many bytes.
    #[error("the name has {0} bytes and may have {most}", most = Announcement::MOST_NAME_BYTES)]
    NameTooLong(usize),
    /// The game's own data has this many bytes.
    #[error("the info takes {0} bytes and may take {most}", most = Announcement::MOST_INFO_BYTES)]
    InfoTooLarge(usize),
}

/// Where to look for servers, and for how long.
#[derive(Clone, Debug)]
pub struct SearchRequest {
    /// The port that the servers listen on.
    pub port: u16,
    /// Hosts or broadcast addresses to ask. Empty: this machine, and all in its networks.
    pub targets: Vec<IpAddr>,
    /// How long answers are awaited.
    pub duration: Duration,
}

/// A server that answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveredServer {
    /// Where it is to be connected to.
    pub address: std::net::SocketAddr,
    /// What it calls itself; without control characters.
    pub name: String,
    /// Its clients at the moment.
    pub players: u16,
    /// The most clients that it takes.
    pub maximum: u16,
    /// The game's own data, as the remote sent it: not to be trusted.
    pub info: Bytes,
    /// From the question to the answer.
    pub ping: Duration,
}

/// The addresses that a search asks: those that were named, or every one that reaches somebody nearby.
pub(crate) fn targets(request: &SearchRequest) -> Vec<IpAddr> {
    if request.targets.is_empty() { networks::everywhere() } else { request.targets.clone() }
}
