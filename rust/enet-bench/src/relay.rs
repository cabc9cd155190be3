//! A bad link on the loopback interface, for one client: a UDP relay over two emulated links.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use enet_netem::{Link, LinkConfig};
use mio::{Events, Interest, Poll, Token, net::UdpSocket};

/// A running relay. Dropping it stops its thread.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// Forwards between `server` and the one client that talks to [`Self::address`], over a link like `link` each way.
    pub(crate) fn start(server: SocketAddr, link: &LinkConfig, seed: u64) -> io::Result<Self> {
        let mut worker = Worker::new(server, link, seed)?;
        let address = worker.downstream.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let is_stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || while !is_stopped.load(Relaxed) && worker.turn().is_ok() {});
        Ok(Self { address, stop, thread: Some(thread) })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            // A relay that panicked has shown as a client without packets.
            let _ = thread.join();
        }
    }
}

struct Worker {
    poll: Poll,
    events: Events,
    start: Instant,
    downstream: UdpSocket,
    upstream: UdpSocket,
    client: Option<SocketAddr>,
    to_server: Link,
    to_client: Link,
    buffer: Vec<u8>,
}

impl Worker {
    fn new(server: SocketAddr, link: &LinkConfig, seed: u64) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut downstream = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let mut upstream = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        upstream.connect(server)?;
        poll.registry().register(&mut downstream, Token(0), Interest::READABLE)?;
        poll.registry().register(&mut upstream, Token(1), Interest::READABLE)?;
        Ok(Self {
            poll,
            events: Events::with_capacity(8),
            start: Instant::now(),
            downstream,
            upstream,
            client: None,
            to_server: Link::new(link.clone(), seed),
            to_client: Link::new(link.clone(), seed.wrapping_add(1)),
            buffer: vec![0; 65_536],
        })
    }

    fn turn(&mut self) -> io::Result<()> {
        let next = [self.to_server.next_arrival(), self.to_client.next_arrival()].into_iter().flatten().min();
        let rest = next.map_or(LONGEST_WAIT_MS, |at| at.saturating_sub(self.now_ms()).min(LONGEST_WAIT_MS));
        match self.poll.poll(&mut self.events, Some(Duration::from_millis(rest))) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        let now_ms = self.now_ms();
        while let Ok((length, from)) = self.downstream.recv_from(&mut self.buffer) {
            self.client = Some(from);
            self.to_server.send(now_ms, &self.buffer[..length]);
        }
        while let Ok(length) = self.upstream.recv(&mut self.buffer) {
            self.to_client.send(now_ms, &self.buffer[..length]);
        }
        // What the system does not take is lost, as on any link.
        while let Some(datagram) = self.to_server.poll(now_ms) {
            let _ = self.upstream.send(&datagram);
        }
        while let Some(datagram) = self.to_client.poll(now_ms) {
            let _ = self.client.map(|client| self.downstream.send_to(&datagram, client));
        }
        Ok(())
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

const LONGEST_WAIT_MS: u64 = 20;
