//! What a `NetworkedMultiplayerENet` does with what has arrived. After each signal it looks whether it is still in the same
//! role: a handler may do anything.

use std::rc::Rc;

use enet_driver::Disconnect;
use enet_driver::enet_proto::Packet;
use godot::prelude::*;

use super::core::{Core, Early, Role};
use super::peer::NetworkedMultiplayerENet;
use super::wire::{self, Message, Prefix, Route, SERVER_ID};
use crate::transport::arguments::report_insecure;
use crate::transport::host::{Host, Occurrence};
use crate::transport::remote::Remote;

type This = Gd<NetworkedMultiplayerENet>;

impl Core {
    /// Takes in what has happened since the last poll.
    pub(super) fn take_news(&self, this: &This) {
        let generation = self.generation();
        self.inbox.borrow_mut().release();
        for id in self.leaving.take() {
            self.drop_peer(this, id);
            if self.is_over(generation) {
                return;
            }
        }
        let (Role::Server(host) | Role::Client(host)) = self.role.borrow().clone() else { return };
        for _ in 0..NEWS_PER_POLL {
            if self.inbox.borrow().is_full() {
                return;
            }
            let Some(occurrence) = host.poll() else { return };
            self.take_in(this, &host, occurrence);
            if self.is_over(generation) {
                return;
            }
        }
    }

    fn take_in(&self, this: &This, host: &Host, occurrence: Occurrence) {
        match occurrence {
            Occurrence::Connected { remote, data } if self.is_server() => {
                self.admit(this, host, &remote, data)
            }
            Occurrence::Connected { remote, .. } => self.on_server_found(this, remote),
            Occurrence::Disconnected { remote, insecure, .. } => {
                report_insecure(insecure.as_deref());
                self.on_disconnected(this, &remote)
            }
            Occurrence::Received { remote, channel, packet } => {
                let from = remote.net_id.get();
                if self.is_server() {
                    self.on_packet_of_client(host, from, channel, packet);
                } else {
                    self.on_packet_of_server(this, channel, packet);
                }
            }
            Occurrence::Failed(message) => {
                godot_error!("The network of this multiplayer peer is lost: {message}");
                self.lose_server(this);
            }
        }
    }

    // ---- coming and going ----

    fn admit(&self, this: &This, host: &Host, remote: &Rc<Remote>, data: u32) {
        let id = i32::try_from(data).ok().filter(|&id| id > SERVER_ID);
        let id = id.filter(|id| !self.is_refusing.get() && !self.peers.borrow().contains_key(id));
        let Some(id) = id else {
            // It is told, so that it need not wait for its own timeout.
            host.disconnect(remote, Disconnect::Graceful, 0);
            return;
        };
        remote.net_id.set(id);
        self.peers.borrow_mut().insert(id, Some(Rc::clone(remote)));
        this.signals().peer_connected().emit(i64::from(id));
        // A handler may have sent it away, or closed the server.
        let is_here = self
            .peers
            .borrow()
            .get(&id)
            .is_some_and(|known| known.as_ref().is_some_and(|known| Rc::ptr_eq(known, remote)));
        if is_here {
            self.introduce(id, remote);
        }
    }

    fn on_server_found(&self, this: &This, remote: Rc<Remote>) {
        let generation = self.generation();
        remote.net_id.set(SERVER_ID);
        self.is_connecting.set(false);
        self.peers.borrow_mut().insert(SERVER_ID, Some(remote));
        this.signals().peer_connected().emit(i64::from(SERVER_ID));
        if !self.is_over(generation) {
            this.signals().connection_succeeded().emit();
        }
    }

    fn on_disconnected(&self, this: &This, remote: &Remote) {
        if self.is_connecting.get() {
            self.lose_server(this);
            return;
        }
        // The id is 0 of somebody who never came in, or whose end was reported already.
        let id = remote.net_id.get();
        if id != 0 {
            self.leave(this, id);
        }
    }

    /// Reports that a peer is gone, after what it has sent was read. A client ends with its server, so it reads everything.
    fn leave(&self, this: &This, id: i32) {
        let is_last = !self.is_server() && id == SERVER_ID;
        let has_unread = self.inbox.borrow().iter().any(|unread| is_last || unread.origin.0 == id);
        if has_unread {
            self.leaving.borrow_mut().push(id);
        } else {
            self.drop_peer(this, id);
        }
    }

