//! What one connection has for the application: its events, in order, until they are taken.
//!
//! Unreliable packets lie apart, so that the oldest can make way when the application does not listen; a stamp keeps
//! the order. How much may lie here is the business of [`Room`](crate::channel::Room).

use std::collections::VecDeque;

use crate::channel::footprint;
use crate::event::Event;
use crate::frugal;
use crate::packet::{Delivery, Packet};

#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    kept: VecDeque<(u64, Event)>,
    /// Unreliable packets.
    droppable: VecDeque<(u64, Event)>,
    last_stamp: u64,
    /// The last stamp when the mailbox was last to be released.
    looked_at: u64,
    /// The application wants nothing from this peer for the time being.
    pub(crate) is_held: bool,
    /// The peer is in the host's list of those with mail.
    pub(crate) is_listed: bool,
}

impl Mailbox {
    pub(crate) fn push(&mut self, event: Event) {
        self.last_stamp += 1;
        let is_droppable =
            matches!(&event, Event::Received { packet, .. } if packet.delivery != Delivery::Reliable);
        let lane = if is_droppable { &mut self.droppable } else { &mut self.kept };
        frugal::push_back(lane, (self.last_stamp, event));
    }

    /// The next event, unless they are held back.
    pub(crate) fn pop(&mut self) -> Option<Event> {
        self.next_lane()?.pop_front().map(|(_, event)| event)
    }

    /// [`Self::pop`], if it is a packet, with its channel.
    #[inline]
    pub(crate) fn pop_packet(&mut self) -> Option<(u8, Packet)> {
        let packet = self.next_lane()?.pop_front_if(|(_, event)| matches!(event, Event::Received { .. }));
        let Some((_, Event::Received { channel, packet, .. })) = packet else { return None };
        Some((channel, packet))
    }

    /// Where the next event lies, unless they are held back.
    #[inline]
    fn next_lane(&mut self) -> Option<&mut VecDeque<(u64, Event)>> {
        let stamp = |lane: &VecDeque<(u64, Event)>| lane.front().map_or(u64::MAX, |&(stamp, _)| stamp);
        let is_kept = stamp(&self.kept) < stamp(&self.droppable);
        let lane = if is_kept { &mut self.kept } else { &mut self.droppable };
        (!self.is_held).then_some(lane)
    }

    /// Drops the oldest unreliable packet. Tells what it counted for.
    pub(crate) fn drop_oldest(&mut self) -> Option<usize> {
        self.droppable.pop_front().map(|(_, event)| event_footprint(&event))
    }

    /// To be called now and then: gives the memory of events back when there were none since the last time.
    pub(crate) fn release(&mut self) {
        if self.is_empty() && self.looked_at == self.last_stamp {
            (self.kept, self.droppable) = (VecDeque::new(), VecDeque::new());
        }
        self.looked_at = self.last_stamp;
    }

    /// What the packets in it count for.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn footprint(&self) -> usize {
        self.kept.iter().chain(&self.droppable).map(|(_, event)| event_footprint(event)).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.droppable.is_empty()
    }
}

/// What an event counts for in the room of its peer.
pub(crate) fn event_footprint(event: &Event) -> usize {
    match event {
        Event::Received { packet, .. } => footprint(packet.data.len()),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::PeerId;

    fn received(data: &'static [u8], delivery: Delivery) -> Event {
        let peer = PeerId { slot: 0, generation: 0 };
        Event::Received { peer, channel: 0, packet: Packet::new(data, delivery) }
    }

    fn pop(mailbox: &mut Mailbox) -> Option<Vec<u8>> {
        match mailbox.pop()? {
            Event::Received { packet, .. } => Some(packet.data.to_vec()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_an_idle_mailbox_gives_its_memory_back() {
        let mut mailbox = Mailbox::default();
        mailbox.push(received(b"1", Delivery::Reliable));
        mailbox.release();
        assert_eq!(pop(&mut mailbox), Some(b"1".to_vec()));
        mailbox.push(received(b"2", Delivery::Reliable));
        assert_eq!(pop(&mut mailbox), Some(b"2".to_vec()));
        mailbox.release();
        assert_eq!(mailbox.kept.capacity(), 1, "it was in use");
        mailbox.release();
        assert_eq!(mailbox.kept.capacity(), 0);
    }

    #[test]
    fn events_come_out_in_the_order_of_their_arrival() {
        let mut mailbox = Mailbox::default();
        for (data, delivery) in [
            (&b"1"[..], Delivery::Unreliable),
            (b"2", Delivery::Reliable),
            (b"3", Delivery::Reliable),
            (b"4", Delivery::Unsequenced),
        ] {
            mailbox.push(received(data, delivery));
        }
        let all: Vec<_> = std::iter::from_fn(|| pop(&mut mailbox)).collect();
        assert_eq!(all, [b"1", b"2", b"3", b"4"]);
        assert!(mailbox.is_empty());
    }

    #[test]
    fn only_unreliable_packets_make_way_and_the_oldest_goes_first() {
        let mut mailbox = Mailbox::default();
        mailbox.push(received(b"reliable", Delivery::Reliable));
        mailbox.push(received(b"old", Delivery::Unreliable));
        mailbox.push(received(b"new", Delivery::Unreliable));
        assert_eq!(mailbox.drop_oldest(), Some(footprint(3)));
        assert_eq!(pop(&mut mailbox).as_deref(), Some(&b"reliable"[..]));
        assert_eq!(pop(&mut mailbox).as_deref(), Some(&b"new"[..]));
        assert_eq!(mailbox.drop_oldest(), None);
    }
}
