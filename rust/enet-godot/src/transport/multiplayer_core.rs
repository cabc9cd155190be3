//! The state of an `ENetMultiplayerPeer`, and what it does with it: beginning, sending and ending. What it does with the
//! news of its hosts is in [`multiplayer_poll`](super::multiplayer_poll).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

use bytes::Bytes;
use enet_driver::Disconnect;
use enet_driver::enet_proto::Packet;
use godot::global::Error;
use godot::prelude::*;

use super::arguments::{self, invalid};
use super::connection::ENetConnection;
use super::inbox::Inbox;
use super::mode::{self, Mode};
use super::multiplayer_peer::ENetMultiplayerPeer;
use super::packet_peer::ENetPacketPeer;
use super::remote::Remote;
use crate::outgoing::misuse;
use crate::simulation::Simulation;

/// The state of a multiplayer peer. Not in the object itself: see [`transport`](super) on re-entrancy.
#[derive(Default)]
pub(super) struct Core {
    pub(super) role: RefCell<Role>,
    /// Counts how often a role was taken on or given up. Whoever emits a signal in the middle of something compares it.
    pub(super) generation: Cell<u64>,
    pub(super) unique_id: Cell<i32>,
    pub(super) is_connecting: Cell<bool>,
    /// By network id: everybody at the other end of a connection.
    pub(super) peers: RefCell<BTreeMap<i32, Gd<ENetPacketPeer>>>,
    /// [`Remote::detachments`] when `peers` was last searched for connections that have ended.
    pub(super) seen_detachments: Cell<u64>,
    /// Packets with their sender and their ENet channel.
    pub(super) inbox: RefCell<Inbox<(i32, u8)>>,
    pub(super) target_peer: Cell<i32>,
    pub(super) transfer_mode: Cell<Mode>,
    pub(super) transfer_channel: Cell<i32>,
    pub(super) is_refusing: Cell<bool>,
    /// `None` is every address.
    pub(super) bind_ip: Cell<Option<IpAddr>>,
    pub(super) simulation: Simulation,
}

/// What a multiplayer peer is at the moment.
#[derive(Clone, Default)]
pub(super) enum Role {
    #[default]
    None,
    Server(Gd<ENetConnection>),
    Client(Gd<ENetConnection>),
    /// With a host for each of the others.
    Mesh(BTreeMap<i32, Gd<ENetConnection>>),
}

impl Core {
    pub(super) fn is_active(&self) -> bool {
        !matches!(*self.role.borrow(), Role::None)
    }

    pub(super) fn is_server(&self) -> bool {
        matches!(*self.role.borrow(), Role::Server(_))
    }

    pub(super) fn check_active(&self) -> Result<(), Error> {
        if self.is_active() { Ok(()) } else { Err(misuse(Error::ERR_UNCONFIGURED, INACTIVE)) }
    }

    pub(super) fn check_unused(&self) -> Result<(), Error> {
        if !self.is_active() {
            return Ok(());
        }
        let message = "This multiplayer peer is in use. Call close() before giving it another role.";
        Err(misuse(Error::ERR_ALREADY_IN_USE, message))
    }

    pub(super) fn begin(&self, role: Role, id: i32) {
        if !matches!(role, Role::Mesh(_)) {
            self.is_refusing.set(false);
        }
        match &role {
            Role::Server(host) => host.bind().rename("server"),
            Role::Client(host) => host.bind().rename("client"),
            Role::None | Role::Mesh(_) => {}
        }
        *self.role.borrow_mut() = role;
        self.unique_id.set(id);
        self.is_connecting.set(false);
        self.next_generation();
    }

    pub(super) fn begin_client(&self, connection: Gd<ENetConnection>, id: i32, server: Gd<ENetPacketPeer>) {
        server.bind().remote().net_id.set(SERVER_ID);
        self.begin(Role::Client(connection), id);
        self.is_connecting.set(true);
        self.peers.borrow_mut().insert(SERVER_ID, server);
    }

