//! How [`ENetServer`] sends: to one peer, to several, to all that were let in. `encode` may run scripts, so it is called
//! with nothing borrowed, and after the checks that do not need its result.

use std::collections::BTreeSet;

use enet_driver::Recipients;
use enet_driver::enet_proto::Packet;
use godot::global::Error;
use godot::prelude::*;

use crate::codec;
use crate::outgoing::{self, misuse};
use crate::script_types::PeerIds;
use crate::server::ENetServer;
use crate::server_peer::ENetServerPeer;

impl ENetServer {
    pub(crate) fn send_to_id(
        &self,
        id: i64,
        channel: i64,
        reliable: bool,
        encode: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<(), Error> {
        let peer = self.find_peer(id)?;
        self.send_to(&peer, channel, reliable, encode)
    }

    pub(crate) fn send_to(
        &self,
        peer: &Gd<ENetServerPeer>,
        channel: i64,
        reliable: bool,
        encode: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<(), Error> {
        let peer = peer.bind();
        if peer.life().is_leaving() {
            return Err(Error::ERR_CONNECTION_ERROR);
        }
        let channel = outgoing::channel(channel, peer.connection().channels)?;
        let packet = outgoing::packet(encode()?, reliable)?;
        if peer.life().is_leaving() {
            return Err(Error::ERR_CONNECTION_ERROR);
        }
        self.queue(Recipients::One(peer.connection().remote), channel, packet)
    }

    /// To several peers, each once. Leaves out those that have left, or did not open the channel.
    pub(crate) fn send_to_ids(
        &self,
        ids: &[i64],
        channel: i64,
        reliable: bool,
        encode: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<(), Error> {
        let ids: BTreeSet<i64> = ids.iter().copied().collect();
        let channel = outgoing::channel(channel, self.opened_channels()?)?;
        if let Some(&stranger) = ids.iter().find(|&&id| !self.was_given(id)) {
            return Err(no_such_peer(stranger));
        }
        let packet = outgoing::packet(encode()?, reliable)?;
        let recipients = self.recipients(channel, |id, peer| ids.contains(&id) && !peer.life().is_leaving());
        self.queue(recipients, channel, packet)
    }

    pub(crate) fn broadcast_value(&self, value: &Variant, channel: i64, reliable: bool, exclude: &PeerIds) {
        let encode = || codec::encode_auto(value).map_err(outgoing::not_encoded);
        let _reported = outgoing::peer_ids(exclude, "exclude")
            .and_then(|exclude| self.broadcast(channel, reliable, &exclude, encode));
    }

    /// To all authenticated peers that opened the channel.
    pub(crate) fn broadcast(
        &self,
        channel: i64,
        reliable: bool,
        exclude: &[i64],
        encode: impl FnOnce() -> Result<Vec<u8>, Error>,
    ) -> Result<(), Error> {
        let exclude: BTreeSet<i64> = exclude.iter().copied().collect();
        let channel = outgoing::channel(channel, self.opened_channels()?)?;
        let packet = outgoing::packet(encode()?, reliable)?;
        let recipients =
            self.recipients(channel, |id, peer| peer.life().is_authenticated() && !exclude.contains(&id));
        self.queue(recipients, channel, packet)
    }

    fn recipients(&self, channel: u8, wanted: impl Fn(i64, &ENetServerPeer) -> bool) -> Recipients {
        let session = self.session.borrow();
        let peers = session.iter().flat_map(|session| session.roster.iter());
        Recipients::Many(
            peers
                .filter_map(|(id, peer)| {
                    let peer = peer.bind();
                    let connection = peer.connection();
                    (channel < connection.channels && wanted(id, &peer)).then_some(connection.remote)
                })
                .collect(),
        )
    }

    /// Hands a packet to the network thread; one buffer, however many receive it.
    fn queue(&self, to: Recipients, channel: u8, packet: Packet) -> Result<(), Error> {
        if matches!(&to, Recipients::Many(peers) if peers.is_empty()) {
            return Ok(());
        }
        let session = self.session.borrow();
        let session = session.as_ref().ok_or(Error::ERR_UNCONFIGURED)?;
        session.host.send(to, channel, packet).map_err(outgoing::not_queued)
    }

    /// The peer that a script named. An id that was given to nobody is a mistake; one whose peer has left is not.
    pub(crate) fn find_peer(&self, id: i64) -> Result<Gd<ENetServerPeer>, Error> {
        self.opened_channels()?;
        let peer = self.session.borrow().as_ref().and_then(|session| session.roster.get(id).cloned());
        peer.ok_or_else(|| if self.was_given(id) { Error::ERR_DOES_NOT_EXIST } else { no_such_peer(id) })
    }

    fn was_given(&self, id: i64) -> bool {
        self.session.borrow().as_ref().is_some_and(|session| session.roster.was_given(id))
    }

    /// The channels of the running server.
    fn opened_channels(&self) -> Result<u8, Error> {
        let channels = self.session.borrow().as_ref().map(|session| session.channels);
        channels.ok_or_else(|| {
            misuse(Error::ERR_UNCONFIGURED, "The server does not run. Call create_server() first.")
        })
    }

    pub(crate) fn count_peers(&self, counted: impl Fn(&ENetServerPeer) -> bool) -> i64 {
        let session = self.session.borrow();
        let peers = session.iter().flat_map(|session| session.roster.iter());
        i64::try_from(peers.filter(|(_, peer)| counted(&peer.bind())).count()).unwrap_or(i64::MAX)
    }
}

fn no_such_peer(id: i64) -> Error {
    misuse(
        Error::ERR_DOES_NOT_EXIST,
        &format!("No client ever had the peer id {id}. See ENetServer.get_peers()."),
    )
}
