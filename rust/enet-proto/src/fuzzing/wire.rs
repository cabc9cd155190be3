//! Bytes to values and back.

use crate::wire::{Command, DatagramHeader};

/// Parses a datagram, puts each part together again and parses that.
///
/// # Panics
/// A part that was parsed is put together otherwise, or to something that is parsed otherwise.
pub fn commands(data: &[u8]) {
    let Ok((header, mut rest)) = DatagramHeader::parse(data) else {
        assert!(data.len() < 4, "every header of four bytes is one");
        return;
    };
    let mut emitted = Vec::new();
    header.emit(&mut emitted);
    assert_eq!(emitted, data[..header.size()], "{header:?}");
    while let Ok((command, behind)) = Command::parse(rest) {
        let parsed = &rest[..rest.len() - behind.len()];
        emitted.clear();
        command.emit(&mut emitted);
        assert_eq!(emitted.len(), command.size(), "{command:?}");
        // The other bits of the first byte are flags that follow from the command.
        assert_eq!((emitted[0] ^ parsed[0]) & 0x8F, 0, "{command:?}");
        assert_eq!(emitted[1..], parsed[1..], "{command:?}");
        assert_eq!(Command::parse(&emitted), Ok((command, &[][..])));
        rest = behind;
    }
}
