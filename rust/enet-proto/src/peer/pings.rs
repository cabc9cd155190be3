//! When the remote is asked whether it is still there. Answers for `pingInterval` in `ENetPeer`.
//!
//! C ENet asks whenever nothing was acknowledged for the interval, and so do both sides of a connection, for ever. Here a
//! connection on which nothing but pings happens is left in peace: the time between them grows, one ping is enough for both
//! sides, because who is asked knows that the other lives, and pings of many peers share their wake-ups. Any packet brings
//! the interval back. All this one side decides alone; remotes like C ENet's, which ask by themselves, are only answered.
//!
//! A remote that dies in such a silence is noticed that much later, for its silence counts from the first ping that it does
//! not answer: by at most four and a half seconds, or five by the side that had asked to connect, which leaves the asking to
//! the other. Where peers are given up sooner than usual the pauses are shorter, too.

use super::retransmission::RetransmissionTimer;
use crate::config::HostConfig;
use crate::time::Millis;

#[derive(Debug)]
pub(crate) struct Pings {
    interval_ms: u32,
    /// The interval may grow: nobody has set it.
    is_spared: bool,
    /// The remote asks, and this side only if it does not: two that ask at once are one too many.
    is_second: bool,
    /// When a packet last passed, in either direction.
    busy_at: Millis,
}

/// The longest time between pings, in milliseconds, and what it may be of the least time after which a silent remote is
/// given up, in tenths.
const LONGEST_MS: u64 = 4000;
const LONGEST_TENTHS: u64 = 8;
/// Answers that it takes to know the round-trip time. Before that pings are not spared.
const WELL_KNOWN: u64 = 10;
/// Pings leave at multiples of this, in milliseconds, so that those of many peers need one wake-up.
const GRID_MS: u64 = 100;
/// A side that is only asked measures the round-trip time each time so many pauses are over. Its ping leaves with an answer,
/// or alone when there was none for one more pause.
const PAUSES_UNMEASURED: u64 = 8;

impl Pings {
    pub(crate) fn new(config: &HostConfig, is_second: bool, now: Millis) -> Self {
        Self { interval_ms: config.ping_interval_ms, is_spared: config.spares_pings, is_second, busy_at: now }
    }

    /// An interval that is kept exactly; 0 is the host's own again.
    pub(crate) fn set_interval(&mut self, interval_ms: u32, config: &HostConfig) {
        (self.interval_ms, self.is_spared) = match interval_ms {
            0 => (config.ping_interval_ms, config.spares_pings),
            set => (set, false),
        };
    }

    /// A packet passes.
    pub(crate) fn on_packet(&mut self, now: Millis) {
        self.busy_at = now;
    }

    /// When the remote is to be asked, unless something else does it.
    pub(crate) fn due_at(&self, timer: &RetransmissionTimer, slot: u16) -> Millis {
        let Some(acknowledged) = timer.last_acknowledged() else { return Millis(0) };
        let Some(pause) = self.pause_ms(timer) else { return acknowledged + u64::from(self.interval_ms) };
        let heard = timer.last_heard();
        let beyond = if self.is_second { pause / 32 * 7 } else { spread(pause, heard, slot) };
        let measured = acknowledged + pause * (PAUSES_UNMEASURED + 1);
        on_grid((heard + pause + beyond).min(measured))
    }

    /// From when on a ping may leave with an answer to the remote's, where it costs no datagram.
    pub(crate) fn rides_at(&self, timer: &RetransmissionTimer) -> Millis {
        let Some(acknowledged) = timer.last_acknowledged() else { return Millis(0) };
        match self.pause_ms(timer) {
            Some(pause) => acknowledged + pause * PAUSES_UNMEASURED,
            // The two sides' pings find together.
            None => acknowledged + u64::from(self.interval_ms - self.interval_ms / 2),
        }
    }

