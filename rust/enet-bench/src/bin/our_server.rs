//! `our_server PORT PEERS MODE BYTES HZ`: what the echo server is not. MODE is `broadcast` (everybody gets an unreliable
//! packet HZ times a second), `stream` (reliable packets as fast as they go) or `paced` (a reliable packet HZ times a
//! second). Ends with standard input.

use std::{
    collections::BTreeSet,
    env,
    error::Error,
    io, process, thread,
    time::{Duration, Instant, SystemTime},
};

use enet_driver::{
    HostEvent, HostHandle, HostOptions, Recipients,
    enet_proto::{Delivery, HostConfig, Packet, PeerId},
};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, peers, mode, bytes, hz] = arguments.as_slice() else {
        return Err("usage: our_server PORT PEERS MODE BYTES HZ".into());
    };
    let config =
        HostConfig { peers: peers.parse()?, maximum_queued_data: STREAM_QUEUE, ..HostConfig::default() };
    let options = HostOptions { port: port.parse()?, host: config, ..HostOptions::default() };
    let server = HostHandle::open(options)?;
    println!("LISTENING {}", server.local_addr().port());
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    let mut job = Job { server, peers: BTreeSet::new(), payload: vec![0; bytes.parse()?], number: 0 };
    let pause = Duration::from_secs(1) / hz.parse::<u32>()?;
    match mode.as_str() {
        "broadcast" => job.repeat(pause, Job::broadcast),
        "stream" => job.repeat(Duration::from_millis(1), Job::stream),
        "paced" => job.repeat(pause, Job::send_one),
        _ => Err("unknown mode".into()),
    }
}

struct Job {
    server: HostHandle,
    peers: BTreeSet<PeerId>,
    payload: Vec<u8>,
    number: u64,
}

impl Job {
    fn repeat(&mut self, pause: Duration, act: fn(&mut Self)) -> Result<(), Box<dyn Error>> {
        let mut due = Instant::now();
        loop {
            let rest = due.saturating_duration_since(Instant::now());
            match self.server.wait_event(rest) {
                Some(HostEvent::Connected { peer, .. }) => drop(self.peers.insert(peer)),
                Some(HostEvent::Disconnected { peer, .. }) => drop(self.peers.remove(&peer)),
                Some(HostEvent::Failed { message }) => return Err(message.into()),
                _ => {}
            }
            if Instant::now() >= due {
                due += pause;
                act(self);
            }
        }
    }

    fn broadcast(&mut self) {
        self.number += 1;
        let packet = self.packet(self.number, Delivery::Unreliable);
        // A queue that is full is seen by the clients as loss.
        let _ = self.server.send(Recipients::All, 0, packet);
    }

    fn stream(&mut self) {
        for &peer in &self.peers {
            let packet = self.packet(now_ns(), Delivery::Reliable);
            while self.server.send(Recipients::One(peer), 0, packet.clone()).is_ok() {}
        }
    }

    fn send_one(&mut self) {
        let packet = self.packet(now_ns(), Delivery::Reliable);
        let _ = self.server.send(Recipients::All, 0, packet);
    }

    /// A packet that carries `number` behind its first byte.
    fn packet(&self, number: u64, delivery: Delivery) -> Packet {
        let mut payload = self.payload.clone();
        payload[1..9].copy_from_slice(&number.to_le_bytes());
        Packet::new(payload, delivery)
    }
}

/// Comparable between the programs of one machine.
fn now_ns() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Bytes that may wait for one peer; a stream is kept filled up to here.
const STREAM_QUEUE: usize = 1 << 20;
