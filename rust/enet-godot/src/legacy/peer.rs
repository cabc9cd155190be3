//! `NetworkedMultiplayerENet`: the methods that scripts call. What the engine calls is in [`virtuals`](super::virtuals), the
//! state in [`core`](super::core).

use std::rc::Rc;

use enet_driver::enet_proto::PeerTimeouts;
use godot::classes::{CryptoKey, MultiplayerPeerExtension, X509Certificate};
use godot::global::Error;
use godot::prelude::*;

use super::core::{Core, Role};
use super::wire;
use crate::class_enum::class_enum;
use crate::outgoing::misuse;
use crate::settings;
use crate::transport::arguments::{self, code, invalid};
use crate::transport::remote::{Remote, Stage};

/// Godot 3's ENet class, for projects that are being ported and for games whose other side is still a Godot 3.
///
/// It speaks Godot 3's wire format (3.2 to 3.6) and has Godot 3's methods, properties and defaults: clients know each other
/// through the server, which passes their packets on, and packets are compressed with the range coder unless
/// [member compression_mode] says otherwise. Between two of this class it also works as [member
/// MultiplayerAPI.multiplayer_peer]. With a real Godot 3 at the other end use [method PacketPeer.put_packet] and
/// [method PacketPeer.get_packet]: what the two engines put into an RPC is not the same.
///
/// For a new game use [ENetServer] and [ENetClient], or [ENetThreadedMultiplayerPeer].
///
/// ```gdscript
/// extends Node
///
/// var peer := NetworkedMultiplayerENet.new()
///
/// func _ready() -> void:
///     peer.peer_connected.connect(func(id: int) -> void: print("peer ", id))
///     peer.create_server(7777, 32)
///
/// func _process(_delta: float) -> void:
///     peer.poll()
///     while peer.get_available_packet_count() > 0:
///         print(peer.get_packet_peer(), " says ", peer.get_packet().get_string_from_utf8())
/// ```
#[derive(GodotClass)]
#[class(init, tool, base = MultiplayerPeerExtension)]
pub(crate) struct NetworkedMultiplayerENet {
    core: Rc<Core>,

    /// Whether unreliable packets are ordered, as if they were [constant MultiplayerPeer.TRANSFER_MODE_UNRELIABLE_ORDERED].
    #[var(get = is_always_ordered, set = set_always_ordered)]
    always_ordered: PhantomVar<bool>,

    /// How many ENet channels there are, 3 to 255. Channel 0 is the server's, 1 and 2 carry what has no channel of its own.
    /// Cannot be changed in use.
    #[var(get = get_channel_count, set = set_channel_count)]
    channel_count: PhantomVar<i64>,

    /// One of [enum CompressionMode], the same on both sides. Takes effect with the next [method create_server] or
    /// [method create_client].
    #[var(get = get_compression_mode, set = set_compression_mode)]
    compression_mode: PhantomVar<i64>,

    /// Whether a client wants the server's certificate verified, with [member use_dtls]. Cannot be changed in use.
    #[var(get = is_dtls_verify_enabled, set = set_dtls_verify_enabled)]
    dtls_verify: PhantomVar<bool>,

    /// Whether the server tells clients about each other and passes packets between them. Cannot be changed in use.
    #[var(get = is_server_relay_enabled, set = set_server_relay_enabled)]
    server_relay: PhantomVar<bool>,

    /// Whether connections are encrypted with DTLS. Cannot be changed in use.
    #[var(get = is_dtls_enabled, set = set_dtls_enabled)]
    use_dtls: PhantomVar<bool>,

    base: Base<MultiplayerPeerExtension>,
}

class_enum! {
    NetworkedMultiplayerENet, CompressionMode {
        /// Packets are not compressed.
        COMPRESS_NONE = 0,
        /// ENet's own range coder: the default, as from Godot 3.4 on. Older versions of Godot 3 have none by default.
        COMPRESS_RANGE_CODER = 1,
        /// FastLZ: little effort, little gain.
        COMPRESS_FASTLZ = 2,
        /// zlib: more of both.
        COMPRESS_ZLIB = 3,
        /// Zstandard.
        COMPRESS_ZSTD = 4,
    }
}

#[godot_api]
impl NetworkedMultiplayerENet {
    /// A client reached its server. [signal MultiplayerPeer.peer_connected] for peer 1 came just before.
    #[signal]
    pub(super) fn connection_succeeded();

    /// A client did not reach its server, or was not let in. It is not in use any more.
    #[signal]
    pub(super) fn connection_failed();

    /// A client lost its server. [signal MultiplayerPeer.peer_disconnected] for peer 1 came just before. The client is not in
    /// use any more.
    #[signal]
    pub(super) fn server_disconnected();

