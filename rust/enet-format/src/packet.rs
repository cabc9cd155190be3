//! The outer form of a packet: one type byte, then a body; text bodies carry a length. Integers are little-endian.

use crate::limits::MAX_PACKET_BYTES;
use crate::{DecodeError, EncodeError};

/// The first byte of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum PacketType {
    /// The bytes as they are.
    Raw = 0,
    /// Godot's binary Variant encoding without objects.
    Variant = 1,
    /// The same, and a Dictionary. Read, but not written: dictionaries go out as [`Variant`](Self::Variant).
    Dictionary = 2,
    /// JSON text with its length.
    Json = 3,
    /// Text with its length.
    String = 4,
    /// The state of a node: the Variant encoding of a Dictionary.
    Node = 5,
}

impl PacketType {
    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0 => Self::Raw,
            1 => Self::Variant,
            2 => Self::Dictionary,
            3 => Self::Json,
            4 => Self::String,
            5 => Self::Node,
            _ => return None,
        })
    }
}

/// Splits a packet into its type and its body.
///
/// # Errors
/// The packet is empty, too large, or of no known type.
pub fn split(packet: &[u8]) -> Result<(PacketType, &[u8]), DecodeError> {
    if packet.len() > MAX_PACKET_BYTES {
        return Err(DecodeError::TooLarge);
    }
    let (&type_byte, body) = packet.split_first().ok_or(DecodeError::Empty)?;
    let packet_type = PacketType::from_byte(type_byte).ok_or(DecodeError::UnknownPacketType(type_byte))?;
    Ok((packet_type, body))
}

/// Puts the type byte before a body.
///
/// # Errors
/// The packet would be too large.
pub fn join(packet_type: PacketType, body: &[u8]) -> Result<Vec<u8>, EncodeError> {
    if body.len() >= MAX_PACKET_BYTES {
        return Err(EncodeError::TooLarge);
    }
    let mut packet = Vec::with_capacity(1 + body.len());
    packet.push(packet_type as u8);
    packet.extend_from_slice(body);
    Ok(packet)
}

/// A packet whose body is text.
///
/// # Errors
/// The packet would be too large.
pub fn join_text(packet_type: PacketType, text: &str) -> Result<Vec<u8>, EncodeError> {
    let length = u32::try_from(text.len()).map_err(|_| EncodeError::TooLarge)?;
    let mut body = Vec::with_capacity(4 + text.len());
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(text.as_bytes());
    join(packet_type, &body)
}

/// The text of a body that [`join_text`] made.
///
/// # Errors
/// The length is not that of the text, or the text is none.
pub fn text(body: &[u8]) -> Result<&str, DecodeError> {
    let (length, text) = body.split_first_chunk().ok_or(DecodeError::Truncated)?;
    let length = u32::from_le_bytes(*length) as usize;
    match text.len() {
        have if have < length => Err(DecodeError::Truncated),
        have if have > length => Err(DecodeError::TrailingBytes),
        _ => utf8(text),
    }
}

/// Bytes as text that Godot's own decoder takes without complaint: it stops at a zero and reports it.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, DecodeError> {
    if bytes.contains(&0) {
        return Err(DecodeError::BadText);
    }
    str::from_utf8(bytes).map_err(|_| DecodeError::BadText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_byte_is_known_or_refused() {
        for byte in 0..=u8::MAX {
            match split(&[byte, 7]) {
                Ok((packet_type, body)) => {
                    assert_eq!(packet_type as u8, byte);
                    assert_eq!(body, [7]);
                }
                Err(error) => {
                    assert!(byte > 5);
                    assert_eq!(error, DecodeError::UnknownPacketType(byte));
                }
            }
        }
    }

    #[test]
    fn an_empty_packet_is_refused_and_an_empty_body_is_not() {
        assert_eq!(split(&[]), Err(DecodeError::Empty));
        assert_eq!(split(&[0]), Ok((PacketType::Raw, &[][..])));
    }

    #[test]
    fn a_packet_of_the_largest_size_fits_and_one_more_does_not() {
        let body = vec![0; MAX_PACKET_BYTES];
        let largest = join(PacketType::Raw, &body[1..]).expect("type byte and body are exactly the limit");
        assert!(split(&largest).is_ok());
        assert_eq!(join(PacketType::Raw, &body), Err(EncodeError::TooLarge));
        assert_eq!(split(&vec![0; MAX_PACKET_BYTES + 1]), Err(DecodeError::TooLarge));
    }

    #[test]
    fn text_has_a_little_endian_length() {
        let packet = join_text(PacketType::String, "häh").expect("a short text fits");
        assert_eq!(packet, [4, 4, 0, 0, 0, b'h', 0xc3, 0xa4, b'h']);
        assert_eq!(text(&packet[1..]), Ok("häh"));
        assert_eq!(text(&[0, 0, 0, 0]), Ok(""));
    }

    #[test]
    fn text_with_a_wrong_length_is_refused() {
        assert_eq!(text(&[]), Err(DecodeError::Truncated));
        assert_eq!(text(&[1, 0, 0]), Err(DecodeError::Truncated));
        assert_eq!(text(&[2, 0, 0, 0, b'a']), Err(DecodeError::Truncated));
        assert_eq!(text(&[0xff, 0xff, 0xff, 0x7f, b'a']), Err(DecodeError::Truncated));
        assert_eq!(text(&[0, 0, 0, 0, b'a']), Err(DecodeError::TrailingBytes));
    }

    #[test]
    fn text_that_is_not_text_is_refused() {
        assert_eq!(text(&[1, 0, 0, 0, 0xff]), Err(DecodeError::BadText));
        assert_eq!(text(&[3, 0, 0, 0, b'a', 0, b'b']), Err(DecodeError::BadText));
        // A lone surrogate, as UTF-8 would have it.
        assert_eq!(text(&[3, 0, 0, 0, 0xed, 0xa0, 0x80]), Err(DecodeError::BadText));
    }
}
