//! What the editor's *Network* tab and the engine's monitors are told of every host in the process, and what the tab asks
//! for: another network, the end of a connection.
//!
//! ```text
//!   ENetServer, ENetClient ──┐                    ┌──▶ monitors   Performance, when somebody reads them
//!                            ├── Observed ──▶ rows┤
//!   transport::Host ─────────┘                    └──▶ reporter   EngineDebugger, twice a second
//!        ▲     └── note() ──▶ journal ─────────────────────▲ │
//!        └────────────── requests: conditions, kick ─────────┘
//! ```
//!
//! Without a debugger nothing is registered, noted or looked at, and a frame costs one look at a flag. All of it lives on the
//! main thread. [`journal`], [`meter`] and [`rows`] name no Godot type.

mod hosts;
mod journal;
mod meter;
mod monitors;
mod reporter;
mod request;
mod rows;

use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;

use enet_driver::HostHandle;
use enet_driver::enet_proto::PeerStats;

pub(crate) use hosts::register;
pub(crate) use journal::Kind;
pub(crate) use monitors::{note_frame, register_setting};
pub(crate) use reporter::{begin, end, note, on_frame};

use crate::simulation::Simulation;

thread_local! {
    static LAST_ID: Cell<u64> = const { Cell::new(0) };
}

/// A host as it is shown: who it is, how its peers are found, and where its simulated network is decided.
pub(crate) trait Observed {
    fn entry(&self) -> &Entry;

    fn handle(&self) -> &HostHandle;

    /// Whom a client connects to, or nothing.
    fn remote(&self) -> String {
        String::new()
    }

    /// Shows every peer, in the order in which they came. Nothing that calls back may happen meanwhile.
    fn visit(&self, show: &mut dyn FnMut(&PeerView));
}

/// One peer at one moment.
#[derive(Clone, Debug)]
pub(crate) struct PeerView {
    /// Names it for as long as its host lives.
    pub(crate) key: i64,
    /// By which the game knows it; 0 for not at all.
    pub(crate) id: i64,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) stand: Stand,
    pub(crate) stats: PeerStats,
}

/// Where a peer stands, whatever class it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    Connecting,
    LoggingIn,
    Connected,
    Leaving,
    Ended,
}

impl Stand {
    /// In the order of the variants.
    const NAMES: [&'static str; 5] = ["connecting", "logging in", "connected", "leaving", "ended"];
}

/// The name plate of a host: as long as it exists, the host does.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Of no other host of the process, before or after.
    pub(crate) id: u64,
    class: Cell<&'static str>,
    role: Cell<&'static str>,
    simulation: Rc<Simulation>,
}

impl Entry {
    /// A host of this class that has just been opened. `role` is "server", "client", "mesh" or "host".
    pub(crate) fn new(class: &'static str, role: &'static str, simulation: &Rc<Simulation>) -> Self {
        let id = LAST_ID.get() + 1;
        LAST_ID.set(id);
        note(id, Kind::Opened, 0, || class.to_owned());
        Self { id, class: Cell::new(class), role: Cell::new(role), simulation: Rc::clone(simulation) }
    }

    /// The host turns out to be a part of something else.
    pub(crate) fn rename(&self, class: &'static str, role: &'static str) {
        self.class.set(class);
        self.role.set(role);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        note(self.id, Kind::Closed, 0, || self.class.get().to_owned());
    }
}
