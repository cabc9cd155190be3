//! What a link is like, and ready-made links for the topics that every test repeats.

/// One direction of a link. Chances are for each datagram on its own, 0 (never) to 1 (always).
///
/// `LinkConfig::default()` is [`LinkConfig::PERFECT`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LinkConfig {
    /// The least time from one end to the other, in milliseconds.
    pub delay_ms: u32,
    /// Each datagram takes a random 0 to `jitter_ms` milliseconds more, all equally likely. Jitter alone never
    /// reorders: a datagram that would overtake an earlier one arrives together with it, as on a path whose routers
    /// queue, so dense traffic sees the upper end more often. Use [`reorder`](Self::reorder) for overtaking.
    pub jitter_ms: u32,
    /// Chance to be lost, independent of all others.
    pub loss: f64,
    /// Losses that come in bursts, on top of `loss`.
    pub burst_loss: Option<BurstLoss>,
    /// Chance to arrive twice. The copy has its own jitter, corruption and holding back.
    pub duplicate: f64,
    /// Chance to be held back by 1 to 20 + `jitter_ms` milliseconds, during which later datagrams overtake it.
    pub reorder: f64,
    /// Chance to arrive with one flipped bit.
    pub corrupt: f64,
    /// What the narrowest point of the path carries, in bytes of payload a second; `None` is unlimited, 0 carries
    /// nothing.
    pub rate_bytes_per_second: Option<u32>,
    /// Bytes that may wait before that point, the datagram being sent included; what does not fit is dropped. A
    /// datagram that finds the line idle is always taken. `None` is unlimited; without a rate nothing ever waits.
    pub queue_bytes: Option<usize>,
}

impl LinkConfig {
    /// Everything arrives at once, in order and unchanged.
    pub const PERFECT: Self = Self {
        delay_ms: 0,
        jitter_ms: 0,
        loss: 0.0,
        burst_loss: None,
        duplicate: 0.0,
        reorder: 0.0,
        corrupt: 0.0,
        rate_bytes_per_second: None,
        queue_bytes: None,
    };

    /// A cable to the next room: 1 ms, 100 Mbit/s, no loss.
    #[must_use]
    pub fn lan() -> Self {
        Self { delay_ms: 1, ..Self::limited(12_500_000, 1 << 20) }
    }

    /// Wireless near the router and a server in the same region: 15 to 25 ms, 0.1 % loss, 50 Mbit/s.
    #[must_use]
    pub fn wifi_good() -> Self {
        Self { delay_ms: 15, jitter_ms: 10, loss: 0.001, ..Self::limited(6_250_000, 512 << 10) }
    }

    /// Wireless two walls away: 20 to 60 ms, 1 % loss alone and 2 % in bursts of 5, overtaking, 10 Mbit/s.
    #[must_use]
    pub fn wifi_lossy() -> Self {
        Self {
            delay_ms: 20,
            jitter_ms: 40,
            loss: 0.01,
            burst_loss: Some(BurstLoss::average(0.02, 5.0)),
            duplicate: 0.005,
            reorder: 0.02,
            ..Self::limited(1_250_000, 256 << 10)
        }
    }

    /// A phone on the move: 50 to 110 ms, 0.5 % loss alone and 1 % in bursts of 8, overtaking, 5 Mbit/s before a
    /// deep queue.
    #[must_use]
    pub fn mobile() -> Self {
        Self {
            delay_ms: 50,
            jitter_ms: 60,
            loss: 0.005,
            burst_loss: Some(BurstLoss::average(0.01, 8.0)),
            duplicate: 0.001,
            reorder: 0.01,
            ..Self::limited(625_000, 512 << 10)
        }
    }

    /// A geostationary satellite: 280 to 300 ms, 0.5 % loss, 10 Mbit/s before a deep queue.
    #[must_use]
    pub fn satellite() -> Self {
        Self { delay_ms: 280, jitter_ms: 20, loss: 0.005, ..Self::limited(1_250_000, 1 << 20) }
    }

    fn limited(rate_bytes_per_second: u32, queue_bytes: usize) -> Self {
        Self {
            rate_bytes_per_second: Some(rate_bytes_per_second),
            queue_bytes: Some(queue_bytes),
            ..Self::PERFECT
        }
    }
}

/// Loss by a channel with two states (Gilbert and Elliott): good, where nothing is lost, and bad. The state may
/// change before each datagram, and while nothing is sent as if a datagram went every 20 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BurstLoss {
    /// Chance to turn bad while good.
    pub enter: f64,
    /// Chance to turn good while bad; 1 over it is the mean length of a burst, in datagrams.
    pub leave: f64,
    /// Chance to be lost while bad.
    pub loss: f64,
}

impl BurstLoss {
    /// Bursts that lose `share` of all datagrams in the long run, `length` in a row on average. `share` lies in 0 to
    /// below 1, `length` is at least 1.
    #[must_use]
    pub fn average(share: f64, length: f64) -> Self {
        let leave = 1.0 / length;
        Self { enter: leave * share / (1.0 - share), leave, loss: 1.0 }
    }
}
