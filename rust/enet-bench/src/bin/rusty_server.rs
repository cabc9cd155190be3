//! `rusty_server PORT PEERS [broadcast BYTES HZ]`: the echo server, or the broadcasting one, over the crate rusty_enet.
//! That crate cannot wait for its socket, so the loop sleeps a millisecond when nothing happens. Ends with standard input.

use std::{
    env,
    error::Error,
    io,
    net::UdpSocket,
    process, thread,
    time::{Duration, Instant},
};

use rusty_enet::{Event, Host, HostSettings, Packet};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, peers, mode @ ..] = arguments.as_slice() else {
        return Err("usage: rusty_server PORT PEERS [broadcast BYTES HZ]".into());
    };
    let socket = UdpSocket::bind(("127.0.0.1", port.parse()?))?;
    println!("LISTENING {}", socket.local_addr()?.port());
    let settings = HostSettings { peer_limit: peers.parse()?, ..HostSettings::default() };
    let mut host = Host::new(socket, settings)?;
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    let broadcast = match mode {
        [_, bytes, hz] => Some((vec![0; bytes.parse()?], Duration::from_secs(1) / hz.parse()?)),
        _ => None,
    };
    serve(&mut host, broadcast)
}

fn serve(
    host: &mut Host<UdpSocket>,
    mut broadcast: Option<(Vec<u8>, Duration)>,
) -> Result<(), Box<dyn Error>> {
    let mut due = Instant::now();
    let mut number = 0u64;
    loop {
        while let Some(event) = host.service()? {
            if let (Event::Receive { peer, channel_id, packet }, None) = (event, &broadcast) {
                // A peer that left meanwhile gets nothing.
                let _ = peer.send(channel_id, &packet);
            }
        }
        if let Some((payload, interval)) = broadcast.as_mut().filter(|_| Instant::now() >= due) {
            due += *interval;
            number += 1;
            payload[1..9].copy_from_slice(&number.to_le_bytes());
            host.broadcast(0, &Packet::unreliable(payload.as_slice()));
        }
        host.flush();
        thread::sleep(Duration::from_millis(1));
    }
}
