//! One connection's statistics, as the network thread last saw them.

use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering::Relaxed};

use enet_proto::{PeerState, PeerStats};

/// Declares [`PeerLink`] with one atomic for each field of [`PeerStats`], and the copying in both directions.
macro_rules! peer_link {
    ($($field:ident: $atomic:ty),* $(,)?) => {
        /// One connection's statistics, as the network thread last saw them. Written after traffic of that peer, read
        /// by the game at any time; neither side ever waits. Fields are copied one by one, so two of them may stem
        /// from two neighbouring moments. Keeps its last values when the connection is over.
        #[derive(Debug, Default)]
        pub struct PeerLink {
            $($field: $atomic,)*
            state: AtomicU8,
        }

        impl PeerLink {
            /// The statistics. Answers for the fields of `ENetPeer`.
            #[must_use]
            pub fn stats(&self) -> PeerStats {
                PeerStats { $($field: self.$field.load(Relaxed),)* }
            }

            pub(crate) fn publish(&self, stats: &PeerStats) {
                $(self.$field.store(stats.$field, Relaxed);)*
            }
        }
    };
}

peer_link! {
    round_trip_time_ms: AtomicU32,
    round_trip_time_variance_ms: AtomicU32,
    last_round_trip_time_ms: AtomicU32,
    last_round_trip_time_variance_ms: AtomicU32,
    packet_loss: AtomicU32,
    packet_loss_variance: AtomicU32,
    packet_loss_epoch: AtomicU32,
    packet_throttle: AtomicU32,
    packet_throttle_limit: AtomicU32,
    packet_throttle_counter: AtomicU32,
    packet_throttle_epoch: AtomicU32,
    packet_throttle_acceleration: AtomicU32,
    packet_throttle_deceleration: AtomicU32,
    packet_throttle_interval_ms: AtomicU32,
    mtu: AtomicU32,
    window_bytes: AtomicU32,
    queued_bytes: AtomicU64,
    in_flight_bytes: AtomicU32,
    waiting_bytes: AtomicU64,
}

impl PeerLink {
    /// Where the connection stands. [`PeerState::Zombie`] when it is over and the game has not taken the event yet;
    /// [`PeerState::Disconnected`] when the game itself ended it and no event follows.
    #[must_use]
    pub fn state(&self) -> PeerState {
        let number = self.state.load(Relaxed);
        STATES.into_iter().find(|&state| state as u8 == number).unwrap_or(PeerState::Disconnected)
    }

    pub(crate) fn set_state(&self, state: PeerState) {
        self.state.store(state as u8, Relaxed);
    }
}

/// The states that a connection can be in once it was made.
const STATES: [PeerState; 5] = [
    PeerState::Connected,
    PeerState::DisconnectLater,
    PeerState::Disconnecting,
    PeerState::AcknowledgingDisconnect,
    PeerState::Zombie,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_as_it_was_set() {
        let link = PeerLink::default();
        assert_eq!(link.state(), PeerState::Disconnected);
        for state in STATES {
            link.set_state(state);
            assert_eq!(link.state(), state);
        }
        link.set_state(PeerState::Disconnected);
        assert_eq!(link.state(), PeerState::Disconnected);
    }
}
