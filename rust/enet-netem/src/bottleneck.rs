//! The narrowest point of the path: a line of a fixed rate with a queue before it that drops what does not fit.

/// When the line becomes idle. Nothing is stored here: the queue is the time until then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bottleneck {
    idle_at_us: u64,
}

impl Bottleneck {
    /// The time in microseconds at which a datagram of `len` bytes has left the line, or `None` when it is dropped.
    pub(crate) fn pass(
        &mut self,
        now_us: u64,
        len: usize,
        rate: Option<u32>,
        queue_bytes: Option<usize>,
    ) -> Option<u64> {
        let Some(rate) = rate.map(u64::from) else {
            self.idle_at_us = now_us;
            return Some(now_us);
        };
        if rate == 0 {
            return None;
        }
        let len = len as u64;
        let wait_us = self.idle_at_us.saturating_sub(now_us);
        let waiting_bytes = wait_us.saturating_mul(rate).div_ceil(MICROS);
        let full = queue_bytes.is_some_and(|limit| waiting_bytes + len > limit as u64);
        if wait_us > 0 && full {
            return None;
        }
        self.idle_at_us = now_us.saturating_add(wait_us + (len * MICROS).div_ceil(rate));
        Some(self.idle_at_us)
    }
}

const MICROS: u64 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_datagram_waits_for_those_before_it() {
        let mut line = Bottleneck::default();
        assert_eq!(line.pass(0, 100, Some(1000), None), Some(100_000));
        assert_eq!(line.pass(0, 50, Some(1000), None), Some(150_000));
        assert_eq!(line.pass(200_000, 50, Some(1000), None), Some(250_000));
    }

    #[test]
    fn the_queue_has_a_cap_and_empties_at_the_rate() {
        let mut line = Bottleneck::default();
        assert!(line.pass(0, 500, Some(1000), Some(200)).is_some(), "an idle line takes anything");
        assert_eq!(line.pass(0, 100, Some(1000), Some(200)), None);
        assert_eq!(line.pass(399_000, 100, Some(1000), Some(200)), None, "101 bytes still wait");
        assert_eq!(line.pass(400_000, 100, Some(1000), Some(200)), Some(600_000));
    }

    #[test]
    fn no_rate_means_no_wait_and_rate_zero_means_no_passage() {
        let mut line = Bottleneck::default();
        assert_eq!(line.pass(7, 1 << 20, None, Some(0)), Some(7));
        assert_eq!(line.pass(7, 1, Some(0), None), None);
    }
}
