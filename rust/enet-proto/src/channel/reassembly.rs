//! A packet that arrives in fragments. Answers for the fragment half of `ENetIncomingCommand`.
//!
//! Memory grows with what was received, never with what a fragment claims: the beginning of the packet is one buffer,
//! fragments that came early wait beside it, and [`Reassembly::footprint`] counts both. Only fragments that cut the packet as ENet's senders do (equal sizes, the
//! last one shorter) are taken, so a complete packet has no gap and no overlap.

use std::collections::{BTreeMap, btree_map::Entry};

use bytes::Bytes;

use super::footprint;
use crate::wire::Fragment;

/// A fragment contradicts itself or the fragments before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadFragment;

#[derive(Debug)]
pub(crate) struct Reassembly {
    total: u32,
    count: u32,
    /// Bytes in every fragment but the last.
    unit: u32,
    /// The fragments below `next`, put together.
    beginning: Vec<u8>,
    /// Invariant: fragment `next` is not in `early`.
    next: u32,
    early: BTreeMap<u32, Bytes>,
    /// What the fragments in `early` take, by [`footprint`].
    early_bytes: usize,
}

impl Reassembly {
    /// Begins with the first fragment that happened to arrive.
    pub(crate) fn new(fragment: &Fragment<&[u8]>) -> Result<Self, BadFragment> {
        let unit = unit_of(fragment).ok_or(BadFragment)?;
        let Fragment { total, count, .. } = *fragment;
        let mut new = Self {
            total,
            count,
            unit,
            beginning: Vec::new(),
            next: 0,
            early: BTreeMap::new(),
            early_bytes: 0,
        };
        new.insert(fragment)?;
        Ok(new)
    }

    /// Takes a fragment in; one that is here already changes nothing.
    pub(crate) fn insert(&mut self, fragment: &Fragment<&[u8]>) -> Result<(), BadFragment> {
        if fragment.total != self.total
            || fragment.count != self.count
            || unit_of(fragment) != Some(self.unit)
        {
            return Err(BadFragment);
        }
        if fragment.number > self.next {
            if let Entry::Vacant(place) = self.early.entry(fragment.number) {
                place.insert(Bytes::copy_from_slice(fragment.payload));
                self.early_bytes += footprint(fragment.payload.len());
            }
        } else if fragment.number == self.next {
            self.append(fragment.payload);
            while let Some(payload) = self.early.remove(&self.next) {
                self.early_bytes -= footprint(payload.len());
                self.append(&payload);
            }
        }
        Ok(())
    }

    fn append(&mut self, payload: &[u8]) {
        let (length, total) = (self.beginning.len(), self.total());
        if self.beginning.capacity() - length < payload.len() {
            // Twice what is here, and never more than the packet: a complete one is handed over without a copy.
            self.beginning.reserve_exact(payload.len().max(length).min(total - length));
        }
        self.beginning.extend_from_slice(payload);
        self.next += 1;
    }

    /// Whether a fragment has arrived.
    pub(crate) fn has(&self, number: u32) -> bool {
        number < self.next || self.early.contains_key(&number)
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.next == self.count
    }

    /// Bytes that the fragments received so far take.
    pub(crate) fn footprint(&self) -> usize {
        footprint(self.beginning.len()) + self.early_bytes
    }

    /// How many fragments the packet has.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Length of the whole packet in bytes.
    fn total(&self) -> usize {
        self.total as usize
    }

    /// The packet. Only a complete one is whole.
    pub(crate) fn into_packet(self) -> Bytes {
        self.beginning.into()
    }
}

