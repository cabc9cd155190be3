//! How much a peer may send in a second, and what comes of sending more.
//!
//! Two allowances, packets and bytes, fill up at their rate and hold two seconds' worth. What a peer sends is taken off:
//!
//! ```text
//!   full ─────────── any burst of two seconds' worth passes
//!   half ─────────── the application is told: warned
//!   0    ─────────── nothing more is taken: throttled
//!   minus patience ─ exceeded: who goes on sending what will never be taken is no slow learner
//! ```
//!
//! Reliable commands that are not taken cost nothing, because an honest remote repeats them until they are; everything
//! else costs its share, taken or not.

use crate::config::PeerRates;
use crate::event::{Limit, LimitStage};
use crate::time::Millis;

/// How long a full allowance lasts at its rate.
const BURST_MS: i64 = 2000;

#[derive(Debug)]
pub(crate) struct Allowance {
    patience_ms: u32,
    packets: Bucket,
    bytes: Bucket,
    /// When the buckets were filled last.
    filled_at: Millis,
}

impl Allowance {
    pub(crate) fn new(rates: PeerRates, now: Millis) -> Self {
        Self {
            patience_ms: rates.patience_ms,
            packets: Bucket::full(rates.packets),
            bytes: Bucket::full(rates.bytes),
            filled_at: now,
        }
    }

    /// Changes the rates, and forgets what was sent before.
    pub(crate) fn set_rates(&mut self, rates: PeerRates) {
        *self = Self::new(rates, self.filled_at);
    }

    /// Takes a command with `bytes` of payload into account. Whether it may be taken in; if not, and it `comes_again`, it
    /// costs nothing.
    pub(crate) fn admits(&mut self, now: Millis, bytes: usize, comes_again: bool) -> bool {
        if self.packets.rate == 0 && self.bytes.rate == 0 {
            return true;
        }
        let elapsed_ms = i64::try_from(now.since(self.filled_at)).unwrap_or(i64::MAX);
        if elapsed_ms > 0 {
            self.filled_at = now;
            self.packets.fill(elapsed_ms);
            self.bytes.fill(elapsed_ms);
        }
        let admitted = self.packets.has_some() && self.bytes.has_some();
        if admitted || !comes_again {
            self.packets.take(1, self.patience_ms);
            self.bytes.take(bytes, self.patience_ms);
        }
        admitted
    }

    /// A stage that was reached and is to be told to the application, once.
    pub(crate) fn take_news(&mut self) -> Option<(Limit, LimitStage)> {
        let packets = self.packets.take_news(self.patience_ms).map(|stage| (Limit::Packets, stage));
        packets.or_else(|| self.bytes.take_news(self.patience_ms).map(|stage| (Limit::Bytes, stage)))
    }
}

/// One allowance, in thousandths, so that a millisecond's share is a whole number.
#[derive(Debug)]
struct Bucket {
    /// A second; 0 is unlimited.
    rate: i64,
    level: i64,
    /// The last stage that was told, until the bucket is nearly full again.
    told: Option<LimitStage>,
}

impl Bucket {
    fn full(rate: u32) -> Self {
        let rate = i64::from(rate);
        Self { rate, level: rate * BURST_MS, told: None }
    }

    fn capacity(&self) -> i64 {
        self.rate * BURST_MS
    }

    fn fill(&mut self, elapsed_ms: i64) {
        let level = self.level.saturating_add(self.rate.saturating_mul(elapsed_ms));
        self.level = level.min(self.capacity());
        if self.level > self.capacity() / 4 * 3 {
            self.told = None;
        }
    }

    fn has_some(&self) -> bool {
        self.rate == 0 || self.level > 0
    }

    fn take(&mut self, amount: usize, patience_ms: u32) {
        let amount = i64::try_from(amount).unwrap_or(i64::MAX).saturating_mul(1000);
        self.level = self.level.saturating_sub(amount).max(self.floor(patience_ms));
    }

    fn floor(&self, patience_ms: u32) -> i64 {
        -self.rate * i64::from(patience_ms)
    }

    fn take_news(&mut self, patience_ms: u32) -> Option<LimitStage> {
        let stage = self.stage(patience_ms).filter(|&stage| self.told.is_none_or(|told| told < stage))?;
        self.told = Some(stage);
        Some(stage)
    }

