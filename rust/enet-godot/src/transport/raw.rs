//! The pointers that the engine passes to the virtual methods of a packet peer.
#![expect(unsafe_code, reason = "the engine passes packets as pointers")]

use bytes::Bytes;
use godot::global::Error;
use godot::meta::conv::RawPtr;

/// Where the engine wants the address of a packet.
pub(crate) type PacketSlot = RawPtr<*mut RawPtr<*const u8>>;
/// Where the engine wants a packet's size.
pub(crate) type SizeSlot = RawPtr<*mut i32>;

/// Hands a packet to the engine, or the error instead.
///
/// # Safety
/// `buffer` and `size` are the pointers that the engine passed to `_get_packet`. The bytes stay where they are, and
/// unchanged, as long as the engine may read them: some owner keeps a clone of `packet`.
pub(crate) unsafe fn hand_out(packet: Result<Bytes, Error>, buffer: PacketSlot, size: SizeSlot) -> Error {
    let (packet, error) = match packet {
        Ok(packet) => (packet, Error::OK),
        Err(error) => (Bytes::new(), error),
    };
    // SAFETY: the engine passes two variables of its own that are valid until the call returns. The first is a
    // `const uint8_t *`, of which `RawPtr` is gdext's name.
    unsafe {
        buffer.ptr().cast::<*const u8>().write(packet.as_ptr());
        size.ptr().write(i32::try_from(packet.len()).unwrap_or(0));
    }
    error
}

/// A copy of the bytes that the engine passes to `_put_packet`.
///
/// # Safety
/// `buffer` and `size` are what the engine passed.
pub(crate) unsafe fn copy_in(buffer: RawPtr<*const u8>, size: i32) -> Bytes {
    let length = usize::try_from(size).unwrap_or(0);
    if length == 0 || buffer.ptr().is_null() {
        return Bytes::new();
    }
    // SAFETY: the engine passes as many readable bytes as it says, valid until the call returns; they are copied here.
    Bytes::copy_from_slice(unsafe { std::slice::from_raw_parts(buffer.ptr(), length) })
}
