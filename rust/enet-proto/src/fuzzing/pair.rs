//! Two hosts and a link between them that does its worst.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::input::Input;
use super::setup::Setup;
use super::world::BEFORE_WRAP;
use crate::event::{DisconnectReason, Event, PeerId};
use crate::host::Host;
use crate::packet::{Delivery, Packet};
use crate::time::Millis;

/// Steps of one run at most.
const MOST_STEPS: usize = 300;
/// Bytes that one run sends at most.
const MOST_BYTES: usize = 100_000;
/// Datagrams under way in one direction; what comes then is lost.
const MOST_UNDER_WAY: usize = 256;
const CHANNELS: u8 = 3;

/// Two connected hosts exchange packets; the bytes say which, and what becomes of every datagram: it arrives, is lost,
/// arrives twice, late, or (where there are checksums) damaged. In the end the link is a perfect one.
///
/// # Panics
/// A reliable packet does not arrive, arrives twice, out of order or changed; an unreliable one arrives twice or too
/// late; the hosts' books do not balance; or a connection ends for no reason or in different ways.
pub fn pair(data: &[u8]) {
    let mut input = Input::new(data);
    let mut run = Run::new(&mut input);
    for _ in 0..MOST_STEPS {
        if input.is_empty() || run.is_over() {
            break;
        }
        run.step(&mut input);
    }
    run.finish();
}

struct Run {
    now: Millis,
    ends: [End; 2],
    has_checksums: bool,
    /// Numbers the packets of a run.
    next: u32,
    bytes_left: usize,
}

/// One of the hosts, and what is on its way to it.
struct End {
    host: Host,
    address: SocketAddr,
    peer: Option<PeerId>,
    arriving: VecDeque<Vec<u8>>,
    /// What the other end has sent to it, by channel.
    channels: [Expected; CHANNELS as usize],
    ended: Option<DisconnectReason>,
}

#[derive(Default)]
struct Expected {
    /// Reliable packets not yet received.
    reliable: VecDeque<Vec<u8>>,
    /// Numbers of the other packets that may still be received.
    loose: Vec<u32>,
    /// The newest number received of all packets that keep their order.
    newest: Option<u32>,
}

impl Run {
    fn new(input: &mut Input<'_>) -> Self {
        let mut setup = Setup::new(input);
        // What one end may send the other has to take, or it would be asked for in vain.
        setup.config.maximum_packet_size = 1 << 20;
        let numbers = input.byte();
        let end = |number: u8, host: Host| End {
            host,
            address: SocketAddr::from(([10, 0, 0, number], 7777)),
            peer: None,
            arriving: VecDeque::new(),
            channels: Default::default(),
            ended: None,
        };
        let mut run = Self {
            now: BEFORE_WRAP,
            ends: [end(1, setup.remote(3)), end(2, setup.host())],
            has_checksums: setup.config.checksums,
            next: 0,
            bytes_left: MOST_BYTES,
        };
        run.meet();
        if numbers & 1 != 0 && !run.is_over() {
            run.begin_before_the_wrap(u16::MAX - u16::from(numbers >> 1));
        }
        run
    }

    fn meet(&mut self) {
        let to = self.ends[1].address;
        let peer = self.ends[0].host.connect(self.now, to, CHANNELS, 0);
        self.ends[0].peer = Some(peer.expect("a new host has a free slot"));
        for _ in 0..4 {
            self.exchange();
        }
        let connected = self.ends.iter().all(|end| end.peer.is_some() && end.ended.is_none());
        assert!(connected, "over a perfect link there is a connection");
    }

    /// Both ends count as if `number` packets had been exchanged on every channel.
    fn begin_before_the_wrap(&mut self, number: u16) {
        for end in &mut self.ends {
            let Some(peer) = end.peer.and_then(|peer| end.host.peers.get_mut(peer)) else { continue };
            for channel in 0..CHANNELS {
                peer.set_last_numbers(channel, number, 0, number);
                peer.set_newest_delivered(channel, number);
            }
            peer.set_unsequenced_base(number);
        }
    }

