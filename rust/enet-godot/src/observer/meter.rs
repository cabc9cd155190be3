//! Rates of what only grows, for whoever looks now and then. Knows no Godot type and no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What is counted over all hosts together, in the order of [`Meter::rates`].
pub(super) type Totals = [u64; 4];

/// Remembers what the totals were, to tell how they grow in a second.
#[derive(Debug, Default)]
pub(super) struct Meter {
    /// Oldest first, [`SPACING`] apart at least.
    samples: VecDeque<(Instant, Totals)>,
}

impl Meter {
    /// How much each total grew, for a second: over the time since it was looked at about a second ago. Zeros at first, and
    /// when nobody has looked for a while.
    pub(super) fn rates(&mut self, now: Instant, totals: Totals) -> [f64; 4] {
        self.samples.retain(|(then, _)| now.duration_since(*then) <= LONGEST);
        while self.samples.get(1).is_some_and(|(then, _)| now.duration_since(*then) >= WINDOW) {
            self.samples.pop_front();
        }
        let rates = self.samples.front().map_or([0.0; 4], |(then, before)| {
            let seconds = now.duration_since(*then).as_secs_f64().max(0.001);
            // A host that has ended takes its counts along.
            std::array::from_fn(|index| totals[index].saturating_sub(before[index]) as f64 / seconds)
        });
        if self.samples.back().is_none_or(|(then, _)| now.duration_since(*then) >= SPACING) {
            self.samples.push_back((now, totals));
        }
        rates
    }
}

/// Over how long a rate is taken, if somebody looks often enough.
const WINDOW: Duration = Duration::from_secs(1);
/// What is older says nothing of the present.
const LONGEST: Duration = Duration::from_secs(5);
const SPACING: Duration = Duration::from_millis(200);

#[cfg(test)]
mod tests {
    use super::*;

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    #[test]
    fn the_first_look_has_nothing_to_compare_with() {
        let mut meter = Meter::default();
        assert_eq!(meter.rates(Instant::now(), [5, 6, 7, 8]), [0.0; 4]);
    }

    #[test]
    fn a_rate_is_for_a_second_however_often_one_looks() {
        let start = Instant::now();
        for step in [50, 250, 500, 1000, 2000] {
            let mut meter = Meter::default();
            let mut rates = [0.0; 4];
            for ms in (0..=10_000).step_by(step) {
                rates = meter.rates(after(start, ms), [ms, 2 * ms, 0, 7]);
            }
            assert_eq!(rates, [1000.0, 2000.0, 0.0, 0.0], "every {step} ms");
            assert!(meter.samples.len() <= 8, "{} samples", meter.samples.len());
        }
    }

    #[test]
    fn the_rate_is_of_the_last_second() {
        let start = Instant::now();
        let mut meter = Meter::default();
        let mut look = |ms: u64| meter.rates(after(start, ms), [10 * ms.min(4000), 0, 0, 0])[0];
        let rates: Vec<f64> = (0..=5250).step_by(250).map(&mut look).collect();
        assert_eq!((rates[16], rates[18], rates[21]), (10_000.0, 5000.0, 0.0));
    }

    #[test]
    fn what_ends_is_no_rate_below_zero_and_what_is_old_is_forgotten() {
        let start = Instant::now();
        let mut meter = Meter::default();
        meter.rates(start, [900, 0, 0, 0]);
        assert_eq!(meter.rates(after(start, 500), [100, 0, 0, 0])[0], 0.0);
        assert_eq!(meter.rates(after(start, 60_000), [10_000, 0, 0, 0])[0], 0.0);
    }
}
