//! One connection's statistics, as the network thread last saw them.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use enet_proto::{PeerState, PeerStats};

use crate::published::Published;

/// One connection's statistics, as the network thread last saw them. Written after traffic of that peer, on a host of more
/// than 64 peers ten times a second, and read by the game at any time; neither side ever waits. Fields are copied one by one,
/// so two of them may stem from two neighbouring moments. Keeps its last values when the connection is over.
#[derive(Debug, Default)]
pub struct PeerLink {
    stats: Published<{ PeerStats::COUNT }>,
    state: AtomicU8,
}

impl PeerLink {
    /// The statistics. Answers for the fields of `ENetPeer`.
    #[must_use]
    pub fn stats(&self) -> PeerStats {
        PeerStats::from_values(self.stats.read())
    }

    pub(crate) fn publish(&self, stats: &PeerStats) {
        self.stats.write(stats.values());
    }

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
