//! The peers that the game knows, and when what it can read of them is brought up to date.
//!
//! Where a connection stands and how much is queued to it are published in each round. The other figures are many, and nobody
//! reads them as often as packets come: they are published at once after a silence, and under traffic some times a
//! second.

use std::{collections::VecDeque, sync::Arc};

use enet_proto::{Millis, PeerId, PeerState};

use crate::{ConnectToken, PeerLink};

/// By slot, so that finding one is no search.
#[derive(Debug, Default)]
pub(super) struct Connections {
    slots: Vec<Option<Connection>>,
    count: usize,
    /// Connections with figures that are not published yet, once each, and when they are to be.
    stale: VecDeque<(Millis, PeerId)>,
}

#[derive(Debug)]
pub(super) struct Connection {
    peer: PeerId,
    pub(super) link: Arc<PeerLink>,
    /// The attempt that led to it, as long as its cancellation may arrive.
    pub(super) token: Option<ConnectToken>,
    /// The last one that was published.
    state: PeerState,
    published_at: Millis,
    is_stale: bool,
}

impl Connections {
    pub(super) fn insert(
        &mut self,
        now: Millis,
        peer: PeerId,
        link: Arc<PeerLink>,
        token: Option<ConnectToken>,
    ) {
        let slot = usize::from(peer.slot());
        if self.slots.len() <= slot {
            self.slots.resize_with(slot + 1, || None);
        }
        let state = PeerState::Connected;
        link.set_state(state);
        let connection = Connection { peer, link, token, state, published_at: now, is_stale: false };
        let before = self.slots[slot].replace(connection);
        self.count += usize::from(before.is_none());
    }

    pub(super) fn remove(&mut self, peer: PeerId) -> Option<Connection> {
        let removed = self.slots.get_mut(usize::from(peer.slot()))?.take_if(|it| it.peer == peer);
        self.count -= usize::from(removed.is_some());
        removed
    }

    pub(super) fn get(&self, peer: PeerId) -> Option<&Connection> {
        self.slots.get(usize::from(peer.slot()))?.as_ref().filter(|it| it.peer == peer)
    }

    /// In the order of their slots.
    pub(super) fn peers(&self) -> impl Iterator<Item = PeerId> + '_ {
        self.slots.iter().flatten().map(|connection| connection.peer)
    }

    /// The connection that an attempt became.
    pub(super) fn made_by(&self, token: ConnectToken) -> Option<PeerId> {
        let made = self.slots.iter().flatten().find(|connection| connection.token == Some(token));
        made.map(|connection| connection.peer)
    }

    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Something has changed of a connection, which stands there. Whether its figures are to be published at once;
    /// otherwise [`Self::next_stale`] will name it.
    pub(super) fn touch(&mut self, now: Millis, peer: PeerId, state: PeerState) -> bool {
        let connection = self.slots.get_mut(usize::from(peer.slot())).and_then(Option::as_mut);
        let Some(connection) = connection.filter(|it| it.peer == peer) else { return false };
        if connection.state != state {
            connection.state = state;
            connection.link.set_state(state);
        }
        if connection.is_stale {
            return false;
        }
        if now.since(connection.published_at) >= PAUSE_MS {
            connection.published_at = now;
            return true;
        }
        connection.is_stale = true;
        self.stale.push_back((Millis((now.0 + PAUSE_MS).next_multiple_of(GRID_MS)), peer));
        false
    }

    /// A connection whose figures are to be published by now.
    pub(super) fn next_stale(&mut self, now: Millis) -> Option<PeerId> {
        while let Some((_, peer)) = self.stale.pop_front_if(|&mut (due, _)| due <= now) {
            let slot = self.slots.get_mut(usize::from(peer.slot()));
            if let Some(connection) = slot.and_then(Option::as_mut).filter(|it| it.peer == peer) {
                connection.is_stale = false;
                connection.published_at = now;
                return Some(peer);
            }
        }
        None
    }

    /// When [`Self::next_stale`] is to be called.
    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        self.stale.front().map(|&(due, _)| due)
    }
}

/// The figures of one connection are not published more often.
const PAUSE_MS: u64 = 80;
/// Those that wait are published together, so that they wake the thread some times a second and no more.
const GRID_MS: u64 = 20;
