//! The asking side: when to ask, and which answers count.

use std::{collections::HashSet, net::SocketAddr, time::Duration};

use enet_proto::Millis;

use super::{
    DiscoveredServer,
    wire::{Answer, Query, Token},
};
use crate::clock;

/// A search under way.
#[derive(Debug)]
pub(crate) struct Search {
    token: Token,
    targets: Vec<SocketAddr>,
    began: Millis,
    end: Millis,
    /// When each round of queries left.
    rounds: Vec<Millis>,
    /// The servers that have answered, by the number that they call themselves.
    found: HashSet<u64>,
    is_over: bool,
}

/// What a search wants done.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// This datagram is to be sent to each of these.
    Ask(Vec<u8>, &'a [SocketAddr]),
    /// It has ended.
    End,
}

impl Search {
    /// Asks for the first time in its first [`poll`](Self::poll).
    pub(crate) fn new(now: Millis, token: Token, targets: Vec<SocketAddr>, duration: Duration) -> Self {
        let end = now + clock::whole_ms(duration);
        Self { token, targets, began: now, end, rounds: Vec::new(), found: HashSet::new(), is_over: false }
    }

    /// What is due by now, if anything.
    pub(crate) fn poll(&mut self, now: Millis) -> Option<Step<'_>> {
        if self.is_over {
            return None;
        }
        if now >= self.end {
            self.is_over = true;
            return Some(Step::End);
        }
        if now < self.next_round()? {
            return None;
        }
        let round = u8::try_from(self.rounds.len()).ok()?;
        self.rounds.push(now);
        Some(Step::Ask(Query { token: self.token, round }.to_datagram(), &self.targets))
    }

    pub(crate) fn poll_timeout(&self) -> Option<Millis> {
        let due = self.next_round().map_or(self.end, |round| round.min(self.end));
        (!self.is_over).then_some(due)
    }

    /// When the next queries leave. At first in quick succession, since any may be lost.
    fn next_round(&self) -> Option<Millis> {
        let round = self.rounds.len();
        let offset = match FIRST_ROUNDS_MS.get(round) {
            Some(&offset) => offset,
            None => u64::try_from(round + 1 - FIRST_ROUNDS_MS.len()).ok()? * INTERVAL_MS,
        };
        (round < MOST_ROUNDS).then_some(self.began + offset)
    }

    /// The server behind an answer that was not known yet. `Err` for what is no answer to this search.
    pub(crate) fn handle_datagram(
        &mut self,
        now: Millis,
        from: SocketAddr,
        datagram: &[u8],
    ) -> Result<Option<DiscoveredServer>, Unasked> {
        let answer = Answer::parse(datagram).filter(|answer| answer.query.token == self.token);
        let answer = answer.filter(|_| !self.is_over).ok_or(Unasked)?;
        let asked = *self.rounds.get(usize::from(answer.query.round)).ok_or(Unasked)?;
        if self.found.len() >= MOST_SERVERS || !self.found.insert(answer.server) {
            return Ok(None);
        }
        let Answer { players, maximum, name, info, .. } = answer;
        let ping = Duration::from_millis(now.since(asked));
        Ok(Some(DiscoveredServer { address: from, name, players, maximum, info, ping }))
    }
}

/// A datagram that nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unasked;

/// After how long the first questions are repeated.
const FIRST_ROUNDS_MS: [u64; 3] = [0, 150, 500];
/// The later ones.
const INTERVAL_MS: u64 = 1000;
/// Beyond it a search only listens: the number of a round has a byte.
const MOST_ROUNDS: usize = 64;
/// What a machine that invents servers can make a search remember.
const MOST_SERVERS: usize = 256;

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    const TOKEN: Token = *b"abcdefgh";

    fn remote(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    fn search(duration_ms: u64) -> Search {
        Search::new(Millis(1000), TOKEN, vec![remote(7777)], Duration::from_millis(duration_ms))
    }

    fn answer(token: Token, round: u8, server: u64) -> Vec<u8> {
        let query = Query { token, round };
        let answer = Answer { query, server, players: 1, maximum: 2, name: "n".into(), info: Bytes::new() };
        let mut datagram = Vec::new();
        answer.write(&mut datagram);
        datagram
    }

    #[test]
    fn it_asks_at_once_and_again_and_ends() {
        let mut search = search(3300);
        let mut steps = Vec::new();
        while let Some(due) = search.poll_timeout() {
            assert_eq!(search.poll(due - 1), None, "{due:?} is not yet");
            steps.push(match search.poll(due) {
                Some(Step::Ask(datagram, targets)) => {
                    assert_eq!(targets, [remote(7777)]);
                    (due.0, Query::parse(&datagram).map(|query| query.round))
                }
                Some(Step::End) => (due.0, None),
                None => panic!("nothing is due at {due:?}"),
            });
        }
        let rounds = [1000, 1150, 1500, 2000, 3000, 4000].into_iter().zip((0..6).map(Some));
        assert_eq!(steps, rounds.chain([(4300, None)]).collect::<Vec<_>>());
        assert_eq!(search.poll(Millis(9999)), None);
    }

    #[test]
    fn a_long_search_asks_a_bounded_number_of_times() {
        let mut search = search(1_000_000);
        let asked =
            (1000..1_002_000).filter(|&ms| matches!(search.poll(Millis(ms)), Some(Step::Ask(..)))).count();
        assert_eq!(asked, MOST_ROUNDS);
        assert_eq!(search.poll_timeout(), None, "it has ended all the same");
    }

    #[test]
    fn a_server_is_found_once_with_the_ping_of_its_round() {
        let mut search = search(1000);
        assert!(search.poll(Millis(1000)).is_some() && search.poll(Millis(1150)).is_some());
        let found = search.handle_datagram(Millis(1153), remote(1), &answer(TOKEN, 1, 77));
        let found = found.expect("it is asked for").expect("it is new");
        assert_eq!((found.address, found.ping), (remote(1), Duration::from_millis(3)));
        assert_eq!(search.handle_datagram(Millis(1160), remote(2), &answer(TOKEN, 0, 77)), Ok(None));
        assert!(matches!(
            search.handle_datagram(Millis(1160), remote(2), &answer(TOKEN, 0, 78)),
            Ok(Some(_))
        ));
    }

    #[test]
    fn what_was_not_asked_for_does_not_count() {
        let mut search = search(1000);
        assert!(search.poll(Millis(1000)).is_some());
        for datagram in [answer(*b"abcdefgi", 0, 1), answer(TOKEN, 1, 1), b"garbage".to_vec(), Vec::new()] {
            assert_eq!(search.handle_datagram(Millis(1001), remote(1), &datagram), Err(Unasked));
        }
        assert_eq!(search.poll(Millis(2000)), Some(Step::End));
        assert_eq!(
            search.handle_datagram(Millis(2000), remote(1), &answer(TOKEN, 0, 1)),
            Err(Unasked),
            "too late"
        );
    }

    #[test]
    fn invented_servers_are_bounded() {
        let mut search = search(1000);
        assert!(search.poll(Millis(1000)).is_some());
        let found = (0..10_000)
            .filter(|&server| {
                let answer = answer(TOKEN, 0, server);
                matches!(search.handle_datagram(Millis(1001), remote(1), &answer), Ok(Some(_)))
            })
            .count();
        assert_eq!(found, MOST_SERVERS);
    }
}
