//! The peer slots of a host. A slot's index travels on the wire; it is reused, lowest first, and what connects next in
//! it gets other session ids and another generation. Answers for the `peers` array of `ENetHost`.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
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
}

#[derive(Debug)]
struct Slot {
    generation: u32,
    sessions: Sessions,
    peer: Option<Box<Peer>>,
}

#[derive(Debug)]
pub(crate) struct PeerTable {
    capacity: usize,
    /// Grows with use; a host for 4095 peers costs nothing before they come.
    slots: Vec<Slot>,
    free: BinaryHeap<Reverse<u16>>,
    in_use: BTreeSet<u16>,
    /// Remote-initiated connections by address and token: a repeated CONNECT is recognised without a walk.
    tokens: HashMap<(SocketAddr, [u8; 4]), u16>,
    /// How many remote-initiated connections an IP address holds.
    per_address: HashMap<IpAddr, usize>,
}

impl PeerTable {
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            slots: Vec::new(),
            free: BinaryHeap::new(),
            in_use: BTreeSet::new(),
            tokens: HashMap::new(),
            per_address: HashMap::new(),
        }
    }

    /// The id that the next connection gets, if a slot is free.
    pub(crate) fn vacancy(&mut self) -> Option<PeerId> {
        if self.free.is_empty() && self.slots.len() < self.capacity {
            let slot = u16::try_from(self.slots.len()).ok()?;
            let sessions = Sessions { incoming: Sessions::NONE, outgoing: Sessions::NONE };
            self.slots.push(Slot { generation: 0, sessions, peer: None });
            self.free.push(Reverse(slot));
        }
        let &Reverse(slot) = self.free.peek()?;
        Some(PeerId { slot, generation: self.slots[usize::from(slot)].generation })
    }

    /// Moves a peer into the slot that [`Self::vacancy`] named.
    pub(crate) fn occupy(&mut self, peer: Peer, is_inbound: bool) {
        let slot = peer.id.slot;
        let taken = self.free.pop();
        debug_assert_eq!(taken, Some(Reverse(slot)));
        self.in_use.insert(slot);
        if is_inbound {
            self.tokens.insert((peer.address, peer.connect_id), slot);
            *self.per_address.entry(peer.address.ip()).or_default() += 1;
        }
        self.slots[usize::from(slot)].peer = Some(Box::new(peer));
    }

    /// Empties a slot; its id is stale from here on.
    pub(crate) fn vacate(&mut self, slot: u16) {
        let entry = &mut self.slots[usize::from(slot)];
        let Some(peer) = entry.peer.take() else { return };
        entry.generation = entry.generation.wrapping_add(1);
        self.in_use.remove(&slot);
        self.free.push(Reverse(slot));
        if self.tokens.remove(&(peer.address, peer.connect_id)).is_some() {
            let address = peer.address.ip();
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

    pub(crate) fn sessions(&self, slot: u16) -> Sessions {
        self.slots[usize::from(slot)].sessions
    }

    pub(crate) fn set_sessions(&mut self, slot: u16, sessions: Sessions) {
        self.slots[usize::from(slot)].sessions = sessions;
    }

    pub(crate) fn has_token(&self, address: SocketAddr, connect_id: [u8; 4]) -> bool {
        self.tokens.contains_key(&(address, connect_id))
    }

    pub(crate) fn count_from(&self, address: IpAddr) -> usize {
        self.per_address.get(&address).copied().unwrap_or(0)
    }

    /// Slots in use, in rising order.
    pub(crate) fn in_use(&self) -> impl Iterator<Item = u16> + '_ {
        self.in_use.iter().copied()
    }

    /// Everyone in the table, in slot order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.in_use.iter().filter_map(|&slot| self.slots[usize::from(slot)].peer.as_deref())
    }
}
