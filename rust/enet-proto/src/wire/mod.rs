//! Bytes to values and back, once, and nothing else: no state, no time, no policy. Answers for `enet/protocol.h`.
//!
//! * [`DatagramHeader`] is the 2 or 4 bytes in front of every datagram.
//! * [`Command`] is one command behind it; a datagram holds as many as fit.
//!
//! Parsing checks the length first and borrows payloads; a value that parsed is well formed, but not yet plausible:
//! whether its numbers make sense is for the host to decide. Every value that can be built can be emitted.

mod command;
mod header;

pub(crate) use command::{Body, Command, Connect, Fragment, VerifyConnect, acknowledgement};
pub(crate) use header::DatagramHeader;

use thiserror::Error;

/// The channel id of commands that belong to the connection itself.
pub(crate) const CONTROL_CHANNEL: u8 = 0xFF;

/// What is wrong with received bytes. Never leaves the crate: it becomes a counter and a trace line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum ParseError {
    #[error("{0} is cut short")]
    Truncated(&'static str),
    #[error("unknown command {0}")]
    UnknownCommand(u8),
}

/// Takes big-endian values off the front of a slice; can only fail, never read past the end.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// `what` names the thing being read, for the error.
    pub(crate) fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { bytes, what }
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.bytes
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], ParseError> {
        let (taken, rest) = self.bytes.split_at_checked(length).ok_or(ParseError::Truncated(self.what))?;
        self.bytes = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ParseError> {
        let (taken, rest) = self.bytes.split_first_chunk().ok_or(ParseError::Truncated(self.what))?;
        self.bytes = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, ParseError> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, ParseError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, ParseError> {
        self.array().map(u32::from_be_bytes)
    }
}
