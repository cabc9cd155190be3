//! How many may ask to connect in a second. Nobody is limited until all together ask too often; from then on each
//! address prefix is held to a rate of its own, so that a flood from one does not keep the others out.

use std::net::IpAddr;

use crate::config::AdmissionLimits;
use crate::rng::Rng;
use crate::time::Millis;

/// How many seconds' worth of attempts may come at once.
const BURST_SECONDS: u64 = 2;
/// One attempt, in the units of a bucket.
const ATTEMPT: u64 = 1000;

/// A token bucket, seen from its empty side: what was drawn and has not come back yet, in thousandths of an attempt.
/// So a bucket that nobody used, for whatever rate, is zero.
#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    drawn: u64,
    at: Millis,
}

impl Bucket {
    /// Draws one attempt, if there is one left.
    fn draw(&mut self, now: Millis, per_second: u32) -> bool {
        // A rate per second is as many thousandths per millisecond.
        let rate = u64::from(per_second);
        self.drawn = self.drawn.saturating_sub(now.since(self.at).saturating_mul(rate));
        self.at = now;
        let is_left = self.drawn + ATTEMPT <= rate * BURST_SECONDS * ATTEMPT;
        if is_left {
            self.drawn += ATTEMPT;
        }
        is_left
    }
}

/// Says who may go on asking.
#[derive(Debug)]
pub(super) struct Gate {
    common: Bucket,
    prefixes: Prefixes,
}

impl Gate {
    pub(super) fn new(rng: &mut Rng) -> Self {
        Self { common: Bucket::default(), prefixes: Prefixes { key: rng.next_u64(), entries: Vec::new() } }
    }

    /// Counts an attempt from this address; whether it is within the limits.
    pub(super) fn admits(&mut self, now: Millis, from: IpAddr, limits: &AdmissionLimits) -> bool {
        limits.connects_per_second == 0
            || self.common.draw(now, limits.connects_per_second)
            || limits.connects_per_prefix == 0
            || self.prefixes.bucket(prefix_of(from)).draw(now, limits.connects_per_prefix)
    }
}

/// What one owner is taken to have: an IPv4 /24 or an IPv6 /56, as a number.
fn prefix_of(address: IpAddr) -> u64 {
    const IPV4: u64 = 1 << 56;
    match address.to_canonical() {
        IpAddr::V4(address) => IPV4 | u64::from(address.to_bits() >> 8),
        IpAddr::V6(address) => {
            u64::try_from(address.to_bits() >> 72).expect("128 bits without 72 of them are 56")
        }
    }
}

/// The prefixes that asked last. Its size is fixed: whoever is pushed out begins again, which only ever lets more in.
#[derive(Debug)]
struct Prefixes {
    /// Unpredictable, so that nobody can choose prefixes that push a certain one out.
    key: u64,
    /// Empty until the first time that there is too much.
    entries: Vec<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    prefix: u64,
    bucket: Bucket,
}

/// A prefix may stand at any of so many places.
const WAYS: usize = 4;
const SETS: usize = 1024;
/// No prefix: those have at most 57 bits.
const VACANT: Entry = Entry { prefix: u64::MAX, bucket: Bucket { drawn: 0, at: Millis(0) } };

impl Prefixes {
    fn bucket(&mut self, prefix: u64) -> &mut Bucket {
        self.entries.resize(WAYS * SETS, VACANT);
        let first = self.set_of(prefix) * WAYS;
        let set = &mut self.entries[first..first + WAYS];
        let known = set.iter().position(|entry| entry.prefix == prefix);
        let index = known.unwrap_or_else(|| {
            let oldest = (0..WAYS).min_by_key(|&index| set[index].bucket.at).unwrap_or(0);
            set[oldest] = Entry { prefix, ..VACANT };
            oldest
        });
        &mut set[index].bucket
    }

