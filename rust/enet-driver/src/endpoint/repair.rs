//! A socket that the system takes away, as some do while a device sleeps or a game is in the background: noticed by its
//! errors, and opened again on the same port. No connection depends on the socket, so they all go on, unless their remotes
//! have given up meanwhile or the machine has another address.

use std::io;

use enet_proto::Millis;
use mio::{Registry, Token};

use super::{Endpoint, Ready};
use crate::socket;

/// What is wrong with the socket.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    /// Errors in a row that a remote did not cause, since the socket last worked.
    errors: u32,
    repair: Option<Repair>,
    mended_at: Option<Millis>,
    /// How often in a row a new socket was lost soon.
    relapses: u32,
}

#[derive(Debug)]
struct Repair {
    next_try: Millis,
    give_up: Millis,
}

impl Trouble {
    pub(super) fn is_under_repair(&self) -> bool {
        self.repair.is_some()
    }

    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        self.repair.as_ref().map(|repair| repair.next_try)
    }

    /// The socket has worked.
    pub(super) fn on_success(&mut self) {
        self.errors = 0;
    }
}

impl Endpoint {
    /// The socket gave an error. A remote's refusal is noise, and so is what passes; what is left means that it is lost.
    pub(super) fn count_trouble(&mut self, now: Millis, error: &io::Error) {
        if socket::is_refusal(error.kind()) {
            return;
        }
        self.trouble.errors += 1;
        if socket::is_gone(error) || self.trouble.errors >= LOST_AFTER_ERRORS {
            self.begin_repair(now, error);
        }
    }

    fn begin_repair(&mut self, now: Millis, error: &io::Error) {
        let trouble = &mut self.trouble;
        if trouble.is_under_repair() {
            return;
        }
        let is_relapse = trouble.mended_at.is_some_and(|at| now.since(at) < RELAPSE_MS);
        trouble.relapses = if is_relapse { trouble.relapses + 1 } else { 0 };
        if trouble.relapses >= MOST_RELAPSES {
            return self.give_socket_up(error);
        }
        log::debug!("a socket is lost: {error}");
        trouble.repair = Some(Repair { next_try: now, give_up: now + REPAIR_LIMIT_MS });
        (self.ready.readable, self.ready.blocked) = (false, true);
    }

    /// Opens the socket again, if it is lost and it is time to try.
    pub(super) fn mend(&mut self, now: Millis, registry: &Registry, token: Token) {
        let Some(repair) = self.trouble.repair.as_mut().filter(|repair| repair.next_try <= now) else {
            return;
        };
        match self.socket.reopen(registry, token) {
            Ok(()) => {
                log::warn!(
                    "A network socket was lost and is open again on the same port; its connections go on."
                );
                self.trouble =
                    Trouble { mended_at: Some(now), relapses: self.trouble.relapses, ..Trouble::default() };
                (self.ready.readable, self.ready.blocked) = (true, false);
                self.io.reopened_sockets += 1;
            }
            Err(_) if now < repair.give_up => repair.next_try = now + TRY_AGAIN_MS,
            Err(error) => self.give_socket_up(&error),
        }
    }

    fn give_socket_up(&mut self, error: &io::Error) {
        log::error!("a host lost its socket: {error}");
        self.fail(&format!("The network socket was lost and could not be opened again: {error}"));
        self.ready = Ready::default();
        self.trouble = Trouble::default();
    }
}

/// A socket that gives this many errors in a row, and neither a datagram nor a pause, is lost.
const LOST_AFTER_ERRORS: u32 = 1000;
/// Milliseconds between two attempts to open the socket again.
const TRY_AGAIN_MS: u64 = 250;
/// How long it is tried, in milliseconds: as long as a silent remote may keep the connection.
const REPAIR_LIMIT_MS: u64 = if cfg!(test) { 600 } else { 30_000 };
/// A new socket that is lost within this many milliseconds was no cure.
const RELAPSE_MS: u64 = 5000;
const MOST_RELAPSES: u32 = 5;

#[cfg(all(test, unix))]
mod tests {
    use std::time::{Duration, Instant};

    use enet_proto::{Delivery, Packet};

    use crate::{
        ConnectRequest, HostEvent, HostHandle, HostOptions, Recipients, command::Command, thread::ALONE,
    };

    #[track_caller]
    fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// A server and a client that is connected to it.
    fn pair(dedicated_remote: bool) -> [HostHandle; 2] {
        let bind = Some([127, 0, 0, 1].into());
        let server = HostHandle::open(HostOptions { bind, ..HostOptions::default() }).expect("a free port");
        let client = HostOptions { bind, dedicated_remote, ..HostOptions::default() };
        let client = HostHandle::open(client).expect("a free port");
        let port = server.local_addr().port();
        let request = ConnectRequest { address: "127.0.0.1".to_owned(), port, channels: 1, data: 0 };
        client.connect(request).expect("a running host");
        for host in [&server, &client] {
            let connected = wait_for("a connection", || host.poll_event());
            assert!(matches!(connected, HostEvent::Connected { .. }), "{connected:?}");
        }
        [server, client]
    }

    #[track_caller]
    fn expect_delivery(from: &HostHandle, to: &HostHandle, text: &'static str) {
        from.send(Recipients::All, 0, Packet::new(text, Delivery::Reliable)).expect("room for a packet");
        match wait_for(text, || to.poll_event()) {
            HostEvent::Received { packet, .. } => assert_eq!(packet.data, text),
            other => panic!("a packet was expected, not {other:?}"),
        }
    }

    #[test]
    fn connections_go_on_over_a_new_socket_on_the_same_port() {
        let _alone = ALONE.lock();
        for dedicated_remote in [false, true] {
            let [server, client] = pair(dedicated_remote);
            for (broken, other) in [(&server, &client), (&client, &server)] {
                broken.command(Command::BreakSocket { for_good: false });
                expect_delivery(broken, other, "from the new socket");
                expect_delivery(other, broken, "to the new socket");
                assert_eq!(broken.io_stats().reopened_sockets, 1);
            }
            assert!(server.is_running() && client.is_running());
        }
    }

    #[test]
    fn a_socket_that_cannot_come_back_ends_its_host_with_a_reason() {
        let _alone = ALONE.lock();
        let [server, client] = pair(false);
        server.command(Command::BreakSocket { for_good: true });
        server.send(Recipients::All, 0, Packet::new("never", Delivery::Reliable)).expect("room for a packet");
        match wait_for("the end", || server.poll_event()) {
            HostEvent::Failed { message } => {
                assert!(message.contains("could not be opened again"), "{message}")
            }
            other => panic!("a failure was expected, not {other:?}"),
        }
        assert!(!server.is_running() && client.is_running());
    }

    #[test]
    fn looking_at_a_good_socket_changes_nothing() {
        let _alone = ALONE.lock();
        let [server, client] = pair(false);
        server.check_socket();
        expect_delivery(&client, &server, "still there");
        assert_eq!(server.io_stats().reopened_sockets, 0);
    }
}
