//! Packets that wait for the game, and the one it is reading. Knows no Godot type.

use std::collections::VecDeque;

use bytes::Bytes;
use enet_driver::enet_proto::Packet;

/// A received packet with what is to be known of it: from whom, or on which channel.
#[derive(Debug)]
pub(crate) struct Incoming<T> {
    pub(crate) origin: T,
    pub(crate) packet: Packet,
}

/// A queue of received packets. The one that was taken last stays in memory, because the engine keeps a pointer into it,
/// until the next one is taken or [`Self::release`] is called.
#[derive(Debug)]
pub(crate) struct Inbox<T> {
    queue: VecDeque<Incoming<T>>,
    /// Payload bytes in `queue`.
    bytes: usize,
    current: Bytes,
}

impl<T> Inbox<T> {
    pub(crate) fn push(&mut self, origin: T, packet: Packet) {
        self.bytes += packet.data.len();
        self.queue.push_back(Incoming { origin, packet });
    }

    /// Takes the next packet. Its bytes stay where they are as long as the clone that is kept here.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        let next = self.queue.pop_front()?;
        self.bytes -= next.packet.data.len();
        self.current = next.packet.data;
        Some(self.current.clone())
    }

    /// Lets go of the packet that was taken last.
    pub(crate) fn release(&mut self) {
        self.current = Bytes::new();
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn next(&self) -> Option<&Incoming<T>> {
        self.queue.front()
    }

    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether so much is unread that no more should be taken from the network.
    pub(crate) fn is_full(&self) -> bool {
        self.queue.len() >= MOST_PACKETS || self.bytes >= MOST_BYTES
    }

    /// Whether half of what fills it has been read.
    pub(crate) fn has_room_again(&self) -> bool {
        self.queue.len() <= MOST_PACKETS / 2 && self.bytes <= MOST_BYTES / 2
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Incoming<T>> {
        self.queue.iter()
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self { queue: VecDeque::new(), bytes: 0, current: Bytes::new() }
    }
}

const MOST_PACKETS: usize = 65_536;
const MOST_BYTES: usize = 32 << 20;

#[cfg(test)]
mod tests {
    use enet_driver::enet_proto::Delivery;

    use super::*;

    fn packet(data: &'static [u8]) -> Packet {
        Packet::new(data, Delivery::Reliable)
    }

    #[test]
    fn packets_come_in_order_and_with_their_origin() {
        let mut inbox = Inbox::default();
        inbox.push(7, packet(b"one"));
        inbox.push(8, packet(b""));
        assert_eq!((inbox.len(), inbox.next().map(|next| next.origin)), (2, Some(7)));
        assert_eq!(inbox.take().as_deref(), Some(&b"one"[..]));
        assert_eq!(inbox.next().map(|next| next.origin), Some(8));
        assert_eq!(inbox.take().as_deref(), Some(&b""[..]));
        assert!(inbox.take().is_none() && inbox.next().is_none());
    }

    #[test]
    fn the_packet_that_was_taken_stays_where_it_is() {
        let mut inbox = Inbox::default();
        inbox.push((), Packet::new(vec![5; 100], Delivery::Reliable));
        let pointer = inbox.take().expect("a packet was pushed").as_ptr();
        for _ in 0..100 {
            inbox.push((), packet(b"more"));
        }
        assert_eq!(inbox.current.as_ptr(), pointer);
        assert_eq!(inbox.current[..], [5; 100]);
        inbox.release();
        assert!(inbox.current.is_empty());
    }

    #[test]
    fn an_inbox_that_nobody_reads_is_full_at_some_point() {
        let mut inbox = Inbox::default();
        let large = Packet::new(vec![0; MOST_BYTES / 2], Delivery::Reliable);
        inbox.push((), large.clone());
        assert!(!inbox.is_full());
        inbox.push((), large);
        assert!(inbox.is_full());
        inbox.take();
        assert!(!inbox.is_full());

        let mut inbox = Inbox::default();
        (0..MOST_PACKETS).for_each(|_| inbox.push((), packet(b"")));
        assert!(inbox.is_full());
    }
}
