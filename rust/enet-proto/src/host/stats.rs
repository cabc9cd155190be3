//! What a host counts.

use crate::counters;
use crate::peer::Kind;

counters! {
    /// Counters of one host since it was made.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    #[non_exhaustive]
    pub struct HostStats {
        /// Bytes of UDP payload handed out to be sent.
        pub sent_bytes: u64,
        /// Datagrams handed out to be sent.
        pub sent_datagrams: u64,
        /// Bytes of UDP payload taken in, dropped ones included.
        pub received_bytes: u64,
        /// Datagrams taken in, dropped ones included.
        pub received_datagrams: u64,
        /// Reliable packets that the application queued, one for each receiver of a broadcast.
        pub sent_reliable_packets: u64,
        /// The same for unreliable ones that keep their order, whether or not the throttle let them pass.
        pub sent_unreliable_packets: u64,
        /// The same for unsequenced ones.
        pub sent_unsequenced_packets: u64,
        /// Payload bytes of the packets that the application queued.
        pub sent_payload_bytes: u64,
        /// Reliable packets delivered to the application.
        pub received_reliable_packets: u64,
        /// Unreliable packets that keep their order, delivered to the application.
        pub received_unreliable_packets: u64,
        /// Unsequenced packets delivered to the application.
        pub received_unsequenced_packets: u64,
        /// Payload bytes of the packets delivered to the application.
        pub received_payload_bytes: u64,
        /// Reliable commands that were sent again because they seemed lost.
        pub retransmissions: u64,
        /// Unreliable packets that the throttle dropped before they were sent.
        pub throttled_packets: u64,
        /// Connections that were established.
        pub connections: u64,
        /// Datagrams dropped because their header is cut short.
        pub dropped_malformed: u64,
        /// Datagrams dropped because no connection has their peer id, address and session.
        pub dropped_unknown: u64,
        /// Datagrams dropped because they are compressed in a way that this host does not know, or that is malformed; also
        /// those that could be decompressed, but not to commands.
        pub dropped_compressed: u64,
        /// Datagrams dropped because their checksum is wrong.
        pub dropped_checksum: u64,
        /// Datagrams of strangers dropped because they do not begin with a request to connect. To a host without checksums,
        /// those of a remote that has them look like that.
        pub dropped_unreadable: u64,
        /// Datagrams cut off at a command that is malformed, unknown or not allowed in the state of its connection.
        pub rejected_commands: u64,
        /// Data commands not taken because too much is waiting already. Reliable ones come again.
        pub refused_for_room: u64,
        /// Reliable commands not taken because one before them on their channel was not. They come again.
        pub refused_out_of_turn: u64,
        /// Commands not taken because their peer sends more than its rates allow. Reliable ones come again.
        pub refused_for_rate: u64,
        /// Unreliable packets that waited to be sent until newer ones needed their place.
        pub dropped_unsent: u64,
        /// Unreliable packets that the application did not take before newer ones needed their room.
        pub dropped_stale: u64,
        /// Requests to connect that were refused: no free slot, too many from one address, or unacceptable terms.
        pub refused_connects: u64,
        /// Requests to connect that were ignored because too many came, in all and from their address prefix.
        pub limited_connects: u64,
        /// Remotes that have asked to connect and have not yet confirmed the answer, at the moment.
        pub half_open: u64,
        /// Those that were forgotten because newer ones took their place.
        pub evicted_half_open: u64,
    }
}

impl HostStats {
    pub(super) fn count_sent(&mut self, packet: Kind) {
        let Self { sent_reliable_packets, sent_unreliable_packets, sent_unsequenced_packets, .. } = self;
        *packet.of([sent_reliable_packets, sent_unreliable_packets, sent_unsequenced_packets]) += 1;
        self.sent_payload_bytes += packet.bytes;
    }

    pub(super) fn count_received(&mut self, packet: Kind) {
        let Self {
            received_reliable_packets, received_unreliable_packets, received_unsequenced_packets, ..
        } = self;
        *packet.of([received_reliable_packets, received_unreliable_packets, received_unsequenced_packets]) +=
            1;
        self.received_payload_bytes += packet.bytes;
    }

    /// Packets of every kind delivered to the application.
    #[must_use]
    pub fn received_packets(&self) -> u64 {
        self.received_reliable_packets + self.received_unreliable_packets + self.received_unsequenced_packets
    }
}

impl HostStats {
    /// Datagrams of which nothing could be understood: most likely the remote's compression or checksums are set up
    /// differently.
    #[must_use]
    pub fn unintelligible(&self) -> u64 {
        self.dropped_compressed + self.dropped_checksum + self.dropped_unreadable
    }
}
