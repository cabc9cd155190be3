//! Waking the network thread: one system call for many commands, and none while it is awake.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst},
    thread::{self, Thread},
    time::Instant,
};

use mio::{Registry, Token, Waker};
use parking_lot::Mutex;

/// Something was queued for sending. The thread may gather more of it for a moment.
pub(crate) const SENDS: u8 = 1;
/// Something was queued that should not wait.
pub(crate) const AT_ONCE: u8 = 2;

/// A game asks the network thread for the [seat](crate::seat).
pub(crate) const HAND_OVER: u8 = 4;
const COMMANDS: u8 = SENDS | AT_ONCE;

/// The alarm clock of whoever runs the rounds. `asked` remembers what it was rung for until that is taken, so all that comes
/// in between rides on the same wake-up.
#[derive(Debug)]
pub(crate) struct Wake {
    waker: Waker,
    asked: AtomicU8,
    /// Somebody sleeps in the poller, or is about to. Otherwise `asked` is looked at before anybody does.
    is_polling: AtomicBool,
    /// Who rests, or is to be called otherwise.
    sleeper: Mutex<Option<Thread>>,
}

impl Wake {
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let waker = Waker::new(registry, token)?;
        let is_polling = AtomicBool::new(true);
        Ok(Self { waker, asked: AtomicU8::new(0), is_polling, sleeper: Mutex::new(None) })
    }

    /// Names the thread to call while none sleeps in the poller.
    pub(crate) fn set_sleeper(&self, sleeper: &Thread) {
        *self.sleeper.lock() = Some(sleeper.clone());
    }

    /// Asks for a round. Call it after the command is in its queue.
    pub(crate) fn ask(&self, what: u8) {
        // Most sends find that somebody has asked before, and whoever takes that looks into the queues afterwards.
        if self.asked.load(SeqCst) & what != 0 || self.asked.fetch_or(what, SeqCst) & what != 0 {
            return;
        }
        if !self.is_polling.load(SeqCst) {
            if what != SENDS
                && let Some(sleeper) = &*self.sleeper.lock()
            {
                sleeper.unpark();
            }
        } else if let Err(error) = self.waker.wake() {
            // The poller sleeps no longer than the poll interval, so the command is late, not lost.
            log::debug!("the poller could not be woken: {error}");
        }
    }

    /// To be called before finding out how long the sleep in the poller may be, and looking at [`Self::is_urgent`].
    pub(crate) fn on_polling(&self) {
        self.is_polling.store(true, SeqCst);
    }

    /// The sleep in the poller is over.
    pub(crate) fn on_polled(&self) {
        self.is_polling.store(false, SeqCst);
    }

    /// Rests until something is asked for that should not wait. False if `until` came first.
    pub(crate) fn rest(&self, until: Instant) -> bool {
        loop {
            if self.is_urgent() {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            thread::park_timeout(left);
        }
    }

    /// Something was queued.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.load(SeqCst) & COMMANDS != 0
    }

    /// Something should not wait.
    pub(crate) fn is_urgent(&self) -> bool {
        self.asked.load(SeqCst) & !SENDS != 0
    }

    /// Takes what was asked for. Call it before emptying the queues: what comes later asks again.
    pub(crate) fn take(&self) -> u8 {
        self.asked.fetch_and(!COMMANDS, SeqCst) & COMMANDS
    }

    /// Takes the wish of a game to run the rounds itself. Whether there was one.
    pub(crate) fn take_hand_over(&self) -> bool {
        self.asked.fetch_and(!HAND_OVER, SeqCst) & HAND_OVER != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mio::{Events, Poll};
    use std::time::Duration;

    fn wake_of(poll: &Poll) -> Wake {
        Wake::new(poll.registry(), Token(0)).expect("the system has an event to spare")
    }

    #[test]
    fn a_rest_ends_when_something_should_not_wait_and_not_for_sends() {
        let poll = Poll::new().expect("the system has a poller to spare");
        let wake = wake_of(&poll);
        wake.on_polled();
        wake.set_sleeper(&thread::current());
        wake.ask(SENDS);
        assert!(!wake.rest(Instant::now() + Duration::from_millis(2)), "sends gather");
        let long = Duration::from_secs(60);
        thread::scope(|scope| {
            scope.spawn(|| wake.ask(AT_ONCE));
            assert!(wake.rest(Instant::now() + long));
        });
        assert_eq!(wake.take(), SENDS | AT_ONCE);
    }

    #[test]
    fn the_poller_is_rung_only_while_the_thread_is_in_it() {
        let mut poll = Poll::new().expect("the system has a poller to spare");
        let wake = wake_of(&poll);
        let mut rings = |wake: &Wake| {
            let mut events = Events::with_capacity(4);
            poll.poll(&mut events, Some(Duration::ZERO)).expect("it polls");
            wake.take();
            !events.is_empty()
        };
        wake.on_polled();
        wake.ask(AT_ONCE);
        assert!(!rings(&wake));
        wake.on_polling();
        wake.ask(SENDS);
        assert!(rings(&wake));
    }
}
