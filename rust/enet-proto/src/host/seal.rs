//! What is done to a datagram's commands on their way out and undone on their way in: compression, and a checksum over
//! the plain form. Both ends must be set up alike. Answers for `enet_host_compress`, `enet_crc32` and their places in
//! `enet/protocol.c`.
//!
//! ```text
//! | header, with its flag bits as sent | checksum (32), if there are checksums | commands, compressed or plain |
//! ```
//!
//! The checksum covers the header, its own place holding a seed that both sides know, and the plain commands.

use crc32fast::Hasher;

use crate::compress::Compressor;
use crate::wire::DatagramHeader;

/// Bytes of a datagram that a checksum takes.
pub(crate) const CHECKSUM_SIZE: usize = 4;
/// The most that a datagram may grow to when it is decompressed.
const MAXIMUM_DATAGRAM: usize = 4096;

#[derive(Debug, Default)]
pub(crate) struct Seal {
    pub(crate) compressor: Option<Box<dyn Compressor>>,
    has_checksums: bool,
    /// Reused for every datagram: the other form of its commands.
    scratch: Vec<u8>,
}

/// Why received commands cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// There is no room for the checksum.
    Truncated,
    /// They are compressed, and there is no compressor, or not the right one.
    Compression,
    /// The checksum is another one.
    Checksum,
}

impl Seal {
    pub(crate) fn new(has_checksums: bool) -> Self {
        Self { has_checksums, ..Self::default() }
    }

    /// Writes a datagram. `seed` is the token of the connection, or zeros while the receiver's slot is not known.
    pub(crate) fn close(
        &mut self,
        mut header: DatagramHeader,
        seed: [u8; 4],
        commands: &[u8],
        datagram: &mut Vec<u8>,
    ) {
        self.scratch.clear();
        let compress = |compressor: &mut Box<dyn Compressor>| {
            compressor.compress(commands, commands.len(), &mut self.scratch)
                && self.scratch.len() < commands.len()
        };
        header.compressed = self.compressor.as_mut().is_some_and(compress);
        datagram.clear();
        header.emit(datagram);
        if self.has_checksums {
            datagram.extend_from_slice(&checksum(datagram, seed, commands));
        }
        datagram.extend_from_slice(if header.compressed { &self.scratch } else { commands });
    }

    /// Gives the plain commands of a datagram. `rest` is what follows its header, `seed` as for [`Self::close`].
    pub(crate) fn open<'a>(
        &'a mut self,
        header: &DatagramHeader,
        seed: [u8; 4],
        rest: &'a [u8],
    ) -> Result<&'a [u8], Broken> {
        let mut head_size = header.size();
        let (received, rest) = if self.has_checksums {
            head_size += CHECKSUM_SIZE;
            let (received, rest) = rest.split_first_chunk::<CHECKSUM_SIZE>().ok_or(Broken::Truncated)?;
            (Some(*received), rest)
        } else {
            (None, rest)
        };
        let commands = if header.compressed {
            let compressor = self.compressor.as_mut().ok_or(Broken::Compression)?;
            self.scratch.clear();
            if !compressor.decompress(rest, MAXIMUM_DATAGRAM - head_size, &mut self.scratch) {
                return Err(Broken::Compression);
            }
            &self.scratch
        } else {
            rest
        };
        let Some(received) = received else { return Ok(commands) };
        let mut head = Vec::with_capacity(header.size());
        header.emit(&mut head);
        if received == checksum(&head, seed, commands) { Ok(commands) } else { Err(Broken::Checksum) }
    }
}

fn checksum(header: &[u8], seed: [u8; 4], commands: &[u8]) -> [u8; 4] {
    let mut hasher = Hasher::new();
    hasher.update(header);
    hasher.update(&seed);
    hasher.update(commands);
    hasher.finalize().to_be_bytes()
}
