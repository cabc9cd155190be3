//! The limits of what a client may do to `ENetServer`, and their defaults, which the project settings `enet/limits/…` may
//! replace. What they mean in all is in `docs/hardening.md`.

use enet_driver::enet_proto::{HostConfig, PeerRates, PeerTimeouts};
use enet_format::limits::{DecodeLimits, MAX_PACKET_BYTES};
use godot::classes::{Os, ProjectSettings};
use godot::prelude::*;

/// What clients are held to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// What each may send in a second.
    pub(crate) rates: PeerRates,
    /// When a silent one is given up.
    pub(crate) timeouts: PeerTimeouts,
    /// Whether none is.
    pub(crate) suspends_timeouts: bool,
    /// Received bytes that may wait for the game, of one client.
    pub(crate) waiting_of_one: usize,
    /// The same of all.
    pub(crate) waiting_of_all: usize,
    /// Reliable bytes that may wait to be sent to one client.
    pub(crate) queued: usize,
    /// Unreliable ones.
    pub(crate) queued_unreliable: usize,
    /// Largest packet that is looked at.
    pub(crate) packet_bytes: usize,
    /// The same of a client that was not let in.
    pub(crate) login_bytes: usize,
    /// Refused logins from one address in a minute.
    pub(crate) refused_logins: u32,
    /// What a packet may become.
    pub(crate) decode: DecodeLimits,
    /// Longest name of an event, in characters.
    pub(crate) event_name: usize,
}

impl Limits {
    /// No game that means well comes near these.
    pub(crate) const DEFAULT: Self = Self {
        rates: PeerRates { packets: 20_000, bytes: 16 << 20, patience_ms: 10_000 },
        timeouts: PeerTimeouts { limit: 32, minimum_ms: 5000, maximum_ms: 30_000 },
        suspends_timeouts: false,
        waiting_of_one: 32 << 20,
        waiting_of_all: 512 << 20,
        queued: 64 << 20,
        queued_unreliable: 8 << 20,
        packet_bytes: MAX_PACKET_BYTES,
        login_bytes: 64 << 10,
        refused_logins: 60,
        decode: DecodeLimits::MOST,
        event_name: 256,
    };

    /// Puts them into what a host is opened with.
    pub(crate) fn apply(&self, host: HostConfig) -> HostConfig {
        HostConfig {
            rates: self.rates,
            timeouts: self.timeouts,
            suspends_timeouts: self.suspends_timeouts,
            maximum_waiting_data: self.waiting_of_one,
            maximum_total_waiting_data: self.waiting_of_all,
            maximum_queued_data: self.queued,
            maximum_queued_unreliable: self.queued_unreliable,
            ..host
        }
    }
}

/// Whether the project keeps silent remotes, because a debugger may have stopped them. Never in a release build.
pub(crate) fn suspends_timeouts() -> bool {
    let settings = ProjectSettings::singleton();
    Os::singleton().is_debug_build()
        && settings.has_setting(SUSPEND_TIMEOUTS)
        && settings.get_setting_with_override(SUSPEND_TIMEOUTS).booleanize()
}

/// Makes the project setting known to the editor.
pub(crate) fn register_setting() {
    let mut settings = ProjectSettings::singleton();
    if !settings.has_setting(SUSPEND_TIMEOUTS) {
        settings.set_setting(SUSPEND_TIMEOUTS, &false.to_variant());
    }
    settings.set_initial_value(SUSPEND_TIMEOUTS, &false.to_variant());
    settings.set_as_basic(SUSPEND_TIMEOUTS, true);
}

/// A size as scripts know it.
pub(crate) fn bytes(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Less than this would make every exchange wait.
pub(crate) const LEAST_WAITING: usize = 64 << 10;
/// More than any machine has.
pub(crate) const MOST_WAITING: usize = 1 << 40;

const SUSPEND_TIMEOUTS: &str = "enet/debug/suspend_timeouts";
