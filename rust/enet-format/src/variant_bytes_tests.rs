//! Hand-made encodings. That the engine agrees with them is tested inside the engine.

use super::{FLAG_64, check};
use crate::DecodeError;
use crate::limits::{MAX_DEPTH, MAX_VALUES};

const NULL: u8 = 0;
const BOOL: u8 = 1;
const INT: u8 = 2;
const FLOAT: u8 = 3;
const STRING: u8 = 4;
const VECTOR2: u8 = 5;
const PROJECTION: u8 = 19;
const COLOR: u8 = 20;
const STRING_NAME: u8 = 21;
const NODE_PATH: u8 = 22;
const DICTIONARY: u8 = 27;
const ARRAY: u8 = 28;
const PACKED_BYTES: u8 = 29;
const PACKED_INT64: u8 = 31;
const PACKED_STRINGS: u8 = 34;
const PACKED_VECTOR2: u8 = 35;
const PACKED_COLORS: u8 = 37;
const TYPES: u8 = 39;

/// The bytes of one or more values, put together by hand.
#[derive(Clone, Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn header(value_type: u8, flags: u16) -> Self {
        Self::default().word(u32::from(value_type) | u32::from(flags) << 16)
    }

    fn word(mut self, word: u32) -> Self {
        self.0.extend(word.to_le_bytes());
        self
    }

    fn zeros(mut self, count: usize) -> Self {
        self.0.resize(self.0.len() + count, 0);
        self
    }

    fn text(self, text: &str) -> Self {
        let mut it = self.word(u32::try_from(text.len()).expect("test texts are short"));
        it.0.extend(text.as_bytes());
        let padding = it.0.len().next_multiple_of(4) - it.0.len();
        it.zeros(padding)
    }

    fn then(mut self, value: &Self) -> Self {
        self.0.extend(&value.0);
        self
    }
}

#[track_caller]
fn accepts(bytes: &Bytes) {
    assert_eq!(check(&bytes.0), Ok(()));
    for end in 0..bytes.0.len() {
        assert!(check(&bytes.0[..end]).is_err(), "cut to {end} bytes");
    }
    assert_eq!(check(&bytes.clone().zeros(4).0), Err(DecodeError::TrailingBytes));
}

#[track_caller]
fn refuses(bytes: &Bytes, error: DecodeError) {
    assert_eq!(check(&bytes.0), Err(error));
}

fn array(count: u32) -> Bytes {
    Bytes::header(ARRAY, 0).word(count)
}

fn nested_arrays(levels: usize) -> Bytes {
    let mut bytes = Bytes::default();
    for _ in 1..levels {
        bytes = bytes.then(&array(1));
    }
    bytes.then(&array(0))
}

/// A value of every type that has one, all zero.
fn samples() -> Vec<Bytes> {
    let fixed = [
        (NULL, 0),
        (BOOL, 4),
        (INT, 4),
        (FLOAT, 4),
        (VECTOR2, 8),
        (6, 8),
        (7, 16),
        (8, 16),
        (9, 12),
        (10, 12),
        (11, 24),
        (12, 16),
        (13, 16),
        (14, 16),
        (15, 16),
        (16, 24),
        (17, 36),
        (18, 48),
        (PROJECTION, 64),
        (COLOR, 16),
    ];
    let mut samples: Vec<_> = fixed.iter().map(|&(kind, size)| Bytes::header(kind, 0).zeros(size)).collect();
    samples.push(Bytes::header(STRING, 0).text("five!"));
    samples.push(Bytes::header(STRING_NAME, 0).text(""));
    samples.push(Bytes::header(NODE_PATH, 0).word(0x8000_0001).word(1).word(1).text("root").text("x"));
    samples.push(Bytes::header(DICTIONARY, 0).word(1).then(&Bytes::header(NULL, 0)).then(&array(0)));
    samples.push(array(2).then(&array(0)).then(&Bytes::header(INT, FLAG_64).zeros(8)));
    let packed =
        [(PACKED_BYTES, 1), (30, 4), (PACKED_INT64, 8), (32, 4), (33, 8), (PACKED_VECTOR2, 8), (36, 12)];
    samples.extend(packed.iter().map(|&(kind, size): &(u8, usize)| {
        Bytes::header(kind, 0).word(3).zeros((3 * size).next_multiple_of(4))
    }));
    samples.push(Bytes::header(PACKED_COLORS, 0).word(1).zeros(16));
    samples.push(Bytes::header(38, 0).word(1).zeros(16));
    samples.push(Bytes::header(PACKED_STRINGS, 0).word(2).text("a\0").text("bcd\0"));
    samples
}

