//! ENet's own compression: an adaptive model of order 2 that drives a range coder. Answers for `enet/compress.c`.
//!
//! The model predicts a byte from the two bytes before it, then from one, then from none (the *root*). Each of these
//! *contexts* counts what it has seen; a context that has not seen the byte codes an *escape*, and the next shorter one
//! is asked. A context's line of frequencies begins with the escape, then come its symbols by value.
//!
//! Coder and decoder change the model in the same way after each byte, so no table travels. The decoder is strict:
//! where a malformed stream leads nowhere it fails.

use super::Compressor;

/// Pairs of context and symbol, plus one for the root, after which the model begins anew.
const NODE_LIMIT: usize = 4094;
/// A total above this is halved.
const TOTAL_LIMIT: u32 = 65_280;
const TOP: u32 = 1 << 24;
const BOTTOM: u32 = 1 << 16;

/// What sets the root apart from the other contexts.
#[derive(Clone, Copy, Debug)]
struct Rules {
    /// What each of the 256 symbols counts without having been seen.
    minimum: u32,
    /// What a symbol's count grows by.
    step: u32,
    /// A symbol that counted more than this when it was coded halves the context.
    count_limit: u32,
    /// What the escape grows by when a symbol is new.
    escape_step: u32,
}

const ROOT: Rules = Rules { minimum: 1, step: 3, count_limit: 250, escape_step: 0 };
const CONTEXT: Rules = Rules { minimum: 0, step: 2, count_limit: 251, escape_step: 5 };

/// A part of a frequency line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slice {
    start: u32,
    width: u32,
    total: u32,
}

/// Symbols and how often they were seen.
#[derive(Clone, Debug)]
struct Context {
    escape: u32,
    /// Invariant: the escape, the minimum of all symbols, and all counts.
    total: u32,
    /// Sorted by value.
    symbols: Vec<(u8, u32)>,
}

impl Context {
    fn new(escape: u32, rules: Rules) -> Self {
        Self { escape, total: escape + 256 * rules.minimum, symbols: Vec::new() }
    }

    fn reset(&mut self) {
        (self.escape, self.total) = (0, 0);
        self.symbols.clear();
    }

    /// Where a symbol lies. Of width 0 if it is unknown here.
    fn slice(&self, symbol: u8, rules: Rules) -> Slice {
        let index = self.symbols.partition_point(|&(value, _)| value < symbol);
        let below: u32 = self.symbols[..index].iter().map(|&(_, count)| count).sum();
        let count =
            self.symbols.get(index).filter(|&&(value, _)| value == symbol).map_or(0, |&(_, count)| count);
        Slice {
            start: self.escape + rules.minimum * u32::from(symbol) + below,
            width: rules.minimum + count,
            total: self.total,
        }
    }

    fn escape_slice(&self) -> Slice {
        Slice { start: 0, width: self.escape, total: self.total }
    }

    /// The symbol at a place behind the escape.
    fn symbol_at(&self, frequency: u32, rules: Rules) -> Option<u8> {
        let mut place = frequency - self.escape;
        let mut next = 0;
        for &(value, count) in &self.symbols {
            // Unseen symbols before this one.
            let unseen = rules.minimum * (u32::from(value) - next);
            if place < unseen {
                return u8::try_from(next + place).ok();
            }
            place -= unseen;
            if place < rules.minimum + count {
                return Some(value);
            }
            place -= rules.minimum + count;
            next = u32::from(value) + 1;
        }
        u8::try_from(next + place).ok().filter(|_| rules.minimum > 0)
    }

    /// Counts a symbol that was coded with `slice`. Returns whether it is new here.
    fn count(&mut self, symbol: u8, slice: Slice, rules: Rules) -> bool {
        let index = self.symbols.partition_point(|&(value, _)| value < symbol);
        let is_new = self.symbols.get(index).is_none_or(|&(value, _)| value != symbol);
        if is_new {
            self.symbols.insert(index, (symbol, rules.step));
            self.escape += rules.escape_step;
            self.total += rules.escape_step;
        } else {
            self.symbols[index].1 += rules.step;
        }
        self.total += rules.step;
        if slice.width > rules.count_limit || self.total > TOTAL_LIMIT {
            self.halve(rules);
        }
        is_new
    }

    fn halve(&mut self, rules: Rules) {
        for (_, count) in &mut self.symbols {
            *count -= *count / 2;
        }
        self.escape -= self.escape / 2;
        let counts: u32 = self.symbols.iter().map(|&(_, count)| count).sum();
        self.total = self.escape + 256 * rules.minimum + counts;
    }
}

/// All contexts, and the bytes before the next one.
#[derive(Debug)]
struct Model {
    root: Context,
    /// Contexts in use, those of one byte and those of two; what lies behind `used` is kept for its memory.
    contexts: Vec<Context>,
    used: usize,
    /// Index in `contexts` plus one, 0 for none: by the last byte, and by the last two.
    by_one: Box<[u16]>,
    by_two: Box<[u16]>,
    /// The entries of `by_one` and `by_two` that are set.
    set_one: Vec<usize>,
    set_two: Vec<usize>,
    /// The last byte and the one before it, as far as there are any.
    history: [Option<u8>; 2],
    nodes: usize,
}

