//! The UDP socket of one host: binding, addresses at the border, which errors mean what, and moving datagrams.

mod batch;
#[cfg(not(target_os = "linux"))]
mod one_by_one;
#[cfg(target_os = "linux")]
mod several;

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

use mio::{Interest, Registry, Token};
use socket2::{Domain, Protocol, Type};

pub(crate) use self::batch::{Inbox, Outgoing};
#[cfg(not(target_os = "linux"))]
use self::one_by_one::Offload;
#[cfg(target_os = "linux")]
use self::several::Offload;
use crate::{StartError, address};

/// A non-blocking UDP socket. Takes and gives plain addresses, whatever its family.
#[derive(Debug)]
pub(crate) struct Socket {
    io: mio::net::UdpSocket,
    local: SocketAddr,
    family: Family,
    /// The only remote, of a socket that was [`aim`](Self::aim)ed.
    remote: Option<SocketAddr>,
    #[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux moves runs of datagrams"))]
    offload: Offload,
}

/// Which addresses a socket can reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    V4,
    V6,
    Dual,
}

impl Socket {
    /// Binds `port` on `ip`, or on every interface of both families, or of IPv4 alone where there is no IPv6.
    ///
    /// Neither address nor port reuse is asked for, so a taken port is an error on every platform.
    pub(crate) fn bind(ip: Option<IpAddr>, port: u16) -> Result<Self, StartError> {
        match ip {
            Some(IpAddr::V4(ip)) => open(Family::V4, SocketAddr::new(ip.into(), port)),
            Some(IpAddr::V6(ip)) if !ip.is_unspecified() => {
                open(Family::V6, SocketAddr::new(ip.into(), port))
            }
            _ => Self::bind_everywhere(port),
        }
    }

    fn bind_everywhere(port: u16) -> Result<Self, StartError> {
        match open(Family::Dual, SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), port)) {
            Err(error @ StartError::PortTaken(_)) => Err(error),
            // A system without IPv6 refuses at one step or another. If the port itself is the problem, IPv4 says so.
            Err(_) => open(Family::V4, SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)),
            bound => bound,
        }
    }

    /// Receives from and sends to `remote` alone from here on. The system then reports when nothing listens there.
    pub(crate) fn aim(&mut self, remote: SocketAddr) -> io::Result<()> {
        self.remote = None;
        self.io.connect(self.to_wire(remote))?;
        self.remote = Some(remote);
        // What an earlier remote left behind is not this one's answer.
        self.io.take_error().map(drop)
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.io, token, Interest::READABLE)
    }

    /// Asks for writability too, or no longer. Not asked for at all times: every datagram that leaves would wake the
    /// thread.
    pub(crate) fn watch_writable(
        &mut self,
        registry: &Registry,
        token: Token,
        watch: bool,
    ) -> io::Result<()> {
        let interest = if watch { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        registry.reregister(&mut self.io, token, interest)
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        registry.deregister(&mut self.io)
    }

    /// Puts a new socket on the same port in the place of one that is gone. To be called again after an error.
    pub(crate) fn reopen(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        // The port is free when the old socket is closed, so something else has its place for a moment.
        let stand_in = open(self.family, SocketAddr::new(self.local.ip(), 0)).map_err(StartError::into_io)?;
        if let Err(error) = self.deregister(registry) {
            log::debug!("a lost socket was not deregistered: {error}");
        }
        self.io = stand_in.io;
        let mut fresh = open(self.family, self.local).map_err(StartError::into_io)?;
        if let Some(remote) = self.remote {
            fresh.aim(remote)?;
        }
        fresh.register(registry, token)?;
        *self = fresh;
        Ok(())
    }

    #[cfg(all(test, unix))]
    pub(crate) fn break_down(&mut self, for_good: bool) {
        // Linux refuses this to a socket without a remote, and does it all the same.
        let _ = socket2::SockRef::from(&self.io).shutdown(std::net::Shutdown::Both);
        if for_good {
            // An address that no machine has: it is set aside for documentation.
            self.local.set_ip(Ipv4Addr::new(192, 0, 2, 1).into());
        }
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local
    }

    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }

    pub(crate) fn can_reach(&self, address: SocketAddr) -> bool {
        match self.family {
            Family::V4 => address.is_ipv4(),
            Family::V6 => address.is_ipv6(),
            Family::Dual => true,
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        let (length, from) = self.io.recv_from(buffer)?;
        Ok((length, address::to_plain(from)))
    }

    pub(crate) fn send(&self, to: SocketAddr, datagram: &[u8]) -> io::Result<()> {
        // Some systems refuse an address on a socket that has a remote.
        if self.remote == Some(to) {
            self.io.send(datagram)?;
        } else {
            self.io.send_to(datagram, self.to_wire(to))?;
        }
        Ok(())
    }

    fn to_wire(&self, address: SocketAddr) -> SocketAddr {
        if self.family == Family::Dual { address::to_mapped(address) } else { address }
    }
}

/// Whether an error is the remote machine's word that nothing listens on the port. Windows calls it a reset.
pub(crate) fn is_refusal(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
}

/// Whether an error says that there is no way to the address, as opposed to "not this moment".
pub(crate) fn is_unreachable(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::AddrNotAvailable
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::Unsupported
    )
}

/// Whether an error says that the system has taken the socket away. No remote and no network can cause one.
pub(crate) fn is_gone(error: &io::Error) -> bool {
    let is_kind = matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::NotConnected);
    is_kind || error.raw_os_error().is_some_and(|code| GONE_CODES.contains(&code))
}

fn open(family: Family, address: SocketAddr) -> Result<Socket, StartError> {
    let socket = create(family).map_err(StartError::Socket)?;
    socket.bind(&address.into()).map_err(|error| bind_error(address, error))?;
    let offload = Offload::of(&socket);
    let std_socket = UdpSocket::from(socket);
    let local = std_socket.local_addr().map_err(StartError::Socket)?;
    Ok(Socket { io: mio::net::UdpSocket::from_std(std_socket), local, family, remote: None, offload })
}

fn create(family: Family) -> io::Result<socket2::Socket> {
    let domain = if family == Family::V4 { Domain::IPV4 } else { Domain::IPV6 };
    let socket = socket2::Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    if family != Family::V4 {
        socket.set_only_v6(family == Family::V6)?;
    }
    socket.set_nonblocking(true)?;
    // Wishes, not needs: the system may grant less.
    for wish in [
        socket.set_recv_buffer_size(BUFFER_BYTES),
        socket.set_send_buffer_size(BUFFER_BYTES),
        socket.set_broadcast(true),
    ] {
        if let Err(error) = wish {
            log::debug!("a socket option was refused: {error}");
        }
    }
    Ok(socket)
}

fn bind_error(address: SocketAddr, error: io::Error) -> StartError {
    if error.kind() == io::ErrorKind::AddrInUse {
        StartError::PortTaken(address)
    } else {
        StartError::Bind { address, error }
    }
}

/// "Bad file descriptor" and "not a socket", which have no kind of their own.
#[cfg(windows)]
const GONE_CODES: [i32; 2] = [10_009, 10_038];
/// "Bad file descriptor" and "not a socket", which have no kind of their own.
#[cfg(target_vendor = "apple")]
const GONE_CODES: [i32; 2] = [9, 38];
/// "Bad file descriptor" and "not a socket", which have no kind of their own.
#[cfg(not(any(windows, target_vendor = "apple")))]
const GONE_CODES: [i32; 2] = [9, 88];

/// What a burst of a thousand clients fits into.
const BUFFER_BYTES: usize = 1 << 20;
