//! The peers that the game knows, and when what it can read of them is brought up to date.
//!
//! Where a connection stands and how much is queued to it are published in each round that touches it, and so are its other
//! figures, unless there are many connections. Then those, which are many, are published at once after a silence and some
//! times a second under traffic: nobody reads them as often as packets come.

use std::sync::Arc;

use enet_proto::{Millis, PeerId, PeerState};

use crate::{ConnectToken, PeerLink};

/// By slot, so that finding one is no search.
#[derive(Debug, Default)]
pub(super) struct Connections {
    slots: Vec<Option<Connection>>,
    count: usize,
    /// Slots of connections with figures that are not published yet.
    stale: Vec<u16>,
    /// When they are to be.
    due: Option<Millis>,
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
        if self.count <= FEW || now.since(connection.published_at) >= PAUSE_MS {
            connection.published_at = now;
            return true;
        }
        connection.is_stale = true;
        self.stale.push(peer.slot());
        self.due.get_or_insert(now + PAUSE_MS);
        false
    }

    /// A connection whose figures are to be published by now.
    pub(super) fn next_stale(&mut self, now: Millis) -> Option<PeerId> {
        if self.due.is_none_or(|due| due > now) {
            return None;
        }
        while let Some(slot) = self.stale.pop() {
            let connection = self.slots.get_mut(usize::from(slot)).and_then(Option::as_mut);
            if let Some(connection) = connection.filter(|it| it.is_stale) {
                connection.is_stale = false;
                connection.published_at = now;
                return Some(connection.peer);
            }
        }
        self.due = None;
        None
    }

    /// When [`Self::next_stale`] is to be called.
    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        self.due
    }
}

/// So many connections are published in each round that touches them.
const FEW: usize = 64;
/// Of more, the figures of those that wait are published together, so often.
const PAUSE_MS: u64 = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use enet_proto::{Event, Host, HostConfig};

    /// Connected peers of a host.
    fn connected(count: usize) -> Vec<PeerId> {
        let host =
            |seed, peers| Host::new(HostConfig { peers, ..HostConfig::default() }, seed).expect("in range");
        let address = |port: usize| ([127, 0, 0, 1], u16::try_from(port).expect("few")).into();
        let (mut server, mut datagram, mut peers) = (host(0, count), Vec::new(), Vec::new());
        for port in 1..=count {
            let mut client = host(port as u64, 1);
            client.connect(Millis(0), address(0), 1, 0).expect("there is a slot");
            for _ in 0..4 {
                while client.poll_transmit(Millis(0), &mut datagram).is_some() {
                    server.handle_datagram(Millis(0), address(port), &datagram);
                }
                while server.poll_transmit(Millis(0), &mut datagram).is_some() {
                    client.handle_datagram(Millis(0), address(0), &datagram);
                }
            }
            while let Some(event) = server.poll_event() {
                if let Event::Connected { peer, .. } = event {
                    peers.push(peer);
                }
            }
        }
        assert_eq!(peers.len(), count);
        peers
    }

    fn connections(peers: &[PeerId]) -> Connections {
        let mut connections = Connections::default();
        peers.iter().for_each(|&peer| connections.insert(Millis(0), peer, Arc::default(), None));
        connections
    }

    #[test]
    fn of_few_each_touch_is_published() {
        let peers = connected(FEW);
        let mut connections = connections(&peers);
        for now in (0..200).map(Millis) {
            assert!(peers.iter().all(|&peer| connections.touch(now, peer, PeerState::Connected)));
        }
        assert_eq!(connections.poll_timeout(), None);
    }

    #[test]
    fn of_many_what_waits_is_published_once_and_within_a_tenth_of_a_second() {
        let peers = connected(FEW + 1);
        let (one, another) = (peers[0], peers[1]);
        let mut connections = connections(&peers);
        assert!(connections.touch(Millis(PAUSE_MS), one, PeerState::Connected), "it was silent");
        for now in (PAUSE_MS + 1..PAUSE_MS + 10).map(Millis) {
            assert!(!connections.touch(now, one, PeerState::Disconnecting));
            assert_eq!(connections.next_stale(now), None);
        }
        assert_eq!(connections.get(one).map(|it| it.link.state()), Some(PeerState::Disconnecting));
        assert!(connections.touch(Millis(PAUSE_MS + 10), another, PeerState::Connected), "each for itself");
        let due = connections.poll_timeout().expect("one waits");
        assert!(due.since(Millis(PAUSE_MS)) <= PAUSE_MS + 1);
        assert_eq!(connections.next_stale(due), Some(one));
        assert_eq!(connections.next_stale(due), None);
    }

    #[test]
    fn one_that_is_gone_is_not_found_and_not_published() {
        let peers = connected(FEW + 1);
        let mut connections = connections(&peers);
        assert!(!connections.touch(Millis(1), peers[3], PeerState::Connected));
        assert!(connections.remove(peers[3]).is_some() && connections.remove(peers[3]).is_none());
        assert!(connections.get(peers[3]).is_none() && connections.len() == FEW);
        assert_eq!(connections.next_stale(Millis(1000)), None);
        let mut rest = peers;
        let gone = rest.remove(3);
        rest.sort_unstable();
        assert!(connections.peers().eq(rest) && connections.get(gone).is_none());
    }
}
