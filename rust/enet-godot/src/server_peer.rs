//! `ENetServerPeer`: one client, as the server's scripts see it.
//!
//! The object only remembers and asks; what changes the session goes through [`ENetServer`], which owns it. An object
//! that outlives its connection answers with what was last known, and its session's end keeps it from reaching a peer
//! of a later session that has the same id.

use std::cell::{Ref, RefCell, RefMut};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use enet_driver::PeerLink;
use enet_driver::enet_proto::{PeerId, PeerRates};
use godot::global::Error;
use godot::prelude::*;

use crate::class_enum::class_enum;
use crate::lifecycle::{AuthState, ConnectionState, Lifecycle};
use crate::script_types::{AuthStateValue, ConnectionStateValue, DictionaryValue};
use crate::server::ENetServer;
use crate::server_peer_limits::{number, timeouts};
use crate::{codec, outgoing, reasons, statistics};

/// What does not change as long as a connection lasts.
pub(crate) struct Connection {
    pub(crate) remote: PeerId,
    pub(crate) address: SocketAddr,
    pub(crate) channels: u8,
    pub(crate) link: Arc<PeerLink>,
}

/// One client of [ENetServer].
///
/// Made by the server for every connection and handed to its signals; it cannot be created by a script. The object
/// stays readable after the connection has ended.
///
/// ```gdscript
/// for one: ENetServerPeer in ENetServer.get_peers():
///     print("%d from %s" % [one.peer_id, one.remote_address])  # prints: 1 from 127.0.0.1
///     one.custom_data["seen"] = Time.get_ticks_msec()
/// ```
#[derive(GodotClass)]
#[class(no_init, base = RefCounted)]
pub(crate) struct ENetServerPeer {
    connection: Connection,
    id: i64,
    life: RefCell<Lifecycle>,
    data: RefCell<DictionaryValue>,

    /// What became of the client's login. Read-only.
    #[var(get = get_auth_state, no_set)]
    auth_state: PhantomVar<AuthStateValue>,
    /// Where the connection stands. Read-only.
    #[var(get = get_connection_state, no_set)]
    connection_state: PhantomVar<ConnectionStateValue>,
    /// Anything that the game wants to keep with this client. Never sent, never read by the server.
    #[var(get = get_custom_data, set = set_custom_data)]
    custom_data: PhantomVar<DictionaryValue>,
    /// The id by which the server's methods know the client: 1 or more, and never given to another one while the server
    /// runs. Read-only.
    #[var(get = get_peer_id, no_set)]
    peer_id: PhantomVar<i64>,
    /// The client's IP address. Read-only.
    #[var(get = get_remote_address, no_set)]
    remote_address: PhantomVar<GString>,
    /// The client's UDP port. Read-only.
    #[var(get = get_remote_port, no_set)]
    remote_port: PhantomVar<i64>,

    base: Base<RefCounted>,
}

class_enum! {
    ENetServerPeer, ConnectionState {
        /// The handshake is done and [signal ENetServer.peer_connecting] is being handled.
        STATE_CONNECTING = ConnectionState::Connecting as i64,
        /// The server waits for the login packet, or for the game's answer to it.
        STATE_PRELOGIN = ConnectionState::Prelogin as i64,
        /// The client takes part in the game.
        STATE_AUTHENTICATED = ConnectionState::Authenticated as i64,
        /// The connection is ending, or has ended.
        STATE_DISCONNECTING = ConnectionState::Disconnecting as i64,
    }
}

class_enum! {
    ENetServerPeer, AuthState {
        /// No answer yet.
        AUTH_PENDING = AuthState::Pending as i64,
        /// The client was let in.
        AUTH_APPROVED = AuthState::Approved as i64,
        /// The client was turned away.
        AUTH_REJECTED = AuthState::Rejected as i64,
    }
}

