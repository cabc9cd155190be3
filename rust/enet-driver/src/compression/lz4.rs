//! LZ4: one block for each datagram, without a frame or a size in front of it.

use std::fmt;

use enet_proto::Compressor;
use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};

use super::append;

#[derive(Default)]
pub(super) struct Lz4 {
    table: CompressTable,
}

impl fmt::Debug for Lz4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lz4").finish_non_exhaustive()
    }
}

impl Compressor for Lz4 {
    fn compress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        let start = output.len();
        // With less room than the worst input needs, the library does not begin.
        append(output, get_maximum_output_size(input.len()), |room| {
            compress_into_with_table(input, room, &mut self.table).ok()
        }) && output.len() - start <= limit
    }

    fn decompress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        append(output, limit, |room| decompress_into(input, room).ok())
    }
}
