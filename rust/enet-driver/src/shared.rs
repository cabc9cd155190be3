//! What a handle and its endpoint on the network thread have in common.

use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc,
        atomic::{
            AtomicBool, AtomicU8, AtomicU64,
            Ordering::{Acquire, Relaxed, Release, SeqCst},
        },
    },
};

use crossbeam_channel::{Receiver, Sender};
use enet_proto::{HostStats, PeerId, counters};
use parking_lot::Mutex;

use crate::{
    ConnectToken, DtlsStats, HostEvent, QueueLimits,
    command_queue::CommandQueue,
    gauge::{Gauge, Items},
    published::Published,
    wake::Wake,
};

counters! {
    /// What the socket did that the protocol does not see. All counters start at 0 with the host.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct IoStats {
        /// Datagrams that the system took.
        pub socket_sent_datagrams: u64,
        /// Their bytes.
        pub socket_sent_bytes: u64,
        /// Datagrams that the system handed over.
        pub socket_received_datagrams: u64,
        /// Their bytes.
        pub socket_received_bytes: u64,
        /// Datagrams that the system refused to send. To their receivers they are lost like any other.
        pub failed_datagrams: u64,
        /// Errors that came out of receiving; an answer of "nobody listens here" from a remote that is gone is one.
        pub receive_errors: u64,
        /// Packets that a peer did not get: it was gone, had not opened the channel, or its queue was full.
        pub refused_packets: u64,
        /// Sockets that the system took away and that were opened again on the same port.
        pub reopened_sockets: u64,
        /// Questions for servers in the local network that were answered.
        pub answered_discovery: u64,
        /// Those that were not, and answers that nobody asked for.
        pub ignored_discovery: u64,
        /// Datagrams that the simulated network lost, in either direction.
        pub simulated_losses: u64,
        /// Copies that it made.
        pub simulated_duplicates: u64,
        /// Datagrams of which it flipped a bit.
        pub simulated_corruptions: u64,
    }
}

counters! {
    /// What waits between the game and the network thread.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct QueueStats {
        /// Packets that the game has sent and the thread has not taken yet.
        pub waiting_sends: u64,
        /// Their bytes.
        pub waiting_send_bytes: u64,
        /// Events (packets received, connections made and ended) that the game has not taken yet.
        pub waiting_events: u64,
        /// The bytes of the packets among them.
        pub waiting_event_bytes: u64,
    }
}

/// State that both threads see. Everything else belongs to one of them.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) wake: Arc<Wake>,
    pub(crate) commands: CommandQueue,
    /// Events that wait for the game.
    pub(crate) events: Gauge,
    /// The thread holds events back until the game has taken some.
    pub(crate) is_held_back: AtomicBool,
    /// Rounds with news for which the game is taken to wait, from its last wait on.
    awaited_rounds: AtomicU8,
    /// False once the endpoint is gone.
    pub(crate) is_running: AtomicBool,
    /// The memory of notices that the game has taken.
    spare: Mutex<Vec<Notice>>,
    host_stats: Published<{ HostStats::COUNT }>,
    io_stats: Published<{ IoStats::COUNT }>,
    pub(crate) dtls_stats: Published<{ DtlsStats::COUNT }>,
    /// Bytes queued for the peer in each slot, as the thread last saw them.
    queued_bytes: Box<[AtomicU64]>,
}

impl Shared {
    pub(crate) fn new(wake: Arc<Wake>, limits: QueueLimits, peers: usize) -> Self {
        Self {
            wake,
            commands: CommandQueue::new(Items { count: limits.sends, bytes: limits.send_bytes }),
            events: Gauge::new(limits.events, limits.event_bytes),
            is_held_back: AtomicBool::new(false),
            awaited_rounds: AtomicU8::new(0),
            is_running: AtomicBool::new(true),
            spare: Mutex::default(),
            host_stats: Published::default(),
            io_stats: Published::default(),
            dtls_stats: Published::default(),
            queued_bytes: (0..peers).map(|_| AtomicU64::new(0)).collect(),
        }
    }

    /// The host's counters, as of the thread's last round.
    pub(crate) fn stats(&self) -> (HostStats, IoStats) {
        (HostStats::from_values(self.host_stats.read()), IoStats::from_values(self.io_stats.read()))
    }

    pub(crate) fn publish(&self, host: &HostStats, io: &IoStats) {
        self.host_stats.write(host.values());
        self.io_stats.write(io.values());
    }

    /// The game waits for events.
    pub(crate) fn on_wait(&self) {
        self.awaited_rounds.store(AWAITED_ROUNDS, Relaxed);
    }

