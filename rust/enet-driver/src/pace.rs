//! How far apart the thread's rounds are while datagrams come.
//!
//! A wake-up costs as much as several datagrams, so a thread that got up for each of them would do little else. After a
//! round that received something it rests for a moment instead: what comes meanwhile, from the network and from the game,
//! shares the next round, and acknowledgements share a datagram with the game's answers. The first datagram after a
//! silence is served at once.

use std::time::{Duration, Instant};

/// What one round moved.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    /// Datagrams that came in.
    pub(crate) received: usize,
    /// Bytes in both directions.
    pub(crate) bytes: usize,
}

impl Traffic {
    pub(crate) fn add(&mut self, other: Self) {
        self.received += other.received;
        self.bytes += other.bytes;
    }

    /// Somebody moves as much as a window allows, and waits for every answer.
    pub(crate) fn is_bulk(self) -> bool {
        self.bytes >= BULK_BYTES
    }
}

/// Finds the length of the rests.
#[derive(Debug)]
pub(crate) struct Pace {
    last: Instant,
    /// Nanoseconds from one datagram to the next, smoothed.
    spacing_ns: u64,
}

impl Pace {
    pub(crate) fn new(now: Instant) -> Self {
        Self { last: now, spacing_ns: 0 }
    }

    /// How long to rest after a round that moved this much: a handful of datagrams at the rate at which they come.
    pub(crate) fn rest(&mut self, now: Instant, traffic: Traffic) -> Option<Duration> {
        if traffic.received == 0 || traffic.is_bulk() {
            return None;
        }
        let passed = now.saturating_duration_since(self.last).min(LONGEST_REST * 2);
        self.last = now;
        let spacing = u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX) / traffic.received as u64;
        self.spacing_ns = (self.spacing_ns * 7 + spacing) / 8;
        Some(Duration::from_nanos(self.spacing_ns * HANDFUL).clamp(SHORTEST_REST, LONGEST_REST))
    }
}

/// Datagrams that a round is to find.
const HANDFUL: u64 = 12;
const SHORTEST_REST: Duration = Duration::from_micros(100);
/// What a round trip may take longer for it.
const LONGEST_REST: Duration = Duration::from_millis(2);
/// A quarter of what ENet lets a sender have under way.
const BULK_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    /// The rest after a while of `datagrams` in each millisecond.
    fn settled(datagrams: usize) -> Option<Duration> {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let traffic = Traffic { received: datagrams, bytes: datagrams * 80 };
        (1..100).map(|ms| pace.rest(start + Duration::from_millis(ms), traffic)).last().flatten()
    }

    #[test]
    fn the_denser_the_traffic_the_shorter_the_rest() {
        assert_eq!(settled(0), None);
        assert_eq!(settled(1), Some(LONGEST_REST));
        assert!(
            (Duration::from_micros(580)..Duration::from_micros(601))
                .contains(&settled(20).expect("it rests"))
        );
        assert_eq!(settled(150), Some(SHORTEST_REST));
    }

    #[test]
    fn bulk_waits_for_nothing() {
        let start = Instant::now();
        let traffic = Traffic { received: 12, bytes: BULK_BYTES };
        assert_eq!(Pace::new(start).rest(start, traffic), None);
    }
}
