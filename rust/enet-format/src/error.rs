//! Why a value cannot become a packet, and why bytes are not one.

/// Why a value cannot be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A live object stands somewhere in the value, or a container is typed for objects.
    #[error("objects cannot be sent; send the values they hold")]
    Object,
    /// A reference to an object that is gone, anywhere in the value, or no node where one is needed.
    #[error("an object reference is null or its object was freed")]
    DeadObject,
    /// A `Callable`, `Signal` or `RID`: they mean nothing in another process.
    #[error("Callable, Signal and RID values cannot be sent")]
    ProcessBound,
    /// More than [`MAX_DEPTH`](crate::limits::MAX_DEPTH) containers in one another, as when one contains itself.
    #[error("containers are nested too deeply, or one contains itself")]
    TooDeep,
    /// More than [`MAX_VALUES`](crate::limits::MAX_VALUES) values in all.
    #[error("the value has too many elements")]
    TooManyValues,
    /// The packet would be larger than [`MAX_PACKET_BYTES`](crate::limits::MAX_PACKET_BYTES).
    #[error("the packet would be larger than 32 MiB")]
    TooLarge,
    /// `encode_json` was given text that is not JSON.
    #[error("the text is not JSON")]
    NotJson,
    /// `_to_packet()` returned something else than a PackedByteArray with at least a type byte.
    #[error("_to_packet() must return a PackedByteArray that is not empty")]
    BadToPacket,
    /// `_serialize_for_network()` is missing or returned something else than it may.
    #[error("the node needs a _serialize_for_network() that returns a Dictionary or a PackedByteArray")]
    BadSerializer,
    /// An event needs a name, and names beginning with an underscore are reserved.
    #[error("an event name must not be empty or begin with an underscore")]
    BadEventName,
}

/// Why received bytes are not a packet of the expected form.
///
/// What arrives is not ours to trust, so these are for counters and debug logs, never for an error print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not even a type byte.
    #[error("the packet is empty")]
    Empty,
    /// No packet type has this number.
    #[error("unknown packet type {0}")]
    UnknownPacketType(u8),
    /// A known packet type, but not the one that was asked for.
    #[error("the packet is of another type")]
    WrongPacketType,
    /// The packet is larger than [`MAX_PACKET_BYTES`](crate::limits::MAX_PACKET_BYTES).
    #[error("the packet is larger than 32 MiB")]
    TooLarge,
    /// The bytes end before the value does, or a length claims more than there is.
    #[error("the packet is cut short")]
    Truncated,
    /// Bytes follow the end of the value.
    #[error("bytes follow the end of the value")]
    TrailingBytes,
    /// Text is not UTF-8, or has a zero in it, which Godot's strings cannot hold.
    #[error("text is not valid UTF-8")]
    BadText,
    /// Text is not JSON.
    #[error("text is not JSON")]
    NotJson,
    /// A number in JSON has an exponent or more digits than any float.
    #[error("a number in JSON is out of range")]
    BadNumber,
    /// No Variant type has this number.
    #[error("unknown value type {0}")]
    UnknownValueType(u8),
    /// A header has flags that its type does not know.
    #[error("unknown flags in a value header")]
    UnknownFlags,
    /// An object, object id, `Callable`, `Signal` or `RID`.
    #[error("the value refers to an object")]
    ProcessBound,
    /// An element is not of the type its container declares.
    #[error("an element is not of its container's type")]
    ElementType,
    /// More than [`MAX_DEPTH`](crate::limits::MAX_DEPTH) containers in one another.
    #[error("containers are nested too deeply")]
    TooDeep,
    /// More than [`MAX_VALUES`](crate::limits::MAX_VALUES) values in all.
    #[error("the value has too many elements")]
    TooManyValues,
    /// An event has a longer name than the receiver takes.
    #[error("the event's name is too long")]
    NameTooLong,
}
