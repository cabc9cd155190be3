//! How a host is set up for a run.

use super::input::Input;
use crate::compress::Compressor;
use crate::config::{AdmissionLimits, HostConfig};
use crate::host::Host;

/// What all hosts of a run have in common, and the limits of the one that is looked at.
pub(super) struct Setup {
    pub(super) config: HostConfig,
    pub(super) is_compressed: bool,
}

impl Setup {
    /// Two bytes of the input.
    pub(super) fn new(input: &mut Input<'_>) -> Self {
        let (kind, limits) = (input.byte(), input.byte());
        let is_set = |bit: u8| limits & (1 << bit) != 0;
        let defaults = HostConfig::default();
        let config = HostConfig {
            peers: 1 + usize::from(kind >> 4 & 3),
            mtu: [1392, 576, 4096, 1000][usize::from(kind >> 2 & 3)],
            checksums: kind & 1 != 0,
            channel_limit: if is_set(0) { 2 } else { 255 },
            maximum_packet_size: if is_set(1) { 9000 } else { 1 << 20 },
            maximum_waiting_data: if is_set(2) { 2000 } else { 1 << 20 },
            maximum_total_waiting_data: if is_set(3) { 3000 } else { 4 << 20 },
            maximum_queued_data: if is_set(4) { 4000 } else { 1 << 20 },
            incoming_bandwidth: if is_set(5) { 50_000 } else { 0 },
            outgoing_bandwidth: if is_set(6) { 50_000 } else { 0 },
            turns_surplus_away: is_set(7).then_some(7),
            admission: if kind & 0x40 != 0 { NARROW } else { defaults.admission },
            ..defaults
        };
        Self { config, is_compressed: kind & 2 != 0 }
    }

    /// The host that is looked at.
    pub(super) fn host(&self) -> Host {
        self.make(self.config.clone(), 1)
    }

    /// A remote: what both ends have to agree about is the same, all else is as by default.
    pub(super) fn remote(&self, seed: u64) -> Host {
        let HostConfig { mtu, checksums, .. } = self.config;
        self.make(HostConfig { peers: 4, mtu, checksums, ..HostConfig::default() }, seed)
    }

    fn make(&self, config: HostConfig, seed: u64) -> Host {
        let mut host = Host::new(config, seed).expect("every setup is within the ranges");
        if self.is_compressed {
            host.set_compressor(Some(Box::new(Squeeze)));
        }
        host
    }
}

/// Limits that a few attempts to connect come to.
const NARROW: AdmissionLimits = AdmissionLimits {
    half_open: 2,
    connects_per_second: 1,
    connects_per_prefix: 1,
    connections_per_address: 1,
};

/// What one run of equal bytes is worth. Counting further takes time and shows nothing more.
const MOST_SQUEEZED: usize = 50;

/// A compressor that costs next to nothing, in place of one that would cost more than all else in a run together and has
/// a target of its own: the run of equal bytes at the end becomes its length.
#[derive(Debug)]
pub(super) struct Squeeze;

impl Compressor for Squeeze {
    fn compress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        let Some(&last) = input.last() else { return false };
        let run = input.iter().rev().take(MOST_SQUEEZED).take_while(|&&byte| byte == last).count();
        let before = &input[..input.len() - run];
        let Ok(run) = u16::try_from(run) else { return false };
        output.extend_from_slice(&run.to_be_bytes());
        output.push(last);
        output.extend_from_slice(before);
        3 + before.len() <= limit
    }

    fn decompress(&mut self, input: &[u8], limit: usize, output: &mut Vec<u8>) -> bool {
        let Some((&[high, low, last], before)) = input.split_first_chunk() else { return false };
        let run = usize::from(u16::from_be_bytes([high, low]));
        if !(1..=limit).contains(&(before.len() + run)) {
            return false;
        }
        output.extend_from_slice(before);
        output.resize(output.len() + run, last);
        true
    }
}
