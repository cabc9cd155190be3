//! Remotes that asked to connect and have yet to show that they receive what is sent to them. Such a remote holds no
//! peer slot: it is a record of about two hundred bytes in a ring in which the newest push out the oldest, so that a
//! flood of forged addresses costs a bounded amount of memory and nobody's place.
//!
//! Only what comes back from the remote makes anything happen here; no timer sends.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::net::SocketAddr;

use crate::config::AdmissionLimits;
use crate::peer::Bandwidth;
use crate::time::Millis;
use crate::wire::{Connect, VerifyConnect};

/// Repeated questions are not answered more often than this, in milliseconds: half of ENet's first retransmission.
const ANSWER_INTERVAL_MS: u64 = 250;
/// Room for this many records is kept when none is left.
const KEPT_CAPACITY: usize = 1024;

/// An attempt to connect that was made to this host.
#[derive(Debug)]
pub(super) struct HalfOpen {
    pub(super) address: SocketAddr,
    /// What the remote is told, always the same: this side's slot number, the session ids, everything agreed.
    pub(super) terms: VerifyConnect,
    /// The remote's slot for this side. Below 4095.
    pub(super) remote_id: u16,
    pub(super) remote_bandwidth: Bandwidth,
    /// The application's value for the connect event.
    pub(super) data: u32,
    /// Stands for the time in the answer's header. The remote has to repeat it, so it must not be guessed.
    pub(super) echo: u16,
    since: Millis,
    /// When the answer was sent last; meaningless before the first.
    answered_at: Millis,
    answers: u8,
    is_due: bool,
}

impl HalfOpen {
    /// A remote that sent `asked` and is to be told `terms`.
    pub(super) fn new(
        now: Millis,
        address: SocketAddr,
        asked: &Connect,
        terms: VerifyConnect,
        echo: u16,
    ) -> Self {
        let Connect { terms: VerifyConnect { incoming_bandwidth, outgoing_bandwidth, .. }, data } = *asked;
        Self {
            address,
            terms,
            remote_id: asked.terms.peer,
            remote_bandwidth: Bandwidth { incoming: incoming_bandwidth, outgoing: outgoing_bandwidth },
            data,
            echo,
            since: now,
            answered_at: now,
            answers: 0,
            is_due: false,
        }
    }

    /// When the answer that the remote now confirms was sent, if that is certain.
    pub(super) fn answered_at(&self) -> Option<Millis> {
        (self.answers == 1).then_some(self.answered_at)
    }

    fn has_token(&self, address: SocketAddr, connect_id: [u8; 4]) -> bool {
        (self.address, self.terms.connect_id) == (address, connect_id)
    }

    fn has_number(&self, address: SocketAddr, number: u16) -> bool {
        (self.address, self.terms.peer) == (address, number)
    }
}

// What the memory bound in docs/hardening.md rests on.
const _: () = assert!(size_of::<Option<HalfOpen>>() <= 112);

/// Names a record. Stale once the record is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ticket(u32);

#[derive(Debug, Default)]
pub(super) struct HalfOpens {
    /// In order of arrival. What was taken out leaves a hole; the front is none.
    records: VecDeque<Option<HalfOpen>>,
    /// The ticket of the front.
    first: u32,
    /// Each record twice, by the hash of what it is found by. Hashes take less room than addresses; should two records
    /// ever share one, the older cannot be found, and its remote asks again.
    index: HashMap<u64, Ticket>,
    hasher: RandomState,
    /// Records, without holes.
    count: usize,
    /// Those to be answered; may name some that are gone.
    due: VecDeque<Ticket>,
}

impl HalfOpens {
    /// Keeps a record. Returns how many others it pushed out.
    pub(super) fn insert(&mut self, record: HalfOpen, limit: u32) -> (Ticket, u64) {
        let limit = limit.clamp(1, AdmissionLimits::MOST_HALF_OPEN) as usize;
        let before = self.len();
        while self.records.len() >= limit {
            self.drop_front();
        }
        let pushed_out = before - self.len();
        let behind =
            u32::try_from(self.records.len()).expect("there is room for one more below MOST_HALF_OPEN");
        let ticket = Ticket(self.first.wrapping_add(behind));
        for key in self.keys(&record) {
            self.index.insert(key, ticket);
        }
        self.count += 1;
        self.records.push_back(Some(record));
        (ticket, pushed_out as u64)
    }

