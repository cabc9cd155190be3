//! The packet format of ENetServer and ENetClient: Godot values to bytes and back.
//!
//! The rules of the format are the crate [`enet_format`], which names no Godot type; `value` and `node` are the border
//! to the engine; this file puts a packet together. Nothing here prints. What cannot be sent
//! is an [`EncodeError`] for the caller to report; what cannot be read came from the network and is a [`DecodeError`]
//! for the caller to count.

mod node;
mod value;
mod writer;

use enet_format::limits::DecodeLimits;
use enet_format::{json, limits, packet};
use godot::classes::{Json, Node, Object};
use godot::global;
use godot::prelude::*;

pub(crate) use enet_format::packet::PacketType;
pub(crate) use enet_format::{DecodeError, EncodeError};
pub(crate) use node::{SyncFlags, encode_node};

/// The packet for any value: PackedByteArray as RAW, String as STRING, a node as NODE with its properties, another
/// object as the packet that its `_to_packet()` returns, everything else as VARIANT.
pub(crate) fn encode_auto(value: &Variant) -> Result<Vec<u8>, EncodeError> {
    match value.get_type() {
        VariantType::PACKED_BYTE_ARRAY => {
            packet::join(PacketType::Raw, value.to::<PackedByteArray>().as_slice())
        }
        VariantType::STRING => encode_string(&value.to()),
        VariantType::OBJECT if value.object_id_unchecked().is_some() => encode_object(value),
        _ => encode_variant(value),
    }
}

/// A VARIANT packet.
pub(crate) fn encode_variant(value: &Variant) -> Result<Vec<u8>, EncodeError> {
    encode_as(PacketType::Variant, value)
}

fn encode_as(packet_type: PacketType, value: &Variant) -> Result<Vec<u8>, EncodeError> {
    // Most values that a game sends in every frame fit, so that the buffer need not grow.
    let mut packet = Vec::with_capacity(EXPECTED_BYTES);
    packet.push(packet_type as u8);
    value::encode_into(&mut packet, value)?;
    Ok(packet)
}

/// A STRING packet.
pub(crate) fn encode_string(text: &GString) -> Result<Vec<u8>, EncodeError> {
    packet::join_text(PacketType::String, &text.to_string())
}

/// A JSON packet; the text must be JSON.
pub(crate) fn encode_json(text: &GString) -> Result<Vec<u8>, EncodeError> {
    let text = text.to_string();
    parse_json(&text, DecodeLimits::MOST).map_err(|error| match error {
        DecodeError::TooDeep => EncodeError::TooDeep,
        DecodeError::TooManyValues => EncodeError::TooManyValues,
        _ => EncodeError::NotJson,
    })?;
    packet::join_text(PacketType::Json, &text)
}

/// The packet of an event: the payload with the name under `_event`, which the payload itself cannot use.
pub(crate) fn encode_event(name: &str, payload: &AnyDictionary) -> Result<Vec<u8>, EncodeError> {
    if name.is_empty() || name.starts_with('_') {
        return Err(EncodeError::BadEventName);
    }
    let mut event: VarDictionary = payload.iter_shared().collect();
    event.set("_event", name);
    encode_variant(&event.to_variant())
}

/// The reserved event that tells the other side why it is about to be disconnected. Empty, hence not worth sending, if
/// the reason does not fit into a packet.
pub(crate) fn goodbye(reason: &str) -> Vec<u8> {
    let event = vdict! { "_event" => "_disconnect", "reason" => reason };
    encode_variant(&event.to_variant()).unwrap_or_default()
}

/// The value of a packet of any type; JSON comes back parsed.
pub(crate) fn decode_auto(bytes: &[u8]) -> Result<Variant, DecodeError> {
    decode_within(bytes, DecodeLimits::MOST)
}

/// [`decode_auto`] for a receiver that takes less than can be sent.
pub(crate) fn decode_within(bytes: &[u8], limits: DecodeLimits) -> Result<Variant, DecodeError> {
    let (packet_type, body) = packet::split(bytes)?;
    match packet_type {
        PacketType::Raw => Ok(PackedByteArray::from(body).to_variant()),
        PacketType::Variant => value::decode(body, limits),
        PacketType::Dictionary | PacketType::Node => {
            value::decode_dictionary(body, limits).map(|it| it.to_variant())
        }
        PacketType::Json => parse_json(packet::text(body)?, limits),
        PacketType::String => packet::text(body).map(|text| text.to_variant()),
    }
}

/// The value of a VARIANT or DICTIONARY packet.
pub(crate) fn decode_variant(bytes: &[u8]) -> Result<Variant, DecodeError> {
    match packet::split(bytes)? {
        (PacketType::Variant, body) => value::decode(body, DecodeLimits::MOST),
        (PacketType::Dictionary, body) => {
            value::decode_dictionary(body, DecodeLimits::MOST).map(|it| it.to_variant())
        }
        _ => Err(DecodeError::WrongPacketType),
    }
}

/// The Dictionary of a packet that is one of `accepted`.
pub(crate) fn decode_dictionary(bytes: &[u8], accepted: &[PacketType]) -> Result<AnyDictionary, DecodeError> {
    let (packet_type, body) = packet::split(bytes)?;
    if accepted.contains(&packet_type) {
        value::decode_dictionary(body, DecodeLimits::MOST)
    } else {
        Err(DecodeError::WrongPacketType)
    }
}

/// The text of a packet of type `expected`, which is JSON or STRING.
pub(crate) fn decode_text(bytes: &[u8], expected: PacketType) -> Result<GString, DecodeError> {
    match packet::split(bytes)? {
        (packet_type, body) if packet_type == expected => packet::text(body).map(GString::from),
        _ => Err(DecodeError::WrongPacketType),
    }
}

fn encode_object(value: &Variant) -> Result<Vec<u8>, EncodeError> {
    if let Ok(node) = value.try_to::<Gd<Node>>() {
        return encode_node(&node, SyncFlags::Properties as i64);
    }
    let mut object = value.try_to::<Gd<Object>>().map_err(|_| EncodeError::DeadObject)?;
    if !object.has_method("_to_packet") {
        return Err(EncodeError::Object);
    }
    let packet = object.try_call("_to_packet", &[]).map_err(|_| EncodeError::BadToPacket)?;
    match packet.try_to::<PackedByteArray>() {
        Ok(packet) if packet.len() > limits::MAX_PACKET_BYTES => Err(EncodeError::TooLarge),
        Ok(packet) if !packet.is_empty() => Ok(packet.to_vec()),
        _ => Err(EncodeError::BadToPacket),
    }
}

/// Parses without the error print of `JSON.parse_string()`.
fn parse_json(text: &str, limits: DecodeLimits) -> Result<Variant, DecodeError> {
    json::check_within(text, limits)?;
    let mut parser = Json::new_gd();
    if parser.parse(text) == global::Error::OK { Ok(parser.get_data()) } else { Err(DecodeError::NotJson) }
}

/// What a packet in the making has room for at first.
const EXPECTED_BYTES: usize = 160;
