//! A seeded link emulator: what happens to datagrams between two sockets, without sockets, threads or a clock.
//!
//! A [`Link`] is one direction. Whoever owns it hands it datagrams and times in milliseconds, and takes out what
//! arrives:
//!
//! ```
//! use enet_netem::{Link, LinkConfig};
//!
//! let mut link = Link::new(LinkConfig { delay_ms: 20, ..LinkConfig::PERFECT }, 1);
//! link.send(0, b"hello");
//! assert_eq!(link.next_arrival(), Some(20));
//! assert_eq!(link.poll(19), None);
//! assert_eq!(link.poll(20).as_deref(), Some(&b"hello"[..]));
//! ```
//!
//! The same configuration, the same seed and the same calls give the same outcome to the byte, so a failing test is
//! replayed by its seed alone.
#![forbid(unsafe_code)]

mod bottleneck;
mod config;
mod link;
mod loss;
mod rng;
mod stats;

pub use config::{BurstLoss, LinkConfig};
pub use link::Link;
pub use stats::LinkStats;
