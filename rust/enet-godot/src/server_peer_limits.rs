//! The limits of `ENetServer` for clients that are connected: their methods. What they mean in all is in
//! `docs/hardening.md`.

use enet_driver::HostHandle;
use enet_driver::enet_proto::{PeerId, PeerTimeouts};
use enet_format::limits::{MAX_DEPTH, MAX_PACKET_BYTES, MAX_VALUES};
use godot::global::Error;
use godot::prelude::*;

use crate::class_enum::class_enum;
use crate::limits::{self, LEAST_WAITING, Limits, MOST_WAITING};
use crate::outgoing::misuse;
use crate::server::ENetServer;
use crate::server_peer::ENetServerPeer;
use crate::server_session::Session;

class_enum! {
    ENetServer, LimitKind {
        /// Packets a second, see [method set_peer_packet_rate].
        LIMIT_PACKETS = 0,
        /// Bytes a second, see [method set_peer_byte_rate].
        LIMIT_BYTES = 1,
    }
}

class_enum! {
    ENetServer, LimitStage {
        /// The client has sent more than its rate for so long that half of what a burst may have is used up. Everything is
        /// still taken.
        LIMIT_WARNED = 0,
        /// No more is taken than the rate allows: reliable packets come later, others are dropped.
        LIMIT_THROTTLED = 1,
        /// The client went on and on, and is disconnected with the reason "Too much traffic".
        LIMIT_KICKED = 2,
    }
}

#[godot_api(secondary)]
impl ENetServer {
    /// Packets that each client may send in a second, on average over two seconds; fragments of large ones count each.
    /// 20,000 at first (or the project setting [code]enet/limits/peer_packet_rate[/code]), 0 for no limit. What happens
    /// beyond it is told by [signal peer_limit_exceeded]. Takes effect at once, and stays for the next server.
    #[func(gd_self)]
    fn set_peer_packet_rate(this: Gd<Self>, packets_per_second: i64) {
        if let Ok(packets) = number(packets_per_second, 0, u32::MAX, "packet rate") {
            this.bind().change_rates(|limits| limits.rates.packets = packets);
        }
    }

    /// Packets that each client may send in a second; 0 for no limit. See [method set_peer_packet_rate].
    #[func]
    fn get_peer_packet_rate(&self) -> i64 {
        i64::from(self.limits().rates.packets)
    }

    /// Bytes that each client may send in a second, on average over two seconds. 16 MiB at first (or the project setting
    /// [code]enet/limits/peer_byte_rate[/code]), 0 for no limit. Takes effect at once, and stays for the next server.
    #[func(gd_self)]
    fn set_peer_byte_rate(this: Gd<Self>, bytes_per_second: i64) {
        if let Ok(bytes) = number(bytes_per_second, 0, u32::MAX, "byte rate") {
            this.bind().change_rates(|limits| limits.rates.bytes = bytes);
        }
    }

    /// Bytes that each client may send in a second; 0 for no limit. See [method set_peer_byte_rate].
    #[func]
    fn get_peer_byte_rate(&self) -> i64 {
        i64::from(self.limits().rates.bytes)
    }

