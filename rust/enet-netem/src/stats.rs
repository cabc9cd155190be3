//! What a link did, for tests and reports.

/// Counters of one [`Link`](crate::Link) since it was made. At any time
/// `sent + duplicated == delivered + lost + dropped_on_request + dropped_by_queue + in transit`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Datagrams handed to `send`.
    pub sent: u64,
    /// Their bytes.
    pub sent_bytes: u64,
    /// Datagrams that came out of `poll`, copies included.
    pub delivered: u64,
    /// Their bytes.
    pub delivered_bytes: u64,
    /// Datagrams lost by chance, in bursts or alone.
    pub lost: u64,
    /// Datagrams dropped because of `drop_next`.
    pub dropped_on_request: u64,
    /// Datagrams that found the queue before the rate limit full.
    pub dropped_by_queue: u64,
    /// Extra copies put on the link.
    pub duplicated: u64,
    /// Datagrams (or copies) with a flipped bit.
    pub corrupted: u64,
    /// Datagrams (or copies) held back so that others may overtake them.
    pub held_back: u64,
}
