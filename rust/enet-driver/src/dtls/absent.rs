//! DTLS in a build without it: it cannot be set up, so there is never a layer.
#![expect(clippy::needless_pass_by_ref_mut, reason = "the surface is that of the real layer")]

use std::{collections::HashSet, convert::Infallible, net::SocketAddr};

use enet_proto::Millis;

use super::{DtlsError, DtlsFailure, DtlsStats, Verification};

/// How a host encrypts. There is none in this build.
#[derive(Clone, Debug)]
pub struct Dtls(Infallible);

impl Dtls {
    /// Not in this build.
    ///
    /// # Errors
    /// Always [`DtlsError::Unavailable`].
    pub fn server(_certificates: &[u8], _key: &[u8]) -> Result<Self, DtlsError> {
        Err(DtlsError::Unavailable)
    }

    /// Not in this build.
    ///
    /// # Errors
    /// Always [`DtlsError::Unavailable`].
    pub fn client(_name: &str, _roots: &[u8], _verification: Verification) -> Result<Self, DtlsError> {
        Err(DtlsError::Unavailable)
    }
}

#[derive(Debug)]
pub(crate) struct Layer(Infallible);

impl Layer {
    pub(crate) fn new(dtls: &Dtls, _mtu: u16, _peers: usize) -> Self {
        match dtls.0 {}
    }

    pub(crate) fn is_client(&self) -> bool {
        match self.0 {}
    }

    pub(crate) fn connect(&mut self, _now: Millis, _to: SocketAddr) {
        match self.0 {}
    }

    pub(crate) fn handle_datagram(
        &mut self,
        _now: Millis,
        _from: SocketAddr,
        _datagram: &[u8],
        _deliver: &mut dyn FnMut(&[u8]),
    ) -> usize {
        match self.0 {}
    }

    pub(crate) fn seal(&mut self, _to: SocketAddr, _datagram: &mut Vec<u8>) -> bool {
        match self.0 {}
    }

    pub(crate) fn send(&mut self, _to: SocketAddr, _datagram: &[u8]) {
        match self.0 {}
    }

    pub(crate) fn poll_transmit(&mut self, _datagram: &mut Vec<u8>) -> Option<SocketAddr> {
        match self.0 {}
    }

    pub(crate) fn poll_event(&mut self) -> Option<(SocketAddr, Result<(), DtlsFailure>)> {
        match self.0 {}
    }

    pub(crate) fn poll_timeout(&self) -> Option<Millis> {
        match self.0 {}
    }

    pub(crate) fn handle_timeout(&mut self, _now: Millis) {
        match self.0 {}
    }

    pub(crate) fn is_sweep_due(&self, _now: Millis) -> bool {
        match self.0 {}
    }

    pub(crate) fn sweep(&mut self, _now: Millis, _in_use: &HashSet<SocketAddr>) {
        match self.0 {}
    }

    pub(crate) fn on_connected(&mut self, _remote: SocketAddr) {
        match self.0 {}
    }

    pub(crate) fn give_up(&mut self, _remote: SocketAddr) -> DtlsFailure {
        match self.0 {}
    }

    pub(crate) fn set_refusing(&mut self, _is_refusing: bool) {
        match self.0 {}
    }

    pub(crate) fn close_all(&mut self) {
        match self.0 {}
    }

    pub(crate) fn stats(&self) -> DtlsStats {
        match self.0 {}
    }
}
