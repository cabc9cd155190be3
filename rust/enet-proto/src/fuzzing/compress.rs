//! Compressors, with what was compressed and with what was not.

use crate::compress::{Compressor, RangeCoder};

/// Stands in every output before it is used, and must stay.
const MARK: u8 = 0xA5;
/// What a host hands over and takes at most.
const LONGEST: usize = 4096;

/// [`compressor`] with ENet's range coder.
///
/// # Panics
/// As [`compressor`].
pub fn range_coder(data: &[u8]) {
    compressor(&mut RangeCoder::new(), data);
}

/// Takes the bytes for a compressed stream, and then as something to compress; some of what was compressed is damaged
/// before it is decompressed, as no fuzzer finds its way into a format with a good header by itself.
///
/// # Panics
/// More comes out than was allowed, what was compressed comes back otherwise, or an earlier call leaves a trace.
pub fn compressor(compressor: &mut dyn Compressor, data: &[u8]) {
    let Some((&control, data)) = data.split_first() else { return };
    let limit = [LONGEST - 4, LONGEST - 8, 64, 1][usize::from(control) % 4];
    if let Some(plain) = decompress(compressor, data, limit) {
        assert_eq!(decompress(compressor, data, limit).as_ref(), Some(&plain), "the second time otherwise");
        come_back(compressor, &plain, plain.len());
    }
    if (1..=LONGEST).contains(&data.len()) {
        if control & 0x80 != 0 {
            come_damaged(compressor, data, limit);
        }
        come_back(
            compressor,
            data,
            [data.len(), 2 * LONGEST, data.len() / 2, 3][usize::from(control / 4) % 4],
        );
    }
}

fn decompress(compressor: &mut dyn Compressor, data: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut output = vec![MARK];
    let is_taken = compressor.decompress(data, limit, &mut output);
    assert!(output.len() <= 1 + limit, "{} bytes where {limit} are allowed", output.len() - 1);
    assert!(output.capacity() <= 4 * LONGEST, "memory for {} bytes", output.capacity());
    assert_eq!(output.remove(0), MARK);
    assert!(!is_taken || !output.is_empty(), "nothing is no plain form");
    is_taken.then_some(output)
}

/// Compresses all but the first bytes, which say where the stream is damaged: cut off, or in some of its bits.
fn come_damaged(compressor: &mut dyn Compressor, data: &[u8], limit: usize) {
    let Some((&[low, high, bits], plain)) = data.split_first_chunk() else { return };
    let mut packed = Vec::new();
    if plain.is_empty() || !compressor.compress(plain, 2 * LONGEST, &mut packed) {
        return;
    }
    let place = usize::from(u16::from_le_bytes([low, high])) % packed.len();
    if bits == 0 {
        packed.truncate(place);
    } else {
        packed[place] ^= bits;
    }
    // Some damage changes nothing, or leaves another stream that is well formed.
    let _ = decompress(compressor, &packed, limit);
}

/// Compresses within `limit` bytes; if that is done, the plain form comes back, and only if there is room for it.
fn come_back(compressor: &mut dyn Compressor, plain: &[u8], limit: usize) {
    let mut packed = vec![MARK];
    if !compressor.compress(plain, limit, &mut packed) {
        return;
    }
    assert_eq!(packed.remove(0), MARK);
    assert!(packed.len() <= limit, "{} bytes where {limit} are allowed", packed.len());
    assert!(
        decompress(compressor, &packed, plain.len()).is_some_and(|back| back == plain),
        "not the same again"
    );
    assert!(decompress(compressor, &packed, plain.len() - 1).is_none(), "more than there is room for");
}
