//! Carrying out what the game asked for.

use std::net::SocketAddr;

use enet_proto::{Delivery, DisconnectReason, Millis, Packet, PeerId, PeerState, SendError};
use mio::{Registry, Token};

use super::Endpoint;
use crate::{
    ConnectToken, Disconnect, HostEvent, Recipients, address,
    clock::Clock,
    command::{Command, Tuning},
    discovery::Search,
    gauge::Items,
};

impl Endpoint {
    /// Carries out what the game asked for, as far as the budget goes.
    pub(super) fn take_commands(&mut self, clock: Clock, registry: &Registry, token: Token) {
        self.ready.commands = false;
        let mut budget = COMMAND_BUDGET;
        let mut now = clock.now();
        while budget > 0 {
            let Some(command) = self.commands.next() else { return };
            budget = budget.saturating_sub(self.effort(&command));
            if overtakes(&command) {
                self.transmit(clock, registry, token);
                now = clock.now();
            }
            self.obey(now, command);
        }
        self.ready.commands = true;
    }

    fn obey(&mut self, now: Millis, command: Command) {
        match command {
            Command::Send { to, channel, packet } => {
                self.sends += Items { count: 1, bytes: packet.data.len() };
                self.send(now, to, channel, packet);
            }
            Command::Connect(connect) => {
                let (attempts, mut reach) = self.reach();
                attempts.start(now, connect, &mut reach);
            }
            Command::Resolved { token, addresses } => {
                let (attempts, mut reach) = self.reach();
                attempts.on_resolved(now, token, addresses, &mut reach);
            }
            Command::Cancel(token) => self.cancel(now, token),
            Command::Disconnect { peer, how, data } => self.disconnect(now, peer, how, data),
            Command::Tune(peer, tuning) => self.tune(peer, &tuning),
            Command::TuneAttempt(token, tuning) => self.tune_attempt(token, &tuning),
            Command::SendDatagram { to, datagram } => self.send_datagram(now, &to, &datagram),
            Command::TuneAll(Tuning::Timeouts(timeouts)) => self.host.set_default_timeouts(timeouts),
            Command::TuneAll(Tuning::Rates(rates)) => self.host.set_default_rates(rates),
            Command::TuneAll(_) => {}
            Command::SuspendTimeouts(suspended) => self.host.set_timeouts_suspended(suspended),
            Command::Hold(peer, hold) => self.host.hold(peer, hold),
            Command::SetWaitingLimits { of_one, of_all } => self.host.set_waiting_limits(of_one, of_all),
            Command::SetBandwidthLimit { incoming, outgoing } => {
                self.host.set_bandwidth_limit(incoming, outgoing)
            }
            Command::SetChannelLimit(channels) => self.host.set_channel_limit(channels),
            Command::SetAdmissionLimits(limits) => self.host.set_admission_limits(limits),
            Command::SetPollInterval(interval) => self.poll_interval = interval,
            Command::SetCompression(compression) => {
                self.host.set_compressor(compression.compressor());
                self.attempts.set_compression(compression);
            }
            Command::Release(token) => {
                let (attempts, mut reach) = self.reach();
                attempts.release(now, token, &mut reach);
            }
            Command::SetDtls(dtls) => self.set_dtls(now, &dtls),
            Command::RefuseNewConnections(refuse) => self.path.refuse_new_connections(refuse),
            Command::SetConditions(conditions) => self.path.set_conditions(conditions.as_deref()),
            Command::Announce(announcement) => self.announce(announcement),
            Command::Search { token, targets, duration } => {
                self.search(Search::new(now, token, targets, duration));
            }
            Command::Close { limit, farewell, closed } => self.close(now, limit, farewell, closed),
            Command::CheckSocket => self.ready.readable |= !self.trouble.is_under_repair(),
            #[cfg(test)]
            Command::Panic => panic!("injected by a test"),
            #[cfg(all(test, unix))]
            Command::BreakSocket { for_good } => self.socket.break_down(for_good),
        }
    }

    /// What a command takes out of the budget: one for each peer that it concerns.
    fn effort(&self, command: &Command) -> usize {
        match command {
            Command::Send { to: Recipients::Many(peers), .. } => peers.len().max(1),
            Command::Send { to: Recipients::All, .. } => self.connections.len().max(1),
            _ => 1,
        }
    }

