//! Our side of the exchanges: a host that echoes, and what every test does with a handle.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use enet_driver::{
    CommandError, ConnectRequest, HostEvent, HostHandle, HostOptions, PeerLink, Recipients,
    enet_proto::{DisconnectReason, HostConfig, Packet, PeerId},
};

use crate::program::PATIENCE;

/// Options for a host on the loopback interface.
pub(crate) fn options(peers: usize) -> HostOptions {
    HostOptions {
        bind: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        host: HostConfig { peers, ..HostConfig::default() },
        connect_timeout: PATIENCE,
        ..HostOptions::default()
    }
}

pub(crate) fn open(peers: usize) -> HostHandle {
    HostHandle::open(options(peers)).expect("a loopback port is free")
}

pub(crate) fn loopback(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Connects, and waits until that is done.
#[track_caller]
pub(crate) fn connect(
    host: &HostHandle,
    server: SocketAddr,
    channels: u8,
    data: u32,
) -> (PeerId, Arc<PeerLink>) {
    let request = ConnectRequest { address: server.ip().to_string(), port: server.port(), channels, data };
    let asked = host.connect(request).expect("the host runs");
    wait_for(host, "connection", |event| match event {
        HostEvent::Connected { peer, token, channels: granted, link, .. } => {
            assert_eq!((token, granted), (Some(asked), channels));
            Some((peer, link))
        }
        HostEvent::ConnectFailed { reason, .. } => panic!("cannot connect: {reason}"),
        _ => None,
    })
}

#[track_caller]
pub(crate) fn wait_for_disconnect(host: &HostHandle) -> DisconnectReason {
    wait_for(host, "disconnect", |event| match event {
        HostEvent::Disconnected { reason, .. } => Some(reason),
        _ => None,
    })
}

/// Waits for the next event that `pick` takes; others are dropped.
#[track_caller]
pub(crate) fn wait_for<T>(host: &HostHandle, what: &str, mut pick: impl FnMut(HostEvent) -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match host.poll_event() {
            Some(HostEvent::Failed { message }) => panic!("the host failed: {message}"),
            Some(event) => {
                if let Some(picked) = pick(event) {
                    return picked;
                }
            }
            None => thread::sleep(Duration::from_millis(1)),
        }
    }
    panic!("no {what}");
}

/// Waits until the condition holds.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Sends, waiting for room.
#[track_caller]
pub(crate) fn send(host: &HostHandle, peer: PeerId, channel: u8, packet: &Packet) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match host.send(Recipients::One(peer), channel, packet.clone()) {
            Ok(()) => return,
            Err(CommandError::Busy) if Instant::now() < deadline => thread::sleep(Duration::from_millis(1)),
            Err(error) => panic!("cannot send: {error}"),
        }
    }
}

/// A server that sends every packet back on its channel and by the way it came.
pub(crate) struct EchoServer {
    pub(crate) host: HostHandle,
    /// Connect and disconnect events, oldest first.
    pub(crate) comings_and_goings: Vec<HostEvent>,
}

impl EchoServer {
    pub(crate) fn start(peers: usize) -> Self {
        Self::with(options(peers))
    }

    pub(crate) fn with(options: HostOptions) -> Self {
        let host = HostHandle::open(options).expect("a loopback port is free");
        Self { host, comings_and_goings: Vec::new() }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        loopback(self.host.local_addr().port())
    }

    /// Handles events until one of the connects and disconnects, past or to come, is as wanted.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, is_wanted: impl Fn(&HostEvent) -> bool) -> HostEvent {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.turn();
            if let Some(event) = self.comings_and_goings.iter().find(|event| is_wanted(event)) {
                return event.clone();
            }
            assert!(Instant::now() < deadline, "waited in vain; what came is {:?}", self.comings_and_goings);
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Handles every event that waits.
    #[track_caller]
    pub(crate) fn turn(&mut self) {
        while let Some(event) = self.host.poll_event() {
            match event {
                HostEvent::Received { peer, channel, packet } => send(&self.host, peer, channel, &packet),
                HostEvent::Failed { message } => panic!("the host failed: {message}"),
                event => self.comings_and_goings.push(event),
            }
        }
    }
}
