//! How many reliable bytes may be in flight. Begins with what the two sides negotiated, which is C ENet's fixed limit of
//! at most 64 KiB, and grows beyond it while the link shows that it has room: the remote stores far more than it
//! announces, and 64 KiB for each round trip is little on a long way.
//!
//! Once a round trip the window looks at what came back. It grows by half as long as it is used up and the fastest answer
//! took hardly longer than the fastest ever did; when even that one had to wait in a queue, or when more than a seventh got
//! lost, it gives way. Chance losses below that, as on wireless links, leave it alone.
//!
//! On a short way a window is not for what travels but for what waits in the socket of the remote, so that neither side waits
//! for the other: a little more than C ENet's is enough, and a socket of the usual size holds no more than some ninety full
//! datagrams. So growth ends there, or at so many bytes for each millisecond that the fastest answer takes.

use super::spacing::Spacing;
use crate::time::Millis;

#[derive(Debug)]
pub(crate) struct SendWindow {
    /// What growth may lead to. At most the negotiated size is no growth.
    maximum: u32,
    /// Of a connection that has used its window up lately, which most never do.
    growth: Option<Box<Growth>>,
}

#[derive(Debug, Default)]
struct Growth {
    /// What the window has grown to, in bytes.
    size: u32,
    /// When something last had to wait for room.
    last_full: Millis,
    /// The size in the round before: what came back in this one was sent with it.
    previous: u32,
    /// After the first setback growth is slow.
    is_careful: bool,
    /// What comes back in this round was sent before the last setback and says nothing about it.
    is_settling: bool,
    round: Round,
    fastest: Fastest,
    spacing: Spacing,
    /// Smoothed share of what got lost, of [`SHARE_SCALE`].
    lost_share: u32,
}

/// What came back since `began`.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    began: Option<Millis>,
    answered: u32,
    lost: u32,
    fastest_ms: Option<u32>,
    was_full: bool,
}

/// The shortest round-trip time of the last one to two [`Self::SPAN_MS`].
#[derive(Clone, Copy, Debug, Default)]
struct Fastest {
    began: Option<Millis>,
    current: Option<u32>,
    previous: Option<u32>,
}

/// Nobody announces a smaller window unless a bandwidth limit asks for it.
const UNLIMITED: u32 = 65_536;
/// A quarter of a gigabit in a second.
const BYTES_PER_MS: u32 = 32 << 10;
/// What a window may have however short the way is: some seventy full datagrams.
const ENOUGH_BYTES: u32 = 96 << 10;
const SHARE_SCALE: u32 = 1024;
const TOO_MUCH_LOST: u32 = SHARE_SCALE / 7;
/// A window that was not full for so long says nothing about the link any more.
const STALE_MS: u64 = 2000;
/// The least queueing that counts, in milliseconds: a remote that is serviced once a frame answers up to a frame late.
const LEAST_QUEUEING_MS: u32 = 20;

impl SendWindow {
    pub(crate) fn new(maximum: u32) -> Self {
        Self { maximum, growth: None }
    }

    /// What this window has grown to, in bytes, beside a negotiated one.
    pub(crate) fn grown(&self, negotiated: u32) -> u32 {
        let growth = self.growth.as_ref().filter(|_| self.may_grow(negotiated));
        growth.map_or(0, |growth| growth.size.min(growth.useful()))
    }

    /// Something waits for room.
    pub(crate) fn on_full(&mut self, now: Millis, negotiated: u32) {
        if self.may_grow(negotiated) {
            let growth = self.growth.get_or_insert_default();
            growth.round.was_full = true;
            growth.last_full = now;
        }
    }

    /// Whether `bytes`, for which there is room, may leave now. Where the window has not grown they may.
    pub(crate) fn admits(&mut self, now: Millis, negotiated: u32, bytes: u32) -> bool {
        let size = self.grown(negotiated);
        match &mut self.growth {
            Some(growth) if size > negotiated => {
                growth.spacing.admits(now, bytes, size, growth.fastest.get().unwrap_or(0))
            }
            _ => true,
        }
    }

