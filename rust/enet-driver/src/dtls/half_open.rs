//! How many sessions may be under way: those whose handshake is not finished, or that nobody has connected through.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
};

/// Counts sessions under way. Whoever owns many addresses is counted as one.
#[derive(Debug, Default)]
pub(super) struct HalfOpen {
    total: usize,
    by_network: HashMap<IpAddr, usize>,
}

impl HalfOpen {
    pub(super) fn has_room(&self, remote: SocketAddr) -> bool {
        let here = self.by_network.get(&network(remote)).copied().unwrap_or(0);
        self.total < MOST && here < MOST_OF_ONE_NETWORK
    }

    pub(super) fn enter(&mut self, remote: SocketAddr) {
        self.total += 1;
        *self.by_network.entry(network(remote)).or_default() += 1;
    }

    pub(super) fn leave(&mut self, remote: SocketAddr) {
        let network = network(remote);
        let Some(here) = self.by_network.get_mut(&network) else { return };
        self.total -= 1;
        *here -= 1;
        if *here == 0 {
            self.by_network.remove(&network);
        }
    }
}

#[cfg(test)]
impl HalfOpen {
    pub(super) fn is_empty(&self) -> bool {
        self.total == 0 && self.by_network.is_empty()
    }
}

/// An IPv4 address, or the 64 bits of an IPv6 address that one customer of a provider has to himself.
fn network(remote: SocketAddr) -> IpAddr {
    match remote.ip() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        ip => ip,
    }
}

/// Sessions under way, in all.
pub(super) const MOST: usize = 1024;
/// Sessions under way from one address. A hall full of players behind one router joins in waves of this size.
pub(super) const MOST_OF_ONE_NETWORK: usize = 128;

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "the numbers are small")]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn one_network_cannot_take_all_the_room() {
        let mut half_open = HalfOpen::default();
        for port in 0..MOST_OF_ONE_NETWORK {
            assert!(half_open.has_room(address("10.0.0.1:1")), "after {port}");
            half_open.enter(SocketAddr::new([10, 0, 0, 1].into(), port as u16));
        }
        assert!(!half_open.has_room(address("10.0.0.1:60000")));
        assert!(half_open.has_room(address("10.0.0.2:1")));
        half_open.leave(address("10.0.0.1:1"));
        assert!(half_open.has_room(address("10.0.0.1:60000")));
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one() {
        let mut half_open = HalfOpen::default();
        for number in 0..MOST_OF_ONE_NETWORK {
            half_open.enter(address(&format!("[2001:db8:0:1::{number:x}]:1")));
        }
        assert!(!half_open.has_room(address("[2001:db8:0:1:ffff::]:1")));
        assert!(half_open.has_room(address("[2001:db8:0:2::]:1")));
    }

    #[test]
    fn there_is_a_limit_for_all_and_nothing_stays_behind() {
        let mut half_open = HalfOpen::default();
        let everyone: Vec<SocketAddr> =
            (0..MOST).map(|n| SocketAddr::new([10, 1, (n / 256) as u8, n as u8].into(), 1)).collect();
        everyone.iter().for_each(|&remote| half_open.enter(remote));
        assert!(!half_open.has_room(address("10.0.0.1:1")));
        everyone.iter().for_each(|&remote| half_open.leave(remote));
        assert!(half_open.is_empty());
    }
}
