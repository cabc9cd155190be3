#![no_main]

use enet_driver::{Compression, fuzzing};

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzing::codec(Compression::Zlib, data));
