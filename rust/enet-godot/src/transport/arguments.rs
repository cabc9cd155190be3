//! What scripts pass to the transport classes: ranges, and the message for what is out of them.

use std::net::IpAddr;

use enet_driver::enet_proto::{Delivery, Packet};
use enet_driver::{CommandError, StartError};
use godot::global::Error;
use godot::prelude::*;

use super::host::Terms;
use super::mode;
use crate::limits;
use crate::outgoing::{MAXIMUM_PACKET_SIZE, misuse};

/// An error that the game made. Reports it.
pub(crate) fn invalid(message: &str) -> Error {
    misuse(Error::ERR_INVALID_PARAMETER, message)
}

/// Tells the game why a connection was not encrypted, and so not made.
pub(crate) fn report_insecure(reason: Option<&str>) {
    if let Some(reason) = reason {
        misuse(Error::ERR_CONNECTION_ERROR, &format!("No encrypted connection: {reason}."));
    }
}

/// A UDP port of at least `first`.
pub(crate) fn port(port: i64, first: u16) -> Result<u16, Error> {
    u16::try_from(port)
        .ok()
        .filter(|&port| port >= first)
        .ok_or_else(|| invalid(&format!("{port} is not a UDP port. Use a number from {first} to 65535.")))
}

/// The local address to bind; `None` is every interface.
pub(crate) fn bind_address(address: &str) -> Result<Option<IpAddr>, Error> {
    if address == "*" {
        return Ok(None);
    }
    address.parse().map(Some).map_err(|_| {
        invalid(&format!(
            "\"{address}\" is not an IP address to bind. Use an IPv4 or IPv6 address, or \"*\"."
        ))
    })
}

/// Everything about a host but where it is bound.
pub(crate) fn terms(
    bind: Option<IpAddr>,
    port: u16,
    peers: i64,
    channels: i64,
    bandwidth: (i64, i64),
) -> Result<Terms, Error> {
    let peers = usize::try_from(peers)
        .ok()
        .filter(|peers| (1..=MOST_PEERS).contains(peers))
        .ok_or_else(|| invalid(&format!("A host has 1 to {MOST_PEERS} peers, not {peers}.")))?;
    let channels = u8::try_from(channels)
        .map_err(|_| invalid(&format!("A host has 0 to 255 channels, not {channels}.")))?;
    let incoming_bandwidth = bandwidth_limit(bandwidth.0, "in_bandwidth")?;
    let outgoing_bandwidth = bandwidth_limit(bandwidth.1, "out_bandwidth")?;
    let channels = if channels == 0 { u8::MAX } else { channels };
    let suspends_timeouts = limits::suspends_timeouts();
    Ok(Terms { bind, port, peers, channels, incoming_bandwidth, outgoing_bandwidth, suspends_timeouts })
}

/// Bytes a second. What is too large to be told to the remote is no limit worth mentioning.
pub(crate) fn bandwidth_limit(bytes: i64, argument: &str) -> Result<u32, Error> {
    match bytes {
        0.. => Ok(u32::try_from(bytes).unwrap_or(u32::MAX)),
        _ => Err(invalid(&format!("\"{argument}\" is a number of bytes a second, 0 or more, not {bytes}."))),
    }
}

/// A time or a number of steps.
pub(crate) fn setting(value: i64, argument: &str) -> Result<u32, Error> {
    u32::try_from(value)
        .map_err(|_| invalid(&format!("\"{argument}\" must be 0 to 4294967295, not {value}.")))
}

/// What an ENet CONNECT or DISCONNECT carries: the low 32 bits.
pub(crate) fn word(data: i64) -> u32 {
    u32::try_from(data & 0xFFFF_FFFF).unwrap_or_default()
}

/// How a packet with these `FLAG_*` travels.
pub(crate) fn delivery(flags: i64) -> Result<Delivery, Error> {
    mode::delivery(flags)
        .ok_or_else(|| invalid(&format!("{flags} is not a combination of FLAG_* of a packet peer.")))
}

/// The packet that carries `data`, if it is not too large.
pub(crate) fn packet(data: impl Into<bytes::Bytes>, delivery: Delivery) -> Result<Packet, Error> {
    let packet = Packet::new(data, delivery);
    if packet.data.len() > MAXIMUM_PACKET_SIZE {
        let length = packet.data.len();
        return Err(misuse(
            Error::FAILED,
            &format!("A packet of {length} bytes is too large: the limit is {MAXIMUM_PACKET_SIZE}."),
        ));
    }
    Ok(packet)
}

/// What to tell the script when a host was not opened.
pub(crate) fn not_opened(error: &StartError) -> Error {
    misuse(Error::ERR_CANT_CREATE, &format!("The host cannot be created: {error}."))
}

/// What to tell the script when the network thread does not take a packet.
pub(crate) fn not_taken(error: CommandError) -> Error {
    match error {
        CommandError::Busy => misuse(Error::ERR_BUSY, "Too much waits to be sent. The packet was not sent."),
        _ => Error::FAILED,
    }
}

/// An id for a client, made of one that the engine drew: 2 or more, and unlikely to be anybody else's.
pub(crate) fn client_id(drawn: u32) -> i32 {
    i32::try_from(drawn & 0x7FFF_FFFF).unwrap_or(i32::MAX).max(2)
}

/// What a `#[func]` returns for `result`.
pub(crate) fn code(result: Result<(), Error>) -> Error {
    result.err().unwrap_or(Error::OK)
}

/// The bytes of an array, copied once.
pub(crate) fn bytes(array: &PackedByteArray) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(array.as_slice())
}

/// The most peers of an ENet host: their number has 12 bits on the wire, and one value is taken.
const MOST_PEERS: usize = 4095;
