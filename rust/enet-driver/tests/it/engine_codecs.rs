//! Our FastLZ, zlib and Zstandard and the engine's own read each other. The engine's streams are in a file that
//! `tools/codec_vectors.gd` made; ours are in one that the engine reads in its tests (`suites/codecs.gd`).

use std::{fs, path::Path};

use enet_driver::Compression;

/// The inputs, and what the files hold in this order: every input in the first mode, then in the next one.
const COUNT: u32 = 300;
const MODES: [Compression; 3] = [Compression::FastLz, Compression::Zlib, Compression::Zstd];

const BY_THE_ENGINE: &str = "tests/vectors/by_the_engine.bin";
const BY_US: &str = "../../godot_project/tests/vectors/by_the_addon.bin";

#[test]
fn we_read_what_the_engine_compresses() {
    let mut streams = unpack(&load(BY_THE_ENGINE));
    let far = streams.pop().expect("the long input is last");
    assert_eq!(streams.len(), MODES.len() * COUNT as usize);
    let mut streams = streams.into_iter();
    for mode in MODES {
        for number in 0..COUNT {
            let stream = streams.next().expect("as many as were counted");
            let output = decompressed(mode, &stream).unwrap_or_else(|| panic!("{mode:?}, input {number}"));
            let input = input(number);
            let padding = output.strip_prefix(&input[..]);
            // The engine makes 16 bytes of shorter ones before FastLZ sees them.
            let is_right = padding.is_some_and(|padding| {
                padding.is_empty() || (mode == Compression::FastLz && padding == vec![0; 16 - input.len()])
            });
            assert!(is_right, "{mode:?}, input {number}");
        }
    }
    assert_eq!(far[0] >> 5, 1, "level 2");
    assert!(decompressed(Compression::FastLz, &far) == Some(far_input()));
}

/// The file is what the codecs make today. Where they make something else of late, `ENET_WRITE_VECTORS=1` writes it anew.
#[test]
fn the_engine_is_given_what_we_compress() {
    let mut file = Vec::new();
    for mode in MODES {
        let mut codec = mode.compressor().expect("these modes compress");
        for number in 0..COUNT {
            let (input, mut stream) = (input(number), Vec::new());
            assert!(codec.compress(&input, 2 * input.len() + 64, &mut stream));
            file.extend_from_slice(&u32::try_from(stream.len()).expect("a short stream").to_le_bytes());
            file.extend_from_slice(&stream);
        }
    }
    if std::env::var_os("ENET_WRITE_VECTORS").is_some() {
        fs::write(path(BY_US), &file).expect("the file can be written");
    }
    assert!(file == load(BY_US), "set ENET_WRITE_VECTORS=1 once to renew {BY_US}");
}

fn decompressed(mode: Compression, stream: &[u8]) -> Option<Vec<u8>> {
    let mut output = Vec::new();
    let mut codec = mode.compressor().expect("these modes compress");
    codec.decompress(stream, 70_000, &mut output).then_some(output)
}

fn path(relative: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn load(relative: &str) -> Vec<u8> {
    fs::read(path(relative)).unwrap_or_else(|error| panic!("{relative}: {error}"))
}

/// Streams, each behind its length.
fn unpack(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut streams = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let (stream, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        streams.push(stream.to_vec());
        bytes = rest;
    }
    streams
}

/// 1 to 4096 bytes of one of five kinds. The arithmetic is that of `support/codec_inputs.gd`.
fn input(number: u32) -> Vec<u8> {
    const LENGTHS: [u32; 5] = [16, 64, 300, 1400, 4096];
    let mut numbers = Numbers(number.wrapping_mul(2_654_435_761).wrapping_add(1));
    let kind = number % 5;
    let length = 1 + numbers.next() % LENGTHS[(number / 5 % 5) as usize];
    numbers.fill(kind, if kind == 1 { length.min(300) } else { length })
}

/// Repeats itself after more bytes than the near matches of FastLZ reach.
fn far_input() -> Vec<u8> {
    Numbers(1).fill(1, 9000).into_iter().cycle().take(70_000).collect()
}

struct Numbers(u32);

impl Numbers {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 >> 16
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    fn fill(&mut self, kind: u32, length: u32) -> Vec<u8> {
        const PHRASE: &[u8] = b"the quick brown fox ";
        let byte = |i: u32| match kind {
            0 => 7,
            1 => self.byte(),
            2 => self.byte() & 3,
            3 => PHRASE[i as usize % PHRASE.len()],
            _ => self.record_byte(i),
        };
        (0..length).map(byte).collect()
    }

    /// What the state of many objects looks like: a number that counts up, and values that differ little.
    fn record_byte(&mut self, i: u32) -> u8 {
        const RECORD: [u8; 12] = [0, 0, 0, 0, 64, 0, 0, 0, 63, 128, 0, 0];
        match i % 12 {
            place @ 0..=3 => (i / 12).to_be_bytes()[place as usize],
            5 => self.byte(),
            place => RECORD[place as usize],
        }
    }
}
