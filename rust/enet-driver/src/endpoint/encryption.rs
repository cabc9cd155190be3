//! DTLS in the life of a host: when it begins, and what its handshakes mean for those who want to connect.

use enet_proto::{DisconnectReason, Millis, PeerState};

use super::Endpoint;
use crate::{
    Dtls, HostEvent,
    dtls::{Layer, RECORD_OVERHEAD},
};

impl Endpoint {
    /// Encrypts everything from here on. Whatever began in the open is forgotten: attempts begin anew, connections end.
    pub(super) fn set_dtls(&mut self, now: Millis, dtls: &Dtls) {
        let config = self.host.config();
        let (mtu, peers) = (config.mtu, config.peers);
        self.host.set_mtu(mtu - RECORD_OVERHEAD);
        self.path.set_dtls(Layer::new(dtls, mtu, peers));
        let (attempts, mut reach) = self.reach();
        attempts.begin_anew(now, &mut reach);
        let in_the_open: Vec<_> = self.connections.peers().collect();
        for peer in in_the_open {
            self.host.reset(peer);
            self.forget(peer, PeerState::Zombie);
            self.tell(HostEvent::Disconnected { peer, reason: DisconnectReason::Local });
        }
        let strangers: Vec<_> = self.host.peers().filter(|&peer| !self.attempts.has(peer)).collect();
        strangers.into_iter().for_each(|peer| self.host.reset(peer));
    }

    /// Tells those who wait for a session what has become of it.
    pub(super) fn report_sessions(&mut self, now: Millis) {
        while let Some((remote, outcome)) = self.path.poll_session() {
            let (attempts, mut reach) = self.reach();
            match outcome {
                Ok(()) => attempts.on_secured(now, remote, &mut reach),
                Err(failure) => attempts.on_insecure(now, remote, &failure, &mut reach),
            }
        }
    }
}
