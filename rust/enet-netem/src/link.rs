//! One direction of a link: what was sent goes through the bottleneck, chance and delay, and comes out in the order
//! of arrival.

use std::collections::BTreeMap;

use crate::{LinkConfig, LinkStats, bottleneck::Bottleneck, loss::Loss, rng::Rng};

/// One direction between two ends. Times are milliseconds since any epoch; one that lies before the last time given
/// to `send` counts as that time.
///
/// `T` is a label that travels with each datagram, such as an address where many share the link; by default there is none.
#[derive(Clone, Debug)]
pub struct Link<T = ()> {
    config: LinkConfig,
    rng: Rng,
    loss: Loss,
    bottleneck: Bottleneck,
    /// What is under way, by arrival time and then by sending order.
    in_transit: BTreeMap<(u64, u64), (T, Vec<u8>)>,
    in_transit_bytes: usize,
    sequence: u64,
    now_ms: u64,
    /// The latest arrival of a datagram that was not held back; none of these arrives before it.
    latest_arrival_ms: u64,
    drop_next: usize,
    stats: LinkStats,
}

impl Link {
    /// An idle link. Two links of one test want different seeds, or they lose the same datagrams.
    #[must_use]
    pub fn new(config: LinkConfig, seed: u64) -> Self {
        Self::labelled(config, seed)
    }

    /// Puts a datagram on the link. See [`send_labelled`](Self::send_labelled).
    pub fn send(&mut self, now_ms: u64, datagram: &[u8]) {
        self.send_labelled(now_ms, (), datagram);
    }

    /// The next datagram that has arrived by `now_ms`. Call until `None`.
    #[must_use]
    pub fn poll(&mut self, now_ms: u64) -> Option<Vec<u8>> {
        self.poll_labelled(now_ms).map(|((), datagram)| datagram)
    }
}

impl<T: Clone> Link<T> {
    /// An idle link whose datagrams carry labels.
    #[must_use]
    pub fn labelled(config: LinkConfig, seed: u64) -> Self {
        Self {
            config,
            rng: Rng::new(seed),
            loss: Loss::default(),
            bottleneck: Bottleneck::default(),
            in_transit: BTreeMap::new(),
            in_transit_bytes: 0,
            sequence: 0,
            now_ms: 0,
            latest_arrival_ms: 0,
            drop_next: 0,
            stats: LinkStats::default(),
        }
    }

    /// Puts a datagram on the link, with its label.
    ///
    /// It may be dropped by [`drop_next`](Self::drop_next), then by the queue before the rate limit, then be lost; a
    /// lost datagram has taken its time on the line. Then it is duplicated, corrupted and delayed.
    pub fn send_labelled(&mut self, now_ms: u64, label: T, datagram: &[u8]) {
        self.now_ms = self.now_ms.max(now_ms);
        self.stats.sent += 1;
        self.stats.sent_bytes += datagram.len() as u64;
        if self.drop_next > 0 {
            self.drop_next -= 1;
            self.stats.dropped_on_request += 1;
            return;
        }
        let LinkConfig { rate_bytes_per_second, queue_bytes, .. } = self.config;
        let now_us = self.now_ms.saturating_mul(1000);
        let passed = self.bottleneck.pass(now_us, datagram.len(), rate_bytes_per_second, queue_bytes);
        let Some(departure_us) = passed else {
            self.stats.dropped_by_queue += 1;
            return;
        };
        if self.loss.strikes(&self.config, &mut self.rng, self.now_ms) {
            self.stats.lost += 1;
            return;
        }
        let departure_ms = departure_us.div_ceil(1000);
        self.carry(departure_ms, label.clone(), datagram);
        if self.rng.chance(self.config.duplicate) {
            self.stats.duplicated += 1;
            self.carry(departure_ms, label, datagram);
        }
    }

    /// The next datagram that has arrived by `now_ms`, with its label. Call until `None`.
    #[must_use]
    pub fn poll_labelled(&mut self, now_ms: u64) -> Option<(T, Vec<u8>)> {
        let first = self.in_transit.first_entry().filter(|entry| entry.key().0 <= now_ms)?;
        let (label, datagram) = first.remove();
        self.in_transit_bytes -= datagram.len();
        self.stats.delivered += 1;
        self.stats.delivered_bytes += datagram.len() as u64;
        Some((label, datagram))
    }

    /// Drops the next `n` datagrams sent, on top of those still to be dropped.
    pub fn drop_next(&mut self, n: usize) {
        self.drop_next = self.drop_next.saturating_add(n);
    }

    /// Changes the link for what is sent from here on. What is under way arrives as it would have.
    pub fn set_config(&mut self, config: LinkConfig) {
        self.config = config;
    }

    /// Begins the sequence of chances anew, from another seed.
    pub fn reseed(&mut self, seed: u64) {
        self.rng = Rng::new(seed);
    }

    /// When the first datagram under way arrives; `None` when the link is empty.
    #[must_use]
    pub fn next_arrival(&self) -> Option<u64> {
        self.in_transit.first_key_value().map(|(&(arrival_ms, _), _)| arrival_ms)
    }

    /// Datagrams under way.
    #[must_use]
    pub fn in_transit(&self) -> usize {
        self.in_transit.len()
    }

    /// Bytes under way.
    #[must_use]
    pub fn in_transit_bytes(&self) -> usize {
        self.in_transit_bytes
    }

    /// What the link is like.
    #[must_use]
    pub fn config(&self) -> &LinkConfig {
        &self.config
    }

    /// What it has done.
    #[must_use]
    pub fn stats(&self) -> &LinkStats {
        &self.stats
    }

    fn carry(&mut self, departure_ms: u64, label: T, datagram: &[u8]) {
        let mut datagram = datagram.to_vec();
        self.maybe_corrupt(&mut datagram);
        let arrival_ms = self.arrival(departure_ms);
        self.sequence += 1;
        self.in_transit_bytes += datagram.len();
        self.in_transit.insert((arrival_ms, self.sequence), (label, datagram));
    }

    fn maybe_corrupt(&mut self, datagram: &mut [u8]) {
        if !self.rng.chance(self.config.corrupt) {
            return;
        }
        let last = u32::try_from(datagram.len().saturating_sub(1)).unwrap_or(u32::MAX);
        let index = self.rng.up_to(last);
        let bit = self.rng.up_to(7);
        if let Some(byte) = usize::try_from(index).ok().and_then(|index| datagram.get_mut(index)) {
            *byte ^= 1 << bit;
            self.stats.corrupted += 1;
        }
    }

    fn arrival(&mut self, departure_ms: u64) -> u64 {
        let LinkConfig { delay_ms, jitter_ms, reorder, .. } = self.config;
        let undisturbed = departure_ms.saturating_add(u64::from(delay_ms) + self.rng.up_to(jitter_ms));
        let in_order = undisturbed.max(self.latest_arrival_ms);
        if self.rng.chance(reorder) {
            self.stats.held_back += 1;
            let most_ms = jitter_ms.saturating_add(MOST_HELD_BACK_MS - 1);
            return in_order.saturating_add(1 + self.rng.up_to(most_ms));
        }
        self.latest_arrival_ms = in_order;
        in_order
    }
}

/// The longest that `reorder` holds a datagram back when there is no jitter.
const MOST_HELD_BACK_MS: u32 = 20;