    /// The time between pings while nothing else is said, if it is longer than the interval: as long as the silence has
    /// lasted, within limits.
    fn pause_ms(&self, timer: &RetransmissionTimer) -> Option<u64> {
        if !self.is_spared || timer.answers() < WELL_KNOWN {
            return None;
        }
        let least_ms = u64::from(timer.timeouts.minimum_ms.min(timer.timeouts.maximum_ms));
        let longest_ms = LONGEST_MS.min(least_ms * LONGEST_TENTHS / 10);
        let quiet_ms = timer.last_heard().since(self.busy_at);
        let pause = quiet_ms.min(longest_ms);
        (pause > u64::from(self.interval_ms)).then_some(pause)
    }
}

/// Up to an eleventh of a pause, for each peer and ping another part: peers that came together do not ask together for ever.
fn spread(pause: u64, heard: Millis, slot: u16) -> u64 {
    const MIX: u64 = 0x9E37_79B9_7F4A_7C15;
    let mixed = (heard.0 / GRID_MS).wrapping_shl(16) ^ u64::from(slot);
    let mixed = mixed.wrapping_mul(MIX);
    let dice = (mixed ^ mixed >> 32).wrapping_mul(MIX) >> 61;
    pause / 80 * dice
}

fn on_grid(at: Millis) -> Millis {
    Millis(at.0.checked_next_multiple_of(GRID_MS).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PeerTimeouts;

    /// The pings of so many peers that came together, if each is answered at once: how many leave at which moment.
    fn moments(peers: u16, rounds: u64) -> Vec<std::collections::BTreeMap<u64, u32>> {
        let pings = Pings::new(&HostConfig::default(), false, Millis(0));
        let mut timers: Vec<_> =
            (0..peers).map(|_| RetransmissionTimer::new(PeerTimeouts::default(), Millis(0))).collect();
        for timer in &mut timers {
            (0..WELL_KNOWN).for_each(|_| timer.on_acknowledged(Millis(10_000)));
            timer.on_heard(Millis(10_000));
        }
        let round = |_| {
            let mut moments = std::collections::BTreeMap::new();
            for (slot, timer) in (0..).zip(&mut timers) {
                let due = pings.due_at(timer, slot);
                *moments.entry(due.0).or_default() += 1;
                timer.on_acknowledged(due + 3);
                timer.on_heard(due + 3);
            }
            moments
        };
        (0..rounds).map(round).collect()
    }

    #[test]
    fn pings_share_wake_ups_and_peers_that_came_together_part() {
        let rounds = moments(4000, 40);
        for moments in &rounds {
            assert!(moments.keys().all(|at| at % GRID_MS == 0), "{moments:?}");
        }
        let most = |round: usize| *rounds[round].values().max().expect("there are some");
        assert!(most(0) >= 400 && most(39) <= 250, "{} at first, {} later", most(0), most(39));
    }

    #[test]
    fn pauses_grow_with_the_silence() {
        let pings = Pings::new(&HostConfig::default(), false, Millis(0));
        let mut timer = RetransmissionTimer::new(PeerTimeouts::default(), Millis(0));
        assert_eq!(pings.due_at(&timer, 0), Millis(0), "nothing is known of the remote");
        for number in 1..=WELL_KNOWN {
            let now = Millis(number * 500);
            timer.on_heard(now);
            timer.on_acknowledged(now);
            let pause = pings.due_at(&timer, 0).since(now);
            let expected = if number < WELL_KNOWN { 500..=500 } else { 4000..=4500 };
            assert!(expected.contains(&pause), "{pause} ms after {number}");
        }
    }

    /// Neither end ever stops asking, whatever the clock and the settings say.
    #[test]
    fn extreme_times_are_borne() {
        let config = HostConfig { ping_interval_ms: u32::MAX, ..HostConfig::default() };
        for now in [0, 1, u64::MAX - 1, u64::MAX] {
            let mut timer = RetransmissionTimer::new(PeerTimeouts::default(), Millis(now));
            (0..WELL_KNOWN).for_each(|_| timer.on_acknowledged(Millis(now)));
            for pings in [&config, &HostConfig::default()].map(|config| Pings::new(config, true, Millis(0))) {
                assert!(pings.due_at(&timer, u16::MAX) >= Millis(now));
                assert!(pings.rides_at(&timer) >= Millis(now));
            }
        }
    }
}