#[godot_api]
impl ENetServerPeer {
    /// Lets the client in: [signal ENetServer.peer_authenticated] is emitted before this returns.
    ///
    /// Does nothing when the client was let in already or has left, so a late answer to a login is harmless.
    #[func(gd_self)]
    fn authenticate(this: Gd<Self>) {
        ENetServer::singleton().bind().approve(&this);
    }

    /// Turns the client away. Its [signal ENetClient.disconnected_from_server] and
    /// [signal ENetServer.peer_disconnected] give the reason; the latter follows when the client has confirmed, or after 2 seconds.
    ///
    /// An empty reason becomes "Rejected". Does nothing when the connection is ending or has ended.
    #[func(gd_self)]
    fn reject(this: Gd<Self>, #[opt(default = "")] reason: GString) {
        let reason = reasons::or_default(reason.to_string(), reasons::REJECTED);
        ENetServer::singleton().bind().part(&this, &reason, true);
    }

    /// Ends the connection after everything sent so far was delivered. The client's
    /// [signal ENetClient.disconnected_from_server] and [signal ENetServer.peer_disconnected] give the reason; the
    /// latter follows when the client has confirmed, or after 2 seconds.
    ///
    /// An empty reason becomes "Kicked". Does nothing when the connection is ending or has ended.
    #[func(gd_self)]
    fn disconnect_peer(this: Gd<Self>, #[opt(default = "")] reason: GString) {
        let reason = reasons::or_default(reason.to_string(), reasons::KICKED);
        ENetServer::singleton().bind().part(&this, &reason, false);
    }

    /// Seconds since [signal ENetServer.peer_connecting]. Stops with the connection.
    #[func]
    fn get_connection_time(&self) -> f64 {
        self.life().seconds(Instant::now())
    }

    /// Round-trip time to the client in milliseconds, measured by the network thread and smoothed; frame time is not
    /// in it. Until the first answer it is ENet's initial guess of 500.
    #[func]
    fn get_ping(&self) -> i64 {
        i64::from(self.connection.link.stats().round_trip_time_ms)
    }

    /// One of the values of [enum ENetPacketPeer.PeerStatistic], in the unit given there; times are in milliseconds.
    /// Any other number is an error, and 0.
    #[func]
    fn get_statistic(&self, statistic: i64) -> f64 {
        statistics::read(&self.connection.link.stats(), statistic)
    }

    /// Packets and bytes that this client may send in a second, instead of what
    /// [method ENetServer.set_peer_packet_rate] and [method ENetServer.set_peer_byte_rate] set for all; 0 for no limit.
    /// Setting those again counts for this client, too.
    #[func(gd_self)]
    fn set_rate_limit(this: Gd<Self>, packets_per_second: i64, bytes_per_second: i64) {
        let packets = number(packets_per_second, 0, u32::MAX, "packet rate");
        let (Ok(packets), Ok(bytes)) = (packets, number(bytes_per_second, 0, u32::MAX, "byte rate")) else {
            return;
        };
        ENetServer::singleton().bind().tune(&this, |host, remote, limits| {
            host.set_rates(remote, PeerRates { packets, bytes, ..limits.rates });
        });
    }

    /// When this client is given up if it acknowledges nothing: see [method ENetServer.set_peer_timeout], which counts for
    /// this client, too, when it is called later.
    #[func(gd_self)]
    fn set_timeout(this: Gd<Self>, timeout: i64, timeout_min: i64, timeout_max: i64) {
        let Ok(timeouts) = timeouts(timeout, timeout_min, timeout_max) else { return };
        ENetServer::singleton().bind().tune(&this, |host, remote, _| host.set_timeouts(remote, timeouts));
    }

    /// What the connection measures and counts, by name: round-trip time and its variance in milliseconds, loss and throttle as
    /// shares from 0 to 1, bytes, datagrams, packets by kind, retransmissions, how full the queues are. The page "Statistics" of
    /// the addon's documentation explains each. As of the last packet from or to the client; never waits for the network thread.
    #[func]
    fn get_statistics(&self) -> VarDictionary {
        statistics::of_peer(&self.connection.link.stats())
    }

