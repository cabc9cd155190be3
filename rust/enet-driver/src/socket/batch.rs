//! Datagrams by the handful: as many as the system moves with one call, in buffers that are used again and again.

use std::{io, net::SocketAddr};

use super::Socket;
#[cfg(not(target_os = "linux"))]
use super::one_by_one as system;
#[cfg(target_os = "linux")]
use super::several as system;

/// Datagrams that came in together.
#[derive(Debug)]
pub(crate) struct Inbox {
    pub(super) slots: Vec<Slot>,
    pub(super) count: usize,
}

/// Datagrams on their way out, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    pub(super) slots: Vec<Slot>,
    /// Those before it have left.
    pub(super) first: usize,
    pub(super) end: usize,
}

/// One datagram and its remote.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) remote: SocketAddr,
    pub(super) bytes: Vec<u8>,
    /// How much of `bytes` was received.
    pub(super) length: usize,
}

impl Slot {
    fn new(size: usize) -> Self {
        Self { remote: NOBODY, bytes: vec![0; size], length: 0 }
    }
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { slots: (0..system::MOST).map(|_| Slot::new(system::LARGEST_DATAGRAM)).collect(), count: 0 }
    }

    pub(crate) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        self.slots[..self.count].iter().map(|slot| (slot.remote, &slot.bytes[..slot.length]))
    }

    pub(crate) fn len(&self) -> usize {
        self.count
    }

    /// Whether the socket may hold more.
    pub(crate) fn is_full(&self) -> bool {
        self.count == self.slots.len()
    }
}

impl Outgoing {
    /// Takes as many datagrams as leave with one call. `next` clears a buffer, fills it, and names its receiver.
    pub(crate) fn fill(&mut self, mut next: impl FnMut(&mut Vec<u8>) -> Option<SocketAddr>) {
        debug_assert!(self.is_empty(), "what has not left would be overtaken");
        (self.first, self.end) = (0, 0);
        while self.end < system::MOST {
            if self.slots.len() == self.end {
                self.slots.push(Slot::new(0));
            }
            let slot = &mut self.slots[self.end];
            let Some(remote) = next(&mut slot.bytes) else { return };
            slot.remote = remote;
            self.end += 1;
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.first == self.end
    }

    pub(crate) fn len(&self) -> usize {
        self.end - self.first
    }

    /// The length of all together.
    pub(crate) fn bytes(&self) -> usize {
        self.waiting().iter().map(|slot| slot.bytes.len()).sum()
    }

    /// The datagram whose turn it is.
    pub(crate) fn first(&self) -> Option<(SocketAddr, &[u8])> {
        self.waiting().first().map(|slot| (slot.remote, slot.bytes.as_slice()))
    }

    pub(crate) fn drop_first(&mut self) {
        self.first = self.end.min(self.first + 1);
    }

    pub(super) fn waiting(&self) -> &[Slot] {
        &self.slots[self.first..self.end]
    }
}

impl Socket {
    /// Receives what is there, at least one datagram and at most as many as fit.
    pub(crate) fn receive_batch(&self, inbox: &mut Inbox) -> io::Result<()> {
        inbox.count = 0;
        inbox.count = system::receive(self, &mut inbox.slots)?;
        Ok(())
    }

    /// Sends what waits, and takes it out, until the system refuses one. The error is about the first that is left.
    pub(crate) fn send_batch(&self, outgoing: &mut Outgoing) -> io::Result<()> {
        while !outgoing.is_empty() {
            outgoing.first += system::send(self, outgoing.waiting())?;
        }
        Ok(())
    }
}

/// The remote of a slot that was never used.
const NOBODY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0);

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    fn bound() -> Socket {
        Socket::bind(Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), 0).expect("a free port")
    }

    /// Puts `count` datagrams of rising length into `outgoing`.
    fn fill(outgoing: &mut Outgoing, to: SocketAddr, count: usize) {
        let mut lengths = 0..count;
        outgoing.fill(|bytes| {
            let length = lengths.next()?;
            bytes.clear();
            bytes.resize(length, 0xa5);
            Some(to)
        });
    }

    #[test]
    fn what_leaves_together_arrives_whole_and_in_order() {
        let (a, b) = (bound(), bound());
        let (mut outgoing, mut inbox) = (Outgoing::default(), Inbox::new());
        fill(&mut outgoing, b.local_addr(), usize::MAX);
        a.send_batch(&mut outgoing).expect("loopback takes a handful");
        assert!(outgoing.is_empty() && outgoing.first().is_none());

        let mut lengths = Vec::new();
        while b.receive_batch(&mut inbox).is_ok() {
            assert!(inbox.datagrams().all(|(from, _)| from == a.local_addr()));
            lengths.extend(inbox.datagrams().map(|(_, datagram)| datagram.len()));
        }
        assert_eq!(lengths, (0..system::MOST).collect::<Vec<_>>());
        let error = b.receive_batch(&mut inbox).expect_err("it is empty");
        assert_eq!((error.kind(), inbox.len()), (io::ErrorKind::WouldBlock, 0));
    }

    #[test]
    fn an_error_is_about_the_first_that_is_left() {
        let (a, b) = (bound(), bound());
        let mut outgoing = Outgoing::default();
        let mut remotes =
            [b.local_addr(), SocketAddr::new(b.local_addr().ip(), 0), b.local_addr()].into_iter();
        outgoing.fill(|bytes| {
            *bytes = b"datagram".to_vec();
            remotes.next()
        });
        assert!(a.send_batch(&mut outgoing).is_err(), "nobody has port 0");
        assert_eq!(outgoing.first().map(|(to, _)| to.port()), Some(0));
        outgoing.drop_first();
        assert!(a.send_batch(&mut outgoing).is_ok());
        let mut inbox = Inbox::new();
        let mut arrived = 0;
        while b.receive_batch(&mut inbox).is_ok() {
            arrived += inbox.len();
        }
        assert_eq!(arrived, 2);
    }
}
