//! Why an attempt to connect came to nothing, in words that a player can read.

use std::{io, time::Duration};

use thiserror::Error;

use crate::{Compression, DtlsFailure};

/// Why an attempt to connect failed. `Display` is a sentence for the player. `server` is what the game asked for, as
/// `host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConnectFailure {
    /// The name has no address, or nobody told it in time.
    #[error("The name \"{0}\" could not be resolved")]
    Unresolved(String),
    /// There is no way from here to that address.
    #[error("{} ({server})", unreachable_sentence(*kind))]
    Unreachable {
        /// The server that was asked for.
        server: String,
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// The machine is there, but no program listens on that port. Only noticed by a host with
    /// [`dedicated_remote`](crate::HostOptions::dedicated_remote).
    #[error("Nothing is listening at {server}")]
    Refused {
        /// The server that was asked for.
        server: String,
    },
    /// Nothing came back. A server with another compression mode stays silent, so the sentence names this side's if it has
    /// one.
    #[error("No server answered at {server} within {}{}", seconds(*after), or_none_with(*compression))]
    TimedOut {
        /// The server that was asked for.
        server: String,
        /// How long was waited.
        after: Duration,
        /// How this side compresses.
        compression: Compression,
    },
    /// Something came back, but nothing of it could be decompressed or verified.
    #[error(
        "The server at {server} answered, but most likely in another compression mode (here: {compression})"
    )]
    Unintelligible {
        /// The server that was asked for.
        server: String,
        /// How this side compresses.
        compression: Compression,
    },
    /// All peer slots of the server are taken. Only told by servers that answer with [`SERVER_FULL`].
    #[error("The server is full")]
    ServerFull,
    /// The server ended the attempt, with this value.
    #[error("The server refused the connection (code {0})")]
    Rejected(u32),
    /// Something answered, but not as an ENet server should.
    #[error("The server at {server} answered with something that is not understood")]
    Protocol {
        /// The server that was asked for.
        server: String,
    },
    /// No encrypted session with the server came about.
    #[error("{failure} ({server})")]
    Dtls {
        /// The server that was asked for.
        server: String,
        /// What was wrong.
        failure: DtlsFailure,
    },
    /// All peer slots of this host are taken.
    #[error("There is no room for another connection")]
    NoFreeSlot,
}

impl ConnectFailure {
    /// What it means that a server ended an attempt with this value.
    pub(crate) fn from_server(data: u32) -> Self {
        if data == SERVER_FULL { Self::ServerFull } else { Self::Rejected(data) }
    }
}

/// With this value our servers turn clients away when all their peer slots are taken
/// ([`turns_surplus_away`](enet_proto::HostConfig::turns_surplus_away)). It reads "FULL" on the wire.
pub const SERVER_FULL: u32 = u32::from_be_bytes(*b"FULL");

fn unreachable_sentence(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NetworkUnreachable => "The network is unreachable",
        io::ErrorKind::HostUnreachable => "The server's machine is unreachable",
        io::ErrorKind::PermissionDenied => "This device does not allow the connection",
        _ => "The address cannot be reached from here",
    }
}

fn or_none_with(compression: Compression) -> String {
    match compression {
        Compression::None => String::new(),
        mode => format!(", or none with the same compression mode (here: {mode})"),
    }
}

fn seconds(duration: Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    match (tenths / 10, tenths % 10) {
        (1, 0) => "1 second".to_owned(),
        (whole, 0) => format!("{whole} seconds"),
        (whole, rest) => format!("{whole}.{rest} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_can_read_every_reason() {
        let server = || "10.0.0.1:7777".to_owned();
        let after = Duration::from_secs;
        let cases = [
            (ConnectFailure::Unresolved("foo".to_owned()), "The name \"foo\" could not be resolved"),
            (ConnectFailure::from_server(SERVER_FULL), "The server is full"),
            (ConnectFailure::from_server(3), "The server refused the connection (code 3)"),
            (ConnectFailure::Refused { server: server() }, "Nothing is listening at 10.0.0.1:7777"),
            (
                ConnectFailure::TimedOut {
                    server: server(),
                    after: after(5),
                    compression: Compression::None,
                },
                "No server answered at 10.0.0.1:7777 within 5 seconds",
            ),
            (
                ConnectFailure::TimedOut {
                    server: server(),
                    after: after(1),
                    compression: Compression::Zlib,
                },
                "No server answered at 10.0.0.1:7777 within 1 second, or none with the same compression mode \
                 (here: zlib)",
            ),
            (
                ConnectFailure::Unintelligible { server: server(), compression: Compression::None },
                "The server at 10.0.0.1:7777 answered, but most likely in another compression mode (here: none)",
            ),
            (
                ConnectFailure::Unreachable { server: server(), kind: io::ErrorKind::NetworkUnreachable },
                "The network is unreachable (10.0.0.1:7777)",
            ),
            (
                ConnectFailure::Dtls {
                    server: server(),
                    failure: DtlsFailure::WrongName("game.test".to_owned()),
                },
                "The server's certificate is not for \"game.test\" (10.0.0.1:7777)",
            ),
        ];
        for (failure, sentence) in cases {
            assert_eq!(failure.to_string(), sentence);
        }
    }

    #[test]
    fn a_duration_reads_well() {
        assert_eq!(seconds(Duration::from_millis(999)), "1 second");
        assert_eq!(seconds(Duration::from_millis(1500)), "1.5 seconds");
        assert_eq!(seconds(Duration::from_millis(250)), "0.3 seconds");
        assert_eq!(seconds(Duration::from_secs(30)), "30 seconds");
    }
}