    fn is_over(&self) -> bool {
        self.ends.iter().any(|end| end.ended.is_some())
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let kind = input.byte();
        let end = usize::from(kind >> 3 & 1);
        match kind % 8 {
            0 | 1 => self.send(end, kind >> 4, input),
            2 => self.pass(u64::from(input.byte()) * if kind & 8 == 0 { 1 } else { 40 }),
            3 if kind & 0x80 != 0 => self.exchange(),
            3 => self.arrive(end, usize::from(kind >> 4 & 7)),
            4 => drop(self.ends[end].arriving.pop_front()),
            5 => {
                let again = self.ends[end].arriving.front().cloned();
                self.ends[end].arriving.extend(again);
            }
            6 => {
                let late = self.ends[end].arriving.pop_front();
                self.ends[end].arriving.extend(late);
            }
            _ => self.damage(end, input),
        }
        self.transmit();
    }

    fn send(&mut self, from: usize, channel: u8, input: &mut Input<'_>) {
        let channel = channel % CHANNELS;
        let delivery = input.choose(&[
            Delivery::Reliable,
            Delivery::Reliable,
            Delivery::Unreliable,
            Delivery::Unsequenced,
            Delivery::UnreliableFragmented,
            Delivery::UnsequencedFragmented,
        ]);
        let size = usize::from(input.byte());
        // From nothing to a dozen datagrams; what is not reliable has to tell its number.
        let size = (size * size / 4).max(if delivery == Delivery::Reliable { 0 } else { 4 });
        let Some(peer) = self.ends[from].peer.filter(|_| size <= self.bytes_left) else { return };
        let data = self.payload(size);
        if self.ends[from].host.send(peer, channel, Packet::new(data.clone(), delivery)).is_ok() {
            self.bytes_left -= size;
            let expected = &mut self.ends[1 - from].channels[usize::from(channel)];
            if delivery == Delivery::Reliable {
                expected.reliable.push_back(data);
            } else {
                expected.loose.push(self.next);
            }
        }
    }

    /// The next number, and a pattern that depends on it: every other one can be compressed.
    fn payload(&mut self, size: usize) -> Vec<u8> {
        self.next += 1;
        let number = self.next.to_be_bytes();
        let last = if self.next.is_multiple_of(2) { number[3] } else { u8::MAX };
        let pattern = (number[3]..=last).cycle();
        number.into_iter().chain(pattern).take(size).collect()
    }

    /// Up to `most` more datagrams reach a host, besides the oldest.
    fn arrive(&mut self, end: usize, most: usize) {
        let from = self.ends[1 - end].address;
        let now = self.now;
        let End { host, arriving, .. } = &mut self.ends[end];
        for datagram in arriving.drain(..arriving.len().min(most + 1)) {
            host.handle_datagram(now, from, &datagram);
            host.assert_sound();
        }
        self.ends[end].take_events();
    }

    /// The oldest datagram is damaged, or lost where nobody would notice the damage.
    fn damage(&mut self, end: usize, input: &mut Input<'_>) {
        let (place, bits) = (usize::from(input.word()), input.byte() | 1);
        let Some(mut datagram) = self.ends[end].arriving.pop_front().filter(|_| self.has_checksums) else {
            return;
        };
        let place = place % datagram.len();
        datagram[place] ^= bits;
        self.ends[end].arriving.push_front(datagram);
    }

    fn transmit(&mut self) {
        for from in 0..2 {
            let mut datagram = Vec::new();
            let End { host, .. } = &mut self.ends[from];
            let mtu = usize::from(host.config().mtu);
            let mut sent = Vec::new();
            while host.poll_transmit(self.now, &mut datagram).is_some() {
                assert!(datagram.len() <= mtu, "{} bytes", datagram.len());
                sent.push(datagram.clone());
                assert!(sent.len() < 10_000, "a storm");
            }
            host.assert_sound();
            host.assert_drained();
            let arriving = &mut self.ends[1 - from].arriving;
            sent.truncate(MOST_UNDER_WAY.saturating_sub(arriving.len()));
            arriving.append(&mut sent.into());
            self.ends[from].take_events();
        }
    }