    /// Reports that a peer is gone and forgets it. Once: whoever comes here again meanwhile finds that it has no id.
    pub(super) fn drop_peer(&self, this: &This, id: i32) {
        let Some(remote) = self.peers.borrow().get(&id).cloned() else { return };
        if remote.as_ref().is_some_and(|remote| remote.net_id.replace(0) != id) {
            return;
        }
        if !self.is_server() && id == SERVER_ID {
            self.lose_server(this);
            return;
        }
        let generation = self.generation();
        self.say_gone(id);
        this.signals().peer_disconnected().emit(i64::from(id));
        if !self.is_over(generation) {
            self.peers.borrow_mut().remove(&id);
        }
    }

    /// A client without its server is nothing, nor is anybody without a network.
    fn lose_server(&self, this: &This) {
        let generation = self.generation();
        let (was_connecting, was_client) = (self.is_connecting.get(), !self.is_server());
        if was_client && !was_connecting {
            this.signals().peer_disconnected().emit(i64::from(SERVER_ID));
        }
        if self.is_over(generation) {
            return;
        }
        self.end();
        if was_connecting {
            this.signals().connection_failed().emit();
        } else if was_client {
            this.signals().server_disconnected().emit();
        }
    }

    /// Ends a connection. `now`: without waiting for what is queued.
    pub(super) fn disconnect(&self, this: &This, id: i32, now: bool) {
        let (Ok(host), Ok(remote)) = (self.host(), self.remote(i64::from(id))) else { return };
        let how = if now { Disconnect::Now } else { Disconnect::Later };
        host.disconnect(&remote, how, 0);
        host.flush();
        if now {
            self.drop_peer(this, id);
        }
    }

    // ---- packets ----

    fn on_packet_of_client(&self, host: &Host, from: i32, channel: u8, packet: Packet) {
        // 0 is somebody who was not let in.
        let split = Prefix::split(&packet.data).filter(|_| from != 0 && channel != wire::CONFIG_CHANNEL);
        let relays = self.options.server_relay.get();
        let route = split.as_ref().and_then(|(prefix, _)| Route::of(*prefix, from, relays));
        let (Some((_, payload)), Some(route)) = (split, route) else {
            self.count_dropped();
            return;
        };
        if route.is_here {
            let here = Packet { data: payload, delivery: packet.delivery };
            self.inbox.borrow_mut().push((from, channel), here);
        }
        if route.onward != wire::Onward::Nobody {
            self.relay(host, route.onward, from, channel, packet);
        }
    }

    fn on_packet_of_server(&self, this: &This, channel: u8, packet: Packet) {
        if channel == wire::CONFIG_CHANNEL {
            match Message::parse(&packet.data) {
                Some(Message::AddPeer(id)) => self.on_added(this, id),
                Some(Message::RemovePeer(id)) if self.is_relayed(id) => self.leave(this, id),
                _ => self.count_dropped(),
            }
            return;
        }
        let Some((Prefix { source: from, .. }, data)) = Prefix::split(&packet.data) else {
            self.count_dropped();
            return;
        };
        let packet = Packet { data, ..packet };
        if from == SERVER_ID || self.is_relayed(from) {
            self.inbox.borrow_mut().push((from, channel), packet);
        } else {
            self.keep_early(Early { from, channel, packet });
        }
    }

    fn is_relayed(&self, id: i32) -> bool {
        self.peers.borrow().get(&id).is_some_and(Option::is_none)
    }

    fn on_added(&self, this: &This, id: i32) {
        if id == self.unique_id.get() || self.peers.borrow().contains_key(&id) {
            self.count_dropped();
            return;
        }
        let generation = self.generation();
        self.peers.borrow_mut().insert(id, None);
        this.signals().peer_connected().emit(i64::from(id));
        if self.is_over(generation) {
            return;
        }
        let (here, others): (Vec<_>, _) = self.early.take().into_iter().partition(|early| early.from == id);
        self.early.borrow_mut().extend::<Vec<_>>(others);
        for Early { from, channel, packet } in here {
            self.inbox.borrow_mut().push((from, channel), packet);
        }
    }

    /// Keeps a packet until its sender is announced; when there are too many, the oldest is dropped.
    fn keep_early(&self, early: Early) {
        if early.from <= SERVER_ID || early.packet.data.len() > LARGEST_EARLY {
            self.count_dropped();
            return;
        }
        let mut kept = self.early.borrow_mut();
        kept.push_back(early);
        if kept.len() > MOST_EARLY {
            kept.pop_front();
            self.count_dropped();
        }
    }
}

/// News that one poll takes. The rest has its turn with the next poll.
const NEWS_PER_POLL: usize = 65_536;
const MOST_EARLY: usize = 64;
/// The most that an early packet may have, in bytes.
const LARGEST_EARLY: usize = 64 << 10;
