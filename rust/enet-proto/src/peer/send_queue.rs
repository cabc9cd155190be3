//! What a connection still has to send, in the order in which it was queued.
//!
//! Two lanes, because reliable data may have to wait for the remote's window while the rest must not: reliable data in
//! one, everything else in the other. Commands that were lost go out before new ones of their lane. Answers for
//! `outgoingCommands` and `outgoingSendReliableCommands` of `ENetPeer`.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use bytes::Bytes;

use crate::channel::{Outstanding, footprint};
use crate::frugal;
use crate::seq::Seq16;
use crate::wire::{CONTROL_CHANNEL, Command};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Reliable data, subject to the remote's window.
    Reliable,
    /// Control commands and unreliable data.
    Other,
}

/// What the front of a lane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// An outstanding command of this channel and number, to be sent again.
    Lost(u8, Seq16),
    /// A queued command.
    New,
}

/// A command waiting to be sent for the first time.
#[derive(Debug)]
pub(crate) struct Queued {
    pub(crate) command: Command<Bytes>,
    /// The same for all commands of one packet, rising with each packet or control command: also the order of queueing.
    pub(crate) stamp: u64,
}

#[derive(Debug, Default)]
pub(crate) struct SendQueue {
    reliable: LaneQueue,
    other: LaneQueue,
    last_stamp: u64,
}

#[derive(Debug, Default)]
struct LaneQueue {
    /// Place in the order of sending, channel and number. The oldest goes first: the remote can deliver nothing newer.
    lost: BinaryHeap<Reverse<(u64, u8, u16)>>,
    new: VecDeque<Queued>,
    /// What the commands in `new` take, by [`footprint`].
    bytes: usize,
}

impl SendQueue {
    /// A stamp for the next packet or control command.
    pub(crate) fn next_stamp(&mut self) -> u64 {
        self.last_stamp += 1;
        self.last_stamp
    }

    pub(crate) fn push(&mut self, lane: Lane, stamp: u64, command: Command<Bytes>) {
        let lane = self.lane(lane);
        lane.bytes += footprint(command.payload().len());
        frugal::push_back(&mut lane.new, Queued { command, stamp });
    }

    pub(crate) fn push_lost(&mut self, lane: Lane, lost: &Outstanding) {
        let Command { channel, sequence, .. } = lost.command;
        self.lane(lane).lost.push(Reverse((lost.order, channel, sequence.0)));
    }

    /// What comes next in a lane.
    pub(crate) fn next(&self, lane: Lane) -> Option<Next> {
        let lane = self.lane_ref(lane);
        if let Some(&Reverse((_, channel, number))) = lane.lost.peek() {
            return Some(Next::Lost(channel, Seq16(number)));
        }
        lane.new.front().map(|_| Next::New)
    }

    /// Whether the front of the reliable lane was queued before that of the other.
    pub(crate) fn reliable_is_older(&self) -> bool {
        let stamp = |lane: &LaneQueue| {
            if lane.lost.is_empty() { lane.new.front().map(|new| new.stamp) } else { Some(0) }
        };
        match (stamp(&self.reliable), stamp(&self.other)) {
            (Some(reliable), Some(other)) => reliable <= other,
            (reliable, _) => reliable.is_some(),
        }
    }

    /// The next new command of a lane.
    pub(crate) fn front(&self, lane: Lane) -> Option<&Queued> {
        self.lane_ref(lane).new.front()
    }

    pub(crate) fn pop(&mut self, lane: Lane) -> Option<Queued> {
        let lane = self.lane(lane);
        let queued = lane.new.pop_front()?;
        lane.bytes -= footprint(queued.command.payload().len());
        Some(queued)
    }

    pub(crate) fn pop_lost(&mut self, lane: Lane) {
        self.lane(lane).lost.pop();
    }

    /// Drops what is left of the packet at the front of the other lane.
    pub(crate) fn drop_packet(&mut self) {
        let Some(stamp) = self.other.new.front().map(|queued| queued.stamp) else { return };
        while self.other.new.front().is_some_and(|queued| queued.stamp == stamp) {
            self.pop(Lane::Other);
        }
    }

    /// Drops the oldest unreliable packet, or what is left of it. Whether there was one.
    pub(crate) fn drop_oldest_unreliable(&mut self) -> bool {
        let lane = &mut self.other;
        let is_data = |queued: &Queued| queued.command.channel != CONTROL_CHANNEL;
        let Some(at) = lane.new.iter().position(is_data) else { return false };
        let stamp = lane.new[at].stamp;
        while lane.new.get(at).is_some_and(|queued| queued.stamp == stamp) {
            lane.bytes -= lane.new.remove(at).map_or(0, |queued| footprint(queued.command.payload().len()));
        }
        true
    }

    /// What the queued commands take.
    pub(crate) fn bytes(&self) -> usize {
        self.reliable.bytes + self.other.bytes
    }

    pub(crate) fn bytes_in(&self, lane: Lane) -> usize {
        self.lane_ref(lane).bytes
    }

    /// # Panics
    /// The count of bytes is another than that of the queued commands.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn assert_sound(&self) {
        for lane in [&self.reliable, &self.other] {
            let bytes: usize = lane.new.iter().map(|queued| footprint(queued.command.payload().len())).sum();
            assert_eq!(lane.bytes, bytes, "queued bytes");
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next(Lane::Reliable).is_none() && self.next(Lane::Other).is_none()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self { last_stamp: self.last_stamp, ..Self::default() };
    }

    fn lane(&mut self, lane: Lane) -> &mut LaneQueue {
        match lane {
            Lane::Reliable => &mut self.reliable,
            Lane::Other => &mut self.other,
        }
    }

    fn lane_ref(&self, lane: Lane) -> &LaneQueue {
        match lane {
            Lane::Reliable => &self.reliable,
            Lane::Other => &self.other,
        }
    }
}