/// The size that every fragment but the last has, if this fragment agrees with itself.
fn unit_of(fragment: &Fragment<&[u8]>) -> Option<u32> {
    let &Fragment { count, number, total, offset, payload, .. } = fragment;
    let length = u32::try_from(payload.len()).ok()?;
    let before_last = count.checked_sub(1)?;
    let unit = match (number < before_last, before_last) {
        (true, _) => length,
        (false, 0) => total,
        (false, before) => offset / before,
    };
    let last = u64::from(total).checked_sub(u64::from(unit) * u64::from(before_last))?;
    let expected = if number < before_last { u64::from(unit) } else { last };
    let fits = number < count
        && u64::from(offset) == u64::from(number) * u64::from(unit)
        && u64::from(length) == expected
        && (1..=u64::from(unit)).contains(&last);
    fits.then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    fn cut(packet: &[u8], unit: usize) -> Vec<Fragment<&[u8]>> {
        let count = packet.len().div_ceil(unit);
        packet
            .chunks(unit)
            .enumerate()
            .map(|(number, payload)| Fragment {
                start: 1,
                count: count as u32,
                number: number as u32,
                total: packet.len() as u32,
                offset: (number * unit) as u32,
                payload,
            })
            .collect()
    }

    #[test]
    fn any_order_with_repeats_gives_the_packet() {
        let packet: Vec<u8> = (0..=255).cycle().take(1000).collect();
        let mut rng = Rng::new(7);
        for unit in [1, 7, 333, 500, 999] {
            let mut fragments = cut(&packet, unit);
            for _ in 0..20 {
                for i in (1..fragments.len()).rev() {
                    fragments.swap(i, rng.below(i as u32 + 1) as usize);
                }
                let mut reassembly = Reassembly::new(&fragments[0]).unwrap();
                for (i, fragment) in fragments.iter().enumerate() {
                    assert_eq!(reassembly.is_complete(), i == fragments.len() && i > 0);
                    reassembly.insert(fragment).unwrap();
                    reassembly.insert(&fragments[i / 2]).unwrap();
                }
                assert!(reassembly.is_complete());
                assert_eq!(reassembly.into_packet(), packet);
            }
        }
    }

    #[test]
    fn contradictions_are_refused() {
        let packet = [7; 25];
        let good = cut(&packet, 10);
        let change = |f: fn(&mut Fragment<&[u8]>)| {
            let mut fragment = good[1];
            f(&mut fragment);
            fragment
        };
        let bad = [
            change(|f| f.offset = 11),
            change(|f| f.offset = 0),
            change(|f| f.number = 3),
            change(|f| f.number = 2),
            change(|f| f.count = 2),
            change(|f| f.count = 0),
            change(|f| f.count = u32::MAX),
            change(|f| f.total = 26),
            change(|f| f.total = 31),
            change(|f| f.total = u32::MAX),
            change(|f| f.payload = &f.payload[..9]),
            change(|f| f.payload = &[]),
        ];
        let mut reassembly = Reassembly::new(&good[0]).unwrap();
        for fragment in bad {
            assert_eq!(reassembly.insert(&fragment), Err(BadFragment), "{fragment:?}");
        }
    }

    #[test]
    fn a_claimed_size_reserves_nothing() {
        let fragment = Fragment {
            start: 1,
            count: 20_000,
            number: 19_999,
            total: 20_000,
            offset: 19_999,
            payload: &[1][..],
        };
        let reassembly = Reassembly::new(&fragment).unwrap();
        assert_eq!(reassembly.beginning.capacity(), 0);
        assert_eq!(reassembly.early.len(), 1);
        assert_eq!(reassembly.footprint(), 2 * footprint(1));
    }

    #[test]
    fn memory_follows_what_was_received() {
        let packet = vec![7; 100_000];
        let fragments = cut(&packet, 1000);
        let mut reassembly = Reassembly::new(&fragments[0]).unwrap();
        for (number, fragment) in fragments.iter().enumerate().skip(1) {
            // Every other one comes early, and waits for the one before it.
            reassembly.insert(&fragments[(number ^ 1).min(99)]).unwrap();
            reassembly.insert(fragment).unwrap();
            let received = reassembly.beginning.len();
            assert!(reassembly.beginning.capacity() <= (2 * received).min(packet.len()));
            assert!((received..=received + 2000).contains(&reassembly.footprint()));
        }
        assert_eq!(reassembly.beginning.capacity(), packet.len());
        assert_eq!(reassembly.footprint(), packet.len());
    }

    #[test]
    fn one_fragment_is_a_packet() {
        let fragment = Fragment { start: 1, count: 1, number: 0, total: 3, offset: 0, payload: &b"abc"[..] };
        let reassembly = Reassembly::new(&fragment).unwrap();
        assert!(reassembly.is_complete());
        assert_eq!(reassembly.into_packet(), &b"abc"[..]);
    }
}
