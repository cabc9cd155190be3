//! What encryption costs: the figures of the driver's example `dtls_cost`, in which both sides of every connection are.

use std::{collections::BTreeMap, error::Error, process::Command};

use crate::{
    contender::built,
    figures::{Line, Table, Target, median},
    rows::Effort,
};

/// As the example names them.
const VARIANTS: [&str; 4] = ["not encrypted", "ECDSA P-256", "RSA 2048", "RSA 4096"];
const FIGURES: [&str; 3] =
    ["joins a second", "processor time of a join, ms", "processor time of a packet of 1000 bytes, µs"];

pub(crate) fn table(effort: Effort) -> Result<Table, Box<dyn Error>> {
    let mut samples: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for run in 0..effort.runs {
        eprintln!("   run {} of {}", run + 1, effort.runs);
        for (name, value) in measure()? {
            samples.entry(name).or_default().push(value);
        }
    }
    let value = |figure: &str, variant: &str| {
        samples.get(&format!("{figure}, {variant}")).and_then(|values| median(values))
    };
    let line = |figure: &str| Line {
        work: format!("DTLS: {figure}"),
        values: VARIANTS.map(|variant| value(figure, variant)).to_vec(),
        against: Vec::new(),
        target: Target::None,
    };
    Ok(Table { columns: VARIANTS.to_vec(), lines: FIGURES.map(line).into() })
}

/// One run: its figures by name.
fn measure() -> Result<Vec<(String, f64)>, Box<dyn Error>> {
    let output = Command::new(built("examples/dtls_cost")?).output()?;
    if !output.status.success() {
        return Err(format!("dtls_cost: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    let text = String::from_utf8(output.stdout)?;
    let figures = text.lines().filter_map(|line| line.rsplit_once(": "));
    figures.map(|(name, value)| Ok((name.to_owned(), value.parse()?))).collect()
}
