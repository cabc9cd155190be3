//! `bare_server PORT PEERS`: no protocol at all, one `recvfrom` and one `sendto` for each datagram. The least that an
//! echo can cost one datagram at a time. Ends with standard input.

use std::{env, error::Error, io, net::UdpSocket, process, thread};

fn main() -> Result<(), Box<dyn Error>> {
    let port: u16 = env::args().nth(1).ok_or("usage: bare_server PORT PEERS")?.parse()?;
    let socket = UdpSocket::bind(("127.0.0.1", port))?;
    println!("LISTENING {}", socket.local_addr()?.port());
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(0);
    });
    let mut datagram = [0; 4096];
    loop {
        let (length, from) = socket.recv_from(&mut datagram)?;
        socket.send_to(&datagram[..length], from)?;
    }
}
