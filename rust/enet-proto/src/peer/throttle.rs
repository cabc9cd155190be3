//! The packet throttle: which share of the unreliable packets is really sent, steered by the round-trip time. Answers
//! for `enet_peer_throttle` and the counter in `enet_protocol_check_outgoing_commands`.

use crate::config::ThrottleConfig;
use crate::peer::rtt::RttEstimator;
use crate::time::Millis;

/// Everything is sent.
pub(crate) const THROTTLE_SCALE: u32 = 32;
const COUNTER_STEP: u32 = 7;

#[derive(Clone, Debug)]
pub(crate) struct Throttle {
    /// The share that is sent, of [`THROTTLE_SCALE`].
    pub(crate) value: u32,
    /// What the bandwidth limits leave of it, of [`THROTTLE_SCALE`].
    pub(crate) limit: u32,
    pub(crate) counter: u32,
    /// When the reference of the round-trip time was last renewed.
    pub(crate) epoch: Option<Millis>,
    pub(crate) config: ThrottleConfig,
}

impl Throttle {
    pub(crate) fn new(config: ThrottleConfig) -> Self {
        Self { value: THROTTLE_SCALE, limit: THROTTLE_SCALE, counter: 0, epoch: None, config }
    }

    /// Reacts to a measurement, then lets the estimator take it in. A sample may rise above the reference by `jitter_ms`
    /// and half the reference without counting as congestion; with 0 the rule is C ENet's, which knows only the
    /// variance.
    pub(crate) fn on_sample(&mut self, now: Millis, sample: u32, rtt: &mut RttEstimator, jitter_ms: u32) {
        if rtt.has_sample() {
            self.react(sample, rtt, jitter_ms);
        }
        rtt.on_sample(sample);
        if self.epoch.is_none_or(|epoch| now.since(epoch) >= u64::from(self.config.interval_ms)) {
            rtt.roll_reference();
            self.epoch = Some(now);
        }
    }

    fn react(&mut self, sample: u32, rtt: &RttEstimator, jitter_ms: u32) {
        let slack = if jitter_ms == 0 { 0 } else { jitter_ms.saturating_add(rtt.last_mean / 2) };
        let tolerated = rtt.last_variance.saturating_mul(2).max(slack);
        if rtt.last_mean <= rtt.last_variance {
            self.value = self.limit;
        } else if sample <= rtt.last_mean.saturating_add(slack / 2) {
            self.value = self.value.saturating_add(self.config.acceleration).min(self.limit);
        } else if sample > rtt.last_mean.saturating_add(tolerated) {
            self.value = self.value.saturating_sub(self.config.deceleration);
        }
    }

    /// Applies a new ceiling from the bandwidth limits.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
        self.value = self.value.min(limit);
    }

    /// Whether the next unreliable packet is to be sent.
    pub(crate) fn lets_pass(&mut self) -> bool {
        self.counter = (self.counter + COUNTER_STEP) % THROTTLE_SCALE;
        self.counter <= self.value
    }
}
