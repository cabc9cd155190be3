//! What a multiplayer peer does with the news of its hosts.
//!
//! A signal handler may do anything, also close the peer that is being polled; so what comes after a signal looks at
//! [`Core::generation`] first.
//!
//! A connection that ended while packets from it are unread stays for one more poll. `SceneMultiplayer` reads packets after
//! it has polled, and would not know their sender any more: the last words before a goodbye would be lost.

use std::rc::Rc;

use enet_driver::Disconnect;
use enet_driver::enet_proto::Packet;
use godot::prelude::*;

use super::connection::ENetConnection;
use super::host::Occurrence;
use super::multiplayer_core::{Core, Role, SERVER_ID};
use super::multiplayer_peer::ENetMultiplayerPeer;
use super::packet_peer::ENetPacketPeer;
use super::remote::Remote;

type News = (Occurrence, Option<Gd<ENetPacketPeer>>);

impl Core {
    /// Takes in what has happened since the last poll.
    pub(super) fn take_news(&self, this: &Gd<ENetMultiplayerPeer>) {
        if self.check_active().is_err() {
            return;
        }
        self.inbox.borrow_mut().release();
        let generation = self.generation.get();
        self.drop_inactive(this, generation);
        if self.is_over(generation) {
            return;
        }
        for (id, host) in self.hosts() {
            self.poll_host(this, id, &host, generation);
            if self.is_over(generation) {
                return;
            }
        }
    }

    fn is_over(&self, generation: u64) -> bool {
        self.generation.get() != generation
    }

    /// Reports connections that have ended and were not reported.
    fn drop_inactive(&self, this: &Gd<ENetMultiplayerPeer>, generation: u64) {
        let detachments = Remote::detachments();
        if self.seen_detachments.replace(detachments) == detachments {
            return;
        }
        let inactive: Vec<i32> = {
            let peers = self.peers.borrow();
            peers.iter().filter(|(_, peer)| peer.bind().attached().is_none()).map(|(&id, _)| id).collect()
        };
        for id in inactive {
            self.drop_peer(this, id);
            if self.is_over(generation) {
                return;
            }
        }
        self.end_without_server();
    }

    /// A client without its server is nothing.
    fn end_without_server(&self) {
        let is_client = matches!(*self.role.borrow(), Role::Client(_));
        if is_client && !self.peers.borrow().contains_key(&SERVER_ID) {
            self.end();
        }
    }

    /// Reports that a peer is gone, and forgets it then, so that a handler can still look at it. Once: whoever comes here
    /// again meanwhile finds that it has lost its id. A client ends with its server.
    pub(super) fn drop_peer(&self, this: &Gd<ENetMultiplayerPeer>, id: i32) {
        let Some(peer) = self.peers.borrow().get(&id).cloned() else { return };
        let remote = Rc::clone(peer.bind().remote());
        if remote.net_id.replace(0) != id {
            return;
        }
        let generation = self.generation.get();
        // A server that never answered was never announced.
        if !self.is_connecting.get() {
            self.announce(this, id, false);
        }
        if !self.is_over(generation) {
            self.forget_peer(id, &remote);
            self.end_without_server();
        }
    }

    fn forget_peer(&self, id: i32, remote: &Rc<Remote>) {
        let is_same = |peer: &Gd<ENetPacketPeer>| Rc::ptr_eq(peer.bind().remote(), remote);
        if !self.peers.borrow().get(&id).is_some_and(is_same) {
            return;
        }
        let peer = self.peers.borrow_mut().remove(&id);
        let host = match &mut *self.role.borrow_mut() {
            Role::Mesh(hosts) => hosts.remove(&id),
            _ => None,
        };
        drop((peer, host));
    }

    /// Emits `peer_connected` or `peer_disconnected`. No borrow may be held.
    pub(super) fn announce(&self, this: &Gd<ENetMultiplayerPeer>, id: i32, is_connected: bool) {
        if is_connected {
            this.signals().peer_connected().emit(i64::from(id));
        } else {
            this.signals().peer_disconnected().emit(i64::from(id));
        }
    }

    fn poll_host(&self, this: &Gd<ENetMultiplayerPeer>, id: i32, host: &Gd<ENetConnection>, generation: u64) {
        for _ in 0..NEWS_PER_POLL {
            if self.inbox.borrow().is_full() {
                return;
            }
            let news = host.bind().poll();
            let Some(news) = news else { return };
            self.handle(this, id, news);
            if self.is_over(generation) {
                return;
            }
        }
    }

    fn handle(&self, this: &Gd<ENetMultiplayerPeer>, id: i32, (occurrence, peer): News) {
        match (occurrence, peer) {
            (Occurrence::Connected { remote, data }, Some(peer)) => {
                self.on_connected(this, &remote, &peer, data)
            }
            (Occurrence::Disconnected { remote, .. }, _) => self.on_disconnected(this, &remote),
            (Occurrence::Received { remote, channel, packet }, _) => self.on_packet(&remote, channel, packet),
            (Occurrence::Failed(message), _) => self.on_failed(this, id, &message),
            (Occurrence::Connected { .. }, None) => {}
        }
    }

    fn on_connected(
        &self,
        this: &Gd<ENetMultiplayerPeer>,
        remote: &Rc<Remote>,
        peer: &Gd<ENetPacketPeer>,
        data: u32,
    ) {
        if remote.net_id.get() == SERVER_ID {
            self.is_connecting.set(false);
            self.announce(this, SERVER_ID, true);
        } else if let Some(id) = self.acceptable_id(data) {
            remote.net_id.set(id);
            peer.clone().set_meta("_net_id", &id.to_variant());
            self.peers.borrow_mut().insert(id, peer.clone());
            self.announce(this, id, true);
        } else {
            // It is told, so that it need not wait for its own timeout.
            let host = peer.bind().attached();
            if let Some(host) = host {
                host.disconnect(remote, Disconnect::Graceful, 0);
            }
        }
    }

    /// The id that a remote gave itself, if it may come in with it.
    fn acceptable_id(&self, data: u32) -> Option<i32> {
        let id = i32::try_from(data).ok().filter(|&id| id > SERVER_ID)?;
        let is_free = !self.peers.borrow().contains_key(&id);
        (self.is_server() && is_free && !self.is_refusing.get()).then_some(id)
    }

    fn on_disconnected(&self, this: &Gd<ENetMultiplayerPeer>, remote: &Remote) {
        let id = remote.net_id.get();
        // The id is 0 of somebody who never came in, or whose end was reported already.
        let has_unread = || self.inbox.borrow().iter().any(|incoming| incoming.origin.0 == id);
        if id != 0 && !has_unread() {
            self.drop_peer(this, id);
        }
    }

    fn on_packet(&self, remote: &Remote, channel: u8, packet: Packet) {
        let from = remote.net_id.get();
        if from != 0 {
            self.inbox.borrow_mut().push((from, channel), packet);
        }
    }

    fn on_failed(&self, this: &Gd<ENetMultiplayerPeer>, id: i32, message: &str) {
        godot_error!("The network of this multiplayer peer is lost: {message}");
        if matches!(*self.role.borrow(), Role::Mesh(_)) {
            self.drop_peer(this, id);
        } else {
            self.end();
        }
    }
}

/// News that one poll takes from one host. The rest has its turn with the next poll.
const NEWS_PER_POLL: usize = 65_536;
