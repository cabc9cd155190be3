//! The host's clock. Time is 64-bit inside, so it never wraps; only its low 16 bits travel on the wire.
//! Answers for `enet/time.h`.

use std::ops::{Add, Sub};

/// Milliseconds since an epoch that the caller chooses. The caller's times must never go back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u64);

impl Millis {
    /// In place of a moment that does not come.
    pub(crate) const NEVER: Self = Self(u64::MAX);

    /// Milliseconds passed since `earlier`, or 0 if `earlier` lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The earliest of moments that may not come. As a loop: the chain of iterators that says the same becomes a thousand
    /// instructions.
    #[must_use]
    pub fn earliest<const N: usize>(moments: [Option<Self>; N]) -> Option<Self> {
        let mut earliest = Self::NEVER;
        for moment in moments {
            earliest = earliest.min(moment.unwrap_or(Self::NEVER));
        }
        (earliest < Self::NEVER).then_some(earliest)
    }

    /// What travels on the wire.
    pub(crate) fn low_16_bits(self) -> u16 {
        let [low, high, ..] = self.0.to_le_bytes();
        u16::from_le_bytes([low, high])
    }
}

impl Add<u64> for Millis {
    type Output = Self;

    fn add(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

impl Sub<u64> for Millis {
    type Output = Self;

    fn sub(self, ms: u64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}
