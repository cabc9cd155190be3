//! The thread's clock: monotonic, and turned into the protocol's milliseconds at one place.

use std::time::{Duration, Instant};

use enet_proto::Millis;

/// Milliseconds since the network thread started.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// Time in which the thread did not run though it wanted to.
    stopped: Duration,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { start: Instant::now(), stopped: Duration::ZERO }
    }

    pub(crate) fn now(self) -> Millis {
        let running = self.start.elapsed().saturating_sub(self.stopped);
        Millis(u64::try_from(running.as_millis()).unwrap_or(u64::MAX))
    }

    /// The thread meant to sleep for `asked` and was away for `taken`. A process that was stopped (by a native debugger,
    /// or with the whole machine) has not listened, so the time does not count as the silence of others.
    pub(crate) fn on_woken(&mut self, asked: Duration, taken: Duration) {
        let late = taken.saturating_sub(asked);
        if late >= STOPPED {
            self.stopped += late;
        }
    }
}

/// No busy machine keeps a thread waiting for as long as this.
const STOPPED: Duration = Duration::from_secs(2);

/// `duration` in whole milliseconds, rounded up.
pub(crate) fn whole_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_in_which_the_process_was_stopped_does_not_count() {
        let mut clock = Clock::start();
        clock.start -= Duration::from_secs(100);
        clock.on_woken(Duration::from_millis(10), Duration::from_millis(1500));
        assert!(clock.now() >= Millis(100_000));
        clock.on_woken(Duration::from_secs(1), Duration::from_secs(61));
        assert!((Millis(40_000)..Millis(50_000)).contains(&clock.now()));
    }
}
