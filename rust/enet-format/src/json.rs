//! Whether JSON text stays within the caps, decided before Godot builds anything from it.

use crate::DecodeError;
use crate::limits::DecodeLimits;

/// [`check_within`] the most that can be sent.
///
/// # Errors
/// Which of them it exceeds.
pub fn check_limits(text: &str) -> Result<(), DecodeError> {
    check_within(text, DecodeLimits::MOST)
}

/// Refuses text from which a parser would build more values or more levels than the limits allow, and what Godot's parser takes but prints about: an escaped zero, and numbers far beyond what a float can hold.
///
/// Looks at brackets, commas, escapes and digits only; whether the text is JSON at all is the parser's question.
///
/// # Errors
/// Which of these it is.
pub fn check_within(text: &str, limits: DecodeLimits) -> Result<(), DecodeError> {
    let (mut depth, mut separators) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    let mut number = Number::default();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'u' if escaped && text.as_bytes()[at..].starts_with(b"u0000") => {
                return Err(DecodeError::BadText);
            }
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                separators += 1;
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b',' => separators += 1,
            _ => {}
        }
        if !in_string && !number.take(byte) {
            return Err(DecodeError::BadNumber);
        }
        if depth > limits.depth {
            return Err(DecodeError::TooDeep);
        }
        if separators > limits.values {
            return Err(DecodeError::TooManyValues);
        }
    }
    Ok(())
}

/// The number that is being read, if any. Digits shift the decimal exponent, so both count against one limit; the
/// largest float written out in full has 309 digits, the smallest 324 zeros and its digits.
#[derive(Default)]
struct Number {
    length: usize,
    exponent: Option<usize>,
}

impl Number {
    /// Just below the decimal exponent, 511, from which Godot warns.
    const LONGEST: usize = 500;

    /// Takes one more byte of the text; false when the number is out of all range.
    fn take(&mut self, byte: u8) -> bool {
        match byte {
            b'0'..=b'9' | b'.' | b'+' | b'-' => self.length += 1,
            b'e' | b'E' => self.exponent = Some(0),
            _ => *self = Self::default(),
        }
        if let (Some(exponent), b'0'..=b'9') = (&mut self.exponent, byte) {
            *exponent = exponent.saturating_mul(10).saturating_add(usize::from(byte - b'0'));
        }
        self.length.saturating_add(self.exponent.unwrap_or(0)) <= Self::LONGEST
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{MAX_DEPTH, MAX_VALUES};

    fn nested(levels: usize) -> String {
        "[".repeat(levels) + &"]".repeat(levels)
    }

    #[test]
    fn depth_is_capped() {
        assert_eq!(check_limits(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(check_limits(&nested(MAX_DEPTH + 1)), Err(DecodeError::TooDeep));
        assert_eq!(check_limits(&nested(1000)), Err(DecodeError::TooDeep));
        assert_eq!(check_limits(&format!("[{}]", "[],".repeat(1000))), Ok(()));
    }

    #[test]
    fn the_number_of_values_is_capped() {
        assert_eq!(check_limits(&format!("[0{}]", ",0".repeat(MAX_VALUES - 1))), Ok(()));
        let too_many = format!("[0{}]", ",0".repeat(MAX_VALUES));
        assert_eq!(check_limits(&too_many), Err(DecodeError::TooManyValues));
    }

    #[test]
    fn a_receiver_may_allow_less() {
        let limits = DecodeLimits { depth: 2, values: 4 };
        assert_eq!(check_within("[[1, 2]]", limits), Ok(()));
        assert_eq!(check_within("[[[1]]]", limits), Err(DecodeError::TooDeep));
        assert_eq!(check_within("[[1, 2, 3, 4]]", limits), Err(DecodeError::TooManyValues));
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        let brackets = "[".repeat(1000);
        assert_eq!(check_limits(&format!(r#"["{brackets}"]"#)), Ok(()));
        assert_eq!(check_limits(&format!(r#"["\"{brackets}"]"#)), Ok(()));
        // The second quote ends this string: the backslash before it is itself escaped.
        assert_eq!(check_limits(&format!(r#"["\\"{brackets}"#)), Err(DecodeError::TooDeep));
    }

    #[test]
    fn an_escaped_zero_is_refused() {
        assert_eq!(check_limits(r#""a\u0000""#), Err(DecodeError::BadText));
        assert_eq!(check_limits(r#""a\\u0000""#), Ok(()));
        assert_eq!(check_limits(r#""\u0001\u000""#), Ok(()));
    }

    #[test]
    fn numbers_out_of_all_range_are_refused() {
        let largest = format!("{:.1}", f64::MAX);
        let smallest = format!("{:.345}", f64::from_bits(1));
        for number in
            ["1e308", "-1.7976931348623157e+308", "5e-324", &largest, &smallest, "true", r#""1e999""#]
        {
            assert_eq!(check_limits(&format!("[{number}, {number}]")), Ok(()), "{number}");
        }
        let digits = "1".repeat(1000);
        for number in ["1e999", "[0, -1E-999999999999999999999999]", &digits, &format!("0.{digits}")] {
            assert_eq!(check_limits(number), Err(DecodeError::BadNumber), "{number}");
        }
    }
}
