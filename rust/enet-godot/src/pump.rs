//! Ties the singletons to the scene tree: drains them once in each frame, lets the [`observer`](crate::observer) look, and takes
//! all of it out of the game when it ends.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use godot::classes::{Engine, Object, SceneTree};
use godot::prelude::*;

use crate::client::ENetClient;
use crate::observer;
use crate::server::ENetServer;

/// Whether the tree is hooked. A process has one, so it is never unhooked.
static HOOKED: AtomicBool = AtomicBool::new(false);

/// Connects to the scene tree. Does nothing when that is done, or when there is no tree yet.
///
/// `process_frame` comes before the nodes' `_process`, and comes while the game is paused.
pub(crate) fn hook() {
    let main_loop = Engine::singleton().get_main_loop();
    let Some(tree) = main_loop.and_then(|main_loop| main_loop.try_cast::<SceneTree>().ok()) else { return };
    let Some(root) = tree.get_root() else { return };
    if HOOKED.swap(true, Ordering::Relaxed) {
        return;
    }
    tree.signals().process_frame().connect(drain);
    root.signals().tree_exiting().connect(end);
    root.signals().focus_entered().connect(check_sockets);
}

/// Whether a server or a client has a session.
pub(crate) fn is_running() -> bool {
    ENetServer::singleton().bind().session.borrow().is_some()
        || ENetClient::singleton().bind().session.borrow().is_some()
}

fn drain() {
    let began = Instant::now();
    ENetServer::singleton().bind().drain();
    ENetClient::singleton().bind().drain();
    ENetClient::singleton().bind().drain_search();
    observer::note_frame(began.elapsed());
    observer::on_frame();
}

/// The game is back in front. Phones take sockets away from games that are not; it is noticed here, and not with the first
/// packet.
fn check_sockets() {
    if let Some(session) = ENetServer::singleton().bind().session.borrow().as_ref() {
        session.host.check_socket();
    }
    if let Some(session) = ENetClient::singleton().bind().session.borrow().as_ref() {
        session.host().check_socket();
    }
}

/// Ends both sessions without a signal, and lets go of everything that belongs to scripts.
///
/// The singletons outlive the scripting languages. A connection to a script's lambda that is still there by then crashes
/// the engine at exit, and a stored `Callable` or peer keeps what it refers to alive.
pub(crate) fn end() {
    let (server, client) = (ENetServer::singleton(), ENetClient::singleton());
    drop_connections(server.clone().upcast());
    drop_connections(client.clone().upcast());
    client.bind().abandon();
    server.bind().abandon();
    observer::end();
}

fn drop_connections(mut object: Gd<Object>) {
    for signal in object.get_signal_list().iter_shared() {
        let Some(name) = signal.get("name").map(|name| StringName::from(&name.stringify())) else { continue };
        for connection in object.get_signal_connection_list(&name).iter_shared() {
            if let Some(Ok(callable)) =
                connection.get("callable").map(|callable| callable.try_to::<Callable>())
            {
                object.disconnect(&name, &callable);
            }
        }
    }
}
