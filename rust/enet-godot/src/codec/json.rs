//! Whether JSON text stays within the caps, decided before Godot builds anything from it.

use super::error::DecodeError;
use super::limits::{MAX_DEPTH, MAX_VALUES};

/// Refuses text from which a parser would build more than [`MAX_VALUES`] values or more than [`MAX_DEPTH`] levels.
///
/// Looks at brackets and commas outside of strings only; whether the text is JSON at all is the parser's question.
pub(crate) fn check_limits(text: &str) -> Result<(), DecodeError> {
    let (mut depth, mut separators) = (0_usize, 0_usize);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
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
        if depth > MAX_DEPTH {
            return Err(DecodeError::TooDeep);
        }
        if separators > MAX_VALUES {
            return Err(DecodeError::TooManyValues);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn brackets_in_strings_do_not_count() {
        let brackets = "[".repeat(1000);
        assert_eq!(check_limits(&format!(r#"["{brackets}"]"#)), Ok(()));
        assert_eq!(check_limits(&format!(r#"["\"{brackets}"]"#)), Ok(()));
        // The second quote ends this string: the backslash before it is itself escaped.
        assert_eq!(check_limits(&format!(r#"["\\"{brackets}"#)), Err(DecodeError::TooDeep));
    }
}
