//! The sessions of one host, by the address of the remote.
//!
//! A session is *half open* until somebody connects through it: those are limited for every network, so that nobody
//! can take all the room. One that nobody uses is closed after a while.

use std::{
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
    fmt,
    net::SocketAddr,
    sync::Arc,
};

use enet_proto::Millis;

use super::{
    Dtls, DtlsFailure, DtlsStats,
    context::Role,
    gate::{Gate, Greeting},
    half_open::HalfOpen,
    session::{Session, State},
    wire,
};
use crate::clock;

/// What stands between the datagrams of a host and those of its socket.
pub(crate) struct Layer {
    side: Side,
    sessions: HashMap<SocketAddr, Entry>,
    /// When which session is to be looked at.
    schedule: BTreeSet<(Millis, SocketAddr)>,
    half_open: HalfOpen,
    outgoing: VecDeque<(SocketAddr, Vec<u8>)>,
    outcomes: VecDeque<(SocketAddr, Result<(), DtlsFailure>)>,
    scratch: Box<[u8]>,
    mtu: u16,
    most_sessions: usize,
    is_refusing: bool,
    next_sweep: Option<Millis>,
    stats: DtlsStats,
}

enum Side {
    Server(Gate),
    Client(Arc<Role>),
}

struct Entry {
    session: Session,
    /// Of the hello that began it, on the server.
    random: Option<[u8; 32]>,
    /// When the handshake must be over; `None` when it is.
    deadline: Option<Millis>,
    /// Its entry in the schedule.
    due: Option<Millis>,
    is_half_open: bool,
    unused_since: Option<Millis>,
    heard: Heard,
}

/// What came from a remote during the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Nothing,
    Nonsense,
    Dtls,
}

impl Layer {
    /// For a host with this many peers, whose datagrams may be up to `mtu` bytes long.
    pub(crate) fn new(dtls: &Dtls, mtu: u16, peers: usize) -> Self {
        let side = match &*dtls.0 {
            Role::Server(context) => Side::Server(Gate::new(context.clone(), mtu)),
            Role::Client(_) => Side::Client(Arc::clone(&dtls.0)),
        };
        Self {
            side,
            sessions: HashMap::new(),
            schedule: BTreeSet::new(),
            half_open: HalfOpen::default(),
            outgoing: VecDeque::new(),
            outcomes: VecDeque::new(),
            scratch: vec![0; LARGEST_PAYLOAD].into(),
            mtu,
            most_sessions: peers + SPARE_SESSIONS,
            is_refusing: false,
            next_sweep: None,
            stats: DtlsStats::default(),
        }
    }

    // ---- input ----

    /// Begins a session with a server, in place of one that there may be. An outcome follows, unless it is given up.
    pub(crate) fn connect(&mut self, now: Millis, to: SocketAddr) {
        let Side::Client(role) = &self.side else { return };
        let Role::Client(terms) = &**role else { return };
        match Session::connect(terms, self.mtu) {
            Ok(session) => self.add(now, to, session, None),
            Err(error) => {
                log::warn!("a DTLS session cannot be begun: {error}");
                self.outcomes.push_back((to, Err(DtlsFailure::Broken)));
            }
        }
    }

