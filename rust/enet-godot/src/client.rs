//! `ENetClient`: the methods, signals and settings that scripts see. What happens between them is in
//! [`client_session`](crate::client_session). It is re-entered by the rules of [`server`](crate::server).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use godot::global::Error;
use godot::prelude::*;

use crate::class_enum::class_enum;
use crate::client_session::{Session, Status};
use crate::discovery::SearchSession;
use crate::events::EventTable;
use crate::outgoing::{self, code};
use crate::script_types::{ConnectionStatusValue, NodeArg, OptionalTlsOptions};
use crate::settings::{self, Settings};
use crate::simulation::Simulation;
use crate::{callable, codec, reasons, statistics, tls};

/// The connection to a game server, on a network thread of its own, over ENet.
///
/// Start it with [method connect_to_server]; [signal connected_to_server] or [signal connection_failed] follows. Values
/// that the server sends arrive in [signal packet_received] or at the handlers of [method register_event].
///
/// The network thread receives, acknowledges and resends whatever the game is doing; signals are emitted on the main
/// thread, before the nodes' [code]_process[/code] in each frame, also while the game is paused. All methods are for the
/// main thread. The server can be an [ENetServer], or any other ENet or Godot server.
///
/// ```gdscript
/// extends Node
///
/// func _ready() -> void:
///     ENetClient.connected_to_server.connect(_on_connected)
///     ENetClient.connection_failed.connect(_on_failed)
///     ENetClient.register_event("chat", _on_chat)
///     ENetClient.connect_to_server("127.0.0.1", 7777)
///
/// func _on_connected() -> void:
///     ENetClient.trigger_event("chat", {"text": "Hello!"})
///
/// func _on_failed(reason: String) -> void:
///     print("no connection: ", reason)
///
/// func _on_chat(payload: Dictionary, _channel: int) -> void:
///     print(payload["text"])
/// ```
#[derive(GodotClass)]
#[class(singleton, init, base = Object)]
pub(crate) struct ENetClient {
    /// Counts the sessions, begun and ended.
    pub(crate) generation: Cell<u64>,
    pub(crate) session: RefCell<Option<Session>>,
    /// Stays when a session ends.
    pub(crate) events: RefCell<EventTable<Callable>>,
    pub(crate) settings: RefCell<Settings>,
    /// How the next session is encrypted.
    pub(crate) dtls: RefCell<Option<tls::ClientTerms>>,
    pub(crate) simulation: Rc<Simulation>,
    pub(crate) search: RefCell<Option<SearchSession>>,
    base: Base<Object>,
}

class_enum! {
    ENetClient, ConnectionStatus {
        /// Neither connected nor connecting.
        STATUS_DISCONNECTED = Status::Disconnected as i64,
        /// The server's name is being looked up, or its answer is awaited.
        STATUS_CONNECTING = Status::Connecting as i64,
        /// Packets can be sent.
        STATUS_CONNECTED = Status::Connected as i64,
    }
}

#[godot_api]
impl ENetClient {
    /// The connection is made and packets can be sent. A server that wants a login expects it now, as a Dictionary.
    #[signal]
    pub(crate) fn connected_to_server();

    /// The attempt of [method connect_to_server] failed. [param reason] can be shown to a player.
    #[signal]
    pub(crate) fn connection_failed(reason: GString);

    /// The connection has ended, for the reason that the server gave or that was passed to
    /// [method disconnect_from_server], else "Connection lost". Emitted at the end of the frame; [method
    /// connect_to_server] may be called in a handler.
    #[signal]
    pub(crate) fn disconnected_from_server(reason: GString);

    /// A value arrived: anything but an event that has a handler.
    #[signal]
    pub(crate) fn packet_received(packet: Variant, channel: i64);

    /// A packet arrived. Emitted with its bytes, type byte included, before it is decoded and the other signals are
    /// emitted; also when it cannot be decoded.
    #[signal]
    pub(crate) fn raw_packet_received(data: PackedByteArray, channel: i64);

    /// A registered event arrived; its handler has been called.
    #[signal]
    pub(crate) fn custom_event_received(event_name: GString, payload: Variant, channel: i64);

    /// An event without a handler arrived. [signal packet_received] follows with the whole dictionary.
    #[signal]
    pub(crate) fn unknown_event_received(event_name: GString, payload: Variant, channel: i64);

    /// A server in the local network answered [method discover]. Emitted once for each server, with `address` ([String]) and
    /// `port` ([int]) for [method connect_to_server], `name` ([String]), `players` and `max_players` ([int]), `info`
    /// ([Dictionary], whatever the server's game put in) and `ping` ([int], in milliseconds). Who answers, and what, is not
    /// verified.
    #[signal]
    pub(crate) fn server_discovered(server: VarDictionary);

