//! The driver over real sockets on loopback: free ports, no fixed sleeps, every wait has a deadline.

mod bounds;
mod common;
mod compression;
mod conditions;
mod connecting;
mod discovery;
mod ending;
mod engine_codecs;
mod hostile;
mod limits;
mod names;
mod traffic;
mod transport;
mod waiting;
