//! Every way to compress, with what it is made for and with what anybody may send.

use super::*;

/// What a datagram's commands may grow to.
const CAP: usize = 4092;

#[test]
fn the_numbers_are_godot_s() {
    assert_eq!(Compression::ALL.map(|mode| mode as u8), [0, 1, 2, 3, 4, 5]);
    assert_eq!(Compression::default(), Compression::None);
    assert!(Compression::None.compressor().is_none());
}

#[test]
fn every_input_comes_back() {
    for (mode, mut codec) in codecs() {
        let mut random = Random::seeded();
        for round in 0..400 {
            let input = random.typical(round);
            let packed = compressed(&mut *codec, &input);
            let mut output = vec![0xa5];
            assert!(codec.decompress(&packed, input.len(), &mut output), "{mode:?}, input {round}");
            assert!(output[0] == 0xa5 && output[1..] == input, "{mode:?}, input {round}");
        }
    }
}

#[test]
fn typical_traffic_shrinks() {
    for (mode, mut codec) in codecs() {
        let mut random = Random::seeded();
        let inputs: Vec<Vec<u8>> = (0..100).map(|_| random.records(1200)).collect();
        let packed: usize = inputs.iter().map(|input| compressed(&mut *codec, input).len()).sum();
        assert!(packed < 100 * 1200 * 8 / 10, "{mode:?} makes {packed} bytes of 120000");
    }
}

#[test]
fn limits_are_kept_to_the_byte() {
    for (mode, mut codec) in codecs() {
        let mut random = Random::seeded();
        for round in 0..100 {
            let input = random.typical(round);
            let packed = compressed(&mut *codec, &input);
            assert!(codec.compress(&input, packed.len(), &mut Vec::new()), "{mode:?}, input {round}");
            assert!(!codec.compress(&input, packed.len() - 1, &mut Vec::new()), "{mode:?}, input {round}");
            let mut output = Vec::new();
            assert!(!codec.decompress(&packed, input.len() - 1, &mut output), "{mode:?}, input {round}");
            assert!(output.len() < input.len(), "{mode:?}, input {round}");
        }
    }
}

#[test]
fn truncated_streams_do_no_harm() {
    for (mode, mut codec) in codecs() {
        let mut random = Random::seeded();
        for round in 0..20 {
            let input = random.typical(round);
            let packed = compressed(&mut *codec, &input);
            for length in 0..packed.len().min(300) {
                let mut output = Vec::new();
                let is_taken = codec.decompress(&packed[..length], CAP, &mut output);
                assert!(output.len() <= CAP);
                // These two know where their streams end.
                let is_marked = matches!(mode, Compression::Zlib | Compression::Zstd);
                assert!(!(is_taken && is_marked), "{mode:?}, input {round}, {length} bytes of it");
            }
            still_works(mode, &mut *codec);
        }
    }
}

#[test]
fn flipped_bits_do_no_harm() {
    for (mode, mut codec) in codecs() {
        let mut random = Random::seeded();
        for round in 0..1500 {
            let input = random.typical(round);
            let mut packed = compressed(&mut *codec, &input);
            for _ in 0..1 + random.below(3) {
                let bit = random.below(8 * packed.len());
                packed[bit / 8] ^= 1 << (bit % 8);
            }
            let mut output = Vec::new();
            codec.decompress(&packed, CAP, &mut output);
            assert!(output.len() <= CAP && output.capacity() <= 2 * CAP, "{mode:?}, input {round}");
        }
        still_works(mode, &mut *codec);
    }
}

#[test]
fn garbage_does_no_harm() {
    for (mode, mut codec) in codecs() {
        let mut random = Random::seeded();
        for _ in 0..3000 {
            let length = random.below(300);
            let garbage = random.bytes(length);
            let mut output = Vec::new();
            codec.decompress(&garbage, CAP, &mut output);
            assert!(output.len() <= CAP && output.capacity() <= 2 * CAP, "{mode:?}");
        }
        assert!(!codec.decompress(&[], CAP, &mut Vec::new()), "{mode:?} makes something of nothing");
        still_works(mode, &mut *codec);
    }
}

#[test]
fn bombs_fizzle_out() {
    for (mode, mut codec) in codecs() {
        let bomb = match mode {
            // A literal, then a match of 8000 times 255 bytes.
            Compression::FastLz => [[0x20, 0, 0xe0].as_slice(), &[255; 8000], &[0, 0]].concat(),
            _ => compressed(&mut *codec, &vec![0; 1 << 20]),
        };
        let mut output = Vec::new();
        assert!(!codec.decompress(&bomb, CAP, &mut output), "{mode:?}");
        assert!(output.len() <= CAP && output.capacity() <= 2 * CAP, "{mode:?}");
        still_works(mode, &mut *codec);
    }
}

