//! One datagram in. Answers for `enet_protocol_handle_incoming_commands`.

use std::net::SocketAddr;

use super::half_open::Ticket;
use super::seal::Broken;
use super::{Host, list_mail};
use crate::channel::Admission;
use crate::event::{Event, PeerId};
use crate::peer::{Bandwidth, PeerState, PendingAck};
use crate::time::Millis;
use crate::wire::{Body, CONTROL_CHANNEL, Command, DatagramHeader};

/// What a peer may have waiting even while the host as a whole has reached its limit, in bytes: enough to go on, so
/// that a few peers that fill the host's memory cannot silence the rest.
const GUARANTEED_ROOM: usize = 128 << 10;

/// The rest of a datagram is not to be trusted.
pub(super) struct Rejected;

/// Why the rest of a datagram is not looked at.
enum Fault {
    /// What came next is no command at all, or the datagram of a stranger does not begin with a CONNECT.
    Unreadable,
    /// A command was malformed in its meaning, or not allowed.
    Rejected,
}

impl From<Rejected> for Fault {
    fn from(Rejected: Rejected) -> Self {
        Self::Rejected
    }
}

/// Whom a datagram is from.
#[derive(Clone, Copy)]
enum Sender {
    Peer(PeerId),
    /// A remote that asked to connect and has no peer slot yet.
    HalfOpen(Ticket),
    Stranger,
}

impl Host {
    /// Takes a datagram in. Returns the peer whose state it touched, if any. What is malformed or does not belong to a
    /// connection is counted and dropped.
    pub fn handle_datagram(&mut self, now: Millis, from: SocketAddr, datagram: &[u8]) -> Option<PeerId> {
        self.stats.received_datagrams += 1;
        self.stats.received_bytes += datagram.len() as u64;
        let Ok((header, commands)) = DatagramHeader::parse(datagram) else {
            self.stats.dropped_malformed += 1;
            return None;
        };
        let Ok(mut sender) = self.sender(&header, from) else {
            self.stats.dropped_unknown += 1;
            return None;
        };
        let seed = self.seed_of(sender);
        self.count_received(sender, datagram);
        // The plain commands may lie in the seal's own memory, so it is out of the host while they are handled.
        let mut seal = std::mem::take(&mut self.seal);
        match seal.open(&header, seed, commands) {
            Ok(commands) => {
                if let Err(fault) = self.handle_commands(now, from, &header, commands, &mut sender) {
                    self.count_fault(&fault, &header);
                }
            }
            Err(broken) => {
                self.count_broken(broken);
                sender = Sender::Stranger;
            }
        }
        self.seal = seal;
        self.stats.half_open = self.half_open.len() as u64;
        let Sender::Peer(peer) = sender else { return None };
        self.report_limits(peer);
        self.touch(peer);
        Some(peer)
    }

    fn count_broken(&mut self, broken: Broken) {
        match broken {
            Broken::Truncated => self.stats.dropped_malformed += 1,
            Broken::Compression => self.stats.dropped_compressed += 1,
            Broken::Checksum => self.stats.dropped_checksum += 1,
        }
    }

    /// What was compressed in another way may decompress all the same, to something that is no command.
    fn count_fault(&mut self, fault: &Fault, header: &DatagramHeader) {
        match fault {
            Fault::Unreadable if header.compressed => self.stats.dropped_compressed += 1,
            Fault::Unreadable if header.peer.is_none() => self.stats.dropped_unreadable += 1,
            _ => self.stats.rejected_commands += 1,
        }
    }

    /// Whom a header names. Nobody, as only a CONNECT may, is a stranger.
    fn sender(&self, header: &DatagramHeader, from: SocketAddr) -> Result<Sender, Rejected> {
        let Some(number) = header.peer else { return Ok(Sender::Stranger) };
        if let Some(peer) = self.peers.addressed(from, number).filter(|peer| !peer.state.is_dead()) {
            let is_session = peer.remote_id.is_none() || peer.incoming_session == header.session;
            return is_session.then_some(Sender::Peer(peer.id)).ok_or(Rejected);
        }
        let ticket = self.half_open.by_number(from, number).ok_or(Rejected)?;
        let is_session =
            self.half_open.get(ticket).is_some_and(|asked| asked.terms.outgoing_session == header.session);
        is_session.then_some(Sender::HalfOpen(ticket)).ok_or(Rejected)
    }

