//! What lies between the protocol and the socket of a host. Every datagram passes here, on its way in and out:
//!
//! ```text
//!   Host ── poll_transmit ──▶ Path ── conditioner ──▶ Socket
//!   Host ◀─ handle_datagram ─ Path ◀─ conditioner ─── Socket
//! ```
//!
//! A path has no socket: it is handed what was received, and is asked for what is to be sent. So whoever moves datagrams
//! to and from the system may do so one by one or in batches.

use std::net::SocketAddr;

use enet_proto::{Host, Millis, PeerId};

use super::conditioner::{Conditioner, Simulated};
use crate::NetworkConditions;

/// The layers of one host. Without any, a datagram goes straight through.
#[derive(Debug, Default)]
pub(super) struct Path {
    conditioner: Option<Box<Conditioner>>,
    /// What conditioners that are gone have done.
    retired: Simulated,
}

impl Path {
    pub(super) fn new(conditions: Option<&NetworkConditions>) -> Self {
        let conditioner = conditions.map(|conditions| Box::new(Conditioner::new(conditions)));
        Self { conditioner, retired: Simulated::default() }
    }

    /// What is under way arrives as it would have.
    pub(super) fn set_conditions(&mut self, conditions: Option<&NetworkConditions>) {
        match (&mut self.conditioner, conditions) {
            (Some(conditioner), conditions) => conditioner.set(conditions),
            (None, conditions) => *self = Self { retired: self.retired, ..Self::new(conditions) },
        }
    }

    /// Takes a datagram from the socket. Notes the peers that it concerns in `touched`.
    pub(super) fn handle_datagram(
        &mut self,
        now: Millis,
        from: SocketAddr,
        datagram: &[u8],
        host: &mut Host,
        touched: &mut Vec<PeerId>,
    ) {
        match &mut self.conditioner {
            None => touched.extend(host.handle_datagram(now, from, datagram)),
            Some(conditioner) => conditioner.take_in(now, from, datagram),
        }
    }

    /// Hands the protocol what has come out of the layers by now.
    pub(super) fn handle_timeout(&mut self, now: Millis, host: &mut Host, touched: &mut Vec<PeerId>) {
        let Some(conditioner) = &mut self.conditioner else { return };
        for _ in 0..MOST_AT_ONCE {
            let Some((from, datagram)) = conditioner.next_in(now) else { break };
            touched.extend(host.handle_datagram(now, from, &datagram));
        }
        if conditioner.is_spent() {
            self.retired = self.simulated();
            self.conditioner = None;
        }
    }

    /// The next datagram that is to be sent, and where to: clears `datagram` and fills it. To be called until it returns
    /// `None`; more may come by [`Self::poll_timeout`].
    pub(super) fn poll_transmit(
        &mut self,
        now: Millis,
        host: &mut Host,
        datagram: &mut Vec<u8>,
    ) -> Option<SocketAddr> {
        let Some(conditioner) = &mut self.conditioner else { return host.poll_transmit(now, datagram) };
        // The link takes what is beyond its bounds and loses it, so this ends when the protocol has nothing more to say.
        while let Some(to) = host.poll_transmit(now, datagram) {
            conditioner.take_out(now, to, datagram);
        }
        let (to, due) = conditioner.next_out(now)?;
        *datagram = due;
        Some(to)
    }

    /// Takes a datagram that is not the protocol's. False if there is no layer for it, and it is to be sent as it is.
    pub(super) fn take_foreign(&mut self, now: Millis, to: SocketAddr, datagram: &[u8]) -> bool {
        let Some(conditioner) = &mut self.conditioner else { return false };
        conditioner.take_out(now, to, datagram);
        true
    }

    /// The host is ending, and a network would not: what is under way to others leaves at once.
    pub(super) fn hurry(&mut self) {
        if let Some(conditioner) = &mut self.conditioner {
            conditioner.hurry();
        }
    }

    /// Whether nothing is under way to others.
    pub(super) fn is_clear(&self) -> bool {
        self.conditioner.as_ref().is_none_or(|conditioner| conditioner.is_clear())
    }

    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        self.conditioner.as_ref()?.poll_timeout()
    }

    /// What was simulated since the host was made.
    pub(super) fn simulated(&self) -> Simulated {
        self.conditioner.as_ref().map_or(self.retired, |conditioner| self.retired + conditioner.simulated())
    }
}

/// Datagrams handed to the protocol before the timers have their turn.
const MOST_AT_ONCE: usize = 1024;
