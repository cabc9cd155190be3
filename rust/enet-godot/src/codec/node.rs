//! The state of a node as a Dictionary: who it is, and by flag what of it is sent.

use enet_format::EncodeError;
use enet_format::packet::PacketType;
use godot::classes::{Control, Node, Node2D, Node3D};
use godot::prelude::*;
use godot::register::info::PropertyUsageFlags;

use super::value;

/// What of a node is sent. Of several flags the first one counts in the order custom, properties, transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SyncFlags {
    /// Stored properties and the transform.
    Properties = 1,
    /// Only who the node is; the same as no flag at all.
    MetadataOnly = 2,
    /// Only the transform.
    TransformOnly = 4,
    /// What the node's `_serialize_for_network()` returns.
    Custom = 8,
}

impl SyncFlags {
    fn from_bits(bits: i64) -> Self {
        [Self::Custom, Self::Properties, Self::TransformOnly]
            .into_iter()
            .find(|&flag| bits & flag as i64 != 0)
            .unwrap_or(Self::MetadataOnly)
    }

    const fn type_name(self) -> &'static str {
        match self {
            Self::Properties => "node",
            Self::MetadataOnly => "node_meta",
            Self::TransformOnly => "node_transform",
            Self::Custom => "node_custom",
        }
    }
}

/// A NODE packet with the state of `node` that `flags`, a sum of [`SyncFlags`], ask for.
pub(crate) fn encode_node(node: &Gd<Node>, flags: i64) -> Result<Vec<u8>, EncodeError> {
    let flag = SyncFlags::from_bits(flags);
    let mut state = identity(node, flag);
    match flag {
        SyncFlags::Custom => add_custom(&mut state, node)?,
        SyncFlags::Properties => {
            state.set("properties", &properties(node)?);
            add_transform(&mut state, node);
        }
        SyncFlags::TransformOnly => add_transform(&mut state, node),
        SyncFlags::MetadataOnly => {}
    }
    super::encode_as(PacketType::Node, &state.to_variant())
}

fn identity(node: &Gd<Node>, flag: SyncFlags) -> VarDictionary {
    // Asking a node outside of the tree for its path is an error print.
    let path = if node.is_inside_tree() { node.get_path() } else { NodePath::default() };
    vdict! {
        "_type" => flag.type_name(),
        "_class" => &node.get_class(),
        "_path" => &path,
        "_name" => &node.get_name(),
    }
}

fn add_custom(state: &mut VarDictionary, node: &Gd<Node>) -> Result<(), EncodeError> {
    const SERIALIZER: &str = "_serialize_for_network";
    if !node.has_method(SERIALIZER) {
        return Err(EncodeError::BadSerializer);
    }
    let custom = node.clone().try_call(SERIALIZER, &[]).map_err(|_| EncodeError::BadSerializer)?;
    let key = match custom.get_type() {
        VariantType::DICTIONARY => "custom",
        VariantType::PACKED_BYTE_ARRAY => "custom_bytes",
        _ => return Err(EncodeError::BadSerializer),
    };
    state.set(key, &custom);
    Ok(())
}

/// What a scene file would hold of the node, except for values that cannot be sent: resources, the script, references
/// to other nodes and containers of such.
fn properties(node: &Gd<Node>) -> Result<VarDictionary, EncodeError> {
    let mut properties = VarDictionary::new();
    for property in node.get_property_list().iter_shared() {
        if !is_stored(&property) {
            continue;
        }
        let name = StringName::from(&property.at("name").to::<GString>());
        let value = node.get(&name);
        match value::check_sendable(&value) {
            Ok(()) if value.get_type() != VariantType::OBJECT => properties.set(&name, &value),
            Ok(()) | Err(EncodeError::Object | EncodeError::DeadObject | EncodeError::ProcessBound) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(properties)
}

fn is_stored(property: &VarDictionary) -> bool {
    let usage = property.at("usage").to::<PropertyUsageFlags>();
    usage.is_set(PropertyUsageFlags::STORAGE) && !usage.is_set(PropertyUsageFlags::INTERNAL)
}

/// Adds nothing for a node without a place of its own.
fn add_transform(state: &mut VarDictionary, node: &Gd<Node>) {
    if let Ok(node) = node.clone().try_cast::<Node2D>() {
        state.set("position", node.get_position());
        state.set("rotation", node.get_rotation());
        state.set("scale", node.get_scale());
    } else if let Ok(node) = node.clone().try_cast::<Node3D>() {
        state.set("transform", node.get_transform());
        state.set("position", node.get_position());
        state.set("rotation", node.get_rotation());
        state.set("scale", node.get_scale());
    } else if let Ok(node) = node.clone().try_cast::<Control>() {
        state.set("position", node.get_position());
        state.set("rotation", node.get_rotation());
        state.set("scale", node.get_scale());
        state.set("size", node.get_size());
    }
}
