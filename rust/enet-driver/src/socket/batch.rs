//! Datagrams by the handful: as many as the system moves with one call, in buffers that are used again and again.

use std::{io, iter, net::SocketAddr};

use super::Socket;
#[cfg(not(target_os = "linux"))]
use super::one_by_one as system;
#[cfg(target_os = "linux")]
use super::several as system;

/// Datagrams that came in together. A message holds one, or a run of them that came as one.
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

/// One message and its remote.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) remote: SocketAddr,
    pub(super) bytes: Vec<u8>,
    /// How much of `bytes` was received.
    pub(super) length: usize,
    /// Of what was received: the length of each datagram but the last.
    pub(super) unit: usize,
}

impl Slot {
    fn new(size: usize) -> Self {
        Self { remote: NOBODY, bytes: vec![0; size], length: 0, unit: 0 }
    }

    /// What was received. A datagram beyond what ENet ever sends is cut, and the protocol finds it malformed.
    fn datagrams(&self) -> impl Iterator<Item = &[u8]> {
        let unit = self.unit.clamp(1, self.length.max(1));
        let (first, more) = self.bytes[..self.length].split_at(unit.min(self.length));
        let all = iter::once(first).chain(more.chunks(unit));
        all.map(|datagram| &datagram[..datagram.len().min(LARGEST_DATAGRAM)])
    }
}

impl Inbox {
    pub(crate) fn new() -> Self {
        Self { slots: (0..system::MOST_IN).map(|_| Slot::new(system::LARGEST_MESSAGE)).collect(), count: 0 }
    }

    pub(crate) fn datagrams(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        let slots = self.slots[..self.count].iter();
        slots.flat_map(|slot| slot.datagrams().map(|datagram| (slot.remote, datagram)))
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
        while self.end < system::MOST_OUT {
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

/// Twice what ENet sends.
const LARGEST_DATAGRAM: usize = 8192;
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

    /// The lengths of what `socket` has received from `from`, in order.
    fn received(socket: &Socket, from: &Socket) -> Vec<usize> {
        let mut inbox = Inbox::new();
        let mut lengths = Vec::new();
        while socket.receive_batch(&mut inbox).is_ok() {
            assert!(inbox.datagrams().all(|(remote, _)| remote == from.local_addr()));
            assert!(inbox.datagrams().all(|(_, datagram)| datagram.iter().all(|&byte| byte == 0xa5)));
            lengths.extend(inbox.datagrams().map(|(_, datagram)| datagram.len()));
        }
        lengths
    }

    fn fill_with(outgoing: &mut Outgoing, datagrams: &[(SocketAddr, usize)]) {
        let mut rest = datagrams.iter();
        outgoing.fill(|bytes| {
            let &(to, length) = rest.next()?;
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

        assert_eq!(received(&b, &a), (0..system::MOST_OUT).collect::<Vec<_>>());
        let error = b.receive_batch(&mut inbox).expect_err("it is empty");
        assert_eq!((error.kind(), inbox.datagrams().count()), (io::ErrorKind::WouldBlock, 0));
    }

    /// Runs of one length, with and without a shorter one behind them, between datagrams that belong to none.
    #[cfg(target_os = "linux")]
    #[test]
    fn runs_arrive_like_single_datagrams_whether_they_left_as_one_or_not() {
        for joins in [true, false] {
            let (a, b, c) = (bound(), bound(), bound());
            a.offload.joins().set(joins && a.offload.joins().get());
            let to_b = |length| (b.local_addr(), length);
            let to_c = |length| (c.local_addr(), length);
            let datagrams = [
                to_b(9),
                to_b(1300),
                to_b(1300),
                to_b(1300),
                to_b(20),
                to_b(20),
                to_c(20),
                to_c(20),
                to_c(0),
                to_c(20),
                to_b(1),
                to_b(2),
                to_b(2),
                to_c(5),
            ];
            let mut outgoing = Outgoing::default();
            fill_with(&mut outgoing, &datagrams);
            a.send_batch(&mut outgoing).expect("loopback takes a handful");
            assert_eq!(received(&b, &a), [9, 1300, 1300, 1300, 20, 20, 1, 2, 2]);
            assert_eq!(received(&c, &a), [20, 20, 0, 20, 5]);
        }
    }

    /// A way that takes only shorter datagrams, as far as the system knows, takes no runs either.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_cannot_leave_as_one_leaves_one_by_one() {
        let (a, b) = (bound(), bound());
        if !a.offload.joins().get() {
            return;
        }
        let datagrams = [(b.local_addr(), 40_000), (b.local_addr(), 40_000), (b.local_addr(), 7)];
        let long =
            [(SocketAddr::new(b.local_addr().ip(), 0), 100), (SocketAddr::new(b.local_addr().ip(), 0), 100)];
        let mut outgoing = Outgoing::default();
        fill_with(&mut outgoing, &long);
        assert!(a.send_batch(&mut outgoing).is_err(), "nobody has port 0");
        assert!(a.offload.joins().get(), "which says nothing about runs");
        while !outgoing.is_empty() {
            outgoing.drop_first();
        }
        fill_with(&mut outgoing, &datagrams);
        a.send_batch(&mut outgoing).expect("loopback takes them");
        assert_eq!(received(&b, &a), [8192, 8192, 7], "what is longer than ENet sends is cut");
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
            arrived += inbox.datagrams().count();
        }
        assert_eq!(arrived, 2);
    }
}
