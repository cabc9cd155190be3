//! `ENetPacketPeer`: one connection of an `ENetConnection`, as scripts see it. The object asks and forwards; the state is
//! in its [`Remote`].

use std::rc::{Rc, Weak};

use bytes::Bytes;
use enet_driver::Disconnect;
use enet_driver::enet_proto::{Delivery, PeerState, PeerTimeouts, ThrottleConfig};
use godot::classes::PacketPeerExtension;
use godot::global::Error;
use godot::prelude::*;

use super::arguments::{self, code, invalid};
use super::host::Host;
use super::mode;
use super::remote::{Remote, Stage};
use crate::class_enum::class_enum;
use crate::outgoing::misuse;
use crate::script_types::PeerStateValue;
use crate::statistics;

/// One connection of an [ENetThreadedConnection], in the place of the engine's [ENetPacketPeer].
///
/// Made by [method ENetThreadedConnection.connect_to_host] and [method ENetThreadedConnection.service]; it cannot be created
/// by a script. Connections are looked after by a background thread, so what is sent leaves, and what arrives is
/// acknowledged, whatever the game is doing; the round-trip time has no frame time in it.
///
/// Packets that arrived are read with [method PacketPeer.get_packet]. [method PacketPeer.put_packet] sends reliably on
/// channel 0.
///
/// ```gdscript
/// var host := ENetThreadedConnection.new()
/// host.create_host()
/// var remote := host.connect_to_host("127.0.0.1", 7777)
/// while host.service(1000)[0] != ENetThreadedConnection.EVENT_CONNECT:
///     pass
/// remote.send(0, "hello".to_utf8_buffer(), ENetThreadedPacketPeer.FLAG_RELIABLE)
/// host.destroy()
/// ```
#[derive(GodotClass)]
#[cfg_attr(
    not(feature = "engine-names"),
    class(no_init, tool, base = PacketPeerExtension, rename = ENetThreadedPacketPeer)
)]
#[cfg_attr(feature = "engine-names", class(no_init, tool, base = PacketPeerExtension))]
pub(crate) struct ENetPacketPeer {
    host: Weak<Host>,
    remote: Rc<Remote>,
    base: Base<PacketPeerExtension>,
}

class_enum! {
    ENetPacketPeer, PeerState {
        /// Over, or never made.
        STATE_DISCONNECTED = PeerState::Disconnected as i64,
        /// The remote's name is being looked up, or its answer is awaited.
        STATE_CONNECTING = PeerState::Connecting as i64,
        /// The remote asked to connect and was answered.
        STATE_ACKNOWLEDGING_CONNECT = PeerState::AcknowledgingConnect as i64,
        /// Never seen: a connection is reported as soon as it is made.
        STATE_CONNECTION_PENDING = PeerState::ConnectionPending as i64,
        /// Never seen: a connection is reported as soon as it is made.
        STATE_CONNECTION_SUCCEEDED = PeerState::ConnectionSucceeded as i64,
        /// Packets can be sent.
        STATE_CONNECTED = PeerState::Connected as i64,
        /// To be disconnected when everything queued was delivered.
        STATE_DISCONNECT_LATER = PeerState::DisconnectLater as i64,
        /// This side asked to disconnect and waits for the remote's answer.
        STATE_DISCONNECTING = PeerState::Disconnecting as i64,
        /// The remote asked to disconnect and is being answered.
        STATE_ACKNOWLEDGING_DISCONNECT = PeerState::AcknowledgingDisconnect as i64,
        /// Over; the event that says so was not taken yet.
        STATE_ZOMBIE = PeerState::Zombie as i64,
    }
}

