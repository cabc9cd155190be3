//! Encrypted hosts over real sockets on loopback, directly and over a bad network.
#![cfg(feature = "dtls")]

#[path = "../support/certificates.rs"]
#[expect(dead_code, reason = "shared with the tests of the layer")]
mod certificates;
#[path = "../it/common.rs"]
#[allow(dead_code, reason = "shared with the tests of plain hosts")]
mod common;
#[path = "../support/mod.rs"]
mod support;

mod refusals;
mod sessions;

use certificates::{GAME, Identity};
use enet_driver::{Dtls, HostOptions, Verification};

/// A server's options, and those of a client that knows its certificate.
fn both() -> (HostOptions, HostOptions) {
    let identity = certificates::self_signed(GAME, &certificates::p256());
    (server(&identity), client("game.test", &identity.chain))
}

fn server(identity: &Identity) -> HostOptions {
    let dtls = Dtls::server(&identity.chain, &identity.key).expect("a good identity");
    HostOptions { dtls: Some(dtls), ..common::local() }
}

fn client(name: &str, roots: &[u8]) -> HostOptions {
    let dtls = Dtls::client(name, roots, Verification::Full).expect("good roots");
    HostOptions { dtls: Some(dtls), ..common::local() }
}
