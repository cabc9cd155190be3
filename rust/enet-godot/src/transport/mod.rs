//! The engine's own ENet classes over the network thread: `ENetMultiplayerPeer`, `ENetConnection` and `ENetPacketPeer`.
//!
//! ```text
//!   ENetMultiplayerPeer ──has──▶ ENetConnection ──has──▶ Host ──has──▶ HostHandle ···▶ network thread
//!        │ by net id                  │ by serial          │ by PeerId
//!        └────────has──▶ ENetPacketPeer ◀──has──┘           └──has──▶ Remote
//!                             └──has──▶ Remote, and weakly the Host
//! ```
//!
//! [`host`], [`remote`], [`inbox`] and [`mode`] name no Godot type. A [`Host`](host::Host) ends with its connection
//! object; whoever keeps a peer object keeps a detached one.
//!
//! In a stock engine the three names are taken, so the classes are registered as `ENetThreadedMultiplayerPeer` and so on.
//! With the feature `engine-names` they have the engine's names, for engines that are built without that module.
//!
//! # Re-entrancy
//!
//! The rules of [`server`](crate::server) hold: methods take `&self`, state is in cells, no borrow of a cell lasts while a
//! script may run. There is one more, because gdext binds some of the engine's virtual methods for writing, and
//! `SceneMultiplayer` calls those from within the signals that `poll()` emits: while a signal of an `ENetMultiplayerPeer` is
//! emitted, the object is not bound at all. Its state is in a [`Core`](multiplayer_core::Core) of its own for that, and
//! [`multiplayer_virtuals`] lends the object out for the time.

pub(crate) mod arguments;
mod connection;
mod connection_setup;
pub(crate) mod host;
pub(crate) mod inbox;
pub(crate) mod lend;
pub(crate) mod mode;
mod multiplayer_core;
mod multiplayer_peer;
mod multiplayer_poll;
pub(crate) mod multiplayer_virtuals;
mod packet_peer;
mod packet_peer_virtuals;
pub(crate) mod raw;
pub(crate) mod remote;

/// The names that the classes take.
#[cfg(not(feature = "engine-names"))]
pub(crate) const CLASSES: [&str; 3] =
    ["ENetThreadedMultiplayerPeer", "ENetThreadedConnection", "ENetThreadedPacketPeer"];
/// The names that the classes take.
#[cfg(feature = "engine-names")]
pub(crate) const CLASSES: [&str; 3] = ["ENetMultiplayerPeer", "ENetConnection", "ENetPacketPeer"];

/// What scripts call the enum of [`packet_peer`]'s states.
#[cfg(not(feature = "engine-names"))]
pub(crate) const PEER_STATE_NAME: &str = "ENetThreadedPacketPeer.PeerState";
/// What scripts call the enum of [`packet_peer`]'s states.
#[cfg(feature = "engine-names")]
pub(crate) const PEER_STATE_NAME: &str = "ENetPacketPeer.PeerState";
