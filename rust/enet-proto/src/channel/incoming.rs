//! The receiving half of a channel: what is delivered when, and what is a duplicate.
//!
//! Reliable packets are delivered in number order. An unreliable packet belongs to an *epoch*, the newest reliable
//! number of its sender; it waits for that number, and is dropped once a later one has been delivered or a newer
//! packet of its epoch has been. Answers for `enet_peer_queue_incoming_command` and
//! `enet_peer_dispatch_incoming_*_commands`.

use std::collections::{BTreeMap, VecDeque};

use super::footprint;
use super::reassembly::Reassembly;
use crate::packet::{Delivery, Packet, copy_of};
use crate::seq::{Position, Seq16};
use crate::wire::Fragment;

/// What became of a command that carries data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Taken, or not needed: to be acknowledged if it asks for it.
    Handled,
    /// There is no room for it: not to be acknowledged, so that it comes again.
    NoRoom,
    /// One before it on its channel was refused. It comes again, too.
    OutOfTurn,
    /// Its sender sends more than its rates allow.
    OverRate,
    /// It makes no sense: the rest of its datagram is not to be trusted.
    Malformed,
}

/// How much a peer may still leave waiting. Packets wait in a channel's queues until they can be delivered, and in the
/// event queue until the application takes them. All counts are in bytes received, by [`footprint`].
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// In the queues of the peer's channels: reassembling, or behind a gap.
    pub(crate) queued: usize,
    /// Delivered, but not yet taken.
    pub(crate) delivered: usize,
    /// A packet, or a fragment, is admitted while the sum of both is below this.
    limit: usize,
    /// What closes a gap is admitted until the sum of both reaches this.
    last_resort: usize,
}

impl Room {
    pub(crate) fn new(limit: usize, maximum_packet_size: usize) -> Self {
        let mut new = Self::default();
        new.set_limit(limit, maximum_packet_size);
        new
    }

    pub(crate) fn set_limit(&mut self, limit: usize, maximum_packet_size: usize) {
        self.limit = limit;
        self.last_resort = limit.saturating_add(maximum_packet_size);
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queued + self.delivered
    }

    /// The packet that closes the gap is let in even when what waits behind the gap fills the limit; otherwise the two
    /// would wait for each other for ever. One packet of the largest size is enough for that: a sender finishes one
    /// before it begins the next.
    pub(crate) fn admits(&self, closes_gap: bool) -> bool {
        let waiting = self.waiting();
        waiting < self.limit || (closes_gap && self.delivered < self.limit && waiting < self.last_resort)
    }
}

/// Partial unreliable packets that one channel keeps; beyond it the one that began first is given up.
const MAX_PARTIAL_UNRELIABLE: usize = 16;

#[derive(Debug, Default)]
pub(crate) struct Incoming {
    /// The newest reliable number delivered in order, counted without wrapping: its low 16 bits are on the wire.
    newest: u64,
    /// The newest unreliable number delivered in the current epoch.
    newest_unreliable: u16,
    /// Keyed by number, without wrapping. Invariant: every key is above `newest`.
    reliable: BTreeMap<u64, Waiting>,
    /// The first reliable number that was refused and has not come again.
    refused: Option<u64>,
    /// Keyed by epoch, without wrapping, and number.
    unreliable: BTreeMap<UnreliableKey, Waiting>,
    /// The keys of the incomplete entries of `unreliable`, in the order in which they began. At most
    /// [`MAX_PARTIAL_UNRELIABLE`].
    partial: VecDeque<UnreliableKey>,
}

type UnreliableKey = (u64, u16);

#[derive(Debug)]
enum Waiting {
    Whole(Packet),
    Partial(Reassembly),
}

impl Waiting {
    /// Takes another fragment of the packet in.
    fn extend(&mut self, fragment: &Fragment<&[u8]>, closes_gap: bool, room: &mut Room) -> Admission {
        let Self::Partial(reassembly) = self else { return Admission::Malformed };
        if !room.admits(closes_gap) && !reassembly.has(fragment.number) {
            return Admission::NoRoom;
        }
        let before = reassembly.footprint();
        let inserted = reassembly.insert(fragment);
        room.queued = room.queued - before + reassembly.footprint();
        inserted.map_or(Admission::Malformed, |()| Admission::Handled)
    }

    fn is_complete(&self) -> bool {
        match self {
            Self::Whole(_) => true,
            Self::Partial(reassembly) => reassembly.is_complete(),
        }
    }

