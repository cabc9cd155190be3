//! `our_client PORT SKIP_SECONDS SECONDS`: takes what the server sends. After SKIP_SECONDS it counts for SECONDS, then
//! prints `RESULT bytes microseconds…` with the delivery time of every packet. Each carries the time of its sending, in
//! nanoseconds, behind its first byte.

use std::{
    env,
    error::Error,
    time::{Duration, SystemTime},
};

use enet_driver::{ConnectRequest, HostEvent, HostHandle, HostOptions};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [port, skip, seconds] = arguments.as_slice() else {
        return Err("usage: our_client PORT SKIP_SECONDS SECONDS".into());
    };
    let client = HostHandle::open(HostOptions::default())?;
    let address = "127.0.0.1".to_owned();
    client.connect(ConnectRequest { address, port: port.parse()?, channels: 1, data: 0 })?;
    let begin = SystemTime::now() + Duration::from_secs(skip.parse()?);
    let end = begin + Duration::from_secs(seconds.parse()?);
    let mut bytes = 0;
    let mut delays = String::new();
    while SystemTime::now() < end {
        let Some(HostEvent::Received { packet, .. }) = client.wait_event(Duration::from_millis(10)) else {
            continue;
        };
        let now = SystemTime::now();
        if let Some(sent_at) = packet.data.get(1..).and_then(<[u8]>::first_chunk).filter(|_| now >= begin) {
            let sent_at = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::from_le_bytes(*sent_at));
            bytes += packet.data.len();
            delays += &format!(" {}", now.duration_since(sent_at).unwrap_or_default().as_micros());
        }
    }
    println!("RESULT {bytes}{delays}");
    Ok(())
}
