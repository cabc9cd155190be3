//! Hosts in a simulated network: virtual time, seeded links, exact assertions.
//!
//! `ENET_SEED=n` replays the runs of a failed test with that seed alone.
#![allow(missing_docs, clippy::cast_possible_truncation, reason = "test code with small numbers")]

mod admission;
mod back_pressure;
mod chaos;
mod counters;
mod dice;
mod ending;
mod handshake;
mod hostile;
mod limits;
mod network;
mod oracle;
mod pings;
mod rates;
mod recovery;
mod sealed;
mod sessions;
mod town;
mod transfer;
mod weaknesses;
