//! Zstandard: one frame for each datagram, with its plain size in it.

use std::fmt;

use enet_proto::Compressor;
use zstd::zstd_safe::{CCtx, CLEVEL_DEFAULT, DCtx, compress_bound};

use super::append;

/// The contexts are large and costly to set up, so they live as long as the host. Both work from one buffer into the
/// other: no window is allocated, whatever size a frame claims to need.
pub(super) struct Zstandard {
    compressor: CCtx<'static>,
    decompressor: DCtx<'static>,
}

impl Zstandard {
    pub(super) fn new() -> Self {
        Self { compressor: CCtx::create(), decompressor: DCtx::create() }
    }
}

impl fmt::Debug for Zstandard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Zstandard").finish_non_exhaustive()
    }
}

impl Compressor for Zstandard {
    fn compress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        let start = output.len();
        // With less room than the worst input needs, the library gives up early.
        append(output, compress_bound(input.len()), |room| {
            self.compressor.compress(room, input, CLEVEL_DEFAULT).ok()
        }) && output.len() - start <= limit
    }

    fn decompress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        append(output, limit, |room| self.decompressor.decompress(room, input).ok())
    }
}
