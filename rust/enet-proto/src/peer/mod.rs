//! One connection: its numbers, its queues and its timers, put together from the parts in this folder. Knows commands
//! and payloads, never datagrams, and no other peer. Answers for `ENetPeer`.

mod acknowledgements;
mod allowance;
#[cfg(any(test, feature = "fuzzing"))]
mod doors;
#[cfg(any(test, feature = "fuzzing"))]
mod invariants;
mod loss;
mod mailbox;
mod pings;
mod receive;
mod recovery;
mod redundancy;
mod retransmission;
mod rtt;
mod send;
mod send_queue;
mod spacing;
mod state;
mod stats;
mod throttle;
mod timeouts;
mod unsequenced;
mod window;

use std::net::SocketAddr;

use bytes::Bytes;

pub(crate) use acknowledgements::PendingAck;
pub(crate) use mailbox::event_footprint;
pub(crate) use send::Sent;
pub use state::PeerState;
pub use stats::PeerStats;
pub(crate) use stats::{Kind, Traffic};
pub(crate) use throttle::THROTTLE_SCALE;

use self::acknowledgements::AckQueue;
use self::allowance::Allowance;
use self::loss::LossMeter;
use self::mailbox::Mailbox;
use self::pings::Pings;
use self::recovery::Recovery;
use self::retransmission::RetransmissionTimer;
use self::rtt::RttEstimator;
use self::send_queue::{Lane, SendQueue};
use self::throttle::Throttle;
use self::unsequenced::{UnsequencedGroups, UnsequencedWindow};
use self::window::SendWindow;
use crate::channel::{Acknowledged, Channels, Outgoing, Room};
use crate::config::{HostConfig, PeerTimeouts, ThrottleConfig};
use crate::event::PeerId;
use crate::seq::Seq16;
use crate::time::Millis;
use crate::wire::{Body, CONTROL_CHANNEL, Command, DatagramHeader};

/// Bandwidths in bytes a second, seen from one side; 0 is unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bandwidth {
    pub(crate) incoming: u32,
    pub(crate) outgoing: u32,
}

#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) id: PeerId,
    pub(crate) state: PeerState,
    pub(crate) address: SocketAddr,
    /// What the remote's headers carry for this side: nearly always the slot.
    pub(crate) number: u16,
    /// The token of this connection, chosen by the side that asked for it.
    pub(crate) connect_id: [u8; 4],
    /// The remote's slot for this side, once it is known. Below 4095.
    pub(crate) remote_id: Option<u16>,
    /// What the remote's headers carry, 0 to 3.
    pub(crate) incoming_session: u8,
    /// What this side's headers carry, 0 to 3.
    pub(crate) outgoing_session: u8,
    /// 1 to 255.
    pub(crate) channel_count: u8,
    pub(crate) mtu: u16,
    /// Reliable payload bytes that may be in flight as far as was negotiated.
    pub(crate) window: u32,
    /// What the remote announced about itself.
    pub(crate) remote_bandwidth: Bandwidth,
    /// What the remote was last told about this side.
    pub(crate) told_bandwidth: Bandwidth,
    /// Bytes queued to this peer since the bandwidth was last divided.
    pub(crate) outgoing_bytes: u64,
    /// The value of the remote's CONNECT, for the connect event.
    pub(crate) connect_data: u32,
    /// The value of a `disconnect_later` that waits for the queues to drain.
    pub(crate) goodbye_data: u32,
    /// When an unfinished handshake is given up.
    pub(crate) handshake_deadline: Option<Millis>,
    pub(crate) pings: Pings,
    pub(crate) room: Room,
    /// What the application has not taken yet. Counted in `room.delivered`.
    pub(crate) mailbox: Mailbox,
    pub(crate) throttle: Throttle,
    pub(crate) allowance: Allowance,
    has_checksums: bool,
    maximum_packet_size: usize,
    maximum_queued_data: usize,
    maximum_queued_unreliable: usize,
    /// The least that is granted for an answer above the mean round-trip time.
    retransmission_slack_ms: u32,
    jitter_ms: u32,
    control: Outgoing,
    channels: Channels,
    acknowledgements: AckQueue,
    queue: SendQueue,
    /// A client's answer to the VERIFY_CONNECT and when it was given last, until the server acknowledges something.
    welcome: Option<(PendingAck, Millis)>,
    /// The unreliable packet that the throttle has let pass, by its stamp in the send queue.
    passed: u64,
    rtt: RttEstimator,
    loss: LossMeter,
    timer: RetransmissionTimer,
    recovery: Recovery,
    /// When a small command is to be sent a second time.
    second_due_at: Option<Millis>,
    send_window: SendWindow,
    unsequenced: UnsequencedWindow,
    unsequenced_groups: UnsequencedGroups,
    /// Reliable commands that were sent for the first time.
    sendings: u64,
    /// Commands in flight, control commands included.
    in_flight: usize,
    /// Reliable payload bytes in flight.
    in_flight_bytes: u32,
    pub(crate) traffic: Traffic,
}

