//! What a `NetworkedMultiplayerENet` sends: packets of the game, packets that it passes on, and who is there.

use bytes::Bytes;
use enet_driver::enet_proto::{Delivery, Packet};
use godot::global::Error;

use super::core::{Core, Role};
use super::wire::{self, Message, Onward, Prefix};
use crate::outgoing::misuse;
use crate::transport::arguments::{self, invalid};
use crate::transport::host::Host;
use crate::transport::mode::Mode;
use crate::transport::remote::Remote;

impl Core {
    /// Sends a packet of the game in the current mode, to the current target.
    pub(super) fn put(&self, payload: &[u8]) -> Result<(), Error> {
        let host = self.host()?;
        if self.is_connecting.get() {
            let message = "The packet was not sent: this peer is not connected yet.";
            return Err(misuse(Error::ERR_UNCONFIGURED, message));
        }
        let target = self.target_peer.get();
        if target != 0 && !self.knows(target) {
            let id = target.unsigned_abs();
            return Err(invalid(&format!("The packet was not sent: there is no peer {id}.")));
        }
        let delivery = self.delivery();
        let channel = self.channel(delivery)?;
        let prefix = Prefix { source: self.unique_id.get(), target };
        let packet = arguments::packet(prefix.before(payload), delivery)?;
        let sent = if target > 0 && self.is_server() {
            self.send_on(&host, Onward::One(target), 0, channel, packet)
        } else {
            // All that a client has is the connection to the server.
            let except = if self.is_server() { target.saturating_neg() } else { 0 };
            self.send_on(&host, Onward::AllBut(except), 0, channel, packet)
        };
        sent.map_err(arguments::not_taken)
    }

    fn delivery(&self) -> Delivery {
        match self.transfer_mode.get() {
            Mode::Unreliable if self.options.always_ordered.get() => Mode::UnreliableOrdered.delivery(),
            mode => mode.delivery(),
        }
    }

    fn channel(&self, delivery: Delivery) -> Result<u8, Error> {
        let (wanted, count) = (self.options.transfer_channel.get(), self.options.channel_count.get());
        wire::channel_for(wanted, delivery == Delivery::Reliable, count).ok_or_else(|| {
            invalid(&format!(
                "The packet was not sent: channel {wanted} does not exist. With a channel_count of {count} they go \
                 from 1 to {}.",
                count - 1
            ))
        })
    }

    /// Whether a target, negative for all but one, names a peer.
    fn knows(&self, target: i32) -> bool {
        i32::try_from(target.unsigned_abs()).is_ok_and(|id| self.peers.borrow().contains_key(&id))
    }

    /// Sends a packet, with its prefix, to those who are named, `sender` excepted.
    fn send_on(
        &self,
        host: &Host,
        to: Onward,
        sender: i32,
        channel: u8,
        packet: Packet,
    ) -> Result<(), enet_driver::CommandError> {
        let remotes = self.remotes(sender);
        let is_meant = |id: i32| match to {
            Onward::Nobody => false,
            Onward::One(one) => id == one,
            Onward::AllBut(other) => id != other,
        };
        let meant = remotes.iter().filter(|(id, _)| is_meant(*id)).map(|(_, remote)| &**remote);
        host.send_to_many(meant, channel, packet)
    }

    /// Passes a client's packet on as it came. One for somebody who is not there is dropped.
    pub(super) fn relay(&self, host: &Host, to: Onward, sender: i32, channel: u8, packet: Packet) {
        if let Onward::One(id) = to
            && !self.knows(id)
        {
            self.count_dropped();
            return;
        }
        let packet = Packet { delivery: undivided(packet.delivery), ..packet };
        if self.send_on(host, to, sender, channel, packet).is_err() {
            self.count_dropped();
        }
    }

    /// Tells a newcomer about the others, and the others about it.
    pub(super) fn introduce(&self, newcomer: i32, remote: &Remote) {
        let Role::Server(host) = self.role.borrow().clone() else { return };
        if !self.options.server_relay.get() {
            return;
        }
        for (id, other) in self.remotes(newcomer) {
            tell(&host, remote, Message::AddPeer(id).emit());
            tell(&host, &other, Message::AddPeer(newcomer).emit());
        }
    }

    /// Tells the others that somebody is gone.
    pub(super) fn say_gone(&self, gone: i32) {
        let Role::Server(host) = self.role.borrow().clone() else { return };
        if self.options.server_relay.get() {
            let message = Message::RemovePeer(gone).emit();
            self.remotes(gone).iter().for_each(|(_, other)| tell(&host, other, message.clone()));
        }
    }
}

fn tell(host: &Host, remote: &Remote, message: Bytes) {
    // What the network thread does not take is for a remote that is on its way out.
    let _ = host.send(remote, wire::CONFIG_CHANNEL, Packet::new(message, Delivery::Reliable));
}

/// How a received packet is passed on, so that an unreliable one stays so when it is larger than a datagram.
fn undivided(delivery: Delivery) -> Delivery {
    match delivery {
        Delivery::Unsequenced => Delivery::UnsequencedFragmented,
        Delivery::Unreliable => Delivery::UnreliableFragmented,
        delivery => delivery,
    }
}
