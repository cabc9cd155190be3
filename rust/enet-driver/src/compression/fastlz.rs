//! FastLZ: matches and literals in whole bytes. Godot links the C library of that name; this is written from the format.
//!
//! The top three bits of the first byte are the level less one, and its others begin the first instruction, which is
//! always a run of literals. An instruction begins with a control byte:
//!
//! ```text
//!  000 nnnnn                          n + 1 literal bytes follow
//!  lll hhhhh  llllllll               copy l + 2 bytes from 256 h + l + 1 bytes back; l is 1 to 6
//!  111 hhhhh  eeeeeeee … llllllll    the same for e + 9 bytes
//! ```
//!
//! Level 2 has more room in two places: after a length byte of 255 another one follows and counts too, and the longest
//! distance of all stands for one in two more bytes, which count on from it. The engine writes level 2 for 64 KiB and
//! more, so never into a datagram, but reads it.

use enet_proto::Compressor;

/// The longest input that is compressed: any byte of it is within reach of any other.
const MAXIMUM_INPUT: usize = 8192;
/// The longest distance of level 1. Level 2 counts its long ones from here.
const NEAR: usize = 8192;
const LONGEST_RUN: usize = 32;
const SHORTEST_MATCH: usize = 3;
const LONGEST_MATCH: usize = 264;
/// The shortest match whose length takes a byte of its own.
const LONG_MATCH: usize = 9;
const HASH_BITS: u32 = 12;

#[derive(Debug)]
pub(super) struct FastLz {
    /// Where three bytes with this hash were seen last, counted from 1; 0 is nowhere.
    seen: Box<[u16; 1 << HASH_BITS]>,
}

impl Default for FastLz {
    fn default() -> Self {
        Self { seen: Box::new([0; 1 << HASH_BITS]) }
    }
}

impl Compressor for FastLz {
    fn compress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        if input.len() > MAXIMUM_INPUT {
            return false;
        }
        let start = output.len();
        self.seen.fill(0);
        let (mut at, mut literals) = (0, 0);
        while let Some(&three) = input[at..].first_chunk() {
            let before = self.remember(three, at);
            let length = before.map_or(0, |before| common_length(input, before, at));
            let Some(before) = before.filter(|_| length >= SHORTEST_MATCH) else {
                at += 1;
                continue;
            };
            write_literals(&input[literals..at], output);
            write_match(at - before, length, output);
            at += length;
            literals = at;
        }
        write_literals(&input[literals..], output);
        output.len() - start <= limit
    }

    fn decompress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        let start = output.len();
        let mut plain = Plain { output, start, limit };
        decode(input, &mut plain).is_some() && output.len() > start
    }
}

impl FastLz {
    /// Notes that these bytes are at `at`. Gives where the last ones with their hash are.
    fn remember(&mut self, [a, b, c]: [u8; SHORTEST_MATCH], at: usize) -> Option<usize> {
        let hash = u32::from_le_bytes([a, b, c, 0]).wrapping_mul(0x9E37_79B1) >> (u32::BITS - HASH_BITS);
        let place = u16::try_from(at + 1).unwrap_or(0);
        let before = std::mem::replace(&mut self.seen[hash as usize], place);
        usize::from(before).checked_sub(1)
    }
}

fn common_length(input: &[u8], before: usize, at: usize) -> usize {
    let pairs = input[before..].iter().zip(&input[at..]).take(LONGEST_MATCH);
    pairs.take_while(|(one, other)| one == other).count()
}

fn write_literals(literals: &[u8], output: &mut Vec<u8>) {
    for run in literals.chunks(LONGEST_RUN) {
        let [control, ..] = (run.len() - 1).to_le_bytes();
        output.push(control);
        output.extend_from_slice(run);
    }
}

fn write_match(distance: usize, length: usize, output: &mut Vec<u8>) {
    let [low, high, ..] = (distance - 1).to_le_bytes();
    if length < LONG_MATCH {
        let [short, ..] = (length - 2).to_le_bytes();
        output.extend_from_slice(&[short << 5 | high, low]);
    } else {
        let [extra, ..] = (length - LONG_MATCH).to_le_bytes();
        output.extend_from_slice(&[7 << 5 | high, extra, low]);
    }
}

/// `None` if the stream is malformed or too long when it is plain. A last byte that begins nothing is ignored.
fn decode(mut input: &[u8], plain: &mut Plain<'_>) -> Option<()> {
    let first = *input.first()?;
    let is_level_2 = match first >> 5 {
        0 => false,
        1 => true,
        _ => return None,
    };
    let mut control = input.split_off_first()? & 31;
    loop {
        if control < 32 {
            plain.append(input.split_off(..usize::from(control) + 1)?)?;
        } else {
            let length = read_length(control, is_level_2, &mut input)?;
            let distance = read_distance(control, is_level_2, &mut input)?;
            plain.repeat(distance, length)?;
        }
        if input.len() < 2 {
            return Some(());
        }
        control = *input.split_off_first()?;
    }
}

fn read_length(control: u8, is_level_2: bool, input: &mut &[u8]) -> Option<usize> {
    let mut length = usize::from(control >> 5) + 2;
    if length == LONG_MATCH {
        loop {
            let extra = *input.split_off_first()?;
            length += usize::from(extra);
            if !is_level_2 || extra < u8::MAX {
                break;
            }
        }
    }
    Some(length)
}

fn read_distance(control: u8, is_level_2: bool, input: &mut &[u8]) -> Option<usize> {
    let low = *input.split_off_first()?;
    let distance = usize::from(u16::from_be_bytes([control & 31, low])) + 1;
    if !is_level_2 || distance < NEAR {
        return Some(distance);
    }
    let &[high, low] = input.split_off(..2)? else { return None };
    Some(NEAR + usize::from(u16::from_be_bytes([high, low])))
}

/// What was decoded, behind whatever the output held before.
struct Plain<'a> {
    output: &'a mut Vec<u8>,
    start: usize,
    limit: usize,
}

impl Plain<'_> {
    fn append(&mut self, literals: &[u8]) -> Option<()> {
        self.check_room(literals.len())?;
        self.output.extend_from_slice(literals);
        Some(())
    }

    fn repeat(&mut self, distance: usize, length: usize) -> Option<()> {
        self.check_room(length)?;
        let from = self.output.len().checked_sub(distance).filter(|&from| from >= self.start)?;
        let end = self.output.len() + length;
        // A match may run into its own copy. What is there by then is a whole number of repetitions.
        while self.output.len() < end {
            let whole = self.output.len().min(from + end - self.output.len());
            self.output.extend_from_within(from..whole);
        }
        Some(())
    }

    fn check_room(&self, length: usize) -> Option<()> {
        (self.output.len() - self.start + length <= self.limit).then_some(())
    }
}
