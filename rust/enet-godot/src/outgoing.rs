//! From a script's call to a packet in the network thread's hands: the checks that every way of sending shares.

use enet_driver::CommandError;
use enet_driver::enet_proto::{Delivery, Packet};
use godot::global::{Error, push_error};
use godot::prelude::*;

use crate::script_types::{NodeArg, PeerIds};
use crate::{codec, events};

/// The largest packet that is sent or accepted, in bytes. Also what the hosts are made with.
pub(crate) const MAXIMUM_PACKET_SIZE: usize = 32 << 20;

/// Tells the game what it did wrong, and gives the error to return.
pub(crate) fn misuse(error: Error, message: &str) -> Error {
    push_error(&[message.to_variant()]);
    error
}

/// What a `#[func]` returns for `result`.
pub(crate) fn code(result: Result<(), Error>) -> Error {
    result.err().unwrap_or(Error::OK)
}

/// The channel that a script named, if it is one of the `opened` ones.
pub(crate) fn channel(channel: i64, opened: u8) -> Result<u8, Error> {
    match u8::try_from(channel) {
        Ok(channel) if channel < opened => Ok(channel),
        _ => Err(misuse(
            Error::ERR_INVALID_PARAMETER,
            &format!(
                "Channel {channel} was not opened: this connection has {opened} channels, numbered from 0. \
                 Both create_server() and connect_to_server() take the number of channels."
            ),
        )),
    }
}

/// The packet that carries `bytes`.
pub(crate) fn packet(bytes: Vec<u8>, reliable: bool) -> Result<Packet, Error> {
    if bytes.len() > MAXIMUM_PACKET_SIZE {
        let message = format!(
            "A packet of {} bytes is too large: the limit is {MAXIMUM_PACKET_SIZE}. Send it in several parts.",
            bytes.len()
        );
        return Err(misuse(Error::ERR_INVALID_DATA, &message));
    }
    Ok(Packet::new(bytes, if reliable { Delivery::Reliable } else { Delivery::UnsequencedFragmented }))
}

/// What to tell the script when the network thread does not take a packet.
pub(crate) fn not_queued(error: CommandError) -> Error {
    match error {
        CommandError::Busy => Error::ERR_BUSY,
        _ => Error::ERR_CONNECTION_ERROR,
    }
}

/// What to tell the script when a value cannot be encoded.
pub(crate) fn not_encoded(error: impl std::fmt::Display) -> Error {
    misuse(Error::ERR_INVALID_DATA, &format!("The packet cannot be encoded: {error}."))
}

/// The packet that carries the reason of a kick, a rejection or a goodbye.
pub(crate) fn farewell(reason: &str) -> Packet {
    Packet::new(codec::goodbye(reason), Delivery::Reliable)
}

/// The bytes of a node's state.
pub(crate) fn node_bytes(node: NodeArg, flags: i64) -> Result<Vec<u8>, Error> {
    let NodeArg(Some(node)) = node else {
        let message = "The node is null or was freed. Nothing was sent.";
        return Err(misuse(Error::ERR_INVALID_PARAMETER, message));
    };
    codec::encode_node(&node, flags).map_err(not_encoded)
}

/// The bytes of an event that a game sends.
pub(crate) fn event_bytes(name: &GString, payload: &AnyDictionary) -> Result<Vec<u8>, Error> {
    let name = name.to_string();
    events::check_name(&name).map_err(|error| misuse(Error::ERR_INVALID_PARAMETER, &error.to_string()))?;
    codec::encode_event(&name, payload).map_err(not_encoded)
}

/// The bytes of a raw packet, which must not be empty.
pub(crate) fn raw_bytes(data: &PackedByteArray) -> Result<Vec<u8>, Error> {
    if data.is_empty() {
        return Err(misuse(Error::ERR_INVALID_PARAMETER, "A raw packet must have at least one byte."));
    }
    Ok(data.to_vec())
}

/// The peer ids in an array that a script passed, typed or not.
pub(crate) fn peer_ids(PeerIds(array): &PeerIds, argument: &str) -> Result<Vec<i64>, Error> {
    let ids: Option<Vec<i64>> =
        array.iter_shared().map(|id| (id.get_type() == VariantType::INT).then(|| id.to())).collect();
    ids.ok_or_else(|| {
        let message =
            format!("\"{argument}\" must be an array of peer ids, which are integers. Nothing was sent.");
        misuse(Error::ERR_INVALID_PARAMETER, &message)
    })
}
