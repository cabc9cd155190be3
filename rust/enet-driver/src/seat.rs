//! Who runs the rounds: the network thread, or a game that would sleep meanwhile.
//!
//! A game that does nothing but wait for events, as a server without an engine does, pays twice for the other thread: each
//! event and each answer wakes somebody. So the second of two waits in quick succession takes the seat: the waiting thread
//! runs the rounds itself. It finds its events without being woken, and its answers leave together with the
//! acknowledgements.
//!
//! Between two waits nobody runs rounds, but not for long: the network thread stands by, and sits down again when the game
//! has not been there for a moment ([`LOOK`]). A game that looks for events in each frame never takes the seat.

use std::{
    any::Any,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use parking_lot::{Mutex, MutexGuard};

use crate::{
    service::Service,
    thread as registry,
    wake::{self, Wake},
};

/// Whoever holds the lock sits.
pub(crate) struct Seat {
    /// `None` when the last host is gone, or the rounds failed.
    service: Mutex<Option<Service>>,
    wake: Arc<Wake>,
    /// Known as soon as it sits for the first time.
    network: OnceLock<Thread>,
    /// How often games sat down and got up: odd while one sits.
    changes: AtomicU64,
    /// The network thread sleeps until the game gets up.
    is_asleep: AtomicBool,
}

/// A game that sits.
pub(crate) struct Lead<'a> {
    seat: &'a Seat,
    service: MutexGuard<'a, Option<Service>>,
}

/// A game that waits again within this time does little else, and may have the seat.
pub(crate) const SOON: Duration = Duration::from_millis(2);
/// How often the network thread looks whether a game has come back. It takes the seat after once to twice this time. Each
/// look costs as much as a wake-up for datagrams.
const LOOK: Duration = Duration::from_millis(8);
/// How long a game waits for the network thread to finish its round and get up.
const LONGEST_HAND_OVER: Duration = Duration::from_millis(5);

impl Seat {
    pub(crate) fn new(service: Service, wake: Arc<Wake>) -> Self {
        Self {
            service: Mutex::new(Some(service)),
            wake,
            network: OnceLock::new(),
            changes: AtomicU64::new(0),
            is_asleep: AtomicBool::new(false),
        }
    }

    /// Serves until the last host is gone. For the network thread.
    pub(crate) fn run(&self) {
        let mut service = self.service.lock();
        let network = self.network.get_or_init(thread::current);
        loop {
            self.wake.set_sleeper(network);
            while !self.wake.take_hand_over() {
                if !self.turn(&mut service, |service| service.turn(None)) {
                    return;
                }
            }
            drop(service);
            service = self.stand_by();
        }
    }

    /// Takes the seat if nobody sits there.
    pub(crate) fn take_free(&self) -> Option<Lead<'_>> {
        self.network.get()?;
        self.sit_down(self.service.try_lock()?)
    }

    /// Takes the seat from the network thread, unless another game has it.
    pub(crate) fn take(&self) -> Option<Lead<'_>> {
        if !self.changes.load(SeqCst).is_multiple_of(2) {
            return None;
        }
        self.wake.ask(wake::HAND_OVER);
        let service = self.service.try_lock_for(LONGEST_HAND_OVER);
        self.wake.take_hand_over();
        self.sit_down(service?)
    }

    fn sit_down<'a>(&'a self, service: MutexGuard<'a, Option<Service>>) -> Option<Lead<'a>> {
        service.as_ref()?;
        self.changes.fetch_add(1, SeqCst);
        self.wake.set_sleeper(&thread::current());
        Some(Lead { seat: self, service })
    }

    /// Waits until the games have left the seat for good. Something that should not wait calls the thread back at once.
    fn stand_by(&self) -> MutexGuard<'_, Option<Service>> {
        let mut seen = self.changes.load(SeqCst);
        loop {
            if !self.wake.is_urgent() {
                thread::park_timeout(LOOK);
            }
            let changes = self.changes.load(SeqCst);
            match self.service.try_lock() {
                Some(service) if changes == seen || service.is_none() || self.wake.is_urgent() => {
                    return service;
                }
                // One sits that gets up rarely: to be called by it costs less than to look. One that is about to get up calls
                // nobody any more.
                None if !changes.is_multiple_of(2) && changes - seen <= 2 => self.sleep_while(changes),
                _ => {}
            }
            seen = changes;
        }
    }

    /// Sleeps as long as the same game sits.
    fn sleep_while(&self, changes: u64) {
        self.is_asleep.store(true, SeqCst);
        while self.is_asleep.load(SeqCst) && self.changes.load(SeqCst) == changes {
            thread::park();
        }
        self.is_asleep.store(false, SeqCst);
    }

    /// Runs rounds. Whatever goes wrong there ends the hosts, not the process. False if there is nothing left to run.
    fn turn(&self, service: &mut Option<Service>, rounds: impl FnOnce(&mut Service) -> bool) -> bool {
        let Some(running) = service else { return false };
        // After a panic the service is only torn down, so no half-changed state is ever used.
        match panic::catch_unwind(AssertUnwindSafe(|| rounds(running))) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(panic) => fail(running, &*panic),
        }
        *service = None;
        self.call_network_thread();
        false
    }

    fn call_network_thread(&self) {
        self.is_asleep.store(false, SeqCst);
        if let Some(network) = self.network.get() {
            network.unpark();
        }
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Seat").finish_non_exhaustive()
    }
}

