//! `NetworkedMultiplayerENet`: Godot 3's class, for projects that are being ported and for servers whose Godot 3 clients
//! are still out there.
//!
//! What Godot 3 did differently is here: its wire format in [`wire`], and a server that relays packets itself. The hosts
//! and connections under it are those of [`transport`](crate::transport), and so are the rules about re-entrancy.

mod core;
mod news;
mod peer;
mod sending;
mod virtuals;
mod wire;

/// The name that the class takes.
pub(crate) const CLASS: &str = "NetworkedMultiplayerENet";
