//! How a host ends: first everything is sent or delivered, then the peers are told, then the socket goes. All within a limit.

use std::time::Duration;

use crossbeam_channel::Sender;
use enet_proto::{Millis, PeerId, PeerState};
use mio::{Registry, Token};

use super::Endpoint;
use crate::{
    clock::{self, Clock},
    command::Farewell,
};

/// A host on its way out.
pub(super) struct Ending {
    pub(super) stage: Stage,
    pub(super) deadline: Millis,
    /// Dropped when the host is gone, which tells whoever waits for it.
    pub(super) closed: Option<Sender<()>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Until every remote has acknowledged everything, the goodbye included.
    Linger,
    /// Until every remote has acknowledged everything that was sent to it.
    Deliver,
    /// Until what is queued has left once.
    Flush,
    /// Until the goodbyes have left.
    Goodbye,
    /// Until the ends of the encrypted sessions have left.
    HangUp,
    Done,
}

impl Endpoint {
    /// Starts to end this host, within `limit`: what is queued leaves or is delivered, the peers are told, the socket
    /// closes. An end that is under way goes on as it began, but not for longer than `limit`.
    pub(crate) fn close(
        &mut self,
        now: Millis,
        limit: Duration,
        farewell: Farewell,
        closed: Option<Sender<()>>,
    ) {
        if self.is_done() {
            return;
        }
        let deadline = now + clock::whole_ms(limit);
        if let Some(ending) = &mut self.ending {
            ending.deadline = ending.deadline.min(deadline);
            // Whoever waits already goes on waiting.
            ending.closed = closed.or_else(|| ending.closed.take());
            return;
        }
        self.announce(None);
        let (attempts, mut reach) = self.reach();
        attempts.cancel_all(now, &mut reach);
        let stage = match farewell {
            Farewell::Brief => self.begin_flush(),
            Farewell::Delivered => Stage::Deliver,
            Farewell::Complete => {
                self.say_later(now);
                Stage::Linger
            }
        };
        self.ending = Some(Ending { stage, deadline, closed });
    }

    fn begin_flush(&mut self) -> Stage {
        self.path.hurry();
        Stage::Flush
    }

    /// Takes the host through the stages of its end, as far as they are reached.
    pub(super) fn advance_ending(&mut self, clock: Clock, registry: &Registry, token: Token) {
        while let Some((stage, deadline)) = self.ending.as_ref().map(|ending| (ending.stage, ending.deadline))
        {
            let is_late = clock.now() >= deadline;
            let has_left = self.has_left();
            let next = match stage {
                Stage::Linger if is_late || self.host.peers().next().is_none() => self.begin_flush(),
                Stage::Deliver if is_late || self.is_delivered() => self.begin_flush(),
                Stage::Flush if is_late || has_left => {
                    self.say_now(clock.now());
                    self.transmit(clock, registry, token);
                    Stage::Goodbye
                }
                Stage::Goodbye if is_late || has_left => {
                    self.path.close_sessions();
                    self.transmit(clock, registry, token);
                    Stage::HangUp
                }
                Stage::HangUp if is_late || has_left => Stage::Done,
                _ => return,
            };
            if let Some(ending) = self.ending.as_mut() {
                ending.stage = next;
            }
        }
    }

    /// Whether every remote that is to get something has it.
    fn is_delivered(&self) -> bool {
        let expects =
            |peer| matches!(self.host.peer_state(peer), PeerState::Connected | PeerState::DisconnectLater);
        self.host.peers().filter(|&peer| expects(peer)).all(|peer| self.host.is_drained(peer))
    }

    /// Whether everything that was to be sent has reached the system.
    fn has_left(&self) -> bool {
        let is_behind = self.ready.transmit || self.ready.commands;
        self.outgoing.is_empty() && self.path.is_clear() && !is_behind
    }

    /// Asks every remote to go when it has everything.
    fn say_later(&mut self, now: Millis) {
        for peer in self.peers() {
            match self.host.peer_state(peer) {
                PeerState::Connected => self.host.disconnect_later(now, peer, 0),
                PeerState::DisconnectLater | PeerState::Disconnecting => {}
                _ => self.host.reset(peer),
            }
        }
    }

    fn say_now(&mut self, now: Millis) {
        for peer in self.peers() {
            self.host.disconnect_now(now, peer, 0);
        }
    }

    fn peers(&self) -> Vec<PeerId> {
        self.host.peers().collect()
    }
}
