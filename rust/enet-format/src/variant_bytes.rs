//! Checks Godot's binary Variant encoding before Godot sees it.
//!
//! Godot's decoder prints an error for every fault it meets, makes objects of object ids, and reserves memory for
//! elements that may never come. So [`check`] walks the bytes first and allocates nothing: what it accepts, the engine
//! decodes silently and completely. Format: "Binary serialization API" in Godot's documentation.
//!
//! ```text
//! value  = header, then what the type needs, always a multiple of four bytes
//! header = u32: type in bits 0-7, flags in bits 16-31
//! text   = u32 length, UTF-8, zeros up to a multiple of four
//! ```

use crate::DecodeError;
use crate::limits::DecodeLimits;
use crate::packet::utf8;

/// [`check_within`] the most that can be sent.
///
/// # Errors
/// The first fault, or the first cap that is exceeded.
pub fn check(bytes: &[u8]) -> Result<(), DecodeError> {
    check_within(bytes, DecodeLimits::MOST)
}

/// Accepts bytes that are exactly one value: known types without objects, lengths that are there, elements of the type
/// their container declares, within the limits on depth and number of elements.
///
/// # Errors
/// The first fault, or the first cap that is exceeded.
pub fn check_within(bytes: &[u8], limits: DecodeLimits) -> Result<(), DecodeError> {
    let mut reader = Reader { rest: bytes, values_left: limits.values, deepest: limits.depth };
    reader.value(0)?;
    if reader.rest.is_empty() { Ok(()) } else { Err(DecodeError::TrailingBytes) }
}

/// What follows the header of a value. "Real" numbers are four bytes, or eight with [`FLAG_64`].
#[derive(Clone, Copy)]
enum Layout {
    Bytes(usize),
    Reals(usize),
    Text,
    NodePath,
    /// Means nothing in another process, or would make an object.
    ProcessBound,
    Dictionary,
    Array,
    /// A count, then so many bytes for each element.
    PackedBytes(usize),
    /// A count, then so many real numbers for each element.
    PackedReals(usize),
    PackedText,
}

/// Indexed by Godot's `Variant.Type`.
const LAYOUTS: [Layout; 39] = [
    Layout::Bytes(0),        // null
    Layout::Bytes(4),        // bool
    Layout::Reals(1),        // int
    Layout::Reals(1),        // float
    Layout::Text,            // String
    Layout::Reals(2),        // Vector2
    Layout::Bytes(8),        // Vector2i
    Layout::Reals(4),        // Rect2
    Layout::Bytes(16),       // Rect2i
    Layout::Reals(3),        // Vector3
    Layout::Bytes(12),       // Vector3i
    Layout::Reals(6),        // Transform2D
    Layout::Reals(4),        // Vector4
    Layout::Bytes(16),       // Vector4i
    Layout::Reals(4),        // Plane
    Layout::Reals(4),        // Quaternion
    Layout::Reals(6),        // AABB
    Layout::Reals(9),        // Basis
    Layout::Reals(12),       // Transform3D
    Layout::Reals(16),       // Projection
    Layout::Bytes(16),       // Color
    Layout::Text,            // StringName
    Layout::NodePath,        // NodePath
    Layout::ProcessBound,    // RID
    Layout::ProcessBound,    // Object
    Layout::ProcessBound,    // Callable
    Layout::ProcessBound,    // Signal
    Layout::Dictionary,      // Dictionary
    Layout::Array,           // Array
    Layout::PackedBytes(1),  // PackedByteArray
    Layout::PackedBytes(4),  // PackedInt32Array
    Layout::PackedBytes(8),  // PackedInt64Array
    Layout::PackedBytes(4),  // PackedFloat32Array
    Layout::PackedBytes(8),  // PackedFloat64Array
    Layout::PackedText,      // PackedStringArray
    Layout::PackedReals(2),  // PackedVector2Array
    Layout::PackedReals(3),  // PackedVector3Array
    Layout::PackedBytes(16), // PackedColorArray
    Layout::PackedReals(4),  // PackedVector4Array
];

/// In a header's flags: numbers are eight bytes wide.
const FLAG_64: u16 = 1;

/// How a container declares the type of its elements, two bits of the header's flags: not at all, by a type number, or
/// by the name of a class or a script (which makes it a container of objects).
const UNTYPED: u16 = 0;
const BUILT_IN: u16 = 1;

/// No text, value or name takes less.
const SMALLEST_VALUE: usize = 4;

/// The bytes not yet looked at, and how many more elements they may turn into.
struct Reader<'a> {
    rest: &'a [u8],
    values_left: usize,
    deepest: usize,
}

impl<'a> Reader<'a> {
    /// Walks one value inside `depth` containers and tells its type.
    fn value(&mut self, depth: usize) -> Result<u8, DecodeError> {
        let [value_type, unused, flags @ ..] = self.u32()?.to_le_bytes();
        let layout =
            *LAYOUTS.get(usize::from(value_type)).ok_or(DecodeError::UnknownValueType(value_type))?;
        let flags = u16::from_le_bytes(flags);
        if unused != 0 || flags & !known_flags(layout) != 0 {
            return Err(DecodeError::UnknownFlags);
        }
        let real_size = if flags & FLAG_64 == 0 { 4 } else { 8 };
        match layout {
            Layout::Bytes(size) => self.skip(size)?,
            Layout::Reals(count) => self.skip(count * real_size)?,
            Layout::Text => self.text()?,
            Layout::NodePath => self.node_path()?,
            Layout::ProcessBound => return Err(DecodeError::ProcessBound),
            Layout::Dictionary => self.dictionary(flags, depth)?,
            Layout::Array => self.array(flags, depth)?,
            Layout::PackedBytes(size) => self.packed(size)?,
            Layout::PackedReals(count) => self.packed(count * real_size)?,
            Layout::PackedText => self.packed_text()?,
        }
        Ok(value_type)
    }

