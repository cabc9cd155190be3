//! Every host in the process: the two singletons', and those of the transport classes, which announce themselves.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use enet_driver::enet_proto::PeerState;
use enet_driver::{Disconnect, HostHandle, NetworkConditions};
use godot::prelude::*;

use super::{Entry, Observed, PeerView, Stand};
use crate::client::ENetClient;
use crate::client_session;
use crate::lifecycle::ConnectionState;
use crate::reasons;
use crate::server::ENetServer;
use crate::server_session;
use crate::transport::host::Host;
use crate::transport::remote::Remote;

thread_local! {
    static TRANSPORTS: RefCell<Vec<Weak<Host>>> = const { RefCell::new(Vec::new()) };
}

/// Lets a host of a transport class be found for as long as it lives.
pub(crate) fn register(host: &Rc<Host>) {
    TRANSPORTS.with_borrow_mut(|hosts| {
        hosts.retain(|known| known.strong_count() > 0);
        hosts.push(Rc::downgrade(host));
    });
}

fn transports() -> Vec<Rc<Host>> {
    TRANSPORTS.with_borrow(|hosts| hosts.iter().filter_map(Weak::upgrade).collect())
}

/// Shows every host. Nothing that calls back may happen meanwhile.
pub(super) fn for_each(mut show: impl FnMut(&dyn Observed)) {
    if let Some(session) = ENetServer::singleton().bind().session.borrow().as_ref() {
        show(session);
    }
    if let Some(session) = ENetClient::singleton().bind().session.borrow().as_ref() {
        show(session);
    }
    transports().iter().for_each(|host| show(&**host));
}

/// Simulates another network around a host, or none. False if there is no such host.
pub(super) fn simulate(id: u64, conditions: Option<&NetworkConditions>) -> bool {
    let mut is_found = false;
    for_each(|host| {
        if host.entry().id == id {
            host.entry().simulation.decide(conditions.cloned());
            host.handle().set_conditions(conditions.cloned());
            is_found = true;
        }
    });
    is_found
}

/// Ends the connection to a peer. False if there is no such host or peer.
pub(super) fn kick(id: u64, key: i64) -> bool {
    kick_client(id, key) || leave_server(id) || disconnect_remote(id, key)
}

fn kick_client(id: u64, key: i64) -> bool {
    let server = ENetServer::singleton();
    let server = server.bind();
    let peer = {
        let session = server.session.borrow();
        let session = session.as_ref().filter(|session| session.entry().id == id);
        session.and_then(|session| session.roster.get(key).cloned())
    };
    if let Some(peer) = &peer {
        server.part(peer, reasons::KICKED, false);
    }
    peer.is_some()
}

fn leave_server(id: u64) -> bool {
    let client = ENetClient::singleton();
    let client = client.bind();
    let is_it = client.session.borrow().as_ref().is_some_and(|session| session.entry().id == id);
    if is_it {
        client.leave(reasons::DISCONNECTED);
    }
    is_it
}

fn disconnect_remote(id: u64, key: i64) -> bool {
    let Some(host) = transports().into_iter().find(|host| host.entry().id == id) else { return false };
    let remote = host.remotes().into_iter().find(|remote| serial(remote) == key);
    if let Some(remote) = &remote {
        host.disconnect(remote, Disconnect::Later, 0);
        host.flush();
    }
    remote.is_some()
}

impl Observed for server_session::Session {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    fn handle(&self) -> &HostHandle {
        &self.host
    }

    fn visit(&self, show: &mut dyn FnMut(&PeerView)) {
        for (id, peer) in self.roster.iter() {
            let peer = peer.bind();
            let stand = match peer.life().state() {
                ConnectionState::Connecting => Stand::Connecting,
                ConnectionState::Prelogin => Stand::LoggingIn,
                ConnectionState::Authenticated => Stand::Connected,
                ConnectionState::Disconnecting => Stand::Leaving,
            };
            let connection = peer.connection();
            let (address, stats) = (Some(connection.address), connection.link.stats());
            show(&PeerView { key: id, id, address, stand, stats });
        }
    }
}

impl Observed for client_session::Session {
    fn entry(&self) -> &Entry {
        &self.entry
    }

    fn handle(&self) -> &HostHandle {
        self.host()
    }

    fn remote(&self) -> String {
        format!("{} port {}", self.address(), self.port())
    }

    fn visit(&self, show: &mut dyn FnMut(&PeerView)) {
        if let Some((address, stats)) = self.server() {
            let stand = Stand::Connected;
            show(&PeerView { key: 1, id: 1, address: Some(address), stand, stats });
        }
    }
}

impl Observed for Host {
    fn entry(&self) -> &Entry {
        self.name_plate()
    }

    fn handle(&self) -> &HostHandle {
        self.handle()
    }

    fn visit(&self, show: &mut dyn FnMut(&PeerView)) {
        for remote in self.remotes() {
            show(&PeerView {
                key: serial(&remote),
                id: remote.net_id.get().into(),
                address: remote.address(),
                stand: stand(remote.state()),
                stats: remote.stats(),
            });
        }
    }
}

fn serial(remote: &Remote) -> i64 {
    i64::try_from(remote.serial).unwrap_or(i64::MAX)
}

fn stand(state: PeerState) -> Stand {
    match state {
        PeerState::Connected => Stand::Connected,
        PeerState::Disconnected | PeerState::Zombie => Stand::Ended,
        PeerState::DisconnectLater | PeerState::Disconnecting | PeerState::AcknowledgingDisconnect => {
            Stand::Leaving
        }
        _ => Stand::Connecting,
    }
}