    /// Sends any value to this client, also before it is authenticated. [param channel] is one of those the client
    /// opened. Reliable packets arrive once and in order on their channel; others may be lost or overtake each other.
    ///
    /// Returns [constant OK]; [constant ERR_INVALID_PARAMETER] for a channel that was not opened;
    /// [constant ERR_INVALID_DATA] for a value that cannot be encoded, or makes a packet above 32 MiB;
    /// [constant ERR_BUSY] when too much is waiting to be sent; [constant ERR_CONNECTION_ERROR] when the client is
    /// leaving or gone.
    #[func(gd_self)]
    fn send_packet(this: Gd<Self>, packet: Variant, channel: i64, reliable: bool) -> Error {
        let encode = || codec::encode_auto(&packet).map_err(outgoing::not_encoded);
        outgoing::code(ENetServer::singleton().bind().send_to(&this, channel, reliable, encode))
    }

    /// Sends bytes as they are, without the type byte of the packet format: for clients with a protocol of their own.
    /// An [ENetClient] sees them in [signal ENetClient.raw_packet_received].
    ///
    /// Returns what [method send_packet] returns, and [constant ERR_INVALID_PARAMETER] for an empty array.
    #[func(gd_self)]
    fn send_raw_packet(this: Gd<Self>, data: PackedByteArray, channel: i64, reliable: bool) -> Error {
        let encode = || outgoing::raw_bytes(&data);
        outgoing::code(ENetServer::singleton().bind().send_to(&this, channel, reliable, encode))
    }

    /// The id by which the server's methods know this client: 1 or more.
    #[func]
    pub(crate) fn get_peer_id(&self) -> i64 {
        self.id
    }

    /// The client's IP address. IPv4 addresses are in dotted form, also on a server that listens on IPv6.
    #[func]
    fn get_remote_address(&self) -> GString {
        GString::from(&self.connection.address.ip().to_string())
    }

    /// The client's UDP port.
    #[func]
    fn get_remote_port(&self) -> i64 {
        i64::from(self.connection.address.port())
    }

    /// Where the connection stands.
    #[func]
    fn get_connection_state(&self) -> ConnectionStateValue {
        ConnectionStateValue(self.life().state() as i64)
    }

    /// What became of the client's login.
    #[func]
    fn get_auth_state(&self) -> AuthStateValue {
        AuthStateValue(self.life().auth() as i64)
    }

    /// The dictionary that the game keeps with this client, empty at first. It is the dictionary itself, not a copy.
    #[func]
    fn get_custom_data(&self) -> DictionaryValue {
        self.data.borrow().clone()
    }

    /// Keeps [param data] with this client. It is never sent, and never read by the server.
    #[func]
    fn set_custom_data(&self, data: DictionaryValue) {
        // The dictionary that is replaced may free objects, whose scripts may come here again.
        let replaced = self.data.replace(data);
        drop(replaced);
    }
}

impl ENetServerPeer {
    pub(crate) fn create(id: i64, connection: Connection, now: Instant) -> Gd<Self> {
        Gd::from_init_fn(|base| Self {
            connection,
            id,
            life: RefCell::new(Lifecycle::begin(now)),
            data: RefCell::new(DictionaryValue(VarDictionary::new().upcast_any_dictionary())),
            auth_state: PhantomVar::default(),
            connection_state: PhantomVar::default(),
            custom_data: PhantomVar::default(),
            peer_id: PhantomVar::default(),
            remote_address: PhantomVar::default(),
            remote_port: PhantomVar::default(),
            base,
        })
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// For a look; not to be held while a signal is emitted.
    pub(crate) fn life(&self) -> Ref<'_, Lifecycle> {
        self.life.borrow()
    }

    /// For a change; not to be held while a signal is emitted.
    pub(crate) fn life_mut(&self) -> RefMut<'_, Lifecycle> {
        self.life.borrow_mut()
    }
}
