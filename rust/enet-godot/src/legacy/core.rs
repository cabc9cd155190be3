//! The state of a `NetworkedMultiplayerENet`, its beginning and its end. What it does with what arrives is in
//! [`news`](super::news), what it sends in [`sending`](super::sending).

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::rc::Rc;

use bytes::Bytes;
use enet_driver::{Compression, Disconnect, Dtls};
use godot::classes::{CryptoKey, X509Certificate};
use godot::global::Error;
use godot::prelude::*;

use super::wire;
use crate::outgoing::misuse;
use crate::simulation::Simulation;
use crate::tls;
use crate::transport::arguments::{self, invalid};
use crate::transport::host::{Host, Terms};
use crate::transport::inbox::Inbox;
use crate::transport::mode::Mode;
use crate::transport::remote::Remote;

/// The state of a peer. Not in the object itself: see [`transport`](crate::transport) on re-entrancy.
#[derive(Default)]
pub(super) struct Core {
    pub(super) options: Options,
    pub(super) role: RefCell<Role>,
    /// Counts how often a role was taken on or given up. Whoever emits a signal in the middle of something compares it.
    generation: Cell<u64>,
    pub(super) unique_id: Cell<i32>,
    pub(super) is_connecting: Cell<bool>,
    /// Everybody who was announced, by id. A client has no connection to the other clients.
    pub(super) peers: RefCell<BTreeMap<i32, Option<Rc<Remote>>>>,
    /// Packets with their sender and their ENet channel.
    pub(super) inbox: RefCell<Inbox<(i32, u8)>>,
    /// Packets from clients that the server has not announced yet: it does that on another channel.
    pub(super) early: RefCell<VecDeque<Early>>,
    /// Who is gone, and is reported when the packets that came before are read.
    pub(super) leaving: RefCell<Vec<i32>>,
    pub(super) last_channel: Cell<i32>,
    /// Packets that made no sense.
    pub(super) dropped: Cell<u64>,
    pub(super) target_peer: Cell<i32>,
    pub(super) transfer_mode: Cell<Mode>,
    pub(super) is_refusing: Cell<bool>,
}

/// What a peer is at the moment.
#[derive(Clone, Default)]
pub(super) enum Role {
    #[default]
    None,
    Server(Rc<Host>),
    Client(Rc<Host>),
}

/// What scripts set before a peer is in use, and what outlives that.
pub(super) struct Options {
    pub(super) always_ordered: Cell<bool>,
    pub(super) channel_count: Cell<u8>,
    pub(super) compression: Cell<Compression>,
    pub(super) server_relay: Cell<bool>,
    pub(super) transfer_channel: Cell<i32>,
    /// `None` is every address.
    pub(super) bind_ip: Cell<Option<IpAddr>>,
    pub(super) use_dtls: Cell<bool>,
    pub(super) dtls_verify: Cell<bool>,
    pub(super) dtls_key: RefCell<Option<Gd<CryptoKey>>>,
    pub(super) dtls_certificate: RefCell<Option<Gd<X509Certificate>>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            always_ordered: Cell::new(false),
            channel_count: Cell::new(wire::LEAST_CHANNELS),
            compression: Cell::new(Compression::RangeCoder),
            server_relay: Cell::new(true),
            transfer_channel: Cell::new(-1),
            bind_ip: Cell::new(None),
            use_dtls: Cell::new(false),
            dtls_verify: Cell::new(true),
            dtls_key: RefCell::default(),
            dtls_certificate: RefCell::default(),
        }
    }
}

/// A packet from somebody who is not known.
pub(super) struct Early {
    pub(super) from: i32,
    pub(super) channel: u8,
    pub(super) packet: enet_driver::enet_proto::Packet,
}

impl Options {
    fn dtls(&self, server: Option<&str>) -> Result<Dtls, Error> {
        let (key, certificate) = (self.dtls_key.borrow().clone(), self.dtls_certificate.borrow().clone());
        match server {
            None => tls::of_key(key, certificate),
            Some(address) => tls::of_certificate(certificate, self.dtls_verify.get(), address),
        }
    }
}

impl Core {
    pub(super) fn is_active(&self) -> bool {
        !matches!(*self.role.borrow(), Role::None)
    }