    /// Seconds of silence that would have to make up for what a client sent beyond its rates before it is disconnected:
    /// one that sends eleven times its rate is after a second, with the 10 of the start. 0 disconnects nobody; the rates
    /// hold all the same. Reliable packets that were not taken do not count, because every ENet repeats them.
    #[func(gd_self)]
    fn set_peer_rate_patience(this: Gd<Self>, seconds: f64) {
        let milliseconds = seconds * 1000.0;
        if !(0.0..=3_600_000.0).contains(&milliseconds) {
            let message = "The patience must be 0 to 3600 seconds; it stays as it was.";
            misuse(Error::ERR_INVALID_PARAMETER, message);
            return;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it was checked to fit")]
        let patience_ms = milliseconds as u32;
        this.bind().change_rates(|limits| limits.rates.patience_ms = patience_ms);
    }

    /// Seconds of silence that would have to make up for what a client sent beyond its rates before it is disconnected.
    /// See [method set_peer_rate_patience].
    #[func]
    fn get_peer_rate_patience(&self) -> f64 {
        f64::from(self.limits().rates.patience_ms) / 1000.0
    }

    /// Bytes of the largest packet that is taken from a client. A larger one is counted and dropped. 32 MiB at first, which
    /// is the most (or the project setting [code]enet/limits/maximum_packet_size[/code]). Takes effect at once.
    #[func(gd_self)]
    fn set_maximum_packet_size(this: Gd<Self>, bytes: i64) {
        this.bind().change_size(bytes, 1, MAX_PACKET_BYTES, "packet size", |limits| &mut limits.packet_bytes);
    }

    /// Bytes of the largest packet that is taken from a client. See [method set_maximum_packet_size].
    #[func]
    fn get_maximum_packet_size(&self) -> i64 {
        limits::bytes(self.limits().packet_bytes)
    }

    /// Bytes of the largest packet that is taken from a client before it was let in, hence of its login data. A client that
    /// sends more is turned away with the reason "Login packet too large". 65,536 at first.
    #[func(gd_self)]
    fn set_maximum_login_size(this: Gd<Self>, bytes: i64) {
        this.bind().change_size(bytes, 1, MAX_PACKET_BYTES, "login size", |limits| &mut limits.login_bytes);
    }

    /// Bytes of the largest packet that is taken from a client before it was let in. See
    /// [method set_maximum_login_size].
    #[func]
    fn get_maximum_login_size(&self) -> i64 {
        limits::bytes(self.limits().login_bytes)
    }

    /// Logins from one IP address that may be refused in a minute; then its clients are turned away unseen, with the reason
    /// "Too many refused logins", until some time has passed. 60 at first, 0 for no limit. Each connection has one login.
    #[func(gd_self)]
    fn set_refused_login_limit(this: Gd<Self>, logins_per_minute: i64) {
        if let Ok(logins) = number(logins_per_minute, 0, 1_000_000, "number of refused logins") {
            this.bind().settings.borrow_mut().limits.refused_logins = logins;
        }
    }

    /// Logins from one IP address that may be refused in a minute; 0 for no limit. See
    /// [method set_refused_login_limit].
    #[func]
    fn get_refused_login_limit(&self) -> i64 {
        i64::from(self.limits().refused_logins)
    }

    /// Received bytes of one client that may wait for the game before the client is slowed down. When a game does not keep
    /// up, reliable packets stay with their sender, and of the others the oldest are dropped. 32 MiB at first (or the
    /// project setting [code]enet/limits/maximum_waiting_data[/code]), at least 65,536. Takes effect at once.
    #[func(gd_self)]
    fn set_maximum_waiting_data(this: Gd<Self>, bytes: i64) {
        let what = "number of waiting bytes";
        this.bind()
            .change_size(bytes, LEAST_WAITING, MOST_WAITING, what, |limits| &mut limits.waiting_of_one);
    }

    /// Received bytes of one client that may wait for the game. See [method set_maximum_waiting_data].
    #[func]
    fn get_maximum_waiting_data(&self) -> i64 {
        limits::bytes(self.limits().waiting_of_one)
    }

    /// Received bytes of all clients together that may wait for the game; beyond it each has 128 KiB. 512 MiB at first (or
    /// the project setting [code]enet/limits/maximum_total_waiting_data[/code]), at least 65,536. Takes effect at once.
    #[func(gd_self)]
    fn set_maximum_total_waiting_data(this: Gd<Self>, bytes: i64) {
        let what = "number of waiting bytes";
        this.bind()
            .change_size(bytes, LEAST_WAITING, MOST_WAITING, what, |limits| &mut limits.waiting_of_all);
    }

    /// Received bytes of all clients together that may wait for the game. See [method set_maximum_total_waiting_data].
    #[func]
    fn get_maximum_total_waiting_data(&self) -> i64 {
        limits::bytes(self.limits().waiting_of_all)
    }

    /// Arrays and dictionaries inside one another that a received value may have, 0 to 64; 64 at first. A packet with more
    /// is counted and dropped before anything is made of it.
    #[func(gd_self)]
    fn set_maximum_decoded_depth(this: Gd<Self>, depth: i64) {
        this.bind().change_size(depth, 0, MAX_DEPTH, "depth of values", |limits| &mut limits.decode.depth);
    }

    /// Arrays and dictionaries inside one another that a received value may have. See
    /// [method set_maximum_decoded_depth].
    #[func]
    fn get_maximum_decoded_depth(&self) -> i64 {
        limits::bytes(self.limits().decode.depth)
    }

    /// Elements that a received value may have in all its arrays and dictionaries together, 0 to 1,048,576; at first the
    /// most. A packet with more is counted and dropped before anything is made of it.
    #[func(gd_self)]
    fn set_maximum_decoded_elements(this: Gd<Self>, elements: i64) {
        let what = "number of elements";
        this.bind().change_size(elements, 0, MAX_VALUES, what, |limits| &mut limits.decode.values);
    }

    /// Elements that a received value may have in all its arrays and dictionaries together. See
    /// [method set_maximum_decoded_elements].
    #[func]
    fn get_maximum_decoded_elements(&self) -> i64 {
        limits::bytes(self.limits().decode.values)
    }

    /// Characters that the name of a received event may have; 256 at first. An event with a longer one is counted and
    /// dropped.
    #[func(gd_self)]
    fn set_maximum_event_name_length(this: Gd<Self>, characters: i64) {
        let what = "length of event names";
        this.bind().change_size(characters, 1, MAX_PACKET_BYTES, what, |limits| &mut limits.event_name);
    }

    /// Characters that the name of a received event may have. See [method set_maximum_event_name_length].
    #[func]
    fn get_maximum_event_name_length(&self) -> i64 {
        limits::bytes(self.limits().event_name)
    }

    /// When a client that acknowledges nothing is given up: after [param timeout_max] milliseconds, or as soon as a
    /// packet was sent so often that its waiting time has grown by the factor [param timeout] and [param timeout_min]
    /// milliseconds have passed. 0 is the default of each: 32, 5000, 30000. Takes effect for all clients at once, and
    /// stays for the next server.
    #[func(gd_self)]
    fn set_peer_timeout(this: Gd<Self>, timeout: i64, timeout_min: i64, timeout_max: i64) {
        let Ok(timeouts) = timeouts(timeout, timeout_min, timeout_max) else { return };
        let this = this.bind();
        this.settings.borrow_mut().limits.timeouts = timeouts;
        this.tell_session(|session, limits| session.host.set_default_timeouts(limits.timeouts));
    }

    /// [code]timeout[/code], [code]timeout_min[/code] and [code]timeout_max[/code] of [method set_peer_timeout].
    #[func]
    fn get_peer_timeout(&self) -> Vector3i {
        let PeerTimeouts { limit, minimum_ms, maximum_ms } = self.limits().timeouts;
        let [x, y, z] = [limit, minimum_ms, maximum_ms].map(|value| i32::try_from(value).unwrap_or(i32::MAX));
        Vector3i::new(x, y, z)
    }

    /// Keeps clients however silent they are, as when a debugger has stopped them; or no longer. Off at first, unless the
    /// project setting [code]enet/debug/suspend_timeouts[/code] turns it on, which counts in debug builds alone and for
    /// clients and the ENet classes as well. A game that is itself stopped at a breakpoint needs none of this: the network
    /// thread goes on answering.
    #[func(gd_self)]
    fn set_timeouts_suspended(this: Gd<Self>, suspended: bool) {
        let this = this.bind();
        this.settings.borrow_mut().limits.suspends_timeouts = suspended;
        this.tell_session(|session, limits| session.host.set_timeouts_suspended(limits.suspends_timeouts));
    }

    /// Whether silent clients are kept. See [method set_timeouts_suspended].
    #[func]
    fn are_timeouts_suspended(&self) -> bool {
        self.limits().suspends_timeouts
    }
}

impl ENetServer {
    pub(crate) fn limits(&self) -> Limits {
        self.settings.borrow().limits
    }