    /// The attempt of this remote with this token.
    pub(super) fn by_token(&self, address: SocketAddr, connect_id: [u8; 4]) -> Option<Ticket> {
        let ticket = *self.index.get(&self.hasher.hash_one((address, connect_id)))?;
        self.get(ticket).filter(|record| record.has_token(address, connect_id)).map(|_| ticket)
    }

    /// The attempt that a header from this remote names.
    pub(super) fn by_number(&self, address: SocketAddr, number: u16) -> Option<Ticket> {
        let ticket = *self.index.get(&self.hasher.hash_one((address, number)))?;
        self.get(ticket).filter(|record| record.has_number(address, number)).map(|_| ticket)
    }

    pub(super) fn get(&self, ticket: Ticket) -> Option<&HalfOpen> {
        self.records.get(self.index(ticket))?.as_ref()
    }

    pub(super) fn take(&mut self, ticket: Ticket) -> Option<HalfOpen> {
        let index = self.index(ticket);
        let record = self.records.get_mut(index)?.take()?;
        for key in self.keys(&record) {
            if self.index.get(&key) == Some(&ticket) {
                self.index.remove(&key);
            }
        }
        self.count -= 1;
        self.close_front();
        Some(record)
    }

    /// The remote is to be told its terms, again if need be, unless that has just been done.
    pub(super) fn ask_for_answer(&mut self, now: Millis, ticket: Ticket) {
        let index = self.index(ticket);
        let Some(record) = self.records.get_mut(index).and_then(Option::as_mut) else { return };
        let is_late = record.answers == 0 || now.since(record.answered_at) >= ANSWER_INTERVAL_MS;
        if is_late && !record.is_due {
            record.is_due = true;
            // Whoever is gone does not wait for the system to take datagrams again.
            while self.due.front().is_some_and(|&ticket| self.get(ticket).is_none()) {
                self.due.pop_front();
            }
            self.due.push_back(ticket);
        }
    }

    /// The next record whose answer is to be sent, at this moment.
    pub(super) fn next_answer(&mut self, now: Millis) -> Option<&HalfOpen> {
        loop {
            let ticket = self.due.pop_front()?;
            let index = self.index(ticket);
            if let Some(record) = self.records.get_mut(index).and_then(Option::as_mut) {
                record.is_due = false;
                record.answered_at = now;
                record.answers = record.answers.saturating_add(1);
                return self.get(ticket);
            }
        }
    }

    /// Forgets those that are older than `lifetime_ms`.
    pub(super) fn expire(&mut self, now: Millis, lifetime_ms: u32) {
        while self.deadline(lifetime_ms).is_some_and(|deadline| deadline <= now) {
            self.drop_front();
        }
        if self.records.is_empty() && self.records.capacity() > KEPT_CAPACITY {
            *self = Self { first: self.first, ..Self::default() };
        }
    }

    /// When [`Self::expire`] is worth calling.
    pub(super) fn deadline(&self, lifetime_ms: u32) -> Option<Millis> {
        self.records.front()?.as_ref().map(|record| record.since + u64::from(lifetime_ms))
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// # Panics
    /// The books do not balance.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(super) fn assert_sound(&self) {
        let records = || self.records.iter().flatten();
        assert_eq!(self.count, records().count(), "records that are counted");
        assert!(!matches!(self.records.front(), Some(None)), "a hole at the front");
        assert_eq!(self.index.len(), 2 * self.count, "what records are found by");
        for record in records() {
            for key in self.keys(record) {
                let found = self.index.get(&key).and_then(|&ticket| self.get(ticket));
                assert!(found.is_some_and(|found| std::ptr::eq(found, record)), "a record that is not found");
            }
        }
        let is_due = |ticket: &&Ticket| self.get(**ticket).is_some_and(|record| record.is_due);
        let due = records().filter(|record| record.is_due).count();
        assert_eq!(self.due.iter().filter(is_due).count(), due, "answers that are due");
    }

    fn keys(&self, record: &HalfOpen) -> [u64; 2] {
        let HalfOpen { address, terms, .. } = record;
        [self.hasher.hash_one((address, terms.connect_id)), self.hasher.hash_one((address, terms.peer))]
    }

    /// Where a record is, or was; beyond the end for one that went before the front.
    fn index(&self, ticket: Ticket) -> usize {
        ticket.0.wrapping_sub(self.first) as usize
    }

    fn drop_front(&mut self) {
        self.take(Ticket(self.first));
    }