    /// Whether the game sleeps until events come, and answers at once. Otherwise it looks for them from time to time, as in
    /// each frame. To be asked once in a round, and told whether that has news.
    pub(crate) fn is_awaited(&self, is_news: bool) -> bool {
        let rounds = self.awaited_rounds.load(Relaxed);
        if is_news && rounds > 0 {
            self.awaited_rounds.store(rounds - 1, Relaxed);
        }
        rounds > 0
    }

    pub(crate) fn queue_stats(&self) -> QueueStats {
        let sends = self.commands.sends();
        let (events, event_bytes) = self.events.level();
        QueueStats {
            waiting_sends: sends.count as u64,
            waiting_send_bytes: sends.bytes as u64,
            waiting_events: events,
            waiting_event_bytes: event_bytes,
        }
    }

    /// Takes the memory of notices back that the game has taken.
    pub(crate) fn recycle(&self, notices: Vec<Notice>) {
        if notices.capacity() <= MOST_KEPT {
            *self.spare.lock() = notices;
        }
    }

    #[cold]
    fn take_spare(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.spare.lock())
    }

    /// The most peers of the host.
    pub(crate) fn peer_slots(&self) -> usize {
        self.queued_bytes.len()
    }

    pub(crate) fn queued_bytes(&self, peer: PeerId) -> u64 {
        self.queued_bytes.get(usize::from(peer.slot())).map_or(0, |bytes| bytes.load(Acquire))
    }

    pub(crate) fn set_queued_bytes(&self, peer: PeerId, bytes: u64) {
        if let Some(queued) = self.queued_bytes.get(usize::from(peer.slot())) {
            queued.store(bytes, Release);
        }
    }
}

/// One entry of the queue to the game.
#[derive(Debug)]
pub(crate) enum Notice {
    Event(HostEvent),
    /// A cancelled attempt has left no more events behind this one.
    Cancelled(ConnectToken),
}

/// The thread's end of the queue to the game.
#[derive(Debug)]
pub(crate) struct Outbox {
    notices: Sender<Vec<Notice>>,
    /// Of this round. They are handed over together, so that the game is woken once for all.
    round: RefCell<Vec<Notice>>,
    /// What they count for in `Shared::events`.
    entering: Cell<Items>,
    shared: Arc<Shared>,
}

impl Outbox {
    pub(crate) fn new(shared: Arc<Shared>) -> (Self, Receiver<Vec<Notice>>) {
        let (notices, receiver) = crossbeam_channel::unbounded();
        (Self { notices, round: RefCell::default(), entering: Cell::default(), shared }, receiver)
    }

    /// Hands over what was pushed. To be called at the end of each round.
    pub(crate) fn deliver(&self) {
        let notices = self.round.take();
        if !notices.is_empty() {
            self.shared.events.enter(self.entering.take());
            // A handle that is gone wants no events.
            let _ = self.notices.send(notices);
        }
    }

    /// Whether the next event of the protocol may be taken. Once full it stays shut until the game has emptied half.
    #[inline]
    pub(crate) fn has_room(&self) -> bool {
        let shared = &self.shared;
        if !shared.is_held_back.load(SeqCst) {
            if !shared.events.is_full(self.entering.get()) {
                return true;
            }
            shared.is_held_back.store(true, SeqCst);
        }
        // Asked again after the flag is up: whoever emptied the queue in between did not see the flag.
        if shared.events.is_relaxed(self.entering.get()) {
            shared.is_held_back.store(false, SeqCst);
            return true;
        }
        false
    }

    /// Queues an event, room or not. What the protocol does not bound must be bounded by its caller.
    #[inline]
    pub(crate) fn push(&self, event: HostEvent) {
        let mut entering = self.entering.get();
        entering += event.items();
        self.entering.set(entering);
        self.push_notice(Notice::Event(event));
    }

    pub(crate) fn push_cancelled(&self, token: ConnectToken) {
        self.push_notice(Notice::Cancelled(token));
    }

    #[inline]
    fn push_notice(&self, notice: Notice) {
        let mut round = self.round.borrow_mut();
        if round.capacity() == 0 {
            *round = self.shared.take_spare();
        }
        round.push(notice);
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.deliver();
    }
}

/// A game that waits may miss this many rounds while it is busy with what it was told.
const AWAITED_ROUNDS: u8 = 16;
/// Notices whose memory is kept for the next round; more takes its time to come anyway.
const MOST_KEPT: usize = 4096;
