//! `ENetServer`: the methods, signals and settings that scripts see. What happens between them is in
//! [`server_session`](crate::server_session).
//!
//! # Re-entrancy
//!
//! A signal handler, an event handler or an authenticator may call anything, also what is being done at the moment.
//! Three rules make that safe:
//!
//! - Every method works on `&self`, so gdext's own borrow of the object is shared and calls may nest. Nothing in this
//!   crate asks for `bind_mut` or has a method that takes `&mut self`. (Those that change something are registered with
//!   `gd_self` because gdext announces a method with `&self` as `const`.)
//! - State is in cells. A borrow of one ends within the expression or block that began it; in particular it has ended
//!   before a signal is emitted, a `Callable` is called or dropped, a value is encoded (which may call a script's
//!   `_to_packet()`), or an error is printed (which may call a script's `Logger`).
//! - What a handler may have ended is looked up again after it has run. [`ENetServer::generation`] counts the sessions;
//!   whoever emits in the middle of something compares it before going on.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use enet_driver::{Announcement, Compression, Dtls};
use godot::global::Error;
use godot::prelude::*;

use crate::class_enum::class_enum;
use crate::outgoing::{self, code, misuse};
use crate::script_types::{AuthModeValue, NodeArg, OptionalTlsOptions, PeerIds};
use crate::server_peer::ENetServerPeer;
use crate::server_session::{Hooks, Session};
use crate::settings::{self, Settings};
use crate::simulation::Simulation;
use crate::{callable, codec, reasons};

/// Who lets a client in; the values of `ENetServer.AuthMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum AuthMode {
    #[default]
    None = 0,
    PreloginOnly = 1,
    Custom = 2,
}

/// A game server on a network thread of its own, over ENet.
///
/// Start it with [method create_server]; clients appear in [signal peer_connecting], are let in according to
/// [method set_authentication_mode], announced by [signal peer_authenticated], and leave with
/// [signal peer_disconnected]. Values that they send arrive in [signal packet_received] or at the handlers of
/// [method register_event].
///
/// The network thread receives, acknowledges and resends whatever the game is doing; signals are emitted on the main
/// thread, before the nodes' [code]_process[/code] in each frame, also while the game is paused. All methods are for the
/// main thread. [ENetClient], and every other ENet or Godot client, can connect.
///
/// ```gdscript
/// extends Node
///
/// func _ready() -> void:
///     ENetServer.peer_authenticated.connect(_on_player_joined)
///     ENetServer.register_event("chat", _on_chat)
///     ENetServer.create_server(7777)
///
/// func _on_player_joined(peer: ENetServerPeer) -> void:
///     ENetServer.trigger_event(peer.peer_id, "welcome", {"id": peer.peer_id})
///
/// func _on_chat(peer: ENetServerPeer, payload: Dictionary, _channel: int) -> void:
///     ENetServer.trigger_event_to_all("chat", {"from": peer.peer_id, "text": payload.get("text", "")})
/// ```
///
/// In the engine the same is done with [ENetMultiplayerPeer] or [ENetConnection], polled in each frame.
#[derive(GodotClass)]
#[class(singleton, init, base = Object)]
pub(crate) struct ENetServer {
    /// Counts the sessions, begun and ended.
    pub(crate) generation: Cell<u64>,
    pub(crate) session: RefCell<Option<Session>>,
    /// What ends with a session.
    pub(crate) hooks: RefCell<Hooks>,
    /// What outlives a session.
    #[init(val = RefCell::new(Settings::of_project()))]
    pub(crate) settings: RefCell<Settings>,
    /// What the project settings said when they were read last.
    #[init(val = Cell::new(Settings::of_project()))]
    pub(crate) project: Cell<Settings>,
    /// How the next session is encrypted.
    pub(crate) dtls: RefCell<Option<Dtls>>,
    pub(crate) simulation: Rc<Simulation>,
    /// What those who look for servers are told, if anything.
    pub(crate) announcement: RefCell<Option<Announcement>>,
    base: Base<Object>,
}

