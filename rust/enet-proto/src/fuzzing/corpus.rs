//! Everything that the fuzzers have kept, through the same bodies.

use std::path::Path;

/// Runs the body of a target over its stored corpus.
///
/// # Panics
/// The body does, or there is no corpus.
pub fn replay(target: &str, body: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut names: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a listed entry can be read").path())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "the corpus of {target} is gone");
    for name in names {
        println!("{}", name.display());
        body(&std::fs::read(&name).expect("a file of the corpus can be read"));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{commands, datagram, half_open, host_ops, pair, range_coder, replay};

    #[test]
    fn the_corpus_of_commands() {
        replay("commands", commands);
    }

    #[test]
    fn the_corpus_of_range_coder() {
        replay("range_coder", range_coder);
    }

    #[test]
    fn the_corpus_of_datagram() {
        replay("datagram", datagram);
    }

    #[test]
    fn the_corpus_of_half_open() {
        replay("half_open", half_open);
    }

    #[test]
    fn the_corpus_of_host_ops() {
        replay("host_ops", host_ops);
    }

    #[test]
    fn the_corpus_of_pair() {
        replay("pair", pair);
    }
}
