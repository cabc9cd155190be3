//! One session: its handshake, its records, and how it ends.

use openssl::{
    error::ErrorStack,
    ssl::{self, ErrorCode, SslStream},
    x509::X509VerifyResult,
};
use std::time::Duration;

use super::{DtlsFailure, context::ClientTerms, pipe::Pipe, raw, wire};

/// One session with one remote. After each call that may have given it something to send, [`take`](Self::take) is to be
/// drained.
pub(super) struct Session {
    stream: SslStream<Pipe>,
    state: State,
    /// The name that the remote's certificate must be for; empty for any.
    name: String,
    /// The least that the cipher makes of a payload, in bytes.
    least_sealed: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum State {
    Handshake,
    Open,
    /// Over, for this reason.
    Ended(DtlsFailure),
}

impl Session {
    /// Begins a session with a server.
    pub(super) fn connect(terms: &ClientTerms, mtu: u16) -> Result<Self, ErrorStack> {
        let mut ssl = terms.session()?;
        prepare(&mut ssl, mtu)?;
        ssl.set_connect_state();
        let stream = SslStream::new(ssl, Pipe::default())?;
        Ok(Self::begin(stream, terms.name().to_owned()))
    }

    /// Goes on with what [`raw::listen`] has found.
    pub(super) fn accept(stream: SslStream<Pipe>) -> Self {
        Self::begin(stream, String::new())
    }

    fn begin(stream: SslStream<Pipe>, name: String) -> Self {
        let mut session = Self { stream, state: State::Handshake, name, least_sealed: GCM_OVERHEAD };
        session.shake_hands();
        session
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Takes a datagram from the remote, and gives the payload of each record in it to `deliver`. `scratch` has room
    /// for the largest.
    pub(super) fn handle_datagram(
        &mut self,
        datagram: &[u8],
        scratch: &mut [u8],
        deliver: &mut dyn FnMut(&[u8]),
    ) {
        // OpenSSL ends a session over these, an empty datagram among them, although anybody can send one.
        if !wire::is_dtls(datagram) || wire::has_stub(datagram, self.least_sealed) {
            return;
        }
        self.stream.get_mut().offer(datagram);
        if self.state == State::Handshake {
            self.shake_hands();
        }
        while self.state == State::Open {
            raw::clear_errors();
            match self.stream.ssl_read(scratch) {
                Ok(length) => deliver(&scratch[..length]),
                Err(error) if is_waiting(&error) => return,
                Err(error) => self.state = State::Ended(self.failure(&error)),
            }
        }
    }

    /// To be called when [`time_left`](Self::time_left) has passed.
    pub(super) fn handle_timeout(&mut self) {
        if !raw::handle_timeout(&mut self.stream) {
            self.state = State::Ended(DtlsFailure::TimedOut);
        }
    }

    /// Puts the record that carries `datagram` in its place. False if the session cannot carry anything.
    pub(super) fn seal(&mut self, datagram: &mut Vec<u8>) -> bool {
        if self.state != State::Open {
            return false;
        }
        raw::clear_errors();
        match self.stream.ssl_write(datagram) {
            Ok(_) => self.stream.get_mut().swap(datagram),
            Err(error) => {
                self.state = State::Ended(self.failure(&error));
                false
            }
        }
    }

    /// Tells the remote that this is the end.
    pub(super) fn close(&mut self) {
        if self.state == State::Open {
            raw::clear_errors();
            // A second call would wait for the remote's word; nobody here does.
            let _sent = self.stream.shutdown();
            self.state = State::Ended(DtlsFailure::Closed);
        }
    }

    /// The next datagram to be sent, other than those that `seal` makes.
    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        self.stream.get_mut().pop()
    }

    /// How long until [`handle_timeout`](Self::handle_timeout) is to be called.
    pub(super) fn time_left(&self) -> Option<Duration> {
        raw::time_left(self.stream.ssl())
    }

    fn shake_hands(&mut self) {
        raw::clear_errors();
        match self.stream.do_handshake() {
            Ok(()) => {
                self.state = State::Open;
                let cipher = self.stream.ssl().current_cipher().map_or("", |cipher| cipher.name());
                self.least_sealed = if cipher.contains("CHACHA20") { CHACHA_OVERHEAD } else { GCM_OVERHEAD };
            }
            Err(error) if is_waiting(&error) => {}
            Err(error) => self.state = State::Ended(self.failure(&error)),
        }
    }

    fn failure(&self, error: &ssl::Error) -> DtlsFailure {
        log::debug!("a DTLS session ends: {error}");

        if error.code() == ErrorCode::ZERO_RETURN {
            return DtlsFailure::Closed;
        }
        let reasons = || {
            error.ssl_error().into_iter().flat_map(|stack| stack.errors()).map(|error| error.reason_code())
        };
        if reasons().any(|reason| reason == VERIFY_FAILED) {
            return self.mistrust(self.stream.ssl().verify_result());
        }
        let alert = reasons().find_map(|reason| u8::try_from(reason - ALERT_REASONS).ok());
        alert.map_or(DtlsFailure::Broken, DtlsFailure::Refused)
    }

    fn mistrust(&self, result: X509VerifyResult) -> DtlsFailure {
        match result.as_raw() {
            openssl_sys::X509_V_ERR_CERT_HAS_EXPIRED => DtlsFailure::Expired,
            openssl_sys::X509_V_ERR_CERT_NOT_YET_VALID => DtlsFailure::NotYetValid,
            openssl_sys::X509_V_ERR_HOSTNAME_MISMATCH => DtlsFailure::WrongName(self.name.clone()),
            _ => DtlsFailure::Untrusted,
        }
    }
}

/// What every session needs to know about its path.
pub(super) fn prepare(ssl: &mut ssl::SslRef, mtu: u16) -> Result<(), ErrorStack> {
    ssl.set_mtu(u32::from(mtu))?;
    raw::set_timer(ssl);
    Ok(())
}

fn is_waiting(error: &ssl::Error) -> bool {
    matches!(error.code(), ErrorCode::WANT_READ | ErrorCode::WANT_WRITE)
}

/// Nonce and tag. Until the cipher is known, all that is protected is longer.
const GCM_OVERHEAD: usize = 24;
/// The tag.
const CHACHA_OVERHEAD: usize = 16;
/// `SSL_R_CERTIFICATE_VERIFY_FAILED`
const VERIFY_FAILED: i32 = 134;
/// `SSL_AD_REASON_OFFSET`: OpenSSL's reasons from here on are alerts that were received.
const ALERT_REASONS: i32 = 1000;
