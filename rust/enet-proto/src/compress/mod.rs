//! Compression of a datagram's commands. Both ends of a connection must agree on the method beforehand; nothing on the
//! wire announces it. Answers for `ENetCompressor`.

mod range_coder;

pub use range_coder::RangeCoder;

/// A way to make datagrams smaller. A host owns one and uses it for every datagram, so it may keep buffers between
/// calls, but no knowledge: each datagram stands alone, as any of them may get lost.
pub trait Compressor: std::fmt::Debug + Send {
    /// Appends the compressed form of `input` to `output`. False if that takes more than `limit` bytes or cannot be
    /// done; what is in `output` then does not matter. `input` is never empty and at most 4096 bytes long.
    fn compress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool;

    /// Appends the plain form of `input` to `output`. False if `input` is malformed or its plain form is empty or
    /// longer than `limit` bytes, which no more than `limit` bytes are ever spent on. `input` is what anybody on the
    /// network may have sent.
    fn decompress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool;
}
