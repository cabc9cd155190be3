//! Argument and return types that gdext has no match for.

use godot::builtin::{AnyDictionary, Variant, VariantType};
use godot::classes::Node;
use godot::meta::error::ConvertError;
use godot::meta::shape::GodotShape;
use godot::meta::{ByValue, FromGodot, GodotConvert, ToArg, ToGodot};
use godot::obj::Gd;
use godot::register::property::SimpleVar;
use godot::register::info::{ParamMetadata, PropertyHintInfo, PropertyUsageFlags};

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

/// Any dictionary, typed or not, as a property.
#[derive(Clone, Debug)]
pub(crate) struct DictionaryValue(pub(crate) AnyDictionary);

impl GodotConvert for DictionaryValue {
    type Via = AnyDictionary;

    fn godot_shape() -> GodotShape {
        AnyDictionary::godot_shape()
    }
}

impl ToGodot for DictionaryValue {
    type Pass = ByValue;

    fn to_godot(&self) -> ToArg<'_, AnyDictionary, ByValue> {
        self.0.clone()
    }
}

impl FromGodot for DictionaryValue {
    fn try_from_godot(via: AnyDictionary) -> Result<Self, ConvertError> {
        Ok(Self(via))
    }
}

impl SimpleVar for DictionaryValue {}

/// An integer that scripts see as a value of a class's enum. Any integer can arrive.
macro_rules! script_enum {
    ($(#[$doc:meta])* $name:ident = $script_name:literal) => {
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

fn custom_shape(variant_type: VariantType, class: Option<&'static str>, usage: PropertyUsageFlags) -> GodotShape {
    GodotShape::Custom {
        variant_type,
        var_hint: PropertyHintInfo::none(),
        export_hint: PropertyHintInfo::none(),
        class_name: class.map(Into::into),
        usage_flags: usage,
        metadata: ParamMetadata::NONE,
    }
}
