//! `ENetConnection`: a host with its connections, for scripts that service them by hand.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use enet_driver::Compression;
use godot::classes::RefCounted;
use godot::global::Error;
use godot::prelude::*;

use super::arguments::{self, code, invalid, report_insecure};
use super::host::{Host, Occurrence, Terms};
use super::packet_peer::ENetPacketPeer;
use super::remote::Remote;
use crate::class_enum::class_enum;
use crate::outgoing::misuse;
use crate::simulation::Simulation;

/// An ENet host, in the place of the engine's [ENetConnection].
///
/// Create it with [method create_host] or [method create_host_bound], then call [method service] again and again. The host
/// is serviced by a background thread all the time: a late [method service] delays the game's news, but nothing is lost, no
/// connection times out, and round-trip times stay true. Sending never blocks.
///
/// When the object is freed the remotes are told and the port is free again.
///
/// ```gdscript
/// extends Node
///
/// var host := ENetThreadedConnection.new()
///
/// func _ready() -> void:
///     host.create_host_bound("*", 7777, 32, 2)
///
/// func _process(_delta: float) -> void:
///     var event := host.service()
///     while event[0] > ENetThreadedConnection.EVENT_NONE:
///         var remote: ENetThreadedPacketPeer = event[1]
///         if event[0] == ENetThreadedConnection.EVENT_RECEIVE:
///             print(remote.get_remote_address(), " says ", remote.get_packet().get_string_from_utf8())
///         event = host.service()
/// ```
#[derive(GodotClass)]
#[cfg_attr(
    not(feature = "engine-names"),
    class(init, tool, base = RefCounted, rename = ENetThreadedConnection)
)]
#[cfg_attr(feature = "engine-names", class(init, tool, base = RefCounted))]
pub(crate) struct ENetConnection {
    pub(super) host: RefCell<Option<Rc<Host>>>,
    /// By the serial number of their connections. Connections that this side has ended stay until the next look.
    pub(super) peers: RefCell<BTreeMap<u64, Gd<ENetPacketPeer>>>,
    pub(super) simulation: Rc<Simulation>,
    base: Base<RefCounted>,
}

class_enum! {
    ENetConnection, CompressionMode {
        /// Datagrams are sent as they are.
        COMPRESS_NONE = Compression::None as i64,
        /// ENet's own range coder.
        COMPRESS_RANGE_CODER = Compression::RangeCoder as i64,
        /// FastLZ.
        COMPRESS_FASTLZ = Compression::FastLz as i64,
        /// zlib.
        COMPRESS_ZLIB = Compression::Zlib as i64,
        /// Zstandard.
        COMPRESS_ZSTD = Compression::Zstd as i64,
    }
}

class_enum! {
    ENetConnection, EventType {
        /// The host is lost, or there is none.
        EVENT_ERROR = Service::Error as i64,
        /// Nothing happened.
        EVENT_NONE = Service::Nothing as i64,
        /// A connection is made. The number is what the remote passed when connecting, 0 on the connecting side.
        EVENT_CONNECT = Service::Connect as i64,
        /// A connection is over, or could not be made. The number is what the remote passed when disconnecting, else 0.
        EVENT_DISCONNECT = Service::Disconnect as i64,
        /// A packet arrived and waits in the peer.
        EVENT_RECEIVE = Service::Receive as i64,
    }
}

class_enum! {
    ENetConnection, HostStatistic {
        /// Bytes sent.
        HOST_TOTAL_SENT_DATA = 0,
        /// Datagrams sent.
        HOST_TOTAL_SENT_PACKETS = 1,
        /// Bytes received.
        HOST_TOTAL_RECEIVED_DATA = 2,
        /// Datagrams received.
        HOST_TOTAL_RECEIVED_PACKETS = 3,
    }
}

/// What [`ENetConnection::service`] reports.
#[derive(Clone, Copy, Debug)]
enum Service {
    Error = -1,
    Nothing = 0,
    Connect = 1,
    Disconnect = 2,
    Receive = 3,
}

