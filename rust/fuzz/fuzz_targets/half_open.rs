#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| enet_proto::fuzzing::half_open(data));