    pub(super) fn is_server(&self) -> bool {
        matches!(*self.role.borrow(), Role::Server(_))
    }

    pub(super) fn host(&self) -> Result<Rc<Host>, Error> {
        match &*self.role.borrow() {
            Role::Server(host) | Role::Client(host) => Ok(Rc::clone(host)),
            Role::None => Err(misuse(Error::ERR_UNCONFIGURED, INACTIVE)),
        }
    }

    /// For what cannot be changed in use.
    pub(super) fn check_unused(&self) -> Result<(), Error> {
        if !self.is_active() {
            return Ok(());
        }
        let message = "This multiplayer peer is in use. Call close_connection() before this.";
        Err(misuse(Error::ERR_ALREADY_IN_USE, message))
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation.get()
    }

    pub(super) fn is_over(&self, generation: u64) -> bool {
        self.generation.get() != generation
    }

    /// Opens a host of this many connections on a port, 0 for a free one. `server` is whom a client is to connect to.
    pub(super) fn open(
        &self,
        bind: Option<IpAddr>,
        port: u16,
        peers: i64,
        bandwidth: (i64, i64),
        server: Option<&str>,
    ) -> Result<Rc<Host>, Error> {
        let dtls = self.options.use_dtls.get().then(|| self.options.dtls(server)).transpose()?;
        let channels = i64::from(self.options.channel_count.get());
        let terms: Terms = arguments::terms(bind, port, peers, channels, bandwidth)?;
        // What is simulated here is for the command line and the project to say: Godot 3 has no call for it.
        let simulation = Rc::new(Simulation::default());
        let conditions = simulation.begin(super::CLASS);
        let host = Host::open(terms, super::CLASS, conditions, &simulation);
        let host = host.map_err(|error| arguments::not_opened(&error))?;
        host.name_plate().rename(super::CLASS, if server.is_some() { "client" } else { "server" });
        host.set_compression(self.options.compression.get());
        if let Some(dtls) = dtls {
            host.set_dtls(dtls);
        }
        Ok(host)
    }

    pub(super) fn begin(&self, role: Role, id: i32) {
        self.is_connecting.set(matches!(role, Role::Client(_)));
        self.is_refusing.set(false);
        *self.role.borrow_mut() = role;
        self.unique_id.set(id);
        self.next_generation();
    }

    /// The connection to a peer, or the error that the script made. A client has one to the server alone.
    pub(super) fn remote(&self, id: i64) -> Result<Rc<Remote>, Error> {
        self.host()?;
        let remote = i32::try_from(id).ok().and_then(|id| self.peers.borrow().get(&id).cloned().flatten());
        remote.ok_or_else(|| invalid(&format!("There is no connection to a peer {id}.")))
    }

    /// The connections to all but one, in the order of their ids.
    pub(super) fn remotes(&self, except: i32) -> Vec<(i32, Rc<Remote>)> {
        let peers = self.peers.borrow();
        let others = peers.iter().filter(|&(&id, _)| id != except);
        others.filter_map(|(&id, remote)| Some((id, Rc::clone(remote.as_ref()?)))).collect()
    }

    pub(super) fn count_dropped(&self) {
        self.dropped.set(self.dropped.get() + 1);
    }

    /// Gives the role up, and tells the others. Emits nothing.
    pub(super) fn end(&self) {
        let role = self.role.take();
        let (Role::Server(host) | Role::Client(host)) = role else { return };
        self.next_generation();
        let remotes = self.remotes(0);
        self.peers.take();
        self.inbox.borrow_mut().clear();
        self.early.borrow_mut().clear();
        self.leaving.borrow_mut().clear();
        let own_id = self.unique_id.replace(0);
        self.is_connecting.set(false);
        for (_, remote) in remotes {
            host.disconnect(&remote, Disconnect::Now, own_id.unsigned_abs());
        }
    }

    /// The next packet for the game.
    pub(super) fn take_packet(&self) -> Option<Bytes> {
        let mut inbox = self.inbox.borrow_mut();
        self.last_channel.set(i32::from(inbox.next()?.origin.1));
        inbox.take()
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

pub(super) const INACTIVE: &str =
    "This multiplayer peer is not in use. Call create_server() or create_client() first.";