class_enum! {
    ENetServer, AuthMode {
        /// Everybody is let in at once.
        AUTH_NONE = AuthMode::None as i64,
        /// The first Dictionary that a client sends is emitted as [signal peer_prelogin]; the game then calls
        /// [method ENetServerPeer.authenticate] or [method ENetServerPeer.reject].
        AUTH_PRELOGIN_ONLY = AuthMode::PreloginOnly as i64,
        /// The first Dictionary that a client sends is given to the callable of [method set_custom_authenticator].
        AUTH_CUSTOM = AuthMode::Custom as i64,
    }
}

class_enum! {
    ENetServer, CompressionMode {
        /// Datagrams are sent as they are.
        COMPRESS_NONE = Compression::None as i64,
        /// ENet's own range coder, which C ENet has too. The smallest small packets, at the highest cost in time.
        COMPRESS_RANGE_CODER = Compression::RangeCoder as i64,
        /// FastLZ: fast, for packets that repeat themselves.
        COMPRESS_FASTLZ = Compression::FastLz as i64,
        /// zlib, for packets of many hundred bytes.
        COMPRESS_ZLIB = Compression::Zlib as i64,
        /// Zstandard, for packets of many hundred bytes.
        COMPRESS_ZSTD = Compression::Zstd as i64,
        /// LZ4: the fastest. Only between this addon's own classes: the engine's ENet does not have it.
        COMPRESS_LZ4 = Compression::Lz4 as i64,
    }
}

#[godot_api]
impl ENetServer {
    /// The server listens on [param port]. Emitted at the end of the frame in which [method create_server] was called.
    #[signal]
    pub(crate) fn server_started(port: i64);

    /// The server has stopped: [method stop_server] was called, or the network failed. Emitted at the end of the frame;
    /// the port is free by then, and [method create_server] may be called in a handler.
    #[signal]
    pub(crate) fn server_stopped();

    /// A client has connected. [param data] is the number it passed when connecting, 0 from an [ENetClient]. The first
    /// signal of each client; a handler may call [method ENetServerPeer.reject] or
    /// [method ENetServerPeer.authenticate].
    #[signal]
    pub(crate) fn peer_connecting(peer: Gd<ENetServerPeer>, data: i64);

    /// A client sent its login data, in [constant AUTH_PRELOGIN_ONLY]. Answer, at once or later, with
    /// [method ENetServerPeer.authenticate] or [method ENetServerPeer.reject].
    #[signal]
    pub(crate) fn peer_prelogin(peer: Gd<ENetServerPeer>, login_data: AnyDictionary);

    /// A client was let in. Emitted once for each client; from here on its packets are received.
    #[signal]
    pub(crate) fn peer_authenticated(peer: Gd<ENetServerPeer>);

    /// A client has left, for the reason that the game gave or that the client gave, else "Connection lost". Emitted
    /// once for every [signal peer_connecting].
    #[signal]
    pub(crate) fn peer_disconnected(peer: Gd<ENetServerPeer>, reason: GString);

    /// A client sends more than it may, see [method set_peer_packet_rate] and [method set_peer_byte_rate].
    /// [param limit] is one of [enum LimitKind], [param stage] one of [enum LimitStage]: first it is warned of, then
    /// the rate is enforced, and a client that goes on and on is disconnected, see [method set_peer_rate_patience].
    /// Each stage is told once, until the client has calmed down.
    #[signal]
    pub(crate) fn peer_limit_exceeded(peer: Gd<ENetServerPeer>, limit: i64, stage: i64);

    /// A value arrived from a client: anything but an event that has a handler.
    #[signal]
    pub(crate) fn packet_received(peer: Gd<ENetServerPeer>, packet: Variant, channel: i64);

    /// A packet arrived from a client that was let in. Emitted with its bytes, type byte included, before it is decoded
    /// and the other signals are emitted; also when it cannot be decoded.
    #[signal]
    pub(crate) fn raw_packet_received(peer: Gd<ENetServerPeer>, data: PackedByteArray, channel: i64);

    /// A registered event arrived from a client; its handler has been called.
    #[signal]
    pub(crate) fn custom_event_received(
        peer: Gd<ENetServerPeer>,
        event_name: GString,
        payload: Variant,
        channel: i64,
    );

