//! Waking the network thread: one system call for many commands, and none while it is awake.

use std::{
    io,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU8, Ordering::SeqCst},
    },
    thread::{self, Thread},
    time::Instant,
};

use mio::{Registry, Token, Waker};

/// Something was queued for sending. The thread may gather more of it for a moment.
pub(crate) const SENDS: u8 = 1;
/// Something was queued that should not wait.
pub(crate) const AT_ONCE: u8 = 2;

/// The thread's alarm clock. `asked` remembers what it was woken for until the thread takes it, so all that comes in
/// between rides on the same wake-up.
#[derive(Debug)]
pub(crate) struct Wake {
    waker: Waker,
    asked: AtomicU8,
    /// The thread sleeps in the poller, or is about to. Otherwise it looks at `asked` by itself before it does.
    is_polling: AtomicBool,
    /// Who rests.
    thread: OnceLock<Thread>,
}

impl Wake {
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let waker = Waker::new(registry, token)?;
        let is_polling = AtomicBool::new(true);
        Ok(Self { waker, asked: AtomicU8::new(0), is_polling, thread: OnceLock::new() })
    }

    /// Asks for the thread. Call it after the command is in its queue.
    pub(crate) fn ask(&self, what: u8) {
        if self.asked.fetch_or(what, SeqCst) & what != 0 {
            return;
        }
        if !self.is_polling.load(SeqCst) {
            if let Some(thread) = self.thread.get().filter(|_| what & AT_ONCE != 0) {
                thread.unpark();
            }
        } else if let Err(error) = self.waker.wake() {
            // The thread looks at `asked` at least every poll interval, so the command is late, not lost.
            log::debug!("the network thread could not be woken: {error}");
        }
    }

    /// To be called by the thread before it finds out how long it may sleep in the poller, and look at [`Self::asked`].
    pub(crate) fn on_polling(&self) {
        self.is_polling.store(true, SeqCst);
    }

    /// The thread is back from the poller.
    pub(crate) fn on_polled(&self) {
        self.is_polling.store(false, SeqCst);
    }

    /// Rests, on the thread, until something is asked for that should not wait. False if `until` came first.
    pub(crate) fn rest(&self, until: Instant) -> bool {
        self.thread.get_or_init(thread::current);
        loop {
            if self.asked() & AT_ONCE != 0 {
                return true;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            thread::park_timeout(left);
        }
    }

    /// What was asked for, without taking it.
    pub(crate) fn asked(&self) -> u8 {
        self.asked.load(SeqCst)
    }

    /// Takes what was asked for. Call it before emptying the queues: what comes later asks again.
    pub(crate) fn take(&self) -> u8 {
        self.asked.swap(0, SeqCst)
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
