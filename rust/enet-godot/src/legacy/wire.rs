//! What Godot 3 puts into ENet packets: a prefix before each packet of the game, and the server's messages about who is
//! there. Knows no Godot type.
//!
//! ```text
//! any channel but 0:   | source (32) | target (32) | the game's bytes |
//! channel 0:           | message (32) | peer (32) |
//! ```
//!
//! All little-endian. The target is 0 for all, an id for one, a negative id for all but one.

use bytes::{BufMut, Bytes, BytesMut};

/// The channel on which the server tells who is there.
pub(super) const CONFIG_CHANNEL: u8 = 0;
/// What reliable packets are sent on when the game chooses no channel.
pub(super) const RELIABLE_CHANNEL: u8 = 1;
/// What unreliable packets are sent on when the game chooses no channel.
pub(super) const UNRELIABLE_CHANNEL: u8 = 2;
/// Channels that are there in any case.
pub(super) const LEAST_CHANNELS: u8 = 3;
/// The id of every server.
pub(super) const SERVER_ID: i32 = 1;

const PREFIX_SIZE: usize = 8;

/// What stands before a packet of the game.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prefix {
    pub(super) source: i32,
    pub(super) target: i32,
}

impl Prefix {
    /// The prefix of a packet, and what is behind it. `None` for a packet without one.
    pub(super) fn split(packet: &Bytes) -> Option<(Self, Bytes)> {
        let (source, target) = two_words(packet)?;
        Some((Self { source, target }, packet.slice(PREFIX_SIZE..)))
    }

    pub(super) fn before(self, payload: &[u8]) -> Bytes {
        let mut packet = BytesMut::with_capacity(PREFIX_SIZE + payload.len());
        packet.put_i32_le(self.source);
        packet.put_i32_le(self.target);
        packet.put_slice(payload);
        packet.freeze()
    }
}

/// What a server tells its clients on [`CONFIG_CHANNEL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Message {
    AddPeer(i32),
    RemovePeer(i32),
}

impl Message {
    /// `None` for what is too short, or neither of these, or about nobody.
    pub(super) fn parse(packet: &[u8]) -> Option<Self> {
        let (kind, id) = two_words(packet)?;
        match kind {
            _ if id <= SERVER_ID => None,
            0 => Some(Self::AddPeer(id)),
            1 => Some(Self::RemovePeer(id)),
            _ => None,
        }
    }

    pub(super) fn emit(self) -> Bytes {
        let (source, target) = match self {
            Self::AddPeer(id) => (0, id),
            Self::RemovePeer(id) => (1, id),
        };
        Prefix { source, target }.before(&[])
    }
}

/// Where a packet that has come to the server goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// To the server itself.
    pub(super) is_here: bool,
    pub(super) onward: Onward,
}

/// To which clients a packet is passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onward {
    Nobody,
    One(i32),
    /// To everybody but its sender and this one, which is 0 for no other.
    AllBut(i32),
}

impl Route {
    /// The way of a packet of a client's. `None` if it goes nowhere: it pretends to be from somebody else, or is for its
    /// own sender, or for other clients of a server that relays nothing.
    pub(super) fn of(prefix: Prefix, sender: i32, relays: bool) -> Option<Self> {
        let Prefix { source, target } = prefix;
        let here = |is_here, onward| Some(Self { is_here, onward });
        match target {
            _ if source != sender || target == sender || target == i32::MIN => None,
            SERVER_ID => here(true, Onward::Nobody),
            0 if relays => here(true, Onward::AllBut(0)),
            ..0 if relays => here(target != -SERVER_ID, Onward::AllBut(-target)),
            2.. if relays => here(false, Onward::One(target)),
            0 | ..-1 => here(true, Onward::Nobody),
            _ => None,
        }
    }
}

