//! The limits of what a client may do to `ENetServer`, and their defaults: the project settings `enet/limits/…`, else the
//! numbers here. What they mean in all is in `docs/hardening.md`.

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
        packet_bytes: MAX_PACKET_BYTES,
        login_bytes: 64 << 10,
        refused_logins: 60,
        decode: DecodeLimits::MOST,
        event_name: 256,
    };

    /// What the project settings say.
    pub(crate) fn of_project() -> Self {
        let default = Self::DEFAULT;
        let number = |name: &str, default: u32| read(name).and_then(as_u32).unwrap_or(default);
        let size = |name: &str, default: usize| read(name).and_then(as_usize).unwrap_or(default);
        Self {
            rates: PeerRates {
                packets: number(PACKET_RATE, default.rates.packets),
                bytes: number(BYTE_RATE, default.rates.bytes),
                ..default.rates
            },
            suspends_timeouts: suspends_timeouts(),
            waiting_of_one: size(WAITING, default.waiting_of_one).max(LEAST_WAITING),
            waiting_of_all: size(WAITING_IN_ALL, default.waiting_of_all).max(LEAST_WAITING),
            packet_bytes: size(PACKET_SIZE, default.packet_bytes).clamp(1, MAX_PACKET_BYTES),
            ..default
        }
    }

    /// Puts them into what a host is opened with.
    pub(crate) fn apply(&self, host: HostConfig) -> HostConfig {
        HostConfig {
            rates: self.rates,
            timeouts: self.timeouts,
            suspends_timeouts: self.suspends_timeouts,
            maximum_waiting_data: self.waiting_of_one,
            maximum_total_waiting_data: self.waiting_of_all,
            ..host
        }
    }
}

/// Whether the project keeps silent remotes, because a debugger may have stopped them. Never in a release build.
pub(crate) fn suspends_timeouts() -> bool {
    Os::singleton().is_debug_build() && read(SUSPEND_TIMEOUTS).is_some_and(|value| value.booleanize())
}

/// Makes the project settings known to the editor.
pub(crate) fn register_settings() {
    let default = Limits::DEFAULT;
    let numbers = [
        (PACKET_RATE, i64::from(default.rates.packets)),
        (BYTE_RATE, i64::from(default.rates.bytes)),
        (PACKET_SIZE, bytes(default.packet_bytes)),
        (WAITING, bytes(default.waiting_of_one)),
        (WAITING_IN_ALL, bytes(default.waiting_of_all)),
    ];
    for (name, default) in numbers {
        register(name, &default.to_variant());
    }
    register(SUSPEND_TIMEOUTS, &false.to_variant());
}

fn register(name: &str, default: &Variant) {
    let mut settings = ProjectSettings::singleton();
    if !settings.has_setting(name) {
        settings.set_setting(name, default);
    }
    settings.set_initial_value(name, default);
    settings.set_as_basic(name, true);
}

fn read(name: &str) -> Option<Variant> {
    let settings = ProjectSettings::singleton();
    settings.has_setting(name).then(|| settings.get_setting_with_override(name))
}

fn as_u32(value: Variant) -> Option<u32> {
    u32::try_from(value.try_to::<i64>().ok()?).ok()
}

fn as_usize(value: Variant) -> Option<usize> {
    usize::try_from(value.try_to::<i64>().ok()?).ok()
}

/// A size as scripts know it.
pub(crate) fn bytes(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Less than this would make every exchange wait.
pub(crate) const LEAST_WAITING: usize = 64 << 10;

const PACKET_RATE: &str = "enet/limits/peer_packet_rate";
const BYTE_RATE: &str = "enet/limits/peer_byte_rate";
const PACKET_SIZE: &str = "enet/limits/maximum_packet_size";
const WAITING: &str = "enet/limits/maximum_waiting_data";
const WAITING_IN_ALL: &str = "enet/limits/maximum_total_waiting_data";
const SUSPEND_TIMEOUTS: &str = "enet/debug/suspend_timeouts";
