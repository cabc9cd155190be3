//! The round-trip time of one connection: a smoothed mean and variance, and the reference that the throttle compares
//! samples with. All in whole milliseconds, as ENet does it. Answers for the second half of
//! `enet_protocol_handle_acknowledge`.

use crate::time::Millis;

#[derive(Clone, Debug)]
pub(crate) struct RttEstimator {
    pub(crate) mean: u32,
    pub(crate) variance: u32,
    /// The reference: lowest mean and highest variance of the previous throttle interval.
    pub(crate) last_mean: u32,
    pub(crate) last_variance: u32,
    lowest_mean: u32,
    highest_variance: u32,
    has_sample: bool,
}

/// What is assumed of a link before the first measurement.
const INITIAL_RTT_MS: u32 = 500;

impl Default for RttEstimator {
    fn default() -> Self {
        Self {
            mean: INITIAL_RTT_MS,
            variance: 0,
            last_mean: INITIAL_RTT_MS,
            last_variance: 0,
            lowest_mean: INITIAL_RTT_MS,
            highest_variance: 0,
            has_sample: false,
        }
    }
}

impl RttEstimator {
    pub(crate) fn has_sample(&self) -> bool {
        self.has_sample
    }

    /// Takes one measurement in.
    pub(crate) fn on_sample(&mut self, sample: u32) {
        if self.has_sample {
            self.variance -= self.variance / 4;
            let difference = sample.abs_diff(self.mean);
            self.variance += difference / 4;
            if sample >= self.mean {
                self.mean += difference / 8;
            } else {
                self.mean -= difference / 8;
            }
        } else {
            self.has_sample = true;
            self.mean = sample;
            self.variance = sample.div_ceil(2);
        }
        self.lowest_mean = self.lowest_mean.min(self.mean);
        self.highest_variance = self.highest_variance.max(self.variance);
    }

    /// Makes what was seen since the last call the reference.
    pub(crate) fn roll_reference(&mut self) {
        self.last_mean = self.lowest_mean;
        self.last_variance = self.highest_variance.max(1);
        self.lowest_mean = self.mean;
        self.highest_variance = self.variance;
    }

    /// By how much a link of this kind may mix up the order of what is sent, in milliseconds.
    pub(crate) fn reordering_ms(&self) -> u64 {
        u64::from((self.mean / 4).max(self.variance).max(2))
    }

    /// How long to wait for an acknowledgement before a command counts as lost. `slack` is the least that is granted
    /// above the mean: a peer that is serviced once a frame answers up to a frame late.
    pub(crate) fn retransmission_timeout(&self, slack: u32) -> u64 {
        u64::from(self.mean) + u64::from(self.variance.saturating_mul(4).max(slack))
    }
}

/// The time at which a command was sent whose acknowledgement echoes `echo`, the low 16 bits of the clock then; `None`
/// if that lies in the future.
pub(crate) fn sent_at(echo: u16, now: Millis) -> Option<Millis> {
    const TOP_BIT: u64 = 0x8000;
    let mut time = (now.0 & !0xFFFF) | u64::from(echo);
    if time & TOP_BIT != 0 && now.0 & TOP_BIT == 0 {
        time = time.checked_sub(0x1_0000)?;
    }
    (time <= now.0).then_some(Millis(time))
}
