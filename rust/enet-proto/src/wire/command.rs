//! The twelve commands. Each begins with
//!
//! ```text
//! | flags and number (8) | channel (8) | reliable sequence number (16) |
//! ```
//!
//! and goes on with a fixed part and, for the commands that carry data, a payload.

use super::{CONTROL_CHANNEL, ParseError, Reader};
use crate::seq::Seq16;

const WANTS_ACKNOWLEDGE: u8 = 0x80;
const UNSEQUENCED: u8 = 0x40;
const NUMBER_MASK: u8 = 0x0F;
const ACKNOWLEDGE: u8 = 1;

/// One command. `P` is the payload: borrowed bytes when parsed, a shared buffer when queued to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command<P> {
    pub(crate) channel: u8,
    /// The command's own number if it is reliable; the newest reliable number of its channel if it is unreliable; 0 if
    /// it is unsequenced.
    pub(crate) sequence: Seq16,
    pub(crate) wants_acknowledge: bool,
    pub(crate) body: Body<P>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Body<P> {
    Acknowledge { sequence: Seq16, sent_time: u16 },
    Connect(Connect),
    VerifyConnect(VerifyConnect),
    Disconnect { data: u32 },
    Ping,
    SendReliable { payload: P },
    SendUnreliable { sequence: u16, payload: P },
    SendFragment(Fragment<P>),
    SendUnsequenced { group: u16, payload: P },
    BandwidthLimit { incoming: u32, outgoing: u32 },
    ThrottleConfigure { interval: u32, acceleration: u32, deceleration: u32 },
    SendUnreliableFragment(Fragment<P>),
}

/// What both sides of a handshake say: the client proposes, the server answers with what was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct VerifyConnect {
    /// The sender's slot, to be put into the headers of datagrams to it.
    pub(crate) peer: u16,
    pub(crate) incoming_session: u8,
    pub(crate) outgoing_session: u8,
    pub(crate) mtu: u32,
    pub(crate) window: u32,
    pub(crate) channels: u32,
    pub(crate) incoming_bandwidth: u32,
    pub(crate) outgoing_bandwidth: u32,
    pub(crate) throttle_interval: u32,
    pub(crate) throttle_acceleration: u32,
    pub(crate) throttle_deceleration: u32,
    /// An opaque token, never byte-swapped.
    pub(crate) connect_id: [u8; 4],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Connect {
    pub(crate) terms: VerifyConnect,
    /// The application's value for the other side's connect event.
    pub(crate) data: u32,
}

/// A piece of a packet that does not fit into one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fragment<P> {
    /// Names the packet: the number of its first fragment, or its unreliable number.
    pub(crate) start: u16,
    pub(crate) count: u32,
    pub(crate) number: u32,
    pub(crate) total: u32,
    pub(crate) offset: u32,
    pub(crate) payload: P,
}

impl<P: AsRef<[u8]>> Command<P> {
    /// A reliable command of the connection itself.
    pub(crate) fn control(sequence: Seq16, body: Body<P>) -> Self {
        Self { channel: CONTROL_CHANNEL, sequence, wants_acknowledge: true, body }
    }

    /// Bytes that [`Self::emit`] appends.
    pub(crate) fn size(&self) -> usize {
        let body = match &self.body {
            Body::Ping => 0,
            Body::SendReliable { .. } => 2,
            Body::Acknowledge { .. }
            | Body::Disconnect { .. }
            | Body::SendUnreliable { .. }
            | Body::SendUnsequenced { .. } => 4,
            Body::BandwidthLimit { .. } => 8,
            Body::ThrottleConfigure { .. } => 12,
            Body::SendFragment(_) | Body::SendUnreliableFragment(_) => 20,
            Body::VerifyConnect(_) => 40,
            Body::Connect(_) => 44,
        };
        4 + body + self.payload().len()
    }

    /// The application's bytes in this command.
    pub(crate) fn payload(&self) -> &[u8] {
        match &self.body {
            Body::SendReliable { payload }
            | Body::SendUnreliable { payload, .. }
            | Body::SendUnsequenced { payload, .. }
            | Body::SendFragment(Fragment { payload, .. })
            | Body::SendUnreliableFragment(Fragment { payload, .. }) => payload.as_ref(),
            _ => &[],
        }
    }

