//! Noticing that a remote's compression or checksums are set up differently. The wire has no word for either, so all
//! there is to see is that nothing of what arrives can be understood.

use super::Endpoint;

impl Endpoint {
    /// Says so once in the life of a host, as anybody can cause it.
    pub(super) fn look_for_mismatch(&mut self) {
        if self.has_warned || self.host.stats().unintelligible() < WARN_AT {
            return;
        }
        self.has_warned = true;
        log::warn!(
            "Datagrams arrive that cannot be decompressed or verified. Most likely the other side uses another \
             compression mode than this host (here: {}), or checksums. Set both sides up alike. Further ones are \
             counted and dropped without a word.",
            self.attempts.compression(),
        );
    }
}

/// So many datagrams of which nothing can be understood are no accident. A request to connect is repeated that often in
/// less than two seconds.
const WARN_AT: u64 = 3;
