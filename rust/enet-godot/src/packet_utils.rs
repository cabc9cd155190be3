//! `ENetPacketUtils`: the packet format for scripts. Checks and converts; the format itself is in `codec`.

use godot::classes::Node;
use godot::global::push_error;
use godot::prelude::*;

use crate::class_enum::class_enum;
use crate::codec::{self, DecodeError, EncodeError, PacketType, SyncFlags};

/// Makes and reads the packets that ENetServer and ENetClient exchange.
///
/// Both do this for you when you send and receive values. Use these methods to keep a packet you send often, to look at
/// one in [signal ENetServer.raw_packet_received], or to exchange the same packets over another transport.
///
/// A packet is one type byte (see [enum PacketType]) and a body. RAW: the bytes as they are. STRING and JSON: the length
/// in bytes as a 32-bit little-endian integer, then UTF-8 text. VARIANT, DICTIONARY and NODE: the value as
/// `var_to_bytes()` writes it. A packet is at most 32 MiB.
///
/// Values keep their exact type, typed arrays and dictionaries included. Objects are never sent, and neither are
/// Callable, Signal and RID: such a value, anywhere inside an array or a dictionary, is an error, and so is a reference
/// to a freed object. A null reference is sent as `null`. Containers may be 64 levels deep and have 1,048,576 elements in
/// all.
///
/// An encode method that cannot do what it is asked for pushes one error and returns an empty PackedByteArray. A decode
/// method that is given anything but a whole packet of its type returns an empty value and prints nothing, because the
/// bytes may come from anyone: it never makes an object, and checks every length before it takes memory.
///
/// ```gdscript
/// var packet := ENetPacketUtils.encode_auto({"at": Vector2(40, 12)})
/// print(ENetPacketUtils.decode_auto(packet))  # prints: { "at": (40.0, 12.0) }
/// print(ENetPacketUtils.decode_auto(PackedByteArray([255])))  # prints: <null>
/// ```
#[derive(GodotClass)]
#[class(init, singleton, base = Object)]
pub(crate) struct ENetPacketUtils {
    base: Base<Object>,
}

#[godot_api]
impl ENetPacketUtils {
    /// Makes the packet that suits the type of the value.
    ///
    /// A PackedByteArray becomes a RAW packet, a String a STRING packet, a node a NODE packet with SYNC_PROPERTIES, and
    /// anything else a VARIANT packet. Another object must have a method `_to_packet()` that returns a packet, such as
    /// one made by [method encode_dictionary]. [method decode_auto] is the reverse.
    #[func]
    fn encode_auto(&self, variant: Variant) -> PackedByteArray {
        sent("encode_auto", codec::encode_auto(&variant))
    }

    /// Makes a VARIANT packet of a value of any type; strings and byte arrays keep their type too.
    #[func]
    fn encode_variant(&self, variant: Variant) -> PackedByteArray {
        sent("encode_variant", codec::encode_variant(&variant))
    }

    /// Makes a packet of a Dictionary. Its type is VARIANT, which every reader accepts.
    ///
    /// A dictionary with a String under the key `_event` is an event for ENetServer and ENetClient; see
    /// [method ENetServer.trigger_event] and [method ENetClient.trigger_event].
    #[func]
    fn encode_dictionary(&self, dictionary: AnyDictionary) -> PackedByteArray {
        sent("encode_dictionary", codec::encode_variant(&dictionary.to_variant()))
    }

    /// Makes a JSON packet of text that is JSON. Other text is an error. To send a value as JSON, pass
    /// `JSON.stringify(value)`.
    #[func]
    fn encode_json(&self, json: GString) -> PackedByteArray {
        sent("encode_json", codec::encode_json(&json))
    }

    /// Makes a STRING packet.
    #[func]
    fn encode_string(&self, string: GString) -> PackedByteArray {
        sent("encode_string", codec::encode_string(&string))
    }

    /// Makes a NODE packet with the state of a node. [param flags] is one of [enum NodeSyncFlags]; of several, the
    /// first counts in the order SYNC_CUSTOM, SYNC_PROPERTIES, SYNC_TRANSFORM_ONLY. A null or freed node is an error.
    ///
    /// The packet holds a Dictionary: `_type` (below), `_class` (String), `_path` (NodePath, empty outside of the tree)
    /// and `_name` (StringName). With SYNC_CUSTOM `_type` is `node_custom`, and `custom` or `custom_bytes` is the
    /// Dictionary or PackedByteArray that the node's method `_serialize_for_network()` returns; without such a method
    /// it is an error. With SYNC_PROPERTIES it is [param node], and `properties` is a Dictionary of all stored
    /// properties that can be sent (those that hold an object or resource are left out); the transform follows. With
    /// SYNC_TRANSFORM_ONLY it is `node_transform`. Otherwise it is `node_meta`.
    ///
    /// The transform is `position`, `rotation` (in radians) and `scale`, in the space of the parent; for a Node3D also
    /// `transform`, for a Control also `size`. Other nodes have none.
    #[func]
    fn encode_node(&self, node: Option<Gd<Node>>, flags: i64) -> PackedByteArray {
        let packet = node.ok_or(EncodeError::DeadObject).and_then(|node| codec::encode_node(&node, flags));
        sent("encode_node", packet)
    }

