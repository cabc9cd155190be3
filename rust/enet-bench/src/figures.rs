//! Medians, percentiles and tables.

use std::fmt::Write;

/// One table of the report.
pub(crate) struct Table {
    pub(crate) columns: Vec<&'static str>,
    pub(crate) lines: Vec<Line>,
}

/// One line of a table: the same figure for each contender.
pub(crate) struct Line {
    pub(crate) work: String,
    pub(crate) values: Vec<Option<f64>>,
    /// Columns that the first one is divided by, to be shown as ratios.
    pub(crate) against: Vec<usize>,
    pub(crate) target: Target,
}

/// What the first column must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    None,
    /// At most this.
    Below(f64),
    /// At most this share of a column.
    AtMost(f64, usize),
    /// At least this multiple of a column.
    AtLeast(f64, usize),
    /// At most shares of two columns.
    Both((f64, usize), (f64, usize)),
}

impl Table {
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("| work | {} | ratio | target |\n", self.columns.join(" | "));
        text += &format!("|---|{}--:|---|\n", "--:|".repeat(self.columns.len()));
        for line in &self.lines {
            let values: Vec<String> =
                line.values.iter().map(|value| value.map_or("–".into(), show)).collect();
            let ratios: Vec<String> = line.against.iter().filter_map(|&column| line.ratio(column)).collect();
            let ratios = ratios.join(", ");
            let _ = writeln!(
                text,
                "| {} | {} | {ratios} | {} |",
                line.work,
                values.join(" | "),
                self.verdict(line)
            );
        }
        text
    }

    fn verdict(&self, line: &Line) -> String {
        let name = |column: usize| self.columns.get(column).copied().unwrap_or("?");
        let text = match line.target {
            Target::None => return String::new(),
            Target::Below(most) => format!("≤ {}", show(most)),
            Target::AtMost(share, column) => format!("≤ {share:.2} × {}", name(column)),
            Target::AtLeast(times, column) => format!("≥ {times} × {}", name(column)),
            Target::Both((a, first), (b, second)) => {
                format!("≤ {a:.2} × {}, ≤ {b:.2} × {}", name(first), name(second))
            }
        };
        let verdict = match line.is_met() {
            Some(true) => "met",
            Some(false) => "**missed**",
            None => "not measured",
        };
        format!("{text}: {verdict}")
    }
}

impl Line {
    fn value(&self, column: usize) -> Option<f64> {
        self.values.get(column).copied().flatten()
    }

    fn ratio(&self, column: usize) -> Option<String> {
        Some(format!("{:.2}", self.value(0)? / self.value(column)?))
    }

    fn is_met(&self) -> Option<bool> {
        let ours = self.value(0)?;
        let is_below = |(share, column): (f64, usize)| Some(ours <= share * self.value(column)?);
        match self.target {
            Target::None => None,
            Target::Below(most) => Some(ours <= most),
            Target::AtMost(share, column) => is_below((share, column)),
            Target::AtLeast(times, column) => Some(ours >= times * self.value(column)?),
            Target::Both(first, second) => Some(is_below(first)? && is_below(second)?),
        }
    }
}

/// Three digits, and no more than a reader wants.
pub(crate) fn show(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        ..1.0 => format!("{value:.3}"),
        ..10.0 => format!("{value:.2}"),
        ..100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// The middle value, or the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = sorted[(sorted.len() - 1) / 2];
    Some(f64::midpoint(lower, upper))
}

/// The value below which a share (of 1000) of all values lies.
pub(crate) fn permille(values: &mut [u32], share: usize) -> Option<f64> {
    values.sort_unstable();
    let index = (values.len() * share / 1000).min(values.len().checked_sub(1)?);
    Some(f64::from(values[index]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_found() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(permille(&mut (1..=1000).rev().collect::<Vec<u32>>(), 990), Some(991.0));
        assert_eq!(permille(&mut [], 500), None);
    }

    #[test]
    fn a_target_is_met_or_missed() {
        let line =
            |target| Line { work: "w".into(), values: vec![Some(3.0), Some(10.0)], against: vec![1], target };
        assert_eq!(line(Target::AtMost(0.33, 1)).is_met(), Some(true));
        assert_eq!(line(Target::AtMost(0.29, 1)).is_met(), Some(false));
        assert_eq!(line(Target::AtLeast(2.0, 1)).is_met(), Some(false));
        assert_eq!(line(Target::AtMost(0.5, 2)).is_met(), None);
        let table = Table { columns: vec!["ours", "C ENet"], lines: vec![line(Target::AtMost(0.5, 1))] };
        assert!(table.markdown().ends_with("| w | 3.00 | 10.0 | 0.30 | ≤ 0.50 × C ENet: met |\n"));
    }
}
