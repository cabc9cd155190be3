//! The bodies of the fuzz targets: each takes any bytes, makes a run of them, and panics when something does not hold
//! that is promised to hold. `rust/fuzz` calls them with what a fuzzer thinks up, the tests here with what a fuzzer has
//! found and kept (`rust/fuzz/corpus`).
//!
//! | body | what the bytes are |
//! | --- | --- |
//! | [`commands`] | a datagram, parsed and put together again |
//! | [`range_coder`], [`compressor`] | what is compressed, and what is taken for compressed |
//! | [`datagram`] | datagrams from a peer, past the handshake and sealed as the host expects them, and from strangers |
//! | [`half_open`] | attempts to connect, and what somebody makes of the answers |
//! | [`host_ops`] | the calls of an application, datagrams of real remotes, and jumps of the clock |
//! | [`pair`] | what becomes of each datagram between two hosts that exchange packets |
//!
//! None of them draws chance from anywhere: the same bytes give the same run.

mod compress;
mod corpus;
mod datagram;
mod half_open;
mod host_ops;
mod input;
mod pair;
#[cfg(test)]
mod regression;
mod setup;
mod wire;
mod world;

pub use compress::{compressor, range_coder};
pub use corpus::replay;
pub use datagram::datagram;
pub use half_open::half_open;
pub use host_ops::host_ops;
pub use pair::pair;
pub use wire::commands;