    /// [`Self::payload`]'s length, of a command that fits into a datagram.
    pub(crate) fn payload_length(&self) -> u32 {
        u32::from(length16(self.payload()))
    }

    pub(crate) fn emit(&self, out: &mut Vec<u8>) {
        let mut first = self.body.number();
        if self.wants_acknowledge {
            first |= WANTS_ACKNOWLEDGE;
        } else if matches!(self.body, Body::SendUnsequenced { .. } | Body::Disconnect { .. }) {
            first |= UNSEQUENCED;
        }
        let [high, low] = self.sequence.0.to_be_bytes();
        out.extend_from_slice(&[first, self.channel, high, low]);
        self.body.emit(out);
    }
}

/// The ACKNOWLEDGE of a reliable command: what [`Command::emit`] makes of one.
pub(crate) fn acknowledgement(channel: u8, sequence: Seq16, sent_time: u16) -> [u8; 8] {
    let [high, low] = sequence.0.to_be_bytes();
    let [sent_high, sent_low] = sent_time.to_be_bytes();
    [ACKNOWLEDGE, channel, high, low, high, low, sent_high, sent_low]
}

impl<P> Body<P> {
    fn number(&self) -> u8 {
        match self {
            Self::Acknowledge { .. } => ACKNOWLEDGE,
            Self::Connect(_) => 2,
            Self::VerifyConnect(_) => 3,
            Self::Disconnect { .. } => 4,
            Self::Ping => 5,
            Self::SendReliable { .. } => 6,
            Self::SendUnreliable { .. } => 7,
            Self::SendFragment(_) => 8,
            Self::SendUnsequenced { .. } => 9,
            Self::BandwidthLimit { .. } => 10,
            Self::ThrottleConfigure { .. } => 11,
            Self::SendUnreliableFragment(_) => 12,
        }
    }
}

impl<P: AsRef<[u8]>> Body<P> {
    fn emit(&self, out: &mut Vec<u8>) {
        match self {
            Self::Acknowledge { sequence, sent_time } => put_two(out, sequence.0, *sent_time),
            Self::Connect(connect) => {
                connect.terms.emit(out);
                put32(out, connect.data);
            }
            Self::VerifyConnect(terms) => terms.emit(out),
            Self::Disconnect { data } => put32(out, *data),
            Self::Ping => {}
            Self::SendReliable { payload } => {
                put16(out, length16(payload.as_ref()));
                out.extend_from_slice(payload.as_ref());
            }
            Self::SendUnreliable { sequence: number, payload }
            | Self::SendUnsequenced { group: number, payload } => {
                put_two(out, *number, length16(payload.as_ref()));
                out.extend_from_slice(payload.as_ref());
            }
            Self::SendFragment(fragment) | Self::SendUnreliableFragment(fragment) => fragment.emit(out),
            Self::BandwidthLimit { incoming, outgoing } => {
                put32(out, *incoming);
                put32(out, *outgoing);
            }
            Self::ThrottleConfigure { interval, acceleration, deceleration } => {
                put32(out, *interval);
                put32(out, *acceleration);
                put32(out, *deceleration);
            }
        }
    }
}

impl<'a> Command<&'a [u8]> {
    /// Takes one command off the front of `bytes`; returns it and what follows.
    #[inline]
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), ParseError> {
        let mut reader = Reader::new(bytes, "command");
        let first = reader.u8()?;
        let channel = reader.u8()?;
        let sequence = Seq16(reader.u16()?);
        let body = Body::parse(first & NUMBER_MASK, &mut reader)?;
        let command = Self { channel, sequence, wants_acknowledge: first & WANTS_ACKNOWLEDGE != 0, body };
        Ok((command, reader.rest()))
    }
}

