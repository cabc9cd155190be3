//! What always holds for a host, whatever the network and the application do. Asserted by the fuzz targets after every
//! step.

use super::Host;

/// What is admitted last may overshoot a limit.
const LARGEST_DATAGRAM: usize = 4096;

impl Host {
    /// # Panics
    /// Something does not hold.
    pub(crate) fn assert_sound(&self) {
        self.half_open.assert_sound();
        self.peers.assert_sound();
        let mut waiting = 0;
        for peer in self.peers.iter() {
            peer.assert_sound();
            waiting += peer.room.waiting();
            assert_eq!(peer.room.delivered, peer.mailbox.footprint(), "what the application may take");
            let has_turn = peer.mailbox.is_held || peer.mailbox.is_listed;
            assert!(has_turn || peer.mailbox.is_empty(), "events that the application never gets");
            assert_eq!(peer.mailbox.is_listed, self.mail.contains(&peer.id), "who has a turn");
            let most = self.config.maximum_waiting_data + self.config.maximum_packet_size;
            assert!(peer.room.waiting() <= most + LARGEST_DATAGRAM, "{} bytes wait", peer.room.waiting());
            let deadline = peer.deadline().filter(|_| !peer.state.is_dead());
            let (told, is_ready) = self.schedule.knows_of(peer.id.slot);
            // A ping that is due waits for the peer's turn to send.
            assert!(
                is_ready || deadline.is_none_or(|deadline| told.is_some_and(|told| told <= deadline)),
                "{deadline:?} of a peer will pass unnoticed, {told:?} is known"
            );
        }
        assert_eq!(self.waiting, waiting, "received bytes that wait");
    }

    /// To be called when `poll_transmit` has returned `None`.
    ///
    /// # Panics
    /// A peer has something to send that nothing will ever set going.
    pub(crate) fn assert_drained(&self) {
        for peer in self.peers.iter().filter(|peer| !peer.state.is_dead()) {
            peer.assert_waits_for_a_reason();
        }
    }
}
