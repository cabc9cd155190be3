//! Waking the network thread: one system call for many commands.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicU8, Ordering::SeqCst},
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
    /// The thread will look at `asked` within a moment by itself.
    is_attentive: AtomicBool,
}

impl Wake {
    pub(crate) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        let waker = Waker::new(registry, token)?;
        Ok(Self { waker, asked: AtomicU8::new(0), is_attentive: AtomicBool::new(false) })
    }

    /// Asks for the thread. Call it after the command is in its queue.
    pub(crate) fn ask(&self, what: u8) {
        if self.asked.fetch_or(what, SeqCst) & what != 0 || self.is_attentive.load(SeqCst) {
            return;
        }
        if let Err(error) = self.waker.wake() {
            // The thread looks at `asked` at least every poll interval, so the command is late, not lost.
            log::debug!("the network thread could not be woken: {error}");
        }
    }

    /// Runs `rest` on the thread, which nobody needs to wake meanwhile. Look at [`Self::asked`] before sleeping longer.
    pub(crate) fn attentively(&self, rest: impl FnOnce()) {
        self.is_attentive.store(true, SeqCst);
        rest();
        self.is_attentive.store(false, SeqCst);
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
