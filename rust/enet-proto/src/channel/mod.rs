//! One ordered stream of a connection: numbering and outstanding commands on the way out, ordering and reassembly on
//! the way in. Knows payloads and numbers, never datagrams. Answers for `ENetChannel`.

mod incoming;
mod outgoing;
mod reassembly;

pub(crate) use incoming::{Admission, Incoming, Room};
pub(crate) use outgoing::{Acknowledged, Outgoing, Outstanding};

/// What keeping `length` bytes of payload takes: an empty packet is kept in memory like any other.
pub(crate) fn footprint(length: usize) -> usize {
    const LEAST: usize = 128;
    length.max(LEAST)
}

/// Both directions of a channel.
#[derive(Debug, Default)]
pub(crate) struct Channel {
    pub(crate) incoming: Incoming,
    pub(crate) outgoing: Outgoing,
}

/// The channels of a connection, each made when it is first used: Godot's clients ask for 255 and use three.
#[derive(Debug, Default)]
pub(crate) struct Channels(Vec<Option<Box<Channel>>>);

impl Channels {
    /// The channel `id`, made if it does not exist yet. The caller has checked `id` against the channel count.
    #[inline]
    pub(crate) fn get_or_create(&mut self, id: u8) -> &mut Channel {
        let index = usize::from(id);
        if self.0.get(index).is_none_or(Option::is_none) {
            self.create(index);
        }
        self.0[index].as_deref_mut().expect("it has just been made if it was not there")
    }

    #[cold]
    fn create(&mut self, index: usize) {
        if self.0.len() <= index {
            self.0.resize_with(index + 1, || None);
        }
        self.0[index].get_or_insert_default();
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, id: u8) -> Option<&mut Channel> {
        self.0.get_mut(usize::from(id))?.as_deref_mut()
    }

    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Channel> {
        self.0.iter().filter_map(Option::as_deref)
    }

    /// The channels in use, with their ids.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (u8, &mut Channel)> {
        (0u8..=254).zip(&mut self.0).filter_map(|(id, channel)| Some((id, channel.as_deref_mut()?)))
    }
}