    /// An event without a handler arrived from a client. [signal packet_received] follows with the whole dictionary.
    #[signal]
    pub(crate) fn unknown_event_received(
        peer: Gd<ENetServerPeer>,
        event_name: GString,
        payload: Variant,
        channel: i64,
    );

    /// Starts the server on a UDP port, for IPv4 and IPv6. Port 0 takes a free one; [method get_local_port] tells
    /// which. [param max_peers] is 1 to 4095 clients; [param max_channels] is 1 to 255 channels that a client may open
    /// (0 means 255). [signal server_started] follows.
    ///
    /// Returns [constant OK]; [constant ERR_ALREADY_IN_USE] when the server runs already;
    /// [constant ERR_INVALID_PARAMETER] for a number out of range; [constant ERR_CANT_CREATE] when the port cannot be
    /// opened, for example because another program uses it.
    #[func(gd_self)]
    fn create_server(
        this: Gd<Self>,
        port: i64,
        #[opt(default = 32)] max_peers: i64,
        #[opt(default = 2)] max_channels: i64,
    ) -> Error {
        code(this.bind().open(port, max_peers, max_channels))
    }

    /// Stops the server. What was sent before is delivered, within [method set_linger_time]; clients are told, and
    /// [signal peer_disconnected] is emitted for each of them with the reason "Server stopped" before this returns. The port is
    /// free on return; [signal server_stopped] follows at the end of the frame.
    ///
    /// Registered events, the authenticator and the authentication mode are cleared. Poll rate, compression mode and
    /// authentication timeout stay. Does nothing when the server does not run.
    #[func(gd_self)]
    fn stop_server(this: Gd<Self>) {
        this.bind().close(reasons::SERVER_STOPPED);
    }

    /// Whether the server runs.
    #[func]
    fn is_server_active(&self) -> bool {
        self.session.borrow().is_some()
    }

    /// The UDP port on which the server listens, or 0 when it does not run.
    #[func]
    fn get_local_port(&self) -> i64 {
        self.session.borrow().as_ref().map_or(0, |session| i64::from(session.port()))
    }

    /// The client with this id, or null when there is none.
    #[func]
    fn get_peer(&self, peer_id: i64) -> Option<Gd<ENetServerPeer>> {
        self.session.borrow().as_ref()?.roster.get(peer_id).cloned()
    }

    /// All clients, in the order of their arrival: from [signal peer_connecting] until just before
    /// [signal peer_disconnected], so also those that are logging in or leaving.
    #[func]
    fn get_peers(&self) -> Array<Gd<ENetServerPeer>> {
        let session = self.session.borrow();
        session.iter().flat_map(|session| session.roster.iter()).map(|(_, peer)| peer.clone()).collect()
    }

    /// How many clients [method get_peers] gives.
    #[func]
    fn get_peer_count(&self) -> i64 {
        self.count_peers(|_| true)
    }

    /// How many clients were let in and are not leaving.
    #[func]
    fn get_authenticated_peer_count(&self) -> i64 {
        self.count_peers(|peer| peer.life().is_authenticated())
    }

    /// Sends any value to one client, also before it is authenticated. Reliable packets arrive once and in order on
    /// their channel; others may be lost or overtake each other.
    ///
    /// Returns [constant OK]; [constant ERR_UNCONFIGURED] when the server does not run; [constant ERR_DOES_NOT_EXIST]
    /// for an id without a client; [constant ERR_INVALID_PARAMETER] for a channel that was not opened;
    /// [constant ERR_INVALID_DATA] for a value that cannot be encoded, or makes a packet above 32 MiB;
    /// [constant ERR_BUSY] when too much is waiting to be sent; [constant ERR_CONNECTION_ERROR] when the client is
    /// leaving.
    #[func(gd_self)]
    fn send_packet(
        this: Gd<Self>,
        peer_id: i64,
        packet: Variant,
        #[opt(default = 0)] channel: i64,
        #[opt(default = true)] reliable: bool,
    ) -> Error {
        let encode = || codec::encode_auto(&packet).map_err(outgoing::not_encoded);
        code(this.bind().send_to_id(peer_id, channel, reliable, encode))
    }

