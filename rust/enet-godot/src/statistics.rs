//! The engine's `ENetPacketPeer.PeerStatistic` values, for `get_statistic()` of a server's peer and of the client.

use enet_driver::enet_proto::PeerStats;
use godot::global::Error;

use crate::outgoing::misuse;

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