#[test]
fn fastlz_reads_both_levels() {
    let plain = |stream: &[u8]| {
        let mut output = vec![9];
        FastLz::default().decompress(stream, 100_000, &mut output).then(|| output.split_off(1))
    };
    // Two literals, and five bytes from two back.
    assert_eq!(plain(&[1, 7, 8, 3 << 5, 1]), Some(vec![7, 8, 7, 8, 7, 8, 7]));
    // The same at level 2, and with a byte at the end that is too little for an instruction.
    assert_eq!(plain(&[0x21, 7, 8, 3 << 5, 1]), Some(vec![7, 8, 7, 8, 7, 8, 7]));
    assert_eq!(plain(&[1, 7, 8, 3 << 5, 1, 3 << 5]), Some(vec![7, 8, 7, 8, 7, 8, 7]));
    // A long match: 9 + 255 at level 1; 9 + 255 + 1 at level 2, where a length byte of 255 has a successor.
    assert_eq!(plain(&[0, 7, 0xe0, 255, 0]), Some(vec![7; 1 + 264]));
    assert_eq!(plain(&[0x20, 7, 0xe0, 255, 1, 0]), Some(vec![7; 1 + 265]));
    // There is no level 3, a match needs something to copy, and what was in the output before is no part of it.
    assert_eq!(plain(&[0x41, 7, 8]), None);
    assert_eq!(plain(&[0, 7, 1 << 5, 1]), None);
    // Cut short: in literals, before a length, before a distance.
    assert_eq!([&[1, 7][..], &[0, 7, 0xe0, 255], &[0x20, 7, 0xe0, 255, 255]].map(plain), [None, None, None]);
}

#[test]
fn fastlz_reads_far_matches_of_level_2() {
    // One 7, one 5, a long match of fives, and then five bytes from `distance` back.
    let far = |distance: usize| {
        let [low, high, ..] = (distance - 8192).to_le_bytes();
        let mut stream = vec![0x20, 7, 0, 5, 0xe0];
        stream.extend_from_slice(&[255; 32]);
        stream.extend_from_slice(&[22, 0, 3 << 5 | 31, 255, high, low]);
        let mut output = Vec::new();
        FastLz::default().decompress(&stream, 100_000, &mut output).then_some(output)
    };
    // The 7, and 1 + 9 + 32 * 255 + 22 fives: 8193 bytes.
    let near_end = far(8192).expect("within reach");
    assert_eq!(near_end.len(), 8193 + 5);
    assert_eq!(near_end[8193..], [5, 5, 5, 5, 5]);
    let from_the_start = far(8193).expect("within reach");
    assert_eq!(from_the_start[8193..], [7, 5, 5, 5, 5]);
    assert_eq!(far(8194), None);
}

#[test]
fn zlib_takes_no_other_wrapping() {
    use flate2::{Compress, Compression, FlushCompress};
    let input = [7; 100];
    let stream = |mut deflate: Compress| {
        let mut packed = Vec::with_capacity(200);
        deflate.compress_vec(&input, &mut packed, FlushCompress::Finish).expect("a vector has no errors");
        packed
    };
    let mut zlib = Zlib::new();
    let mut wrapped = stream(Compress::new(Compression::best(), true));
    assert!(zlib.decompress(&wrapped, CAP, &mut Vec::new()));
    wrapped.extend_from_slice(b"and more");
    assert!(zlib.decompress(&wrapped, CAP, &mut Vec::new()), "the engine ignores what follows");
    assert!(!zlib.decompress(&stream(Compress::new(Compression::best(), false)), CAP, &mut Vec::new()));
}

fn codecs() -> impl Iterator<Item = (Compression, Box<dyn Compressor>)> {
    Compression::ALL.into_iter().filter_map(|mode| Some((mode, mode.compressor()?)))
}

#[track_caller]
fn compressed(codec: &mut dyn Compressor, input: &[u8]) -> Vec<u8> {
    let mut packed = vec![0xa5];
    assert!(codec.compress(input, 2 * input.len() + 64, &mut packed));
    assert_eq!(packed.remove(0), 0xa5, "what was in the output before");
    packed
}

/// What an earlier stream left behind does not matter.
#[track_caller]
fn still_works(mode: Compression, codec: &mut dyn Compressor) {
    let input = b"still here, still here, still here";
    let packed = compressed(codec, input);
    let mut output = Vec::new();
    assert!(codec.decompress(&packed, CAP, &mut output) && output == input, "{mode:?} after an error");
}

/// Inputs of every kind. The seed is `ENET_SEED`, or always the same.
struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let seed = std::env::var("ENET_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(4);
        println!("replay with ENET_SEED={seed}");
        Self(seed)
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).expect("below a usize")
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next().to_le_bytes()[0]).collect()
    }

    /// 1 to 4096 bytes of one of five kinds.
    fn typical(&mut self, round: usize) -> Vec<u8> {
        let length = if round.is_multiple_of(2) { 1 + self.below(64) } else { 1 + self.below(4096) };
        match round % 5 {
            0 => vec![7; length],
            1 => self.bytes(length),
            2 => self.bytes(length).iter().map(|byte| byte & 3).collect(),
            3 => b"the quick brown fox ".iter().cycle().take(length).copied().collect(),
            _ => self.records(length),
        }
    }

    /// What the state of many objects looks like: numbers that differ little.
    fn records(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length + 16);
        for id in 0_u32.. {
            if bytes.len() >= length {
                break;
            }
            bytes.extend_from_slice(&id.to_be_bytes());
            bytes.extend_from_slice(&[64, self.next().to_le_bytes()[0], 0, 0, 63, 128, 0, 0]);
        }
        bytes.truncate(length);
        bytes
    }
}
