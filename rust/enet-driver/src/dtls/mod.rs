//! DTLS 1.2 between the sockets and the protocol: who a host trusts or is, and the sessions with its remotes.
//!
//! Each datagram of the protocol travels as one DTLS record. Nothing here owns a socket or a thread: datagrams and the
//! time go in, plain datagrams, encrypted ones and outcomes come out of [`Layer`].
//!
//! | file | what it owns |
//! | --- | --- |
//! | `context` | certificates, keys and what is verified |
//! | `layer` | the sessions of one host, by address: limits, deadlines, ends |
//! | `gate` | the server's first answer, given without keeping anything |
//! | `cookie` | the token in it |
//! | `half_open` | how many sessions may be under way, in all and for one network |
//! | `session` | one session: handshake, records, alerts |
//! | `pipe` | what OpenSSL takes for a socket |
//! | `wire` | what is read of a datagram without OpenSSL |
//! | `raw` | the calls that the `openssl` crate has no safe form of |
//! | `absent` | the same surface in a build without the feature `dtls` |

mod failure;

#[cfg(not(feature = "dtls"))]
mod absent;
#[cfg(feature = "dtls")]
mod context;
#[cfg(feature = "dtls")]
mod cookie;
#[cfg(feature = "dtls")]
mod gate;
#[cfg(feature = "dtls")]
mod half_open;
#[cfg(feature = "dtls")]
mod layer;
#[cfg(feature = "dtls")]
mod pipe;
#[cfg(feature = "dtls")]
mod raw;
#[cfg(feature = "dtls")]
mod session;
#[cfg(feature = "dtls")]
mod wire;

#[cfg(not(feature = "dtls"))]
pub use absent::Dtls;
#[cfg(not(feature = "dtls"))]
pub(crate) use absent::Layer;
#[cfg(feature = "dtls")]
pub use context::Dtls;
#[cfg(feature = "dtls")]
pub(crate) use layer::Layer;

pub use failure::{DtlsError, DtlsFailure};

use enet_proto::counters;

/// How much of a server's certificate a client checks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verification {
    /// That a trusted authority has issued it, for the name that is expected.
    #[default]
    Full,
    /// That a trusted authority has issued it, for whatever name.
    ChainOnly,
    /// Nothing. Whoever answers is believed.
    Nothing,
}

counters! {
    /// What the DTLS of a host has done. All but `sessions` start at 0 with the host.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct DtlsStats {
        /// Sessions that exist, handshakes under way included.
        pub sessions: u64,
        /// Handshakes that succeeded.
        pub handshakes: u64,
        /// Handshakes that did not: refused by one side, or not finished in time.
        pub failed_handshakes: u64,
        /// Requests to verify an address, sent without keeping anything.
        pub verify_requests: u64,
        /// Hellos that were not looked at, because too many handshakes were under way or new connections are refused.
        pub refused_hellos: u64,
        /// Datagrams dropped for the want of a session, in both directions.
        pub dropped_datagrams: u64,
    }
}

/// What a DTLS record adds to a datagram: 13 bytes of header, and 24 of nonce and tag with AES-GCM.
pub(crate) const RECORD_OVERHEAD: u16 = 37;

#[cfg(all(test, feature = "dtls"))]
#[path = "../../tests/support/certificates.rs"]
#[allow(dead_code, reason = "shared with the tests over sockets")]
mod certificates;
#[cfg(all(test, feature = "dtls"))]
#[expect(clippy::cast_possible_truncation, reason = "the numbers are small")]
mod layer_tests;
#[cfg(all(test, feature = "dtls", unix))]
#[expect(clippy::cast_possible_truncation, reason = "the numbers are small")]
mod openssl_tests;
