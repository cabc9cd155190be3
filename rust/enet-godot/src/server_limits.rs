//! The limits of `ENetServer`: what it takes from strangers. What they mean in all is in `docs/hardening.md`.

use enet_driver::enet_proto::AdmissionLimits;
use godot::global::Error;
use godot::prelude::*;

use crate::outgoing::misuse;
use crate::server::ENetServer;

#[godot_api(secondary)]
impl ENetServer {
    /// Attempts to connect that the server answers in a second, from all addresses together; twice as many at once. Beyond
    /// it each address prefix is held to [method set_connect_rate_limit_per_prefix], so that a flood from one leaves the
    /// others theirs. 4,096 at first; 0 for no limit. Takes effect at once, and stays for the next server.
    #[func(gd_self)]
    fn set_connect_rate_limit(this: Gd<Self>, per_second: i64) {
        if let Ok(per_second) = limit(per_second, 0, "connect rate") {
            this.bind().limit_admission(|limits| limits.connects_per_second = per_second);
        }
    }

    /// Attempts to connect that the server answers in a second before it looks at where they come from; 0 for no limit.
    /// See [method set_connect_rate_limit].
    #[func]
    fn get_connect_rate_limit(&self) -> i64 {
        i64::from(self.settings.borrow().admission.connects_per_second)
    }

    /// Attempts to connect in a second that an address prefix (an IPv4 /24 or an IPv6 /56) has for itself when all
    /// together exceed [method set_connect_rate_limit]; twice as many at once. What is beyond it gets no answer, and asks
    /// again after half a second. 32 at first; 0 for no limit. Takes effect at once, and stays for the next server.
    #[func(gd_self)]
    fn set_connect_rate_limit_per_prefix(this: Gd<Self>, per_second: i64) {
        if let Ok(per_second) = limit(per_second, 0, "connect rate of a prefix") {
            this.bind().limit_admission(|limits| limits.connects_per_prefix = per_second);
        }
    }

    /// Attempts to connect in a second that an address prefix has for itself; 0 for no limit. See
    /// [method set_connect_rate_limit_per_prefix].
    #[func]
    fn get_connect_rate_limit_per_prefix(&self) -> i64 {
        i64::from(self.settings.borrow().admission.connects_per_prefix)
    }

    /// Clients that have asked to connect and have not yet shown that they receive the answer. Such a client takes about
    /// 180 bytes and no place; beyond the limit the oldest is forgotten. 131,072 at first, which lasts a flood of 50,000
    /// in a second for 2.6 seconds; 1 to 1,048,576. Takes effect at once, and stays for the next server.
    #[func(gd_self)]
    fn set_half_open_limit(this: Gd<Self>, connections: i64) {
        match limit(connections, 1, "number of half-open connections") {
            Ok(half_open @ ..=AdmissionLimits::MOST_HALF_OPEN) => {
                this.bind().limit_admission(|limits| limits.half_open = half_open);
            }
            Ok(_) => {
                let message =
                    "The number of half-open connections must be 1,048,576 or less; it stays as it was.";
                misuse(Error::ERR_INVALID_PARAMETER, message);
            }
            Err(_) => {}
        }
    }

    /// Clients that may have asked to connect without having shown that they receive the answer. See
    /// [method set_half_open_limit].
    #[func]
    fn get_half_open_limit(&self) -> i64 {
        i64::from(self.settings.borrow().admission.half_open)
    }

    /// Clients that may be connected from one IPv4 address or IPv6 /64 at a time; a further one gets no answer. 4,095 at first, which is
    /// no limit, because everybody in a school or behind a mobile carrier may have one address. Takes effect for
    /// clients that connect from now on, and stays for the next server.
    #[func(gd_self)]
    fn set_max_peers_per_address(this: Gd<Self>, peers: i64) {
        if let Ok(peers) = limit(peers, 1, "number of peers of an address") {
            this.bind().limit_admission(|limits| limits.connections_per_address = peers);
        }
    }

    /// Clients that may be connected from one IP address at a time. See [method set_max_peers_per_address].
    #[func]
    fn get_max_peers_per_address(&self) -> i64 {
        i64::from(self.settings.borrow().admission.connections_per_address)
    }
}

impl ENetServer {
    fn limit_admission(&self, change: impl FnOnce(&mut AdmissionLimits)) {
        let mut settings = self.settings.borrow_mut();
        change(&mut settings.admission);
        if let Some(session) = self.session.borrow().as_ref() {
            session.host.set_admission_limits(settings.admission);
        }
    }
}

/// A number that a script gave for a limit.
fn limit(number: i64, least: u32, what: &str) -> Result<u32, Error> {
    u32::try_from(number).ok().filter(|&number| number >= least).ok_or_else(|| {
        let message = format!("The {what} must be {least} or more, and not {number}; it stays as it was.");
        misuse(Error::ERR_INVALID_PARAMETER, &message)
    })
}
