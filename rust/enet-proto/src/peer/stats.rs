//! What a connection tells about itself.

use super::Peer;
use crate::counters;
use crate::packet::{Delivery, Packet};
use crate::time::Millis;

counters! {
    /// The state of one connection in numbers. The first fourteen answer for the fields of `ENetPeer` that Godot's
    /// `ENetPacketPeer.get_statistic` shows.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct PeerStats {
        /// Smoothed share of reliable commands that had to be sent again, of 65536.
        pub packet_loss: u32,
        /// How much that share varies, of 65536.
        pub packet_loss_variance: u32,
        /// When the current ten-second interval of the loss measurement began: low 32 bits of the host's clock, in
        /// milliseconds; 0 before the first datagram.
        pub packet_loss_epoch: u32,
        /// Smoothed round-trip time in milliseconds; 500 before the first measurement.
        pub round_trip_time_ms: u32,
        /// How much the round-trip time varies, in milliseconds.
        pub round_trip_time_variance_ms: u32,
        /// Lowest smoothed round-trip time of the last throttle interval, in milliseconds.
        pub last_round_trip_time_ms: u32,
        /// Highest variance of the last throttle interval, in milliseconds.
        pub last_round_trip_time_variance_ms: u32,
        /// Share of the unreliable packets that is sent, of 32.
        pub packet_throttle: u32,
        /// What the bandwidth limits leave of that share, of 32.
        pub packet_throttle_limit: u32,
        /// Runs through 0 to 31 and decides which unreliable packet is dropped.
        pub packet_throttle_counter: u32,
        /// When the current throttle interval began: low 32 bits of the host's clock, in milliseconds; 0 before.
        pub packet_throttle_epoch: u32,
        /// Steps (of 32) up for each good round-trip time.
        pub packet_throttle_acceleration: u32,
        /// Steps (of 32) down for each bad round-trip time.
        pub packet_throttle_deceleration: u32,
        /// Length of a throttle interval in milliseconds.
        pub packet_throttle_interval_ms: u32,
        /// Largest datagram on this connection, in bytes of UDP payload.
        pub mtu: u32,
        /// Reliable payload bytes that may be in flight at once.
        pub window_bytes: u32,
        /// Bytes waiting to be sent for the first time; each command counts as at least 128.
        pub queued_bytes: u64,
        /// Reliable payload bytes sent and not yet acknowledged.
        pub in_flight_bytes: u32,
        /// Received bytes waiting for a gap to close or for the application; each packet counts as at least 128.
        pub waiting_bytes: u64,
        /// Datagrams built for this peer.
        pub sent_datagrams: u64,
        /// Bytes of UDP payload of those datagrams.
        pub sent_bytes: u64,
        /// Datagrams that came from this peer, broken ones included.
        pub received_datagrams: u64,
        /// Bytes of UDP payload of those datagrams.
        pub received_bytes: u64,
        /// Reliable packets that were queued for this peer.
        pub sent_reliable_packets: u64,
        /// The same for unreliable ones that keep their order, whether or not the throttle let them pass.
        pub sent_unreliable_packets: u64,
        /// The same for unsequenced ones.
        pub sent_unsequenced_packets: u64,
        /// Payload bytes of the packets that were queued for this peer.
        pub sent_payload_bytes: u64,
        /// Reliable packets of this peer that were delivered.
        pub received_reliable_packets: u64,
        /// Unreliable packets of this peer that keep their order and were delivered.
        pub received_unreliable_packets: u64,
        /// Unsequenced packets of this peer that were delivered.
        pub received_unsequenced_packets: u64,
        /// Payload bytes of the packets that were delivered.
        pub received_payload_bytes: u64,
        /// Reliable commands that were sent again because they seemed lost.
        pub retransmissions: u64,
        /// Unreliable packets that the throttle dropped before they were sent.
        pub throttled_packets: u64,
        /// Reliable commands sent and not yet acknowledged.
        pub in_flight_commands: u32,
    }
}

