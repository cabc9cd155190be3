//! What the C probe does, done by our client: packets of every kind and size to a server that echoes, and a check
//! of what comes back.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use enet_driver::{
    HostEvent, HostHandle, PeerLink,
    enet_proto::{Delivery, Packet, PeerId},
};

use crate::{
    ours,
    probe::{Extent, PROBE_PATIENCE, SIZES},
};

/// The channels that a series uses.
pub(crate) const CHANNELS: u8 = 3;

const KINDS: [Delivery; 5] = [
    Delivery::Reliable,
    Delivery::Unreliable,
    Delivery::Unsequenced,
    Delivery::UnreliableFragmented,
    Delivery::UnsequencedFragmented,
];

/// How long nothing must arrive before what is missing is taken for lost.
const QUIET: Duration = Duration::from_millis(100);

/// A packet that was sent. Its id is its place in the list.
struct Sent {
    length: usize,
    delivery: Delivery,
    arriving: Delivery,
    channel: u8,
    is_wanted: bool,
    is_echoed: bool,
}

/// One run over an established connection.
pub(crate) struct Series<'a> {
    host: &'a HostHandle,
    peer: PeerId,
    link: Arc<PeerLink>,
    extent: Extent,
    sent: Vec<Sent>,
    newest_unreliable: [usize; CHANNELS as usize],
}

impl<'a> Series<'a> {
    pub(crate) fn new(host: &'a HostHandle, peer: PeerId, link: Arc<PeerLink>, extent: Extent) -> Self {
        Self { host, peer, link, extent, sent: Vec::new(), newest_unreliable: [0; CHANNELS as usize] }
    }

    /// Sends everything; returns when all that was wanted came back.
    #[track_caller]
    pub(crate) fn run(mut self) {
        for (number, length) in SIZES.into_iter().enumerate() {
            if self.extent.has(length) {
                self.run_volley(number, length);
            }
        }
    }

    #[track_caller]
    fn run_volley(&mut self, number: usize, length: usize) {
        let first = self.sent.len();
        let kinds = if length <= self.extent.largest { &KINDS[..] } else { &KINDS[..1] };
        let copies = if length < 2000 { 4 } else { 1 };
        let channels = (0..CHANNELS).cycle().skip(number % usize::from(CHANNELS));
        for (&delivery, channel) in kinds.iter().cycle().take(copies * kinds.len()).zip(channels) {
            self.send(length, delivery, channel);
        }
        let deadline = Instant::now() + PROBE_PATIENCE;
        let mut last = Instant::now();
        while self.missing(first).next().is_some() {
            if self.receive() {
                last = Instant::now();
            }
            assert!(Instant::now() < deadline, "packets of {length} bytes did not come back");
            let only_unreliable = self.missing(first).all(|id| self.sent[id].arriving != Delivery::Reliable);
            if last.elapsed() > QUIET && only_unreliable {
                self.repeat_missing(first);
                last = Instant::now();
            }
        }
    }

    fn missing(&self, first: usize) -> impl Iterator<Item = usize> {
        (first..self.sent.len()).filter(|&id| self.sent[id].is_wanted && !self.sent[id].is_echoed)
    }

    #[track_caller]
    fn send(&mut self, length: usize, delivery: Delivery, channel: u8) {
        let arriving = self.arriving(delivery, length);
        let is_wanted = arriving == Delivery::Reliable || length <= self.extent.unreliable_limit;
        let packet = Packet::new(payload(self.sent.len(), length), delivery);
        self.sent.push(Sent { length, delivery, arriving, channel, is_wanted, is_echoed: false });
        ours::send(self.host, self.peer, channel, &packet);
    }

    /// Sends what was lost again, as new packets.
    #[track_caller]
    fn repeat_missing(&mut self, first: usize) {
        for id in self.missing(first).collect::<Vec<_>>() {
            let Sent { length, delivery, channel, ref mut is_wanted, .. } = self.sent[id];
            *is_wanted = false;
            self.send(length, delivery, channel);
        }
    }