#[godot_api]
impl ENetConnection {
    /// Creates a host on a local address (an IPv4 or IPv6 address, or [code]"*"[/code] for all) and port, 0 for a free
    /// one. It holds up to [param max_peers] connections, 1 to 4095, with up to [param max_channels] channels, 0 for
    /// all 255. The bandwidths are in bytes a second, 0 for no limit.
    ///
    /// Returns [constant OK]; [constant ERR_INVALID_PARAMETER] for an argument out of range;
    /// [constant ERR_ALREADY_IN_USE] when there is a host already; [constant ERR_CANT_CREATE] when the port cannot be
    /// opened, for example because another program uses it.
    #[func(gd_self)]
    fn create_host_bound(
        this: Gd<Self>,
        bind_address: GString,
        bind_port: i64,
        #[opt(default = 32)] max_peers: i64,
        #[opt(default = 0)] max_channels: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) -> Error {
        let this = this.bind();
        code((|| {
            let bind = arguments::bind_address(&bind_address.to_string())?;
            let port = arguments::port(bind_port, 0)?;
            this.check_unused()?;
            this.open(arguments::terms(bind, port, max_peers, max_channels, (in_bandwidth, out_bandwidth))?)
        })())
    }

    /// Creates a host on a free port of every address, for connecting to others. See [method create_host_bound].
    #[func(gd_self)]
    fn create_host(
        this: Gd<Self>,
        #[opt(default = 32)] max_peers: i64,
        #[opt(default = 0)] max_channels: i64,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) -> Error {
        let this = this.bind();
        code((|| {
            this.check_unused()?;
            this.open(arguments::terms(None, 0, max_peers, max_channels, (in_bandwidth, out_bandwidth))?)
        })())
    }

    /// Ends the host. What was queued is sent once, remotes are told, the port is free on return. No event follows.
    #[func(gd_self)]
    fn destroy(this: Gd<Self>) {
        let this = this.bind();
        if this.host().is_ok() {
            this.end();
        }
    }

    /// Begins to connect to a name or an IPv4 or IPv6 address, at a port from 1 to 65535, asking for 1 to 255 channels
    /// (0 for all). [param data] arrives with the remote's connect event. Never blocks: a name is looked up in the
    /// background. An event [constant EVENT_CONNECT] or [constant EVENT_DISCONNECT] follows.
    ///
    /// Returns null, with an error, when there is a connection already, a wrong port, or no host.
    #[func(gd_self)]
    fn connect_to_host(
        this: Gd<Self>,
        address: GString,
        port: i64,
        #[opt(default = 0)] channels: i64,
        #[opt(default = 0)] data: i64,
    ) -> Option<Gd<ENetPacketPeer>> {
        let this = this.bind();
        this.connect(&address.to_string(), port, channels, arguments::word(data)).ok()
    }

    /// Takes one event. Gives an array of four: the [enum EventType], the [ENetThreadedPacketPeer] or null, the number
    /// that came with a connect or disconnect event, and the channel of a packet.
    ///
    /// Waits up to [param timeout] milliseconds for an event, asleep; 0 does not wait.
    #[func(gd_self)]
    fn service(this: Gd<Self>, #[opt(default = 0)] timeout: i64) -> VarArray {
        let this = this.bind();
        let Ok(host) = this.host() else { return event(Service::Error, None, 0, 0) };
        this.forget_inactive();
        let limit = Duration::from_millis(u64::try_from(timeout).unwrap_or(0));
        match if limit.is_zero() { host.poll() } else { host.wait(limit) } {
            Some(Occurrence::Connected { remote, data }) => {
                event(Service::Connect, this.admit(&host, &remote), data, 0)
            }
            Some(Occurrence::Disconnected { remote, data, insecure }) => {
                report_insecure(insecure.as_deref());
                event(Service::Disconnect, this.release(&remote), data, 0)
            }
            Some(Occurrence::Received { remote, channel, packet }) => {
                host.deliver(&remote, channel, packet);
                let peer = this.peers.borrow().get(&remote.serial).cloned();
                event(Service::Receive, peer, 0, channel)
            }
            Some(Occurrence::Failed(message)) => {
                misuse(Error::FAILED, &format!("The host is lost: {message}."));
                event(Service::Error, None, 0, 0)
            }
            None if !host.is_running() => event(Service::Error, None, 0, 0),
            None => event(Service::Nothing, None, 0, 0),
        }
    }