    /// Sends any value to all authenticated clients that opened the channel.
    #[func(gd_self)]
    fn broadcast_packet(
        this: Gd<Self>,
        packet: Variant,
        #[opt(default = 0)] channel: i64,
        #[opt(default = true)] reliable: bool,
    ) {
        this.bind().broadcast_value(&packet, channel, reliable, &PeerIds::none());
    }

    /// Sends any value to all authenticated clients that opened the channel, except those whose ids are in
    /// [param exclude].
    #[func(gd_self)]
    fn send_packet_to_all(
        this: Gd<Self>,
        packet: Variant,
        #[opt(default = 0)] channel: i64,
        #[opt(default = true)] reliable: bool,
        #[opt(default = PeerIds::none())] exclude: PeerIds,
    ) {
        this.bind().broadcast_value(&packet, channel, reliable, &exclude);
    }

    /// Sends any value to the clients whose ids are in [param peer_ids], also before they are authenticated, once to
    /// each. Clients that have left are skipped; an id that no client ever had is an error, and nothing is sent.
    ///
    /// ```gdscript
    /// var team: Array[int] = [peer.peer_id]
    /// ENetServer.send_packet_to_multiple(team, "Only you can read this.")
    /// ```
    #[func(gd_self)]
    fn send_packet_to_multiple(
        this: Gd<Self>,
        peer_ids: PeerIds,
        packet: Variant,
        #[opt(default = 0)] channel: i64,
        #[opt(default = true)] reliable: bool,
    ) {
        let encode = || codec::encode_auto(&packet).map_err(outgoing::not_encoded);
        let _reported = outgoing::peer_ids(&peer_ids, "peer_ids")
            .and_then(|ids| this.bind().send_to_ids(&ids, channel, reliable, encode));
    }

    /// Sends the state of a node reliably to one client. [param flags] are [enum ENetPacketUtils.NodeSyncFlags]; see
    /// [method ENetPacketUtils.encode_node].
    ///
    /// Returns what [method send_packet] returns, and [constant ERR_INVALID_PARAMETER] for a node that is null or
    /// freed.
    #[func(gd_self)]
    fn send_node_state(
        this: Gd<Self>,
        peer_id: i64,
        node: NodeArg,
        flags: i64,
        #[opt(default = 0)] channel: i64,
    ) -> Error {
        code(this.bind().send_to_id(peer_id, channel, true, || outgoing::node_bytes(node, flags)))
    }

    /// Sends the state of a node reliably to all authenticated clients that opened the channel. [param flags] are
    /// [enum ENetPacketUtils.NodeSyncFlags].
    #[func(gd_self)]
    fn send_node_to_all(this: Gd<Self>, node: NodeArg, flags: i64, #[opt(default = 0)] channel: i64) {
        let _reported = this.bind().broadcast(channel, true, &[], || outgoing::node_bytes(node, flags));
    }

    /// Sends a named event to one client. Names that begin with an underscore are reserved.
    ///
    /// Returns what [method send_packet] returns, and [constant ERR_INVALID_PARAMETER] for a name that cannot be used.
    #[func(gd_self)]
    fn trigger_event(
        this: Gd<Self>,
        peer_id: i64,
        event_name: GString,
        payload: AnyDictionary,
        #[opt(default = 0)] channel: i64,
        #[opt(default = true)] reliable: bool,
    ) -> Error {
        let encode = || outgoing::event_bytes(&event_name, &payload);
        code(this.bind().send_to_id(peer_id, channel, reliable, encode))
    }

    /// Sends a named event to all authenticated clients that opened the channel, except those whose ids are in
    /// [param exclude]. Names that begin with an underscore are reserved.
    ///
    /// ```gdscript
    /// # everybody but the one who did it
    /// ENetServer.trigger_event_to_all("jump", {"who": peer.peer_id}, 0, true, [peer.peer_id])
    /// ```
    #[func(gd_self)]
    fn trigger_event_to_all(
        this: Gd<Self>,
        event_name: GString,
        payload: AnyDictionary,
        #[opt(default = 0)] channel: i64,
        #[opt(default = true)] reliable: bool,
        #[opt(default = PeerIds::none())] exclude: PeerIds,
    ) {
        let encode = || outgoing::event_bytes(&event_name, &payload);
        let _reported = outgoing::peer_ids(&exclude, "exclude")
            .and_then(|exclude| this.bind().broadcast(channel, reliable, &exclude, encode));
    }

