//! The ENet 1.3 protocol as a sans-IO state machine: bytes and time in, bytes, events and deadlines out.
//!
//! [`Host`] owns the protocol state of one UDP endpoint and of all its peers, and nothing else: no socket, no
//! thread, no clock, no global. Whoever drives it
//!
//! 1. changes it with one call ([`Host::handle_datagram`], [`Host::handle_timeout`], or one of the application's
//!    calls such as [`Host::send`]),
//! 2. drains [`Host::poll_transmit`] and [`Host::poll_event`] until both are empty (several calls of step 1 may
//!    share one drain),
//! 3. waits for the next datagram or until [`Host::poll_timeout`].
//!
//! The same seed and the same calls at the same times give the same bytes. The network cannot cause an error or a
//! panic, only a counter in [`HostStats`]; the caller cannot cause a panic, only an error.
#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::cast_possible_truncation, reason = "the numbers of test data are small"))]

mod channel;
mod compress;
mod config;
mod counters;
mod event;
mod frugal;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod host;
mod packet;
mod peer;
mod rng;
mod seq;
mod time;
#[cfg(test)]
mod vectors;
mod wire;

pub use compress::{Compressor, RangeCoder};
pub use config::{AdmissionLimits, ConfigError, HostConfig, PeerRates, PeerTimeouts, ThrottleConfig};
pub use event::{DisconnectReason, Event, Limit, LimitStage, PeerId};
pub use host::{Host, HostStats};
pub use packet::{ConnectError, Delivery, Packet, SendError};
pub use peer::{PeerState, PeerStats};
pub use time::Millis;
