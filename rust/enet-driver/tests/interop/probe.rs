//! Runs the C probe against any echoing server and checks that it tried what it was meant to try.

use std::{net::SocketAddr, time::Duration};

use crate::program::{Program, Source};

/// How far a probe goes.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    /// The largest packet of every kind; above it only reliable ones are sent.
    pub(crate) largest: usize,
    /// Unreliable packets up to this size are sent again until they came back.
    pub(crate) unreliable_limit: usize,
}

impl Extent {
    /// For a path that loses next to nothing. Larger unreliable packets may overrun the operating system's buffers.
    pub(crate) const DIRECT: Self = Self { largest: 1 << 20, unreliable_limit: 65_536 };
    /// For the lossy relay, which hardly lets a packet of several unreliable fragments through.
    pub(crate) const LOSSY: Self = Self { largest: 65_536, unreliable_limit: 64 };
}

/// The sizes a probe tries: empty, shorter than a word, around a datagram's capacity and around the MTU, and large.
pub(crate) const SIZES: [usize; 17] =
    [0, 1, 3, 4, 64, 1000, 1363, 1364, 1365, 1391, 1392, 1393, 4000, 20_000, 65_536, 262_144, 1 << 20];

/// How long a whole probe may take.
pub(crate) const PROBE_PATIENCE: Duration = Duration::from_secs(180);

/// The C probe against `server`, doing `meanwhile` while it runs.
#[track_caller]
pub(crate) fn run(server: SocketAddr, data: u32, extent: Extent, mut meanwhile: impl FnMut()) {
    let arguments: [&dyn std::fmt::Display; 4] =
        [&server.port(), &data, &extent.largest, &extent.unreliable_limit];
    let mut probe = Program::start(Source::Probe, &arguments);
    let verdict = probe.wait_with("DONE ", PROBE_PATIENCE, &mut meanwhile);
    assert_eq!(verdict, "ok");
    assert_eq!(probe.seen()[0], "CONNECTED 3");
    for length in SIZES {
        let came_back =
            |flags: u8| (0..3).any(|c| probe.seen().contains(&format!("RECV {c} {flags} {length}")));
        assert!(came_back(RELIABLE), "no reliable packet of {length} bytes");
        if length > extent.unreliable_limit {
            continue;
        }
        let one_datagram = length <= 1000;
        let many_datagrams = length > 1400;
        assert!(many_datagrams || one_datagram || came_back(UNSEQUENCED) || came_back(UNRELIABLE_FRAGMENT));
        assert!(!one_datagram || (came_back(UNRELIABLE) && came_back(UNSEQUENCED)), "{length} bytes");
        assert!(!many_datagrams || came_back(UNRELIABLE_FRAGMENT), "{length} bytes");
    }
}

const UNRELIABLE: u8 = 0;
const RELIABLE: u8 = 1;
const UNSEQUENCED: u8 = 2;
const UNRELIABLE_FRAGMENT: u8 = 8;