impl<'a> Body<&'a [u8]> {
    #[inline]
    fn parse(number: u8, reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        Ok(match number {
            ACKNOWLEDGE => Self::Acknowledge { sequence: Seq16(reader.u16()?), sent_time: reader.u16()? },
            2 => Self::Connect(Connect { terms: VerifyConnect::parse(reader)?, data: reader.u32()? }),
            3 => Self::VerifyConnect(VerifyConnect::parse(reader)?),
            4 => Self::Disconnect { data: reader.u32()? },
            5 => Self::Ping,
            6 => Self::SendReliable { payload: payload(reader)? },
            7 => Self::SendUnreliable { sequence: reader.u16()?, payload: payload(reader)? },
            8 => Self::SendFragment(Fragment::parse(reader)?),
            9 => Self::SendUnsequenced { group: reader.u16()?, payload: payload(reader)? },
            10 => Self::BandwidthLimit { incoming: reader.u32()?, outgoing: reader.u32()? },
            11 => Self::ThrottleConfigure {
                interval: reader.u32()?,
                acceleration: reader.u32()?,
                deceleration: reader.u32()?,
            },
            12 => Self::SendUnreliableFragment(Fragment::parse(reader)?),
            unknown => return Err(ParseError::UnknownCommand(unknown)),
        })
    }
}

impl VerifyConnect {
    fn parse(reader: &mut Reader<'_>) -> Result<Self, ParseError> {
        Ok(Self {
            peer: reader.u16()?,
            incoming_session: reader.u8()?,
            outgoing_session: reader.u8()?,
            mtu: reader.u32()?,
            window: reader.u32()?,
            channels: reader.u32()?,
            incoming_bandwidth: reader.u32()?,
            outgoing_bandwidth: reader.u32()?,
            throttle_interval: reader.u32()?,
            throttle_acceleration: reader.u32()?,
            throttle_deceleration: reader.u32()?,
            connect_id: reader.array()?,
        })
    }

    fn emit(&self, out: &mut Vec<u8>) {
        put16(out, self.peer);
        out.extend_from_slice(&[self.incoming_session, self.outgoing_session]);
        for value in [
            self.mtu,
            self.window,
            self.channels,
            self.incoming_bandwidth,
            self.outgoing_bandwidth,
            self.throttle_interval,
            self.throttle_acceleration,
            self.throttle_deceleration,
        ] {
            put32(out, value);
        }
        out.extend_from_slice(&self.connect_id);
    }
}

impl<'a> Fragment<&'a [u8]> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let start = reader.u16()?;
        let length = usize::from(reader.u16()?);
        Ok(Self {
            start,
            count: reader.u32()?,
            number: reader.u32()?,
            total: reader.u32()?,
            offset: reader.u32()?,
            payload: reader.take(length)?,
        })
    }
}

impl<P: AsRef<[u8]>> Fragment<P> {
    fn emit(&self, out: &mut Vec<u8>) {
        put_two(out, self.start, length16(self.payload.as_ref()));
        for value in [self.count, self.number, self.total, self.offset] {
            put32(out, value);
        }
        out.extend_from_slice(self.payload.as_ref());
    }
}

