//! What is read of a datagram before OpenSSL sees it.

/// The client's random number in the ClientHello that a datagram begins with, which tells a hello that was sent again
/// from one of another session. `None` for everything else.
pub(super) fn client_random(datagram: &[u8]) -> Option<[u8; 32]> {
    let record = datagram.get(..RECORD_HEADER)?;
    let message = datagram.get(RECORD_HEADER..)?;
    let is_plain_handshake = record[0] == HANDSHAKE && record[1] == DTLS_MAJOR && record[3..5] == [0, 0];
    let is_first_of_hello = message.first() == Some(&CLIENT_HELLO) && message.get(6..9)? == [0; 3];
    if !is_plain_handshake || !is_first_of_hello {
        return None;
    }
    message.get(MESSAGE_HEADER + VERSION..)?.first_chunk().copied()
}

/// Whether a datagram could be DTLS at all.
pub(super) fn is_dtls(datagram: &[u8]) -> bool {
    datagram.len() > RECORD_HEADER && (20..=25).contains(&datagram[0]) && datagram[1] == DTLS_MAJOR
}

/// Whether a datagram holds a protected record that is too short to be one.
pub(super) fn has_stub(datagram: &[u8], least_sealed: usize) -> bool {
    let mut rest = datagram;
    while let Some((header, behind)) = rest.split_first_chunk::<RECORD_HEADER>() {
        let length = usize::from(u16::from_be_bytes([header[11], header[12]]));
        if header[3..5] != [0, 0] && length < least_sealed {
            return true;
        }
        rest = behind.get(length..).unwrap_or_default();
    }
    false
}

const RECORD_HEADER: usize = 13;
const MESSAGE_HEADER: usize = 12;
const VERSION: usize = 2;
const HANDSHAKE: u8 = 22;
const DTLS_MAJOR: u8 = 254;
const CLIENT_HELLO: u8 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    /// A ClientHello up to its random, which counts up from 0.
    fn hello() -> Vec<u8> {
        let mut hello = vec![22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 100];
        hello.extend([1, 0, 0, 88, 0, 0, 0, 0, 0, 0, 0, 88, 254, 253]);
        hello.extend(0..32);
        hello
    }

    #[test]
    fn the_random_of_a_hello_is_found() {
        let expected: Vec<u8> = (0..32).collect();
        assert_eq!(client_random(&hello()).map(|random| random.to_vec()), Some(expected));
    }

    #[test]
    fn what_is_cut_or_different_is_no_hello() {
        for length in 0..hello().len() {
            assert_eq!(client_random(&hello()[..length]), None, "of {length} bytes");
        }
        // record type, version, epoch, message type, fragment offset
        for (at, value) in [(0, 23), (1, 3), (4, 1), (13, 2), (21, 1)] {
            let mut changed = hello();
            changed[at] = value;
            assert_eq!(client_random(&changed), None, "byte {at}");
        }
    }

    /// A record of this epoch and length.
    fn record(epoch: u8, length: u8) -> Vec<u8> {
        let mut record = vec![23, 254, 253, 0, epoch, 0, 0, 0, 0, 0, 1, 0, length];
        record.resize(13 + usize::from(length), 0xa5);
        record
    }

    #[test]
    fn a_protected_record_that_is_too_short_is_seen_wherever_it_is() {
        for (epoch, length, is_stub) in
            [(1, 23, true), (1, 0, true), (2, 5, true), (1, 24, false), (0, 2, false)]
        {
            let mut datagram = record(epoch, length);
            assert_eq!(has_stub(&datagram, 24), is_stub, "alone: epoch {epoch}, {length} bytes");
            datagram.splice(0..0, record(1, 40));
            assert_eq!(has_stub(&datagram, 24), is_stub, "behind: epoch {epoch}, {length} bytes");
        }
        assert!(!has_stub(&record(1, 40)[..20], 24), "what is cut off is OpenSSL's to drop");
        assert!(!has_stub(&[], 24));
    }

    #[test]
    fn other_protocols_are_told_apart() {
        assert!(is_dtls(&hello()));
        assert!(!is_dtls(&hello()[..13]));
        assert!(!is_dtls(b"HTTP/1.1 400 Bad Request"));
        assert!(!is_dtls(&[0x8f, 0xff, 0, 0, 0x82, 0xff, 0, 1, 0, 0, 0, 0, 0, 0]));
    }
}