    pub(crate) fn on_sent(&mut self, bytes: u32) {
        if let Some(growth) = &mut self.growth {
            growth.spacing.on_sent(bytes);
        }
    }

    /// A datagram is about to be built.
    pub(crate) fn on_datagram(&mut self) {
        if let Some(growth) = &mut self.growth {
            growth.spacing.forget_due();
        }
    }

    /// When what [`Self::admits`] has held back may leave.
    pub(crate) fn due_at(&self) -> Option<Millis> {
        self.growth.as_ref()?.spacing.due_at()
    }

    pub(crate) fn on_lost(&mut self) {
        if let Some(growth) = &mut self.growth {
            growth.round.lost += 1;
        }
    }

    /// The remote answered at `now` what was sent at `sent_at`.
    pub(crate) fn on_answered(&mut self, now: Millis, negotiated: u32, sent_at: Millis) {
        let maximum = self.maximum;
        let Some(growth) = &mut self.growth else { return };
        if !growth.on_answer(now, sent_at) {
            return;
        }
        if now.since(growth.last_full) > STALE_MS {
            self.growth = None;
        } else {
            growth.end_round(negotiated, maximum);
            growth.round = Round { began: Some(now), ..Round::default() };
        }
    }

    fn may_grow(&self, negotiated: u32) -> bool {
        negotiated >= UNLIMITED && self.maximum > negotiated
    }
}

impl Growth {
    /// Whether a round ends with this answer.
    fn on_answer(&mut self, now: Millis, sent_at: Millis) -> bool {
        let sample_ms = u32::try_from(now.since(sent_at)).unwrap_or(u32::MAX).max(1);
        self.fastest.on_sample(now, sample_ms);
        self.round.answered += 1;
        self.round.fastest_ms = Some(self.round.fastest_ms.map_or(sample_ms, |ms| ms.min(sample_ms)));
        sent_at >= *self.round.began.get_or_insert(now)
    }

    /// What the length of the way gives a use to.
    fn useful(&self) -> u32 {
        self.fastest.get().unwrap_or(0).saturating_mul(BYTES_PER_MS).max(ENOUGH_BYTES)
    }

    fn end_round(&mut self, negotiated: u32, maximum: u32) {
        let Round { answered, lost, fastest_ms, was_full, .. } = self.round;
        let share = lost * SHARE_SCALE / (answered + lost).max(1);
        self.lost_share = (3 * self.lost_share + share) / 4;
        let useful = self.useful().max(negotiated);
        let size = self.size.clamp(negotiated, useful);
        let sent_with = std::mem::replace(&mut self.previous, size).max(negotiated);
        if std::mem::take(&mut self.is_settling) {
            return;
        }
        if let Some(carried) = self.queueing(fastest_ms, sent_with) {
            self.set_back(carried);
        } else if self.lost_share > TOO_MUCH_LOST {
            self.set_back(size - size / 4);
        } else if was_full {
            let step = if self.is_careful { size / 8 } else { size / 2 };
            self.size = (size + step).min(maximum);
        }
        self.size = self.size.min(useful);
    }

    fn set_back(&mut self, size: u32) {
        self.size = size;
        self.is_careful = true;
        self.is_settling = true;
    }

    /// If even the fastest answer of a round had to wait in a queue: how much of a window of `size` the link itself
    /// carries.
    fn queueing(&self, fastest_ms: Option<u32>, size: u32) -> Option<u32> {
        let (lately, ever) = fastest_ms.zip(self.fastest.get())?;
        let tolerated = ever.saturating_add((ever / 4).max(LEAST_QUEUEING_MS));
        (lately > tolerated).then(|| {
            let carried = u64::from(size) * u64::from(tolerated) / u64::from(lately);
            u32::try_from(carried).unwrap_or(size)
        })
    }
}

