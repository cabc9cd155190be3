//! How often logins from one address are refused. Knows no Godot type.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// Refused logins by address. What was refused wears off evenly within a minute.
#[derive(Debug, Default)]
pub(crate) struct LoginGuard {
    addresses: HashMap<IpAddr, Refusals>,
}

#[derive(Clone, Copy, Debug)]
struct Refusals {
    count: u32,
    /// When `count` was right.
    at: Instant,
}

impl Refusals {
    /// What is left of the count by `now`, when `limit` wear off in a minute; and the time that this took.
    fn left(self, limit: u32, now: Instant) -> Self {
        let each = MINUTE / limit.max(1);
        let elapsed = now.saturating_duration_since(self.at);
        let worn = u32::try_from(elapsed.as_nanos() / each.as_nanos().max(1)).unwrap_or(u32::MAX);
        match self.count.checked_sub(worn) {
            Some(count @ 1..) => Self { count, at: self.at + each * worn },
            _ => Self { count: 0, at: now },
        }
    }
}

impl LoginGuard {
    /// A login was refused.
    pub(crate) fn note(&mut self, address: IpAddr, limit: u32, now: Instant) {
        if limit == 0 {
            return;
        }
        if self.addresses.len() >= MOST_ADDRESSES && !self.addresses.contains_key(&address) {
            self.make_way(limit, now);
        }
        let refusals = self.addresses.entry(address).or_insert(Refusals { count: 0, at: now });
        *refusals = refusals.left(limit, now);
        refusals.count = (refusals.count + 1).min(limit);
    }

    /// Whether another login from there is refused unseen. A limit of 0 is none.
    pub(crate) fn is_shut(&self, address: IpAddr, limit: u32, now: Instant) -> bool {
        let refusals = self.addresses.get(&address).filter(|_| limit > 0);
        refusals.is_some_and(|refusals| refusals.left(limit, now).count >= limit)
    }

    /// Forgets those whose count has worn off, or else everybody: memory is bounded, and a limit late is better than none.
    fn make_way(&mut self, limit: u32, now: Instant) {
        self.addresses.retain(|_, refusals| refusals.left(limit, now).count > 0);
        if self.addresses.len() >= MOST_ADDRESSES {
            self.addresses.clear();
        }
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const MOST_ADDRESSES: usize = 4096;

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(number: u32) -> IpAddr {
        Ipv4Addr::from(number).into()
    }

    #[test]
    fn an_address_is_shut_out_after_so_many_and_let_in_again_one_by_one() {
        let (mut guard, start) = (LoginGuard::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..6 {
            assert!(!guard.is_shut(address(1), 6, start));
            guard.note(address(1), 6, start);
        }
        assert!(guard.is_shut(address(1), 6, at(9)));
        assert!(!guard.is_shut(address(2), 6, start));
        assert!(!guard.is_shut(address(1), 6, at(10)));
        guard.note(address(1), 6, at(10));
        assert!(guard.is_shut(address(1), 6, at(19)));
        assert!(!guard.is_shut(address(1), 6, at(20)));
    }

    #[test]
    fn a_limit_of_0_is_none() {
        let (mut guard, now) = (LoginGuard::default(), Instant::now());
        (0..1000).for_each(|_| guard.note(address(1), 0, now));
        assert!(!guard.is_shut(address(1), 0, now));
    }

    #[test]
    fn memory_is_bounded() {
        let (mut guard, now) = (LoginGuard::default(), Instant::now());
        for number in 0..20_000 {
            guard.note(address(number), 60, now);
            assert!(guard.addresses.len() <= MOST_ADDRESSES);
        }
    }
}