    /// Sends what is queued at once. Without it, what is queued leaves within a few milliseconds.
    #[func(gd_self)]
    fn flush(this: Gd<Self>) {
        let this = this.bind();
        if let Ok(host) = this.host() {
            host.flush();
        }
    }

    /// Limits in bytes a second, 0 for none.
    #[func(gd_self)]
    fn bandwidth_limit(
        this: Gd<Self>,
        #[opt(default = 0)] in_bandwidth: i64,
        #[opt(default = 0)] out_bandwidth: i64,
    ) {
        let this = this.bind();
        let Ok(host) = this.host() else { return };
        let incoming = arguments::bandwidth_limit(in_bandwidth, "in_bandwidth");
        let outgoing = arguments::bandwidth_limit(out_bandwidth, "out_bandwidth");
        if let (Ok(incoming), Ok(outgoing)) = (incoming, outgoing) {
            host.set_bandwidth_limit(incoming, outgoing);
        }
    }

    /// The most channels of connections that remotes make from now on. 0, and what is above 255, is 255.
    #[func(gd_self)]
    fn channel_limit(this: Gd<Self>, limit: i64) {
        let this = this.bind();
        if let Ok(host) = this.host() {
            host.set_channel_limit(u8::try_from(limit).ok().filter(|&limit| limit > 0).unwrap_or(u8::MAX));
        }
    }

    /// Sends a packet to every connected peer that has the channel. [param flags] is a combination of the
    /// [code]FLAG_*[/code] of [ENetThreadedPacketPeer].
    #[func(gd_self)]
    fn broadcast(this: Gd<Self>, channel: i64, packet: PackedByteArray, flags: i64) {
        let this = this.bind();
        let _reported = this.host().and_then(|host| {
            let limit = host.channel_limit();
            let channel = u8::try_from(channel).ok().filter(|&channel| channel < limit).ok_or_else(|| {
                invalid(&format!("Channel {channel} does not exist: the host has {limit}."))
            })?;
            let packet = arguments::packet(arguments::bytes(&packet), arguments::delivery(flags)?)?;
            host.broadcast(channel, packet).map_err(arguments::not_taken)
        });
    }

    /// The most channels of a connection that a remote makes.
    #[func]
    fn get_max_channels(&self) -> i64 {
        self.host().map_or(0, |host| i64::from(host.channel_limit()))
    }

    /// The local UDP port.
    #[func]
    fn get_local_port(&self) -> i64 {
        self.host().map_or(0, |host| i64::from(host.port()))
    }

    /// All connections, also those that are being made or ended, in the order of their beginning.
    #[func(gd_self)]
    fn get_peers(this: Gd<Self>) -> Array<Gd<ENetPacketPeer>> {
        let this = this.bind();
        let _reported = this.host();
        this.forget_inactive();
        this.peers.borrow().values().cloned().collect()
    }

    /// Sends a bare UDP datagram, which is no ENet packet, from the host's port: to open a way through a router. A name is
    /// looked up in the background. Nothing tells whether it arrived.
    #[func(gd_self)]
    fn socket_send(
        this: Gd<Self>,
        destination_address: GString,
        destination_port: i64,
        packet: PackedByteArray,
    ) {
        let this = this.bind();
        let _reported = this.host().and_then(|host| {
            let port = arguments::port(destination_port, 1)?;
            let (address, packet) = (destination_address.to_string(), arguments::bytes(&packet));
            host.send_datagram(&address, port, packet).map_err(arguments::not_taken)
        });
    }
}

impl ENetConnection {
    pub(super) fn open(&self, terms: Terms) -> Result<(), Error> {
        self.check_unused()?;
        let class = super::CLASSES[1];
        let conditions = self.simulation.begin(class);
        let host = Host::open(terms, class, conditions, &self.simulation);
        let host = host.map_err(|error| arguments::not_opened(&error))?;
        *self.host.borrow_mut() = Some(host);
        Ok(())
    }

