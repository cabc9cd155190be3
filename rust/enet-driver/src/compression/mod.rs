//! The ways to compress datagrams: ENet's own, which the protocol brings along, those that Godot adds to it, and LZ4.
//! Answers for `enet_host_compress` and for Godot's `ENetConnection.compress()`.
//!
//! Each datagram is compressed by itself, as any of them may get lost; only the working memory is kept between them.

mod fastlz;
mod lz4;
#[cfg(test)]
mod tests;
mod zlib;
mod zstandard;

use std::fmt;

use enet_proto::{Compressor, RangeCoder};

use self::{fastlz::FastLz, lz4::Lz4, zlib::Zlib, zstandard::Zstandard};

/// How datagrams are compressed. Both ends must do the same. The numbers are Godot's, as far as Godot has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Compression {
    /// Datagrams are plain, and compressed ones are dropped.
    #[default]
    None = 0,
    /// ENet's own range coder, which C ENet has too.
    RangeCoder = 1,
    /// FastLZ.
    FastLz = 2,
    /// zlib (RFC 1950) at its default level.
    Zlib = 3,
    /// Zstandard at its default level.
    Zstd = 4,
    /// LZ4 blocks. Godot does not have it.
    Lz4 = 5,
}

impl Compression {
    /// Every mode, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::None, Self::RangeCoder, Self::FastLz, Self::Zlib, Self::Zstd, Self::Lz4];

    /// What compresses and decompresses in this way; nothing for [`Compression::None`].
    #[must_use]
    pub fn compressor(self) -> Option<Box<dyn Compressor>> {
        Some(match self {
            Self::None => return None,
            Self::RangeCoder => Box::new(RangeCoder::new()),
            Self::FastLz => Box::new(FastLz::default()),
            Self::Zlib => Box::new(Zlib::new()),
            Self::Zstd => Box::new(Zstandard::new()),
            Self::Lz4 => Box::new(Lz4::default()),
        })
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::RangeCoder => "range coder",
            Self::FastLz => "FastLZ",
            Self::Zlib => "zlib",
            Self::Zstd => "Zstandard",
            Self::Lz4 => "LZ4",
        })
    }
}

/// Appends what `write` puts into the `limit` bytes that it is given. It answers how many those are; nothing, or 0, is a
/// failure.
fn append(output: &mut Vec<u8>, limit: usize, write: impl FnOnce(&mut [u8]) -> Option<usize>) -> bool {
    let start = output.len();
    output.resize(start + limit, 0);
    let written = write(&mut output[start..]).unwrap_or(0);
    output.truncate(start + written);
    written > 0
}