class_enum! {
    ENetPacketPeer, PeerStatistic {
        /// Smoothed share of reliable packets that had to be sent again, of [constant PACKET_LOSS_SCALE].
        PEER_PACKET_LOSS = 0,
        /// How much that share varies.
        PEER_PACKET_LOSS_VARIANCE = 1,
        /// When the loss was measured last, in milliseconds of the network thread's clock.
        PEER_PACKET_LOSS_EPOCH = 2,
        /// Smoothed time to the remote and back, in milliseconds. 500 before it was measured.
        PEER_ROUND_TRIP_TIME = 3,
        /// How much the round-trip time varies, in milliseconds.
        PEER_ROUND_TRIP_TIME_VARIANCE = 4,
        /// Lowest round-trip time of the last throttle interval, in milliseconds.
        PEER_LAST_ROUND_TRIP_TIME = 5,
        /// Highest variance of the last throttle interval, in milliseconds.
        PEER_LAST_ROUND_TRIP_TIME_VARIANCE = 6,
        /// Share of the unreliable packets that is really sent, of [constant PACKET_THROTTLE_SCALE].
        PEER_PACKET_THROTTLE = 7,
        /// What the bandwidth limits leave of that share.
        PEER_PACKET_THROTTLE_LIMIT = 8,
        /// Decides which unreliable packet is dropped.
        PEER_PACKET_THROTTLE_COUNTER = 9,
        /// When the throttle interval began, in milliseconds of the network thread's clock.
        PEER_PACKET_THROTTLE_EPOCH = 10,
        /// Steps up for each good round-trip time.
        PEER_PACKET_THROTTLE_ACCELERATION = 11,
        /// Steps down for each bad round-trip time.
        PEER_PACKET_THROTTLE_DECELERATION = 12,
        /// Length of the throttle interval in milliseconds.
        PEER_PACKET_THROTTLE_INTERVAL = 13,
    }
}

#[godot_api]
impl ENetPacketPeer {
    /// What [constant PEER_PACKET_LOSS] is a share of.
    #[constant]
    const PACKET_LOSS_SCALE: i64 = 65_536;
    /// What [constant PEER_PACKET_THROTTLE] is a share of.
    #[constant]
    const PACKET_THROTTLE_SCALE: i64 = 32;
    /// The packet arrives once, and in order on its channel.
    #[constant]
    const FLAG_RELIABLE: i64 = mode::RELIABLE;
    /// The packet may be overtaken by others. Not together with [constant FLAG_RELIABLE].
    #[constant]
    const FLAG_UNSEQUENCED: i64 = mode::UNSEQUENCED;
    /// The packet stays unreliable when it is larger than a datagram.
    #[constant]
    const FLAG_UNRELIABLE_FRAGMENT: i64 = mode::UNRELIABLE_FRAGMENT;

    /// Asks the remote to disconnect. What was queued before is sent once, as far as the remote takes it. A disconnect
    /// event follows when the remote has answered, or has not for too long; a connection that is not made yet is given
    /// up at once and without an event. [param data] arrives with the remote's event.
    #[func(gd_self)]
    fn peer_disconnect(this: Gd<Self>, #[opt(default = 0)] data: i64) {
        let this = this.bind();
        this.disconnect(Disconnect::Graceful, data);
    }

    /// Disconnects when everything queued was sent and acknowledged. A disconnect event follows. [param data] arrives
    /// with the remote's event.
    #[func(gd_self)]
    fn peer_disconnect_later(this: Gd<Self>, #[opt(default = 0)] data: i64) {
        let this = this.bind();
        this.disconnect(Disconnect::Later, data);
    }

    /// Disconnects at once. What was queued before, and word of it, are sent once and may get lost. No event follows.
    /// [param data] arrives with the remote's event.
    #[func(gd_self)]
    fn peer_disconnect_now(this: Gd<Self>, #[opt(default = 0)] data: i64) {
        let this = this.bind();
        this.disconnect(Disconnect::Now, data);
    }

    /// Ends the connection without a word to the remote, which will notice by its timeout. No event follows.
    #[func(gd_self)]
    fn reset(this: Gd<Self>) {
        let this = this.bind();
        this.disconnect(Disconnect::Reset, 0);
    }

    /// Pings the remote now. Connections are pinged by themselves when they are silent, see [method ping_interval].
    #[func(gd_self)]
    fn ping(this: Gd<Self>) {
        let this = this.bind();
        if let Ok(host) = this.host() {
            host.ping(&this.remote);
        }
    }

    /// Milliseconds that the connection may be silent before the remote is pinged; kept exactly. 0 is the default: 500,
    /// and up to 5000 while nobody sends any packet.
    #[func(gd_self)]
    fn ping_interval(this: Gd<Self>, ping_interval: i64) {
        let this = this.bind();
        let Ok(host) = this.host() else { return };
        let Ok(interval_ms) = arguments::setting(ping_interval, "ping_interval") else { return };
        host.set_ping_interval(&this.remote, interval_ms);
    }

