//! Argument and return types that gdext has no match for.
#![expect(unsafe_code, reason = "gdext wants a promise that a default argument is immutable")]

use godot::builtin::{AnyArray, AnyDictionary, VarArray, VarDictionary, Variant, VariantType};
use godot::classes::{Node, TlsOptions};
use godot::meta::conv::ByValue;
use godot::meta::error::ConvertError;
use godot::meta::shape::GodotShape;
use godot::meta::{FromGodot, GodotConvert, GodotImmutable, ToArg, ToGodot};
use godot::obj::Gd;
use godot::register::info::{ParamMetadata, PropertyHintInfo, PropertyUsageFlags};
use godot::register::property::SimpleVar;

use crate::transport;

/// A node that a script passed, which may be null or freed; then it is `None` and the method decides.
///
/// gdext refuses a freed object before the method is reached, which ends the calling script function. The argument is
/// registered as an object of no particular class: for a class, GDScript would pass the bare pointer of a statically
/// typed variable, and that of a freed object must not be touched.
#[derive(Debug)]
pub(crate) struct NodeArg(pub(crate) Option<Gd<Node>>);

impl GodotConvert for NodeArg {
    type Via = Variant;

    fn godot_shape() -> GodotShape {
        custom_shape(VariantType::OBJECT, None, PropertyUsageFlags::NONE)
    }
}

impl FromGodot for NodeArg {
    fn try_from_godot(via: Variant) -> Result<Self, ConvertError> {
        Ok(Self(via.try_to().ok()))
    }
}

/// A type of ours that is exactly one of gdext's to Godot.
macro_rules! wrapper {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub(crate) struct $name(pub(crate) $inner);

        impl GodotConvert for $name {
            type Via = $inner;

            fn godot_shape() -> GodotShape {
                <$inner>::godot_shape()
            }
        }

        impl ToGodot for $name {
            type Pass = ByValue;

            fn to_godot(&self) -> ToArg<'_, $inner, ByValue> {
                self.0.clone()
            }
        }

        impl FromGodot for $name {
            fn try_from_godot(via: $inner) -> Result<Self, ConvertError> {
                Ok(Self(via))
            }
        }
    };
}

wrapper! {
    /// Any dictionary, typed or not, that can be a property.
    DictionaryValue(AnyDictionary)
}

impl SimpleVar for DictionaryValue {}

wrapper! {
    /// An array of peer ids, typed or not, that can have a default value.
    PeerIds(AnyArray)
}

impl PeerIds {
    /// The empty array, which refuses to be changed.
    pub(crate) fn none() -> Self {
        Self(VarArray::new().into_read_only().upcast_any_array())
    }
}

// SAFETY: the one default value that there is, `none()`, is read-only for every holder.
unsafe impl GodotImmutable for PeerIds {}

wrapper! {
    /// Any dictionary, typed or not, that may be left out.
    DictionaryArg(AnyDictionary)
}

impl DictionaryArg {
    /// The empty dictionary, which refuses to be changed.
    pub(crate) fn none() -> Self {
        Self(VarDictionary::new().into_read_only().upcast_any_dictionary())
    }
}

// SAFETY: the one default value that there is, `none()`, is read-only for every holder.
unsafe impl GodotImmutable for DictionaryArg {}

wrapper! {
    /// TLS options that may be left out.
    OptionalTlsOptions(Option<Gd<TlsOptions>>)
}

impl OptionalTlsOptions {
    /// The default: none.
    pub(crate) fn none() -> Self {
        Self(None)
    }
}

// SAFETY: the one default value that there is, `none()`, is null, which nobody can change.
unsafe impl GodotImmutable for OptionalTlsOptions {}

/// An integer that scripts see as a value of a class's enum. Any integer can arrive.
macro_rules! script_enum {
    ($(#[$doc:meta])* $name:ident = $script_name:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) struct $name(pub(crate) i64);

        impl GodotConvert for $name {
            type Via = i64;

            fn godot_shape() -> GodotShape {
                custom_shape(VariantType::INT, Some($script_name), PropertyUsageFlags::CLASS_IS_ENUM)
            }
        }

        impl ToGodot for $name {
            type Pass = ByValue;

            fn to_godot(&self) -> ToArg<'_, i64, ByValue> {
                self.0
            }
        }

        impl FromGodot for $name {
            fn try_from_godot(via: i64) -> Result<Self, ConvertError> {
                Ok(Self(via))
            }
        }

        impl SimpleVar for $name {}
    };
}

script_enum! {
    /// `ENetServer.AuthMode`
    AuthModeValue = "ENetServer.AuthMode"
}
script_enum! {
    /// `ENetServerPeer.ConnectionState`
    ConnectionStateValue = "ENetServerPeer.ConnectionState"
}
script_enum! {
    /// `ENetServerPeer.AuthState`
    AuthStateValue = "ENetServerPeer.AuthState"
}
script_enum! {
    /// `ENetClient.ConnectionStatus`
    ConnectionStatusValue = "ENetClient.ConnectionStatus"
}
script_enum! {
    /// `ENetPacketPeer.PeerState`
    PeerStateValue = transport::PEER_STATE_NAME
}

fn custom_shape(
    variant_type: VariantType,
    class: Option<&'static str>,
    usage: PropertyUsageFlags,
) -> GodotShape {
    GodotShape::Custom {
        variant_type,
        var_hint: PropertyHintInfo::none(),
        export_hint: PropertyHintInfo::none(),
        class_name: class.map(Into::into),
        usage_flags: usage,
        metadata: ParamMetadata::NONE,
    }
}