    fn array(&mut self, flags: u16, depth: usize) -> Result<(), DecodeError> {
        let element_type = self.element_type(flags)?;
        for _ in 0..self.element_count(SMALLEST_VALUE, depth)? {
            self.element(element_type, depth)?;
        }
        Ok(())
    }

    fn dictionary(&mut self, flags: u16, depth: usize) -> Result<(), DecodeError> {
        let key_type = self.element_type(flags & 3)?;
        let value_type = self.element_type(flags >> 2)?;
        for _ in 0..self.element_count(2 * SMALLEST_VALUE, depth)? {
            self.element(key_type, depth)?;
            self.element(value_type, depth)?;
        }
        Ok(())
    }

    /// What a container says about its elements; `None` means any type.
    fn element_type(&mut self, kind: u16) -> Result<Option<u8>, DecodeError> {
        match kind {
            UNTYPED => Ok(None),
            BUILT_IN => {
                let number = self.u32()?;
                let number = u8::try_from(number).map_err(|_| DecodeError::ElementType)?;
                match LAYOUTS.get(usize::from(number)) {
                    None | Some(Layout::Bytes(0)) => Err(DecodeError::ElementType),
                    Some(Layout::ProcessBound) => Err(DecodeError::ProcessBound),
                    Some(_) => Ok(Some(number)),
                }
            }
            _ => Err(DecodeError::ProcessBound),
        }
    }

    /// The number of a container's elements, once it is known that they could be there. Bit 31 of the count, which told
    /// Godot 3 about sharing, is of no meaning.
    fn element_count(&mut self, smallest: usize, depth: usize) -> Result<usize, DecodeError> {
        if depth >= self.deepest {
            return Err(DecodeError::TooDeep);
        }
        let count = (self.u32()? & 0x7fff_ffff) as usize;
        self.reserve(count, smallest)?;
        Ok(count)
    }

    fn element(&mut self, expected: Option<u8>, depth: usize) -> Result<(), DecodeError> {
        let found = self.value(depth + 1)?;
        match expected {
            Some(expected) if expected != found => Err(DecodeError::ElementType),
            _ => Ok(()),
        }
    }

    fn packed(&mut self, element_size: usize) -> Result<(), DecodeError> {
        let count = self.u32()? as usize;
        let size = count.checked_mul(element_size).ok_or(DecodeError::Truncated)?;
        self.skip(padded(size)?)
    }

    /// Unlike every other text, the ones in a PackedStringArray end with a zero that their length includes.
    fn packed_text(&mut self) -> Result<(), DecodeError> {
        let count = self.u32()? as usize;
        self.reserve(count, SMALLEST_VALUE)?;
        for _ in 0..count {
            let bytes = self.text_bytes()?;
            utf8(bytes.strip_suffix(&[0]).unwrap_or(bytes))?;
        }
        Ok(())
    }

    /// Number of names with bit 31 set, number of sub-names, flags (1: absolute), then all names.
    fn node_path(&mut self) -> Result<(), DecodeError> {
        let names = self.u32()?;
        let subnames = self.u32()?;
        let flags = self.u32()?;
        if names & 0x8000_0000 == 0 || flags & !1 != 0 {
            return Err(DecodeError::UnknownFlags);
        }
        let total = u64::from(names & 0x7fff_ffff) + u64::from(subnames);
        let total = usize::try_from(total).map_err(|_| DecodeError::Truncated)?;
        self.reserve(total, SMALLEST_VALUE)?;
        (0..total).try_for_each(|_| self.text())
    }

    fn text(&mut self) -> Result<(), DecodeError> {
        utf8(self.text_bytes()?).map(drop)
    }

    fn text_bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.u32()? as usize;
        let bytes = self.take(padded(length)?)?;
        Ok(&bytes[..length])
    }

    /// Takes `count` elements off the allowance, after making sure that the rest is large enough to hold them.
    fn reserve(&mut self, count: usize, smallest: usize) -> Result<(), DecodeError> {
        if count > self.rest.len() / smallest {
            return Err(DecodeError::Truncated);
        }
        self.values_left = self.values_left.checked_sub(count).ok_or(DecodeError::TooManyValues)?;
        Ok(())
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*bytes))
    }

    fn skip(&mut self, size: usize) -> Result<(), DecodeError> {
        self.take(size).map(drop)
    }

    fn take(&mut self, size: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(size).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }
}

const fn known_flags(layout: Layout) -> u16 {
    match layout {
        Layout::Reals(_) | Layout::PackedReals(_) => FLAG_64,
        Layout::Array => 0b11,
        Layout::Dictionary => 0b1111,
        // Refused whatever the flags are, and with the telling error.
        Layout::ProcessBound => u16::MAX,
        _ => 0,
    }
}

/// `size` rounded up to a multiple of four.
fn padded(size: usize) -> Result<usize, DecodeError> {
    size.checked_next_multiple_of(4).ok_or(DecodeError::Truncated)
}

#[cfg(test)]
#[path = "variant_bytes_tests.rs"]
mod tests;
