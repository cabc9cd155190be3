//! Who is connected to the server: peers by the id that scripts use and by the id that the network uses, and when
//! something is due for one of them. Generic over both, so that it is tested without either.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::time::Instant;

/// The peers `P` of one session, known to the network as `R`.
#[derive(Debug)]
pub(crate) struct Roster<R, P> {
    /// The id given out last. Ids count up from 1 and are never reused in a session.
    last_id: i64,
    peers: BTreeMap<i64, (R, P)>,
    ids: HashMap<R, i64>,
    /// When a login, or a goodbye, has taken too long. Only for ids in `peers`.
    deadlines: BTreeMap<i64, Instant>,
}

impl<R: Copy + Eq + Hash, P> Roster<R, P> {
    pub(crate) fn new() -> Self {
        Self { last_id: 0, peers: BTreeMap::new(), ids: HashMap::new(), deadlines: BTreeMap::new() }
    }

    /// Adds the peer that `make` builds for the next id.
    pub(crate) fn add(&mut self, remote: R, make: impl FnOnce(i64) -> P) -> &P {
        self.last_id += 1;
        self.ids.insert(remote, self.last_id);
        &self.peers.entry(self.last_id).or_insert_with_key(|&id| (remote, make(id))).1
    }

    pub(crate) fn remove(&mut self, id: i64) {
        if let Some((remote, _)) = self.peers.remove(&id) {
            self.ids.remove(&remote);
            self.deadlines.remove(&id);
        }
    }

    /// From `due` on, [`Self::take_overdue`] names the peer.
    pub(crate) fn set_deadline(&mut self, id: i64, due: Instant) {
        if self.peers.contains_key(&id) {
            self.deadlines.insert(id, due);
        }
    }

    pub(crate) fn clear_deadline(&mut self, id: i64) {
        self.deadlines.remove(&id);
    }

    /// The peers whose deadline has come, each once. Walks those that have one: peers in login, or leaving.
    pub(crate) fn take_overdue(&mut self, now: Instant) -> Vec<i64> {
        self.deadlines.extract_if(.., |_, due| *due <= now).map(|(id, _)| id).collect()
    }

    pub(crate) fn get(&self, id: i64) -> Option<&P> {
        self.peers.get(&id).map(|(_, peer)| peer)
    }

    pub(crate) fn by_remote(&self, remote: R) -> Option<&P> {
        self.get(*self.ids.get(&remote)?)
    }

    /// Whether a peer of this session has, or had, the id.
    pub(crate) fn was_given(&self, id: i64) -> bool {
        (1..=self.last_id).contains(&id)
    }

    /// In the order of their arrival.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (i64, &P)> {
        self.peers.iter().map(|(&id, (_, peer))| (id, peer))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ids_count_up_and_are_not_reused() {
        let mut roster = Roster::new();
        assert_eq!(*roster.add('a', |id| id), 1);
        assert_eq!(*roster.add('b', |id| id), 2);
        roster.remove(2);
        assert_eq!(*roster.add('b', |id| id), 3);
        assert_eq!(roster.by_remote('b'), Some(&3));
        assert_eq!(roster.get(2), None);
        assert_eq!(roster.iter().map(|(id, _)| id).collect::<Vec<_>>(), [1, 3]);
        assert_eq!([0, 1, 2, 3, 4].map(|id| roster.was_given(id)), [false, true, true, true, false]);
    }

    #[test]
    fn deadlines_come_once_and_go_with_the_peer() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut roster = Roster::new();
        for remote in 'a'..='d' {
            let id = *roster.add(remote, |id| id);
            roster.set_deadline(id, at(id.unsigned_abs()));
        }
        roster.remove(2);
        roster.clear_deadline(4);
        assert_eq!(roster.take_overdue(at(0)), []);
        assert_eq!(roster.take_overdue(at(2)), [1]);
        assert_eq!(roster.take_overdue(at(9)), [3]);
        assert_eq!(roster.take_overdue(at(9)), []);
    }

    #[test]
    fn no_deadline_for_a_peer_that_is_gone() {
        let mut roster = Roster::new();
        roster.add('a', |id| id);
        roster.remove(1);
        roster.set_deadline(1, Instant::now());
        assert_eq!(roster.take_overdue(Instant::now()), []);
    }
}