impl Model {
    fn new() -> Self {
        Self {
            root: Context::new(1, ROOT),
            contexts: Vec::new(),
            used: 0,
            by_one: vec![0; 1 << 8].into(),
            by_two: vec![0; 1 << 16].into(),
            set_one: Vec::new(),
            set_two: Vec::new(),
            history: [None; 2],
            nodes: 1,
        }
    }

    fn reset(&mut self) {
        self.root = Context { symbols: std::mem::take(&mut self.root.symbols), ..Context::new(1, ROOT) };
        self.root.symbols.clear();
        self.used = 0;
        self.set_one.drain(..).for_each(|index| self.by_one[index] = 0);
        self.set_two.drain(..).for_each(|index| self.by_two[index] = 0);
        self.history = [None; 2];
        self.nodes = 1;
    }

    /// The contexts of the next byte, longest first, made if they do not exist.
    fn current(&mut self) -> [Option<usize>; 2] {
        let [last, earlier] = self.history.map(|byte| byte.map(usize::from));
        let two = last.zip(earlier).map(|(last, earlier)| {
            let key = earlier << 8 | last;
            if self.by_two[key] == 0 {
                self.by_two[key] = self.create();
                self.set_two.push(key);
            }
            usize::from(self.by_two[key]) - 1
        });
        let one = last.map(|last| {
            if self.by_one[last] == 0 {
                self.by_one[last] = self.create();
                self.set_one.push(last);
            }
            usize::from(self.by_one[last]) - 1
        });
        [two, one]
    }

    /// Makes an empty context; its index plus one.
    fn create(&mut self) -> u16 {
        if let Some(context) = self.contexts.get_mut(self.used) {
            context.reset();
        } else {
            self.contexts.push(Context::new(0, CONTEXT));
        }
        self.used += 1;
        u16::try_from(self.used)
            .expect("a context is made for each byte at most twice, and a datagram has 4096")
    }

    /// Counts a symbol in a context that is not the root.
    fn count(&mut self, context: usize, symbol: u8, slice: Slice) {
        self.nodes += usize::from(self.contexts[context].count(symbol, slice, CONTEXT));
    }

    fn count_in_root(&mut self, symbol: u8, slice: Slice) {
        self.nodes += usize::from(self.root.count(symbol, slice, ROOT));
    }

    /// Goes on to the next byte.
    fn advance(&mut self, symbol: u8) {
        self.history = [Some(symbol), self.history[0]];
        if self.nodes >= NODE_LIMIT {
            self.reset();
        }
    }
}

/// The arithmetic that both directions share.
#[derive(Clone, Copy, Debug)]
struct Range {
    low: u32,
    range: u32,
}

impl Range {
    const FULL: Self = Self { low: 0, range: u32::MAX };

    /// Narrows the range to a slice; `shift` is called for each byte that has become certain.
    fn narrow(&mut self, slice: Slice, unit: u32, mut shift: impl FnMut(u8) -> bool) -> bool {
        self.low = self.low.wrapping_add(slice.start.wrapping_mul(unit));
        self.range = slice.width.wrapping_mul(unit);
        loop {
            if self.low ^ self.low.wrapping_add(self.range) >= TOP {
                if self.range >= BOTTOM {
                    return true;
                }
                self.range = self.low.wrapping_neg() & (BOTTOM - 1);
            }
            let [top, ..] = self.low.to_be_bytes();
            if !shift(top) {
                return false;
            }
            self.low <<= 8;
            self.range <<= 8;
        }
    }
}

struct Encoder<'a> {
    range: Range,
    output: &'a mut Vec<u8>,
    /// Bytes that may still be written.
    room: usize,
}

impl Encoder<'_> {
    fn encode(&mut self, slice: Slice) -> bool {
        let unit = self.range.range / slice.total;
        let Self { range, output, room } = self;
        range.narrow(slice, unit, |byte| put(output, room, byte))
    }

    fn finish(&mut self) -> bool {
        while self.range.low != 0 {
            let [top, ..] = self.range.low.to_be_bytes();
            if !put(self.output, &mut self.room, top) {
                return false;
            }
            self.range.low <<= 8;
        }
        true
    }
}

fn put(output: &mut Vec<u8>, room: &mut usize, byte: u8) -> bool {
    let Some(left) = room.checked_sub(1) else { return false };
    *room = left;
    output.push(byte);
    true
}

struct Decoder<'a> {
    range: Range,
    code: u32,
    /// What is left; behind its end zeros are read.
    input: std::slice::Iter<'a, u8>,
}

impl<'a> Decoder<'a> {
    fn new(input: &'a [u8]) -> Self {
        let mut new = Self { range: Range::FULL, code: 0, input: input.iter() };
        for _ in 0..4 {
            new.code = new.code << 8 | u32::from(new.next());
        }
        new
    }