    fn stage(&self, patience_ms: u32) -> Option<LimitStage> {
        if self.rate == 0 {
            None
        } else if patience_ms > 0 && self.level <= self.floor(patience_ms) {
            Some(LimitStage::Exceeded)
        } else if self.level <= 0 {
            Some(LimitStage::Throttled)
        } else {
            (self.level < self.capacity() / 2).then_some(LimitStage::Warned)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATES: PeerRates = PeerRates { packets: 100, bytes: 10_000, patience_ms: 3000 };

    /// Sends `count` packets a second for some seconds, evenly. What was admitted, and what was told with the time.
    fn send(
        allowance: &mut Allowance,
        start: u64,
        seconds: u64,
        count: u64,
        comes_again: bool,
    ) -> (u64, Vec<(u64, Limit, LimitStage)>) {
        let (mut admitted, mut news) = (0, Vec::new());
        for number in 0..seconds * count {
            let now = start + number * 1000 / count;
            admitted += u64::from(allowance.admits(Millis(now), 10, comes_again));
            while let Some((limit, stage)) = allowance.take_news() {
                news.push((now - start, limit, stage));
            }
        }
        (admitted, news)
    }

    #[test]
    fn who_stays_below_the_rate_is_left_alone() {
        let mut allowance = Allowance::new(RATES, Millis(0));
        assert_eq!(send(&mut allowance, 0, 60, 100, false), (6000, vec![]));
        assert_eq!(send(&mut Allowance::new(RATES, Millis(0)), 0, 1, 99, false), (99, vec![]));
    }

    #[test]
    fn a_flood_is_warned_of_then_throttled_then_exceeds() {
        let mut allowance = Allowance::new(RATES, Millis(0));
        let (admitted, news) = send(&mut allowance, 0, 10, 1000, false);
        // Two hundred at once, and no more: what is refused is paid for as well.
        assert!((220..=224).contains(&admitted), "{admitted}");
        let stages: Vec<_> = news.iter().map(|&(at, limit, stage)| (at / 50, limit, stage)).collect();
        assert_eq!(
            stages,
            [
                (2, Limit::Packets, LimitStage::Warned),
                (4, Limit::Packets, LimitStage::Throttled),
                (11, Limit::Packets, LimitStage::Exceeded),
            ],
            "{news:?}"
        );
    }

    #[test]
    fn what_comes_again_is_slowed_to_the_rate_and_never_exceeds() {
        let mut allowance = Allowance::new(RATES, Millis(0));
        let (admitted, news) = send(&mut allowance, 0, 100, 1000, true);
        assert!((10_199..=10_201).contains(&admitted), "{admitted}");
        assert_eq!(news.last().map(|news| news.2), Some(LimitStage::Throttled));
        assert_eq!(news.len(), 2, "{news:?}");
    }

    #[test]
    fn bytes_are_counted_apart() {
        let mut allowance = Allowance::new(RATES, Millis(0));
        assert!(allowance.admits(Millis(0), 30_000, false));
        assert_eq!(allowance.take_news(), Some((Limit::Bytes, LimitStage::Throttled)));
        assert!(!allowance.admits(Millis(999), 1, true));
        assert!(allowance.admits(Millis(1001), 1, true));
        assert_eq!(allowance.take_news(), None);
    }

    #[test]
    fn a_peer_that_calmed_down_is_warned_again() {
        let mut allowance = Allowance::new(RATES, Millis(0));
        assert_eq!(send(&mut allowance, 0, 1, 150, false).1, []);
        assert_eq!(send(&mut allowance, 1000, 1, 190, false).1.len(), 1);
        assert_eq!(send(&mut allowance, 10_000, 1, 300, false).1.len(), 2);
    }

    #[test]
    fn without_rates_nothing_is_limited() {
        let mut allowance = Allowance::new(PeerRates::UNLIMITED, Millis(0));
        for _ in 0..1_000_000 {
            assert!(allowance.admits(Millis(0), 5000, false));
        }
        assert_eq!(allowance.take_news(), None);
    }

    #[test]
    fn without_patience_a_peer_is_throttled_and_no_more() {
        let rates = PeerRates { patience_ms: 0, ..RATES };
        let (_, news) = send(&mut Allowance::new(rates, Millis(0)), 0, 100, 1000, false);
        assert_eq!(news.last().map(|news| news.2), Some(LimitStage::Throttled));
    }
}
