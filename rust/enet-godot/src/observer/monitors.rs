//! The monitors in the debugger's *Monitors* page, summed over all hosts of the process.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use godot::classes::{Engine, Performance, ProjectSettings};
use godot::prelude::*;

use super::hosts;
use super::meter::{Meter, Totals};
use super::rows::{COLUMNS, Rows};

/// What there is to read; the index into [`Reading::values`].
const MONITORS: [(&str, i64); 8] = [
    ("ENet/peers", QUANTITY),
    ("ENet/rtt_ms", QUANTITY),
    ("ENet/loss", PERCENTAGE),
    ("ENet/bytes_in", MEMORY),
    ("ENet/bytes_out", MEMORY),
    ("ENet/packets_in", QUANTITY),
    ("ENet/packets_out", QUANTITY),
    ("ENet/frame_usec", QUANTITY),
];

/// `Performance.MonitorType`: how the editor shows a value.
const QUANTITY: i64 = 0;
const MEMORY: i64 = 1;
const PERCENTAGE: i64 = 3;

const SETTING: &str = "enet/monitors/enabled";

thread_local! {
    static READING: RefCell<Reading> = RefCell::default();
}

/// The values of one frame: each is asked for by itself, and all are looked up at once.
#[derive(Debug, Default)]
struct Reading {
    /// The number of the frame, so that nothing is looked up twice in it.
    frame: Option<u64>,
    values: [f64; MONITORS.len()],
    meter: Meter,
    /// Microseconds that the news of a frame took, averaged over about sixteen frames.
    frame_usec: f64,
}

/// Makes the project setting known to the editor.
pub(crate) fn register_setting() {
    let mut settings = ProjectSettings::singleton();
    if !settings.has_setting(SETTING) {
        settings.set_setting(SETTING, &true.to_variant());
    }
    settings.set_initial_value(SETTING, &true.to_variant());
    settings.set_as_basic(SETTING, true);
}

/// Adds the monitors, unless the project does not want them. Nothing is computed before somebody reads one.
pub(super) fn add() {
    if !ProjectSettings::singleton().get_setting_with_override(SETTING).booleanize() {
        return;
    }
    let mut performance = Performance::singleton();
    for (index, (name, kind)) in MONITORS.into_iter().enumerate() {
        // A game may have one of this name itself.
        if !performance.has_custom_monitor(name) {
            let read = Callable::from_fn(name, move |_: &[&Variant]| read(index));
            add_one(&mut performance, name, kind, read);
        }
    }
}

/// The kind is an argument since Godot 4.6. Before that everything is shown as a whole number.
fn add_one(performance: &mut Gd<Performance>, name: &str, kind: i64, read: Callable) {
    const METHOD: &str = "add_custom_monitor";
    if performance.get_method_argument_count(METHOD) < 4 {
        performance.add_custom_monitor(name, &read);
    } else {
        performance.call(METHOD, vslice![name, read, VarArray::new(), kind]);
    }
}

/// Takes them away before the code that they call is unloaded.
pub(super) fn remove() {
    let mut performance = Performance::singleton();
    for (name, _) in MONITORS {
        if performance.has_custom_monitor(name) {
            performance.remove_custom_monitor(name);
        }
    }
}

/// Remembers how long a frame took to handle what the network had to tell.
pub(crate) fn note_frame(took: Duration) {
    READING.with_borrow_mut(|reading| {
        reading.frame_usec += (took.as_secs_f64() * 1e6 - reading.frame_usec) / 16.0;
    });
}

fn read(index: usize) -> f64 {
    let frame = Engine::singleton().get_process_frames();
    READING.with_borrow_mut(|reading| {
        if reading.frame.replace(frame) != Some(frame) {
            reading.look();
        }
        reading.values.get(index).copied().unwrap_or_default()
    })
}

impl Reading {
    fn look(&mut self) {
        let mut peers = Rows::new(0, None);
        let mut totals = Totals::default();
        hosts::for_each(|host| {
            host.visit(&mut |peer| peers.add(peer));
            let (stats, io) = (host.handle().stats(), host.handle().io_stats());
            let sent =
                stats.sent_reliable_packets + stats.sent_unreliable_packets + stats.sent_unsequenced_packets;
            let added = [io.socket_received_bytes, io.socket_sent_bytes, stats.received_packets(), sent];
            totals.iter_mut().zip(added).for_each(|(total, added)| *total += added);
        });
        let mean = peers.all.row();
        let of = |name: &str| COLUMNS.iter().position(|column| *column == name).map_or(0, |at| mean[at]);
        let [bytes_in, bytes_out, packets_in, packets_out] = self.meter.rates(Instant::now(), totals);
        self.values = [
            peers.all.peers as f64,
            of("rtt_ms") as f64,
            of("loss") as f64 / 1e6,
            bytes_in,
            bytes_out,
            packets_in,
            packets_out,
            self.frame_usec,
        ];
    }
}
