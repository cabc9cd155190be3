//! Runs the C probe against any echoing server and checks that it tried what it was meant to try.

use std::{fmt::Display, net::SocketAddr, time::Duration};

use crate::program::{Program, Source};

/// How far a probe goes.
#[derive(Clone, Copy)]
pub(crate) struct Extent {
    /// Sizes below this are left out.
    pub(crate) smallest: usize,
    /// Sizes above this are left out.
    pub(crate) longest: usize,
    /// The largest packet of every kind; above it only reliable ones are sent.
    pub(crate) largest: usize,
    /// Unreliable packets up to this size are sent again until they came back.
    pub(crate) unreliable_limit: usize,
    /// What a datagram with a fragment has beside its payload: a header, perhaps a checksum, and the fragment's own.
    pub(crate) fragment_overhead: usize,
}

impl Extent {
    /// For a path that loses next to nothing. Larger unreliable packets may overrun the operating system's buffers.
    pub(crate) const DIRECT: Self = Self { largest: 1 << 20, unreliable_limit: 65_536, ..Self::LOSSY };
    /// For the lossy relay, which hardly lets a packet of several unreliable fragments through.
    pub(crate) const LOSSY: Self = Self {
        smallest: 0,
        longest: 1 << 20,
        largest: 65_536,
        unreliable_limit: 64,
        fragment_overhead: 4 + 24,
    };
    /// For hosts that compress, through the lossy relay: C ENet's compressor crashes on empty packets.
    pub(crate) const COMPRESSED: Self = Self { smallest: 1, longest: 65_536, largest: 4000, ..Self::LOSSY };

    pub(crate) fn has(self, length: usize) -> bool {
        (self.smallest..=self.longest).contains(&length)
    }
}

/// The sizes a probe tries: empty, shorter than a word, around a datagram's capacity and around the MTU, and large.
pub(crate) const SIZES: [usize; 17] =
    [0, 1, 3, 4, 64, 1000, 1363, 1364, 1365, 1391, 1392, 1393, 4000, 20_000, 65_536, 262_144, 1 << 20];

/// How long a whole probe may take.
pub(crate) const PROBE_PATIENCE: Duration = Duration::from_secs(300);

/// The C probe against `server`, doing `meanwhile` while it runs.
#[track_caller]
pub(crate) fn run(server: SocketAddr, data: u32, extent: Extent, meanwhile: impl FnMut()) {
    run_sealed(server, data, extent, &[], meanwhile);
}

/// [`run`] with the words that set up compression and checksums.
#[track_caller]
pub(crate) fn run_sealed(
    server: SocketAddr,
    data: u32,
    extent: Extent,
    seal: &[&str],
    mut meanwhile: impl FnMut(),
) {
    let Extent { smallest, longest, largest, unreliable_limit, .. } = extent;
    let port = server.port();
    let mut arguments: Vec<&dyn Display> =
        vec![&port, &data, &smallest, &longest, &largest, &unreliable_limit];
    arguments.extend(seal.iter().map(|word| word as &dyn Display));
    let mut probe = Program::start(Source::Probe, &arguments);
    let verdict = probe.wait_with("DONE ", PROBE_PATIENCE, &mut meanwhile);
    assert_eq!(verdict, "ok");
    assert_eq!(probe.seen()[0], "CONNECTED 3");
    for length in SIZES.into_iter().filter(|&length| extent.has(length)) {
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
