//! What each compression mode makes of typical game traffic, and what it costs. The traffic is made from a seed.

use std::{error::Error, hint::black_box, time::Instant};

use enet_driver::Compression;

use crate::{
    figures::{Line, Table, Target},
    rows::Effort,
};

/// A kind of traffic, and how its next packet is made.
type Kind = (&'static str, fn(&mut Dice) -> Vec<u8>);

const KINDS: [Kind; 4] = [
    ("transforms of 32 bodies", transforms),
    ("a chat line", chat),
    ("JSON state", json),
    ("a map chunk", map_chunk),
];

const MODES: [(&str, Compression); 6] = [
    ("none", Compression::None),
    ("range coder", Compression::RangeCoder),
    ("FastLZ", Compression::FastLz),
    ("zlib", Compression::Zlib),
    ("Zstandard", Compression::Zstd),
    ("LZ4", Compression::Lz4),
];

/// Bytes of a datagram in front of the payload: its header and the command's.
const HEADERS: [u8; 6] = [0x86, 0, 0, 1, 0, 0];
const DATAGRAM_HEADER: usize = 4;
const LARGEST: usize = 4096;

pub(crate) fn table(effort: Effort) -> Result<Table, Box<dyn Error>> {
    let packets = if effort.runs > 1 { 2000 } else { 200 };
    let mut lines = Vec::new();
    for (name, make) in KINDS {
        let mut dice = Dice(1);
        let bodies: Vec<Vec<u8>> =
            (0..packets).map(|_| [&HEADERS, make(&mut dice).as_slice()].concat()).collect();
        let measured =
            MODES.iter().map(|&(_, mode)| measure(mode, &bodies)).collect::<Result<Vec<_>, _>>()?;
        let line = |figure, values: Vec<f64>| Line {
            work: format!("{name}: {figure}"),
            values: values.into_iter().map(Some).collect(),
            against: Vec::new(),
            target: Target::None,
        };
        lines.push(line("bytes on the wire", measured.iter().map(|figures| figures.0).collect()));
        lines.push(line("µs to compress and back", measured.iter().map(|figures| figures.1).collect()));
    }
    Ok(Table { columns: MODES.iter().map(|&(name, _)| name).collect(), lines })
}

/// Mean size of a datagram, and mean time that it takes both ends.
fn measure(mode: Compression, bodies: &[Vec<u8>]) -> Result<(f64, f64), Box<dyn Error>> {
    let mut compressor = mode.compressor();
    let (mut small, mut back) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    let begin = Instant::now();
    for body in bodies {
        let mut size = body.len();
        if let Some(compressor) = &mut compressor {
            small.clear();
            // What does not shrink goes out plain, as the protocol does it.
            if compressor.compress(body, body.len(), &mut small) && small.len() < body.len() {
                size = small.len();
                back.clear();
                if !compressor.decompress(&small, LARGEST, &mut back) || back != *body {
                    return Err("a mode does not give back what it was given".into());
                }
            }
        }
        bytes += DATAGRAM_HEADER + size;
        black_box(&back);
    }
    let count = bodies.len() as f64;
    Ok((bytes as f64 / count, begin.elapsed().as_secs_f64() * 1e6 / count))
}

/// SplitMix64: the same traffic in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.roll() % limit
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[usize::try_from(self.below(words.len() as u64)).unwrap_or(0)]
    }
}

/// A number, a position and a rotation each, as a game's binary snapshot has them.
fn transforms(dice: &mut Dice) -> Vec<u8> {
    let mut packet = Vec::new();
    for body in 0..32u16 {
        packet.extend(body.to_le_bytes());
        for axis in 0..3u8 {
            let height_or_place = if axis == 1 { 100 } else { 20_000 };
            packet.extend((dice.below(height_or_place) as f32 / 100.0).to_le_bytes());
        }
        let yaw = (dice.below(628) as f32 / 100.0).sin();
        packet.extend([0.0, yaw, 0.0, (1.0 - yaw * yaw).sqrt()].map(f32::to_le_bytes).concat());
    }
    packet
}

fn chat(dice: &mut Dice) -> Vec<u8> {
    let mut line = format!("{}: ", dice.pick(NAMES));
    for _ in 0..6 + dice.below(12) {
        line += dice.pick(WORDS);
        line.push(' ');
    }
    line.into_bytes()
}

fn json(dice: &mut Dice) -> Vec<u8> {
    let player = |dice: &mut Dice| {
        format!(
            r#"{{"name":"{}","health":{},"position":{{"x":{}.{},"y":{}.5}},"weapon":"{}","alive":true}}"#,
            dice.pick(NAMES),
            dice.below(101),
            dice.below(1000),
            dice.below(100),
            dice.below(1000),
            dice.pick(WORDS),
        )
    };
    let players: Vec<String> = (0..8).map(|_| player(dice)).collect();
    format!(r#"{{"_event":"state","tick":{},"players":[{}]}}"#, dice.below(100_000), players.join(","))
        .into_bytes()
}

/// Ground, some water, a few trees: long runs of few values.
fn map_chunk(dice: &mut Dice) -> Vec<u8> {
    let mut tiles = Vec::with_capacity(1024);
    while tiles.len() < 1024 {
        let tile = [1, 1, 1, 1, 2, 3, 7][usize::try_from(dice.below(7)).unwrap_or(0)];
        let run = usize::try_from(1 + dice.below(24)).unwrap_or(1);
        tiles.resize((tiles.len() + run).min(1024), tile);
    }
    tiles
}

const NAMES: &[&str] = &["Ada", "Grace", "Linus", "Edsger", "Barbara", "Dennis", "Frances", "Ken"];
const WORDS: &[&str] = &[
    "the", "gate", "is", "open", "go", "left", "wait", "for", "me", "at", "bridge", "sword", "bow", "enemy",
    "behind", "you", "need", "health", "thanks", "well", "played", "again", "where", "are", "they", "tower",
    "north", "run",
];
