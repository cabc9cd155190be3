//! The Godot classes of ENetServer: `ENetServer` with `ENetServerPeer`, `ENetClient` and `ENetPacketUtils`; and, in
//! [`transport`], those that take the place of the engine's own ENet classes; and in [`legacy`] Godot 3's.
//!
//! A class checks, converts and forwards. What a class decides by is in modules that name no Godot type and are tested
//! without the engine: [`lifecycle`], [`roster`], [`events`], [`reasons`], [`statistics`]; the rules of the
//! packet format are the crate [`enet_format`]. The network is the business of `enet-driver`, whose thread never touches a Godot type.

mod callable;
mod class_enum;
mod client;
mod client_network;
mod client_session;
mod codec;
mod discovery;
mod entry;
mod events;
mod incoming;
mod legacy;
mod lifecycle;
mod limit_settings;
mod limits;
mod logger;
mod login_guard;
mod observer;
mod outgoing;
mod packet_utils;
mod pump;
mod reasons;
mod roster;
mod script_types;
mod server;
mod server_limits;
mod server_login;
mod server_network;
mod server_peer;
mod server_peer_limits;
mod server_sending;
mod server_session;
mod settings;
mod simulation;
mod statistics;
mod tls;
mod transport;
mod verdict;