impl Peer {
    pub(crate) fn stats(&self) -> PeerStats {
        let Traffic { sent, received, .. } = self.traffic;
        let low = |time: Option<Millis>| time.map_or(0, |time| low_32_bits(time.0));
        PeerStats {
            packet_loss: self.loss.mean(),
            packet_loss_variance: self.loss.variance(),
            packet_loss_epoch: low(self.loss.epoch()),
            round_trip_time_ms: self.rtt.mean,
            round_trip_time_variance_ms: self.rtt.variance,
            last_round_trip_time_ms: self.rtt.last_mean,
            last_round_trip_time_variance_ms: self.rtt.last_variance,
            packet_throttle: self.throttle.value,
            packet_throttle_limit: self.throttle.limit,
            packet_throttle_counter: self.throttle.counter,
            packet_throttle_epoch: low(self.throttle.epoch),
            packet_throttle_acceleration: self.throttle.config.acceleration,
            packet_throttle_deceleration: self.throttle.config.deceleration,
            packet_throttle_interval_ms: self.throttle.config.interval_ms,
            mtu: u32::from(self.mtu),
            window_bytes: self.window.max(self.send_window.grown(self.window)),
            queued_bytes: self.queued_bytes(),
            in_flight_bytes: self.in_flight_bytes,
            waiting_bytes: self.room.waiting() as u64,
            sent_datagrams: self.traffic.sent_datagrams,
            sent_bytes: self.traffic.sent_bytes,
            received_datagrams: self.traffic.received_datagrams,
            received_bytes: self.traffic.received_bytes,
            sent_reliable_packets: sent.reliable,
            sent_unreliable_packets: sent.unreliable,
            sent_unsequenced_packets: sent.unsequenced,
            sent_payload_bytes: sent.bytes,
            received_reliable_packets: received.reliable,
            received_unreliable_packets: received.unreliable,
            received_unsequenced_packets: received.unsequenced,
            received_payload_bytes: received.bytes,
            retransmissions: self.traffic.retransmissions,
            throttled_packets: self.traffic.throttled_packets,
            in_flight_commands: u32::try_from(self.in_flight).unwrap_or(u32::MAX),
        }
    }
}

fn low_32_bits(time: u64) -> u32 {
    let [a, b, c, d, ..] = time.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// What has passed over one connection since it began: the counters of [`PeerStats`] that only grow.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) sent_datagrams: u64,
    pub(crate) sent_bytes: u64,
    pub(crate) received_datagrams: u64,
    pub(crate) received_bytes: u64,
    pub(crate) sent: Packets,
    pub(crate) received: Packets,
    pub(crate) retransmissions: u64,
    pub(crate) throttled_packets: u64,
}

/// Packets by kind, in one direction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Packets {
    pub(crate) reliable: u64,
    pub(crate) unreliable: u64,
    pub(crate) unsequenced: u64,
    pub(crate) bytes: u64,
}

impl Packets {
    pub(crate) fn count(&mut self, packet: Kind) {
        let Self { reliable, unreliable, unsequenced, bytes } = self;
        *packet.of([reliable, unreliable, unsequenced]) += 1;
        *bytes += packet.bytes;
    }
}

/// What counts of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kind {
    delivery: Delivery,
    pub(crate) bytes: u64,
}

impl Kind {
    /// The counter for this kind, of those for reliable, unreliable and unsequenced packets.
    pub(crate) fn of(self, [reliable, unreliable, unsequenced]: [&mut u64; 3]) -> &mut u64 {
        match self.delivery {
            Delivery::Reliable => reliable,
            Delivery::Unreliable | Delivery::UnreliableFragmented => unreliable,
            Delivery::Unsequenced | Delivery::UnsequencedFragmented => unsequenced,
        }
    }
}

impl From<&Packet> for Kind {
    fn from(packet: &Packet) -> Self {
        Self { delivery: packet.delivery, bytes: packet.data.len() as u64 }
    }
}