impl Lead<'_> {
    /// What the game has asked for is done, and what it has sent leaves. False if the service has ended.
    pub(crate) fn flush(&mut self) -> bool {
        self.seat.turn(&mut self.service, Service::flush)
    }

    /// One turn of the rounds, which may sleep until `until`. False if the service has ended.
    pub(crate) fn turn(&mut self, until: Instant) -> bool {
        self.seat.turn(&mut self.service, |service| service.turn(Some(until)))
    }
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let Seat { wake, network, changes, is_asleep, .. } = self.seat;
        if let Some(network) = network.get() {
            wake.set_sleeper(network);
        }
        changes.fetch_add(1, SeqCst);
        if is_asleep.load(SeqCst) {
            self.seat.call_network_thread();
        }
    }
}

fn fail(service: &mut Service, panic: &(dyn Any + Send)) {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!("The network thread failed: {}", text.unwrap_or("unknown reason"));
    log::error!("{message}");
    // Nobody can hand over a host from here on, so those that `fail` finds are all there are.
    registry::retire();
    service.fail(&message);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HostEvent, HostHandle, HostOptions, command::Command, thread::ALONE};

    const LIMIT: Duration = Duration::from_secs(10);

    fn open() -> HostHandle {
        HostHandle::open(HostOptions::default()).expect("a free port")
    }

    #[test]
    fn waits_in_quick_succession_take_the_seat() {
        let _alone = ALONE.lock();
        let host = open();
        let deadline = Instant::now() + LIMIT;
        while host.seat.changes.load(SeqCst) == 0 {
            assert!(Instant::now() < deadline, "it never sat down");
            assert!(host.wait_event(Duration::from_micros(100)).is_none());
        }
        assert!(host.seat.changes.load(SeqCst).is_multiple_of(2), "it got up again");
    }

    #[test]
    fn a_wait_in_each_frame_does_not() {
        let _alone = ALONE.lock();
        let host = open();
        for _ in 0..5 {
            assert!(host.wait_event(Duration::from_micros(100)).is_none());
            thread::sleep(2 * SOON);
        }
        assert_eq!(host.seat.changes.load(SeqCst), 0);
    }

    /// Calls `act` while another thread sits and waits for an event, which is returned.
    fn while_somebody_sits(host: &HostHandle, act: impl FnOnce()) -> Option<HostEvent> {
        let deadline = Instant::now() + LIMIT;
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                while Instant::now() < deadline {
                    let event = host.wait_event(Duration::from_millis(100));
                    if event.is_some() || !host.is_running() {
                        return event;
                    }
                }
                panic!("nothing happened");
            });
            while host.seat.changes.load(SeqCst).is_multiple_of(2) {
                assert!(Instant::now() < deadline, "it never sat down");
                thread::yield_now();
            }
            act();
            waiting.join().expect("no panic leaves the rounds")
        })
    }

    #[test]
    fn a_panic_ends_the_hosts_and_not_the_game_that_sits() {
        let _alone = ALONE.lock();
        let host = open();
        let event = while_somebody_sits(&host, || host.command(Command::Panic));
        assert!(matches!(event, Some(HostEvent::Failed { message }) if message.contains("injected")));
        drop(host);
        let fresh = open();
        assert!(fresh.is_running());
    }

    #[test]
    fn everything_can_be_shut_down_under_a_game_that_sits() {
        let _alone = ALONE.lock();
        let host = open();
        while_somebody_sits(&host, || assert!(registry::shut_down(LIMIT), "the network thread is joined"));
        assert!(!host.is_running());
    }
}