    fn count_received(&mut self, sender: Sender, datagram: &[u8]) {
        if let Sender::Peer(peer) = sender
            && let Some(peer) = self.peers.get_mut(peer)
        {
            peer.traffic.received_datagrams += 1;
            peer.traffic.received_bytes += datagram.len() as u64;
        }
    }

    /// What checksums of datagrams from this sender are mixed with.
    fn seed_of(&self, sender: Sender) -> [u8; 4] {
        let connect_id = match sender {
            Sender::Peer(peer) => self.peers.get(peer).map(|peer| peer.connect_id),
            Sender::HalfOpen(ticket) => self.half_open.get(ticket).map(|asked| asked.terms.connect_id),
            Sender::Stranger => None,
        };
        connect_id.unwrap_or_default()
    }

    fn handle_commands(
        &mut self,
        now: Millis,
        from: SocketAddr,
        header: &DatagramHeader,
        mut rest: &[u8],
        sender: &mut Sender,
    ) -> Result<(), Fault> {
        while !rest.is_empty() {
            let (command, behind) = match Command::parse(rest) {
                Ok(command) => command,
                // Godot compresses less than 16 bytes as 16, with zeros behind them.
                Err(_) if header.compressed && rest.iter().all(|&byte| byte == 0) => return Ok(()),
                Err(error) => {
                    log::trace!("{from}: {error}");
                    return Err(Fault::Unreadable);
                }
            };
            rest = behind;
            log::trace!("{from}: {command:?}");
            match (*sender, &command.body) {
                // Whatever follows in the datagram has no peer to belong to.
                (Sender::Stranger, Body::Connect(connect)) => {
                    return Ok(self.handle_connect(now, from, connect)?);
                }
                (Sender::Stranger, _) => return Err(Fault::Unreadable),
                (Sender::HalfOpen(ticket), _) => {
                    let id = self.handle_half_open(now, ticket, &command)?;
                    *sender = Sender::Peer(id);
                    self.acknowledge(now, id, &command, header.sent_time)?;
                }
                (Sender::Peer(id), _) => self.handle_command(now, id, &command, header.sent_time)?,
            }
        }
        Ok(())
    }

    fn handle_command(
        &mut self,
        now: Millis,
        id: PeerId,
        command: &Command<&[u8]>,
        sent_time: Option<u16>,
    ) -> Result<(), Fault> {
        match command.body {
            Body::Acknowledge { sequence, sent_time } => {
                self.handle_acknowledge(now, id, command.channel, sequence, sent_time)?;
            }
            Body::SendReliable { .. }
            | Body::SendUnreliable { .. }
            | Body::SendFragment(_)
            | Body::SendUnsequenced { .. }
            | Body::SendUnreliableFragment(_) => return self.handle_data(now, id, command, sent_time),
            _ if self.is_refused(now, id, command) => {
                self.show_presence(id, command, sent_time);
                return Ok(());
            }
            _ => self.handle_control(now, id, command, sent_time.is_some())?,
        }
        self.acknowledge(now, id, command, sent_time)
    }

    /// Whether a command of the connection itself is not to be taken in, because its peer sends more than its rates allow.
    /// That the peer leaves is not counted.
    fn is_refused(&mut self, now: Millis, id: PeerId, command: &Command<&[u8]>) -> bool {
        let Some(peer) = self.peers.get_mut(id).filter(|peer| peer.state.is_live()) else { return false };
        let is_refused = !matches!(command.body, Body::Disconnect { .. })
            && !peer.allowance.admits(now, 0, command.wants_acknowledge);
        self.stats.refused_for_rate += u64::from(is_refused);
        is_refused
    }

    /// The remote repeats what is not acknowledged, and gives up when nothing is. Acknowledging its ping, or once more what
    /// it knows to have arrived, tells it that this side is there, and only slow. Once for each datagram is enough.
    fn show_presence(&mut self, id: PeerId, command: &Command<&[u8]>, sent_time: Option<u16>) {
        let Some(sent_time) = sent_time.filter(|_| command.wants_acknowledge) else { return };
        let Some(peer) = self.peers.get_mut(id).filter(|peer| peer.owes_nothing()) else { return };
        let channel = command.channel;
        let sequence = match command.body {
            Body::Ping => command.sequence,
            _ if channel == CONTROL_CHANNEL => return,
            _ => peer.newest_delivered(channel),
        };
        peer.queue_acknowledgement(PendingAck { channel, sequence, sent_time, ends_connection: false });
    }

