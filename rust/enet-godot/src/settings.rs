//! What a game can set on the server and on the client before and while they run, and its ranges.

use std::time::Duration;

use enet_driver::Compression;
use enet_driver::enet_proto::AdmissionLimits;
use godot::global::Error;

use crate::limit_settings;
use crate::limits::{Limits, suspends_timeouts};
use crate::outgoing::misuse;

/// Settings that outlive a session.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// Longest sleep of the network thread while nothing happens.
    pub(crate) poll_interval: Duration,
    /// What clients are held to. The client has no use for it.
    pub(crate) limits: Limits,
    /// How datagrams are compressed.
    pub(crate) compression: Compression,
    /// From `peer_connecting` to being let in; zero is no limit. The client has no use for it.
    pub(crate) authentication_timeout: Duration,
    /// How long an end may take to deliver what was sent, unless the class has a default of its own.
    pub(crate) linger: Option<Duration>,
    /// Who may connect to the server when many want to.
    pub(crate) admission: AdmissionLimits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            poll_interval: Duration::from_millis(10),
            limits: Limits::DEFAULT,
            compression: Compression::None,
            authentication_timeout: Duration::from_secs(10),
            linger: None,
            admission: AdmissionLimits::DEFAULT,
        }
    }
}

impl Settings {
    /// As the project wants them.
    pub(crate) fn of_project() -> Self {
        let (mut settings, mut before) = (Self::default(), Self::default());
        limit_settings::follow(&mut settings, &mut before);
        settings.limits.suspends_timeouts = suspends_timeouts();
        settings
    }

    /// The poll interval as scripts know it, in milliseconds.
    pub(crate) fn poll_rate(self) -> i64 {
        i64::try_from(self.poll_interval.as_millis()).unwrap_or(i64::MAX)
    }
}

/// The poll interval that a script asked for.
pub(crate) fn poll_interval(rate_ms: i64) -> Result<Duration, Error> {
    match u64::try_from(rate_ms) {
        Ok(rate_ms @ 1..) => Ok(Duration::from_millis(rate_ms)),
        _ => {
            let message = "The poll rate must be 1 millisecond or more; it stays as it was.";
            Err(misuse(Error::ERR_INVALID_PARAMETER, message))
        }
    }
}

/// The compression mode that a script asked for, one of `ENetServer.CompressionMode`.
pub(crate) fn compression(mode: i64) -> Result<Compression, Error> {
    Compression::ALL.into_iter().find(|&known| known as i64 == mode).ok_or_else(|| {
        let message = format!(
            "The compression mode must be one of ENetServer.CompressionMode, 0 to 5, and not {mode}; it stays as it \
             was."
        );
        misuse(Error::ERR_INVALID_PARAMETER, &message)
    })
}

/// The time for delivering what was sent, in the seconds that a script asked for.
pub(crate) fn linger(seconds: f64) -> Result<Duration, Error> {
    if (0.0..=LONGEST_LINGER).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    let message = format!("The linger time must be 0 to {LONGEST_LINGER} seconds; it stays as it was.");
    Err(misuse(Error::ERR_INVALID_PARAMETER, &message))
}

/// A UDP port of at least `first`.
pub(crate) fn port(port: i64, first: u16) -> Result<u16, Error> {
    u16::try_from(port).ok().filter(|&port| port >= first).ok_or_else(|| {
        let message = format!("{port} is not a UDP port. Use a number from {first} to 65535.");
        misuse(Error::ERR_INVALID_PARAMETER, &message)
    })
}

/// A number of channels; 0 is all that ENet has.
pub(crate) fn channels(channels: i64) -> Result<u8, Error> {
    match u8::try_from(channels) {
        Ok(0) => Ok(u8::MAX),
        Ok(channels) => Ok(channels),
        Err(_) => {
            let message =
                format!("A connection cannot have {channels} channels. Use a number from 1 to 255.");
            Err(misuse(Error::ERR_INVALID_PARAMETER, &message))
        }
    }
}

/// A number of clients.
pub(crate) fn peers(peers: i64) -> Result<usize, Error> {
    usize::try_from(peers).ok().filter(|peers| (1..=MAXIMUM_PEERS).contains(peers)).ok_or_else(|| {
        let message = format!("A server cannot have {peers} peers. Use a number from 1 to {MAXIMUM_PEERS}.");
        misuse(Error::ERR_INVALID_PARAMETER, &message)
    })
}

/// The longest time for delivering what was sent, in seconds.
const LONGEST_LINGER: f64 = 60.0;

/// The most peers of an ENet host: their number has 12 bits on the wire, and one value is taken.
const MAXIMUM_PEERS: usize = 4095;