    /// Calls [param callback] with [code](peer, payload, channel)[/code] for every event of this name;
    /// [signal custom_event_received] follows. There is one handler for each name; a new one replaces it. Names that
    /// begin with an underscore are reserved. May be called before the server is started; [method stop_server] forgets
    /// it.
    ///
    /// ```gdscript
    /// var on_jump := func(_peer: ENetServerPeer, payload: Dictionary, _channel: int) -> void: print(payload)
    /// ENetServer.register_event("jump", on_jump)
    /// ENetClient.trigger_event("jump", {"high": 3})  # prints: { "high": 3 }
    /// ```
    #[func(gd_self)]
    fn register_event(this: Gd<Self>, event_name: GString, callback: Callable) {
        let Ok(name) = callable::check_handler(&event_name, &callback) else { return };
        let replaced = this.bind().hooks.borrow_mut().events.insert(name, callback);
        drop(replaced);
    }

    /// Forgets the handler of the event. Does nothing when there is none.
    #[func(gd_self)]
    fn unregister_event(this: Gd<Self>, event_name: GString) {
        let forgotten = this.bind().hooks.borrow_mut().events.unregister(&event_name.to_string());
        drop(forgotten);
    }

    /// Whether the event has a handler.
    #[func]
    fn has_event(&self, event_name: GString) -> bool {
        self.hooks.borrow().events.contains(&event_name.to_string())
    }

    /// Ends the connection to a client after everything sent so far was delivered. Its
    /// [signal ENetClient.disconnected_from_server] and [signal peer_disconnected] give the reason; the latter follows
    /// when the client has confirmed, or after 2 seconds. An empty reason becomes "Kicked".
    ///
    /// ```gdscript
    /// ENetClient.disconnected_from_server.connect(func(reason: String) -> void: print(reason))
    /// ENetServer.kick_peer(peer.peer_id, "Too loud")  # prints: Too loud
    /// ```
    #[func(gd_self)]
    fn kick_peer(this: Gd<Self>, peer_id: i64, #[opt(default = "")] reason: GString) {
        let this = this.bind();
        let reason = reasons::or_default(reason.to_string(), reasons::KICKED);
        if let Ok(peer) = this.find_peer(peer_id) {
            this.part(&peer, &reason, false);
        }
    }

    /// Who lets clients in that connect from now on. [constant AUTH_NONE] at first, and again after
    /// [method stop_server].
    #[func(gd_self)]
    fn set_authentication_mode(this: Gd<Self>, mode: AuthModeValue) {
        let mode = match mode.0 {
            0 => AuthMode::None,
            1 => AuthMode::PreloginOnly,
            2 => AuthMode::Custom,
            _ => {
                let message =
                    "The authentication mode must be one of ENetServer.AuthMode; it stays as it was.";
                misuse(Error::ERR_INVALID_PARAMETER, message);
                return;
            }
        };
        this.bind().hooks.borrow_mut().auth_mode = mode;
    }

    /// Who lets clients in. See [method set_authentication_mode].
    #[func]
    fn get_authentication_mode(&self) -> AuthModeValue {
        AuthModeValue(self.hooks.borrow().auth_mode as i64)
    }

    /// Seconds that a client has from connecting to being let in; then it is turned away with the reason
    /// "Authentication timed out". 10 at first, 0 for no limit. Counts for clients that connect from now on.
    #[func(gd_self)]
    fn set_authentication_timeout(this: Gd<Self>, timeout: f64) {
        match Duration::try_from_secs_f64(timeout) {
            Ok(limit) => this.bind().settings.borrow_mut().authentication_timeout = limit,
            Err(_) => {
                let message =
                    "The authentication timeout must be a number of seconds, 0 or more; it stays as it was.";
                misuse(Error::ERR_INVALID_PARAMETER, message);
            }
        }
    }