/// What a connection begins with.
pub(crate) struct PeerSeed {
    pub(crate) id: PeerId,
    pub(crate) state: PeerState,
    pub(crate) address: SocketAddr,
    pub(crate) connect_id: [u8; 4],
    pub(crate) channel_count: u8,
    pub(crate) mtu: u16,
    pub(crate) window: u32,
    pub(crate) throttle: ThrottleConfig,
}

impl Peer {
    pub(crate) fn new(seed: PeerSeed, config: &HostConfig, now: Millis) -> Self {
        let bandwidth =
            Bandwidth { incoming: config.incoming_bandwidth, outgoing: config.outgoing_bandwidth };
        let mut timer = RetransmissionTimer::new(config.timeouts, now);
        timer.suspend(config.suspends_timeouts);
        Self {
            id: seed.id,
            state: seed.state,
            address: seed.address,
            number: seed.id.slot,
            connect_id: seed.connect_id,
            remote_id: None,
            incoming_session: 0,
            outgoing_session: 0,
            channel_count: seed.channel_count,
            mtu: seed.mtu,
            window: seed.window,
            remote_bandwidth: Bandwidth::default(),
            told_bandwidth: bandwidth,
            outgoing_bytes: 0,
            connect_data: 0,
            goodbye_data: 0,
            handshake_deadline: Some(now + u64::from(config.handshake_timeout_ms)),
            pings: Pings::new(config, seed.state == PeerState::Connecting, now),
            room: Room::new(config.maximum_waiting_data, config.maximum_packet_size),
            mailbox: Mailbox::default(),
            throttle: Throttle::new(seed.throttle),
            allowance: Allowance::new(config.rates, now),
            has_checksums: config.checksums,
            maximum_packet_size: config.maximum_packet_size,
            maximum_queued_data: config.maximum_queued_data,
            maximum_queued_unreliable: config.maximum_queued_unreliable,
            retransmission_slack_ms: config.retransmission_slack_ms,
            jitter_ms: config.throttle_jitter_ms,
            control: Outgoing::default(),
            channels: Channels::default(),
            acknowledgements: AckQueue::default(),
            queue: SendQueue::default(),
            welcome: None,
            passed: 0,
            rtt: RttEstimator::default(),
            loss: LossMeter::default(),
            recovery: Recovery::new(config.early_recovery),
            second_due_at: None,
            send_window: SendWindow::new(config.maximum_window),
            timer,
            unsequenced: UnsequencedWindow::default(),
            unsequenced_groups: UnsequencedGroups::default(),
            sendings: 0,
            in_flight: 0,
            in_flight_bytes: 0,
            traffic: Traffic::default(),
        }
    }

    /// The header of a datagram to this peer.
    pub(crate) fn header(&self, sent_time: Option<u16>) -> DatagramHeader {
        let session = if self.remote_id.is_some() { self.outgoing_session } else { 0 };
        DatagramHeader { peer: self.remote_id, session, compressed: false, sent_time }
    }

    /// What checksums of this connection are mixed with. A CONNECT, whose receiver does not know the token yet, has none.
    pub(crate) fn seed(&self) -> [u8; 4] {
        if self.remote_id.is_some() { self.connect_id } else { [0; 4] }
    }

    /// Queues a reliable command of the connection itself.
    pub(crate) fn queue_control(&mut self, body: Body<Bytes>) {
        let command = Command::control(self.control.assign_reliable(), body);
        self.outgoing_bytes += command.size() as u64;
        let stamp = self.queue.next_stamp();
        self.queue.push(Lane::Other, stamp, command);
    }

    /// Asks a remote that has been silent for a while whether it is there.
    pub(crate) fn queue_ping(&mut self) {
        self.mailbox.release();
        self.queue_control(Body::Ping);
    }

    /// A DISCONNECT that nobody acknowledges.
    pub(crate) fn farewell(&mut self, data: u32) -> Command<Bytes> {
        let sequence = self.control.assign_reliable();
        Command { wants_acknowledge: false, ..Command::control(sequence, Body::Disconnect { data }) }
    }

    pub(crate) fn queue_acknowledgement(&mut self, acknowledgement: PendingAck) {
        self.outgoing_bytes += 8;
        self.acknowledgements.push(acknowledgement);
    }

    pub(crate) fn take_acknowledgement(&mut self) -> Option<PendingAck> {
        self.acknowledgements.pop()
    }

    /// Keeps the answer to a VERIFY_CONNECT.
    pub(crate) fn keep_welcome(&mut self, now: Millis, answer: PendingAck) {
        self.welcome = Some((answer, now));
    }

