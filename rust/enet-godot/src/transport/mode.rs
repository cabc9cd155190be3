//! How the engine's transfer modes, channels and packet flags map to ENet's, in both directions. Knows no Godot type.

use enet_driver::enet_proto::Delivery;

/// `MultiplayerPeer.TransferMode`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    Unreliable = 0,
    UnreliableOrdered = 1,
    #[default]
    Reliable = 2,
}

impl Mode {
    pub(crate) fn delivery(self) -> Delivery {
        match self {
            Self::Unreliable => Delivery::UnsequencedFragmented,
            Self::UnreliableOrdered => Delivery::UnreliableFragmented,
            Self::Reliable => Delivery::Reliable,
        }
    }

    /// What a received packet is reported as. An unreliable packet that needed several datagrams comes as ordered.
    pub(crate) fn of(delivery: Delivery) -> Self {
        match delivery {
            Delivery::Reliable => Self::Reliable,
            Delivery::Unsequenced | Delivery::UnsequencedFragmented => Self::Unreliable,
            Delivery::Unreliable | Delivery::UnreliableFragmented => Self::UnreliableOrdered,
        }
    }
}

/// The ENet channel of a packet that the game sends on `transfer_channel`. The game's channel 0 has one for each kind of
/// delivery. `None` for a channel that ENet does not have.
pub(crate) fn channel_out(transfer_channel: i32, mode: Mode) -> Option<u8> {
    match (transfer_channel, mode) {
        (0, Mode::Reliable) => Some(RELIABLE_CHANNEL),
        (0, _) => Some(UNRELIABLE_CHANNEL),
        (1..=LAST_TRANSFER_CHANNEL, _) => u8::try_from(transfer_channel + 1).ok(),
        _ => None,
    }
}

/// The game's channel of a packet that came on an ENet channel.
pub(crate) fn channel_in(channel: u8) -> i32 {
    i32::from(channel).saturating_sub(1).max(0)
}

/// The ENet channels for `count` channels of the game's own; 0 is all there are.
pub(crate) fn channel_count(count: u8) -> u8 {
    if count == 0 { u8::MAX } else { count.saturating_add(OWN_CHANNELS) }
}

/// What a script's combination of `FLAG_*` means; `None` for bits that are none of them.
pub(crate) fn delivery(flags: i64) -> Option<Delivery> {
    match flags {
        _ if flags & !(RELIABLE | UNSEQUENCED | UNRELIABLE_FRAGMENT) != 0 => None,
        _ if flags & RELIABLE != 0 => Some(Delivery::Reliable),
        UNSEQUENCED => Some(Delivery::Unsequenced),
        UNRELIABLE_FRAGMENT => Some(Delivery::UnreliableFragmented),
        0 => Some(Delivery::Unreliable),
        _ => Some(Delivery::UnsequencedFragmented),
    }
}

/// The `FLAG_*` of a received packet.
pub(crate) fn flags(delivery: Delivery) -> i64 {
    match delivery {
        Delivery::Reliable => RELIABLE,
        Delivery::Unreliable => 0,
        Delivery::Unsequenced => UNSEQUENCED,
        Delivery::UnreliableFragmented => UNRELIABLE_FRAGMENT,
        Delivery::UnsequencedFragmented => UNSEQUENCED | UNRELIABLE_FRAGMENT,
    }
}

pub(crate) const RELIABLE: i64 = 1;
pub(crate) const UNSEQUENCED: i64 = 2;
pub(crate) const UNRELIABLE_FRAGMENT: i64 = 8;

/// The largest channel number that fits, with the channels below taken, into ENet's 255.
pub(crate) const LAST_TRANSFER_CHANNEL: i32 = 253;
/// What the game's channel 0 is sent on.
const RELIABLE_CHANNEL: u8 = 0;
const UNRELIABLE_CHANNEL: u8 = 1;
const OWN_CHANNELS: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    const MODES: [Mode; 3] = [Mode::Unreliable, Mode::UnreliableOrdered, Mode::Reliable];

    #[test]
    fn a_mode_comes_back_as_it_was_sent() {
        assert_eq!(MODES.map(|mode| Mode::of(mode.delivery())), MODES);
        assert_eq!(Mode::of(Delivery::Unsequenced), Mode::Unreliable);
        assert_eq!(Mode::of(Delivery::Unreliable), Mode::UnreliableOrdered);
    }

    #[test]
    fn channels_are_the_engine_s() {
        assert_eq!(channel_out(0, Mode::Reliable), Some(0));
        assert_eq!(channel_out(0, Mode::Unreliable), Some(1));
        assert_eq!(channel_out(0, Mode::UnreliableOrdered), Some(1));
        for mode in MODES {
            assert_eq!([1, 17, 253].map(|channel| channel_out(channel, mode)), [2, 18, 254].map(Some));
            assert_eq!([-1, 254, 255, i32::MAX].map(|channel| channel_out(channel, mode)), [None; 4]);
        }
        assert_eq!([0, 1, 2, 18, 254].map(channel_in), [0, 0, 1, 17, 253]);
        assert_eq!([0, 1, 252, 253, 255].map(channel_count), [255, 3, 254, 255, 255]);
    }

    #[test]
    fn flags_are_the_engine_s() {
        for flags_in in [0, 1, 2, 8, 10] {
            assert_eq!(delivery(flags_in).map(flags), Some(flags_in));
        }
        assert_eq!([3, 9, 11].map(delivery), [Some(Delivery::Reliable); 3]);
        assert_eq!([4, 16, -1, i64::MIN].map(delivery), [None; 4]);
    }
}