    /// Seconds that a client has from connecting to being let in; 0 for no limit. See
    /// [method set_authentication_timeout].
    #[func]
    fn get_authentication_timeout(&self) -> f64 {
        self.settings.borrow().authentication_timeout.as_secs_f64()
    }

    /// The callable that decides on logins in [constant AUTH_CUSTOM]. It is called with
    /// [code](peer, login_data)[/code] and may return
    /// a [bool]; a [Dictionary] with [code]authenticated[/code] (a [bool]) and, if the client should be told,
    /// [code]reason[/code] (a [String]); a [Signal] whose first argument will be one of these; or nothing, and call
    /// [method ENetServerPeer.authenticate] or [method ENetServerPeer.reject] later. It may be a coroutine.
    ///
    /// A refused login ends with the reason "Authentication failed" unless another one is given. Does not change the
    /// mode. [method stop_server] forgets the callable.
    ///
    /// ```gdscript
    /// var check := func(_peer: ENetServerPeer, login: Dictionary) -> bool: return login.get("password") == "swordfish"
    /// ENetServer.set_custom_authenticator(check)
    /// ENetServer.set_authentication_mode(ENetServer.AUTH_CUSTOM)
    /// ```
    #[func(gd_self)]
    fn set_custom_authenticator(this: Gd<Self>, callable: Callable) {
        if !callable.is_valid() {
            let message = "The authenticator must be a callable whose object exists and has the method.";
            misuse(Error::ERR_INVALID_PARAMETER, message);
            return;
        }
        let replaced = {
            let this = this.bind();
            let mut hooks = this.hooks.borrow_mut();
            hooks.is_authenticator_reported = false;
            hooks.authenticator.replace(callable)
        };
        drop(replaced);
    }

    /// Milliseconds that the network thread sleeps at most while nothing happens; 1 or more, 10 at first. Traffic wakes
    /// it at once, so this does not limit speed. The shortest of server and client counts.
    #[func(gd_self)]
    fn set_poll_rate(this: Gd<Self>, rate_ms: i64) {
        let this = this.bind();
        let Ok(interval) = settings::poll_interval(rate_ms) else { return };
        this.settings.borrow_mut().poll_interval = interval;
        if let Some(session) = this.session.borrow().as_ref() {
            session.host.set_poll_interval(interval);
        }
    }

    /// Milliseconds that the network thread sleeps at most while nothing happens. See [method set_poll_rate].
    #[func]
    fn get_poll_rate(&self) -> i64 {
        self.settings.borrow().poll_rate()
    }

    /// Encrypts the server by DTLS, from the next [method create_server] on. The options are made by
    /// [method TLSOptions.server]; null turns it off again. Clients need DTLS too: [method ENetClient.set_dtls], or the
    /// engine's [method ENetConnection.dtls_client_setup].
    ///
    /// Returns [constant OK]; [constant ERR_ALREADY_IN_USE] when the server runs; [constant ERR_INVALID_PARAMETER] for
    /// options of another kind, or a key and a certificate that cannot be used; [constant ERR_UNAVAILABLE] in a build
    /// without DTLS. After an error it is as it was.
    #[func(gd_self)]
    fn set_dtls(this: Gd<Self>, options: OptionalTlsOptions) -> Error {
        code(this.bind().set_encryption(&options))
    }

    /// How packets are compressed on the wire: one of [enum CompressionMode], which must be the same on both sides, or
    /// they cannot connect. The modes of [enum ENetConnection.CompressionMode] are the engine's own, with the same
    /// numbers. [constant COMPRESS_NONE] at first. Takes effect at once, also on a running server, and stays for the
    /// next one. Any other number is an error and changes nothing.
    #[func(gd_self)]
    fn set_compression_mode(this: Gd<Self>, mode: i64) {
        let this = this.bind();
        let Ok(compression) = settings::compression(mode) else { return };
        this.settings.borrow_mut().compression = compression;
        if let Some(session) = this.session.borrow().as_ref() {
            session.host.set_compression(compression);
        }
    }
}
