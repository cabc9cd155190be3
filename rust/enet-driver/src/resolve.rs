//! Name resolution on short-lived threads of its own. The system's resolver blocks for as long as it likes and cannot
//! be interrupted, so neither the game nor the network thread may call it.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use parking_lot::Mutex;

use crate::CommandError;

/// Every resolver that has not been joined. Those that are done are joined by the next one, and by `join_all`.
static RESOLVERS: Mutex<Vec<JoinHandle<()>>> = Mutex::new(Vec::new());

/// Looks `name` up on a new thread and calls `done` there with what was found; nothing found is an empty list.
///
/// # Errors
/// [`CommandError::Busy`] when too many names are being looked up already, or the system has no thread to give.
pub(crate) fn spawn(
    name: String,
    port: u16,
    done: impl FnOnce(Vec<SocketAddr>) + Send + 'static,
) -> Result<(), CommandError> {
    let mut resolvers = RESOLVERS.lock();
    join_finished(&mut resolvers);
    if resolvers.len() >= MOST_RESOLVERS {
        return Err(CommandError::Busy);
    }
    let resolver = thread::Builder::new()
        .name("enet-resolve".to_owned())
        .spawn(move || done(look_up(&name, port)))
        .map_err(|_| CommandError::Busy)?;
    resolvers.push(resolver);
    Ok(())
}

/// Waits until every resolver is done and joined. False if `deadline` passed first.
pub(crate) fn join_all(deadline: Instant) -> bool {
    loop {
        let mut resolvers = RESOLVERS.lock();
        join_finished(&mut resolvers);
        if resolvers.is_empty() {
            return true;
        }
        drop(resolvers);
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn join_finished(resolvers: &mut Vec<JoinHandle<()>>) {
    for finished in resolvers.extract_if(.., |resolver| resolver.is_finished()) {
        // A resolver that panicked has been reported by the panic hook; its attempt ends by its time limit.
        let _ = finished.join();
    }
}

fn look_up(name: &str, port: u16) -> Vec<SocketAddr> {
    // Windows takes no name for the name of this machine.
    if name.is_empty() {
        return Vec::new();
    }
    match (name, port).to_socket_addrs() {
        Ok(addresses) => addresses.collect(),
        Err(error) => {
            log::debug!("a name was not resolved: {error}");
            Vec::new()
        }
    }
}

/// A game that keeps asking while the name server is silent must not fill the machine with threads.
const MOST_RESOLVERS: usize = 16;
