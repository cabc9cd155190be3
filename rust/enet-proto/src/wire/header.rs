//! The datagram header.
//!
//! ```text
//!  15   14   13 12  11 ........ 0
//! +----+----+-----+--------------+-----------------+
//! |time|comp|sess.|   peer id    |  sent time (16) |  the second half only when `time` is set
//! +----+----+-----+--------------+-----------------+
//! ```

use super::{ParseError, Reader};

const SENT_TIME: u16 = 0x8000;
const COMPRESSED: u16 = 0x4000;
const SESSION_SHIFT: u32 = 12;
const SESSION_MASK: u16 = 0x3;
const PEER_MASK: u16 = 0x0FFF;

/// What a datagram says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DatagramHeader {
    /// The receiver's slot; `None` when the sender does not know it yet (0xFFF on the wire). Below 4095.
    pub(crate) peer: Option<u16>,
    /// Distinguishes successive connections that use one slot, 0 to 3.
    pub(crate) session: u8,
    /// The commands are compressed.
    pub(crate) compressed: bool,
    /// The low 16 bits of the sender's clock. Present whenever a command asks to be acknowledged.
    pub(crate) sent_time: Option<u16>,
}

impl DatagramHeader {
    /// Splits a datagram into its header and its commands.
    pub(crate) fn parse(datagram: &[u8]) -> Result<(Self, &[u8]), ParseError> {
        let mut reader = Reader::new(datagram, "datagram header");
        let field = reader.u16()?;
        let sent_time = if field & SENT_TIME != 0 { Some(reader.u16()?) } else { None };
        let peer = field & PEER_MASK;
        let header = Self {
            peer: (peer != PEER_MASK).then_some(peer),
            session: ((field >> SESSION_SHIFT) & SESSION_MASK).to_le_bytes()[0],
            compressed: field & COMPRESSED != 0,
            sent_time,
        };
        Ok((header, reader.rest()))
    }

    /// Bytes that [`Self::emit`] appends.
    pub(crate) fn size(&self) -> usize {
        if self.sent_time.is_some() { 4 } else { 2 }
    }

    pub(crate) fn emit(&self, out: &mut Vec<u8>) {
        let mut field = self.peer.map_or(PEER_MASK, |peer| peer & PEER_MASK);
        field |= (u16::from(self.session) & SESSION_MASK) << SESSION_SHIFT;
        if self.compressed {
            field |= COMPRESSED;
        }
        if self.sent_time.is_some() {
            field |= SENT_TIME;
        }
        out.extend_from_slice(&field.to_be_bytes());
        if let Some(time) = self.sent_time {
            out.extend_from_slice(&time.to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emitted(header: DatagramHeader) -> Vec<u8> {
        let mut out = vec![0xa5];
        header.emit(&mut out);
        out.split_off(1)
    }

    #[test]
    fn parses_what_it_emits() {
        for peer in [None, Some(0), Some(1), Some(4094)] {
            for session in 0..4 {
                for compressed in [false, true] {
                    for sent_time in [None, Some(0), Some(0x8001)] {
                        let header = DatagramHeader { peer, session, compressed, sent_time };
                        let bytes = emitted(header);
                        assert_eq!(bytes.len(), header.size());
                        assert_eq!(DatagramHeader::parse(&bytes), Ok((header, &[][..])));
                    }
                }
            }
        }
    }

    #[test]
    fn matches_the_wire() {
        let connect = DatagramHeader { peer: None, session: 0, compressed: false, sent_time: Some(0x03f2) };
        assert_eq!(emitted(connect), [0x8f, 0xff, 0x03, 0xf2]);
        let acknowledge = DatagramHeader { peer: Some(5), session: 2, compressed: true, sent_time: None };
        assert_eq!(emitted(acknowledge), [0x60, 0x05]);
    }

    #[test]
    fn out_of_range_values_never_reach_the_flag_bits() {
        let header = DatagramHeader { peer: Some(0x5001), session: 0xff, compressed: false, sent_time: None };
        assert_eq!(emitted(header), [0x30, 0x01]);
    }

    #[test]
    fn short_headers_are_refused() {
        for short in [&[][..], &[0], &[0x80, 0], &[0x80, 0, 1]] {
            assert_eq!(DatagramHeader::parse(short), Err(ParseError::Truncated("datagram header")));
        }
    }
}
