//! The peer slots of a host. A slot is reused, and what connects next in it gets other session ids and another
//! generation. Answers for the `peers` array of `ENetHost`.
//!
//! Remotes put a slot's number into their headers. It is chosen when a remote asks to connect, and nobody holds the
//! slot for it until it has answered; if somebody else has it by then, the remote gets another one and keeps its number,
//! which is an alias from then on.

use std::collections::{BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};

use crate::event::PeerId;
use crate::peer::Peer;

/// The session ids that a slot used last, 0 to 3; [`Sessions::NONE`] before the first connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sessions {
    pub(crate) incoming: u8,
    pub(crate) outgoing: u8,
}

impl Sessions {
    /// No connection used the slot yet.
    pub(crate) const NONE: u8 = 0xFF;
    const UNUSED: Self = Self { incoming: Self::NONE, outgoing: Self::NONE };
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    /// Of the last connection with this number.
    sessions: Sessions,
    peer: Option<Box<Peer>>,
}

impl Slot {
    const UNUSED: Self = Self { generation: 0, sessions: Sessions::UNUSED, peer: None };
}

#[derive(Debug)]
pub(crate) struct PeerTable {
    capacity: u16,
    /// Grows with use; a host for 4095 peers costs little before they come.
    slots: Vec<Slot>,
    free: BTreeSet<u16>,
    in_use: BTreeSet<u16>,
    /// The slots of peers whose number is that of another slot.
    aliases: HashMap<(SocketAddr, u16), u16>,
    /// Remote-initiated connections by address and token: a repeated CONNECT is recognised without a walk.
    tokens: HashMap<(SocketAddr, [u8; 4]), u16>,
    /// How many remote-initiated connections an address holds, as [`owner_of`] sees it.
    per_address: HashMap<IpAddr, usize>,
}

impl PeerTable {
    pub(crate) fn new(capacity: usize) -> Self {
        // The configuration has been checked: there are at most 4095.
        let capacity = u16::try_from(capacity).unwrap_or(0xFFF).min(0xFFF);
        Self {
            capacity,
            slots: Vec::new(),
            free: (0..capacity).collect(),
            in_use: BTreeSet::new(),
            aliases: HashMap::new(),
            tokens: HashMap::new(),
            per_address: HashMap::new(),
        }
    }

    pub(crate) fn capacity(&self) -> u16 {
        self.capacity
    }

    /// The id that the next connection gets in the first free slot.
    pub(crate) fn vacancy(&self) -> Option<PeerId> {
        self.free.first().map(|&slot| self.next_id(slot))
    }

    /// The id for a remote that was told to use `number`: of that slot if it is still free, else of any.
    pub(crate) fn seat(&self, number: u16) -> Option<PeerId> {
        if self.free.contains(&number) { Some(self.next_id(number)) } else { self.vacancy() }
    }

