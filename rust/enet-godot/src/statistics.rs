//! What is counted and measured, for scripts: the engine's `ENetPacketPeer.PeerStatistic` values, and everything by name.

use enet_driver::enet_proto::{HostStats, PeerStats};
use enet_driver::{DtlsStats, HostHandle, IoStats, QueueStats};
use godot::global::Error;
use godot::prelude::*;

use crate::outgoing::misuse;

/// Everything that a host counts, by name.
pub(crate) fn of_host(host: &HostHandle) -> VarDictionary {
    let (names, values) = (host_names(), host_values(host));
    names.iter().zip(values).map(|(name, value)| to_pair((name, value))).collect()
}

/// The names of everything that a host counts.
pub(crate) fn host_names() -> Vec<String> {
    let names = HostStats::NAMES.into_iter().chain(IoStats::NAMES).chain(QueueStats::NAMES);
    let names = names.map(str::to_owned);
    // Their own names say nothing of encryption.
    names.chain(DtlsStats::NAMES.map(|name| format!("dtls_{name}"))).collect()
}

/// The values, in the order of [`host_names`].
pub(crate) fn host_values(host: &HostHandle) -> Vec<u64> {
    let values = host.stats().values().into_iter().chain(host.io_stats().values());
    values.chain(host.queue_stats().values()).chain(host.dtls_stats().values()).collect()
}

/// Everything that is known of a connection, by name. Shares are from 0 to 1.
pub(crate) fn of_peer(stats: &PeerStats) -> VarDictionary {
    PeerStats::NAMES.into_iter().zip(stats.values()).map(to_pair).collect()
}

/// Adds what the network thread does not know.
pub(crate) fn add(counters: &mut VarDictionary, name: &'static str, count: u64) {
    let (name, count) = to_pair((name, count));
    counters.set(&name, &count);
}

fn to_pair((name, value): (&str, u64)) -> (Variant, Variant) {
    let value = match scale(name) {
        // Shares are small numbers, and what is counted stays below 2^53.
        Some(whole) => (value as f64 / whole).to_variant(),
        None => i64::try_from(value).unwrap_or(i64::MAX).to_variant(),
    };
    (name.to_variant(), value)
}

/// What stands for a whole, if the number is a share of it.
fn scale(name: &str) -> Option<f64> {
    match name {
        "packet_loss" | "packet_loss_variance" => Some(65_536.0),
        "packet_throttle" | "packet_throttle_limit" => Some(32.0),
        _ => None,
    }
}

/// What `get_statistic()` returns: the value, or 0 and an error message if there is no such statistic.
pub(crate) fn read(stats: &PeerStats, statistic: i64) -> f64 {
    value(stats, statistic).unwrap_or_else(|| {
        let message =
            format!("There is no statistic {statistic}. Use the values of ENetPacketPeer.PeerStatistic.");
        misuse(Error::ERR_INVALID_PARAMETER, &message);
        0.0
    })
}

/// The statistic that the engine numbers `statistic`, or nothing if there is none of that number.
fn value(stats: &PeerStats, statistic: i64) -> Option<f64> {
    let value = match statistic {
        0 => stats.packet_loss,
        1 => stats.packet_loss_variance,
        2 => stats.packet_loss_epoch,
        3 => stats.round_trip_time_ms,
        4 => stats.round_trip_time_variance_ms,
        5 => stats.last_round_trip_time_ms,
        6 => stats.last_round_trip_time_variance_ms,
        7 => stats.packet_throttle,
        8 => stats.packet_throttle_limit,
        9 => stats.packet_throttle_counter,
        10 => stats.packet_throttle_epoch,
        11 => stats.packet_throttle_acceleration,
        12 => stats.packet_throttle_deceleration,
        13 => stats.packet_throttle_interval_ms,
        _ => return None,
    };
    Some(f64::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names that come from the classes and not from the network thread.
    const CLASS_NAMES: [&str; 3] = ["peers", "undecodable_packets", "oversized_packets"];

    #[test]
    fn every_name_is_in_the_documentation_and_the_other_way_round() {
        let page = include_str!("../../../docs/statistics.md");
        let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
        let documented: Vec<&str> = rows.map(|(name, _)| name).collect();
        let of_host = host_names();
        let of_host = of_host.iter().map(String::as_str);
        let names: Vec<&str> = of_host.chain(PeerStats::NAMES).chain(CLASS_NAMES).collect();
        for name in &names {
            assert!(documented.contains(name), "docs/statistics.md does not know {name}");
        }
        for name in documented {
            assert!(names.contains(&name), "docs/statistics.md knows {name}, which is no statistic");
        }
    }

    #[test]
    fn shares_are_of_one_and_belong_to_a_statistic() {
        let shares = PeerStats::NAMES.into_iter().filter(|name| scale(name).is_some());
        assert_eq!(shares.count(), 4);
        assert_eq!(
            (scale("packet_loss"), scale("packet_throttle"), scale("mtu")),
            (Some(65_536.0), Some(32.0), None)
        );
    }

    #[test]
    fn the_numbers_are_the_engine_s() {
        let stats = PeerStats {
            packet_loss: 100,
            round_trip_time_ms: 103,
            packet_throttle: 107,
            packet_throttle_interval_ms: 113,
            ..PeerStats::default()
        };
        assert_eq!([0, 3, 7, 13].map(|n| value(&stats, n)), [100.0, 103.0, 107.0, 113.0].map(Some));
        assert_eq!([-1, 14, i64::MAX].map(|n| value(&stats, n)), [None; 3]);
    }
}
