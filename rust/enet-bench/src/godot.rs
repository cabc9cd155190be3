//! The rows that run in the engine: `godot_project/bench/bench.tscn`, headless at 60 frames a second, told on its command
//! line what to be.

use std::{env, error::Error, path::PathBuf, time::Duration};

use crate::{
    crowd::Crowd,
    figures::{Line, Table, Target, median},
    process::Program,
    rows::{Effort, paced},
};

/// Ours first, as in every table.
const SIDES: [&str; 2] = ["ours", "engine"];
const PEERS: usize = 100;
const HZ: f64 = 30.0;
const FRAMES_PER_SECOND: f64 = 60.0;

fn start(role: &str) -> Result<Program, Box<dyn Error>> {
    let engine = env::var_os("GODOT").ok_or("GODOT does not name an engine")?;
    let arguments = ["--headless", "--path", "godot_project", "res://bench/bench.tscn", "--", role];
    Program::start(&PathBuf::from(engine), &arguments.map(str::to_owned))
}

/// An echo server in GDScript, on raw packets.
pub(crate) fn echo(effort: Effort) -> Result<Table, Box<dyn Error>> {
    let mut frame_ms = vec![Vec::new(); SIDES.len()];
    let mut packet_us = frame_ms.clone();
    for run in 0..effort.runs {
        for (side, role) in SIDES.iter().enumerate() {
            eprintln!("   run {} of {}: {role}", run + 1, effort.runs);
            let (frame, packet) = measure_echo(role, effort.window)?;
            frame_ms[side].push(frame);
            packet_us[side].push(packet);
        }
    }
    let line = |figure: &str, values: &[Vec<f64>], target| Line {
        work: format!("GDScript echo of {PEERS} peers × {HZ}/s: {figure}"),
        values: values.iter().map(|values| median(values)).collect(),
        against: vec![1],
        target,
    };
    let lines = vec![
        line("main thread, ms of CPU in a frame above an idle one", &frame_ms, Target::Below(1.0)),
        line("CPU of the process per packet above idle, µs", &packet_us, Target::AtMost(1.0, 1)),
    ];
    Ok(Table { columns: vec!["ENetServer", "ENetConnection"], lines })
}

/// Milliseconds of the main thread in a frame, and microseconds of the process for a packet.
fn measure_echo(role: &str, window: Duration) -> Result<(f64, f64), Box<dyn Error>> {
    let mut program = start(role)?;
    let port: u16 = program.wait_for("LISTENING ")?.trim().parse()?;
    let cpu = |program: &Program| -> Result<(Duration, Duration), Box<dyn Error>> {
        Ok((program.main_thread_cpu()?, program.cpu()?))
    };
    // The first second after the start is not an idle one.
    std::thread::sleep(Duration::from_secs(1));
    let before = cpu(&program)?;
    std::thread::sleep(window);
    let idle = cpu(&program)?;
    let mut crowd = Crowd::new(([127, 0, 0, 1], port).into())?;
    crowd.connect(PEERS, 2, 64)?;
    let load = paced(HZ);
    crowd.run(Duration::from_secs(1), &load);
    let begin = cpu(&program)?;
    let tally = crowd.go_on(window, &load);
    let end = cpu(&program)?;
    let above = |from: Duration, to: Duration, idle: Duration| {
        to.saturating_sub(from).saturating_sub(idle).as_secs_f64()
    };
    let main = above(begin.0, end.0, idle.0 - before.0);
    let all = above(begin.1, end.1, idle.1 - before.1);
    let frames = window.as_secs_f64() * FRAMES_PER_SECOND;
    Ok((main * 1e3 / frames, all * 1e6 / tally.received as f64))
}

/// The time of one call, of a thousand in a frame.
pub(crate) fn sends(_: Effort) -> Result<Table, Box<dyn Error>> {
    let mut program = start("sends")?;
    let mut figure = |name: &str| -> Result<Option<f64>, Box<dyn Error>> {
        Ok(Some(program.wait_for(&format!("RESULT {name} "))?.trim().parse()?))
    };
    let mut line = |work: &str, ours: &str, theirs: &str| -> Result<Line, Box<dyn Error>> {
        let values = vec![figure(ours)?, figure(theirs)?];
        Ok(Line {
            work: format!("1,000 in one frame, µs for each: {work}"),
            values,
            against: vec![1],
            target: Target::AtMost(1.0, 1),
        })
    };
    let lines = vec![
        line("64 bytes, send_raw_packet beside put_packet", "send_raw_packet", "put_packet")?,
        line("a Dictionary, send_packet beside put_var", "send_packet", "put_var")?,
    ];
    Ok(Table { columns: vec!["ours", "the engine's"], lines })
}