#[test]
fn every_type_is_accepted_whole_and_refused_when_cut() {
    samples().iter().for_each(accepts);
}

#[test]
fn real_numbers_may_be_eight_bytes_wide() {
    for (kind, reals) in [(INT, 1), (FLOAT, 1), (VECTOR2, 2), (11, 6), (18, 12), (PROJECTION, 16)] {
        accepts(&Bytes::header(kind, FLAG_64).zeros(reals * 8));
    }
    accepts(&Bytes::header(PACKED_VECTOR2, FLAG_64).word(2).zeros(32));
}

#[test]
fn flags_that_a_type_does_not_know_are_refused() {
    refuses(&Bytes::header(NULL, 1), DecodeError::UnknownFlags);
    refuses(&Bytes::header(COLOR, FLAG_64).zeros(32), DecodeError::UnknownFlags);
    refuses(&Bytes::header(INT, 2).zeros(8), DecodeError::UnknownFlags);
    refuses(&Bytes::header(ARRAY, 4).word(0), DecodeError::UnknownFlags);
    refuses(&Bytes::default().word(0x0100), DecodeError::UnknownFlags);
}

#[test]
fn objects_and_their_like_are_refused_wherever_they_stand() {
    for kind in 23..=26 {
        for flags in [0, 1] {
            let value = Bytes::header(kind, flags).zeros(16);
            refuses(&value, DecodeError::ProcessBound);
            refuses(&array(1).then(&value), DecodeError::ProcessBound);
            refuses(&Bytes::header(DICTIONARY, 0).word(1).then(&value), DecodeError::ProcessBound);
        }
    }
}

#[test]
fn unknown_types_are_refused() {
    for kind in TYPES..=u8::MAX {
        refuses(&Bytes::header(kind, 0).zeros(64), DecodeError::UnknownValueType(kind));
    }
}

#[test]
fn elements_have_the_type_that_their_container_declares() {
    let int = Bytes::header(INT, 0).word(7);
    let text = Bytes::header(STRING, 0).text("seven");
    let ints = Bytes::header(ARRAY, 1).word(u32::from(INT));
    accepts(&ints.clone().word(2).then(&int).then(&int));
    refuses(&ints.word(2).then(&int).then(&text), DecodeError::ElementType);

    let text_to_int = Bytes::header(DICTIONARY, 0b0101).word(u32::from(STRING)).word(u32::from(INT)).word(1);
    accepts(&text_to_int.clone().then(&text).then(&int));
    refuses(&text_to_int.then(&int).then(&int), DecodeError::ElementType);

    let any_to_int = Bytes::header(DICTIONARY, 0b0100).word(u32::from(INT)).word(1);
    accepts(&any_to_int.clone().then(&text).then(&int));
    refuses(&any_to_int.then(&text).then(&text), DecodeError::ElementType);
}