    /// Tells the application when a peer has come to a limit.
    fn report_limits(&mut self, peer: PeerId) {
        while let Some((limit, stage)) =
            self.peers.get_mut(peer).and_then(|state| state.allowance.take_news())
        {
            self.report(peer, Event::LimitReached { peer, limit, stage });
        }
    }

    fn handle_control(
        &mut self,
        now: Millis,
        id: PeerId,
        command: &Command<&[u8]>,
        has_time: bool,
    ) -> Result<(), Rejected> {
        let Some(peer) = self.peers.get_mut(id) else { return Err(Rejected) };
        peer.on_heard(now);
        let is_live = peer.state.is_live();
        match command.body {
            Body::VerifyConnect(ref terms) => self.handle_verify_connect(now, id, terms),
            Body::Disconnect { data } => {
                self.handle_disconnect(id, data, command.wants_acknowledge && has_time);
                Ok(())
            }
            Body::Ping if is_live => Ok(()),
            Body::BandwidthLimit { incoming, outgoing } if is_live => {
                peer.remote_bandwidth = Bandwidth { incoming, outgoing };
                self.bandwidth.note(peer.remote_bandwidth);
                peer.window = super::bandwidth::send_window(self.config.outgoing_bandwidth, incoming);
                Ok(())
            }
            Body::ThrottleConfigure { interval, acceleration, deceleration } if is_live => {
                peer.throttle.config =
                    crate::ThrottleConfig { interval_ms: interval, acceleration, deceleration };
                Ok(())
            }
            _ => Err(Rejected),
        }
    }

    /// Takes in what the application sent, and owes the remote an acknowledgement if it asks for one.
    fn handle_data(
        &mut self,
        now: Millis,
        id: PeerId,
        command: &Command<&[u8]>,
        sent_time: Option<u16>,
    ) -> Result<(), Fault> {
        let Self { peers, stats, config, waiting, mail, .. } = self;
        let Some(peer) = peers.get_mut(id) else { return Err(Fault::Rejected) };
        if !peer.state.is_live() {
            peer.on_heard(now);
            return Err(Fault::Rejected);
        }
        let is_crowded = *waiting >= config.maximum_total_waiting_data;
        let limit = config.maximum_waiting_data;
        let limit = if is_crowded { limit.min(GUARANTEED_ROOM) } else { limit };
        peer.room.set_limit(limit, config.maximum_packet_size);
        let before = peer.room.waiting();
        let mut admission = peer.admit(now, command);
        if admission == Admission::Handled {
            if !command.wants_acknowledge {
                stats.dropped_stale += peer.make_room();
            }
            admission = peer.receive(command, |packet| stats.count_received(packet));
        }
        *waiting = *waiting + peer.room.waiting() - before;
        list_mail(mail, peer);
        *match admission {
            Admission::Handled if command.wants_acknowledge => {
                peer.acknowledge_data(command, sent_time.ok_or(Rejected)?);
                return Ok(());
            }
            Admission::Handled => return Ok(()),
            Admission::Malformed => return Err(Fault::Rejected),
            Admission::NoRoom => &mut stats.refused_for_room,
            Admission::OutOfTurn => &mut stats.refused_out_of_turn,
            Admission::OverRate => &mut stats.refused_for_rate,
        } += 1;
        // What follows may close the gap that the room is full behind.
        self.show_presence(id, command, sent_time);
        Ok(())
    }

    /// Owes the remote an acknowledgement of a control command that asks for one, if the state allows it.
    fn acknowledge(
        &mut self,
        now: Millis,
        id: PeerId,
        command: &Command<&[u8]>,
        sent_time: Option<u16>,
    ) -> Result<(), Fault> {
        if !command.wants_acknowledge {
            return Ok(());
        }
        let sent_time = sent_time.ok_or(Rejected)?;
        let Some(peer) = self.peers.get_mut(id) else { return Ok(()) };
        let is_disconnect = matches!(command.body, Body::Disconnect { .. });
        let is_due = match peer.state {
            PeerState::Disconnecting | PeerState::Disconnected | PeerState::Zombie => false,
            PeerState::AcknowledgingDisconnect => is_disconnect,
            _ => peer.owes_acknowledgement(command.channel, command.sequence),
        };
        if is_due {
            let answer = PendingAck {
                channel: command.channel,
                sequence: command.sequence,
                sent_time,
                ends_connection: is_disconnect,
            };
            if matches!(command.body, Body::VerifyConnect(_)) {
                peer.keep_welcome(now, answer);
            }
            peer.queue_acknowledgement(answer);
        }
        Ok(())
    }
}
