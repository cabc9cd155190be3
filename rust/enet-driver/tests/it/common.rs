//! What the tests share: hosts on free ports, and waiting with a deadline.

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use enet_driver::{
    ConnectRequest, ConnectToken, HostEvent, HostHandle, HostOptions, PeerLink, Recipients,
    enet_proto::{Delivery, Packet, PeerId},
};

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn open() -> HostHandle {
    open_with(HostOptions::default())
}

#[track_caller]
pub(crate) fn open_with(options: HostOptions) -> HostHandle {
    HostHandle::open(options).expect("a free port")
}

/// Options of a host that is bound to IPv4 loopback alone.
pub(crate) fn local() -> HostOptions {
    HostOptions { bind: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)), ..HostOptions::default() }
}

pub(crate) fn request(address: &str, port: u16) -> ConnectRequest {
    ConnectRequest { address: address.to_owned(), port, channels: 4, data: 7 }
}

#[track_caller]
pub(crate) fn connect(client: &HostHandle, address: &str, port: u16) -> ConnectToken {
    client.connect(request(address, port)).expect("a running host")
}

/// Calls `look` until it finds something.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        thread::sleep(Duration::from_micros(200));
    }
}

#[track_caller]
pub(crate) fn next_event(host: &HostHandle) -> HostEvent {
    wait_for("an event", || host.poll_event())
}

/// One side's view of a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) peer: PeerId,
    pub(crate) token: Option<ConnectToken>,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) data: u32,
    pub(crate) link: Arc<PeerLink>,
}

#[track_caller]
pub(crate) fn next_connection(host: &HostHandle) -> Connection {
    match next_event(host) {
        HostEvent::Connected { peer, token, address, data, link, .. } => {
            Connection { peer, token, address, data, link }
        }
        other => panic!("a connection was expected, not {other:?}"),
    }
}

#[track_caller]
pub(crate) fn next_packet(host: &HostHandle) -> (PeerId, u8, Packet) {
    match next_event(host) {
        HostEvent::Received { peer, channel, packet } => (peer, channel, packet),
        other => panic!("a packet was expected, not {other:?}"),
    }
}

/// A server and a client that is connected to it.
pub(crate) struct Pair {
    pub(crate) server: HostHandle,
    pub(crate) client: HostHandle,
    /// The client, as the server sees it.
    pub(crate) on_server: Connection,
    /// The server, as the client sees it.
    pub(crate) on_client: Connection,
}

impl Pair {
    #[track_caller]
    pub(crate) fn new() -> Self {
        Self::with(local(), local())
    }

    #[track_caller]
    pub(crate) fn with(server: HostOptions, client: HostOptions) -> Self {
        let (server, client) = (open_with(server), open_with(client));
        let token = connect(&client, "127.0.0.1", server.local_addr().port());
        let on_client = next_connection(&client);
        let on_server = next_connection(&server);
        assert_eq!(on_client.token, Some(token));
        assert_eq!((on_server.token, on_server.data), (None, 7));
        Self { server, client, on_server, on_client }
    }

    #[track_caller]
    pub(crate) fn send_to_server(&self, packet: Packet) {
        self.client.send(Recipients::One(self.on_client.peer), 0, packet).expect("room for a packet");
    }
}

pub(crate) fn reliable(data: impl Into<Vec<u8>>) -> Packet {
    Packet::new(data.into(), Delivery::Reliable)
}