impl Fastest {
    const SPAN_MS: u64 = 10_000;

    fn on_sample(&mut self, now: Millis, sample_ms: u32) {
        let began = *self.began.get_or_insert(now);
        if now.since(began) >= Self::SPAN_MS {
            *self = Self { began: Some(now), current: None, previous: self.current };
        }
        self.current = Some(self.current.map_or(sample_ms, |ms| ms.min(sample_ms)));
    }

    fn get(&self) -> Option<u32> {
        [self.current, self.previous].into_iter().flatten().min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEGOTIATED: u32 = 65_536;
    const MAXIMUM: u32 = 1 << 20;

    /// Rounds of `rtt_ms` with a full window, and the time behind them; `lost` commands of each hundred get lost.
    fn full_rounds(window: &mut SendWindow, start: u64, rounds: u64, rtt_ms: u64, lost: u64) -> u64 {
        for step in 0..rounds * rtt_ms {
            let now = Millis(start + step);
            window.on_full(now, NEGOTIATED);
            if step % 100 < lost {
                window.on_lost();
            }
            window.on_answered(now, NEGOTIATED, Millis(now.0 - rtt_ms));
        }
        start + rounds * rtt_ms
    }

    #[test]
    fn a_free_link_is_filled_and_a_queue_is_given_way_to() {
        let mut window = SendWindow::new(MAXIMUM);
        assert_eq!(window.grown(NEGOTIATED), 0);
        let now = full_rounds(&mut window, 1000, 9, 100, 0);
        assert_eq!(window.grown(NEGOTIATED), MAXIMUM);
        let now = full_rounds(&mut window, now, 2, 120, 0);
        assert_eq!(window.grown(NEGOTIATED), MAXIMUM, "jitter is no queue");
        full_rounds(&mut window, now, 40, 160, 0);
        assert!(window.grown(NEGOTIATED) <= NEGOTIATED);
    }

    #[test]
    fn on_a_short_way_it_grows_as_far_as_it_is_useful() {
        for (rtt_ms, expected) in [(1, ENOUGH_BYTES), (3, ENOUGH_BYTES), (4, 128 << 10), (100, MAXIMUM)] {
            let mut window = SendWindow::new(MAXIMUM);
            full_rounds(&mut window, 1000, 20, rtt_ms, 0);
            assert_eq!(window.grown(NEGOTIATED), expected, "{rtt_ms} ms");
        }
    }

    #[test]
    fn chance_losses_are_borne_and_heavy_ones_are_not() {
        let mut window = SendWindow::new(MAXIMUM);
        let now = full_rounds(&mut window, 1000, 20, 100, 10);
        assert_eq!(window.grown(NEGOTIATED), MAXIMUM);
        full_rounds(&mut window, now, 30, 100, 30);
        assert!(window.grown(NEGOTIATED) <= NEGOTIATED);
    }

    #[test]
    fn an_announced_limit_is_kept_and_so_is_the_configured_one() {
        let mut window = SendWindow::new(MAXIMUM);
        full_rounds(&mut window, 1000, 10, 100, 0);
        assert_eq!(window.grown(4096), 0);
        let mut window = SendWindow::new(NEGOTIATED);
        full_rounds(&mut window, 1000, 10, 100, 0);
        assert_eq!(window.grown(NEGOTIATED), 0);
    }

    #[test]
    fn what_was_grown_is_forgotten_when_it_is_not_used() {
        let mut window = SendWindow::new(MAXIMUM);
        let now = full_rounds(&mut window, 1000, 9, 100, 0);
        window.on_answered(Millis(now + 1900), NEGOTIATED, Millis(now + 1800));
        assert_eq!(window.grown(NEGOTIATED), MAXIMUM);
        window.on_answered(Millis(now + 2100), NEGOTIATED, Millis(now + 2000));
        assert_eq!(window.grown(NEGOTIATED), 0);
    }
}