    /// Sends a packet on a channel. [param flags] is a combination of the [code]FLAG_*[/code] constants; 0 is
    /// unreliable and in order. Returns at once; what one frame sends leaves together, within a few milliseconds.
    ///
    /// Returns [constant OK]; [constant ERR_UNCONFIGURED] when the connection is over; [constant ERR_INVALID_PARAMETER]
    /// for a channel or flags that do not exist; [constant FAILED] when the connection is not made yet or is ending, or
    /// the packet has more than 32 MiB; [constant ERR_BUSY] when too much is waiting to be sent.
    #[func(gd_self)]
    fn send(this: Gd<Self>, channel: i64, packet: PackedByteArray, flags: i64) -> Error {
        let this = this.bind();
        code(this.try_send(channel, flags, || arguments::bytes(&packet)))
    }

    /// How the share of unreliable packets that is sent reacts to the round-trip time, on both sides:
    /// [param acceleration] steps up for a good one, [param deceleration] steps down for a bad one, measured over
    /// [param interval] milliseconds.
    #[func(gd_self)]
    fn throttle_configure(this: Gd<Self>, interval: i64, acceleration: i64, deceleration: i64) {
        let this = this.bind();
        let Ok(host) = this.host() else { return };
        let configured = arguments::setting(interval, "interval").and_then(|interval_ms| {
            let acceleration = arguments::setting(acceleration, "acceleration")?;
            let deceleration = arguments::setting(deceleration, "deceleration")?;
            Ok(ThrottleConfig { interval_ms, acceleration, deceleration })
        });
        if let Ok(throttle) = configured {
            host.configure_throttle(&this.remote, throttle);
        }
    }

    /// When a remote that acknowledges nothing is given up: after [param timeout_max] milliseconds, or as soon as a
    /// packet was sent so often that its waiting time has grown by the factor [param timeout] and [param timeout_min]
    /// milliseconds have passed. 0 is the default of each: 32, 5000, 30000. They must be in ascending order, else
    /// nothing changes.
    #[func(gd_self)]
    fn set_timeout(this: Gd<Self>, timeout: i64, timeout_min: i64, timeout_max: i64) {
        let this = this.bind();
        let Ok(host) = this.host() else { return };
        if timeout > timeout_min || timeout_min > timeout_max {
            invalid("The timeouts must be in ascending order: timeout, timeout_min, timeout_max.");
            return;
        }
        let timeouts = [timeout, timeout_min, timeout_max].map(|value| arguments::setting(value, "timeout"));
        if let [Ok(limit), Ok(minimum_ms), Ok(maximum_ms)] = timeouts {
            let default = PeerTimeouts::default();
            let or = |value, default| if value == 0 { default } else { value };
            let timeouts = PeerTimeouts {
                limit: or(limit, default.limit),
                minimum_ms: or(minimum_ms, default.minimum_ms),
                maximum_ms: or(maximum_ms, default.maximum_ms),
            };
            host.set_timeouts(&this.remote, timeouts);
        }
    }

    /// The [code]FLAG_*[/code] with which the next packet of [method PacketPeer.get_packet] was sent. 0 and an error when no
    /// packet waits.
    #[func]
    fn get_packet_flags(&self) -> i64 {
        let flags = self.remote.inbox.borrow().next().map(|next| mode::flags(next.packet.delivery));
        flags.unwrap_or_else(|| {
            misuse(Error::ERR_UNAVAILABLE, "No packet is waiting.");
            0
        })
    }

    /// The remote's IP address. IPv4 addresses are in dotted form. Empty while a name is being looked up, and, with an
    /// error, when the connection is over.
    #[func]
    fn get_remote_address(&self) -> GString {
        if self.host().is_err() {
            return GString::new();
        }
        let address = match &*self.remote.stage() {
            Stage::Connecting(attempt) => attempt.address,
            Stage::Made(connection) => Some(connection.address.ip()),
            Stage::Detached => None,
        };
        address.map(|address| GString::from(&address.to_string())).unwrap_or_default()
    }