    fn set_of(&self, prefix: u64) -> usize {
        let mut mixed = (prefix ^ self.key).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 32 ^ self.key.rotate_left(32)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::from(u16::try_from(mixed >> 48).expect("64 bits without 48 of them are 16")) % SETS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: AdmissionLimits =
        AdmissionLimits { connects_per_second: 100, connects_per_prefix: 10, ..AdmissionLimits::DEFAULT };

    fn gate() -> Gate {
        Gate::new(&mut Rng::new(1))
    }

    fn address(a: u8, b: u8, c: u8, d: u8) -> IpAddr {
        IpAddr::from([a, b, c, d])
    }

    fn admitted(gate: &mut Gate, now: u64, from: IpAddr, attempts: usize) -> usize {
        (0..attempts).filter(|_| gate.admits(Millis(now), from, &LIMITS)).count()
    }

    #[test]
    fn a_quiet_server_lets_a_crowd_from_one_address_ask_at_once() {
        let mut gate = Gate::new(&mut Rng::new(1));
        let school = address(192, 0, 2, 1);
        assert!((0..4000).all(|_| gate.admits(Millis(5), school, &AdmissionLimits::DEFAULT)));
        // What makes it wait begins only there, and costs nothing before.
        assert!(gate.prefixes.entries.is_empty());
    }

    #[test]
    fn a_flood_from_one_prefix_leaves_the_others_their_own() {
        let mut gate = gate();
        // Two seconds' worth of all, and two of its own.
        assert_eq!(admitted(&mut gate, 0, address(10, 0, 0, 1), 50_000), 200 + 20);
        assert_eq!(admitted(&mut gate, 0, address(10, 0, 0, 2), 1000), 0, "the same prefix");
        for other in 1..=100 {
            assert_eq!(admitted(&mut gate, 0, address(10, 0, other, 1), 1000), 20);
        }
        // After a second each has its rate again: the common one, and its own.
        assert_eq!(admitted(&mut gate, 1000, address(10, 0, 0, 1), 50_000), 100 + 10);
        assert_eq!(admitted(&mut gate, 1000, address(10, 0, 1, 1), 50_000), 10);
    }

    #[test]
    fn the_table_keeps_its_size_and_forgets_the_oldest() {
        let mut gate = gate();
        admitted(&mut gate, 1, address(9, 9, 9, 9), 50_000);
        // A flood of forged addresses: each is a prefix of its own and passes, and the one that is busy is still known.
        for number in 0..100_000u32 {
            let [_, b, c, d] = number.to_be_bytes();
            let now = 1 + u64::from(number / 500);
            admitted(&mut gate, now, address(9, 9, 9, 9), 500);
            assert!(gate.admits(Millis(now), address(b + 100, c, d, 1), &LIMITS));
            assert_eq!(admitted(&mut gate, now, address(9, 9, 9, 9), 1), 0, "{now}");
        }
        assert_eq!(gate.prefixes.entries.len(), WAYS * SETS);
    }

    #[test]
    fn prefixes_are_what_one_owner_has() {
        let v6 = |text: &str| prefix_of(text.parse().unwrap());
        assert_eq!(prefix_of(address(1, 2, 3, 4)), prefix_of(address(1, 2, 3, 250)));
        assert_ne!(prefix_of(address(1, 2, 3, 4)), prefix_of(address(1, 2, 4, 4)));
        assert_eq!(v6("2001:db8:1:2200::1"), v6("2001:db8:1:22ff:ffff::"));
        assert_ne!(v6("2001:db8:1:2200::1"), v6("2001:db8:1:2300::1"));
        assert_eq!(v6("::ffff:1.2.3.4"), prefix_of(address(1, 2, 3, 9)));
    }

    #[test]
    fn zero_is_no_limit() {
        let mut gate = gate();
        for limits in [
            AdmissionLimits { connects_per_second: 0, ..LIMITS },
            AdmissionLimits { connects_per_prefix: 0, ..LIMITS },
        ] {
            assert!((0..100_000).all(|_| gate.admits(Millis(0), address(1, 1, 1, 1), &limits)));
        }
    }
}
