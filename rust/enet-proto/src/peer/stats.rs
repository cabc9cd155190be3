//! What a connection tells about itself.

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
}
