//! A bad network on the loopback interface: a UDP relay that puts a pair of emulated links between a server and its
//! clients.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use enet_netem::{Link, LinkConfig};
use mio::{Events, Interest, Poll, Token, net::UdpSocket};

/// The seed for a test's links: `ENET_SEED` when it is set, else a random one. It is printed, and the test harness
/// shows what was printed when the test fails. What the links do to the n-th datagram replays exactly; which datagram
/// is the n-th depends on the operating system's timing.
pub(crate) fn seed() -> u64 {
    let seed = match std::env::var("ENET_SEED") {
        Ok(text) => text.parse().expect("ENET_SEED is a decimal number"),
        Err(_) => RandomState::new().hash_one(()),
    };
    println!("replay with ENET_SEED={seed}");
    seed
}

/// What the two directions are like.
#[derive(Clone, Default)]
pub(crate) struct RelayLinks {
    pub(crate) to_server: LinkConfig,
    pub(crate) to_client: LinkConfig,
}

impl RelayLinks {
    /// One fifth lost, one tenth overtaken, one tenth doubled, each way.
    pub(crate) fn lossy() -> Self {
        let config = LinkConfig {
            delay_ms: 2,
            jitter_ms: 4,
            loss: 0.2,
            duplicate: 0.1,
            reorder: 0.1,
            ..LinkConfig::PERFECT
        };
        Self { to_server: config.clone(), to_client: config }
    }
}

/// A running relay. Clients send to [`Relay::address`]; dropping it stops its thread.
pub(crate) struct Relay {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<io::Result<u64>>>,
}

impl Relay {
    pub(crate) fn start(server: SocketAddr, links: RelayLinks, seed: u64) -> Self {
        let worker = Worker::new(server, links, seed).expect("loopback sockets can be opened");
        let address = worker.downstream.local_addr().expect("a bound socket has an address");
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::spawn(move || worker.run(&stopped));
        Self { address, stop, thread: Some(thread) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends the relay; returns how many datagrams it lost on purpose.
    pub(crate) fn stop(mut self) -> u64 {
        self.join().expect("the relay runs until stopped").expect("the relay's sockets work")
    }

    fn join(&mut self) -> Option<io::Result<u64>> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take()?.join().ok()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.join();
    }
}

/// What the relay keeps for each client: to the server it must look like a different address.
struct Path {
    client: SocketAddr,
    upstream: UdpSocket,
    to_server: Link,
    to_client: Link,
}

struct Worker {
    poll: Poll,
    start: Instant,
    server: SocketAddr,
    links: RelayLinks,
    seed: u64,
    downstream: UdpSocket,
    paths: Vec<Path>,
    by_client: HashMap<SocketAddr, usize>,
}

impl Worker {
    fn new(server: SocketAddr, links: RelayLinks, seed: u64) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut downstream = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        poll.registry().register(&mut downstream, Token(0), Interest::READABLE)?;
        let (start, paths, by_client) = (Instant::now(), Vec::new(), HashMap::new());
        Ok(Self { poll, start, server, links, seed, downstream, paths, by_client })
    }

    fn run(mut self, stop: &AtomicBool) -> io::Result<u64> {
        let mut events = Events::with_capacity(64);
        while !stop.load(Ordering::Relaxed) {
            match self.poll.poll(&mut events, Some(self.patience())) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => return Err(error),
                _ => {}
            }
            for event in &events {
                match event.token().0.checked_sub(1) {
                    None => self.read_clients()?,
                    Some(path) => self.read_server(path),
                }
            }
            self.deliver();
        }
        Ok(self.paths.iter().map(|path| path.to_server.stats().lost + path.to_client.stats().lost).sum())
    }

    /// How long nothing needs to be delivered; at most as long as `stop` may go unseen.
    fn patience(&self) -> Duration {
        let links = self.paths.iter().flat_map(|path| [&path.to_server, &path.to_client]);
        let next = links.filter_map(Link::next_arrival).min();
        let now = self.now_ms();
        Duration::from_millis(next.map_or(20, |next| next.saturating_sub(now).min(20)))
    }

    fn now_ms(&self) -> u64 {
        self.start.elapsed().as_millis().try_into().expect("a test takes less than an age")
    }

    fn read_clients(&mut self) -> io::Result<()> {
        let mut buffer = [0; 65_536];
        while let Some((length, client)) = receive(&self.downstream, &mut buffer) {
            let path = match self.by_client.get(&client) {
                Some(&path) => path,
                None => self.open_path(client)?,
            };
            let now = self.now_ms();
            self.paths[path].to_server.send(now, &buffer[..length]);
        }
        Ok(())
    }

    fn read_server(&mut self, path: usize) {
        let now = self.now_ms();
        let path = &mut self.paths[path];
        let mut buffer = [0; 65_536];
        while let Some((length, _)) = receive(&path.upstream, &mut buffer) {
            path.to_client.send(now, &buffer[..length]);
        }
    }

    fn open_path(&mut self, client: SocketAddr) -> io::Result<usize> {
        let index = self.paths.len();
        let mut upstream = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0).into())?;
        self.poll.registry().register(&mut upstream, Token(index + 1), Interest::READABLE)?;
        // Every link of a test needs a seed of its own, and all of them follow from the one printed.
        let seed = self.seed.wrapping_add(2 * index as u64);
        let to_server = Link::new(self.links.to_server.clone(), seed);
        let to_client = Link::new(self.links.to_client.clone(), seed.wrapping_add(1));
        self.paths.push(Path { client, upstream, to_server, to_client });
        self.by_client.insert(client, index);
        Ok(index)
    }

    /// A datagram that the operating system does not take is lost, as it would be anywhere else.
    fn deliver(&mut self) {
        let now = self.now_ms();
        for path in &mut self.paths {
            while let Some(datagram) = path.to_server.poll(now) {
                let _ = path.upstream.send_to(&datagram, self.server);
            }
            while let Some(datagram) = path.to_client.poll(now) {
                let _ = self.downstream.send_to(&datagram, path.client);
            }
        }
    }
}

/// The next datagram; `None` when none waits, and after an ICMP message, which readiness is reported again for.
fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> Option<(usize, SocketAddr)> {
    socket.recv_from(buffer).ok()
}
