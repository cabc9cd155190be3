//! The range coder and the checksum with C ENet, in both directions, through a relay that loses a fifth each way.

use enet_driver::{
    Compression, HostOptions,
    enet_proto::{DisconnectReason, HostConfig},
};

use crate::{
    exchange::{assert_came_and_went, run_our_client},
    ours::{self, EchoServer},
    probe::{self, Extent},
    program::Program,
    support::{Relay, RelayLinks, seed},
};

/// What both sides are set up with: our options, and the words that tell the C programs the same.
struct Seal {
    compression: Compression,
    checksums: bool,
}

const RANGE_CODER: Seal = Seal { compression: Compression::RangeCoder, checksums: false };
const CHECKSUM: Seal = Seal { compression: Compression::None, checksums: true };
const BOTH: Seal = Seal { compression: Compression::RangeCoder, checksums: true };

impl Seal {
    fn options(&self, peers: usize) -> HostOptions {
        let options = ours::options(peers);
        let host = HostConfig { checksums: self.checksums, ..options.host };
        HostOptions { host, compression: self.compression, ..options }
    }

    fn words(&self) -> Vec<&'static str> {
        let compresses = self.compression == Compression::RangeCoder;
        [(compresses, "range_coder"), (self.checksums, "checksum")]
            .into_iter()
            .filter_map(|(has, word)| has.then_some(word))
            .collect()
    }

    fn extent(&self) -> Extent {
        let checksum = if self.checksums { 4 } else { 0 };
        Extent { fragment_overhead: Extent::COMPRESSED.fragment_overhead + checksum, ..Extent::COMPRESSED }
    }

    #[track_caller]
    fn c_client_with_our_server(&self) {
        let mut server = EchoServer::with(self.options(4));
        let relay = Relay::start(server.address(), RelayLinks::lossy(), seed());
        probe::run_sealed(relay.address(), 17, self.extent(), &self.words(), || server.turn());
        assert!(relay.stop() > 0, "the relay lost nothing");
        assert_came_and_went(&mut server);
        let stats = server.host.stats();
        assert_eq!(stats.unintelligible(), 0, "{stats:?}");
    }

    #[track_caller]
    fn our_client_with_a_c_server(&self) {
        let (mut echo, port) = Program::start_sealed_echo(4, &self.words());
        let relay = Relay::start(ours::loopback(port), RelayLinks::lossy(), seed());
        let ended = run_our_client(self.options(1), relay.address(), self.extent());
        // C ENet acknowledges a goodbye once; when that is lost, nobody answers.
        assert!(matches!(ended, DisconnectReason::Local | DisconnectReason::TimedOut), "{ended:?}");
        assert_eq!(echo.wait_for("CONNECTED "), "0 3 17");
        assert!(relay.stop() > 0, "the relay lost nothing");
    }
}

#[test]
fn a_c_client_and_our_server_with_the_range_coder() {
    RANGE_CODER.c_client_with_our_server();
}

#[test]
fn our_client_and_a_c_server_with_the_range_coder() {
    RANGE_CODER.our_client_with_a_c_server();
}

#[test]
fn a_c_client_and_our_server_with_checksums() {
    CHECKSUM.c_client_with_our_server();
}

#[test]
fn our_client_and_a_c_server_with_checksums() {
    CHECKSUM.our_client_with_a_c_server();
}

#[test]
fn a_c_client_and_our_server_with_both() {
    BOTH.c_client_with_our_server();
}

#[test]
fn our_client_and_a_c_server_with_both() {
    BOTH.our_client_with_a_c_server();
}
