//! Randomness that is told its seed, so that a run can be replayed, and that nobody who has seen some of it can
//! continue: the key stream of ChaCha20 (RFC 8439, with a 64-bit counter and no nonce).

use std::fmt;

const WORDS: usize = 16;
const DOUBLE_ROUNDS: usize = 10;
/// "expand 32-byte k" in words.
const CONSTANTS: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

#[derive(Clone)]
pub(crate) struct Rng {
    key: [u32; 8],
    counter: u64,
    words: [u32; WORDS],
    /// Words of the block that were given out.
    used: usize,
    /// See [`Self::still`].
    #[cfg(test)]
    is_still: bool,
}

impl Rng {
    /// For tests and replays: 64 bits can be guessed by whoever has a data centre.
    pub(crate) fn new(seed: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self::from_key(key)
    }

    pub(crate) fn from_key(key: [u8; 32]) -> Self {
        let mut words = [0; 8];
        for (word, bytes) in words.iter_mut().zip(key.as_chunks().0) {
            *word = u32::from_le_bytes(*bytes);
        }
        Self {
            key: words,
            counter: 0,
            words: [0; WORDS],
            used: WORDS,
            #[cfg(test)]
            is_still: false,
        }
    }

    pub(crate) fn next_u32(&mut self) -> u32 {
        #[cfg(test)]
        if self.is_still {
            return 0;
        }
        if self.used == WORDS {
            self.words = block(&self.key, self.counter);
            self.counter += 1;
            self.used = 0;
        }
        let word = self.words[self.used];
        self.used += 1;
        word
    }

    pub(crate) fn next_u16(&mut self) -> u16 {
        let [low, high, ..] = self.next_u32().to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        u64::from(self.next_u32()) << 32 | u64::from(self.next_u32())
    }

    /// Four unpredictable bytes.
    pub(crate) fn token(&mut self) -> [u8; 4] {
        self.next_u32().to_le_bytes()
    }

    /// A number below `bound`; 0 if that is 0.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        let scaled = u64::from(self.next_u32()) * u64::from(bound);
        u32::try_from(scaled >> 32).expect("a product of two 32-bit numbers has 64 bits")
    }
}

/// The state would give the future away.
impl fmt::Debug for Rng {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Rng").finish_non_exhaustive()
    }
}

fn block(key: &[u32; 8], counter: u64) -> [u32; WORDS] {
    let mut start = [0; WORDS];
    start[..4].copy_from_slice(&CONSTANTS);
    start[4..12].copy_from_slice(key);
    let [low, high] = halves(counter);
    (start[12], start[13]) = (low, high);
    scramble(start)
}

fn halves(counter: u64) -> [u32; 2] {
    let [a, b, c, d, e, f, g, h] = counter.to_le_bytes();
    [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])]
}

fn scramble(start: [u32; WORDS]) -> [u32; WORDS] {
    let mut state = start;
    for _ in 0..DOUBLE_ROUNDS {
        for column in 0..4 {
            quarter_round(&mut state, column, column + 4, column + 8, column + 12);
        }
        for diagonal in 0..4 {
            let below = |row: usize| row * 4 + (diagonal + row) % 4;
            quarter_round(&mut state, diagonal, below(1), below(2), below(3));
        }
    }
    for (word, start) in state.iter_mut().zip(start) {
        *word = word.wrapping_add(start);
    }
    state
}

fn quarter_round(state: &mut [u32; WORDS], a: usize, b: usize, c: usize, d: usize) {
    for (left, right) in [(16, 12), (8, 7)] {
        state[a] = state[a].wrapping_add(state[b]);
        state[d] = (state[d] ^ state[a]).rotate_left(left);
        state[c] = state[c].wrapping_add(state[d]);
        state[b] = (state[b] ^ state[c]).rotate_left(right);
    }
}

#[cfg(test)]
impl Rng {
    /// Gives zeros alone: what it decides is what the C library would do.
    pub(crate) fn still() -> Self {
        Self { is_still: true, ..Self::new(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example block of RFC 8439, section 2.3.2.
    #[test]
    fn a_block_is_that_of_the_standard() {
        let mut start = [0; WORDS];
        start[..4].copy_from_slice(&CONSTANTS);
        let key: [u8; 32] = std::array::from_fn(|index| index as u8);
        start[4..12].copy_from_slice(&Rng::from_key(key).key);
        start[12..].copy_from_slice(&[1, 0x0900_0000, 0x4a00_0000, 0]);
        let block = scramble(start);
        assert_eq!(block[..4], [0xe4e7_f110, 0x1559_3bd1, 0x1fdd_0f50, 0xc471_20a3]);
        assert_eq!(block[12..], [0xd19c_12b5, 0xb94e_16de, 0xe883_d0cb, 0x4e3c_50a2]);
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_seed_others() {
        let numbers = |seed| {
            let mut rng = Rng::new(seed);
            (0..40).map(|_| rng.next_u64()).collect::<Vec<_>>()
        };
        assert_eq!(numbers(1), numbers(1));
        assert!(numbers(1).iter().all(|number| !numbers(2).contains(number)));
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let mut rng = Rng::new(3);
        let mut seen = [false; 7];
        for _ in 0..200 {
            seen[rng.below(7) as usize] = true;
        }
        assert_eq!(seen, [true; 7]);
        assert_eq!(rng.below(0), 0);
    }
}
