//! `ENetMultiplayerPeer`: the methods that scripts call. What the engine calls is in
//! [`multiplayer_virtuals`](super::multiplayer_virtuals), the state in [`multiplayer_core`](super::multiplayer_core).

use std::collections::BTreeMap;
use std::rc::Rc;

use godot::classes::MultiplayerPeerExtension;
use godot::global::Error;
use godot::prelude::*;

use super::arguments::{self, code, invalid};
use super::connection::ENetConnection;
use super::mode;
use super::multiplayer_core::{Core, INACTIVE, Role, SERVER_ID};
use super::packet_peer::ENetPacketPeer;
use crate::outgoing::misuse;

/// ENet for the engine's high-level multiplayer, in the place of the engine's [ENetMultiplayerPeer].
///
/// Create a server, a client or a mesh and assign it to [member MultiplayerAPI.multiplayer_peer]. RPCs, spawners and
/// synchronizers work as they do with the engine's class, and both understand each other.
///
/// The network is looked after by a background thread: a frame that takes long delays the game, but no connection times
/// out, nothing reliable is lost, and round-trip times stay true. What one frame sends to one peer shares its datagrams and
/// leaves within a few milliseconds.
///
/// ```gdscript
/// extends Node
///
/// func _ready() -> void:
///     var peer := ENetThreadedMultiplayerPeer.new()
///     peer.create_server(7777)
///     multiplayer.multiplayer_peer = peer
///
/// @rpc("any_peer", "reliable")
/// func say(text: String) -> void:
///     print(multiplayer.get_remote_sender_id(), " says ", text)
/// ```
#[derive(GodotClass)]
#[cfg_attr(
    not(feature = "engine-names"),
    class(init, tool, base = MultiplayerPeerExtension, rename = ENetThreadedMultiplayerPeer)
)]
#[cfg_attr(feature = "engine-names", class(init, tool, base = MultiplayerPeerExtension))]
pub(crate) struct ENetMultiplayerPeer {
    core: Rc<Core>,

    /// The [ENetThreadedConnection] of a server or client. Read-only.
    #[var(get = get_host, no_set, usage_flags = [NONE])]
    host: PhantomVar<Option<Gd<ENetConnection>>>,

    base: Base<MultiplayerPeerExtension>,
}

#[godot_api]
impl ENetMultiplayerPeer {
    /// Starts a server on a UDP port, 0 for a free one, for 1 to 4095 clients. [param max_channels] is how many
    /// channels of their own, beside channel 0, RPCs can use: 1 to 253, 0 for as many as there are. The bandwidths are
    /// in bytes a second, 0 for no limit.
    ///
    /// Returns [constant OK]; [constant ERR_ALREADY_IN_USE] when this peer is in use; [constant ERR_INVALID_PARAMETER]
    /// for an argument out of range; [constant ERR_CANT_CREATE] when the port cannot be opened, for example because
    /// another program uses it.
    #[func(gd_self)]
    fn create_server(
        this: Gd<Self>,
        port: i64,
        #[opt(default = 32)] max_clients: i64,
        #[opt(default = 0)] max_channels: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) -> Error {
        let this = this.bind();
        code((|| {
            this.core.check_unused()?;
            let port = arguments::port(port, 0)?;
            let channels = channels(max_channels)?;
            let bandwidth = (in_bandwidth, out_bandwidth);
            let terms =
                arguments::terms(this.core.bind_ip.get(), port, max_clients, i64::from(channels), bandwidth)?;
            let connection = this.core.new_connection();
            connection.bind().open(terms)?;
            this.core.begin(Role::Server(connection), SERVER_ID);
            Ok(())
        })())
    }

    /// Begins to connect to a server by name or by IPv4 or IPv6 address. [param channel_count] is how many channels of
    /// its own, beside channel 0, RPCs can use: 1 to 253, 0 for as many as there are. The bandwidths are in bytes a
    /// second, 0 for no limit. [param local_port] is the port to connect from, 0 for a free one.
    ///
    /// Never blocks: a name is looked up in the background. [signal MultiplayerPeer.peer_connected] for peer 1 follows,
    /// or the status becomes disconnected, after about 30 seconds when nobody answers.
    ///
    /// Returns [constant OK]; [constant ERR_ALREADY_IN_USE] when this peer is in use; [constant ERR_INVALID_PARAMETER]
    /// for an argument out of range; [constant ERR_CANT_CREATE] for a port that does not exist, an empty address, or
    /// when no socket can be made.
    #[func(gd_self)]
    fn create_client(
        this: Gd<Self>,
        address: GString,
        port: i64,
        #[opt(default = 0)] channel_count: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
        #[opt(default = 0)] local_port: i64,
    ) -> Error {
        let this = this.bind();
        code((|| {
            this.core.check_unused()?;
            let local_port = arguments::port(local_port, 0)?;
            let bind = if local_port == 0 { None } else { this.core.bind_ip.get() };
            let channels = channels(channel_count)?;
            let terms = arguments::terms(bind, local_port, 1, 0, (in_bandwidth, out_bandwidth))?;
            let connection = this.core.new_connection();
            connection.bind().open(terms)?;
            let id = arguments::client_id(this.to_gd().generate_unique_id());
            let server = connection
                .bind()
                .connect(&address.to_string(), port, i64::from(channels), id.unsigned_abs())
                .map_err(|_| Error::ERR_CANT_CREATE)?;
            this.core.begin_client(connection, id, server);
            Ok(())
        })())
    }