    /// How a packet arrives: what needs fragments is sent reliably, unless it must not be.
    fn arriving(&self, delivery: Delivery, length: usize) -> Delivery {
        let needs_fragments = length + self.extent.fragment_overhead > self.link.stats().mtu as usize;
        match (delivery, needs_fragments) {
            (Delivery::Reliable, _) | (Delivery::Unreliable | Delivery::Unsequenced, true) => {
                Delivery::Reliable
            }
            (Delivery::Unreliable | Delivery::UnreliableFragmented, false) => Delivery::Unreliable,
            (Delivery::Unsequenced | Delivery::UnsequencedFragmented, false) => Delivery::Unsequenced,
            (Delivery::UnreliableFragmented | Delivery::UnsequencedFragmented, true) => {
                Delivery::UnreliableFragmented
            }
        }
    }

    /// Checks everything that waits, or waits a moment. True if something arrived.
    #[track_caller]
    fn receive(&mut self) -> bool {
        let mut has_received = false;
        while let Some(event) = self.host.poll_event() {
            match event {
                HostEvent::Received { peer, channel, packet } if peer == self.peer => {
                    self.check(channel, &packet)
                }
                other => panic!("unexpected: {other:?}"),
            }
            has_received = true;
        }
        if !has_received {
            std::thread::sleep(Duration::from_millis(1));
        }
        has_received
    }

    #[track_caller]
    fn check(&mut self, channel: u8, packet: &Packet) {
        let length = packet.data.len();
        let id = self.identify(channel, packet).expect("what arrives was sent");
        assert!(self.is_open(id, channel, packet.delivery), "packet {id} came twice or changed: {packet:?}");
        assert_eq!(length, self.sent[id].length, "packet {id}");
        assert!(
            packet.data == payload(id, length),
            "packet {id} has wrong bytes or is out of order: {packet:?}"
        );
        let is_sequenced = matches!(packet.delivery, Delivery::Unreliable | Delivery::UnreliableFragmented);
        if is_sequenced && length >= ID_BYTES {
            let newest = &mut self.newest_unreliable[usize::from(channel)];
            assert!(id >= *newest, "packet {id} is late: {newest} came before it");
            *newest = id;
        }
        self.sent[id].is_echoed = true;
    }

    /// Which packet this must be. Those too short for an id are all alike; the newest missing one, which may be
    /// wanted, is taken before those that were given up.
    fn identify(&self, channel: u8, packet: &Packet) -> Option<usize> {
        let mut ids = 0..self.sent.len();
        if packet.delivery == Delivery::Reliable {
            return ids.find(|&id| self.is_open(id, channel, Delivery::Reliable));
        }
        match packet.data.first_chunk() {
            Some(&id) => usize::try_from(u32::from_be_bytes(id)).ok().filter(|id| ids.contains(id)),
            None => ids.rfind(|&id| {
                self.is_open(id, channel, packet.delivery) && self.sent[id].length == packet.data.len()
            }),
        }
    }

    fn is_open(&self, id: usize, channel: u8, arriving: Delivery) -> bool {
        let sent = &self.sent[id];
        !sent.is_echoed && sent.channel == channel && sent.arriving == arriving
    }
}

const ID_BYTES: usize = 4;

/// The id, if there is room for it, then bytes that depend on it: of 16 values, so that they can be compressed.
fn payload(id: usize, length: usize) -> Vec<u8> {
    let id = u32::try_from(id).expect("a series is short");
    let mut state = if length < ID_BYTES { 1 } else { id.wrapping_add(1) };
    let mut bytes: Vec<u8> = (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0] >> 4
        })
        .collect();
    if let Some(head) = bytes.first_chunk_mut() {
        *head = id.to_be_bytes();
    }
    bytes
}
