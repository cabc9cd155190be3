//! Caps that hold for what is encoded and for what is decoded alike, so that whatever can be sent can be read.

/// Largest packet in bytes, type byte included: ENet's own default for a packet on the receiving side.
pub const MAX_PACKET_BYTES: usize = 32 * 1024 * 1024;

/// Most containers (arrays, dictionaries) inside one another. Godot recurses over them; this keeps its stack shallow.
pub const MAX_DEPTH: usize = 64;

/// Most elements of all containers together. Eight bytes on the wire can become a Dictionary of some hundreds in
/// memory, so the packet's size alone would bound memory too loosely.
pub const MAX_VALUES: usize = 1 << 20;

/// How much a receiver lets a packet become. Never more than the caps above, which hold at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Containers inside one another.
    pub depth: usize,
    /// Elements of all containers together.
    pub values: usize,
}

impl DecodeLimits {
    /// What can be sent can be read.
    pub const MOST: Self = Self { depth: MAX_DEPTH, values: MAX_VALUES };
}
