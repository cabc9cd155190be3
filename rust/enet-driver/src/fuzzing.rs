//! The bodies of the fuzz targets of this crate: what the codecs make of any bytes. `rust/fuzz` calls them with what a
//! fuzzer thinks up, the tests below with what a fuzzer has found and kept. The protocol's own bodies are in
//! `enet_proto::fuzzing`.

use std::{cell::RefCell, collections::HashMap};

use enet_proto::Compressor;

use crate::Compression;

thread_local! {
    // Made once, as a host does: some take longer to make than to use.
    static CODECS: RefCell<HashMap<Compression, Box<dyn Compressor>>> = RefCell::default();
}

/// Takes the bytes for a compressed stream of this mode, and then as something to compress.
///
/// # Panics
/// More comes out than was allowed, what was compressed comes back otherwise, or an earlier call leaves a trace.
pub fn codec(mode: Compression, data: &[u8]) {
    CODECS.with_borrow_mut(|codecs| {
        let codec =
            codecs.entry(mode).or_insert_with(|| mode.compressor().expect("every mode but none has one"));
        enet_proto::fuzzing::compressor(&mut **codec, data);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(target: &str, mode: Compression) {
        enet_proto::fuzzing::replay(target, |data| codec(mode, data));
    }

    #[test]
    fn fastlz() {
        replay("fastlz", Compression::FastLz);
    }

    #[test]
    fn zlib() {
        replay("zlib", Compression::Zlib);
    }

    #[test]
    fn zstd() {
        replay("zstd", Compression::Zstd);
    }

    #[test]
    fn lz4() {
        replay("lz4", Compression::Lz4);
    }
}
