//! `echo_server PORT MAX_PEERS`: sends every packet back on its channel and by the way it came, until standard input
//! ends. Port 0 takes a free port. Prints `LISTENING port`.

use std::{env, error::Error, io, iter, thread, time::Duration};

use enet_driver::{
    CommandError, Disconnect, HostEvent, HostHandle, HostOptions, Recipients,
    enet_proto::{HostConfig, Packet, PeerId},
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(port), Some(peers), None) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: echo_server PORT MAX_PEERS".into());
    };
    let host = HostConfig { peers: peers.parse()?, ..HostConfig::default() };
    let server = HostHandle::open(HostOptions { port: port.parse()?, host, ..HostOptions::default() })?;
    println!("LISTENING {}", server.local_addr().port());

    let input = thread::spawn(|| io::copy(&mut io::stdin(), &mut io::sink()));
    while !input.is_finished() {
        if let Some(event) = server.wait_event(Duration::from_millis(100)) {
            handle(&server, event)?;
        }
        for event in iter::from_fn(|| server.poll_event()).take(MOST_AT_ONCE) {
            handle(&server, event)?;
        }
        // These are all the answers that there will be for now.
        server.flush();
    }
    server.close(Duration::from_secs(1));
    Ok(())
}

fn handle(server: &HostHandle, event: HostEvent) -> Result<(), Box<dyn Error>> {
    match event {
        HostEvent::Received { peer, channel, packet } => echo(server, peer, channel, packet),
        HostEvent::Failed { message } => return Err(message.into()),
        _ => {}
    }
    Ok(())
}

fn echo(server: &HostHandle, peer: PeerId, channel: u8, packet: Packet) {
    let sent = server.send(Recipients::One(peer), channel, packet);
    if sent == Err(CommandError::Busy) {
        // It asks for far more than it takes.
        server.disconnect(peer, Disconnect::Reset, 0);
    }
}

/// Answers that may wait before some leave: far less than there is room for.
const MOST_AT_ONCE: usize = 4096;
