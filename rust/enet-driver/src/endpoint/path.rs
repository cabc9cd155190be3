//! What lies between the protocol and the socket of a host. Every datagram passes here, on its way in and out:
//!
//! ```text
//!   Host ── poll_transmit ──▶ Path ── dtls ── conditioner ──▶ Socket
//!   Host ◀─ handle_datagram ─ Path ◀─ dtls ── conditioner ─── Socket
//! ```
//!
//! A path has no socket: it is handed what was received, and is asked for what is to be sent. So whoever moves datagrams
//! to and from the system may do so one by one or in batches.

use std::net::SocketAddr;

use enet_proto::{Host, Millis, PeerId};

use super::conditioner::{Conditioner, Simulated};
use crate::{DtlsFailure, DtlsStats, NetworkConditions, dtls::Layer};

/// The layers of one host. Without any, a datagram goes straight through.
#[derive(Debug, Default)]
pub(super) struct Path {
    dtls: Option<Box<Layer>>,
    conditioner: Option<Box<Conditioner>>,
    /// What conditioners that are gone have done.
    retired: Simulated,
}

impl Path {
    pub(super) fn new(conditions: Option<&NetworkConditions>) -> Self {
        let conditioner = conditions.map(|conditions| Box::new(Conditioner::new(conditions)));
        Self { dtls: None, conditioner, retired: Simulated::default() }
    }

    /// What is under way arrives as it would have.
    pub(super) fn set_conditions(&mut self, conditions: Option<&NetworkConditions>) {
        match (&mut self.conditioner, conditions) {
            (Some(conditioner), conditions) => conditioner.set(conditions),
            (None, conditions) => self.conditioner = Self::new(conditions).conditioner,
        }
    }

    /// Encrypts everything from here on.
    pub(super) fn set_dtls(&mut self, layer: Layer) {
        self.dtls = Some(Box::new(layer));
    }

    /// Takes a datagram from the socket. Notes the peers that it concerns in `touched`. Says how much work it was, in
    /// plain datagrams.
    pub(super) fn handle_datagram(
        &mut self,
        now: Millis,
        from: SocketAddr,
        datagram: &[u8],
        host: &mut Host,
        touched: &mut Vec<PeerId>,
    ) -> usize {
        match &mut self.conditioner {
            None => arrive(&mut self.dtls, now, from, datagram, host, touched),
            Some(conditioner) => {
                conditioner.take_in(now, from, datagram);
                1
            }
        }
    }

    /// Hands the protocol what has come out of the layers by now.
    pub(super) fn handle_timeout(&mut self, now: Millis, host: &mut Host, touched: &mut Vec<PeerId>) {
        if let Some(dtls) = &mut self.dtls {
            dtls.handle_timeout(now);
            if dtls.is_sweep_due(now) {
                dtls.sweep(now, &host.peers().filter_map(|peer| host.peer_address(peer)).collect());
            }
        }
        let Some(conditioner) = &mut self.conditioner else { return };
        let mut budget = MOST_AT_ONCE;
        while budget > 0 {
            let Some((from, datagram)) = conditioner.next_in(now) else { break };
            let effort = arrive(&mut self.dtls, now, from, &datagram, host, touched);
            budget = budget.saturating_sub(effort);
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
        let Some(conditioner) = &mut self.conditioner else {
            return depart(&mut self.dtls, now, host, datagram);
        };
        // The link takes what is beyond its bounds and loses it, so this ends when the protocol has nothing more to say.
        while let Some(to) = depart(&mut self.dtls, now, host, datagram) {
            conditioner.take_out(now, to, datagram);
        }
        let (to, due) = conditioner.next_out(now)?;
        *datagram = due;
        Some(to)
    }

    /// Takes a datagram that is not the protocol's. False if there is no layer for it, and it is to be sent as it is.
    pub(super) fn take_foreign(&mut self, now: Millis, to: SocketAddr, datagram: &[u8]) -> bool {
        if let Some(dtls) = &mut self.dtls {
            dtls.send(to, datagram);
            return true;
        }
        let Some(conditioner) = &mut self.conditioner else { return false };
        conditioner.take_out(now, to, datagram);
        true
    }

    /// What has become of a session that somebody wants to connect through.
    pub(super) fn poll_session(&mut self) -> Option<(SocketAddr, Result<(), DtlsFailure>)> {
        self.dtls.as_mut()?.poll_event()
    }

    /// The sessions of a host that connects to others by DTLS.
    pub(super) fn client_sessions(&mut self) -> Option<&mut Layer> {
        self.dtls.as_deref_mut().filter(|dtls| dtls.is_client())
    }

    /// Somebody has connected through the session with this remote, if there is one.
    pub(super) fn on_connected(&mut self, remote: SocketAddr) {
        if let Some(dtls) = &mut self.dtls {
            dtls.on_connected(remote);
        }
    }

    /// Whether a DTLS server ignores addresses that it has no session with. Without DTLS it does nothing.
    pub(super) fn refuse_new_connections(&mut self, refuse: bool) {
        if let Some(dtls) = &mut self.dtls {
            dtls.set_refusing(refuse);
        }
    }

    /// Ends every session; what tells the remotes is there to be sent then.
    pub(super) fn close_sessions(&mut self) {
        if let Some(dtls) = &mut self.dtls {
            dtls.close_all();
        }
    }

    pub(super) fn dtls_stats(&self) -> DtlsStats {
        self.dtls.as_ref().map_or_else(DtlsStats::default, |dtls| dtls.stats())
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
        let conditioner = self.conditioner.as_ref().and_then(|conditioner| conditioner.poll_timeout());
        let dtls = self.dtls.as_ref().and_then(|dtls| dtls.poll_timeout());
        Millis::earliest([conditioner, dtls])
    }

    /// What was simulated since the host was made.
    pub(super) fn simulated(&self) -> Simulated {
        self.conditioner.as_ref().map_or(self.retired, |conditioner| self.retired + conditioner.simulated())
    }
}

/// A datagram on its last step in, with how much work it was.
fn arrive(
    dtls: &mut Option<Box<Layer>>,
    now: Millis,
    from: SocketAddr,
    datagram: &[u8],
    host: &mut Host,
    touched: &mut Vec<PeerId>,
) -> usize {
    let mut deliver = |plain: &[u8]| {
        let peer = host.handle_datagram(now, from, plain);
        touched.extend(peer.filter(|peer| touched.last() != Some(peer)));
    };
    match dtls {
        Some(dtls) => dtls.handle_datagram(now, from, datagram, &mut deliver),
        None => {
            deliver(datagram);
            1
        }
    }
}

/// The next datagram on its first step out. What has no session to travel in is lost.
fn depart(
    dtls: &mut Option<Box<Layer>>,
    now: Millis,
    host: &mut Host,
    datagram: &mut Vec<u8>,
) -> Option<SocketAddr> {
    let Some(dtls) = dtls else { return host.poll_transmit(now, datagram) };
    if let Some(to) = dtls.poll_transmit(datagram) {
        return Some(to);
    }
    loop {
        let to = host.poll_transmit(now, datagram)?;
        if dtls.seal(to, datagram) {
            return Some(to);
        }
    }
}

/// Datagrams handed to the protocol before the timers have their turn.
const MOST_AT_ONCE: usize = 1024;