#[test]
fn containers_cannot_be_declared_for_objects() {
    for (kind, error) in [
        (24, DecodeError::ProcessBound),
        (25, DecodeError::ProcessBound),
        (0, DecodeError::ElementType),
        (39, DecodeError::ElementType),
        (0x0102, DecodeError::ElementType),
    ] {
        refuses(&Bytes::header(ARRAY, 1).word(kind).word(0), error);
    }
    refuses(&Bytes::header(ARRAY, 2).text("Node").word(0), DecodeError::ProcessBound);
    refuses(&Bytes::header(ARRAY, 3).text("res://x.gd").word(0), DecodeError::ProcessBound);
    refuses(&Bytes::header(DICTIONARY, 0b1000).text("Node").word(0), DecodeError::ProcessBound);
}

#[test]
fn lengths_are_compared_with_what_is_there() {
    for count in [2, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
        for kind in
            [STRING, STRING_NAME, PACKED_BYTES, PACKED_INT64, PACKED_STRINGS, PACKED_VECTOR2, PACKED_COLORS]
        {
            refuses(&Bytes::header(kind, 0).word(count), DecodeError::Truncated);
        }
    }
    for kind in [ARRAY, DICTIONARY] {
        refuses(&Bytes::header(kind, 0).word(0x7fff_ffff).zeros(64), DecodeError::Truncated);
    }
    refuses(&Bytes::header(NODE_PATH, 0).word(u32::MAX).word(u32::MAX).word(0), DecodeError::Truncated);
}

#[test]
fn the_shared_bit_of_a_count_means_nothing() {
    accepts(&array(0x8000_0001).then(&Bytes::header(NULL, 0)));
}

#[test]
fn depth_is_capped() {
    accepts(&nested_arrays(MAX_DEPTH));
    refuses(&nested_arrays(MAX_DEPTH + 1), DecodeError::TooDeep);
    refuses(&nested_arrays(1_000), DecodeError::TooDeep);
    refuses(&nested_arrays(1_000_000), DecodeError::TooDeep);
}

#[test]
fn the_number_of_elements_is_capped() {
    let most = u32::try_from(MAX_VALUES).expect("the cap is far below 2^32");
    assert_eq!(check(&array(most).zeros(4 * MAX_VALUES).0), Ok(()));
    refuses(&array(most + 1).zeros(4 * MAX_VALUES + 4), DecodeError::TooManyValues);
    refuses(
        &Bytes::header(PACKED_STRINGS, 0).word(most + 1).zeros(4 * MAX_VALUES + 4),
        DecodeError::TooManyValues,
    );
    let half = array(most / 2 + 1).zeros(4 * (MAX_VALUES / 2 + 1));
    refuses(&array(2).then(&half).then(&half), DecodeError::TooManyValues);
}

#[test]
fn text_is_utf_8_without_a_zero() {
    refuses(&Bytes::header(STRING, 0).text("a\0b"), DecodeError::BadText);
    refuses(&Bytes::header(STRING, 0).text("a\0"), DecodeError::BadText);
    refuses(&Bytes::header(PACKED_STRINGS, 0).word(1).text("a\0b\0"), DecodeError::BadText);
    refuses(&Bytes::header(STRING, 0).word(2).word(0xffff), DecodeError::BadText);
}

#[test]
fn node_paths_are_of_the_known_form() {
    refuses(&Bytes::header(NODE_PATH, 0).word(1).word(0).word(0).text("a"), DecodeError::UnknownFlags);
    refuses(
        &Bytes::header(NODE_PATH, 0).word(0x8000_0000).word(0).word(2).text("a"),
        DecodeError::UnknownFlags,
    );
}

/// Whatever the bytes, the answer is a result: not a panic, and not a long wait.
#[test]
fn damaged_bytes_are_survived() {
    let mut state = 0x2545_f491_u32;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state as usize
    };
    let samples = samples();
    for _ in 0..200_000 {
        let first = &samples[random() % samples.len()];
        let mut bytes = array(2).then(first).then(&samples[random() % samples.len()]).0;
        for _ in 0..1 + random() % 4 {
            let at = random() % bytes.len();
            bytes[at] = random().to_le_bytes()[0];
        }
        bytes.truncate(1 + random() % bytes.len());
        let _ = check(&bytes);
    }
}
