//! What the engine's `PacketPeer` asks of an `ENetPacketPeer`.
#![expect(unsafe_code, reason = "the engine passes packets as pointers")]

use godot::classes::IPacketPeerExtension;
use godot::global::Error;
use godot::meta::conv::RawPtr;
use godot::prelude::*;

use super::arguments::code;
use super::multiplayer_core::MAXIMUM_ADVERTISED_SIZE;
use super::packet_peer::ENetPacketPeer;
use super::raw::{self, PacketSlot, SizeSlot};

#[godot_api]
impl IPacketPeerExtension for ENetPacketPeer {
    #[func(gd_self)]
    unsafe fn get_packet_rawptr(this: Gd<Self>, buffer: PacketSlot, size: SizeSlot) -> Error {
        let packet = this.bind().take();
        // SAFETY: the pointers are the engine's own. The inbox that the packet came from keeps it until the next one is
        // taken, which is how long the engine may read it; it lasts as long as this object.
        unsafe { raw::hand_out(packet, buffer, size) }
    }

    #[func(gd_self)]
    unsafe fn put_packet_rawptr(this: Gd<Self>, buffer: RawPtr<*const u8>, size: i32) -> Error {
        // SAFETY: the arguments are the engine's own.
        let packet = unsafe { raw::copy_in(buffer, size) };
        code(this.bind().put(packet))
    }

    fn get_available_packet_count(&self) -> i32 {
        i32::try_from(self.remote().inbox.borrow().len()).unwrap_or(i32::MAX)
    }

    fn get_max_packet_size(&self) -> i32 {
        MAXIMUM_ADVERTISED_SIZE
    }
}
