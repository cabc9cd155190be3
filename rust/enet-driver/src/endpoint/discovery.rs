//! What a host does for [`discovery`](crate::discovery): answers queries beside its game, or searches and does nothing else.

use std::net::SocketAddr;

use enet_proto::Millis;

use super::Endpoint;
use crate::{
    Announcement, HostEvent, IoStats,
    discovery::{Announcer, Query, Search, Step},
    shared::Outbox,
    socket::Socket,
};

/// Nothing, an announcer or a search.
#[derive(Debug, Default)]
pub(super) enum Discovery {
    #[default]
    Off,
    Announces(Box<Announcer>),
    Searches(Box<Search>),
}

/// What [`Discovery`] needs of its host to deal with a datagram.
pub(super) struct Surroundings<'a> {
    pub(super) socket: &'a Socket,
    pub(super) outbox: &'a Outbox,
    pub(super) io: &'a mut IoStats,
    pub(super) players: usize,
}

impl Discovery {
    /// Takes a datagram from the socket, before anything else looks at it. False if it is for the game's connections.
    pub(super) fn handle_datagram(
        &mut self,
        now: Millis,
        from: SocketAddr,
        datagram: &[u8],
        around: Surroundings<'_>,
    ) -> bool {
        match self {
            Self::Off => false,
            Self::Announces(announcer) => {
                Query::parse(datagram).is_some_and(|query| answer(announcer, now, from, query, around))
            }
            Self::Searches(search) => {
                match search.handle_datagram(now, from, datagram) {
                    Ok(Some(server)) => around.outbox.push(HostEvent::ServerFound(Box::new(server))),
                    Ok(None) => {}
                    Err(_) => around.io.ignored_discovery += 1,
                }
                true
            }
        }
    }

    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        match self {
            Self::Searches(search) => search.poll_timeout(),
            _ => None,
        }
    }
}

/// Always true: it was a query, answered or not.
fn answer(
    announcer: &mut Announcer,
    now: Millis,
    from: SocketAddr,
    query: Query,
    around: Surroundings<'_>,
) -> bool {
    let players = u16::try_from(around.players).unwrap_or(u16::MAX);
    let is_answered = match announcer.answer(now, from, query, players) {
        // What a busy system does not take is asked for again.
        Ok(datagram) => around.socket.send(from, datagram).is_ok(),
        Err(refusal) => {
            log::debug!("a query is not answered: {refusal:?}");
            false
        }
    };
    if is_answered {
        around.io.answered_discovery += 1;
    } else {
        around.io.ignored_discovery += 1;
    }
    true
}

impl Endpoint {
    /// Answers queries with this from here on, or no longer.
    pub(super) fn announce(&mut self, announcement: Option<Announcement>) {
        match (&mut self.discovery, announcement) {
            (Discovery::Searches(_), _) => {}
            (Discovery::Announces(announcer), Some(announcement)) => announcer.set(announcement),
            (Discovery::Off, Some(announcement)) => {
                let maximum = u16::try_from(self.shared.peer_slots()).unwrap_or(u16::MAX);
                self.discovery = Discovery::Announces(Box::new(Announcer::new(announcement, maximum)));
            }
            (_, None) => self.discovery = Discovery::Off,
        }
    }

    pub(super) fn search(&mut self, search: Search) {
        self.discovery = Discovery::Searches(Box::new(search));
    }

    /// Asks, if it is time to, and ends a search that took long enough.
    pub(super) fn advance_search(&mut self, now: Millis) {
        let Discovery::Searches(search) = &mut self.discovery else { return };
        while let Some(step) = search.poll(now) {
            match step {
                Step::End => self.outbox.push(HostEvent::SearchEnded),
                Step::Ask(datagram, targets) => {
                    for &target in targets {
                        // A network that cannot be reached has no servers to be found.
                        let sent = self.socket.send(target, &datagram);
                        self.io.failed_datagrams += u64::from(sent.is_err());
                    }
                }
            }
        }
    }
}