    /// Bytes that this entry counts for in [`Room::queued`].
    fn size(&self) -> usize {
        match self {
            Self::Whole(packet) => footprint(packet.data.len()),
            Self::Partial(reassembly) => reassembly.footprint(),
        }
    }

    /// How many reliable numbers it occupies.
    fn numbers(&self) -> u64 {
        match self {
            Self::Whole(_) => 1,
            Self::Partial(reassembly) => u64::from(reassembly.count()),
        }
    }

    fn into_packet(self, fragmented: Delivery) -> Packet {
        match self {
            Self::Whole(packet) => packet,
            Self::Partial(reassembly) => Packet { data: reassembly.into_packet(), delivery: fragmented },
        }
    }
}

impl Incoming {
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn set_newest(&mut self, newest: u16) {
        self.newest = u64::from(newest);
    }

    /// Bytes in the queues, after making sure that these hold nothing that is over.
    ///
    /// # Panics
    /// They do.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn assert_sound(&self) -> usize {
        assert!(self.reliable.keys().all(|&key| key > self.newest), "an old reliable packet stays");
        assert!(
            self.unreliable.keys().all(|&(epoch, _)| epoch >= self.newest),
            "an old unreliable packet stays"
        );
        let partial = self.unreliable.iter().filter(|(_, entry)| !entry.is_complete());
        assert_eq!(partial.count(), self.partial.len(), "incomplete unreliable packets");
        assert!(
            self.partial.iter().all(|key| self.unreliable.contains_key(key)),
            "an entry that is gone counts"
        );
        let next = self.reliable.get(&(self.newest + 1));
        assert!(next.is_none_or(|next| !next.is_complete()), "a packet whose turn has come stays");
        self.reliable.values().chain(self.unreliable.values()).map(Waiting::size).sum()
    }

    /// The newest reliable number delivered in order.
    pub(crate) fn newest(&self) -> Seq16 {
        let [low, high, ..] = self.newest.to_le_bytes();
        Seq16(u16::from_le_bytes([low, high]))
    }

    /// Whether a reliable command is to be refused because one before it was. Taken in, it would only fill the room behind
    /// a gap, and what closes the gap may be the last that its sender repeats.
    pub(crate) fn is_out_of_turn(&self, number: Seq16) -> bool {
        let (Some(refused), Some(key)) = (self.gap(), self.key(number)) else { return false };
        key > refused && !self.holds(key)
    }

    /// A reliable command was refused, or taken in.
    pub(crate) fn note(&mut self, number: Seq16, is_refused: bool) {
        if self.refused.is_none() && !is_refused {
            return;
        }
        let gap = self.gap();
        self.refused = match self.key(number) {
            // One that is here already was acknowledged, and may never come again.
            Some(key) if is_refused && self.holds(key) => gap,
            Some(key) if is_refused => Some(gap.map_or(key, |refused| refused.min(key))),
            key => gap.filter(|_| gap != key),
        };
    }

    /// Whether the command of a number was taken in, and waits.
    fn holds(&self, key: u64) -> bool {
        let entry = self.reliable.range(..=key).next_back();
        entry.is_some_and(|(&start, entry)| match entry {
            Waiting::Whole(_) => start == key,
            Waiting::Partial(reassembly) => {
                u32::try_from(key - start).is_ok_and(|number| reassembly.has(number))
            }
        })
    }

    /// The number that was refused, as long as nothing from there on was delivered.
    fn gap(&self) -> Option<u64> {
        self.refused.filter(|&refused| refused > self.newest)
    }

    /// A reliable number that is not behind what was delivered, without wrapping.
    fn key(&self, number: Seq16) -> Option<u64> {
        let Position::Ahead(ahead) = number.position(self.newest()) else { return None };
        Some(self.newest + u64::from(ahead))
    }

    /// Takes a reliable packet in; `deliver` gets what can now be delivered.
    pub(crate) fn receive_reliable(
        &mut self,
        number: Seq16,
        payload: &[u8],
        room: &mut Room,
        deliver: &mut impl FnMut(Packet),
    ) -> Admission {
        let Position::Ahead(ahead) = number.position(self.newest()) else { return Admission::Handled };
        let key = self.newest + u64::from(ahead);
        if ahead == 0 || self.reliable.contains_key(&key) {
            return Admission::Handled;
        }
        if !room.admits(ahead == 1) {
            return Admission::NoRoom;
        }
        let packet = Packet::new(copy_of(payload), Delivery::Reliable);
        if ahead == 1 {
            // Nothing to wait for, as most of the time: it never enters the map.
            let before = self.newest;
            self.pass(packet, 1, room, deliver);
            self.deliver_reliable(before, room, deliver);
        } else {
            self.admit_reliable(key, Waiting::Whole(packet), room, deliver);
        }
        Admission::Handled
    }

    /// Takes a fragment of a reliable packet in. The fragment's numbers have been checked against the host's limits.
    pub(crate) fn receive_fragment(
        &mut self,
        fragment: &Fragment<&[u8]>,
        room: &mut Room,
        deliver: &mut impl FnMut(Packet),
    ) -> Admission {
        let Position::Ahead(ahead) = Seq16(fragment.start).position(self.newest()) else {
            return Admission::Handled;
        };
        let key = self.newest + u64::from(ahead);
        if ahead == 0 {
            // The packet was delivered as a single fragment; ENet's senders never make one, so nobody waits.
            return Admission::Malformed;
        }
        if let Some(entry) = self.reliable.get_mut(&key) {
            let admission = entry.extend(fragment, ahead == 1, room);
            self.deliver_reliable(self.newest, room, deliver);
            return admission;
        }
        if !room.admits(ahead == 1) {
            return Admission::NoRoom;
        }
        let Ok(reassembly) = Reassembly::new(fragment) else { return Admission::Malformed };
        self.admit_reliable(key, Waiting::Partial(reassembly), room, deliver);
        Admission::Handled
    }

    /// Takes an unreliable packet of the epoch `epoch` in.
    pub(crate) fn receive_unreliable(
        &mut self,
        epoch: Seq16,
        number: u16,
        payload: &[u8],
        room: &mut Room,
        deliver: &mut impl FnMut(Packet),
    ) -> Admission {
        let Some(key) = self.unreliable_key(epoch, number) else { return Admission::Handled };
        if self.unreliable.contains_key(&key) {
            return Admission::Handled;
        }
        if !room.admits(false) {
            return Admission::NoRoom;
        }
        let packet = Packet::new(copy_of(payload), Delivery::Unreliable);
        if self.unreliable.is_empty() && key.0 == self.newest {
            // Nothing to wait for either.
            self.newest_unreliable = number;
            hand_over(packet, room, deliver);
        } else {
            self.admit_unreliable(key, Waiting::Whole(packet), room, deliver);
        }
        Admission::Handled
    }

    /// Takes a fragment of an unreliable packet of the epoch `epoch` in.
    pub(crate) fn receive_unreliable_fragment(
        &mut self,
        epoch: Seq16,
        fragment: &Fragment<&[u8]>,
        room: &mut Room,
        deliver: &mut impl FnMut(Packet),
    ) -> Admission {
        let Some(key) = self.unreliable_key(epoch, fragment.start) else { return Admission::Handled };
        if let Some(entry) = self.unreliable.get_mut(&key) {
            let admission = entry.extend(fragment, false, room);
            if entry.is_complete() {
                self.partial.retain(|&partial| partial != key);
            }
            self.deliver_unreliable(room, deliver);
            return admission;
        }
        if !room.admits(false) {
            return Admission::NoRoom;
        }
        let Ok(reassembly) = Reassembly::new(fragment) else { return Admission::Malformed };
        if !reassembly.is_complete() {
            self.make_way_for_partial(room);
            self.partial.push_back(key);
        }
        self.admit_unreliable(key, Waiting::Partial(reassembly), room, deliver);
        Admission::Handled
    }

    fn admit_reliable(
        &mut self,
        key: u64,
        entry: Waiting,
        room: &mut Room,
        deliver: &mut impl FnMut(Packet),
    ) {
        room.queued += entry.size();
        self.reliable.insert(key, entry);
        self.deliver_reliable(self.newest, room, deliver);
    }

    fn admit_unreliable(
        &mut self,
        key: UnreliableKey,
        entry: Waiting,
        room: &mut Room,
        deliver: &mut impl FnMut(Packet),
    ) {
        room.queued += entry.size();
        self.unreliable.insert(key, entry);
        self.deliver_unreliable(room, deliver);
    }

    /// Where an unreliable packet belongs; `None` if it is old or from too far ahead.
    fn unreliable_key(&self, epoch: Seq16, number: u16) -> Option<UnreliableKey> {
        let Position::Ahead(ahead) = epoch.position(self.newest()) else { return None };
        let is_old = ahead == 0 && number <= self.newest_unreliable;
        (!is_old).then_some((self.newest + u64::from(ahead), number))
    }

    /// Delivers the reliable packets that are next in line, then what their last epoch allows. `before` is the newest
    /// number of the epoch whose unreliable packets were delivered last.
    fn deliver_reliable(&mut self, before: u64, room: &mut Room, deliver: &mut impl FnMut(Packet)) {
        while let Some(entry) = self.reliable.first_entry() {
            if *entry.key() != self.newest + 1 || !entry.get().is_complete() {
                break;
            }
            let entry = entry.remove();
            room.queued -= entry.size();
            let numbers = entry.numbers();
            self.pass(entry.into_packet(Delivery::Reliable), numbers, room, deliver);
        }
        if self.newest != before && !self.unreliable.is_empty() {
            self.deliver_unreliable(room, deliver);
        }
    }

    /// Delivers the reliable packet that is next in line, of so many numbers; an epoch begins behind it.
    fn pass(&mut self, packet: Packet, numbers: u64, room: &mut Room, deliver: &mut impl FnMut(Packet)) {
        self.newest += numbers;
        self.newest_unreliable = 0;
        hand_over(packet, room, deliver);
    }

    /// Delivers the complete unreliable packets of the current epoch, and drops what they and the epoch overtook.
    fn deliver_unreliable(&mut self, room: &mut Room, deliver: &mut impl FnMut(Packet)) {
        let newest_complete = self
            .unreliable
            .range((self.newest, 0)..=(self.newest, u16::MAX))
            .rev()
            .find(|(_, entry)| entry.is_complete())
            .map(|(&key, _)| key);
        if let Some((_, number)) = newest_complete {
            self.newest_unreliable = number;
        }
        let overtaken = newest_complete.unwrap_or((self.newest, 0));
        while let Some(entry) = self.unreliable.first_entry() {
            let (epoch, number) = *entry.key();
            if (epoch, number) > overtaken {
                break;
            }
            let entry = entry.remove();
            room.queued -= entry.size();
            if epoch == self.newest && entry.is_complete() {
                hand_over(entry.into_packet(Delivery::UnreliableFragmented), room, deliver);
            } else {
                self.partial.retain(|&partial| partial != (epoch, number));
            }
        }
    }

    fn make_way_for_partial(&mut self, room: &mut Room) {
        if self.partial.len() < MAX_PARTIAL_UNRELIABLE {
            return;
        }
        let oldest = self.partial.pop_front();
        if let Some(entry) = oldest.and_then(|oldest| self.unreliable.remove(&oldest)) {
            room.queued -= entry.size();
        }
    }
}