    /// The search of [method discover] is over. `servers` holds the dictionary of every [signal server_discovered].
    #[signal]
    pub(crate) fn discovery_finished(servers: VarArray);

    /// Begins to connect to a host name or an IPv4 or IPv6 address, at a port from 1 to 65535, with 1 to 255 channels
    /// (0 means 255); the server may grant fewer. Never blocks. [signal connected_to_server] or
    /// [signal connection_failed] follows, the latter within 6 seconds.
    ///
    /// Returns [constant OK]; [constant ERR_ALREADY_IN_USE] when already connected or connecting;
    /// [constant ERR_INVALID_PARAMETER] for an empty address or a number out of range; [constant ERR_CANT_CREATE] when
    /// the system gives no socket.
    #[func(gd_self)]
    fn connect_to_server(
        this: Gd<Self>,
        address: GString,
        port: i64,
        #[opt(default = 2)] channels: i64,
    ) -> Error {
        code(this.bind().open(&address.to_string(), port, channels))
    }

    /// Ends the connection, or the attempt to connect. What was sent before is still delivered, in the background and within
    /// [method set_linger_time], and the server is given the reason; an empty one becomes "Disconnected". The client can connect again at once;
    /// [signal disconnected_from_server] follows at the end of the frame.
    ///
    /// Registered events stay. Does nothing when disconnected.
    #[func(gd_self)]
    fn disconnect_from_server(this: Gd<Self>, #[opt(default = "")] reason: GString) {
        this.bind().leave(&reasons::or_default(reason.to_string(), reasons::DISCONNECTED));
    }

    /// Whether packets can be sent.
    #[func]
    fn is_connected_to_server(&self) -> bool {
        self.status() == Status::Connected
    }

    /// Where the connection stands.
    #[func]
    fn get_connection_status(&self) -> ConnectionStatusValue {
        ConnectionStatusValue(self.status() as i64)
    }

    /// The address that was passed to [method connect_to_server], or an empty text when disconnected.
    #[func]
    fn get_server_address(&self) -> GString {
        self.session.borrow().as_ref().map(|session| GString::from(session.address())).unwrap_or_default()
    }

    /// The port that was passed to [method connect_to_server], or 0 when disconnected.
    #[func]
    fn get_server_port(&self) -> i64 {
        self.session.borrow().as_ref().map_or(0, |session| i64::from(session.port()))
    }

    /// Round-trip time to the server in milliseconds, measured by the network thread and smoothed; frame time is not in
    /// it. Until the first answer it is ENet's initial guess of 500; 0 when not connected.
    #[func]
    fn get_ping(&self) -> i64 {
        self.stats().map_or(0, |stats| i64::from(stats.round_trip_time_ms))
    }

    /// One of the values of [enum ENetPacketPeer.PeerStatistic], in the unit given there; times are in milliseconds. 0
    /// when not connected. Any other number is an error, and 0.
    #[func]
    fn get_statistic(&self, statistic: i64) -> f64 {
        self.stats().map_or(0.0, |stats| statistics::read(&stats, statistic))
    }

    /// Sends any value to the server. Reliable packets arrive once and in order on their channel; others may be lost or
    /// overtake each other.
    ///
    /// Returns [constant OK]; [constant ERR_UNCONFIGURED] when not connected; [constant ERR_INVALID_PARAMETER] for a
    /// channel that was not opened; [constant ERR_INVALID_DATA] for a value that cannot be encoded, or makes a packet
    /// above 32 MiB; [constant ERR_BUSY] when too much is waiting to be sent.
    ///
    /// ```gdscript
    /// ENetServer.packet_received.connect(func(_peer: ENetServerPeer, packet: Variant, _channel: int) -> void: print(packet))
    /// ENetClient.send_packet([1, 2, 3])  # prints: [1, 2, 3]
    /// ```
    #[func(gd_self)]
    fn send_packet(
        this: Gd<Self>,
        packet: Variant,
        #[opt(default = 0)] channel: i64,
        #[opt(default = true)] reliable: bool,
    ) -> Error {
        let encode = || codec::encode_auto(&packet).map_err(outgoing::not_encoded);
        code(this.bind().send(channel, reliable, encode))
    }

    /// Sends bytes as they are, without the type byte of the packet format: for servers with a protocol of their own.
    /// An [ENetServer] sees them in [signal ENetServer.raw_packet_received].
    ///
    /// Returns what [method send_packet] returns, and [constant ERR_INVALID_PARAMETER] for an empty array.
    #[func(gd_self)]
    fn send_raw_packet(
        this: Gd<Self>,
        data: PackedByteArray,
        #[opt(default = 0)] channel: i64,
        #[opt(default = true)] reliable: bool,
    ) -> Error {
        code(this.bind().send(channel, reliable, || outgoing::raw_bytes(&data)))
    }

