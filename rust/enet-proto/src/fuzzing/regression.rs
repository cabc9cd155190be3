//! What a fuzzer once broke something with, in the words of the protocol.

use bytes::Bytes;

use super::input::Input;
use super::setup::Setup;
use super::world::World;
use crate::peer::PeerState;
use crate::seq::Seq16;
use crate::wire::{Body, Command, DatagramHeader};

/// A reliable packet on a channel, as the remote sends it.
fn packet(channel: u8, number: u16, length: usize) -> Command<Bytes> {
    let payload = vec![7; length].into();
    Command {
        channel,
        sequence: Seq16(number),
        wants_acknowledge: true,
        body: Body::SendReliable { payload },
    }
}

/// The room is full with what waits behind a gap, and the packet that closes it always comes behind one that is refused:
/// both waited for ever. Found by `pair`.
#[test]
fn what_is_refused_does_not_take_the_rest_of_its_datagram_along() {
    // Everything by default but `maximum_waiting_data`, which is 2000.
    let setup = Setup::new(&mut Input::new(&[0, 1 << 2]));
    let mut world = World::new(&setup, 1);
    world.join(0, 2);
    world.settle(0);
    world.take_events(1);
    let (from, now) = (world.remotes[0].address, world.now);
    let peer = world.target.peers.iter().next().expect("a remote has joined");
    let header = DatagramHeader {
        peer: Some(0),
        session: peer.incoming_session,
        compressed: false,
        sent_time: Some(0),
    };
    let mut send = |commands: &[Command<Bytes>]| {
        let mut datagram = Vec::new();
        header.emit(&mut datagram);
        commands.iter().for_each(|command| command.emit(&mut datagram));
        world.target.handle_datagram(now, from, &datagram);
    };
    send(&[packet(0, 2, 2000)]);
    send(&[packet(1, 2, 10), packet(0, 1, 10)]);
    let stats = world.target.stats();
    assert_eq!((stats.refused_for_room, stats.rejected_commands), (1, 0));
    assert_eq!(stats.received_reliable_packets, 2);
}

/// A remote whose number was taken by somebody else has another slot; when that number's slot is free again, and this
/// side connects to the same remote, each connection has to keep its own datagrams. Found by `half_open`.
#[test]
fn a_connection_each_way_between_two_addresses_are_told_apart() {
    for free in 0..3 {
        // Everything by default but the number of peers, which is 3.
        let setup = Setup::new(&mut Input::new(&[2 << 4, 0]));
        let mut world = World::new(&setup, 2);
        world.join(0, 2);
        world.answer(0);
        world.deliver_one(0);
        world.transmit();
        let others: Vec<_> = (0..3).map(|_| world.reach_out(1, 2).expect("three slots are free")).collect();
        world.target.reset(others[free]);
        world.settle(0);
        others.iter().for_each(|&other| world.target.reset(other));
        assert_eq!(world.target.peers().count(), 1, "the remote is in the one free slot");
        world.reach_out(0, 2).expect("two slots are free");
        world.settle(0);
        let states: Vec<_> = world.target.peers().map(|peer| world.target.peer_state(peer)).collect();
        assert_eq!(states, [PeerState::Connected; 2]);
    }
}
