//! Addresses at the border. Inside the socket an IPv4 remote may be `::ffff:a.b.c.d`; everybody else sees plain IPv4.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

/// The address as the protocol and the game see it.
pub(crate) fn to_plain(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(_) => address,
        SocketAddr::V6(v6) => match v6.ip().to_ipv4_mapped() {
            Some(ip) => SocketAddr::new(IpAddr::V4(ip), v6.port()),
            // The flow label is the sender's business of the moment, no part of who it is.
            None => SocketAddrV6::new(*v6.ip(), v6.port(), 0, v6.scope_id()).into(),
        },
    }
}

/// The address as a dual-stack socket wants it.
pub(crate) fn to_mapped(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V4(v4) => SocketAddr::new(IpAddr::V6(v4.ip().to_ipv6_mapped()), v4.port()),
        SocketAddr::V6(_) => address,
    }
}

/// The address to connect to: "any interface" means this machine, whose answers would come from another address.
pub(crate) fn to_remote(address: SocketAddr) -> SocketAddr {
    let ip = match to_plain(address).ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        _ => return to_plain(address),
    };
    SocketAddr::new(ip, address.port())
}

/// The address that `text` spells out, with or without the brackets of an URL; `None` for a name.
pub(crate) fn parse_literal(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok()
}

/// `host:port` as people write it.
pub(crate) fn display(host: &str, port: u16) -> String {
    if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().expect("a literal of this test")
    }

    #[test]
    fn mapped_addresses_become_plain_and_back() {
        let mapped = address("[::ffff:10.1.2.3]:7777");
        assert_eq!(to_plain(mapped), address("10.1.2.3:7777"));
        assert_eq!(to_mapped(to_plain(mapped)), mapped);
        assert_eq!(to_plain(address("[::1]:1")), address("[::1]:1"));
        assert_eq!(to_mapped(address("[::1]:1")), address("[::1]:1"));
    }

    #[test]
    fn the_scope_stays_and_the_flow_label_goes() {
        let labelled = SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 9, 77, 3));
        assert_eq!(to_plain(labelled), SocketAddr::V6(SocketAddrV6::new(Ipv6Addr::LOCALHOST, 9, 0, 3)));
    }

    #[test]
    fn any_interface_is_this_machine() {
        assert_eq!(to_remote(address("0.0.0.0:5")), address("127.0.0.1:5"));
        assert_eq!(to_remote(address("[::]:5")), address("[::1]:5"));
        assert_eq!(to_remote(address("[::ffff:1.2.3.4]:5")), address("1.2.3.4:5"));
    }

    #[test]
    fn literals_need_no_resolver() {
        assert!(parse_literal("127.0.0.1").is_some());
        assert!(parse_literal("::1").is_some());
        assert!(parse_literal("[::1]").is_some());
        assert!(parse_literal("localhost").is_none());
        assert!(parse_literal("").is_none());
    }

    #[test]
    fn host_and_port_read_well() {
        assert_eq!(display("example.org", 7), "example.org:7");
        assert_eq!(display("::1", 7), "[::1]:7");
        assert_eq!(display("[::1]", 7), "[::1]:7");
    }
}
