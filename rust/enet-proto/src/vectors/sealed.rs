//! `crc32` and the captures with checksums and compression: every datagram of a session is opened and closed again.

use serde_json::Value;

use super::*;
use crate::RangeCoder;
use crate::host::testing::{Broken, Seal};

#[test]
fn checksums_are_the_same() {
    for vector in list(&load("crc32")["vectors"]) {
        let Some(input) = vector["input"].as_str() else { continue };
        let wire = crc32fast::hash(&from_hex(input)).to_be_bytes();
        assert_eq!(to_hex(&wire), text(&vector["wire_bytes"]), "{vector}");
    }
}

fn seal(has_checksums: bool, is_compressed: bool) -> Seal {
    let mut seal = Seal::new(has_checksums);
    if is_compressed {
        seal.compressor = Some(Box::new(RangeCoder::new()));
    }
    seal
}

fn datagrams(capture: &Value) -> impl Iterator<Item = (Vec<u8>, [u8; 4])> + '_ {
    let rows = list(&capture["timeline"]).iter().filter(|row| row["hex"].is_string());
    rows.map(|row| {
        let seed = row["decoded"]["checksumSeed"].as_str().map_or_else(|| vec![0; 4], from_hex);
        (from_hex(text(&row["hex"])), seed.try_into().unwrap())
    })
}

#[test]
fn captured_sessions_open_and_close_to_the_same_bytes() {
    for (name, has_checksums, is_compressed) in [
        ("capture_plain", false, false),
        ("capture_checksum", true, false),
        ("capture_compressed", false, true),
        ("capture_checksum_compressed", true, true),
    ] {
        let mut count = 0;
        for (datagram, seed) in datagrams(&load(name)) {
            let (header, rest) = DatagramHeader::parse(&datagram).unwrap();
            let commands = seal(has_checksums, is_compressed).open(&header, seed, rest).unwrap().to_vec();
            let mut closed = vec![0xa5];
            seal(has_checksums, is_compressed).close(header, seed, &commands, &mut closed);
            assert_eq!(to_hex(&closed), to_hex(&datagram), "{name}");
            count += 1;
        }
        assert!(count > 15, "{name}: {count}");
    }
}

#[test]
fn what_was_changed_on_the_way_does_not_open() {
    for (datagram, seed) in datagrams(&load("capture_checksum_compressed")) {
        for bit in 0..datagram.len() * 8 {
            let mut changed = datagram.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            let Ok((header, rest)) = DatagramHeader::parse(&changed) else { continue };
            let opened = seal(true, true).open(&header, seed, rest).map(<[u8]>::to_vec);
            // The range coder ignores trailing bits that a decoder does not need; what it gives is then the same.
            let is_harmless = opened == seal(true, true).open_captured(&datagram, seed);
            assert!(opened.is_err() || is_harmless, "bit {bit}");
        }
    }
}

#[test]
fn ends_that_are_set_up_differently_do_not_understand_each_other() {
    let (datagram, seed) = datagrams(&load("capture_checksum_compressed")).next().unwrap();
    let (header, rest) = DatagramHeader::parse(&datagram).unwrap();
    assert_eq!(seal(true, false).open(&header, seed, rest), Err(Broken::Compression));
    assert_eq!(seal(true, true).open(&header, [1; 4], rest), Err(Broken::Checksum));
    assert_eq!(seal(true, true).open(&header, seed, &rest[..3]), Err(Broken::Truncated));
}

impl Seal {
    fn open_captured(mut self, datagram: &[u8], seed: [u8; 4]) -> Result<Vec<u8>, Broken> {
        let (header, rest) = DatagramHeader::parse(datagram).unwrap();
        self.open(&header, seed, rest).map(<[u8]>::to_vec)
    }
}
