//! The two datagrams of discovery.
//!
//! ```text
//! query   0f ff 00 "ENetSrv?" version | token 8 | round 1 | zeros, 1200 bytes in all
//! answer  0f ff 00 "ENetSrv!" version | token 8 | round 1 | server 8 | players 2 | maximum 2 | name 1+n | info 2+n
//! ```
//!
//! Integers are little-endian. To ENet this is a datagram of nobody (peer 0xFFF, neither compressed nor with a sent time) that
//! begins with command 0, which there is not: C ENet drops it, with a checksum because that is wrong. No ENet sends such a
//! datagram: without a peer it has a CONNECT, which comes with a sent time, or a DISCONNECT, and after a checksum's four
//! bytes again one of these. DTLS records begin with another byte.

use bytes::Bytes;

use super::Announcement;

/// Ties an answer to the search that asked. Nobody who did not see the query can guess it.
pub(super) type Token = [u8; 8];

/// A question for servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    pub(super) token: Token,
    /// Which repetition it is; the answer repeats it, and so the asker knows how long it took.
    pub(super) round: u8,
}

impl Query {
    /// The query in a datagram, if it is one. As long as an answer can be, or it would multiply what somebody sends in
    /// another's name.
    pub(crate) fn parse(datagram: &[u8]) -> Option<Self> {
        if datagram.len() != QUERY_BYTES {
            return None;
        }
        let mut rest = datagram.strip_prefix(QUERY_MAGIC)?;
        let [version, round] = [take::<1>(&mut rest)?[0], rest.get(size_of::<Token>()).copied()?];
        (version == VERSION).then_some(Self { token: take(&mut rest)?, round })
    }

    pub(super) fn to_datagram(self) -> Vec<u8> {
        let mut datagram = Vec::with_capacity(QUERY_BYTES);
        datagram.extend_from_slice(QUERY_MAGIC);
        datagram.push(VERSION);
        datagram.extend_from_slice(&self.token);
        datagram.push(self.round);
        datagram.resize(QUERY_BYTES, 0);
        datagram
    }
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) query: Query,
    /// Names the server among others, whichever of its addresses the answer comes from.
    pub(super) server: u64,
    pub(super) players: u16,
    pub(super) maximum: u16,
    pub(super) name: String,
    pub(super) info: Bytes,
}

impl Answer {
    pub(super) fn parse(datagram: &[u8]) -> Option<Self> {
        let mut rest = datagram.strip_prefix(ANSWER_MAGIC)?;
        if take::<1>(&mut rest)? != [VERSION] {
            return None;
        }
        let query = Query { token: take(&mut rest)?, round: take::<1>(&mut rest)?[0] };
        let server = u64::from_le_bytes(take(&mut rest)?);
        let players = u16::from_le_bytes(take(&mut rest)?);
        let maximum = u16::from_le_bytes(take(&mut rest)?);
        let name_bytes = usize::from(take::<1>(&mut rest)?[0]);
        let name = take_text(&mut rest, name_bytes)?;
        let info_bytes = usize::from(u16::from_le_bytes(take(&mut rest)?));
        let is_sound = info_bytes <= Announcement::MOST_INFO_BYTES && rest.len() == info_bytes;
        is_sound.then(|| Self { query, server, players, maximum, name, info: Bytes::copy_from_slice(rest) })
    }

    pub(super) fn write(&self, datagram: &mut Vec<u8>) {
        let announcement_fits = "an announcement is checked when it is made";
        datagram.clear();
        datagram.extend_from_slice(ANSWER_MAGIC);
        datagram.push(VERSION);
        datagram.extend_from_slice(&self.query.token);
        datagram.push(self.query.round);
        datagram.extend_from_slice(&self.server.to_le_bytes());
        datagram.extend_from_slice(&self.players.to_le_bytes());
        datagram.extend_from_slice(&self.maximum.to_le_bytes());
        datagram.push(u8::try_from(self.name.len()).expect(announcement_fits));
        datagram.extend_from_slice(self.name.as_bytes());
        let info_bytes = u16::try_from(self.info.len()).expect(announcement_fits);
        datagram.extend_from_slice(&info_bytes.to_le_bytes());
        datagram.extend_from_slice(&self.info);
    }
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*head)
}

