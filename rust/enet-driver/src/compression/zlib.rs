//! zlib: one complete stream (RFC 1950) for each datagram.

use enet_proto::Compressor;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::append;

#[derive(Debug)]
pub(super) struct Zlib {
    deflate: Compress,
    inflate: Decompress,
}

impl Zlib {
    pub(super) fn new() -> Self {
        Self { deflate: Compress::new(Compression::default(), true), inflate: Decompress::new(true) }
    }
}

impl Compressor for Zlib {
    fn compress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        self.deflate.reset();
        append(output, limit, |room| {
            let status = self.deflate.compress(input, room, FlushCompress::Finish);
            complete(status.ok(), self.deflate.total_out())
        })
    }

    /// Whatever follows the end of the stream is ignored, as in the engine.
    fn decompress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        self.inflate.reset(true);
        append(output, limit, |room| {
            let status = self.inflate.decompress(input, room, FlushDecompress::Finish);
            complete(status.ok(), self.inflate.total_out())
        })
    }
}

/// The length of the output, if the stream came to its end.
fn complete(status: Option<Status>, total_out: u64) -> Option<usize> {
    usize::try_from(total_out).ok().filter(|_| status == Some(Status::StreamEnd))
}