    fn send(&mut self, now: Millis, to: Recipients, channel: u8, packet: Packet) {
        match to {
            Recipients::One(peer) => self.send_to(now, peer, channel, packet),
            Recipients::Many(peers) => {
                for peer in peers {
                    self.send_to(now, peer, channel, packet.clone());
                }
            }
            Recipients::All => {
                let peers: Vec<PeerId> = self.connections.peers().collect();
                for peer in peers {
                    self.send_to(now, peer, channel, packet.clone());
                }
            }
        }
    }

    fn send_to(&mut self, now: Millis, peer: PeerId, channel: u8, packet: Packet) {
        let delivery = packet.delivery;
        let sent = self.host.send(peer, channel, packet);
        self.io.refused_packets += u64::from(sent.is_err());
        if sent == Err(SendError::QueueFull) && delivery == Delivery::Reliable {
            self.cut_off(now, peer);
        }
        if sent != Err(SendError::UnknownPeer) && self.touched.last() != Some(&peer) {
            self.touched.push(peer);
        }
    }

    /// Ends the connection to a peer that cannot take a reliable packet: better no stream than one with a hole.
    fn cut_off(&mut self, now: Millis, peer: PeerId) {
        log::debug!("a peer took so little that its queue overflowed; it is disconnected");
        self.host.disconnect_now(now, peer, 0);
        self.forget(peer, PeerState::Zombie);
        self.outbox.push(HostEvent::Disconnected { peer, reason: DisconnectReason::TimedOut });
    }

    fn cancel(&mut self, now: Millis, token: ConnectToken) {
        let (attempts, mut reach) = self.reach();
        if !attempts.cancel(now, token, &mut reach)
            && let Some(peer) = self.connections.made_by(token)
        {
            self.disconnect(now, peer, Disconnect::Now, 0);
        }
        self.outbox.push_cancelled(token);
    }

    fn disconnect(&mut self, now: Millis, peer: PeerId, how: Disconnect, data: u32) {
        match how {
            Disconnect::Graceful => self.host.disconnect(now, peer, data),
            Disconnect::Later => self.host.disconnect_later(now, peer, data),
            Disconnect::Now => {
                self.host.disconnect_now(now, peer, data);
                self.forget(peer, PeerState::Disconnected);
            }
            Disconnect::Reset => {
                self.host.reset(peer);
                self.forget(peer, PeerState::Disconnected);
            }
        }
        self.touched.push(peer);
    }

    fn tune_attempt(&mut self, token: ConnectToken, tuning: &Tuning) {
        match self.connections.made_by(token) {
            Some(peer) => self.tune(peer, tuning),
            None => self.attempts.tune(token, tuning, &mut self.host),
        }
    }

    /// Not part of the protocol, so it does not wait for its turn, and a busy system drops it.
    fn send_datagram(&mut self, now: Millis, to: &[SocketAddr], datagram: &[u8]) {
        let remote = to.iter().copied().map(address::to_remote).find(|&remote| self.socket.can_reach(remote));
        let sent = remote.is_some_and(|remote| {
            self.path.take_foreign(now, remote, datagram) || self.socket.send(remote, datagram).is_ok()
        });
        self.io.failed_datagrams += u64::from(!sent);
        self.sends += Items { count: 1, bytes: datagram.len() };
    }

    fn tune(&mut self, peer: PeerId, tuning: &Tuning) {
        match *tuning {
            Tuning::Timeouts(timeouts) => self.host.set_timeouts(peer, timeouts),
            Tuning::PingInterval(interval_ms) => self.host.set_ping_interval(peer, interval_ms),
            Tuning::Throttle(throttle) => self.host.configure_throttle(peer, throttle),
            Tuning::Rates(rates) => self.host.set_rates(peer, rates),
            Tuning::Ping => self.host.ping(peer),
        }
        self.touched.push(peer);
    }

    pub(super) fn publish_queue(&self, peer: PeerId) {
        // Somebody else may have the slot of a peer that is gone.
        if self.host.peer_address(peer).is_some() {
            self.shared.set_queued_bytes(peer, self.host.queued_bytes(peer));
        }
    }
}

/// Whether what is queued must leave first: ending drops it, and the game may have queued its last words just before; a
/// new attempt may replace the encrypted session that a goodbye was to travel in.
fn overtakes(command: &Command) -> bool {
    matches!(
        command,
        Command::Disconnect { how: Disconnect::Graceful | Disconnect::Now, .. }
            | Command::Connect(_)
            | Command::Release(_)
    )
}

/// Commands carried out before the network has its turn; a packet counts once for each of its receivers.
const COMMAND_BUDGET: usize = 4096;