    /// Whether newcomers are refused: by the hosts as far as they are encrypted, and by this peer.
    pub(super) fn set_refusing(&self, refuse: bool) {
        self.is_refusing.set(refuse);
        self.hosts().iter().for_each(|(_, host)| host.bind().set_refusing(refuse));
    }

    /// A host that simulates what was asked of this peer.
    pub(super) fn new_connection(&self) -> Gd<ENetConnection> {
        let connection = ENetConnection::new_gd();
        connection.bind().inherit_simulation(&self.simulation);
        connection
    }

    /// The hosts at present.
    pub(super) fn hosts(&self) -> Vec<(i32, Gd<ENetConnection>)> {
        match &*self.role.borrow() {
            Role::None => Vec::new(),
            Role::Server(host) | Role::Client(host) => vec![(SERVER_ID, host.clone())],
            Role::Mesh(hosts) => hosts.iter().map(|(&id, host)| (id, host.clone())).collect(),
        }
    }

    pub(super) fn simulate(&self, conditions: &Variant) -> Result<(), Error> {
        self.simulation.set(conditions, None)?;
        self.hosts().iter().try_for_each(|(_, host)| host.bind().simulate(conditions))
    }

    /// The connection to a peer, or the error that the script made.
    pub(super) fn peer(&self, id: i64) -> Result<Gd<ENetPacketPeer>, Error> {
        self.check_active()?;
        let peer = i32::try_from(id).ok().and_then(|id| self.peers.borrow().get(&id).cloned());
        peer.ok_or_else(|| invalid(&format!("There is no peer {id}.")))
    }

    /// Adds a member to a mesh. Gives its id, which is to be announced.
    pub(super) fn add_to_mesh(&self, id: i64, host: Option<Gd<ENetConnection>>) -> Result<i32, Error> {
        let host = host.ok_or_else(|| invalid("The host is null."))?;
        if !matches!(*self.role.borrow(), Role::Mesh(_)) {
            let message = "Peers can be added to a mesh only. Call create_mesh() first.";
            return Err(misuse(Error::ERR_UNCONFIGURED, message));
        }
        let id = i32::try_from(id).ok().filter(|&id| id > 0);
        let id = id.ok_or_else(|| invalid("The id of a peer is 1 or more."))?;
        let peer = host.bind().only_peer();
        let peer = peer.ok_or_else(|| invalid("The host must have exactly one connection."))?;
        if !peer.bind().remote().is_connected() {
            return Err(invalid("The host's connection must be made before it is added to a mesh."));
        }
        peer.bind().remote().net_id.set(id);
        host.bind().rename("mesh");
        let replaced_peer = self.peers.borrow_mut().insert(id, peer);
        let replaced_host = match &mut *self.role.borrow_mut() {
            Role::Mesh(hosts) => hosts.insert(id, host),
            _ => None,
        };
        drop((replaced_peer, replaced_host));
        Ok(id)
    }

    /// Sends a packet in the current mode, to the current target.
    pub(super) fn put(&self, packet: Bytes) -> Result<(), Error> {
        self.check_active()?;
        if self.is_connecting.get() {
            let message = "The packet was not sent: this peer is not connected yet.";
            return Err(misuse(Error::ERR_UNCONFIGURED, message));
        }
        let target = self.target_peer.get();
        if target != 0 && !self.knows(target) {
            return Err(invalid(&format!(
                "The packet was not sent: there is no peer {}.",
                target.unsigned_abs()
            )));
        }
        let mode = self.transfer_mode.get();
        let channel = self.channel_out(mode)?;
        let packet = arguments::packet(packet, mode.delivery())?;
        if target > 0 || matches!(*self.role.borrow(), Role::Client(_)) {
            self.put_to_one(if target > 0 { target } else { SERVER_ID }, channel, packet)
        } else {
            self.put_to_many(-target, channel, &packet)
        }
    }

    fn channel_out(&self, mode: Mode) -> Result<u8, Error> {
        let channel = self.transfer_channel.get();
        mode::channel_out(channel, mode).ok_or_else(|| {
            let last = mode::LAST_TRANSFER_CHANNEL;
            invalid(&format!(
                "The packet was not sent: channel {channel} does not exist. They go from 0 to {last}."
            ))
        })
    }