    /// Takes a datagram from the socket, and gives the plain ones in it to `deliver`. Says how much work it was, in
    /// plain datagrams.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Millis,
        from: SocketAddr,
        datagram: &[u8],
        deliver: &mut dyn FnMut(&[u8]),
    ) -> usize {
        let random = if self.is_client() { None } else { wire::client_random(datagram) };
        match self.sessions.get(&from) {
            Some(entry) if random.is_none() || random == entry.random => {
                self.feed(now, from, datagram, deliver)
            }
            _ => self.greet(now, from, datagram, random),
        }
    }

    /// To be called when the time of [`poll_timeout`](Self::poll_timeout) has come.
    pub(crate) fn handle_timeout(&mut self, now: Millis) {
        while let Some(&(due, remote)) = self.schedule.first().filter(|(due, _)| *due <= now) {
            self.schedule.remove(&(due, remote));
            let Some(entry) = self.sessions.get_mut(&remote) else { continue };
            entry.due = None;
            if entry.deadline.is_some_and(|deadline| deadline <= now) {
                let failure = entry.unanswered();
                self.end(remote, failure);
            } else {
                entry.session.handle_timeout();
                self.settle(now, remote);
            }
        }
    }

    /// Whether it is time to [`sweep`](Self::sweep).
    pub(crate) fn is_sweep_due(&self, now: Millis) -> bool {
        self.next_sweep.is_some_and(|due| due <= now)
    }

    /// Closes the sessions that nobody has used for a while.
    pub(crate) fn sweep(&mut self, now: Millis, in_use: &HashSet<SocketAddr>) {
        let mut unused = Vec::new();
        for (remote, entry) in self.sessions.iter_mut().filter(|(_, entry)| entry.deadline.is_none()) {
            if in_use.contains(remote) {
                entry.unused_since = None;
            } else if now.since(*entry.unused_since.get_or_insert(now)) >= UNUSED_MS {
                unused.push(*remote);
            }
        }
        for remote in unused {
            self.close(remote);
        }
        self.next_sweep = (!self.sessions.is_empty()).then(|| now + SWEEP_INTERVAL_MS);
    }

    /// Somebody has connected through the session.
    pub(crate) fn on_connected(&mut self, remote: SocketAddr) {
        if let Some(entry) = self.sessions.get_mut(&remote)
            && std::mem::take(&mut entry.is_half_open)
        {
            self.half_open.leave(remote);
        }
    }

    /// Lets go of a session whose outcome nobody waits for any longer, and says what has become of it so far.
    pub(crate) fn give_up(&mut self, remote: SocketAddr) -> DtlsFailure {
        let failure = self.sessions.get(&remote).map_or(DtlsFailure::Broken, Entry::unanswered);
        self.close(remote);
        failure
    }

    /// Whether datagrams from unknown addresses are dropped unseen, on a server.
    pub(crate) fn set_refusing(&mut self, is_refusing: bool) {
        self.is_refusing = is_refusing;
    }

    /// Ends every session. The remotes are told by what [`poll_transmit`](Self::poll_transmit) gives then.
    pub(crate) fn close_all(&mut self) {
        let remotes: Vec<SocketAddr> = self.sessions.keys().copied().collect();
        for remote in remotes {
            self.close(remote);
        }
    }

    // ---- output ----

    /// Encrypts a datagram in place. False if there is no session that could carry it: it is lost.
    pub(crate) fn seal(&mut self, to: SocketAddr, datagram: &mut Vec<u8>) -> bool {
        let is_sealed = self.sessions.get_mut(&to).is_some_and(|entry| entry.session.seal(datagram));
        self.stats.dropped_datagrams += u64::from(!is_sealed);
        is_sealed
    }

    /// Encrypts a datagram that does not come from the protocol, and queues it. Without a session it is lost.
    pub(crate) fn send(&mut self, to: SocketAddr, datagram: &[u8]) {
        let mut datagram = datagram.to_vec();
        if self.seal(to, &mut datagram) {
            self.queue(to, datagram);
        }
    }

    /// The next datagram of a handshake or an end, in place of what is in `datagram`.
    pub(crate) fn poll_transmit(&mut self, datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        let (to, next) = self.outgoing.pop_front()?;
        *datagram = next;
        Some(to)
    }

    /// How an attempt of [`connect`](Self::connect) has ended.
    pub(crate) fn poll_event(&mut self) -> Option<(SocketAddr, Result<(), DtlsFailure>)> {
        self.outcomes.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Millis> {
        let due = self.schedule.first().map(|&(due, _)| due);
        [due, self.next_sweep].into_iter().flatten().min()
    }

    pub(crate) fn is_client(&self) -> bool {
        matches!(self.side, Side::Client(_))
    }

    pub(crate) fn stats(&self) -> DtlsStats {
        DtlsStats { sessions: self.sessions.len() as u64, ..self.stats }
    }

    /// Whether nothing is kept about anybody.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.schedule.is_empty() && self.half_open.is_empty()
    }

    // ---- inside ----

    fn feed(
        &mut self,
        now: Millis,
        from: SocketAddr,
        datagram: &[u8],
        deliver: &mut dyn FnMut(&[u8]),
    ) -> usize {
        let Some(entry) = self.sessions.get_mut(&from) else { return 1 };
        entry.hear(datagram);
        let is_handshake = entry.deadline.is_some();
        entry.session.handle_datagram(datagram, &mut self.scratch, deliver);
        self.settle(now, from);
        if is_handshake { HANDSHAKE_EFFORT } else { 1 }
    }

    /// Deals with a datagram from an address without a session, or with the hello of a new one.
    fn greet(&mut self, now: Millis, from: SocketAddr, datagram: &[u8], random: Option<[u8; 32]>) -> usize {
        let Side::Server(gate) = &mut self.side else {
            self.stats.dropped_datagrams += 1;
            return 1;
        };
        if random.is_none() {
            self.stats.dropped_datagrams += 1;
            return 1;
        }
        let has_room = self.sessions.len() < self.most_sessions && self.half_open.has_room(from);
        if self.is_refusing || !has_room {
            self.stats.refused_hellos += 1;
            return 1;
        }
        match gate.greet(now, from, datagram) {
            Greeting::Ignored => 1,
            Greeting::Verify(answer) => {
                self.stats.verify_requests += 1;
                self.queue(from, answer);
                HELLO_EFFORT
            }
            Greeting::Session(session) => {
                self.add(now, from, session, random);
                HANDSHAKE_EFFORT
            }
        }
    }

    fn add(&mut self, now: Millis, remote: SocketAddr, session: Session, random: Option<[u8; 32]>) {
        self.forget(remote);
        self.half_open.enter(remote);
        let entry = Entry {
            session,
            random,
            deadline: Some(now + if self.is_client() { ATTEMPT_LIMIT_MS } else { HANDSHAKE_LIMIT_MS }),
            due: None,
            is_half_open: true,
            unused_since: None,
            heard: Heard::Nothing,
        };
        self.sessions.insert(remote, entry);
        self.next_sweep.get_or_insert(now + SWEEP_INTERVAL_MS);
        self.settle(now, remote);
    }

    /// After anything that a session has done: what it sends is queued, its end or its next deadline is noted.
    fn settle(&mut self, now: Millis, remote: SocketAddr) {
        let Some(entry) = self.sessions.get_mut(&remote) else { return };
        while let Some(datagram) = entry.session.take() {
            if self.outgoing.len() < MOST_OUTGOING {
                self.outgoing.push_back((remote, datagram));
            }
        }
        match entry.session.state().clone() {
            State::Ended(failure) => return self.end(remote, failure),
            State::Open if entry.deadline.take().is_some() => {
                self.stats.handshakes += 1;
                if matches!(self.side, Side::Client(_)) {
                    self.outcomes.push_back((remote, Ok(())));
                }
            }
            State::Open | State::Handshake => {}
        }
        let repeat = entry.session.time_left().map(|left| now + clock::whole_ms(left).max(SHORTEST_TIMER_MS));
        let due = [repeat, entry.deadline].into_iter().flatten().min();
        if due != entry.due {
            if let Some(old) = std::mem::replace(&mut entry.due, due) {
                self.schedule.remove(&(old, remote));
            }
            self.schedule.extend(due.map(|due| (due, remote)));
        }
    }

    /// Lets go of a session that is over.
    fn end(&mut self, remote: SocketAddr, failure: DtlsFailure) {
        let Some(entry) = self.forget(remote) else { return };
        if entry.deadline.is_some() {
            self.stats.failed_handshakes += 1;
            if self.is_client() {
                self.outcomes.push_back((remote, Err(failure)));
            }
        }
    }

    fn close(&mut self, remote: SocketAddr) {
        let Some(mut entry) = self.forget(remote) else { return };
        entry.session.close();
        while let Some(datagram) = entry.session.take() {
            self.queue(remote, datagram);
        }
    }

    fn forget(&mut self, remote: SocketAddr) -> Option<Entry> {
        let entry = self.sessions.remove(&remote)?;
        if let Some(due) = entry.due {
            self.schedule.remove(&(due, remote));
        }
        if entry.is_half_open {
            self.half_open.leave(remote);
        }
        Some(entry)
    }

    /// What finds no room is lost, as it would be on a full link.
    fn queue(&mut self, to: SocketAddr, datagram: Vec<u8>) {
        if self.outgoing.len() < MOST_OUTGOING {
            self.outgoing.push_back((to, datagram));
        }
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Layer").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl Entry {
    fn hear(&mut self, datagram: &[u8]) {
        if self.deadline.is_some() && self.heard != Heard::Dtls {
            self.heard = if wire::is_dtls(datagram) { Heard::Dtls } else { Heard::Nonsense };
        }
    }

    /// What to say of a handshake that is not finished.
    fn unanswered(&self) -> DtlsFailure {
        match self.heard {
            Heard::Nothing => DtlsFailure::NoAnswer,
            Heard::Nonsense => DtlsFailure::NotDtls,
            Heard::Dtls => DtlsFailure::TimedOut,
        }
    }
}

/// The largest payload of a record.
const LARGEST_PAYLOAD: usize = 1 << 14;
/// Sessions beyond the number of peers: for those who are told that the host is full, or on their way out.
const SPARE_SESSIONS: usize = 64;
/// How long a server bears with a handshake.
const HANDSHAKE_LIMIT_MS: u64 = 15_000;
/// The same on the client, where the attempt to connect has a limit of its own, which is shorter.
const ATTEMPT_LIMIT_MS: u64 = 600_000;
/// How long a session may exist that nobody is connected through. As long as in the engine.
const UNUSED_MS: u64 = 8000;
const SWEEP_INTERVAL_MS: u64 = 1000;
/// A timer that has just run out must not keep the thread busy.
const SHORTEST_TIMER_MS: u64 = 1;
/// What a step of a handshake costs, compared to a datagram: a signature or a shared secret.
const HANDSHAKE_EFFORT: usize = 16;
/// What an answer to a hello costs: a hash and a datagram.
const HELLO_EFFORT: usize = 2;
/// Datagrams of handshakes that wait for the socket.
const MOST_OUTGOING: usize = 4096;
