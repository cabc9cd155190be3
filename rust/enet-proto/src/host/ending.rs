//! Every way in which a connection ends. Answers for `enet_peer_disconnect` and its variants, `enet_peer_reset`,
//! `enet_protocol_handle_disconnect` and `enet_protocol_handle_acknowledge`.

use std::net::SocketAddr;

use bytes::Bytes;

use super::Host;
use super::ingress::Rejected;
use crate::event::{DisconnectReason, PeerId};
use crate::peer::PeerState;
use crate::seq::Seq16;
use crate::time::Millis;
use crate::wire::{Body, Command, DatagramHeader};

/// The last word to somebody who is no peer, or no longer one. A datagram of its own.
#[derive(Debug)]
pub(super) struct Farewell {
    pub(super) to: SocketAddr,
    pub(super) header: DatagramHeader,
    /// What the datagram's checksum is mixed with.
    pub(super) seed: [u8; 4],
    pub(super) command: Command<Bytes>,
}

impl Host {
    /// Ends a connection in agreement with the remote (`enet_peer_disconnect`). What is still queued is dropped;
    /// `Disconnected` follows when the remote agreed or is given up. An attempt to connect ends without an event.
    pub fn disconnect(&mut self, _now: Millis, peer: PeerId, data: u32) {
        match self.peer_state(peer) {
            PeerState::Connected | PeerState::DisconnectLater => {
                if let Some(state) = self.peers.get_mut(peer) {
                    state.goodbye_data = data;
                }
                self.begin_disconnect(peer);
            }
            PeerState::Connecting => self.say_farewell(peer, data),
            _ => {}
        }
    }

    /// Ends a connection when everything queued has been sent and acknowledged (`enet_peer_disconnect_later`).
    /// Nothing more can be sent, and what arrives is dropped.
    pub fn disconnect_later(&mut self, now: Millis, peer: PeerId, data: u32) {
        let Some(state) = self.peers.get_mut(peer) else { return };
        if !state.state.is_live() || state.is_drained() {
            return self.disconnect(now, peer, data);
        }
        state.state = PeerState::DisconnectLater;
        state.goodbye_data = data;
    }

    /// Ends a connection at once: one datagram tells the remote, and may get lost (`enet_peer_disconnect_now`). No
    /// event follows.
    pub fn disconnect_now(&mut self, _now: Millis, peer: PeerId, data: u32) {
        match self.peer_state(peer) {
            PeerState::Zombie | PeerState::Disconnecting => self.discard(peer),
            PeerState::Disconnected => {}
            _ => self.say_farewell(peer, data),
        }
    }

    /// Forgets a connection without telling the remote, which will time out (`enet_peer_reset`). No event follows.
    pub fn reset(&mut self, peer: PeerId) {
        self.discard(peer);
    }

    /// Asks a live peer to agree to the end of the connection.
    pub(super) fn begin_disconnect(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        self.waiting -= peer.room.queued;
        peer.drop_queues();
        peer.state = PeerState::Disconnecting;
        let data = peer.goodbye_data;
        peer.queue_control(Body::Disconnect { data });
        self.bandwidth.recalculate = true;
        self.touch(id);
    }

    /// Tells the remote once and forgets the connection.
    fn say_farewell(&mut self, id: PeerId, data: u32) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        let (address, header, seed) = (peer.address, peer.header(None), peer.seed());
        let command = peer.farewell(data);
        self.farewells.push_back(Farewell { to: address, header, seed, command });
        self.discard(id);
    }

    /// The remote ends the connection. `is_acknowledged`: it waits for this side to agree.
    pub(super) fn handle_disconnect(&mut self, id: PeerId, data: u32, is_acknowledged: bool) {
        let Some(peer) = self.peers.get_mut(id) else { return };
        match peer.state {
            PeerState::Disconnected | PeerState::Zombie | PeerState::AcknowledgingDisconnect => {}
            PeerState::Connected | PeerState::DisconnectLater if is_acknowledged => {
                self.waiting -= peer.room.queued;
                peer.drop_queues();
                peer.state = PeerState::AcknowledgingDisconnect;
                peer.goodbye_data = data;
            }
            _ => self.end(id, DisconnectReason::Remote(data)),
        }
    }

    /// The remote has one of this side's reliable commands.
    pub(super) fn handle_acknowledge(
        &mut self,
        now: Millis,
        id: PeerId,
        channel: u8,
        number: Seq16,
        echo: u16,
    ) -> Result<(), Rejected> {
        let Some(peer) = self.peers.get_mut(id) else { return Err(Rejected) };
        peer.on_heard(now);
        // Only a VERIFY_CONNECT answers a CONNECT. A forged acknowledgement must not silence it.
        if peer.state.is_dead() || peer.state == PeerState::Connecting {
            return Ok(());
        }
        let acknowledged = peer.on_acknowledged(now, channel, number, echo);
        if acknowledged.is_none() {
            // Nobody waited for it: repeated, or made up.
            peer.allowance.admits(now, 0, false);
        }
        match peer.state {
            PeerState::Disconnecting if acknowledged.is_some_and(|it| it.was_goodbye) => {
                self.end(id, DisconnectReason::Local)
            }
            PeerState::Disconnecting => return Err(Rejected),
            PeerState::DisconnectLater if peer.is_drained() => self.begin_disconnect(id),
            _ => {}
        }
        Ok(())
    }
}
