//! Brings the network thread's warnings to Godot's console.

use godot::global::{godot_error, godot_warn};
use log::{Level, LevelFilter, Log, Metadata, Record};

struct ConsoleLogger;

impl Log for ConsoleLogger {
    /// The driver warns of what a user can act on. The protocol's own messages can be caused by any remote, so they
    /// stay away from the console.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Warn && metadata.target().starts_with("enet_driver")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        // gdext allows printing, and nothing else, on any thread.
        match record.level() {
            Level::Error => godot_error!("{}", record.args()),
            _ => godot_warn!("{}", record.args()),
        }
    }

    fn flush(&self) {}
}

/// Installs the logger; once is enough for the process.
pub(crate) fn install() {
    if log::set_logger(&ConsoleLogger).is_ok() {
        log::set_max_level(LevelFilter::Warn);
    }
}
