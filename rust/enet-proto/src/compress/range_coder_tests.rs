use super::*;
use crate::rng::Rng;
use crate::vectors::{from_hex, list, load, number, text, to_hex};

#[test]
fn compresses_to_the_same_bytes() {
    let mut coder = RangeCoder::new();
    for vector in list(&load("range_coder")["compress"]) {
        let mut output = Vec::new();
        let input = from_hex(text(&vector["input"]));
        let fits = coder.compress(&input, number(&vector["output_limit"]), &mut output);
        let expected = text(&vector["output"]);
        assert_eq!(fits, !expected.is_empty(), "{}", vector["name"]);
        if fits {
            assert_eq!(to_hex(&output), expected, "{}", vector["name"]);
            let mut back = Vec::new();
            assert!(coder.decompress(&output, 4092, &mut back), "{}", vector["name"]);
            assert!(back == input, "{}", vector["name"]);
        }
    }
}

#[test]
fn decompresses_what_only_a_decoder_meets() {
    let mut coder = RangeCoder::new();
    for vector in list(&load("range_coder")["decompress_only"]) {
        let mut output = Vec::new();
        let input = from_hex(text(&vector["input"]));
        let is_well_formed = coder.decompress(&input, number(&vector["output_limit"]), &mut output);
        let expected = from_hex(text(&vector["output"]));
        assert_eq!(is_well_formed, !expected.is_empty(), "{}", vector["name"]);
        if is_well_formed {
            assert_eq!(output, expected, "{}", vector["name"]);
        }
    }
}

#[test]
fn every_input_comes_back() {
    let mut coder = RangeCoder::new();
    let mut rng = Rng::new(11);
    for round in 0..600 {
        let length = 1 + rng.below(4092) as usize;
        let alphabet = [2, 5, 30, 256][round % 4];
        let input: Vec<u8> = (0..length).map(|_| rng.below(alphabet) as u8).collect();
        let mut packed = Vec::new();
        assert!(coder.compress(&input, 10_000, &mut packed));
        let mut output = vec![0xa5];
        assert!(coder.decompress(&packed, length, &mut output));
        assert!(output[1..] == input, "round {round}");
        let mut short = Vec::new();
        assert!(!coder.decompress(&packed, length - 1, &mut short));
        assert!(short.len() < length);
    }
}

#[test]
fn garbage_ends_within_the_limit() {
    let mut coder = RangeCoder::new();
    let mut rng = Rng::new(12);
    for _ in 0..3000 {
        let garbage: Vec<u8> = (0..rng.below(200)).map(|_| rng.below(256) as u8).collect();
        let mut output = Vec::new();
        coder.decompress(&garbage, 4092, &mut output);
        assert!(output.len() <= 4092);
    }
}