/// The ENet channel for a packet of the game. `wanted` is the game's choice, not positive for none; `None` for one that is
/// not among the `count` there are.
pub(super) fn channel_for(wanted: i32, is_reliable: bool, count: u8) -> Option<u8> {
    match u8::try_from(wanted) {
        Ok(channel @ 1..) => Some(channel).filter(|&channel| channel < count),
        _ if wanted > 0 => None,
        _ => Some(if is_reliable { RELIABLE_CHANNEL } else { UNRELIABLE_CHANNEL }),
    }
}

fn two_words(packet: &[u8]) -> Option<(i32, i32)> {
    let (first, rest) = packet.split_first_chunk()?;
    let (second, _) = rest.split_first_chunk()?;
    Some((i32::from_le_bytes(*first), i32::from_le_bytes(*second)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_as_godot_3_writes_it() {
        let packet = Prefix { source: 0x0102_0304, target: -2 }.before(b"xyz");
        assert_eq!(packet[..], [4, 3, 2, 1, 0xFE, 0xFF, 0xFF, 0xFF, b'x', b'y', b'z']);
        let (prefix, payload) = Prefix::split(&packet).expect("a whole prefix");
        assert_eq!((prefix.source, prefix.target, &payload[..]), (0x0102_0304, -2, &b"xyz"[..]));
        for length in 0..PREFIX_SIZE {
            assert!(Prefix::split(&packet.slice(..length)).is_none());
        }
        assert_eq!(Prefix::split(&packet.slice(..8)).map(|(_, payload)| payload.len()), Some(0));
    }

    #[test]
    fn messages_come_back_and_nonsense_does_not() {
        for message in [Message::AddPeer(2), Message::RemovePeer(i32::MAX)] {
            assert_eq!(Message::parse(&message.emit()), Some(message));
        }
        assert_eq!(Message::AddPeer(7).emit()[..], [0, 0, 0, 0, 7, 0, 0, 0]);
        assert_eq!(Message::RemovePeer(7).emit()[..], [1, 0, 0, 0, 7, 0, 0, 0]);
        assert_eq!(Message::parse(&Message::AddPeer(7).emit()[..7]), None);
        for (kind, id) in [(2, 7), (-1, 7), (0, 1), (0, 0), (1, -7), (0, i32::MIN)] {
            assert_eq!(Message::parse(&Prefix { source: kind, target: id }.before(&[])), None, "{kind} {id}");
        }
    }

    #[test]
    fn packets_go_where_godot_3_sends_them() {
        const SENDER: i32 = 5;
        let route = |target, relays| {
            Route::of(Prefix { source: SENDER, target }, SENDER, relays)
                .map(|route| (route.is_here, route.onward))
        };
        assert_eq!(route(1, true), Some((true, Onward::Nobody)));
        assert_eq!(route(0, true), Some((true, Onward::AllBut(0))));
        assert_eq!(route(-1, true), Some((false, Onward::AllBut(1))));
        assert_eq!(route(-9, true), Some((true, Onward::AllBut(9))));
        assert_eq!(route(9, true), Some((false, Onward::One(9))));
        assert_eq!(route(1, false), Some((true, Onward::Nobody)));
        assert_eq!(route(0, false), Some((true, Onward::Nobody)));
        assert_eq!(route(-9, false), Some((true, Onward::Nobody)));
        assert_eq!([route(-1, false), route(9, false)], [None; 2]);
        for relays in [true, false] {
            assert_eq!([SENDER, i32::MIN].map(|target| route(target, relays)), [None; 2]);
            assert_eq!(Route::of(Prefix { source: 6, target: 0 }, SENDER, relays), None);
        }
    }

    #[test]
    fn a_channel_is_the_game_s_or_follows_from_the_mode() {
        assert_eq!([-1, 0].map(|wanted| channel_for(wanted, true, 3)), [Some(1); 2]);
        assert_eq!([-1, 0].map(|wanted| channel_for(wanted, false, 3)), [Some(2); 2]);
        assert_eq!(
            [1, 2, 3, 256, i32::MAX].map(|wanted| channel_for(wanted, true, 3)),
            [Some(1), Some(2), None, None, None]
        );
        assert_eq!(channel_for(254, true, 255), Some(254));
    }
}
