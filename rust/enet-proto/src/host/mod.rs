//! The host: many peers behind one address. This file is its face to the application; the parts that speak to the
//! network are beside it. Answers for `ENetHost`.
//!
//! | file | what it does |
//! | --- | --- |
//! | `ingress` | one datagram in: which peer, which commands, which acknowledgements |
//! | `egress` | one datagram out, for the peer whose turn it is |
//! | `handshake` | CONNECT and VERIFY_CONNECT |
//! | `admission` | how many may ask to connect |
//! | `half_open` | those that have asked and not yet confirmed |
//! | `seal` | compression and checksum |
//! | `ending` | every way in which a connection ends |
//! | `bandwidth` | dividing the host's bandwidth among its peers |
//! | `table` | the peer slots |
//! | `schedule` | who may send, who is due |

mod admission;
mod bandwidth;
mod egress;
mod ending;
mod half_open;
mod handshake;
mod ingress;
#[cfg(any(test, feature = "fuzzing"))]
mod invariants;
mod schedule;
mod seal;
mod stats;
pub(crate) mod table;

use std::collections::VecDeque;
use std::net::SocketAddr;

pub use stats::HostStats;
/// Parts that the vectors test alone, and the fuzz targets.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod testing {
    #[cfg(test)]
    pub(crate) use super::seal::Broken;
    pub(crate) use super::seal::Seal;
    #[cfg(test)]
    pub(crate) use super::table::Sessions;
}

use self::admission::Gate;
use self::bandwidth::BandwidthEpoch;
use self::ending::Farewell;
use self::half_open::HalfOpens;
use self::schedule::Schedule;
pub(crate) use self::seal::CHECKSUM_SIZE;
use self::seal::Seal;
use self::table::PeerTable;
use crate::channel::footprint;
use crate::compress::Compressor;
use crate::config::{
    AdmissionLimits, ConfigError, HostConfig, LARGEST_MTU, PeerRates, PeerTimeouts, SMALLEST_MTU,
    ThrottleConfig,
};
use crate::event::{DisconnectReason, Event, PeerId};
use crate::packet::{Packet, SendError};
use crate::peer::{Kind, Peer, PeerState, PeerStats, event_footprint};
use crate::rng::Rng;
use crate::time::Millis;
use crate::wire::Body;

/// The protocol state of one UDP endpoint and of all its peers.
///
/// Its methods are of four kinds:
///
/// * input: [`handle_datagram`](Self::handle_datagram), [`handle_timeout`](Self::handle_timeout);
/// * the application's calls: [`connect`](Self::connect), [`send`](Self::send), [`disconnect`](Self::disconnect) and
///   the rest that takes a [`PeerId`]. A stale id is an error from `send` and is ignored by the others;
/// * output: [`poll_transmit`](Self::poll_transmit) and [`poll_event`](Self::poll_event), to be drained after any of
///   the above, and [`poll_timeout`](Self::poll_timeout), which says when to call `handle_timeout`;
/// * questions, which change nothing.
///
/// Times passed in must never go back.
#[derive(Debug)]
pub struct Host {
    config: HostConfig,
    pub(crate) rng: Rng,
    pub(crate) peers: PeerTable,
    gate: Gate,
    half_open: HalfOpens,
    schedule: Schedule,
    /// Peers whose mailboxes have something for the application, which takes one event from each in turn.
    mail: VecDeque<PeerId>,
    farewells: VecDeque<Farewell>,
    bandwidth: BandwidthEpoch,
    seal: Seal,
    stats: HostStats,
    /// Received bytes waiting, of all peers together.
    waiting: usize,
    /// Reused for every datagram: its commands, before the header is known.
    commands: Vec<u8>,
}

impl Host {
    /// A host without peers, for tests: the same seed makes the same choices, and can be guessed.
    ///
    /// # Errors
    /// The first field of `config` that is out of range.
    pub fn new(config: HostConfig, seed: u64) -> Result<Self, ConfigError> {
        Self::with_rng(config, Rng::new(seed))
    }

    /// A host without peers. `key` decides the tokens, slots and session ids of its connections: whoever cannot guess it
    /// can neither answer for another address nor speak in a connection that it does not see.
    ///
    /// # Errors
    /// The first field of `config` that is out of range.
    pub fn with_key(config: HostConfig, key: [u8; 32]) -> Result<Self, ConfigError> {
        Self::with_rng(config, Rng::from_key(key))
    }

