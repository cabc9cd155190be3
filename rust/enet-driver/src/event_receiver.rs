//! The game's end of the queue of events: in which order they come out, when their room is given back, and which of them the
//! game is not to see, because it has given the attempt up that they are about.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{
            AtomicBool,
            Ordering::{Acquire, Release, SeqCst},
        },
    },
    time::Instant,
};

use crossbeam_channel::Receiver;
use enet_proto::PeerId;
use parking_lot::Mutex;

use crate::{
    ConnectToken, HostEvent,
    gauge::Items,
    shared::{Notice, Shared},
    wake,
};

/// Gets what the [`Outbox`](crate::shared::Outbox) hands over.
#[derive(Debug)]
pub(crate) struct EventReceiver {
    notices: Receiver<Vec<Notice>>,
    unread: Mutex<Unread>,
    cancelled: Mutex<Vec<Cancelled>>,
    /// There are any, which is rare.
    has_cancelled: AtomicBool,
    shared: Arc<Shared>,
}

/// Events that were handed over and not yet looked at.
#[derive(Debug, Default)]
struct Unread {
    notices: VecDeque<Notice>,
    /// What was taken out of them and still counts in `Shared::events`: less than [`MOST_TAKEN`], and nothing when they
    /// are all taken or the thread waits for room.
    taken: Items,
}

/// A cancelled attempt whose events may still be on their way.
#[derive(Debug)]
struct Cancelled {
    token: ConnectToken,
    /// The connection it became before the cancellation arrived.
    peer: Option<PeerId>,
}

impl EventReceiver {
    pub(crate) fn new(notices: Receiver<Vec<Notice>>, shared: Arc<Shared>) -> Self {
        Self {
            notices,
            unread: Mutex::default(),
            cancelled: Mutex::default(),
            has_cancelled: AtomicBool::new(false),
            shared,
        }
    }

    /// The next event, if there is one.
    #[inline]
    pub(crate) fn poll(&self) -> Option<HostEvent> {
        self.next(|| self.notices.try_recv().ok())
    }

    /// The next event; sleeps until there is one or the time has come.
    pub(crate) fn wait(&self, deadline: Instant) -> Option<HostEvent> {
        self.next(|| self.next_notices(deadline))
    }

    /// From here on no event about this attempt comes out, until the thread says that none is left.
    pub(crate) fn withhold(&self, token: ConnectToken) {
        self.cancelled.lock().push(Cancelled { token, peer: None });
        self.has_cancelled.store(true, Release);
    }

    /// Gives the room of everything that was taken back.
    pub(crate) fn make_room(&self) {
        self.give_back(&mut self.unread.lock());
    }

    fn next_notices(&self, deadline: Instant) -> Option<Vec<Notice>> {
        // The channel looks several times, and lets others run in between, before it finds that the time is over.
        if Instant::now() < deadline {
            self.notices.recv_deadline(deadline).ok()
        } else {
            self.notices.try_recv().ok()
        }
    }

    /// The next event that the game is to see; `more` gets what one round has handed over.
    #[inline]
    fn next(&self, more: impl Fn() -> Option<Vec<Notice>>) -> Option<HostEvent> {
        loop {
            let mut unread = self.unread.lock();
            let Some(notice) = unread.notices.pop_front() else {
                drop(unread);
                self.append(more()?);
                continue;
            };
            if let Notice::Event(event) = &notice {
                unread.taken += event.items();
            }
            if unread.notices.is_empty() || unread.taken.count >= MOST_TAKEN || self.is_held_back() {
                self.give_back(&mut unread);
            }
            drop(unread);
            let event = self.event(notice);
            if event.is_some() {
                return event;
            }
        }
    }

    /// Puts what another round has handed over behind what is unread. That is nothing, unless two threads ask at once.
    fn append(&self, round: Vec<Notice>) {
        let mut unread = self.unread.lock();
        if unread.notices.is_empty() {
            let spent = std::mem::replace(&mut unread.notices, round.into());
            self.shared.recycle(spent.into());
        } else {
            unread.notices.extend(round);
        }
    }

    /// The event in a notice, if the game is to see it.
    #[inline]
    fn event(&self, notice: Notice) -> Option<HostEvent> {
        match notice {
            Notice::Cancelled(token) => {
                let mut cancelled = self.cancelled.lock();
                cancelled.retain(|cancelled| cancelled.token != token);
                self.has_cancelled.store(!cancelled.is_empty(), Release);
                None
            }
            Notice::Event(event) => (!self.is_cancelled(&event)).then_some(event),
        }
    }

    fn is_held_back(&self) -> bool {
        self.shared.is_held_back.load(SeqCst)
    }

    /// Gives back the room of what was taken.
    fn give_back(&self, unread: &mut Unread) {
        let shared = &self.shared;
        shared.events.leave(std::mem::take(&mut unread.taken));
        if self.is_held_back()
            && shared.events.is_relaxed(Items::default())
            && shared.is_held_back.swap(false, SeqCst)
        {
            shared.wake.ask(wake::AT_ONCE);
        }
    }

    /// Whether an event belongs to an attempt that was given up while the event was on its way.
    #[inline]
    fn is_cancelled(&self, event: &HostEvent) -> bool {
        if !self.has_cancelled.load(Acquire) {
            return false;
        }
        let mut cancelled = self.cancelled.lock();
        if let Some(entry) = cancelled.iter_mut().find(|entry| event.token() == Some(entry.token)) {
            entry.peer = event.peer();
            return true;
        }
        cancelled.iter().any(|entry| entry.peer.is_some() && entry.peer == event.peer())
    }
}

/// So many events share the access that gives their room back.
const MOST_TAKEN: usize = 64;
