//! What OpenSSL takes for a socket: one datagram in at a time, whole datagrams out.

use std::{
    collections::VecDeque,
    io::{self, Read, Write},
};

/// The far end of a session's records.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    incoming: Vec<u8>,
    has_incoming: bool,
    outgoing: VecDeque<Vec<u8>>,
    /// A buffer to be used again, so that a session at work allocates nothing.
    spare: Vec<u8>,
}

impl Pipe {
    /// Puts the one datagram there that the next read takes.
    pub(super) fn offer(&mut self, datagram: &[u8]) {
        self.incoming.clear();
        self.incoming.extend_from_slice(datagram);
        self.has_incoming = true;
    }

    /// The next datagram to be sent.
    pub(super) fn pop(&mut self) -> Option<Vec<u8>> {
        self.outgoing.pop_front()
    }

    /// The next datagram to be sent, in place of what is in `datagram`. False if there is none.
    pub(super) fn swap(&mut self, datagram: &mut Vec<u8>) -> bool {
        let Some(next) = self.outgoing.pop_front() else { return false };
        self.spare = std::mem::replace(datagram, next);
        true
    }
}

impl Read for Pipe {
    /// Gives the datagram, cut to `buffer` as a socket would.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !std::mem::take(&mut self.has_incoming) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let length = self.incoming.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.incoming[..length]);
        Ok(length)
    }
}

impl Write for Pipe {
    /// Takes one datagram.
    fn write(&mut self, datagram: &[u8]) -> io::Result<usize> {
        if self.outgoing.len() < MOST_OUTGOING {
            let mut copy = std::mem::take(&mut self.spare);
            copy.clear();
            copy.extend_from_slice(datagram);
            self.outgoing.push_back(copy);
        }
        Ok(datagram.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// More than the longest flight of a handshake. What does not fit is lost, as it would be on a full link.
const MOST_OUTGOING: usize = 64;

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "the numbers are small")]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_read_once_and_alone() {
        let mut pipe = Pipe::default();
        let mut buffer = [0; 8];
        assert_eq!(pipe.read(&mut buffer).map_err(|error| error.kind()), Err(io::ErrorKind::WouldBlock));
        pipe.offer(b"first");
        pipe.offer(b"second");
        assert_eq!(pipe.read(&mut buffer).ok(), Some(6));
        assert_eq!(&buffer[..6], b"second");
        assert!(pipe.read(&mut buffer).is_err());
    }

    #[test]
    fn datagrams_leave_whole_and_in_order_up_to_a_limit() {
        let mut pipe = Pipe::default();
        for number in 0..=MOST_OUTGOING {
            assert_eq!(pipe.write(&[0xa5, number as u8]).ok(), Some(2));
        }
        let mut datagram = b"plain".to_vec();
        assert!(pipe.swap(&mut datagram));
        assert_eq!(datagram, [0xa5, 0]);
        let rest: Vec<_> = std::iter::from_fn(|| pipe.pop()).collect();
        assert_eq!((rest.len(), &rest[0][..]), (MOST_OUTGOING - 1, &[0xa5, 1][..]));
        assert!(!pipe.swap(&mut datagram));
    }
}
