//! Moving datagrams where the system moves one with each call.

use std::io;

use super::{Socket, batch::Slot};

/// Reading stops only when the system says that there is nothing: on some, that is what makes it tell of the next one.
pub(super) const MOST_IN: usize = 1;
pub(super) const MOST_OUT: usize = 1;
/// More than any UDP datagram holds.
pub(super) const LARGEST_MESSAGE: usize = 65_536;

/// Nothing.
#[derive(Debug)]
pub(super) struct Offload;

impl Offload {
    pub(super) fn of(_: &socket2::Socket) -> Self {
        Self
    }
}

pub(super) fn receive(socket: &Socket, slots: &mut [Slot]) -> io::Result<usize> {
    let Some(slot) = slots.first_mut() else { return Ok(0) };
    (slot.length, slot.remote) = socket.receive(&mut slot.bytes)?;
    slot.unit = slot.length;
    Ok(1)
}

pub(super) fn send(socket: &Socket, slots: &[Slot]) -> io::Result<usize> {
    let Some(slot) = slots.first() else { return Ok(0) };
    socket.send(slot.remote, &slot.bytes).map(|()| 1)
}
