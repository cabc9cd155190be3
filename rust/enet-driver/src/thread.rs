//! The one network thread of the process: started with the first host, joined after the last.
//!
//! All starting and ending goes through one lock. A host is counted there before the thread hears of it, and the thread
//! leaves only under the same lock, when the count is 0: a host can never be handed to a thread that is on its way out.

use std::{
    io,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::Sender;
use mio::Poll;
use parking_lot::Mutex;

use crate::{
    endpoint::Endpoint,
    resolve,
    seat::Seat,
    service::{Control, Service, WAKE_TOKEN},
    wake::{self, Wake},
};

static REGISTRY: Mutex<Registry> = Mutex::new(Registry { running: None, ended: None });

struct Registry {
    running: Option<Running>,
    /// A thread that takes no more hosts and no more locks: joining it is a matter of microseconds.
    ended: Option<JoinHandle<()>>,
}

struct Running {
    thread: JoinHandle<()>,
    control: Sender<Control>,
    wake: Arc<Wake>,
    seat: Arc<Seat>,
    hosts: usize,
}

/// Closes every host of the process, joins the network thread and waits for resolvers. For the unloading of an
/// extension: when it returns true, no code of this library runs on another thread.
///
/// False if `limit` passed first; the threads that are left end by themselves.
#[must_use]
pub fn shut_down(limit: Duration) -> bool {
    let limit = limit.min(LONGEST_LIMIT);
    let deadline = Instant::now() + limit;
    let is_stopped = stop(limit, deadline);
    resolve::join_all(deadline) && is_stopped
}

/// Hands a host to the network thread, which is started if there is none. `make` gets the thread's alarm clock and seat.
pub(crate) fn add<T>(make: impl FnOnce(Arc<Wake>, Arc<Seat>) -> (Endpoint, T)) -> io::Result<T> {
    let mut registry = REGISTRY.lock();
    registry.join_ended();
    if registry.running.is_none() {
        registry.running = Some(start()?);
    }
    let running = registry.running.as_mut().expect("it was started on the lines above, under this lock");
    let (endpoint, result) = make(Arc::clone(&running.wake), Arc::clone(&running.seat));
    running.hosts += 1;
    // A thread that panicked takes itself out of the registry under this lock, before it stops listening.
    let _ = running.control.send(Control::Add(Box::new(endpoint)));
    running.wake.ask(wake::AT_ONCE);
    Ok(result)
}

/// The thread's word that it dropped `gone` hosts. True if none is left: the thread must end.
pub(crate) fn on_hosts_gone(gone: usize) -> bool {
    if gone == 0 {
        return false;
    }
    let mut registry = REGISTRY.lock();
    let Some(running) = registry.running.as_mut() else { return true };
    running.hosts = running.hosts.saturating_sub(gone);
    if running.hosts > 0 {
        return false;
    }
    registry.retire();
    true
}

/// The rounds failed: the thread takes no more hosts.
pub(crate) fn retire() {
    REGISTRY.lock().retire();
}

/// Joins a thread that has ended, if there is one.
pub(crate) fn join_ended() {
    REGISTRY.lock().join_ended();
}

impl Registry {
    fn retire(&mut self) {
        if let Some(running) = self.running.take() {
            self.ended = Some(running.thread);
        }
    }

    fn join_ended(&mut self) {
        if let Some(thread) = self.ended.take() {
            // Its panics are caught at its top.
            let _ = thread.join();
        }
    }
}

fn start() -> io::Result<Running> {
    let poll = Poll::new()?;
    let wake = Arc::new(Wake::new(poll.registry(), WAKE_TOKEN)?);
    let (control, receiver) = crossbeam_channel::unbounded();
    let service = Service::new(poll, Arc::clone(&wake), receiver);
    let seat = Arc::new(Seat::new(service, Arc::clone(&wake)));
    let occupied = Arc::clone(&seat);
    let thread = thread::Builder::new().name("enet-network".to_owned()).spawn(move || occupied.run())?;
    Ok(Running { thread, control, wake, seat, hosts: 0 })
}

fn stop(limit: Duration, deadline: Instant) -> bool {
    let (done, is_done) = crossbeam_channel::bounded(0);
    match &REGISTRY.lock().running {
        Some(running) => {
            // The thread gives up a little before the caller does.
            let _ = running.control.send(Control::ShutDown { limit: limit - limit / 4, done });
            running.wake.ask(wake::AT_ONCE);
        }
        None => drop(done),
    }
    // The thread drops its end, with all it owns, when it is done; nothing is ever sent.
    let is_stopped = is_done.recv_deadline(deadline) != Err(crossbeam_channel::RecvTimeoutError::Timeout);
    join_ended();
    is_stopped
}

/// Held by each test in this crate that has hosts: all hosts of a process share the thread, and one test makes it panic.
#[cfg(test)]
pub(crate) static ALONE: Mutex<()> = Mutex::new(());

/// Keeps the arithmetic of clocks in range, whatever a caller passes.
const LONGEST_LIMIT: Duration = Duration::from_secs(24 * 60 * 60);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CommandError, ConnectRequest, HostEvent, HostHandle, HostOptions, command::Command};

    #[test]
    fn a_panic_ends_the_hosts_and_nothing_else() {
        let _alone = ALONE.lock();
        let hosts = [0, 1].map(|_| HostHandle::open(HostOptions::default()).expect("a free port"));
        hosts[0].command(Command::Panic);
        for host in &hosts {
            assert!(failure_of(host).contains("injected by a test"));
            assert!(!host.is_running());
            let request = ConnectRequest { address: "::1".to_owned(), port: 1, channels: 1, data: 0 };
            assert_eq!(host.connect(request), Err(CommandError::Stopped));
        }
        drop(hosts);

        let fresh = HostHandle::open(HostOptions::default()).expect("a free port");
        assert!(fresh.is_running());
        fresh.close(Duration::from_secs(5));
        assert!(REGISTRY.lock().running.is_none(), "the second thread went with its only host");
    }

    fn failure_of(host: &HostHandle) -> String {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            match host.poll_event() {
                Some(HostEvent::Failed { message }) => return message,
                _ => assert!(Instant::now() < deadline, "no failure was reported"),
            }
            thread::yield_now();
        }
    }
}
