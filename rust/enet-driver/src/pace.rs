//! How far apart the thread's rounds are while datagrams come.
//!
//! A wake-up costs as much as several datagrams, so a thread that got up for each of them would do little else. Where they
//! come thick and fast it rests for a moment after a round, and receives nothing meanwhile: what comes shares the next
//! round. For a game that sleeps until events come the moment is a fraction of a millisecond; one that looks for them in
//! each frame loses nothing by a little more, and earlier. Where datagrams are few, the thread rests only after it has told
//! the game something, for as long as a game that waits for it takes to answer, so that acknowledgements share a datagram
//! with the answers. Whatever the game wants to leave at once ends a rest, or interrupts it; the first datagram after a
//! silence is served at once.

use std::time::{Duration, Instant};

/// What one round moved.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    /// Datagrams that came in.
    pub(crate) received: usize,
    /// Bytes in both directions.
    pub(crate) bytes: usize,
    /// The game was told of something, and may answer.
    pub(crate) is_news: bool,
    /// Some of it is for a game that sleeps until it is told.
    pub(crate) is_awaited: bool,
    /// How long nothing came before.
    pub(crate) silence: Duration,
}

impl Traffic {
    pub(crate) fn add(&mut self, other: Self) {
        self.received += other.received;
        self.bytes += other.bytes;
        self.is_news |= other.is_news;
        self.is_awaited |= other.is_awaited;
    }

    /// Somebody moves as much as a window allows, and waits for every answer.
    pub(crate) fn is_bulk(self) -> bool {
        self.bytes >= BULK_BYTES
    }
}

/// A time in which nothing is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    pub(crate) until: Instant,
    /// It is for what comes from the network, and goes on after an interruption.
    pub(crate) goes_on: bool,
    /// It is only worth its while if nothing has come already.
    pub(crate) is_brief: bool,
}

/// Finds the length of the rests.
#[derive(Debug)]
pub(crate) struct Pace {
    last: Instant,
    /// Datagrams that came lately, and in how many nanoseconds. Both fade with each round.
    datagrams: u64,
    nanoseconds: u64,
}

impl Pace {
    pub(crate) fn new(now: Instant) -> Self {
        Self { last: now, datagrams: 0, nanoseconds: 0 }
    }

    /// The rest after a round that moved this much.
    pub(crate) fn rest(&mut self, now: Instant, traffic: Traffic) -> Option<Rest> {
        if traffic.received == 0 || traffic.is_bulk() {
            return None;
        }
        let spacing = self.spacing(now, traffic.received);
        let gathering = Gathering::of(traffic);
        let is_brief = traffic.is_awaited;
        if spacing <= gathering.dense {
            let length = (spacing * gathering.handful).clamp(SHORTEST_REST, gathering.longest);
            // What comes in bursts gathers by itself.
            let is_needed = !is_brief || traffic.silence < length;
            is_needed.then_some(Rest { until: now + length, goes_on: true, is_brief })
        } else {
            traffic.is_news.then_some(Rest { until: now + ANSWER, goes_on: false, is_brief: false })
        }
    }

    /// From one datagram to the next, smoothed, after another round with `received` of them.
    fn spacing(&mut self, now: Instant, received: usize) -> Duration {
        let passed = now.saturating_duration_since(self.last).min(FORGOTTEN);
        self.last = now;
        let fade = |sum: u64, more: u64| sum - sum / 8 + more;
        self.datagrams = fade(self.datagrams, received as u64 * SCALE);
        self.nanoseconds = fade(self.nanoseconds, u64::try_from(passed.as_nanos()).unwrap_or(u64::MAX));
        Duration::from_nanos((self.nanoseconds * SCALE) / self.datagrams.max(1))
    }
}

/// How datagrams that come thick and fast are gathered.
struct Gathering {
    /// Those that are closer to each other than this do.
    dense: Duration,
    /// Datagrams that a round is to find. A socket of the usual size holds some two hundred small ones.
    handful: u32,
    /// What a round trip may take longer for it.
    longest: Duration,
}

impl Gathering {
    fn of(traffic: Traffic) -> &'static Self {
        match traffic {
            Traffic { is_awaited: false, .. } => &IN_FRAMES,
            Traffic { is_news: true, .. } => &AWAITED,
            Traffic { is_news: false, .. } => &QUIET,
        }
    }
}

/// For a game that sleeps until something comes.
const AWAITED: Gathering =
    Gathering { dense: Duration::from_micros(100), handful: 12, longest: Duration::from_micros(400) };
/// The same where nobody says anything: pings, and acknowledgements.
const QUIET: Gathering = Gathering { longest: Duration::from_millis(1), ..AWAITED };
/// For a game that looks in each frame: an eighth of one at 60 in a second is the longest rest.
const IN_FRAMES: Gathering =
    Gathering { dense: Duration::from_millis(1), handful: 64, longest: Duration::from_millis(2) };