    fn put_to_one(&self, id: i32, channel: u8, packet: Packet) -> Result<(), Error> {
        let peer = self.peers.borrow().get(&id).cloned().ok_or(Error::ERR_BUG)?;
        let peer = peer.bind();
        let remote = peer.remote();
        // A connection that is ending takes nothing more; its end is reported by the next poll().
        let Some(host) = peer.attached().filter(|_| remote.is_connected()) else { return Ok(()) };
        if channel >= remote.channels() {
            let channels = remote.channels();
            return Err(invalid(&format!(
                "The packet was not sent: it needs ENet channel {channel}, and the connection has {channels}. \
                 Create server and client with more channels."
            )));
        }
        host.send(remote, channel, packet).map_err(arguments::not_taken)
    }

    fn put_to_many(&self, except: i32, channel: u8, packet: &Packet) -> Result<(), Error> {
        let remotes = self.remotes(except);
        let role = self.role.borrow().clone();
        match role {
            Role::Server(connection) => {
                let host = connection.bind().host()?;
                host.send_to_many(remotes.iter().map(|(_, remote)| &**remote), channel, packet.clone())
                    .map_err(arguments::not_taken)
            }
            _ => {
                let takes = |remote: &Remote| remote.is_connected() && channel < remote.channels();
                let ids = remotes.iter().filter(|(_, remote)| takes(remote)).map(|(id, _)| *id);
                ids.map(|id| self.put_to_one(id, channel, packet.clone())).fold(Ok(()), Result::and)
            }
        }
    }

    fn remotes(&self, except: i32) -> Vec<(i32, Rc<Remote>)> {
        let peers = self.peers.borrow();
        let others = peers.iter().filter(|&(&id, _)| id != except);
        others.map(|(&id, peer)| (id, Rc::clone(peer.bind().remote()))).collect()
    }

    /// Whether a target, negative for all but one, names a peer.
    fn knows(&self, target: i32) -> bool {
        i32::try_from(target.unsigned_abs()).is_ok_and(|id| self.peers.borrow().contains_key(&id))
    }

    /// Ends a connection. `force`: without waiting for the remote's answer.
    pub(super) fn disconnect(&self, this: &Gd<ENetMultiplayerPeer>, id: i32, force: bool) {
        let Ok(peer) = self.peer(i64::from(id)) else { return };
        let host = peer.bind().attached();
        if let Some(host) = host {
            let how = if force { Disconnect::Graceful } else { Disconnect::Later };
            host.disconnect(peer.bind().remote(), how, 0);
            host.flush();
        }
        if force {
            self.drop_peer(this, id);
        }
    }

    /// Gives the role up, and tells the others. Emits nothing.
    pub(super) fn end(&self) {
        let role = self.role.take();
        if matches!(role, Role::None) {
            return;
        }
        self.next_generation();
        let peers = self.peers.take();
        self.inbox.borrow_mut().clear();
        self.unique_id.set(0);
        self.is_connecting.set(false);
        self.is_refusing.set(false);
        for peer in peers.values() {
            let host = peer.bind().attached();
            if let Some(host) = host {
                host.disconnect(peer.bind().remote(), Disconnect::Now, 0);
            }
        }
        // The port is free at once, whoever else has the host at the moment. A mesh's hosts are not this peer's own.
        if let Role::Server(host) | Role::Client(host) = &role {
            host.bind().end();
        }
        drop((peers, role));
    }

    fn next_generation(&self) {
        self.generation.set(self.generation.get() + 1);
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.end();
    }
}

/// The id of every server.
pub(super) const SERVER_ID: i32 = 1;
/// What the engine says a packet may have; it does not look at it. ENet takes twice as much.
pub(super) const MAXIMUM_ADVERTISED_SIZE: i32 = 1 << 24;
pub(super) const INACTIVE: &str =
    "This multiplayer peer is not in use. Call create_server(), create_client() or create_mesh() first.";
