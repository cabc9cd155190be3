//! Our hosts against the system's C ENet, over real sockets: directly, and through a relay that loses, reorders and
//! doubles datagrams.
//!
//! Its range coder is compared with ours byte by byte, without a socket.
//!
//! The programs in `c/` are built by the tests with `cc` and `-lenet`. A missing compiler or library fails the tests:
//! interoperability that was not tried is not shown.
#![cfg(unix)]

mod ours;
mod probe;
mod program;
mod series;
#[path = "../support/mod.rs"]
mod support;

mod c_with_c;
mod connections;
mod crowd;
mod discovery;
mod exchange;
mod flood;
mod range_coder;
mod sealed;
