//! Which datagrams are lost by chance.

use crate::{LinkConfig, rng::Rng};

/// The memory of a lossy link: whether a burst is going on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loss {
    in_burst: bool,
    /// When the last datagram was sent.
    last_ms: u64,
}

/// A silent link changes as if a datagram were sent this often: a burst is a stretch of bad air, which passes whether
/// or not anybody speaks.
const SPACING_MS: u64 = 20;
/// Silence longer than this many spacings changes nothing more.
const LONGEST_SILENCE: u64 = 200;

impl Loss {
    /// Decides about the next datagram.
    pub(crate) fn strikes(&mut self, config: &LinkConfig, rng: &mut Rng, now_ms: u64) -> bool {
        let silence = (now_ms.saturating_sub(self.last_ms) / SPACING_MS).min(LONGEST_SILENCE);
        self.last_ms = now_ms;
        let in_burst = self.burst_strikes(config, rng, silence);
        rng.chance(config.loss) || in_burst
    }

    fn burst_strikes(&mut self, config: &LinkConfig, rng: &mut Rng, silence: u64) -> bool {
        let Some(burst) = config.burst_loss else {
            self.in_burst = false;
            return false;
        };
        for _ in 0..=silence {
            if rng.chance(if self.in_burst { burst.leave } else { burst.enter }) {
                self.in_burst = !self.in_burst;
            }
        }
        self.in_burst && rng.chance(burst.loss)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BurstLoss;

    fn losses(config: &LinkConfig, count: usize) -> Vec<bool> {
        let mut rng = Rng::new(7);
        let mut loss = Loss::default();
        (0..count).map(|_| loss.strikes(config, &mut rng, 0)).collect()
    }

    #[test]
    fn bursts_have_the_share_and_the_length_asked_for() {
        let config = LinkConfig { burst_loss: Some(BurstLoss::average(0.1, 5.0)), ..LinkConfig::PERFECT };
        let losses = losses(&config, 200_000);
        let lost = losses.iter().filter(|&&lost| lost).count();
        let bursts = losses.windows(2).filter(|pair| !pair[0] && pair[1]).count();
        let length = lost as f64 / bursts as f64;
        assert!((18_000..22_000).contains(&lost), "{lost} of 200000");
        assert!((4.6..5.4).contains(&length), "{length}");
    }

    #[test]
    fn a_burst_passes_in_silence() {
        let endless = BurstLoss { enter: 0.0, leave: 0.2, loss: 1.0 };
        let config = LinkConfig { burst_loss: Some(endless), ..LinkConfig::PERFECT };
        let mut rng = Rng::new(7);
        let survivors = (0..1000)
            .filter(|_| {
                let mut loss = Loss { in_burst: true, last_ms: 0 };
                !loss.strikes(&config, &mut rng, 1000)
            })
            .count();
        assert!(survivors > 990, "{survivors} of 1000");
    }

    #[test]
    fn independent_losses_do_not_cluster() {
        let losses = losses(&LinkConfig { loss: 0.2, ..LinkConfig::PERFECT }, 100_000);
        let lost = losses.iter().filter(|&&lost| lost).count();
        let pairs = losses.windows(2).filter(|pair| pair[0] && pair[1]).count();
        assert!((19_400..20_600).contains(&lost), "{lost} of 100000");
        assert!((3_700..4_300).contains(&pairs), "{pairs} neighbours, 4000 by chance");
    }
}
