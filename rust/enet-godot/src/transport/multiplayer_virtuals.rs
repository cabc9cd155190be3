//! What the engine's `MultiplayerPeer` asks of an `ENetMultiplayerPeer`.
#![expect(unsafe_code, reason = "the engine passes packets as pointers")]

use godot::classes::IMultiplayerPeerExtension;
use godot::classes::multiplayer_peer::{ConnectionStatus, TransferMode};
use godot::global::Error;
use godot::meta::conv::RawPtr;
use godot::prelude::*;

use super::arguments::code;
use super::lend::lend;
use super::mode::{self, Mode};
use super::multiplayer_core::{Core, MAXIMUM_ADVERTISED_SIZE, Role, SERVER_ID};
use super::multiplayer_peer::ENetMultiplayerPeer;
use super::raw::{self, PacketSlot, SizeSlot};
use crate::outgoing::misuse;

#[godot_api]
impl IMultiplayerPeerExtension for ENetMultiplayerPeer {
    #[func(gd_self)]
    unsafe fn get_packet_rawptr(this: Gd<Self>, buffer: PacketSlot, size: SizeSlot) -> Error {
        let packet = this.bind().core().inbox.borrow_mut().take();
        let packet = packet.ok_or_else(|| misuse(Error::ERR_UNAVAILABLE, "No packet is waiting."));
        // SAFETY: the pointers are the engine's own. The inbox keeps the packet until the next one is taken, `poll()` or
        // `close()`, which is how long the engine may read it.
        unsafe { raw::hand_out(packet, buffer, size) }
    }

    #[func(gd_self)]
    unsafe fn put_packet_rawptr(this: Gd<Self>, buffer: RawPtr<*const u8>, size: i32) -> Error {
        // SAFETY: the arguments are the engine's own.
        let packet = unsafe { raw::copy_in(buffer, size) };
        let core = this.bind().core();
        code(core.put(packet))
    }

    fn get_available_packet_count(&self) -> i32 {
        i32::try_from(self.core().inbox.borrow().len()).unwrap_or(i32::MAX)
    }

    fn get_max_packet_size(&self) -> i32 {
        MAXIMUM_ADVERTISED_SIZE
    }

    fn get_packet_channel(&self) -> i32 {
        let channel = self.core().inbox.borrow().next().map(|next| mode::channel_in(next.origin.1));
        channel.unwrap_or_else(|| no_packet(1))
    }

    fn get_packet_mode(&self) -> TransferMode {
        let mode = self.core().inbox.borrow().next().map(|next| Mode::of(next.packet.delivery));
        to_godot(mode.unwrap_or_else(|| no_packet(Mode::Reliable)))
    }

    fn get_packet_peer(&self) -> i32 {
        let from = self.core().inbox.borrow().next().map(|next| next.origin.0);
        from.unwrap_or_else(|| no_packet(SERVER_ID))
    }

    fn set_transfer_channel(&mut self, channel: i32) {
        self.core().transfer_channel.set(channel);
    }

    fn get_transfer_channel(&self) -> i32 {
        self.core().transfer_channel.get()
    }

    fn set_transfer_mode(&mut self, mode: TransferMode) {
        self.core().transfer_mode.set(match mode {
            TransferMode::UNRELIABLE => Mode::Unreliable,
            TransferMode::UNRELIABLE_ORDERED => Mode::UnreliableOrdered,
            _ => Mode::Reliable,
        });
    }

    fn get_transfer_mode(&self) -> TransferMode {
        to_godot(self.core().transfer_mode.get())
    }

    fn set_target_peer(&mut self, peer: i32) {
        self.core().target_peer.set(peer);
    }

    fn is_server(&self) -> bool {
        self.core().is_server()
    }

    fn poll(&mut self) {
        self.lend(Core::take_news);
    }

    fn close(&mut self) {
        self.lend(|core, _| core.end());
    }

    fn disconnect_peer(&mut self, peer: i32, force: bool) {
        self.lend(|core, this| core.disconnect(this, peer, force));
    }

    fn get_unique_id(&self) -> i32 {
        self.core().check_active().map_or(0, |()| self.core().unique_id.get())
    }

    #[func(gd_self)]
    fn set_refuse_new_connections(this: Gd<Self>, enable: bool) {
        this.bind().core().set_refusing(enable);
    }

    fn is_refusing_new_connections(&self) -> bool {
        self.core().is_refusing.get()
    }

    fn is_server_relay_supported(&self) -> bool {
        matches!(*self.core().role.borrow(), Role::Server(_) | Role::Client(_))
    }

    fn get_connection_status(&self) -> ConnectionStatus {
        match (self.core().is_active(), self.core().is_connecting.get()) {
            (false, _) => ConnectionStatus::DISCONNECTED,
            (true, true) => ConnectionStatus::CONNECTING,
            (true, false) => ConnectionStatus::CONNECTED,
        }
    }
}

impl ENetMultiplayerPeer {
    fn lend(&mut self, action: impl FnOnce(&Core, &Gd<Self>)) {
        let core = self.core();
        lend(self, |this| action(&core, this));
    }
}

/// Reports a question about a packet that is not there, and gives the answer.
pub(crate) fn no_packet<T>(answer: T) -> T {
    misuse(Error::ERR_UNAVAILABLE, "No packet is waiting.");
    answer
}

pub(crate) fn to_godot(mode: Mode) -> TransferMode {
    match mode {
        Mode::Unreliable => TransferMode::UNRELIABLE,
        Mode::UnreliableOrdered => TransferMode::UNRELIABLE_ORDERED,
        Mode::Reliable => TransferMode::RELIABLE,
    }
}
