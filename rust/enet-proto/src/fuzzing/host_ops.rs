//! An application that calls anything at any time.

use super::input::Input;
use super::setup::{Setup, Squeeze};
use super::world::World;
use crate::compress::Compressor;
use crate::config::{PeerTimeouts, ThrottleConfig};
use crate::event::PeerId;
use crate::packet::{Delivery, Packet};

/// Steps of one run at most.
const MOST_STEPS: usize = 200;
const REMOTES: u8 = 3;

/// Calls the methods of a host in the order, with the arguments and between the datagrams that the bytes say.
///
/// # Panics
/// The host's books do not balance, an event comes that cannot be, or a connection outlasts its peer.
pub fn host_ops(data: &[u8]) {
    let mut input = Input::new(data);
    let mut run = Run { world: World::new(&Setup::new(&mut input), REMOTES), peers: Vec::new() };
    for _ in 0..MOST_STEPS {
        if input.is_empty() {
            break;
        }
        run.step(&mut input);
        run.world.target.assert_sound();
    }
    run.world.outlast();
}

struct Run {
    world: World,
    /// Every connection there has been, so that stale ids are used too.
    peers: Vec<PeerId>,
}

impl Run {
    fn step(&mut self, input: &mut Input<'_>) {
        let kind = input.byte();
        match kind % 32 {
            0..=15 => self.network(kind % 16, input),
            16..=27 => self.call(kind % 32, input),
            _ => self.configure(kind % 32, input),
        }
        self.peers
            .extend(self.world.target.peers().filter(|peer| !self.peers.contains(peer)).collect::<Vec<_>>());
    }

    /// Time, and what goes to and fro.
    fn network(&mut self, kind: u8, input: &mut Input<'_>) {
        let remote = usize::from(input.byte() % REMOTES);
        match kind {
            0 | 1 => self.world.join(remote, input.choose(&[1, 2, 255])),
            2 | 3 => self.world.transmit(),
            4 | 5 => self.world.answer(remote),
            6 | 7 => self.world.deliver_one(remote),
            8 | 9 => self.world.settle(remote),
            10 => self.lose(remote),
            11 => self.repeat(remote),
            12 => self.world.pass(input.byte().into()),
            13 => self.world.pass(u64::from(input.word()) * 2),
            14 => self.world.take_events(1),
            _ => self.world.take_events(usize::MAX),
        }
    }

    fn lose(&mut self, remote: usize) {
        self.world.remotes[remote].to_target.pop_front();
        self.world.remotes[remote].to_remote.pop_front();
    }

    fn repeat(&mut self, remote: usize) {
        if let Some(datagram) = self.world.remotes[remote].to_target.front().cloned() {
            let from = self.world.remotes[remote].address;
            self.world.deliver(from, &datagram);
        }
    }

    /// The calls that concern a peer, which may be long gone.
    fn call(&mut self, kind: u8, input: &mut Input<'_>) {
        if kind == 16 || self.peers.is_empty() {
            self.world.reach_out(usize::from(input.byte() % REMOTES), input.choose(&[1, 3, 255]));
            return;
        }
        let peer = self.peers[usize::from(input.byte()) % self.peers.len()];
        let now = self.world.now;
        let target = &mut self.world.target;
        match kind {
            17..=19 => {
                let _ = target.send(peer, input.byte() % 4, packet(input));
            }
            20 => {
                target.broadcast(input.byte() % 4, &packet(input));
            }
            21 => target.ping(peer),
            22 => target.disconnect(now, peer, input.byte().into()),
            23 => target.disconnect_later(now, peer, input.byte().into()),
            24 => target.disconnect_now(now, peer, input.byte().into()),
            25 => target.reset(peer),
            26 => target.set_timeouts(peer, timeouts(input)),
            _ => target.set_ping_interval(peer, u32::from(input.word())),
        }
        self.world.on_let_go(peer);
    }

    /// The calls that concern the host, or the newest peer.
    fn configure(&mut self, kind: u8, input: &mut Input<'_>) {
        let target = &mut self.world.target;
        match kind {
            28 => target.set_bandwidth_limit(bandwidth(input), bandwidth(input)),
            29 => target.set_channel_limit(input.byte()),
            30 => {
                let coder = || -> Box<dyn Compressor> { Box::new(Squeeze) };
                target.set_compressor((input.byte() & 1 != 0).then(coder));
            }
            _ => {
                let Some(&peer) = self.peers.last() else { return };
                target.configure_throttle(peer, throttle(input));
            }
        }
    }
}

fn packet(input: &mut Input<'_>) -> Packet {
    let delivery = input.choose(&[
        Delivery::Reliable,
        Delivery::Unreliable,
        Delivery::Unsequenced,
        Delivery::UnreliableFragmented,
        Delivery::UnsequencedFragmented,
    ]);
    let size = input.byte();
    // Mostly small, up to a dozen of datagrams.
    Packet::new(vec![size; usize::from(size) * usize::from(size) / 4], delivery)
}

/// Never more than a minute, so that the run can outlast every connection.
fn timeouts(input: &mut Input<'_>) -> PeerTimeouts {
    PeerTimeouts {
        limit: input.choose(&[0, 1, 32, u32::MAX]),
        minimum_ms: input.word().into(),
        maximum_ms: input.word().into(),
    }
}

fn bandwidth(input: &mut Input<'_>) -> u32 {
    input.choose(&[0, 1, 1000, 100_000, u32::MAX])
}

fn throttle(input: &mut Input<'_>) -> ThrottleConfig {
    ThrottleConfig {
        interval_ms: input.choose(&[0, 1, 5000, u32::MAX]),
        acceleration: input.choose(&[0, 2, u32::MAX]),
        deceleration: input.choose(&[0, 2, u32::MAX]),
    }
}