    /// Starts a server on a UDP port, 0 for a free one, for 1 to 4095 clients. The bandwidths are in bytes a second, 0 for no
    /// limit.
    ///
    /// Returns [constant OK]; [constant ERR_ALREADY_IN_USE] when this peer is in use; [constant ERR_INVALID_PARAMETER] for an
    /// argument out of range; [constant ERR_CANT_CREATE] when the port cannot be opened, for example because another program
    /// uses it.
    #[func(gd_self)]
    fn create_server(
        this: Gd<Self>,
        port: i64,
        #[opt(default = 32)] max_clients: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) -> Error {
        let core = this.bind().core();
        code((|| {
            core.check_unused()?;
            let port = arguments::port(port, 0)?;
            let bind = core.options.bind_ip.get();
            let host = core.open(bind, port, max_clients, (in_bandwidth, out_bandwidth), None)?;
            core.begin(Role::Server(host), wire::SERVER_ID);
            Ok(())
        })())
    }

    /// Begins to connect to a server by name or by IPv4 or IPv6 address. The bandwidths are in bytes a second, 0 for no
    /// limit. [param client_port] is the port to connect from, 0 for a free one.
    ///
    /// Never blocks: a name is looked up in the background. [signal connection_succeeded] or [signal connection_failed]
    /// follows, the latter after about 30 seconds when nobody answers.
    ///
    /// Returns [constant OK]; [constant ERR_ALREADY_IN_USE] when this peer is in use; [constant ERR_INVALID_PARAMETER]
    /// for an argument out of range; [constant ERR_CANT_CREATE] for an empty address, or when no socket can be made.
    #[func(gd_self)]
    fn create_client(
        this: Gd<Self>,
        address: GString,
        port: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
        #[opt(default = 0)] client_port: i64,
    ) -> Error {
        let core = this.bind().core();
        let drawn = this.generate_unique_id();
        code((|| {
            core.check_unused()?;
            let (port, client_port) = (arguments::port(port, 1)?, arguments::port(client_port, 0)?);
            if address.is_empty() {
                return Err(misuse(Error::ERR_CANT_CREATE, "The address of the server is empty."));
            }
            let bind = core.options.bind_ip.get().filter(|_| client_port != 0);
            let address = address.to_string();
            let host = core.open(bind, client_port, 1, (in_bandwidth, out_bandwidth), Some(&address))?;
            let id = arguments::client_id(drawn);
            let channels = core.options.channel_count.get();
            host.connect(&address, port, channels, id.unsigned_abs()).map_err(|_| Error::ERR_CANT_CREATE)?;
            core.begin(Role::Client(host), id);
            Ok(())
        })())
    }

    /// Ends the server or the connection, and tells the other side. No signal follows. Nothing happens when this peer
    /// is not in use. [param wait_usec] is there for Godot 3's sake: the goodbyes leave at once and nothing needs to
    /// wait for them.
    #[func(gd_self)]
    fn close_connection(this: Gd<Self>, #[opt(default = 100)] wait_usec: i64) {
        let _ = wait_usec;
        let core = this.bind().core();
        core.end();
    }

    /// The IP address of a peer, IPv4 in dotted form. A client has a connection to the server alone, whose id is 1. Empty, with
    /// an error, when there is no connection to that peer.
    #[func]
    fn get_peer_address(&self, id: i64) -> GString {
        let address = self.core.remote(id).ok().and_then(|remote| address_of(&remote));
        address.map(|address| GString::from(&address.ip().to_string())).unwrap_or_default()
    }

    /// The UDP port of a peer; see [method get_peer_address]. 0, with an error, when there is no connection to that peer.
    #[func]
    fn get_peer_port(&self, id: i64) -> i64 {
        let address = self.core.remote(id).ok().and_then(|remote| address_of(&remote));
        address.map_or(0, |address| i64::from(address.port()))
    }

    /// When a peer that acknowledges nothing is given up: after [param timeout_max] milliseconds, or as soon as a
    /// packet was sent so often that its waiting time has grown by the factor [param timeout_limit] and
    /// [param timeout_min] milliseconds have passed. They must be in ascending order, else nothing changes.
    #[func]
    fn set_peer_timeout(&self, id: i64, timeout_limit: i64, timeout_min: i64, timeout_max: i64) {
        let (Ok(host), Ok(remote)) = (self.core.host(), self.core.remote(id)) else { return };
        if timeout_limit > timeout_min || timeout_min > timeout_max {
            invalid("The timeouts must be in ascending order: timeout_limit, timeout_min, timeout_max.");
            return;
        }
        let value = |value| arguments::setting(value, "timeout");
        if let (Ok(limit), Ok(minimum_ms), Ok(maximum_ms)) =
            (value(timeout_limit), value(timeout_min), value(timeout_max))
        {
            host.set_timeouts(&remote, PeerTimeouts { limit, minimum_ms, maximum_ms });
        }
    }

