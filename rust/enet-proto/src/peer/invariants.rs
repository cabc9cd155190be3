//! What always holds for a peer, whatever the network and the application do. Asserted by the fuzz targets after every
//! step.

use super::{Peer, payload_length};

impl Peer {
    /// # Panics
    /// Something does not hold.
    pub(crate) fn assert_sound(&self) {
        self.queue.assert_sound();
        let queued: usize = self.channels.iter().map(|channel| channel.incoming.assert_sound()).sum();
        assert_eq!(self.room.queued, queued, "bytes in the channels' queues");
        let (mut count, mut bytes) = (0, 0);
        let outgoing = self.channels.iter().map(|channel| &channel.outgoing);
        for sent in
            std::iter::once(&self.control).chain(outgoing).flat_map(|outgoing| outgoing.assert_sound())
        {
            if sent.in_flight {
                count += 1;
                bytes += payload_length(&sent.command);
            }
        }
        assert_eq!((self.in_flight, self.in_flight_bytes), (count, bytes), "what is in flight");
        assert!(count == 0 || self.timer.deadline().is_some(), "what is in flight is never looked at again");
    }

    /// To be called when everything that may be sent has been.
    ///
    /// # Panics
    /// Something waits that nothing will ever set going.
    pub(crate) fn assert_waits_for_a_reason(&self) {
        assert!(self.acknowledgements.is_empty(), "acknowledgements stay");
        assert!(self.queue.is_empty() || self.in_flight > 0, "commands wait for nothing");
    }
}