    /// Reads a packet of any type: RAW as a PackedByteArray, STRING as a String, JSON as the parsed value, NODE as a
    /// Dictionary, everything else as the value that was sent. Returns `null` if it is not a packet.
    #[func]
    fn decode_auto(&self, data: PackedByteArray) -> Variant {
        received(codec::decode_auto(data.as_slice()))
    }

    /// Reads a VARIANT or DICTIONARY packet. Returns `null` if it is not one.
    #[func]
    fn decode_variant(&self, data: PackedByteArray) -> Variant {
        received(codec::decode_variant(data.as_slice()))
    }

    /// Reads a VARIANT or DICTIONARY packet that holds a Dictionary. Returns an empty Dictionary if it does not.
    #[func]
    fn decode_dictionary(&self, data: PackedByteArray) -> AnyDictionary {
        received_dictionary(&data, &[PacketType::Variant, PacketType::Dictionary])
    }

    /// Reads the text of a JSON packet without parsing it. Returns an empty String if it is not one.
    #[func]
    fn decode_json(&self, data: PackedByteArray) -> GString {
        received(codec::decode_text(data.as_slice(), PacketType::Json))
    }

    /// Reads a STRING packet. Returns an empty String if it is not one.
    #[func]
    fn decode_string(&self, data: PackedByteArray) -> GString {
        received(codec::decode_text(data.as_slice(), PacketType::String))
    }

    /// Reads the Dictionary of a NODE packet; see [method encode_node] for its keys. Returns an empty Dictionary if it is
    /// not one. No node is looked up, made or changed.
    #[func]
    fn decode_node_metadata(&self, data: PackedByteArray) -> AnyDictionary {
        received_dictionary(&data, &[PacketType::Node])
    }
}

class_enum! {
    ENetPacketUtils, PacketType {
        /// The body is the bytes as they are.
        PACKET_TYPE_RAW = PacketType::Raw as i64,
        /// The body is a value of any type, as [code]var_to_bytes()[/code] writes it.
        PACKET_TYPE_VARIANT = PacketType::Variant as i64,
        /// The same for a Dictionary. Understood when received; dictionaries are sent as [constant PACKET_TYPE_VARIANT].
        PACKET_TYPE_DICTIONARY = PacketType::Dictionary as i64,
        /// The body is JSON text with its length before it.
        PACKET_TYPE_JSON = PacketType::Json as i64,
        /// The body is text with its length before it.
        PACKET_TYPE_STRING = PacketType::String as i64,
        /// The body is the state of a node, see [method encode_node].
        PACKET_TYPE_NODE = PacketType::Node as i64,
    }
}

class_enum! {
    ENetPacketUtils, NodeSyncFlags {
        /// Send all stored properties and the transform.
        SYNC_PROPERTIES = SyncFlags::Properties as i64,
        /// Send only the class, path and name of the node.
        SYNC_METADATA_ONLY = SyncFlags::MetadataOnly as i64,
        /// Send only the transform.
        SYNC_TRANSFORM_ONLY = SyncFlags::TransformOnly as i64,
        /// Send what the node's method [code]_serialize_for_network()[/code] returns.
        SYNC_CUSTOM = SyncFlags::Custom as i64,
    }
}

/// The packet, or an error for the script's author and no bytes.
fn sent(method: &str, packet: Result<Vec<u8>, EncodeError>) -> PackedByteArray {
    match packet {
        Ok(packet) => packet.into(),
        Err(error) => {
            push_error(&[format!("ENetPacketUtils.{method}(): {error}.").to_variant()]);
            PackedByteArray::new()
        }
    }
}

/// The value, or silently an empty one: what arrives is not the script's doing.
fn received<T: Default>(value: Result<T, DecodeError>) -> T {
    value.unwrap_or_else(|error| {
        log::debug!("a packet was not decoded: {error}");
        T::default()
    })
}

fn received_dictionary(data: &PackedByteArray, accepted: &[PacketType]) -> AnyDictionary {
    let dictionary = codec::decode_dictionary(data.as_slice(), accepted);
    received(dictionary.map(Some)).unwrap_or_else(|| VarDictionary::new().upcast_any_dictionary())
}