    fn close_front(&mut self) {
        while let Some(None) = self.records.front() {
            self.records.pop_front();
            self.first = self.first.wrapping_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(port: u16, number: u16, token: u8, now: u64) -> HalfOpen {
        let terms = VerifyConnect {
            peer: number,
            incoming_session: 0,
            outgoing_session: 0,
            mtu: 1392,
            window: 65536,
            channels: 1,
            incoming_bandwidth: 0,
            outgoing_bandwidth: 0,
            throttle_interval: 5000,
            throttle_acceleration: 2,
            throttle_deceleration: 2,
            connect_id: [token; 4],
        };
        HalfOpen::new(Millis(now), from(port), &Connect { terms, data: 0 }, terms, 7)
    }

    fn from(port: u16) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, 1], port))
    }

    fn answers(records: &mut HalfOpens, now: u64) -> Vec<u16> {
        let next = || records.next_answer(Millis(now)).map(|record| record.address.port());
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn the_newest_push_out_the_oldest() {
        let mut records = HalfOpens::default();
        for port in 0..100 {
            let (_, pushed_out) = records.insert(record(port, 3, 1, 0), 10);
            assert_eq!(pushed_out, u64::from(port >= 10));
        }
        assert_eq!(records.len(), 10);
        for port in 0..100 {
            assert_eq!(records.by_token(from(port), [1; 4]).is_some(), port >= 90);
            assert_eq!(records.by_number(from(port), 3).is_some(), port >= 90);
        }
    }

    #[test]
    fn what_was_taken_leaves_the_others_where_they_are() {
        let mut records = HalfOpens::default();
        let tickets: Vec<Ticket> = (0..5).map(|port| records.insert(record(port, 3, 1, 0), 10).0).collect();
        for taken in [2, 0, 4] {
            assert_eq!(records.take(tickets[taken]).unwrap().address.port(), taken as u16);
            assert!(records.take(tickets[taken]).is_none());
        }
        let left: Vec<bool> = tickets.iter().map(|&ticket| records.get(ticket).is_some()).collect();
        assert_eq!(left, [false, true, false, true, false]);
        assert_eq!(records.len(), 2);
        // A hole at the end counts until it comes to the front, and then everything is gone.
        records.take(tickets[1]);
        records.take(tickets[3]);
        assert!(records.records.is_empty() && records.index.is_empty());
    }

    #[test]
    fn an_answer_is_given_once_in_a_while() {
        let mut records = HalfOpens::default();
        let (ticket, _) = records.insert(record(1, 3, 1, 100), 10);
        records.ask_for_answer(Millis(100), ticket);
        records.ask_for_answer(Millis(100), ticket);
        assert_eq!(answers(&mut records, 101), [1]);
        assert_eq!(records.get(ticket).unwrap().answered_at(), Some(Millis(101)));
        for now in [101, 200, 350] {
            records.ask_for_answer(Millis(now), ticket);
        }
        assert!(answers(&mut records, 350).is_empty());
        records.ask_for_answer(Millis(351), ticket);
        assert_eq!(answers(&mut records, 351), [1]);
        // Which of the two is confirmed cannot be told.
        assert_eq!(records.get(ticket).unwrap().answered_at(), None);
    }

    #[test]
    fn whoever_is_pushed_out_is_not_answered() {
        let mut records = HalfOpens::default();
        for port in 0..20 {
            let (ticket, _) = records.insert(record(port, 3, 1, 0), 5);
            records.ask_for_answer(Millis(0), ticket);
        }
        assert!(records.due.len() <= 6, "{}", records.due.len());
        assert_eq!(answers(&mut records, 0), [15, 16, 17, 18, 19]);
    }

    #[test]
    fn age_ends_them_and_gives_the_memory_back() {
        let mut records = HalfOpens::default();
        for number in 0..5000 {
            records.insert(record(number, 3, 1, u64::from(number)), 65_536);
        }
        assert_eq!(records.deadline(1000), Some(Millis(1000)));
        records.expire(Millis(1009), 1000);
        assert_eq!(records.len(), 4990);
        records.expire(Millis(100_000), 1000);
        assert_eq!((records.len(), records.deadline(1000)), (0, None));
        assert!(records.records.capacity() <= KEPT_CAPACITY && records.index.capacity() <= 2 * KEPT_CAPACITY);
    }

    #[test]
    fn tickets_wrap() {
        let mut records = HalfOpens { first: u32::MAX - 2, ..HalfOpens::default() };
        for port in 0..100 {
            let (ticket, _) = records.insert(record(port, 3, 1, 0), 10);
            assert_eq!(records.get(ticket).unwrap().address.port(), port);
        }
        assert_eq!(records.len(), 10);
    }
}
