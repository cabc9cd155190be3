//! Our range coder against the library's, byte for byte, in both directions.
#![expect(clippy::cast_possible_truncation, reason = "bytes are cut out of random numbers")]

use std::{
    io::{BufReader, Read, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use enet_driver::enet_proto::{Compressor, RangeCoder};

use crate::{program::Source, support::seed};

const INPUTS: usize = 10_000;
/// The largest datagram of the protocol.
const LONGEST: usize = 4096;

#[test]
fn the_range_coder_gives_the_librarys_bytes_and_takes_them() {
    let mut dice = Dice(seed());
    let mut ours = RangeCoder::new();
    let mut theirs = TheirCoder::start();
    let mut shrunk = 0;
    for round in 0..INPUTS {
        let input = dice.input(round);
        shrunk += usize::from(compare(&mut dice, &mut ours, &mut theirs, &input, round));
    }
    // Both outcomes were tried, and often.
    assert!((INPUTS / 4..INPUTS * 3 / 4).contains(&shrunk), "{shrunk} of {INPUTS} inputs shrink");
    println!("{shrunk} of {INPUTS} inputs shrink");
}

/// Compresses `input` with both coders and decompresses it with both. Returns whether it shrinks.
fn compare(
    dice: &mut Dice,
    ours: &mut RangeCoder,
    theirs: &mut TheirCoder,
    input: &[u8],
    round: usize,
) -> bool {
    let roomy = 2 * input.len() + 64;
    let packed = our_compress(ours, input, roomy).expect("everything fits into more than twice its size");
    assert!(theirs.compress(input, roomy) == packed, "input {round}: other bytes");
    // As a host does it, then at an edge of what fits.
    let edge = [packed.len(), packed.len() - 1, dice.below(packed.len())][round % 3];
    for limit in [input.len(), edge] {
        let expected = our_compress(ours, input, limit).unwrap_or_default();
        assert!(theirs.compress(input, limit) == expected, "input {round}: otherwise within {limit} bytes");
    }
    for limit in [LONGEST, [input.len(), input.len() - 1, dice.below(LONGEST)][round % 3]] {
        let mut back = Vec::new();
        let fits = ours.decompress(&packed, limit, &mut back);
        assert_eq!(fits, input.len() <= limit, "input {round} in {limit} bytes");
        assert!(!fits || back == input, "input {round} comes back changed");
        let expected = if fits { input } else { &[] };
        assert!(theirs.decompress(&packed, limit) == expected, "input {round}: not theirs in {limit} bytes");
    }
    packed.len() < input.len()
}

fn our_compress(coder: &mut RangeCoder, input: &[u8], limit: usize) -> Option<Vec<u8>> {
    let mut output = Vec::new();
    coder.compress(input, limit, &mut output).then_some(output)
}

/// The C program, and the two ends of its pipes.
struct TheirCoder {
    child: Child,
    requests: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl TheirCoder {
    fn start() -> Self {
        let mut child = Command::new(Source::Range.executable())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("what was just built can be run");
        let requests = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, requests, answers }
    }

    fn compress(&mut self, input: &[u8], limit: usize) -> Vec<u8> {
        self.ask(b'c', input, limit)
    }

    fn decompress(&mut self, input: &[u8], limit: usize) -> Vec<u8> {
        self.ask(b'd', input, limit)
    }

    /// Empty when the library refuses.
    fn ask(&mut self, operation: u8, input: &[u8], limit: usize) -> Vec<u8> {
        let mut request = vec![operation];
        for number in [limit, input.len()] {
            request.extend(u32::try_from(number).expect("inputs are small").to_be_bytes());
        }
        request.extend(input);
        let requests = self.requests.as_mut().expect("open until the coder is dropped");
        requests.write_all(&request).expect("the program runs");
        let mut length = [0; 4];
        self.answers.read_exact(&mut length).expect("the program answers");
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        self.answers.read_exact(&mut answer).expect("the program answers in full");
        answer
    }
}

impl Drop for TheirCoder {
    fn drop(&mut self) {
        // The end of its input ends the program.
        drop(self.requests.take());
        let _ = self.child.wait();
    }
}

/// SplitMix64, so that the inputs depend on the seed alone.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.roll() as usize % bound
    }

    fn bytes(&mut self, length: usize, mut byte: impl FnMut(&mut Self, usize) -> usize) -> Vec<u8> {
        (0..length).map(|place| byte(self, place) as u8).collect()
    }

    /// An input of 1 to 4096 bytes, mostly short: of every sort in turn.
    fn input(&mut self, round: usize) -> Vec<u8> {
        let longest = 1 << self.below(13);
        let length = 1 + self.below(longest);
        match round % 6 {
            0 => self.bytes(length, |dice, _| dice.below(256)),
            1 => vec![self.below(3) as u8; length],
            2 => self.bytes(length, |dice, _| usize::from(b"etaoin shrdlu,.{}\":0123"[dice.below(23)])),
            3 => self.transforms(length),
            4 => {
                let alphabet = 1 + self.below(256);
                self.bytes(length, |dice, _| dice.below(alphabet))
            }
            // Every pair of bytes is new for a long while, so the model begins anew within the input.
            _ => self.bytes(length, |_, place| place * place / 256 + place),
        }
    }

    /// What a game sends: records of an id, flags and coordinates that change little.
    fn transforms(&mut self, length: usize) -> Vec<u8> {
        let mut record = self.bytes(16, |dice, _| dice.below(256));
        let mut input = Vec::with_capacity(length + record.len());
        while input.len() < length {
            input.extend(&record);
            record[0] = record[0].wrapping_add(1);
            let changed = 4 + self.below(12);
            record[changed] = record[changed].wrapping_add(self.below(5) as u8);
        }
        input.truncate(length);
        input
    }
}
