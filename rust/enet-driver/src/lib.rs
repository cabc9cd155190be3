//! The network thread around [`enet_proto`]: sockets, the clock, wake-ups, queues and name resolution. Knows no Godot.
//!
//! A game opens a [`HostHandle`] on its own thread and talks to it without ever waiting: calls become commands in a
//! bounded queue, what happens on the network comes back as [`HostEvent`]s that the game drains when it likes. One
//! background thread, `enet-network`, serves every host of the process. It starts with the first host and is joined
//! when the last one is gone.
//!
//! ```text
//!   game thread                                     network thread
//!   HostHandle ── commands (count, bytes) ── wake ─▶ Endpoint ─▶ Host ─▶ UDP socket
//!        ▲                                              │
//!        └────────── events (count, bytes) ◀────────────┘
//! ```
//!
//! Answers for `enet_host_create`, `enet_host_service`, `enet_host_flush` and `enet_address_set_host`.

mod address;
mod attempt;
mod clock;
mod command;
mod command_queue;
mod compression;
mod conditions;
mod discovery;
mod dtls;
mod endpoint;
mod event;
mod event_receiver;
mod failure;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod gauge;
mod handle;
mod link;
mod options;
mod pace;
mod published;
mod resolve;
mod seat;
mod service;
mod shared;
mod socket;
mod thread;
mod tuning;
mod wake;

pub use enet_netem::{BurstLoss, LinkConfig};
pub use enet_proto;

pub use command::{CommandError, ConnectRequest, ConnectToken, Disconnect, Recipients};
pub use compression::Compression;
pub use conditions::{ConditionsError, NetworkConditions};
pub use discovery::{Announcement, AnnouncementError, DiscoveredServer, SearchRequest};
pub use dtls::{Dtls, DtlsError, DtlsFailure, DtlsStats, Verification};
pub use event::HostEvent;
pub use failure::{ConnectFailure, SERVER_FULL};
pub use handle::HostHandle;
pub use link::PeerLink;
pub use options::{HostOptions, QueueLimits, StartError};
pub use shared::{IoStats, QueueStats};
pub use thread::shut_down;
