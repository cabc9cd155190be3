//! A server's answer to whoever it does not know. A hello without a cookie is answered with one and forgotten; only a
//! hello that brings it back, and so comes from where it says, becomes a session.

use std::net::SocketAddr;

use enet_proto::Millis;
use openssl::{
    error::ErrorStack,
    ssl::{Ssl, SslContext, SslStream},
};
use parking_lot::Mutex;

use super::{context, cookie::Caller, pipe::Pipe, raw, session};
use session::Session;

/// Turns hellos into sessions.
pub(super) struct Gate {
    context: SslContext,
    mtu: u16,
    /// Used for one hello after another until one becomes a session.
    listener: Option<SslStream<Pipe>>,
}

/// What became of a hello.
pub(super) enum Greeting {
    Ignored,
    /// The answer to be sent.
    Verify(Vec<u8>),
    Session(Session),
}

impl Gate {
    pub(super) fn new(context: SslContext, mtu: u16) -> Self {
        Self { context, mtu, listener: None }
    }

    pub(super) fn greet(&mut self, now: Millis, from: SocketAddr, hello: &[u8]) -> Greeting {
        self.try_greet(now, from, hello).unwrap_or_else(|error| {
            log::warn!("a DTLS hello cannot be answered: {error}");
            Greeting::Ignored
        })
    }

    fn try_greet(&mut self, now: Millis, from: SocketAddr, hello: &[u8]) -> Result<Greeting, ErrorStack> {
        let mut listener = match self.listener.take() {
            Some(listener) => listener,
            None => self.listen(Caller::new(now, from))?,
        };
        if let Some(caller) = listener.ssl().ex_data(context::caller_index()?) {
            *caller.lock() = Caller::new(now, from);
        }
        listener.get_mut().offer(hello);
        if raw::listen(&mut listener) {
            return Ok(Greeting::Session(Session::accept(listener)));
        }
        let answer = listener.get_mut().pop();
        self.listener = Some(listener);
        Ok(answer.map_or(Greeting::Ignored, Greeting::Verify))
    }

    fn listen(&self, caller: Caller) -> Result<SslStream<Pipe>, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        ssl.set_ex_data(context::caller_index()?, Mutex::new(caller));
        session::prepare(&mut ssl, self.mtu)?;
        ssl.set_accept_state();
        SslStream::new(ssl, Pipe::default())
    }
}