    /// Becomes a member of a mesh, a game without a server, with this id. The others are added by [method add_mesh_peer].
    ///
    /// Returns [constant OK]; [constant ERR_INVALID_PARAMETER] for an id below 1; [constant ERR_ALREADY_IN_USE] when this
    /// peer is in use.
    #[func(gd_self)]
    fn create_mesh(this: Gd<Self>, unique_id: i64) -> Error {
        let this = this.bind();
        code((|| {
            let id = i32::try_from(unique_id).ok().filter(|&id| id > 0);
            let id = id.ok_or_else(|| invalid(&format!("{unique_id} cannot be the id of a peer.")))?;
            this.core.check_unused()?;
            this.core.begin(Role::Mesh(BTreeMap::new()), id);
            Ok(())
        })())
    }

    /// Adds another member of the mesh, over a host that has exactly one connection, which is made. From here on the host is
    /// serviced by this peer. [signal MultiplayerPeer.peer_connected] is emitted before this returns.
    ///
    /// Returns [constant OK]; [constant ERR_INVALID_PARAMETER] for an id below 1, or a host that is null or has another number
    /// of connections, or one that is not made; [constant ERR_UNCONFIGURED] when this peer is no mesh.
    #[func(gd_self)]
    fn add_mesh_peer(this: Gd<Self>, peer_id: i64, host: Option<Gd<ENetConnection>>) -> Error {
        let core = this.bind().core();
        let added = core.add_to_mesh(peer_id, host);
        if let Ok(id) = added {
            core.announce(&this, id, true);
        }
        code(added.map(drop))
    }

    /// The local address that [method create_server], and [method create_client] with a local port, will use: an IPv4 or IPv6
    /// address, or [code]"*"[/code] for all. Anything else is an error and changes nothing.
    #[func(gd_self)]
    fn set_bind_ip(this: Gd<Self>, ip: GString) {
        let this = this.bind();
        if let Ok(ip) = arguments::bind_address(&ip.to_string()) {
            this.core.bind_ip.set(ip);
        }
    }

    /// Simulates a bad network between this peer and all others, to try the game on one: a preset such as
    /// [code]"mobile"[/code], values such as [code]"latency=80,loss=0.05"[/code], both, or a [Dictionary]. [code]"off"[/code]
    /// turns the simulation off. See [method ENetServer.set_network_conditions]. May be called before and while this peer is in
    /// use; a mesh passes it to the hosts that it has.
    ///
    /// Returns [constant OK], or [constant ERR_INVALID_PARAMETER] for what cannot be simulated.
    #[func(gd_self)]
    fn set_network_conditions(this: Gd<Self>, conditions: Variant) -> Error {
        code(this.bind().core.simulate(&conditions))
    }

    /// What [method set_network_conditions] or the command line or the project have asked for: every value by its name, for
    /// either direction. Empty when nothing is simulated.
    #[func]
    fn get_network_conditions(&self) -> VarDictionary {
        self.core.simulation.to_dictionary()
    }

    /// The host of a server or client. Null, with an error, for a mesh and when not in use.
    #[func]
    fn get_host(&self) -> Option<Gd<ENetConnection>> {
        let host = match &*self.core.role.borrow() {
            Role::Server(host) | Role::Client(host) => Ok(host.clone()),
            Role::Mesh(_) => Err("A mesh has a host for each peer; see ENetPacketPeer and add_mesh_peer()."),
            Role::None => Err(INACTIVE),
        };
        host.map_err(|message| misuse(Error::ERR_UNCONFIGURED, message)).ok()
    }

    /// The connection to a peer; a client has one to the server, whose id is 1. Null, with an error, when there is none.
    #[func]
    fn get_peer(&self, id: i64) -> Option<Gd<ENetPacketPeer>> {
        self.core.peer(id).ok()
    }
}

impl ENetMultiplayerPeer {
    /// The state, which is safe to work with while the object is not bound.
    pub(super) fn core(&self) -> Rc<Core> {
        Rc::clone(&self.core)
    }
}

/// The ENet channels for `count` channels that a game named.
fn channels(count: i64) -> Result<u8, Error> {
    u8::try_from(count.max(0))
        .ok()
        .filter(|&count| i32::from(count) <= mode::LAST_TRANSFER_CHANNEL)
        .map(mode::channel_count)
        .ok_or_else(|| {
            let most = mode::LAST_TRANSFER_CHANNEL;
            invalid(&format!("There can be 0 to {most} channels beside channel 0, not {count}."))
        })
}
