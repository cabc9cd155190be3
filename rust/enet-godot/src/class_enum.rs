//! Integer enums on Godot classes, such as `ENetPacketUtils.PacketType`.
//!
//! gdext's `#[constant]` makes loose constants only. A constant that belongs to an enum lets GDScript write
//! `var type: ENetPacketUtils.PacketType`, and puts the values under one heading in the editor's help. The parts of
//! gdext used here are hidden ones, which is why the workspace pins its version.

use godot::builtin::StringName;
use godot::meta::ClassId;
use godot::register::private::constant::{ConstantKind, ExportConstant, IntegerConstant};

/// Registers an enum, with its editor help, together with the class it belongs to.
///
/// Stands beside the class, which needs one primary `#[godot_api] impl`. Every constant has a doc comment; it is shown
/// to the reader of the editor's help and may use its BBCode. A class may have several enums.
///
/// ```text
/// class_enum! {
///     ENetPacketUtils, PacketType {
///         /// The bytes as they are.
///         PACKET_TYPE_RAW = PacketType::Raw as i64,
///     }
/// }
/// ```
macro_rules! class_enum {
    ($class:ty, $name:ident { $( $(#[doc = $doc:literal])+ $constant:ident = $value:expr ),+ $(,)? }) => {
        const _: () = {
            const HELP: &str = concat!($(
                "<constant name=\"", stringify!($constant), "\" value=\"\" enum=\"", stringify!($name), "\">",
                $($doc,)+
                "</constant>",
            )+);
            $( $( assert!($crate::class_enum::is_plain_text($doc), "editor help must not contain & or < or >"); )+ )+

            ::godot::sys::shard_execute_pre_main!({
                let mut registrations = <$class>::__registration_storage()
                    .lock()
                    .expect("only class registration, which does not panic, holds this lock");
                registrations.1.push(|| {
                    $crate::class_enum::register(
                        <$class as ::godot::obj::GodotClass>::class_id(),
                        stringify!($name),
                        &[$( (stringify!($constant), $value) ),+],
                    );
                });
            });
            ::godot::sys::shard_add!(
                ::godot::private::__GODOT_DOCS_REGISTRY;
                ::godot::private::DocsShard::new::<$class>(::godot::private::DocsItem::InherentImpl(
                    ::godot::private::InherentImplDocs { methods_xml: "", signals_xml: "", constants_xml: HELP }
                ))
            );
        };
    };
}
pub(crate) use class_enum;

/// What [`class_enum!`] calls when Godot registers the class: announces every constant as a value of `enum_name`.
pub(crate) fn register(class: ClassId, enum_name: &str, constants: &[(&str, i64)]) {
    let enumerators = constants.iter().map(|&(name, value)| IntegerConstant::new(name, value)).collect();
    let kind = ConstantKind::Enum { name: StringName::from(enum_name), enumerators };
    ExportConstant::new(class, kind).register();
}

/// Whether `text` can stand in the XML of the editor help as it is.
pub(crate) const fn is_plain_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        if matches!(bytes[i], b'&' | b'<' | b'>') {
            return false;
        }
        i += 1;
    }
    true
}