/// A text that can be shown in a list: what would break the line is left out.
fn take_text(bytes: &mut &[u8], length: usize) -> Option<String> {
    let (head, rest) = bytes.split_at_checked(length).filter(|_| length <= Announcement::MOST_NAME_BYTES)?;
    *bytes = rest;
    let text = std::str::from_utf8(head).ok()?;
    Some(text.chars().filter(|character| !character.is_control()).collect())
}

const QUERY_MAGIC: &[u8] = b"\x0f\xff\x00ENetSrv?";
const ANSWER_MAGIC: &[u8] = b"\x0f\xff\x00ENetSrv!";
const VERSION: u8 = 1;
/// Below what any link takes in one piece: IPv6 promises 1280 bytes, of which 48 are headers.
pub(super) const QUERY_BYTES: usize = 1200;

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: Query = Query { token: *b"01234567", round: 3 };

    fn answer(name: &str, info: &[u8]) -> Answer {
        let info = Bytes::copy_from_slice(info);
        Answer {
            query: QUERY,
            server: 0x1122_3344_5566_7788,
            players: 7,
            maximum: 4095,
            name: name.into(),
            info,
        }
    }

    fn written(answer: &Answer) -> Vec<u8> {
        let mut datagram = vec![0xa5; 3];
        answer.write(&mut datagram);
        datagram
    }

    #[test]
    fn both_are_read_as_written() {
        assert_eq!(Query::parse(&QUERY.to_datagram()), Some(QUERY));
        for (name, info) in [("", &b""[..]), ("Äpfel", b"\x01info"), (&"x".repeat(128), &[7; 1000])] {
            let answer = answer(name, info);
            assert_eq!(Answer::parse(&written(&answer)), Some(answer));
        }
    }

    #[test]
    fn no_answer_is_longer_than_its_query() {
        assert_eq!(QUERY.to_datagram().len(), QUERY_BYTES);
        let longest =
            written(&answer(&"x".repeat(Announcement::MOST_NAME_BYTES), &[7; Announcement::MOST_INFO_BYTES]));
        assert!(longest.len() <= QUERY_BYTES, "{}", longest.len());
    }

    #[test]
    fn the_bytes_are_those_of_the_documentation() {
        let datagram = QUERY.to_datagram();
        assert_eq!(datagram[..21], *b"\x0f\xff\x00ENetSrv?\x0101234567\x03");
        assert!(datagram[21..].iter().all(|&byte| byte == 0));
        let datagram = written(&answer("ab", b"c"));
        let numbers = b"\x88\x77\x66\x55\x44\x33\x22\x11\x07\x00\xff\x0f\x02ab\x01\x00c";
        assert_eq!(datagram, [b"\x0f\xff\x00ENetSrv!\x0101234567\x03", &numbers[..]].concat());
    }

    #[test]
    fn queries_of_another_length_or_version_are_none() {
        let datagram = QUERY.to_datagram();
        assert_eq!(Query::parse(&datagram[..QUERY_BYTES - 1]), None);
        assert_eq!(Query::parse(&[&datagram[..], &[0]].concat()), None);
        for index in 0..12 {
            let mut other = datagram.clone();
            other[index] ^= 1;
            assert_eq!(Query::parse(&other), None, "byte {index}");
        }
    }

    #[test]
    fn an_answer_is_read_whole_or_not_at_all() {
        let datagram = written(&answer("name", b"info"));
        for length in 0..datagram.len() {
            assert_eq!(Answer::parse(&datagram[..length]), None, "{length} bytes");
        }
        assert_eq!(Answer::parse(&[&datagram[..], b"x"].concat()), None);
        let mut no_text = datagram;
        no_text[34] = 0xff;
        assert_eq!(Answer::parse(&no_text), None, "the name is not UTF-8");
        assert_eq!(Answer::parse(&QUERY.to_datagram()), None);
    }

    #[test]
    fn what_would_break_a_list_is_left_out_of_names() {
        let read = Answer::parse(&written(&answer("a\nb\t\u{1b}[31mc", b""))).expect("it is sound");
        assert_eq!(read.name, "ab[31mc");
    }
}