const SHORTEST_REST: Duration = Duration::from_micros(100);
/// How long a game that waits for events takes to answer one.
const ANSWER: Duration = Duration::from_micros(200);
/// A silence counts as no more than this.
const FORGOTTEN: Duration = Duration::from_millis(4);
/// Keeps a single datagram from fading to nothing.
const SCALE: u64 = 64;
/// A quarter of what ENet lets a sender have under way.
const BULK_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(received: usize) -> Traffic {
        Traffic { received, bytes: received * 80, is_news: true, is_awaited: true, silence: Duration::ZERO }
    }

    /// The length of the last rest, and whether it goes on, after rounds that find so many datagrams, each so many
    /// microseconds after the one before.
    fn settled(rounds: &[(u64, usize)]) -> Option<(Duration, bool)> {
        settled_with(traffic(0), rounds)
    }

    fn settled_with(kind: Traffic, rounds: &[(u64, usize)]) -> Option<(Duration, bool)> {
        let mut now = Instant::now();
        let mut pace = Pace::new(now);
        let mut last = None;
        for &(after, received) in rounds.iter().cycle().take(200) {
            now += Duration::from_micros(after);
            let traffic = Traffic { received, bytes: received * 80, ..kind };
            last = pace.rest(now, traffic).map(|rest| (rest.until - now, rest.goes_on));
        }
        last
    }

    #[test]
    fn the_denser_the_traffic_the_shorter_the_rest() {
        assert_eq!(settled(&[(1000, 0)]), None);
        assert_eq!(settled(&[(1000, 3)]), Some((ANSWER, false)));
        assert_eq!(settled(&[(1000, 12)]), Some((AWAITED.longest, true)));
        let (rest, goes_on) = settled(&[(1000, 60)]).expect("it rests");
        assert!(goes_on && (Duration::from_micros(195)..=ANSWER).contains(&rest), "{rest:?}");
        assert_eq!(settled(&[(1000, 190)]), Some((SHORTEST_REST, true)));
    }

    #[test]
    fn what_comes_in_bursts_gathers_by_itself() {
        let burst = |silence_us| {
            settled_with(Traffic { silence: Duration::from_micros(silence_us), ..traffic(0) }, &[(1000, 40)])
        };
        assert_eq!(burst(500), None);
        assert!(burst(50).is_some());
    }

    #[test]
    fn for_a_game_that_looks_in_each_frame_more_gathers() {
        let in_frames = |rounds| settled_with(Traffic { is_awaited: false, ..traffic(0) }, rounds);
        assert_eq!(in_frames(&[(3000, 2)]), Some((ANSWER, false)), "few are answered at once");
        assert_eq!(in_frames(&[(1000, 3)]), Some((IN_FRAMES.longest, true)));
        let (rest, _) = in_frames(&[(1000, 100)]).expect("it rests");
        assert!((Duration::from_micros(600)..Duration::from_micros(650)).contains(&rest), "{rest:?}");
    }

    #[test]
    fn where_nobody_says_anything_rests_are_longer() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let quiet = Traffic { is_news: false, ..traffic(11) };
        let rests = (1..100).map(|ms| {
            let now = start + Duration::from_millis(ms);
            pace.rest(now, quiet).map(|rest| rest.until - now)
        });
        assert_eq!(rests.last().flatten(), Some(QUIET.longest));
    }

    #[test]
    fn bursts_are_as_dense_as_they_are_on_the_whole() {
        assert_eq!(settled(&[(600, 2), (400, 28)]).map(|(_, goes_on)| goes_on), Some(true));
        assert_eq!(settled(&[(600, 1), (400, 4)]).map(|(_, goes_on)| goes_on), Some(false));
    }

    #[test]
    fn a_silence_is_forgotten_in_a_few_rounds() {
        let start = Instant::now();
        let mut pace = Pace::new(start);
        let after = start + Duration::from_secs(60);
        let rests = (0..40).map(|step| pace.rest(after + Duration::from_micros(400 * step), traffic(20)));
        assert!(rests.last().flatten().is_some_and(|rest| rest.goes_on));
    }

    #[test]
    fn bulk_waits_for_nothing_and_neither_does_what_the_game_does_not_see() {
        let start = Instant::now();
        let bulk = Traffic { bytes: BULK_BYTES, ..traffic(12) };
        assert_eq!(Pace::new(start).rest(start, bulk), None);
        let silent = Traffic { is_news: false, ..traffic(1) };
        assert_eq!(Pace::new(start).rest(start + Duration::from_secs(1), silent), None);
    }
}