    /// The remote's UDP port. 0 and an error when the connection is over.
    #[func]
    fn get_remote_port(&self) -> i64 {
        if self.host().is_err() {
            return 0;
        }
        match &*self.remote.stage() {
            Stage::Connecting(attempt) => i64::from(attempt.port),
            Stage::Made(connection) => i64::from(connection.address.port()),
            Stage::Detached => 0,
        }
    }

    /// One of [enum PeerStatistic], as the network thread last saw it. 0 and an error when the connection is over, or for
    /// any other number.
    #[func]
    fn get_statistic(&self, statistic: i64) -> f64 {
        self.host().map_or(0.0, |_| statistics::read(&self.remote.stats(), statistic))
    }

    /// What the connection measures and counts, by name: see [method ENetServerPeer.get_statistics]. Empty when it is over.
    #[func]
    fn get_statistics(&self) -> VarDictionary {
        self.attached().map(|_| statistics::of_peer(&self.remote.stats())).unwrap_or_default()
    }

    /// Where the connection stands.
    #[func]
    fn get_state(&self) -> PeerStateValue {
        let state = self.attached().map_or(PeerState::Disconnected, |_| self.remote.state());
        PeerStateValue(state as i64)
    }

    /// How many channels both sides agreed on; while connecting, how many were asked for. 0 and an error when the connection
    /// is over.
    #[func]
    fn get_channels(&self) -> i64 {
        self.host().map_or(0, |_| i64::from(self.remote.channels()))
    }

    /// Whether there is a connection, or one on its way in or out.
    #[func]
    fn is_active(&self) -> bool {
        self.attached().is_some()
    }
}

impl ENetPacketPeer {
    pub(crate) fn create(host: &Rc<Host>, remote: Rc<Remote>) -> Gd<Self> {
        let host = Rc::downgrade(host);
        Gd::from_init_fn(|base| Self { host, remote, base })
    }

    pub(crate) fn remote(&self) -> &Rc<Remote> {
        &self.remote
    }

    /// The host, as long as the connection is not over.
    pub(crate) fn attached(&self) -> Option<Rc<Host>> {
        self.host.upgrade().filter(|_| self.remote.is_attached())
    }

    /// [`Self::attached`], or the error that the script made.
    fn host(&self) -> Result<Rc<Host>, Error> {
        self.attached().ok_or_else(|| misuse(Error::ERR_UNCONFIGURED, "This connection is over."))
    }

    fn disconnect(&self, how: Disconnect, data: i64) {
        if let Ok(host) = self.host() {
            host.disconnect(&self.remote, how, arguments::word(data));
        }
    }

    fn try_send(&self, channel: i64, flags: i64, packet: impl FnOnce() -> Bytes) -> Result<(), Error> {
        let host = self.host()?;
        let channels = self.remote.channels();
        if !(0..=i64::from(channels)).contains(&channel) {
            return Err(invalid(&format!(
                "Channel {channel} does not exist: there are {channels}, from 0 on."
            )));
        }
        let delivery = arguments::delivery(flags)?;
        match u8::try_from(channel) {
            Ok(channel) if channel < channels && self.remote.is_connected() => {
                let packet = arguments::packet(packet(), delivery)?;
                host.send(&self.remote, channel, packet).map_err(arguments::not_taken)
            }
            _ => Err(Error::FAILED),
        }
    }

    /// [`Self::try_send`], reliably on channel 0.
    pub(super) fn put(&self, packet: Bytes) -> Result<(), Error> {
        self.try_send(0, mode::flags(Delivery::Reliable), || packet)
    }

    /// The next packet. Those that came before the end can still be read after it.
    pub(super) fn take(&self) -> Result<Bytes, Error> {
        // A host that is gone holds nothing back.
        let packet = match self.host.upgrade() {
            Some(host) => host.collect(&self.remote),
            None => self.remote.inbox.borrow_mut().take(),
        };
        match (packet, self.attached()) {
            (Some(packet), _) => Ok(packet),
            (None, Some(_)) => Err(Error::ERR_UNAVAILABLE),
            (None, None) => Err(Error::ERR_UNCONFIGURED),
        }
    }
}