    /// Sends the state of a node reliably. [param flags] are [enum ENetPacketUtils.NodeSyncFlags]; see
    /// [method ENetPacketUtils.encode_node].
    ///
    /// Returns what [method send_packet] returns, and [constant ERR_INVALID_PARAMETER] for a node that is null or
    /// freed.
    #[func(gd_self)]
    fn send_node_state(this: Gd<Self>, node: NodeArg, flags: i64, #[opt(default = 0)] channel: i64) -> Error {
        code(this.bind().send(channel, true, || outgoing::node_bytes(node, flags)))
    }

    /// Sends a named event. Names that begin with an underscore are reserved.
    ///
    /// Returns what [method send_packet] returns, and [constant ERR_INVALID_PARAMETER] for a name that cannot be used.
    #[func(gd_self)]
    fn trigger_event(
        this: Gd<Self>,
        event_name: GString,
        payload: AnyDictionary,
        #[opt(default = 0)] channel: i64,
        #[opt(default = true)] reliable: bool,
    ) -> Error {
        code(this.bind().send(channel, reliable, || outgoing::event_bytes(&event_name, &payload)))
    }

    /// Calls [param callback] with [code](payload, channel)[/code] for every event of this name;
    /// [signal custom_event_received] follows. There is one handler for each name; a new one replaces it. Names that
    /// begin with an underscore are reserved. Stays until [method unregister_event].
    ///
    /// ```gdscript
    /// ENetClient.register_event("score", func(payload: Dictionary, _channel: int) -> void: print(payload))
    /// ENetServer.trigger_event_to_all("score", {"red": 3})  # prints: { "red": 3 }
    /// ```
    #[func(gd_self)]
    fn register_event(this: Gd<Self>, event_name: GString, callback: Callable) {
        let Ok(name) = callable::check_handler(&event_name, &callback) else { return };
        let replaced = this.bind().events.borrow_mut().insert(name, callback);
        drop(replaced);
    }

    /// Forgets the handler of the event. Does nothing when there is none.
    #[func(gd_self)]
    fn unregister_event(this: Gd<Self>, event_name: GString) {
        let forgotten = this.bind().events.borrow_mut().unregister(&event_name.to_string());
        drop(forgotten);
    }

    /// Whether the event has a handler.
    #[func]
    fn has_event(&self, event_name: GString) -> bool {
        self.events.borrow().contains(&event_name.to_string())
    }

    /// Milliseconds that the network thread sleeps at most while nothing happens; 1 or more, 10 at first. Traffic wakes
    /// it at once, so this does not limit speed. The shortest of server and client counts.
    #[func(gd_self)]
    fn set_poll_rate(this: Gd<Self>, rate_ms: i64) {
        let this = this.bind();
        let Ok(interval) = settings::poll_interval(rate_ms) else { return };
        this.settings.borrow_mut().poll_interval = interval;
        if let Some(session) = this.session.borrow().as_ref() {
            session.set_poll_interval(interval);
        }
    }

    /// Milliseconds that the network thread sleeps at most while nothing happens. See [method set_poll_rate].
    #[func]
    fn get_poll_rate(&self) -> i64 {
        self.settings.borrow().poll_rate()
    }

    /// Encrypts the connection by DTLS, from the next [method connect_to_server] on. The options are made by
    /// [method TLSOptions.client] or [method TLSOptions.client_unsafe]; null turns it off again. The server's
    /// certificate must be for [param hostname], or if that is empty for the address of [method connect_to_server],
    /// unless the options name another. What is wrong with a certificate is the reason of [signal connection_failed].
    ///
    /// Returns [constant OK]; [constant ERR_ALREADY_IN_USE] when connected or connecting;
    /// [constant ERR_INVALID_PARAMETER] for options of another kind, certificates that cannot be read, or what is no
    /// name; [constant ERR_UNAVAILABLE] in a build without DTLS. After an error it is as it was.
    #[func(gd_self)]
    fn set_dtls(
        this: Gd<Self>,
        options: OptionalTlsOptions,
        #[opt(default = "")] hostname: GString,
    ) -> Error {
        code(this.bind().set_encryption(&options, &hostname.to_string()))
    }

    /// How packets are compressed on the wire: one of [enum ENetServer.CompressionMode], which must be the same on both
    /// sides, or they cannot connect. [constant ENetServer.COMPRESS_NONE] at first. Takes effect at once, also on a
    /// connection that stands, and stays for the next one. Any other number is an error and changes nothing.
    #[func(gd_self)]
    fn set_compression_mode(this: Gd<Self>, mode: i64) {
        let this = this.bind();
        let Ok(compression) = settings::compression(mode) else { return };
        this.settings.borrow_mut().compression = compression;
        if let Some(session) = this.session.borrow().as_ref() {
            session.set_compression(compression);
        }
    }
}