    fn next(&mut self) -> u8 {
        self.input.next().copied().unwrap_or(0)
    }

    /// The place on a line of this total that comes next, and the unit to narrow with; `None` if the stream is
    /// malformed.
    fn read(&self, total: u32) -> Option<(u32, u32)> {
        let unit = self.range.range.checked_div(total).filter(|&unit| unit > 0)?;
        let frequency = self.code.wrapping_sub(self.range.low) / unit;
        (frequency < total).then_some((frequency, unit))
    }

    fn consume(&mut self, slice: Slice, unit: u32) {
        let Self { range, code, input } = self;
        range.narrow(slice, unit, |_| {
            *code = *code << 8 | u32::from(input.next().copied().unwrap_or(0));
            true
        });
    }
}

/// ENet's range coder, bit for bit: `COMPRESS_RANGE_CODER` of Godot, `enet_host_compress_with_range_coder` of ENet.
#[derive(Debug)]
pub struct RangeCoder {
    model: Model,
}

impl RangeCoder {
    /// A coder for both directions.
    #[must_use]
    pub fn new() -> Self {
        Self { model: Model::new() }
    }

    fn encode_byte(&mut self, symbol: u8, encoder: &mut Encoder<'_>) -> bool {
        for context in self.model.current().into_iter().flatten() {
            let slice = self.model.contexts[context].slice(symbol, CONTEXT);
            let escape = self.model.contexts[context].escape_slice();
            self.model.count(context, symbol, slice);
            if slice.width > 0 {
                return encoder.encode(slice);
            }
            // An empty context has nothing to escape from.
            if 0 < escape.width && escape.width < escape.total && !encoder.encode(escape) {
                return false;
            }
        }
        let slice = self.model.root.slice(symbol, ROOT);
        self.model.count_in_root(symbol, slice);
        encoder.encode(slice)
    }

    /// The next byte. `Ok(None)` at the end of the stream, an error if it is malformed.
    fn decode_byte(&mut self, decoder: &mut Decoder<'_>) -> Result<Option<u8>, Malformed> {
        let mut missed = [None; 2];
        for (order, context) in self.model.current().into_iter().enumerate() {
            let Some(context) = context else { continue };
            let escape = self.model.contexts[context].escape_slice();
            if escape.width > 0 && escape.width < escape.total {
                let (frequency, unit) = decoder.read(escape.total).ok_or(Malformed)?;
                if frequency >= escape.width {
                    let symbol =
                        self.model.contexts[context].symbol_at(frequency, CONTEXT).ok_or(Malformed)?;
                    let slice = self.model.contexts[context].slice(symbol, CONTEXT);
                    decoder.consume(slice, unit);
                    self.model.count(context, symbol, slice);
                    self.learn(missed, symbol);
                    return Ok(Some(symbol));
                }
                decoder.consume(escape, unit);
            }
            missed[order] = Some(context);
        }
        self.decode_in_root(missed, decoder)
    }

    fn decode_in_root(
        &mut self,
        missed: [Option<usize>; 2],
        decoder: &mut Decoder<'_>,
    ) -> Result<Option<u8>, Malformed> {
        let (frequency, unit) = decoder.read(self.model.root.total).ok_or(Malformed)?;
        if frequency < self.model.root.escape {
            return Ok(None);
        }
        let symbol = self.model.root.symbol_at(frequency, ROOT).ok_or(Malformed)?;
        let slice = self.model.root.slice(symbol, ROOT);
        decoder.consume(slice, unit);
        self.model.count_in_root(symbol, slice);
        self.learn(missed, symbol);
        Ok(Some(symbol))
    }

    /// Counts a symbol in the contexts that did not know it.
    fn learn(&mut self, missed: [Option<usize>; 2], symbol: u8) {
        for context in missed.into_iter().flatten() {
            let slice = self.model.contexts[context].slice(symbol, CONTEXT);
            self.model.count(context, symbol, slice);
        }
    }
}

/// The stream was not made by an encoder.
struct Malformed;

impl Default for RangeCoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Compressor for RangeCoder {
    fn compress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        self.model.reset();
        let mut encoder = Encoder { range: Range::FULL, output, room: limit };
        for &symbol in input {
            if !self.encode_byte(symbol, &mut encoder) {
                return false;
            }
            self.model.advance(symbol);
        }
        encoder.finish()
    }

    fn decompress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        self.model.reset();
        let mut decoder = Decoder::new(input);
        let end = output.len() + limit;
        let begin = output.len();
        loop {
            match self.decode_byte(&mut decoder) {
                Ok(Some(symbol)) if output.len() < end => {
                    output.push(symbol);
                    self.model.advance(symbol);
                }
                Ok(None) => return output.len() > begin,
                _ => return false,
            }
        }
    }
}

#[cfg(test)]
#[path = "range_coder_tests.rs"]
mod tests;
