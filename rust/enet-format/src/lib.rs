//! The packet format of ENetServer and ENetClient as far as it is bytes: the outer form of a packet, and whether what is
//! in it may be handed to an engine. Names no Godot type, so its rules are tested and fuzzed without an engine.
//!
//! | module | what it decides |
//! | --- | --- |
//! | [`packet`] | type byte and body; text with its length |
//! | [`variant_bytes`] | whether bytes are one complete value in Godot's binary encoding, without objects |
//! | [`json`] | whether a JSON parser may be let loose on a text |
//! | [`limits`] | the caps that all of them keep |
//!
//! What cannot be sent is an [`EncodeError`] for the caller to report; what cannot be read came from the network and is
//! a [`DecodeError`] for the caller to count.
#![forbid(unsafe_code)]

mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod json;
pub mod limits;
pub mod packet;
pub mod variant_bytes;

pub use error::{DecodeError, EncodeError};
