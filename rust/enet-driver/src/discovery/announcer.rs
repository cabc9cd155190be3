//! The server's side: an answer for each query, within limits, and nothing remembered about who asked.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::{IpAddr, SocketAddr},
};

use enet_proto::Millis;

use super::{
    Announcement,
    wire::{Answer, Query},
};

/// Answers queries for one host.
#[derive(Debug)]
pub(crate) struct Announcer {
    answer: Answer,
    allowance: Allowance,
    datagram: Vec<u8>,
}

/// Why a query is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It comes from outside. Most likely its sender's address is forged.
    Far,
    /// There were too many.
    TooMany,
}

impl Announcer {
    pub(crate) fn new(announcement: Announcement, maximum: u16) -> Self {
        let Announcement { name, info } = announcement;
        // Random keys of the standard library: nobody gains by guessing the number.
        let server = RandomState::new().hash_one(0);
        let query = Query { token: [0; 8], round: 0 };
        let answer = Answer { query, server, players: 0, maximum, name, info };
        Self { answer, allowance: Allowance::default(), datagram: Vec::new() }
    }

    /// Says something else from here on. Whoever has found the server does not take it for another.
    pub(crate) fn set(&mut self, announcement: Announcement) {
        (self.answer.name, self.answer.info) = (announcement.name, announcement.info);
    }

    /// The answer to a query, which goes to where that came from.
    pub(crate) fn answer(
        &mut self,
        now: Millis,
        from: SocketAddr,
        query: Query,
        players: u16,
    ) -> Result<&[u8], Refusal> {
        if !is_nearby(from.ip()) {
            return Err(Refusal::Far);
        }
        if !self.allowance.admits(now, from.ip()) {
            return Err(Refusal::TooMany);
        }
        (self.answer.query, self.answer.players) = (query, players);
        self.answer.write(&mut self.datagram);
        Ok(&self.datagram)
    }
}

/// Whether an address is of this machine or of a local network, by its looks.
fn is_nearby(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// How many queries of this second were answered. A second later all is forgotten, so it stays small.
#[derive(Debug, Default)]
struct Allowance {
    second: u64,
    answers: u32,
    /// No more entries than answers.
    prefixes: HashMap<u64, u32>,
}

impl Allowance {
    fn admits(&mut self, now: Millis, from: IpAddr) -> bool {
        let second = now.0 / 1000;
        if second != self.second {
            (self.second, self.answers) = (second, 0);
            self.prefixes.clear();
        }
        if self.answers >= MOST_ANSWERS {
            return false;
        }
        let of_prefix = self.prefixes.entry(prefix_of(from)).or_default();
        let is_left = *of_prefix < MOST_ANSWERS_OF_PREFIX;
        if is_left {
            *of_prefix += 1;
            self.answers += 1;
        }
        is_left
    }
}

/// What one network is taken to have: an IPv4 /24 or an IPv6 /64, as a number.
fn prefix_of(address: IpAddr) -> u64 {
    match address.to_canonical() {
        // The top byte of no local IPv6 network is 0.
        IpAddr::V4(address) => u64::from(address.to_bits() >> 8),
        IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or(0),
    }
}

/// Answers in a second, of at most 1.2 kB each.
const MOST_ANSWERS: u32 = 400;
/// The same for one network: a dozen players who look around at once, each over several networks.
const MOST_ANSWERS_OF_PREFIX: u32 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: Query = Query { token: *b"01234567", round: 1 };

    fn announcer() -> Announcer {
        Announcer::new(Announcement::new("name", "info").expect("it is short"), 32)
    }

    fn from(address: &str) -> SocketAddr {
        SocketAddr::new(address.parse().expect("a literal of this test"), 5000)
    }

    #[test]
    fn the_answer_has_the_token_and_the_players_of_the_moment() {
        let mut announcer = announcer();
        let first = announcer.answer(Millis(0), from("127.0.0.1"), QUERY, 3).map(Answer::parse);
        let first = first.expect("it is near").expect("it is sound");
        assert_eq!((first.query, first.players, first.maximum), (QUERY, 3, 32));
        assert_eq!((first.name.as_str(), &first.info[..]), ("name", &b"info"[..]));
        announcer.set(Announcement::new("other", "").expect("it is short"));
        let second = announcer.answer(Millis(1), from("127.0.0.1"), QUERY, 4).map(Answer::parse);
        let second = second.expect("it is near").expect("it is sound");
        assert_eq!((second.name.as_str(), second.players, second.server), ("other", 4, first.server));
        assert_ne!(self::announcer().answer.server, first.server);
    }

    #[test]
    fn only_local_networks_are_answered() {
        let mut announcer = announcer();
        for near in
            ["127.9.9.9", "10.1.2.3", "172.31.0.1", "192.168.7.7", "169.254.1.1", "::1", "fe80::1", "fd00::1"]
        {
            assert!(announcer.answer(Millis(0), from(near), QUERY, 0).is_ok(), "{near}");
        }
        for far in
            ["8.8.8.8", "172.32.0.1", "100.64.0.1", "0.0.0.0", "224.0.0.1", "2001:db8::1", "::", "ff02::1"]
        {
            assert_eq!(announcer.answer(Millis(0), from(far), QUERY, 0), Err(Refusal::Far), "{far}");
        }
    }

    #[test]
    fn a_network_that_floods_leaves_the_others_their_answers() {
        let mut announcer = announcer();
        let mut answered =
            |now, address: &str| announcer.answer(Millis(now), from(address), QUERY, 0).is_ok();
        let flood = (0..5000).filter(|n| answered(0, &format!("10.0.0.{}", n % 256))).count();
        assert_eq!(flood, MOST_ANSWERS_OF_PREFIX as usize);
        assert!(answered(999, "10.0.1.1"));
        assert!(!answered(999, "10.0.0.1") && answered(1000, "10.0.0.1"));
    }

    #[test]
    fn answers_and_what_is_kept_are_bounded_in_all() {
        let mut announcer = announcer();
        let answered = (0..60_000_u32)
            .filter(|n| {
                let from = SocketAddr::from((0x0a00_0000_u32.wrapping_add(n << 8).to_be_bytes(), 9));
                announcer.answer(Millis(5), from, QUERY, 0).is_ok()
            })
            .count();
        assert_eq!(answered, MOST_ANSWERS as usize);
        assert!(announcer.allowance.prefixes.len() <= MOST_ANSWERS as usize);
    }
}
