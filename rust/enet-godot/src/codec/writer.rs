//! Godot's binary Variant encoding, written straight behind what a packet has already.
//!
//! The engine's own `var_to_bytes()` walks a value twice, into an array that is then copied. Here the values that games send
//! most are looked at and written in one pass: numbers, texts, small vectors, and untyped containers of them. All others
//! are the engine's, value by value: the encoding of a container is a header and the encodings of what is in it.

use enet_format::EncodeError;
use enet_format::limits::MAX_PACKET_BYTES;
use godot::global::var_to_bytes;
use godot::meta::inspect::ElementType;
use godot::prelude::*;

use super::value::Walk;

/// Appends values to a packet, within the limits of one value.
pub(super) struct Writer<'a> {
    walk: Walk,
    packet: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(packet: &'a mut Vec<u8>) -> Self {
        Self { walk: Walk::default(), packet }
    }

    /// Appends a value that stands inside `depth` containers.
    pub(super) fn value(&mut self, value: &Variant, depth: usize) -> Result<(), EncodeError> {
        match value.get_type() {
            VariantType::NIL => self.header(VariantType::NIL),
            VariantType::BOOL => {
                self.header(VariantType::BOOL);
                self.word(u32::from(value.to::<bool>()));
            }
            VariantType::INT => self.int(value.to()),
            VariantType::FLOAT => self.float(value.to()),
            VariantType::STRING => self.text(&value.to())?,
            VariantType::VECTOR2 => {
                let Vector2 { x, y } = value.to();
                self.reals(VariantType::VECTOR2, &[x, y]);
            }
            VariantType::VECTOR3 => {
                let Vector3 { x, y, z } = value.to();
                self.reals(VariantType::VECTOR3, &[x, y, z]);
            }
            VariantType::ARRAY => self.array(value, depth)?,
            VariantType::DICTIONARY => self.dictionary(value, depth)?,
            _ => self.by_the_engine(value, depth)?,
        }
        if self.packet.len() > MAX_PACKET_BYTES { Err(EncodeError::TooLarge) } else { Ok(()) }
    }

    fn by_the_engine(&mut self, value: &Variant, depth: usize) -> Result<(), EncodeError> {
        self.walk.value(value, depth)?;
        self.packet.extend_from_slice(var_to_bytes(value).as_slice());
        Ok(())
    }

    fn array(&mut self, value: &Variant, depth: usize) -> Result<(), EncodeError> {
        let array: AnyArray = value.to();
        if array.element_type() != ElementType::Untyped {
            return self.by_the_engine(value, depth);
        }
        self.walk.enter(depth, array.len())?;
        self.header(VariantType::ARRAY);
        self.count(array.len())?;
        array.iter_shared().try_for_each(|element| self.value(&element, depth + 1))
    }

    fn dictionary(&mut self, value: &Variant, depth: usize) -> Result<(), EncodeError> {
        let dictionary: AnyDictionary = value.to();
        let is_typed = [dictionary.key_element_type(), dictionary.value_element_type()]
            .iter()
            .any(|element_type| *element_type != ElementType::Untyped);
        if is_typed {
            return self.by_the_engine(value, depth);
        }
        self.walk.enter(depth, dictionary.len())?;
        self.header(VariantType::DICTIONARY);
        // Nothing can change in between: no script runs while a value is written.
        let (keys, values) = (dictionary.keys_array(), dictionary.values_array());
        self.count(keys.len())?;
        keys.iter_shared().zip(values.iter_shared()).try_for_each(|(key, value)| {
            self.value(&key, depth + 1)?;
            self.value(&value, depth + 1)
        })
    }

    fn int(&mut self, int: i64) {
        if let Ok(int) = i32::try_from(int) {
            self.header(VariantType::INT);
            self.packet.extend_from_slice(&int.to_le_bytes());
        } else {
            self.wide_header(VariantType::INT);
            self.packet.extend_from_slice(&int.to_le_bytes());
        }
    }

    fn float(&mut self, float: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "whether anything is lost is what is looked at")]
        let narrow = float as f32;
        if f64::from(narrow) == float {
            self.reals(VariantType::FLOAT, &[narrow]);
        } else {
            self.wide_header(VariantType::FLOAT);
            self.packet.extend_from_slice(&float.to_le_bytes());
        }
    }

    fn reals(&mut self, variant_type: VariantType, reals: &[f32]) {
        self.header(variant_type);
        for real in reals {
            self.packet.extend_from_slice(&real.to_le_bytes());
        }
    }

    /// UTF-8 behind its length, filled up to a multiple of four.
    fn text(&mut self, text: &GString) -> Result<(), EncodeError> {
        let characters = text.chars();
        self.walk.take_bytes(characters.len())?;
        self.header(VariantType::STRING);
        let at = self.packet.len();
        self.word(0);
        for character in characters {
            let mut utf8 = [0; 4];
            self.packet.extend_from_slice(character.encode_utf8(&mut utf8).as_bytes());
        }
        let length = self.packet.len() - at - 4;
        let word = u32::try_from(length).map_err(|_| EncodeError::TooLarge)?;
        self.packet[at..at + 4].copy_from_slice(&word.to_le_bytes());
        self.packet.resize(at + 4 + length.next_multiple_of(4), 0);
        Ok(())
    }

    fn count(&mut self, count: usize) -> Result<(), EncodeError> {
        self.word(u32::try_from(count).map_err(|_| EncodeError::TooManyValues)?);
        Ok(())
    }

    fn header(&mut self, variant_type: VariantType) {
        self.word(type_number(variant_type));
    }

    /// Of a number with 64 bits.
    fn wide_header(&mut self, variant_type: VariantType) {
        self.word(type_number(variant_type) | WIDE);
    }

    fn word(&mut self, word: u32) {
        self.packet.extend_from_slice(&word.to_le_bytes());
    }
}

fn type_number(variant_type: VariantType) -> u32 {
    u32::try_from(variant_type.ord()).expect("the engine numbers its types from 0")
}

/// Beside a type's number: its numbers have 64 bits.
const WIDE: u32 = 1 << 16;