    fn with_rng(config: HostConfig, mut rng: Rng) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            peers: PeerTable::new(config.peers),
            gate: Gate::new(&mut rng),
            half_open: HalfOpens::default(),
            seal: Seal::new(config.checksums),
            config,
            rng,
            schedule: Schedule::default(),
            mail: VecDeque::new(),
            farewells: VecDeque::new(),
            bandwidth: BandwidthEpoch::default(),
            stats: HostStats::default(),
            waiting: 0,
            commands: Vec::new(),
        })
    }

    // ---- the application's calls ----

    /// Queues a packet to a peer (`enet_peer_send`).
    ///
    /// # Errors
    /// Nothing is queued if the peer is not connected, the channel was not opened, the packet is too large, or too
    /// much is queued already.
    pub fn send(&mut self, peer: PeerId, channel: u8, packet: Packet) -> Result<(), SendError> {
        let kind = Kind::from(&packet);
        let state = self.peers.get_mut(peer).ok_or(SendError::UnknownPeer)?;
        state.send(channel, packet)?;
        state.traffic.sent.count(kind);
        self.stats.dropped_unsent += state.make_way();
        self.stats.count_sent(kind);
        // Nothing is due before it has left.
        self.schedule.set_ready(peer.slot);
        Ok(())
    }

    /// Queues a packet to every connected peer that has the channel (`enet_host_broadcast`). All share its buffer.
    /// Returns how many took it.
    pub fn broadcast(&mut self, channel: u8, packet: &Packet) -> usize {
        self.everyone().into_iter().filter(|&peer| self.send(peer, channel, packet.clone()).is_ok()).count()
    }

    /// Asks a connected peer whether it is there (`enet_peer_ping`). Peers are pinged by themselves when they have
    /// been silent for their ping interval.
    pub fn ping(&mut self, peer: PeerId) {
        if let Some(state) = self.peers.get_mut(peer).filter(|state| state.state == PeerState::Connected) {
            state.queue_control(Body::Ping);
            self.touch(peer);
        }
    }

    /// Sets when a silent peer is given up (`enet_peer_timeout`).
    pub fn set_timeouts(&mut self, peer: PeerId, timeouts: PeerTimeouts) {
        if let Some(state) = self.peers.get_mut(peer) {
            state.set_timeouts(timeouts);
            self.touch(peer);
        }
    }

    /// Keeps every peer, present and future, however silent it is; or no longer. For peers that a debugger stops.
    pub fn set_timeouts_suspended(&mut self, suspended: bool) {
        self.config.suspends_timeouts = suspended;
        for peer in self.everyone() {
            if let Some(state) = self.peers.get_mut(peer) {
                state.suspend_timeouts(suspended);
            }
        }
    }

    /// Sets when silent peers are given up, all present ones and those that come.
    pub fn set_default_timeouts(&mut self, timeouts: PeerTimeouts) {
        self.config.timeouts = timeouts;
        for peer in self.everyone() {
            self.set_timeouts(peer, timeouts);
        }
    }

    /// Sets how much every peer may send, all present ones and those that come.
    pub fn set_default_rates(&mut self, rates: PeerRates) {
        self.config.rates = rates;
        for peer in self.everyone() {
            self.set_rates(peer, rates);
        }
    }

    /// Sets how much a peer may send. What it sent before is forgotten.
    pub fn set_rates(&mut self, peer: PeerId, rates: PeerRates) {
        if let Some(state) = self.peers.get_mut(peer) {
            state.allowance.set_rates(rates);
        }
    }

    /// Sets how many received bytes may wait, of one peer and of all; see
    /// [`maximum_waiting_data`](HostConfig::maximum_waiting_data).
    pub fn set_waiting_limits(&mut self, of_one: usize, of_all: usize) {
        self.config.maximum_waiting_data = of_one;
        self.config.maximum_total_waiting_data = of_all;
    }

    /// Sets how long a peer may be silent before it is pinged, in milliseconds (`enet_peer_ping_interval`). It is kept
    /// exactly; 0 is the host's own interval again, see [`spares_pings`](HostConfig::spares_pings).
    pub fn set_ping_interval(&mut self, peer: PeerId, interval_ms: u32) {
        if let Some(state) = self.peers.get_mut(peer) {
            state.pings.set_interval(interval_ms, &self.config);
            self.touch(peer);
        }
    }

    /// Sets how the share of unreliable packets reacts to the round-trip time, on both ends
    /// (`enet_peer_throttle_configure`). Before the connection is established it is ignored: the handshake could not
    /// succeed any more.
    pub fn configure_throttle(&mut self, peer: PeerId, throttle: ThrottleConfig) {
        if let Some(state) = self.peers.get_mut(peer).filter(|state| state.state.is_live()) {
            state.throttle.config = throttle;
            state.queue_control(Body::ThrottleConfigure {
                interval: throttle.interval_ms,
                acceleration: throttle.acceleration,
                deceleration: throttle.deceleration,
            });
            self.touch(peer);
        }
    }

    /// Sets the most channels that later connections from remotes are granted (`enet_host_channel_limit`); 0 is 255.
    pub fn set_channel_limit(&mut self, channels: u8) {
        self.config.channel_limit = if channels == 0 { 255 } else { channels };
    }

    /// Sets the largest datagram of later connections, in bytes, for when a layer below needs some of the room. What is
    /// out of the range of [`HostConfig::mtu`] becomes its nearest value.
    pub fn set_mtu(&mut self, mtu: u16) {
        self.config.mtu = mtu.clamp(SMALLEST_MTU, LARGEST_MTU);
    }

    /// Sets who may connect from here on; connections that are made stay.
    pub fn set_admission_limits(&mut self, limits: AdmissionLimits) {
        self.config.admission = limits;
    }

    /// Sets how datagrams are compressed (`enet_host_compress`); `None` sends them plain, and drops those that are not.
    /// The remotes must be set up alike, from before they connect.
    pub fn set_compressor(&mut self, compressor: Option<Box<dyn Compressor>>) {
        self.seal.compressor = compressor;
    }

    // ---- input and output ----

    /// To be called when the time of [`Self::poll_timeout`] has come: retransmissions, pings, peers that are given up,
    /// bandwidth.
    pub fn handle_timeout(&mut self, now: Millis) {
        while let Some(slot) = self.schedule.next_due(now) {
            let Some(peer) = self.peers.at_mut(slot) else { continue };
            let id = peer.id;
            if peer.state.is_dead() {
                continue;
            }
            if peer.check_timeouts(now) {
                self.end(id, DisconnectReason::TimedOut);
                continue;
            }
            if peer.is_sending_due(now) {
                self.schedule.set_ready(slot);
            }
            self.touch_later_than(id, now);
        }
        self.half_open.expire(now, self.config.handshake_timeout_ms);
        self.stats.half_open = self.half_open.len() as u64;
        self.divide_bandwidth(now);
    }

    /// When [`Self::handle_timeout`] is to be called, if nothing else happens before. May be early, never late.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Millis> {
        let half_open = self.half_open.deadline(self.config.handshake_timeout_ms);
        Millis::earliest([self.schedule.deadline(), self.bandwidth_deadline(), half_open])
    }

    /// The next event. Received packets that are not taken count against
    /// [`maximum_waiting_data`](HostConfig::maximum_waiting_data); a slot is not reused before its `Disconnected` was
    /// taken. The events of one peer come in order; peers take turns.
    #[must_use]
    pub fn poll_event(&mut self) -> Option<Event> {
        loop {
            // The application may have let go of the peer meanwhile, and somebody else may have its slot.
            let id = self.mail.pop_front()?;
            let Some(peer) = self.peers.get_mut(id) else { continue };
            peer.mailbox.is_listed = false;
            let Some(event) = peer.take_event() else { continue };
            self.waiting -= event_footprint(&event);
            list_mail(&mut self.mail, peer);
            if let Event::Disconnected { .. } = event {
                self.peers.vacate(id.slot);
            }
            return Some(event);
        }
    }

    /// Hands the packets that come next over, as long as they are wanted and nothing else comes before them: what
    /// [`Self::poll_event`] would return, without taking each event through memory.
    #[inline]
    pub fn poll_packets(&mut self, wants_more: impl Fn() -> bool, mut take: impl FnMut(PeerId, u8, Packet)) {
        while let Some(&id) = self.mail.front()
            && wants_more()
        {
            // The rest is for `poll_event` to sort out.
            let Some(peer) = self.peers.get_mut(id) else { return };
            let Some((channel, packet)) = peer.take_packet() else { return };
            self.waiting -= footprint(packet.data.len());
            self.mail.pop_front();
            peer.mailbox.is_listed = false;
            list_mail(&mut self.mail, peer);
            take(id, channel, packet);
        }
    }

    /// Holds the events of a peer back, or lets them come again. Meanwhile they count against
    /// [`maximum_waiting_data`](HostConfig::maximum_waiting_data). The end of the connection lets them come, too.
    pub fn hold(&mut self, peer: PeerId, hold: bool) {
        if let Some(state) = self.peers.get_mut(peer) {
            state.mailbox.is_held = hold && !state.state.is_dead();
            self.list_mail(peer);
        }
    }

    // ---- questions ----

    /// What the host was made with, and what was set since.
    #[must_use]
    pub fn config(&self) -> &HostConfig {
        &self.config
    }

    /// The host's counters.
    #[must_use]
    pub fn stats(&self) -> &HostStats {
        &self.stats
    }

    /// The figures of one connection.
    #[must_use]
    pub fn peer_stats(&self, peer: PeerId) -> Option<PeerStats> {
        self.peers.get(peer).map(Peer::stats)
    }

    /// Bytes that wait to be sent to a peer: one of the figures of [`Self::peer_stats`]. 0 for a stale id.
    #[must_use]
    pub fn queued_bytes(&self, peer: PeerId) -> u64 {
        self.peers.get(peer).map_or(0, Peer::queued_bytes)
    }

    /// Whether nothing waits for this peer any more: all that was queued has been sent and, if reliable, acknowledged. True
    /// for a stale id.
    #[must_use]
    pub fn is_drained(&self, peer: PeerId) -> bool {
        self.peers.get(peer).is_none_or(Peer::is_drained)
    }

    /// Where a connection stands; `Disconnected` for a stale id.
    #[must_use]
    pub fn peer_state(&self, peer: PeerId) -> PeerState {
        self.peers.get(peer).map_or(PeerState::Disconnected, |peer| peer.state)
    }

    /// Where a peer is.
    #[must_use]
    pub fn peer_address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.peers.get(peer).map(|peer| peer.address)
    }

    /// What the datagrams of a peer carry in their first 14 bits: the slot number and session id that it was told. For
    /// tests that speak in its name; nobody else should know.
    #[doc(hidden)]
    #[must_use]
    pub fn peer_header(&self, peer: PeerId) -> Option<u16> {
        self.peers.get(peer).map(|peer| u16::from(peer.incoming_session) << 12 | peer.number)
    }

    /// Every peer in use, in any state.
    pub fn peers(&self) -> impl Iterator<Item = PeerId> + '_ {
        self.peers.iter().map(|peer| peer.id)
    }

    // ---- for the parts beside this file ----

    fn everyone(&self) -> Vec<PeerId> {
        self.peers().collect()
    }

    /// To be called after anything that may have given a peer something to send or an earlier deadline.
    fn touch(&mut self, peer: PeerId) {
        let Some(state) = self.peers.get(peer) else { return };
        if state.state.is_dead() {
            return;
        }
        let deadline = state.deadline();
        if state.wants_to_transmit() {
            self.schedule.set_ready(peer.slot);
        }
        self.schedule.set_deadline(peer.slot, deadline);
    }

    /// [`Self::touch`] for a peer whose deadlines up to `now` have just been dealt with. A ping that is due waits for
    /// the next datagram; its deadline must not come up again before that.
    fn touch_later_than(&mut self, peer: PeerId, now: Millis) {
        let Some(state) = self.peers.get(peer) else { return };
        let deadline = state.deadline();
        if state.wants_to_transmit() {
            self.schedule.set_ready(peer.slot);
        }
        self.schedule.set_deadline(peer.slot, deadline.map(|deadline| deadline.max(now + 1)));
    }

    /// Leaves an event in its peer's mailbox.
    fn report(&mut self, peer: PeerId, event: Event) {
        log::debug!("{event:?}");
        if let Some(state) = self.peers.get_mut(peer) {
            state.mailbox.push(event);
            self.list_mail(peer);
        }
    }

    fn list_mail(&mut self, peer: PeerId) {
        if let Some(state) = self.peers.get_mut(peer) {
            list_mail(&mut self.mail, state);
        }
    }

    /// Ends a connection that is to be reported. The slot stays taken until the event is.
    pub(crate) fn end(&mut self, peer: PeerId, reason: DisconnectReason) {
        let Some(state) = self.peers.get_mut(peer) else { return };
        let queued = state.room.queued;
        state.drop_queues();
        state.state = PeerState::Zombie;
        state.mailbox.is_held = false;
        self.waiting -= queued;
        self.bandwidth.recalculate = true;
        self.report(peer, Event::Disconnected { peer, reason });
    }

    /// Ends a connection that is not to be reported.
    fn discard(&mut self, peer: PeerId) {
        let Some(state) = self.peers.get_mut(peer) else { return };
        self.waiting -= state.room.waiting();
        self.peers.vacate(peer.slot);
        self.bandwidth.recalculate = true;
    }
}

/// Gives a peer with something in its mailbox a turn, unless it waits for one already.
fn list_mail(mail: &mut VecDeque<PeerId>, peer: &mut Peer) {
    let mailbox = &mut peer.mailbox;
    if !mailbox.is_listed && !mailbox.is_held && !mailbox.is_empty() {
        mailbox.is_listed = true;
        mail.push_back(peer.id);
    }
}
