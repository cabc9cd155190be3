//! Caps that hold for what is encoded and for what is decoded alike, so that whatever can be sent can be read.

/// Largest packet in bytes, type byte included: ENet's own default for a packet on the receiving side.
pub const MAX_PACKET_BYTES: usize = 32 * 1024 * 1024;

/// Most containers (arrays, dictionaries) inside one another. Godot recurses over them; this keeps its stack shallow.
pub const MAX_DEPTH: usize = 64;

/// Most elements of all containers together. Eight bytes on the wire can become a Dictionary of some hundreds in
/// memory, so the packet's size alone would bound memory too loosely.
pub const MAX_VALUES: usize = 1 << 20;