    /// The answer to the VERIFY_CONNECT once more, beside whatever is about to be sent, for as long as the server may
    /// not have got it: before that it takes nothing else. Word for word, for a server may ask for just that. At most one
    /// each millisecond: where a datagram is full to the last byte, the next one must go without.
    pub(crate) fn welcome_again(&mut self, now: Millis) -> Option<PendingAck> {
        self.welcome = self.welcome.filter(|_| self.timer.last_acknowledged().is_none());
        let (answer, at) = self.welcome?;
        let is_due = now > at && (self.wants_to_transmit() || self.is_ping_due(now));
        if self.state != PeerState::Connected || !is_due {
            return None;
        }
        self.welcome = Some((answer, now));
        Some(answer)
    }

    /// Something has come from the remote.
    pub(crate) fn on_heard(&mut self, now: Millis) {
        self.timer.on_heard(now);
    }

    /// The remote has confirmed the VERIFY_CONNECT, which was the first control command; `sent_at`, if that is known.
    pub(crate) fn on_verified(&mut self, now: Millis, sent_at: Option<Millis>) {
        self.control.assign_reliable();
        self.timer.on_heard(now);
        self.timer.on_acknowledged(now);
        if let Some(sent_at) = sent_at {
            let sample = u32::try_from(now.since(sent_at)).unwrap_or(u32::MAX).max(1);
            self.throttle.on_sample(now, sample, &mut self.rtt, self.jitter_ms);
        }
    }

    /// Takes the acknowledgement of a command in. Returns what is left of it, if one was waiting.
    pub(crate) fn on_acknowledged(
        &mut self,
        now: Millis,
        channel: u8,
        number: Seq16,
        echo: u16,
    ) -> Option<Acknowledged> {
        let sent_at = rtt::sent_at(echo, now)?;
        self.timer.on_acknowledged(now);
        let acknowledged = self.retire(channel, number)?;
        // An acknowledgement of nothing (a repeated one, or a forged one) is a sign of life, but measures nothing.
        let sample = u32::try_from(now.since(sent_at)).unwrap_or(u32::MAX).max(1);
        self.throttle.on_sample(now, sample, &mut self.rtt, self.jitter_ms);
        self.send_window.on_answered(now, self.window, sent_at);
        if acknowledged.has_second && acknowledged.sent_at < sent_at {
            self.on_lost(now);
        }
        self.recovery.on_answered(now, sent_at);
        self.queue_overtaken(now);
        Some(acknowledged)
    }

    /// Forgets a reliable command because the remote has it.
    pub(crate) fn retire(&mut self, channel: u8, number: Seq16) -> Option<Acknowledged> {
        let outgoing = if channel == CONTROL_CHANNEL {
            &mut self.control
        } else {
            &mut self.channels.get_mut(channel)?.outgoing
        };
        let acknowledged = outgoing.take_acknowledged(number)?;
        if acknowledged.in_flight {
            self.in_flight -= 1;
            self.in_flight_bytes -= acknowledged.bytes;
        }
        if self.in_flight == 0 {
            self.timer.stop();
            self.recovery.clear();
            self.second_due_at = None;
        }
        Some(acknowledged)
    }

    /// Whether there may be something to put into a datagram.
    pub(crate) fn wants_to_transmit(&self) -> bool {
        !self.acknowledgements.is_empty() || !self.queue.is_empty()
    }

    /// Whether everything that was queued has been sent and, if reliable, acknowledged.
    pub(crate) fn is_drained(&self) -> bool {
        self.queue.is_empty() && self.in_flight == 0
    }

    /// Forgets everything that waits, in both directions. What the application has not yet taken stays.
    pub(crate) fn drop_queues(&mut self) {
        self.acknowledgements.clear();
        self.queue.clear();
        self.control.clear_outstanding();
        self.channels = Channels::default();
        self.timer.stop();
        self.recovery.clear();
        self.second_due_at = None;
        self.room.queued = 0;
        self.in_flight = 0;
        self.in_flight_bytes = 0;
    }

    /// Whether this side owes the remote no acknowledgement.
    pub(crate) fn owes_nothing(&self) -> bool {
        self.acknowledgements.is_empty()
    }

    /// Keeps the remote however silent it is, or no longer.
    pub(crate) fn suspend_timeouts(&mut self, suspended: bool) {
        self.timer.suspend(suspended);
    }

    pub(crate) fn set_timeouts(&mut self, timeouts: PeerTimeouts) {
        self.timer.timeouts = timeouts;
    }

    pub(crate) fn queued_bytes(&self) -> u64 {
        self.queue.bytes() as u64
    }
}

fn payload_length(command: &Command<Bytes>) -> u32 {
    command.payload_length()
}

/// Parts that the vectors test alone.
#[cfg(test)]
pub(crate) mod testing {
    pub(crate) use super::rtt::{RttEstimator, sent_at};
    pub(crate) use super::throttle::Throttle;
}
