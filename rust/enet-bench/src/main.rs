//! `enet-bench [--quick] [--write FILE] [ROW…]`: measures our servers beside others and prints a table for each row.
//! `--write` also puts the tables between the row's markers in a Markdown file. `./build.sh bench` builds what is needed
//! and calls this.
#![expect(clippy::cast_precision_loss, reason = "counts of packets are far below 2^53")]

mod compression;
mod contender;
mod cores;
mod crowd;
mod encryption;
mod figures;
mod godot;
mod process;
mod relay;
mod report;
mod rows;
mod runs;

use std::{env, error::Error, process::ExitCode, time::Duration};

use figures::Table;
use rows::Effort;

/// A row's name, what it is, and how it is measured.
struct Row {
    name: &'static str,
    measure: fn(Effort) -> Result<Table, Box<dyn Error>>,
}

const ROWS: [Row; 15] = [
    Row { name: "echo-100", measure: |effort| rows::echo(effort, 100, true) },
    Row { name: "echo-1000", measure: |effort| rows::echo(effort, 1000, true) },
    Row { name: "echo-smooth", measure: |effort| rows::echo(effort, 1000, false) },
    Row { name: "idle", measure: rows::idle },
    Row { name: "join", measure: rows::join },
    Row { name: "broadcast", measure: rows::broadcast },
    Row { name: "flood", measure: |effort| rows::single(effort, 64) },
    Row { name: "bulk", measure: |effort| rows::single(effort, 1 << 20) },
    Row { name: "memory", measure: rows::memory },
    Row { name: "growth", measure: rows::growth },
    Row { name: "lossy", measure: rows::lossy },
    Row { name: "godot-echo", measure: godot::echo },
    Row { name: "godot-sends", measure: godot::sends },
    Row { name: "compression", measure: compression::table },
    Row { name: "dtls", measure: encryption::table },
];

const FULL: Effort = Effort { window: Duration::from_secs(4), runs: 3, lossy_seconds: 30 };
const QUICK: Effort = Effort { window: Duration::from_secs(2), runs: 1, lossy_seconds: 10 };

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("enet-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let mut effort = FULL;
    let mut wanted = Vec::new();
    let mut page = None;
    let mut arguments = env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--quick" => effort = QUICK,
            "--write" => page = Some(arguments.next().ok_or("--write needs a file")?),
            name if ROWS.iter().any(|row| row.name == name) => wanted.push(argument),
            other => return Err(format!("unknown row {other}; there are {}", names().join(", ")).into()),
        }
    }
    cores::prepare();
    for row in ROWS.iter().filter(|row| wanted.is_empty() || wanted.iter().any(|name| name == row.name)) {
        eprintln!("== {}", row.name);
        let measured = if row.name == "lossy" {
            // Its programs sleep most of the time, and share all cores.
            (row.measure)(effort)?
        } else {
            cores::on_generators_core(|| (row.measure)(effort))?
        };
        let table = measured.markdown();
        println!("{table}");
        if let Some(page) = &page {
            report::write(page, row.name, &table, effort)?;
        }
    }
    Ok(())
}

fn names() -> Vec<&'static str> {
    ROWS.iter().map(|row| row.name).collect()
}
