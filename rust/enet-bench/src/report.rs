//! Puts a table into a Markdown page, between two markers, with the machine it was measured on.

use std::{error::Error, fs};

use crate::rows::Effort;

/// Replaces what stands between `<!-- bench:NAME -->` and `<!-- end -->`.
pub(crate) fn write(page: &str, name: &str, table: &str, effort: Effort) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(page)?;
    let Effort { window, runs, .. } = effort;
    let block = format!("{table}\nMedians of {runs} run(s) of {} s on {}.\n", window.as_secs(), machine());
    let text = replace(&text, name, &block).ok_or_else(|| format!("{page} has no place for {name}"))?;
    Ok(fs::write(page, text)?)
}

fn replace(text: &str, name: &str, block: &str) -> Option<String> {
    const END: &str = "<!-- end -->";
    let marker = format!("<!-- bench:{name} -->\n");
    let begin = text.find(&marker)? + marker.len();
    let end = begin + text[begin..].find(END)?;
    Some(format!("{}\n{block}\n{}", &text[..begin], &text[end..]))
}

/// The class of the machine, and the kernel.
fn machine() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |line: &str| Some(line.strip_prefix("model name")?.split_once(':')?.1.trim().to_owned());
    let model = info.lines().find_map(field).unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let kernel = kernel.trim().split('-').next().unwrap_or_default().to_owned();
    format!("{model}, {cores} cores, Linux {kernel}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_named_place_changes() {
        let page = "a\n<!-- bench:x -->\nold\n<!-- end -->\n<!-- bench:y -->\nkept\n<!-- end -->\n";
        let changed = replace(page, "x", "new\n");
        let expected = "a\n<!-- bench:x -->\n\nnew\n\n<!-- end -->\n<!-- bench:y -->\nkept\n<!-- end -->\n";
        assert_eq!(changed.as_deref(), Some(expected));
        assert_eq!(replace(page, "z", "new\n"), None);
    }
}
