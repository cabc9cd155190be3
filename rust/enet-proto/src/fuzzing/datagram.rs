//! Datagrams into a live host, as they come off a socket.

use std::net::SocketAddr;

use super::input::Input;
use super::setup::{Setup, Squeeze};
use super::world::World;
use crate::event::PeerId;
use crate::host::testing::Seal;
use crate::packet::{Delivery, Packet};
use crate::wire::DatagramHeader;

/// Datagrams that one run handles at most.
const MOST_STEPS: usize = 100;
/// Where strangers come from.
const STRANGER: ([u8; 4], u16) = ([192, 0, 2, 1], 9);

/// Makes a connection, in either role and up to any point of its life, and then datagrams of the bytes: from the peer,
/// with a header and a seal that the host accepts, or damaged as they are.
///
/// # Panics
/// The host's books do not balance, an event comes that cannot be, or a connection outlasts its peer.
pub fn datagram(data: &[u8]) {
    let mut input = Input::new(data);
    let setup = Setup::new(&mut input);
    let mut run = Run::new(&setup, input.byte());
    for _ in 0..MOST_STEPS {
        if input.is_empty() {
            break;
        }
        run.step(&mut input);
    }
    run.world.outlast();
}

struct Run {
    world: World,
    /// The connection that the datagrams are for; after its end they are for nobody.
    peer: Option<PeerId>,
    /// Seals datagrams as the remote would.
    seal: Seal,
    /// The application leaves its events where they are.
    is_lazy: bool,
}

impl Run {
    fn new(setup: &Setup, stage: u8) -> Self {
        let mut world = World::new(setup, 1);
        if stage & 1 == 0 {
            world.join(0, 3);
            world.answer(0);
            world.deliver_one(0);
        } else {
            world.reach_out(0, 3);
        }
        // Both roles can be met before the last datagram of their handshake.
        if stage & 2 == 0 {
            world.settle(0);
        }
        let peer = world.target.peers().next();
        if stage & 2 == 0 {
            world.take_events(usize::MAX);
        }
        if let Some(peer) = peer.filter(|_| stage & 4 != 0) {
            world.target.disconnect(world.now, peer, 1);
            world.on_let_go(peer);
            world.transmit();
        }
        let mut seal = Seal::new(setup.config.checksums);
        if setup.is_compressed {
            seal.compressor = Some(Box::new(Squeeze));
        }
        Self { world, peer, seal, is_lazy: stage & 8 != 0 }
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let from = self.world.remotes[0].address;
        match input.byte() % 8 {
            0 | 1 => self.sealed(from, input.slice()),
            2 => self.world.deliver(from, input.slice()),
            3 => self.world.deliver(STRANGER.into(), input.slice()),
            4 => self.compressed(from, input.slice()),
            5 => self.world.pass(u64::from(input.byte()) * 40),
            6 => self.world.settle(0),
            _ => self.send(input.byte(), input.byte()),
        }
        self.world.transmit();
        if !self.is_lazy {
            self.world.take_events(usize::MAX);
        }
    }

    /// The header of a datagram that belongs to the connection, and what its checksum is mixed with.
    fn header(&self) -> Option<(DatagramHeader, [u8; 4])> {
        let peer = self.world.target.peers.get(self.peer?)?;
        let [low, high, ..] = self.world.now.0.to_le_bytes();
        let header = DatagramHeader {
            peer: Some(peer.number),
            session: peer.incoming_session,
            compressed: false,
            sent_time: Some(u16::from_le_bytes([low, high])),
        };
        Some((header, peer.connect_id))
    }

    /// Commands in a datagram as the remote would send it; a new connection if there is none.
    fn sealed(&mut self, from: SocketAddr, commands: &[u8]) {
        let nobody = DatagramHeader { peer: None, session: 0, compressed: false, sent_time: Some(0) };
        let (header, seed) = self.header().unwrap_or((nobody, [0; 4]));
        let mut datagram = Vec::new();
        self.seal.close(header, seed, commands, &mut datagram);
        self.world.deliver(from, &datagram);
    }

    /// A datagram of the connection that claims to be compressed.
    fn compressed(&mut self, from: SocketAddr, stream: &[u8]) {
        let Some((header, _)) = self.header() else { return };
        let mut datagram = Vec::new();
        DatagramHeader { compressed: true, ..header }.emit(&mut datagram);
        datagram.extend_from_slice(stream);
        self.world.deliver(from, &datagram);
    }

    /// The application sends something, so that there is something to acknowledge.
    fn send(&mut self, kind: u8, size: u8) {
        let Some(peer) = self.peer else { return };
        let delivery = [Delivery::Reliable, Delivery::Unreliable, Delivery::UnreliableFragmented];
        let packet = Packet::new(
            vec![size; usize::from(size) * 16],
            delivery[usize::from(kind >> 2) % delivery.len()],
        );
        let _ = self.world.target.send(peer, kind & 3, packet);
    }
}