    /// Numbers that a remote at this address may be told to use, beginning with the first one from `start` on.
    pub(crate) fn numbers_for(&self, address: SocketAddr, start: u16) -> impl Iterator<Item = u16> + '_ {
        let numbers = self.free.range(start..).chain(self.free.range(..start)).copied();
        numbers.filter(move |&number| !self.aliases.contains_key(&(address, number)))
    }

    /// The id that the next connection in a slot gets.
    pub(crate) fn next_id(&self, slot: u16) -> PeerId {
        let generation = self.slots.get(usize::from(slot)).map_or(0, |slot| slot.generation);
        PeerId { slot, generation }
    }

    /// Moves a peer into the free slot that its id names, which [`Self::next_id`] or [`Self::seat`] gave.
    pub(crate) fn occupy(&mut self, peer: Peer, is_inbound: bool) {
        let slot = peer.id.slot;
        let was_free = self.free.remove(&slot);
        debug_assert!(was_free);
        self.in_use.insert(slot);
        if is_inbound {
            self.tokens.insert((peer.address, peer.connect_id), slot);
            *self.per_address.entry(owner_of(peer.address.ip())).or_default() += 1;
        }
        if peer.number != slot {
            self.aliases.insert((peer.address, peer.number), slot);
        }
        self.entry(slot).peer = Some(Box::new(peer));
    }

    /// Empties a slot; its id is stale from here on.
    pub(crate) fn vacate(&mut self, slot: u16) {
        let entry = self.entry(slot);
        let Some(peer) = entry.peer.take() else { return };
        entry.generation = entry.generation.wrapping_add(1);
        self.in_use.remove(&slot);
        self.free.insert(slot);
        if peer.number != slot {
            self.aliases.remove(&(peer.address, peer.number));
        }
        if self.tokens.remove(&(peer.address, peer.connect_id)).is_some() {
            let address = owner_of(peer.address.ip());
            if let Some(count) = self.per_address.get_mut(&address) {
                *count -= 1;
                if *count == 0 {
                    self.per_address.remove(&address);
                }
            }
        }
    }

    pub(crate) fn get(&self, id: PeerId) -> Option<&Peer> {
        self.slots.get(usize::from(id.slot))?.peer.as_deref().filter(|peer| peer.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: PeerId) -> Option<&mut Peer> {
        self.at_mut(id.slot).filter(|peer| peer.id == id)
    }

    /// Whoever is in a slot.
    pub(crate) fn at_mut(&mut self, slot: u16) -> Option<&mut Peer> {
        self.slots.get_mut(usize::from(slot))?.peer.as_deref_mut()
    }

    /// The peer whose datagrams come from this address and carry this number.
    pub(crate) fn addressed(&self, address: SocketAddr, number: u16) -> Option<&Peer> {
        let at = |slot: u16| self.slots.get(usize::from(slot))?.peer.as_deref();
        let is_theirs = |peer: &&Peer| peer.number == number && peer.address == address;
        let alias = || self.aliases.get(&(address, number)).and_then(|&slot| at(slot));
        at(number).filter(is_theirs).or_else(|| if self.aliases.is_empty() { None } else { alias() })
    }

    /// What the last connection with this number used.
    pub(crate) fn sessions(&self, number: u16) -> Sessions {
        self.slots.get(usize::from(number)).map_or(Sessions::UNUSED, |slot| slot.sessions)
    }

    pub(crate) fn set_sessions(&mut self, number: u16, sessions: Sessions) {
        self.entry(number).sessions = sessions;
    }

    pub(crate) fn has_token(&self, address: SocketAddr, connect_id: [u8; 4]) -> bool {
        self.tokens.contains_key(&(address, connect_id))
    }

    pub(crate) fn count_from(&self, address: IpAddr) -> usize {
        self.per_address.get(&owner_of(address)).copied().unwrap_or(0)
    }

    /// Slots in use, in rising order.
    pub(crate) fn in_use(&self) -> impl Iterator<Item = u16> + '_ {
        self.in_use.iter().copied()
    }

    fn entry(&mut self, slot: u16) -> &mut Slot {
        let index = usize::from(slot);
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || Slot::UNUSED);
        }
        &mut self.slots[index]
    }

    /// # Panics
    /// The books do not balance.
    #[cfg(any(test, feature = "fuzzing"))]
    pub(crate) fn assert_sound(&self) {
        assert_eq!(self.free.len() + self.in_use.len(), usize::from(self.capacity), "slots");
        assert_eq!(
            self.per_address.values().sum::<usize>(),
            self.tokens.len(),
            "whose connections there are"
        );
        for peer in self.iter() {
            let found = self.addressed(peer.address, peer.number).map(|found| found.id);
            assert_eq!(found, Some(peer.id), "whom a datagram is from");
        }
        let aliases = self.iter().filter(|peer| peer.number != peer.id.slot).count();
        assert_eq!(self.aliases.len(), aliases, "numbers of other slots");
    }

    /// Everyone in the table, in slot order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.in_use.iter().filter_map(|&slot| self.slots[usize::from(slot)].peer.as_deref())
    }
}

/// Whoever has one address of an IPv6 /64 has all of them.
fn owner_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & !u128::from(u64::MAX)).into()),
    }
}