    pub(super) fn connect(
        &self,
        address: &str,
        port: i64,
        channels: i64,
        data: u32,
    ) -> Result<Gd<ENetPacketPeer>, Error> {
        let host = self.host()?;
        if host.has_remotes() {
            let message = "There is a connection already. Every ENetConnection makes one.";
            return Err(misuse(Error::ERR_ALREADY_IN_USE, message));
        }
        let port = arguments::port(port, 1)?;
        if address.is_empty() {
            return Err(invalid("The address to connect to is empty."));
        }
        let channels = u8::try_from(channels.clamp(0, 255)).unwrap_or(u8::MAX);
        let channels = if channels == 0 { u8::MAX } else { channels };
        let remote = host.connect(address, port, channels, data).map_err(|error| {
            misuse(Error::ERR_CANT_CREATE, &format!("The connection cannot be begun: {error}."))
        })?;
        Ok(self.admit_peer(&host, &remote))
    }

    /// The host, or the error that the script made.
    pub(super) fn host(&self) -> Result<Rc<Host>, Error> {
        let host = self.host.borrow().clone();
        host.ok_or_else(|| misuse(Error::ERR_UNCONFIGURED, "There is no host. Call create_host() first."))
    }

    /// What has happened, for a multiplayer peer that hands packets on itself.
    pub(super) fn poll(&self) -> Option<(Occurrence, Option<Gd<ENetPacketPeer>>)> {
        let host = self.host.borrow().clone()?;
        let occurrence = host.poll()?;
        let peer = match &occurrence {
            Occurrence::Connected { remote, .. } => self.admit(&host, remote),
            Occurrence::Disconnected { remote, insecure, .. } => {
                report_insecure(insecure.as_deref());
                self.release(remote)
            }
            Occurrence::Received { .. } | Occurrence::Failed(_) => None,
        };
        Some((occurrence, peer))
    }

    /// The one peer there is, if there is exactly one.
    pub(super) fn only_peer(&self) -> Option<Gd<ENetPacketPeer>> {
        self.forget_inactive();
        let peers = self.peers.borrow();
        (peers.len() == 1).then(|| peers.values().next().cloned()).flatten()
    }

    /// Shows the host as what a multiplayer peer is.
    pub(super) fn rename(&self, role: &'static str) {
        if let Some(host) = &*self.host.borrow() {
            host.name_plate().rename(super::CLASSES[0], role);
        }
    }

    /// Whether new encrypted connections are refused; without a host, whoever makes one starts afresh.
    pub(super) fn set_refusing(&self, refuse: bool) {
        if let Some(host) = &*self.host.borrow() {
            host.refuse_new_connections(refuse);
        }
    }

    pub(super) fn end(&self) {
        let host = self.host.borrow_mut().take();
        drop(host);
        self.forget_inactive();
    }

    /// Lets go of connections that are over.
    pub(super) fn forget_inactive(&self) {
        let gone: Vec<_> =
            self.peers.borrow_mut().extract_if(.., |_, peer| peer.bind().attached().is_none()).collect();
        drop(gone);
    }

    fn check_unused(&self) -> Result<(), Error> {
        if self.host.borrow().is_none() {
            return Ok(());
        }
        Err(misuse(
            Error::ERR_ALREADY_IN_USE,
            "There is a host already. Call destroy() before creating another.",
        ))
    }

    fn admit(&self, host: &Rc<Host>, remote: &Rc<Remote>) -> Option<Gd<ENetPacketPeer>> {
        Some(self.admit_peer(host, remote))
    }

    /// The object that stands for a connection, made if there is none.
    fn admit_peer(&self, host: &Rc<Host>, remote: &Rc<Remote>) -> Gd<ENetPacketPeer> {
        let known = self.peers.borrow().get(&remote.serial).cloned();
        known.unwrap_or_else(|| {
            let peer = ENetPacketPeer::create(host, Rc::clone(remote));
            self.peers.borrow_mut().insert(remote.serial, peer.clone());
            peer
        })
    }

    /// The object that stood for a connection which is over.
    fn release(&self, remote: &Remote) -> Option<Gd<ENetPacketPeer>> {
        self.peers.borrow_mut().remove(&remote.serial)
    }
}

/// The array that `service()` gives.
fn event(service: Service, peer: Option<Gd<ENetPacketPeer>>, data: u32, channel: u8) -> VarArray {
    varray![service as i64, &peer.to_variant(), i64::from(data), i64::from(channel)]
}
