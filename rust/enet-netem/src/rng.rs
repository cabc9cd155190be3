//! The link's source of chance: SplitMix64, a counter put through a mixing function. Small, fast, and every seed
//! (0 too) gives a good sequence.

/// A seeded stream of pseudo-random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Rng {
    state: u64,
}

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// True with probability `p`; never for 0 or NaN, always for 1 and above.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        // 53 bits are what an f64 holds exactly, so the quotient lies in 0..1 and never is 1.
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        unit < p
    }

    /// A number in `0..=max`, all equally likely (the bias of the multiplication is far below what a test can see).
    pub(crate) fn up_to(&mut self, max: u32) -> u64 {
        ((self.next() >> 32) * (u64::from(max) + 1)) >> 32
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_numbers_of_a_known_seed() {
        let mut rng = Rng::new(0);
        assert_eq!(rng.next(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(rng.next(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn chance_meets_its_probability_and_its_edges() {
        let mut rng = Rng::new(1);
        let hits = (0..100_000).filter(|_| rng.chance(0.25)).count();
        assert!((24_000..26_000).contains(&hits), "{hits} of 100000");
        assert!((0..1000).all(|_| !rng.chance(0.0) && rng.chance(1.0) && !rng.chance(f64::NAN)));
    }

    #[test]
    fn up_to_reaches_both_ends() {
        let mut rng = Rng::new(2);
        let drawn: Vec<u64> = (0..10_000).map(|_| rng.up_to(4)).collect();
        for value in 0..=4 {
            let count = drawn.iter().filter(|&&drawn| drawn == value).count();
            assert!((1800..2200).contains(&count), "{value}: {count}");
        }
        assert!(drawn.iter().all(|&drawn| drawn <= 4));
        assert_eq!(rng.up_to(0), 0);
        assert!(rng.up_to(u32::MAX) <= u64::from(u32::MAX));
    }
}
