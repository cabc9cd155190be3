//! Datagrams that pass the system in runs, where it can: for a single client that is to keep a server busy, whatever the
//! server does.

use std::{
    io::{self, IoSliceMut},
    net::SocketAddr,
};

use mio::net::UdpSocket;
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};

/// What is about to leave in one run, and how the system is asked for runs.
pub(crate) struct Runs {
    state: UdpSocketState,
    to: SocketAddr,
    outgoing: Vec<u8>,
    /// The length of all datagrams of the run but the last.
    unit: usize,
    count: usize,
    is_ended: bool,
}

impl Runs {
    pub(crate) fn new(socket: &UdpSocket, to: SocketAddr) -> io::Result<Self> {
        let state = UdpSocketState::new(socket.into())?;
        Ok(Self { state, to, outgoing: Vec::new(), unit: 0, count: 0, is_ended: false })
    }

    /// Puts a datagram behind those that wait, which leave first if it does not belong to them.
    pub(crate) fn send(&mut self, socket: &UdpSocket, datagram: &[u8]) {
        let is_room = self.outgoing.len() + datagram.len() <= LONGEST_RUN;
        let is_few = self.count < self.state.max_gso_segments();
        if self.is_ended || datagram.len() > self.unit || !is_room || !is_few {
            self.flush(socket);
            self.unit = datagram.len();
        }
        self.outgoing.extend_from_slice(datagram);
        self.count += 1;
        self.is_ended = datagram.len() < self.unit;
    }

    pub(crate) fn flush(&mut self, socket: &UdpSocket) {
        if self.count > 0 {
            let transmit = Transmit {
                destination: self.to,
                ecn: None,
                contents: &self.outgoing,
                segment_size: Some(self.unit),
                src_ip: None,
            };
            // Loopback may be full for a moment: loss, which the protocol repairs.
            let _ = self.state.try_send(socket.into(), &transmit);
        }
        self.outgoing.clear();
        (self.unit, self.count, self.is_ended) = (0, 0, false);
    }

    /// Receives a run: its length in all, and that of each datagram but the last.
    pub(crate) fn receive(&self, socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, usize)> {
        let mut meta = [RecvMeta::default()];
        self.state.recv(socket.into(), &mut [IoSliceMut::new(buffer)], &mut meta)?;
        Ok((meta[0].len, meta[0].stride.max(1)))
    }
}

/// What fits into one message.
const LONGEST_RUN: usize = 65_000;