fn payload<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], ParseError> {
    let length = usize::from(reader.u16()?);
    reader.take(length)
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn put_two(out: &mut Vec<u8>, first: u16, second: u16) {
    put32(out, u32::from(first) << 16 | u32::from(second));
}

fn length16(payload: &[u8]) -> u16 {
    u16::try_from(payload.len()).expect("a payload that fits into a datagram is shorter than 4096 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms() -> VerifyConnect {
        VerifyConnect {
            peer: 3,
            incoming_session: 0xff,
            outgoing_session: 1,
            mtu: 1392,
            window: 65536,
            channels: 255,
            incoming_bandwidth: 7,
            outgoing_bandwidth: 8,
            throttle_interval: 5000,
            throttle_acceleration: 2,
            throttle_deceleration: 4,
            connect_id: [0x29, 0xdd, 0x27, 0x45],
        }
    }

    fn one_of_each() -> Vec<Command<&'static [u8]>> {
        let fragment = Fragment {
            start: 65535,
            count: 3,
            number: 2,
            total: 30,
            offset: 20,
            payload: &b"0123456789"[..],
        };
        let bodies = vec![
            Body::Acknowledge { sequence: Seq16(9), sent_time: 0xfffe },
            Body::Connect(Connect { terms: terms(), data: 0x0102_0304 }),
            Body::VerifyConnect(terms()),
            Body::Disconnect { data: 0x55 },
            Body::Ping,
            Body::SendReliable { payload: &b"abc"[..] },
            Body::SendUnreliable { sequence: 4, payload: &b""[..] },
            Body::SendFragment(fragment),
            Body::SendUnsequenced { group: 1024, payload: &b"x"[..] },
            Body::BandwidthLimit { incoming: 1, outgoing: u32::MAX },
            Body::ThrottleConfigure { interval: 1, acceleration: 2, deceleration: 3 },
            Body::SendUnreliableFragment(fragment),
        ];
        bodies
            .into_iter()
            .map(|body| Command { channel: 7, sequence: Seq16(0xabcd), wants_acknowledge: false, body })
            .collect()
    }

    fn emitted(command: &Command<&[u8]>) -> Vec<u8> {
        let mut out = vec![0xa5; 3];
        command.emit(&mut out);
        out.split_off(3)
    }

    #[test]
    fn parses_what_it_emits() {
        for mut command in one_of_each() {
            for wants_acknowledge in [false, true] {
                command.wants_acknowledge = wants_acknowledge;
                let mut bytes = emitted(&command);
                assert_eq!(bytes.len(), command.size(), "{command:?}");
                bytes.extend_from_slice(b"next");
                assert_eq!(Command::parse(&bytes), Ok((command.clone(), &b"next"[..])));
            }
        }
    }

    #[test]
    fn every_truncation_is_an_error() {
        for command in one_of_each() {
            let bytes = emitted(&command);
            for length in 0..bytes.len() {
                assert_eq!(Command::parse(&bytes[..length]), Err(ParseError::Truncated("command")));
            }
        }
    }

    #[test]
    fn unknown_numbers_are_errors() {
        for number in [0, 13, 14, 15] {
            let bytes = [number | 0xb0, 0, 0, 1, 0, 0, 0, 0];
            assert_eq!(Command::parse(&bytes), Err(ParseError::UnknownCommand(number)));
        }
    }

    #[test]
    fn first_bytes_match_the_wire() {
        let wire = [0x01, 0x82, 0x83, 0x84, 0x85, 0x86, 0x07, 0x88, 0x49, 0x8a, 0x8b, 0x0c];
        let sent_reliably = [2, 3, 4, 5, 6, 8, 10, 11];
        for (mut command, expected) in one_of_each().into_iter().zip(wire) {
            command.wants_acknowledge = sent_reliably.contains(&command.body.number());
            assert_eq!(emitted(&command)[0], expected);
        }
        let goodbye =
            Command { wants_acknowledge: false, ..Command::control(Seq16(1), Body::Disconnect { data: 0 }) };
        assert_eq!(emitted(&goodbye)[0], 0x44);
    }

    #[test]
    fn an_acknowledgement_is_what_its_command_emits() {
        let (sequence, sent_time) = (Seq16(0x1234), 0x5678);
        let body = Body::Acknowledge { sequence, sent_time };
        let command = Command { channel: 9, sequence, wants_acknowledge: false, body };
        assert_eq!(emitted(&command), acknowledgement(9, sequence, sent_time));
    }

    #[test]
    fn connect_matches_a_captured_one() {
        let connect = Connect {
            terms: VerifyConnect {
                peer: 0,
                incoming_session: 0xff,
                outgoing_session: 0xff,
                channels: 2,
                incoming_bandwidth: 0,
                outgoing_bandwidth: 0,
                throttle_deceleration: 2,
                ..terms()
            },
            data: 0x0102_0304,
        };
        let expected = [
            0x82, 0xff, 0, 1, 0, 0, 0xff, 0xff, 0, 0, 5, 0x70, 0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
            0, 0, 0, 0x13, 0x88, 0, 0, 0, 2, 0, 0, 0, 2, 0x29, 0xdd, 0x27, 0x45, 1, 2, 3, 4,
        ];
        assert_eq!(emitted(&Command::control(Seq16(1), Body::Connect(connect))), expected);
    }
}