fn hand_over(packet: Packet, room: &mut Room, deliver: &mut impl FnMut(Packet)) {
    room.delivered += footprint(packet.data.len());
    deliver(packet);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Receiver {
        incoming: Incoming,
        room: Room,
    }

    impl Receiver {
        fn new(newest: u64) -> Self {
            let incoming = Incoming { newest, ..Incoming::default() };
            Self { incoming, room: Room::new(100_000, 100_000) }
        }

        /// What is delivered when the reliable packet `number` (with its number as payload) arrives.
        fn reliable(&mut self, number: u16) -> Vec<Vec<u8>> {
            let mut out = Vec::new();
            let payload = number.to_be_bytes();
            let admission =
                self.incoming.receive_reliable(Seq16(number), &payload, &mut self.room, &mut |packet| {
                    out.push(packet)
                });
            assert_eq!(admission, Admission::Handled);
            out.into_iter().map(|packet| packet.data.to_vec()).collect()
        }

        fn unreliable(&mut self, epoch: u16, number: u16) -> usize {
            let mut out = Vec::new();
            self.incoming.receive_unreliable(Seq16(epoch), number, b"u", &mut self.room, &mut |packet| {
                out.push(packet)
            });
            out.len()
        }
    }

    #[test]
    fn reliable_packets_come_out_in_order_across_the_wrap() {
        let mut receiver = Receiver::new(65533);
        assert!(receiver.reliable(0).is_empty());
        assert!(receiver.reliable(65535).is_empty());
        assert_eq!(receiver.reliable(65534), [[0xff, 0xfe], [0xff, 0xff], [0, 0]]);
        assert!(receiver.reliable(65534).is_empty());
        assert!(receiver.reliable(0).is_empty());
        assert_eq!(receiver.reliable(1), [[0, 1]]);
        assert_eq!(receiver.room.queued, 0);
        assert_eq!(receiver.room.delivered, 4 * footprint(2));
    }

    #[test]
    fn unreliable_packets_wait_for_their_epoch_and_are_dropped_behind_it() {
        let mut receiver = Receiver::new(0);
        assert_eq!(receiver.unreliable(1, 1), 0);
        assert_eq!(receiver.unreliable(2, 1), 0);
        assert_eq!(receiver.reliable(1).len(), 2);
        assert_eq!(receiver.reliable(2).len(), 2);
        assert_eq!(receiver.unreliable(1, 2), 0);
        assert_eq!(receiver.unreliable(2, 3), 1);
        assert_eq!(receiver.unreliable(2, 2), 0);
        assert_eq!(receiver.room.queued, 0);
    }

    #[test]
    fn a_full_room_still_takes_the_packet_that_closes_the_gap() {
        let mut receiver = Receiver::new(0);
        receiver.room.limit = 2 * footprint(2);
        receiver.reliable(2);
        receiver.reliable(3);
        let mut out = Vec::new();
        let mut receive = |number| {
            receiver
                .incoming
                .receive_reliable(Seq16(number), b"xx", &mut receiver.room, &mut |packet| out.push(packet))
        };
        assert_eq!(receive(4), Admission::NoRoom);
        assert_eq!(receive(1), Admission::Handled);
        assert_eq!(receive(4), Admission::NoRoom);
        assert_eq!(out.len(), 3);
    }

    #[test]
    fn partial_unreliable_packets_are_bounded() {
        let mut receiver = Receiver::new(0);
        let mut out = Vec::new();
        for start in 1..100 {
            let fragment =
                Fragment { start, count: 2, number: 0, total: 8, offset: 0, payload: &b"1234"[..] };
            receiver.incoming.receive_unreliable_fragment(
                Seq16(0),
                &fragment,
                &mut receiver.room,
                &mut |packet| out.push(packet),
            );
        }
        assert_eq!(receiver.room.queued, MAX_PARTIAL_UNRELIABLE * footprint(4));
        assert_eq!(receiver.incoming.partial.len(), MAX_PARTIAL_UNRELIABLE);
        let last = Fragment { start: 99, count: 2, number: 1, total: 8, offset: 4, payload: &b"5678"[..] };
        receiver
            .incoming
            .receive_unreliable_fragment(Seq16(0), &last, &mut receiver.room, &mut |packet| out.push(packet));
        assert_eq!(out[0].data, &b"12345678"[..]);
        assert_eq!(receiver.room.queued, 0);
        assert!(receiver.incoming.partial.is_empty());
    }

    /// The fragments of a packet that is never completed: refused when what was received of it fills the room.
    #[test]
    fn partial_reliable_packets_fill_the_room_with_what_arrived() {
        let mut receiver = Receiver::new(0);
        let Room { limit, last_resort, .. } = receiver.room;
        let mut out = Vec::new();
        let payload = [7; 1000];
        let mut taken = |start: u16, numbers: std::ops::Range<u32>| {
            let fragments = numbers.map(|number| Fragment {
                start,
                count: 1000,
                number,
                total: 1_000_000,
                offset: number * 1000,
                payload: &payload[..],
            });
            let Receiver { incoming, room } = &mut receiver;
            let admissions = fragments
                .map(|fragment| incoming.receive_fragment(&fragment, room, &mut |packet| out.push(packet)));
            (admissions.filter(|&admission| admission == Admission::Handled).count(), room.queued)
        };
        // Two fragments in, a claim of two million bytes costs what was received.
        assert_eq!(taken(2, 0..1), (1, 1000));
        assert_eq!(taken(3000, 0..1), (1, 2000));
        assert_eq!(taken(2, 1..999), (limit / 1000 - 2, limit));
        assert_eq!(taken(3000, 1..999), (0, limit));
        // Only what closes the gap goes further, and that has an end too.
        assert_eq!(taken(1, 0..999), ((last_resort - limit) / 1000, last_resort));
        assert!(out.is_empty());
    }

    /// Compares with the obvious model: a set of everything that arrived, delivered from 1 up.
    #[test]
    fn random_arrivals_match_a_slow_model() {
        use crate::rng::Rng;
        use std::collections::BTreeSet;
        for seed in 0..50 {
            let mut rng = Rng::new(seed);
            let start = u64::from(rng.below(65536));
            let mut receiver = Receiver::new(start);
            let mut arrived = BTreeSet::new();
            let mut expected_next = start + 1;
            for _ in 0..2000 {
                let number = (expected_next + u64::from(rng.below(40))).saturating_sub(10);
                arrived.insert(number);
                let wire = u16::try_from(number % 65536).unwrap();
                let mut expected = Vec::new();
                while arrived.contains(&expected_next) {
                    expected.push(u16::try_from(expected_next % 65536).unwrap().to_be_bytes().to_vec());
                    expected_next += 1;
                }
                assert_eq!(receiver.reliable(wire), expected, "seed {seed}");
                receiver.room.delivered = 0;
            }
        }
    }
}
