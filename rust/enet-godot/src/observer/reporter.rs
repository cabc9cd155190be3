//! Tells the debugger, and is told by it. Exists only while one is attached.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use enet_driver::enet_proto::PeerStats;
use godot::builtin::AnyArray;
use godot::classes::{EngineDebugger, Time};
use godot::global::push_warning;
use godot::prelude::*;

use super::journal::{Happening, Journal, Kind};
use super::request::{MOST_WAITING, Request};
use super::rows::{self, COLUMNS, Row, Rows, whole};
use super::{Observed, Stand, hosts, monitors};
use crate::statistics;

thread_local! {
    static IS_ATTACHED: Cell<bool> = const { Cell::new(false) };
    static REPORTER: RefCell<Reporter> = RefCell::default();
}

#[derive(Debug, Default)]
struct Reporter {
    journal: Journal,
    requests: Vec<Request>,
    /// When the last report left.
    reported: Option<Instant>,
    /// What the last one took.
    cost: Duration,
    has_told_names: bool,
    watched: Option<(u64, i64)>,
}

/// Looks whether somebody wants to know. To be called once, when the game begins.
pub(crate) fn begin() {
    monitors::add();
    let mut debugger = EngineDebugger::singleton();
    if debugger.is_active() && !debugger.has_capture(CAPTURE) {
        debugger.register_message_capture(CAPTURE, &Callable::from_fn("enet_server_requests", receive));
        IS_ATTACHED.set(true);
    }
}

/// Leaves nothing of ours in the engine. May be called more than once.
pub(crate) fn end() {
    monitors::remove();
    if IS_ATTACHED.replace(false) {
        EngineDebugger::singleton().unregister_message_capture(CAPTURE);
        REPORTER.take();
    }
}

/// Notes something for the tab's log, if there is a debugger.
pub(crate) fn note(host: u64, kind: Kind, peer: i64, text: impl FnOnce() -> String) {
    if IS_ATTACHED.get() {
        let happening = Happening { msec: now_msec(), host, kind, peer, text: text() };
        REPORTER.with_borrow_mut(|reporter| reporter.journal.write(happening));
    }
}

/// Does what was asked for since the last frame, and reports when it is time. No borrow of anything may be held.
pub(crate) fn on_frame() {
    if !IS_ATTACHED.get() {
        return;
    }
    for request in REPORTER.with_borrow_mut(|reporter| std::mem::take(&mut reporter.requests)) {
        REPORTER.with_borrow_mut(|reporter| reporter.heed(&request));
        request.carry_out();
    }
    let now = Instant::now();
    let is_due = REPORTER.with_borrow_mut(|reporter| reporter.is_due(now));
    if is_due {
        report();
        REPORTER.with_borrow_mut(|reporter| reporter.cost = now.elapsed());
    }
}

/// A message from the debugger, perhaps in the middle of a script: it is only kept.
fn receive(arguments: &[&Variant]) -> bool {
    let read = match arguments {
        [name, values] => match values.try_to::<AnyArray>() {
            Ok(values) => Request::read(&name.stringify().to_string(), &values),
            Err(_) => Err("it has no values".to_owned()),
        },
        _ => Err("it is no message".to_owned()),
    };
    match read {
        Ok(request) => REPORTER.with_borrow_mut(|reporter| reporter.keep(request)),
        Err(error) => {
            push_warning(&[format!("A message of the debugger is ignored: {error}.").to_variant()]);
        }
    }
    true
}

impl Reporter {
    fn keep(&mut self, request: Request) {
        if self.requests.len() < MOST_WAITING {
            self.requests.push(request);
        }
    }

    fn heed(&mut self, request: &Request) {
        match request {
            Request::Names => self.has_told_names = false,
            Request::Watch(watched) => self.watched = *watched,
            Request::Simulate(..) | Request::Kick(..) => {}
        }
    }

    fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.reported.is_none_or(|then| now.duration_since(then) >= INTERVAL);
        if is_due {
            self.reported = Some(now);
        }
        is_due
    }
}

