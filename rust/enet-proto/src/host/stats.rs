//! What a host counts.

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
    /// Packets delivered to the application.
    pub received_packets: u64,
    /// Packets that the application queued, one for each receiver of a broadcast.
    pub queued_packets: u64,
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
    /// Requests to connect that were ignored: no free slot, too many from one address, or unacceptable terms.
    pub refused_connects: u64,
}

impl HostStats {
    /// Datagrams of which nothing could be understood: most likely the remote's compression or checksums are set up
    /// differently.
    #[must_use]
    pub fn unintelligible(&self) -> u64 {
        self.dropped_compressed + self.dropped_checksum + self.dropped_unreadable
    }
}
