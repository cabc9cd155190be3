//! The packet loss statistic. Answers for `packetLoss` and its companions in `ENetPeer`.

use crate::time::Millis;

const SCALE: u64 = 65536;
const INTERVAL_MS: u64 = 10_000;

/// Counts commands sent and counted as lost, and every ten seconds works their share into a smoothed figure.
#[derive(Clone, Debug, Default)]
pub(crate) struct LossMeter {
    sent: u64,
    lost: u64,
    epoch: Option<Millis>,
    /// Of [`SCALE`].
    mean: u64,
    variance: u64,
}

impl LossMeter {
    pub(crate) fn on_sent(&mut self) {
        self.sent += 1;
    }

    pub(crate) fn on_lost(&mut self) {
        self.lost += 1;
    }

    /// Called whenever a datagram is about to be built.
    pub(crate) fn on_datagram(&mut self, now: Millis) {
        let epoch = *self.epoch.get_or_insert(now);
        if now.since(epoch) < INTERVAL_MS || self.sent == 0 {
            return;
        }
        let share = self.lost * SCALE / self.sent;
        self.variance = (3 * self.variance + share.abs_diff(self.mean)) / 4;
        self.mean = (7 * self.mean + share) / 8;
        *self = Self { epoch: Some(now), sent: 0, lost: 0, ..*self };
    }

    /// The smoothed share of lost commands, of 65536.
    pub(crate) fn mean(&self) -> u32 {
        u32::try_from(self.mean).unwrap_or(u32::MAX)
    }

    /// How much it varies, of 65536.
    pub(crate) fn variance(&self) -> u32 {
        u32::try_from(self.variance).unwrap_or(u32::MAX)
    }

    /// When the current interval began.
    pub(crate) fn epoch(&self) -> Option<Millis> {
        self.epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_loss_is_approached() {
        let mut meter = LossMeter::default();
        meter.on_datagram(Millis(1));
        for interval in 1..100 {
            for command in 0..100 {
                meter.on_sent();
                if command % 10 == 0 {
                    meter.on_lost();
                }
            }
            meter.on_datagram(Millis(1 + interval * INTERVAL_MS));
        }
        assert!((6540..=6560).contains(&meter.mean()), "{}", meter.mean());
        assert!(meter.variance() < 20);
    }

    #[test]
    fn the_first_interval_counts_an_eighth() {
        let mut meter = LossMeter::default();
        meter.on_datagram(Millis(5));
        meter.on_sent();
        meter.on_lost();
        meter.on_datagram(Millis(10_004));
        assert_eq!(meter.mean(), 0);
        meter.on_datagram(Millis(10_005));
        assert_eq!((meter.mean(), meter.variance()), (8192, 16384));
    }
}