fn report() {
    let (watched, is_named, cost, (happenings, forgotten)) = REPORTER.with_borrow_mut(|reporter| {
        let is_named = std::mem::replace(&mut reporter.has_told_names, true);
        (reporter.watched, is_named, reporter.cost, reporter.journal.take())
    });
    if !is_named {
        send("enet_server:names", names());
    }
    let mut room = DETAILED_IN_ALL;
    let mut shown = VarArray::new();
    let mut hidden = 0_i64;
    hosts::for_each(|host| {
        if shown.len() < MOST_HOSTS {
            shown.push(&host_report(host, watched, &mut room).to_variant());
        } else {
            hidden += 1;
        }
    });
    let happenings: VarArray = happenings.iter().map(|happening| line(happening).to_variant()).collect();
    let cost_usec = i64::try_from(cost.as_micros()).unwrap_or(i64::MAX);
    send("enet_server:report", varray![now_msec(), cost_usec, &shown, hidden, &happenings, whole(forgotten)]);
}

fn send(message: &str, values: VarArray) {
    EngineDebugger::singleton().send_message(message, &values.upcast_any_array());
}

/// What the numbers of a report are called, in order: so that the tab knows no number of any version by heart.
fn names() -> VarArray {
    let list =
        |names: &[&str]| -> PackedStringArray { names.iter().map(|name| GString::from(*name)).collect() };
    let counters: PackedStringArray = statistics::host_names().iter().map(GString::from).collect();
    varray![&counters, &list(&COLUMNS), &list(&Stand::NAMES), &list(&Kind::NAMES), &list(&PeerStats::NAMES)]
}

/// One host: who, its counters, its peers in detail and in sum, and everything of the one that is watched.
fn host_report(host: &dyn Observed, watched: Option<(u64, i64)>, room: &mut usize) -> VarArray {
    let entry = host.entry();
    let watched = watched.and_then(|(id, key)| (id == entry.id).then_some(key));
    let mut rows = Rows::new(DETAILED_PER_HOST.min(*room), watched);
    host.visit(&mut |peer| rows.add(peer));
    *room = room.saturating_sub(rows.detailed.len());
    let numbers: Vec<i64> = rows.detailed.iter().flat_map(rows::row).collect();
    let addresses: PackedStringArray = rows.detailed.iter().map(|peer| address(peer.address)).collect();
    let detail = rows.detailed.iter().find(|peer| Some(peer.key) == watched);
    let detail: Vec<i64> = detail.iter().flat_map(|peer| peer.stats.values()).map(whole).collect();
    let counters: Vec<i64> = statistics::host_values(host.handle()).into_iter().map(whole).collect();
    let packed = |row: Row| PackedInt64Array::from(&row[..]);
    varray![
        whole(entry.id),
        entry.class.get(),
        entry.role.get(),
        i64::from(host.handle().local_addr().port()),
        &GString::from(&host.remote()),
        &GString::from(&entry.simulation.shown()),
        &PackedInt64Array::from(counters),
        rows.all.peers,
        &packed(rows.all.row()),
        &PackedInt64Array::from(numbers),
        &addresses,
        rows.others.peers,
        &packed(rows.others.row()),
        &PackedInt64Array::from(detail),
    ]
}

fn address(address: Option<std::net::SocketAddr>) -> GString {
    address.map(|address| GString::from(&address.to_string())).unwrap_or_default()
}

fn line(happening: &Happening) -> VarArray {
    let Happening { msec, host, kind, peer, text } = happening;
    varray![*msec, whole(*host), *kind as i64, *peer, &GString::from(text)]
}

fn now_msec() -> i64 {
    i64::try_from(Time::singleton().get_ticks_msec()).unwrap_or(i64::MAX)
}

/// By which the debugger knows whose a message is.
const CAPTURE: &str = "enet_server";
/// From one report to the next.
const INTERVAL: Duration = Duration::from_millis(500);
/// The most peers of a host that are shown one by one, besides the watched one.
const DETAILED_PER_HOST: usize = 128;
/// The same of a report.
const DETAILED_IN_ALL: usize = 512;
/// The most hosts of a report.
const MOST_HOSTS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_without_end_are_not_kept_without_end() {
        let mut reporter = Reporter::default();
        (0..10_000).for_each(|key| reporter.keep(Request::Kick(1, key)));
        assert_eq!(reporter.requests.len(), MOST_WAITING);
    }

    #[test]
    fn a_report_is_due_twice_a_second() {
        let (mut reporter, start) = (Reporter::default(), Instant::now());
        let frames = (0..=1000).map(|ms| start + Duration::from_millis(ms));
        assert_eq!(frames.filter(|now| reporter.is_due(*now)).count(), 3);
    }
}