    fn change_rates(&self, change: impl FnOnce(&mut Limits)) {
        change(&mut self.settings.borrow_mut().limits);
        self.tell_session(|session, limits| session.host.set_default_rates(limits.rates));
    }

    fn change_size(
        &self,
        size: i64,
        least: usize,
        most: usize,
        what: &str,
        which: impl FnOnce(&mut Limits) -> &mut usize,
    ) {
        let Some(size) = usize::try_from(size).ok().filter(|size| (least..=most).contains(size)) else {
            let message = format!("The {what} must be {least} to {most}; it stays as it was.");
            misuse(Error::ERR_INVALID_PARAMETER, &message);
            return;
        };
        *which(&mut self.settings.borrow_mut().limits) = size;
        self.tell_session(|session, limits| {
            session.host.set_waiting_limits(limits.waiting_of_one, limits.waiting_of_all);
        });
    }

    /// Sets something of one client, as long as it is connected.
    pub(crate) fn tune(&self, peer: &Gd<ENetServerPeer>, tune: impl FnOnce(&HostHandle, PeerId, Limits)) {
        let remote = peer.bind().connection().remote;
        self.tell_session(|session, limits| {
            if session.roster.by_remote(remote).is_some_and(|known| known == peer) {
                tune(&session.host, remote, limits);
            }
        });
    }

    fn tell_session(&self, tell: impl FnOnce(&Session, Limits)) {
        if let Some(session) = self.session.borrow().as_ref() {
            tell(session, self.limits());
        }
    }
}

/// A number that a script gave for a limit.
pub(crate) fn number(value: i64, least: u32, most: u32, what: &str) -> Result<u32, Error> {
    u32::try_from(value).ok().filter(|value| (least..=most).contains(value)).ok_or_else(|| {
        let message = format!("The {what} must be {least} to {most}, not {value}; it stays as it was.");
        misuse(Error::ERR_INVALID_PARAMETER, &message)
    })
}

/// Timeouts that a script gave; 0 is the default of each.
pub(crate) fn timeouts(timeout: i64, minimum: i64, maximum: i64) -> Result<PeerTimeouts, Error> {
    let default = Limits::DEFAULT.timeouts;
    let or = |value: i64, default: u32| match value {
        0 => Ok(default),
        _ => number(value, 0, u32::MAX, "timeout"),
    };
    let [limit, minimum_ms, maximum_ms] =
        [or(timeout, default.limit)?, or(minimum, default.minimum_ms)?, or(maximum, default.maximum_ms)?];
    if minimum_ms > maximum_ms {
        let message = "timeout_min must not be above timeout_max; the timeouts stay as they were.";
        return Err(misuse(Error::ERR_INVALID_PARAMETER, message));
    }
    Ok(PeerTimeouts { limit, minimum_ms, maximum_ms })
}