    /// Everything arrives, once each way.
    fn exchange(&mut self) {
        for end in [1, 0] {
            self.transmit();
            self.arrive(end, MOST_UNDER_WAY);
        }
        self.transmit();
    }

    fn pass(&mut self, ms: u64) {
        self.now = self.now + ms;
        for end in &mut self.ends {
            end.host.handle_timeout(self.now);
            end.host.assert_sound();
            end.take_events();
        }
    }

    /// Time passes up to the next deadline.
    fn pass_on(&mut self) {
        let deadlines = self.ends.iter().filter_map(|end| end.host.poll_timeout());
        let next = deadlines.min().unwrap_or(self.now);
        self.pass(next.since(self.now).max(1));
    }

    /// The link is a perfect one from here on: everything arrives, then one end says goodbye.
    fn finish(&mut self) {
        self.drive(|run| run.ends.iter().all(End::has_everything));
        if !self.is_over()
            && let Some(peer) = self.ends[0].peer
        {
            self.ends[0].host.disconnect_later(self.now, peer, 42);
        }
        self.drive(|run| run.ends.iter().all(|end| end.ended.is_some()));
        match [self.ends[0].ended, self.ends[1].ended] {
            [Some(DisconnectReason::Local), Some(DisconnectReason::Remote(42))] => {}
            // One end had given up while the link was bad, and the other learnt it by the silence.
            [Some(DisconnectReason::TimedOut), Some(DisconnectReason::TimedOut)] => {}
            other => panic!("ended by {other:?}"),
        }
        assert!(self.ends.iter().all(|end| end.host.peers().next().is_none()), "a peer outlasts its end");
    }

    /// Exchanges until `is_done`, or until a connection has ended that could not be kept.
    fn drive(&mut self, is_done: impl Fn(&Self) -> bool) {
        for _ in 0..20_000 {
            self.exchange();
            if is_done(self) || self.ends.iter().all(|end| end.ended.is_some()) {
                return;
            }
            self.pass_on();
        }
        panic!("nothing comes of it any more");
    }
}

impl End {
    fn take_events(&mut self) {
        while let Some(event) = self.host.poll_event() {
            assert!(self.ended.is_none(), "{event:?} after the end");
            match event {
                Event::Connected { peer, .. } => self.peer = Some(peer),
                Event::Disconnected { reason, .. } => self.ended = Some(reason),
                Event::LimitReached { .. } => {}
                Event::Received { channel, packet, .. } => self.channels[usize::from(channel)].take(&packet),
            }
        }
        self.host.assert_sound();
    }

    /// Everything that must arrive has arrived, and everything that was sent is known to have.
    fn has_everything(&self) -> bool {
        let stats = self.peer.and_then(|peer| self.host.peer_stats(peer));
        let is_idle = stats.is_none_or(|stats| stats.queued_bytes == 0 && stats.in_flight_bytes == 0);
        is_idle && self.channels.iter().all(|channel| channel.reliable.is_empty())
    }
}

impl Expected {
    /// A packet has arrived.
    fn take(&mut self, packet: &Packet) {
        let number = packet.data.first_chunk().map(|&number| u32::from_be_bytes(number));
        let is_unreliable = number.and_then(|number| self.loose.iter().position(|&loose| loose == number));
        if let Some(place) = is_unreliable {
            self.loose.remove(place);
        } else {
            let expected = self.reliable.pop_front();
            assert!(
                expected.is_some_and(|expected| expected == packet.data),
                "not the packet whose turn it is"
            );
        }
        let keeps_order = matches!(packet.delivery, Delivery::Reliable | Delivery::Unreliable);
        if let Some(number) = number.filter(|_| keeps_order) {
            assert!(self.newest < Some(number), "packet {number} is late");
            self.newest = Some(number);
        }
    }
}
