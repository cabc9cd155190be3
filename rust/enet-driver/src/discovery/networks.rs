//! Where somebody nearby can be reached.

use std::net::{IpAddr, Ipv4Addr};

use if_addrs::{IfAddr, Ifv4Addr};

/// This machine, the broadcast address of each of its networks, and the one that stands for all of them.
///
/// That one alone is not enough: most systems send it to one network only. IPv4 alone, since there is no broadcast in IPv6.
pub(super) fn everywhere() -> Vec<IpAddr> {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_else(|error| {
        log::debug!("the networks of this machine are not known: {error}");
        Vec::new()
    });
    let of_interfaces = interfaces.into_iter().filter_map(|interface| match interface.addr {
        IfAddr::V4(address) => broadcast_of(&address),
        IfAddr::V6(_) => None,
    });
    let mut addresses = vec![Ipv4Addr::LOCALHOST, Ipv4Addr::BROADCAST];
    for address in of_interfaces.take(MOST_NETWORKS) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses.into_iter().map(IpAddr::V4).collect()
}

fn broadcast_of(interface: &Ifv4Addr) -> Option<Ipv4Addr> {
    // A network of one or two has nobody to be shouted at.
    let is_network = !interface.ip.is_loopback() && interface.netmask.to_bits() < u32::MAX << 1;
    let computed = Ipv4Addr::from_bits(interface.ip.to_bits() | !interface.netmask.to_bits());
    is_network.then(|| interface.broadcast.unwrap_or(computed))
}

/// A machine with many virtual networks is not to send a query hundreds of times.
const MOST_NETWORKS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(ip: [u8; 4], netmask: [u8; 4], broadcast: Option<[u8; 4]>) -> Ifv4Addr {
        let prefixlen = u8::try_from(u32::from_be_bytes(netmask).leading_ones()).expect("at most 32");
        let broadcast = broadcast.map(Into::into);
        Ifv4Addr { ip: ip.into(), netmask: netmask.into(), prefixlen, broadcast }
    }

    #[test]
    fn each_network_has_one_address_for_all() {
        let all =
            |ip, netmask, broadcast| broadcast_of(&interface(ip, netmask, broadcast)).map(|it| it.octets());
        assert_eq!(all([192, 168, 1, 7], [255, 255, 255, 0], None), Some([192, 168, 1, 255]));
        assert_eq!(all([10, 1, 2, 3], [255, 0, 0, 0], Some([10, 255, 255, 255])), Some([10, 255, 255, 255]));
        assert_eq!(all([127, 0, 0, 1], [255, 0, 0, 0], None), None);
        assert_eq!(all([10, 8, 0, 2], [255, 255, 255, 255], None), None, "a tunnel");
    }

    #[test]
    fn this_machine_is_asked_in_any_case_and_nobody_twice() {
        let mut addresses = everywhere();
        assert!(addresses.starts_with(&[IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V4(Ipv4Addr::BROADCAST)]));
        let count = addresses.len();
        assert!(count <= MOST_NETWORKS + 2);
        addresses.sort();
        addresses.dedup();
        assert_eq!(addresses.len(), count);
    }
}
