//! The body of the fuzz target of this crate: any bytes as a received packet. `rust/fuzz` calls it with what a fuzzer
//! thinks up, the test below with what a fuzzer has found and kept.

use crate::packet::{self, PacketType};
use crate::{DecodeError, json, variant_bytes};

/// Takes the bytes for a packet, as far as that goes without an engine.
///
/// # Panics
/// A packet that was taken apart cannot be put together again, or what is refused and what is not depends on more than
/// the bytes.
pub fn packet_format(data: &[u8]) {
    let Ok((packet_type, body)) = packet::split(data) else {
        assert!(data.first().is_none_or(|&first| first > PacketType::Node as u8));
        return;
    };
    assert_eq!(packet::join(packet_type, body).as_deref(), Ok(data));
    match packet_type {
        PacketType::Raw => {}
        PacketType::Variant | PacketType::Dictionary | PacketType::Node => value(body),
        PacketType::Json => {
            if let Some(text) = text(packet_type, data, body) {
                // Whether it is JSON at all is for the engine to say.
                let _ = json::check_limits(text);
            }
        }
        PacketType::String => drop(text(packet_type, data, body)),
    }
}

/// A complete value is the only one at its beginning: nothing may follow it, and no part of it is one.
fn value(body: &[u8]) {
    if variant_bytes::check(body).is_err() {
        return;
    }
    assert_eq!(body.len() % 4, 0, "values are made of words");
    let longer = [body, &[0; 4]].concat();
    assert_eq!(variant_bytes::check(&longer), Err(DecodeError::TrailingBytes));
    let shorter = &body[..body.len() - 4];
    assert_eq!(variant_bytes::check(shorter), Err(DecodeError::Truncated));
}

fn text<'a>(packet_type: PacketType, data: &[u8], body: &'a [u8]) -> Option<&'a str> {
    let text = packet::text(body).ok()?;
    assert!(!text.contains('\0'), "a zero ends a text for the engine");
    assert_eq!(packet::join_text(packet_type, text).as_deref(), Ok(data));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::packet_format;

    #[test]
    fn the_corpus_of_the_fuzzer() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/packet_format");
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .expect("the corpus is there")
            .map(|entry| entry.expect("a listed entry can be read").path())
            .collect();
        names.sort();
        assert!(!names.is_empty(), "the corpus is gone");
        for name in names {
            println!("{}", name.display());
            packet_format(&std::fs::read(&name).expect("a file of the corpus can be read"));
        }
    }
}
