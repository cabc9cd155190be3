//! Godot values to and from the engine's binary Variant encoding, objects excluded.

use enet_format::limits::{DecodeLimits, MAX_DEPTH, MAX_PACKET_BYTES, MAX_VALUES};
use enet_format::{DecodeError, EncodeError, variant_bytes};
use godot::builtin::PackedArray;
use godot::global::bytes_to_var;
use godot::meta::PackedElement;
use godot::meta::inspect::ElementType;
use godot::prelude::*;

use super::writer::Writer;

/// Appends the encoding of a value to `packet`. What the engine encodes is found to be sendable first: it would print
/// errors, put null for an object that was freed, and never come back from arrays that contain themselves several times.
pub(super) fn encode_into(packet: &mut Vec<u8>, value: &Variant) -> Result<(), EncodeError> {
    Writer::new(packet).value(value, 0)
}

/// Whether [`encode_into`] would take the value.
pub(super) fn check_sendable(value: &Variant) -> Result<(), EncodeError> {
    Walk::default().value(value, 0)
}

/// Decodes bytes that are exactly one value.
pub(super) fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<Variant, DecodeError> {
    variant_bytes::check_within(bytes, limits)?;
    Ok(bytes_to_var(&PackedByteArray::from(bytes)))
}

/// Decodes bytes that are exactly one Dictionary.
pub(super) fn decode_dictionary(bytes: &[u8], limits: DecodeLimits) -> Result<AnyDictionary, DecodeError> {
    decode(bytes, limits)?.try_to().map_err(|_| DecodeError::WrongPacketType)
}

/// One pass over a value and all that is in it. Containers are shared references in Godot, so the same one may turn up
/// any number of times, and within itself; the allowances end that.
pub(super) struct Walk {
    values_left: usize,
    /// For text and packed arrays, the values without a fixed size.
    bytes_left: usize,
}

impl Default for Walk {
    fn default() -> Self {
        Self { values_left: MAX_VALUES, bytes_left: MAX_PACKET_BYTES }
    }
}

impl Walk {
    pub(super) fn value(&mut self, value: &Variant, depth: usize) -> Result<(), EncodeError> {
        match value.get_type() {
            VariantType::OBJECT => check_object(value),
            VariantType::CALLABLE | VariantType::SIGNAL | VariantType::RID => Err(EncodeError::ProcessBound),
            VariantType::ARRAY => self.array(&value.to(), depth),
            VariantType::DICTIONARY => self.dictionary(&value.to(), depth),
            VariantType::PACKED_STRING_ARRAY => self.strings(&value.to()),
            _ => self.take_bytes(variable_size(value)),
        }
    }

    fn strings(&mut self, strings: &PackedStringArray) -> Result<(), EncodeError> {
        self.take_values(strings.len())?;
        strings.as_slice().iter().try_for_each(|text| self.take_bytes(text.len()))
    }

    fn array(&mut self, array: &AnyArray, depth: usize) -> Result<(), EncodeError> {
        self.enter(depth, array.len())?;
        if needs_no_look(array.element_type())? {
            return Ok(());
        }
        array.iter_shared().try_for_each(|element| self.value(&element, depth + 1))
    }

    fn dictionary(&mut self, dictionary: &AnyDictionary, depth: usize) -> Result<(), EncodeError> {
        self.enter(depth, dictionary.len())?;
        let keys = needs_no_look(dictionary.key_element_type())?;
        let values = needs_no_look(dictionary.value_element_type())?;
        if keys && values {
            return Ok(());
        }
        dictionary.iter_shared().try_for_each(|(key, value)| {
            self.value(&key, depth + 1)?;
            self.value(&value, depth + 1)
        })
    }

    pub(super) fn enter(&mut self, depth: usize, elements: usize) -> Result<(), EncodeError> {
        if depth >= MAX_DEPTH {
            return Err(EncodeError::TooDeep);
        }
        self.take_values(elements)
    }

    fn take_values(&mut self, count: usize) -> Result<(), EncodeError> {
        self.values_left = self.values_left.checked_sub(count).ok_or(EncodeError::TooManyValues)?;
        Ok(())
    }

    pub(super) fn take_bytes(&mut self, size: usize) -> Result<(), EncodeError> {
        self.bytes_left = self.bytes_left.checked_sub(size).ok_or(EncodeError::TooLarge)?;
        Ok(())
    }
}

/// A reference that never had an object is null, and is sent as null. One whose object is gone is a mistake.
fn check_object(value: &Variant) -> Result<(), EncodeError> {
    match value.object_id_unchecked() {
        None => Ok(()),
        Some(id) if id.lookup_validity() => Err(EncodeError::Object),
        Some(_) => Err(EncodeError::DeadObject),
    }
}

/// Whether elements of this declared type are all sendable and of one size. Fails where none can be.
fn needs_no_look(element_type: ElementType) -> Result<bool, EncodeError> {
    match element_type {
        ElementType::Untyped => Ok(false),
        ElementType::Builtin(VariantType::CALLABLE | VariantType::SIGNAL | VariantType::RID) => {
            Err(EncodeError::ProcessBound)
        }
        ElementType::Builtin(builtin) => Ok(has_fixed_size(builtin)),
        _ => Err(EncodeError::Object),
    }
}

/// The types from null to Color, String aside, are numbers and nothing else.
fn has_fixed_size(builtin: VariantType) -> bool {
    builtin.ord() <= VariantType::COLOR.ord() && builtin != VariantType::STRING
}

/// A lower bound in bytes for text and packed arrays; 0 for values of a fixed size.
fn variable_size(value: &Variant) -> usize {
    match value.get_type() {
        VariantType::STRING | VariantType::STRING_NAME | VariantType::NODE_PATH => value.stringify().len(),
        VariantType::PACKED_BYTE_ARRAY => packed_size::<u8>(value),
        VariantType::PACKED_INT32_ARRAY => packed_size::<i32>(value),
        VariantType::PACKED_INT64_ARRAY => packed_size::<i64>(value),
        VariantType::PACKED_FLOAT32_ARRAY => packed_size::<f32>(value),
        VariantType::PACKED_FLOAT64_ARRAY => packed_size::<f64>(value),
        VariantType::PACKED_VECTOR2_ARRAY => packed_size::<Vector2>(value),
        VariantType::PACKED_VECTOR3_ARRAY => packed_size::<Vector3>(value),
        VariantType::PACKED_VECTOR4_ARRAY => packed_size::<Vector4>(value),
        VariantType::PACKED_COLOR_ARRAY => packed_size::<Color>(value),
        _ => 0,
    }
}

fn packed_size<T: PackedElement>(value: &Variant) -> usize {
    value.to::<PackedArray<T>>().len() * size_of::<T>()
}