    /// The ENet channel of the packet that was fetched last; -1 before the first.
    #[func]
    fn get_last_packet_channel(&self) -> i64 {
        if self.core.last_channel.get() == 0 { -1 } else { i64::from(self.core.last_channel.get()) }
    }

    /// How many packets made no sense and were dropped, since this object exists: without a whole prefix, from somebody else
    /// than they say or from nobody who is known, on the server's own channel, or to be passed on to nobody.
    #[func]
    fn get_dropped_packet_count(&self) -> i64 {
        i64::try_from(self.core.dropped.get()).unwrap_or(i64::MAX)
    }

    /// The UDP port of this side; 0, with an error, when this peer is not in use.
    #[func]
    fn get_local_port(&self) -> i64 {
        self.core.host().map_or(0, |host| i64::from(host.port()))
    }

    /// The local address that [method create_server], and [method create_client] with a client port, will use: an IPv4 or IPv6
    /// address, or [code]"*"[/code] for all. Anything else is an error and changes nothing.
    #[func]
    fn set_bind_ip(&self, ip: GString) {
        if let Ok(ip) = arguments::bind_address(&ip.to_string()) {
            self.core.options.bind_ip.set(ip);
        }
    }

    /// See [member always_ordered].
    #[func]
    fn set_always_ordered(&self, value: bool) {
        self.core.options.always_ordered.set(value);
    }

    /// See [member always_ordered].
    #[func]
    fn is_always_ordered(&self) -> bool {
        self.core.options.always_ordered.get()
    }

    /// See [member channel_count]. Anything else is an error and changes nothing.
    #[func]
    fn set_channel_count(&self, value: i64) {
        if self.core.check_unused().is_err() {
            return;
        }
        match u8::try_from(value).ok().filter(|&count| count >= wire::LEAST_CHANNELS) {
            Some(count) => self.core.options.channel_count.set(count),
            None => drop(invalid(&format!("There can be 3 to 255 channels, not {value}."))),
        }
    }

    /// See [member channel_count].
    #[func]
    fn get_channel_count(&self) -> i64 {
        i64::from(self.core.options.channel_count.get())
    }

    /// See [member compression_mode]; [constant ENetServer.COMPRESS_LZ4] is understood between two of this class. Anything
    /// else is an error and changes nothing.
    #[func]
    fn set_compression_mode(&self, value: i64) {
        if let Ok(compression) = settings::compression(value) {
            self.core.options.compression.set(compression);
        }
    }

    /// See [member compression_mode].
    #[func]
    fn get_compression_mode(&self) -> i64 {
        self.core.options.compression.get() as i64
    }

    /// See [member use_dtls].
    #[func]
    fn set_dtls_enabled(&self, value: bool) {
        if self.core.check_unused().is_ok() {
            self.core.options.use_dtls.set(value);
        }
    }

    /// See [member use_dtls].
    #[func]
    fn is_dtls_enabled(&self) -> bool {
        self.core.options.use_dtls.get()
    }

    /// See [member dtls_verify].
    #[func]
    fn set_dtls_verify_enabled(&self, value: bool) {
        if self.core.check_unused().is_ok() {
            self.core.options.dtls_verify.set(value);
        }
    }

    /// See [member dtls_verify].
    #[func]
    fn is_dtls_verify_enabled(&self) -> bool {
        self.core.options.dtls_verify.get()
    }

    /// The server's private key, for [member use_dtls].
    #[func]
    fn set_dtls_key(&self, key: Option<Gd<CryptoKey>>) {
        if self.core.check_unused().is_ok() {
            *self.core.options.dtls_key.borrow_mut() = key;
        }
    }

    /// The server's certificate, or the one that a client trusts, for [member use_dtls].
    #[func]
    fn set_dtls_certificate(&self, certificate: Option<Gd<X509Certificate>>) {
        if self.core.check_unused().is_ok() {
            *self.core.options.dtls_certificate.borrow_mut() = certificate;
        }
    }

    /// See [member server_relay].
    #[func]
    fn set_server_relay_enabled(&self, value: bool) {
        if self.core.check_unused().is_ok() {
            self.core.options.server_relay.set(value);
        }
    }

    /// See [member server_relay].
    #[func]
    fn is_server_relay_enabled(&self) -> bool {
        self.core.options.server_relay.get()
    }
}

impl NetworkedMultiplayerENet {
    /// The state, which is safe to work with while the object is not bound.
    pub(super) fn core(&self) -> Rc<Core> {
        Rc::clone(&self.core)
    }
}

fn address_of(remote: &Remote) -> Option<std::net::SocketAddr> {
    match &*remote.stage() {
        Stage::Made(connection) => Some(connection.address),
        _ => None,
    }
}
