//! Logins of [`ENetServer`]: who is asked about them, and what is made of the answer, whenever it comes.

use std::time::Instant;

use godot::global::Error;
use godot::prelude::*;

use crate::outgoing::misuse;
use crate::server::{AuthMode, ENetServer};
use crate::server_peer::ENetServerPeer;
use crate::verdict::Verdict;
use crate::{callable, reasons};

impl ENetServer {
    /// A packet of a client that is not let in yet. Its first one is its login.
    pub(crate) fn handle_login(&self, peer: &Gd<ENetServerPeer>, value: &Variant) {
        if !peer.bind().life_mut().take_login() {
            return;
        }
        let Ok(login_data) = value.try_to::<AnyDictionary>() else {
            return self.part(peer, reasons::INVALID_LOGIN, true);
        };
        let (mode, authenticator) = {
            let hooks = self.hooks.borrow();
            (hooks.auth_mode, hooks.authenticator.clone())
        };
        match mode {
            AuthMode::None => self.approve(peer),
            AuthMode::PreloginOnly => self.to_gd().signals().peer_prelogin().emit(peer, login_data),
            AuthMode::Custom => self.ask_authenticator(peer, authenticator.as_ref(), &login_data),
        }
    }

    fn ask_authenticator(
        &self,
        peer: &Gd<ENetServerPeer>,
        authenticator: Option<&Callable>,
        login_data: &AnyDictionary,
    ) {
        let arguments = [peer.to_variant(), login_data.to_variant()];
        let answer = match authenticator {
            Some(authenticator) => callable::call(authenticator, &arguments),
            None => Err("there is none; call set_custom_authenticator()".to_owned()),
        };
        match answer {
            Ok(answer) => self.handle_answer(peer, &answer),
            Err(why) => {
                self.fail_login(peer, Error::ERR_INVALID_PARAMETER, &format!("cannot be called: {why}."))
            }
        }
    }

    /// Whether too many logins from the peer's address were refused.
    pub(crate) fn is_shut_out(&self, peer: &Gd<ENetServerPeer>) -> bool {
        let address = peer.bind().connection().address.ip();
        let (limit, now) = (self.limits().refused_logins, Instant::now());
        let session = self.session.borrow();
        session.as_ref().is_some_and(|session| session.logins.is_shut(address, limit, now))
    }

    /// Turns a peer away because the authenticator is of no use.
    fn fail_login(&self, peer: &Gd<ENetServerPeer>, error: Error, authenticator: &str) {
        self.part(peer, reasons::AUTHENTICATION_FAILED, true);
        let was_reported = std::mem::replace(&mut self.hooks.borrow_mut().is_authenticator_reported, true);
        if !was_reported {
            misuse(error, &format!("Logins are rejected because the authenticator {authenticator}"));
        }
    }

    /// What the authenticator returned, or a signal or coroutine of its brought later.
    fn handle_answer(&self, peer: &Gd<ENetServerPeer>, answer: &Variant) {
        if !peer.bind().life().is_pending() {
            return;
        }
        match Verdict::of(answer) {
            Verdict::Approved => self.approve(peer),
            Verdict::Rejected(reason) => self.part(peer, &reason, true),
            Verdict::Later(signal) => self.await_answer(peer, &signal),
            Verdict::Open => {}
            Verdict::Garbage => self.fail_login(
                peer,
                Error::ERR_INVALID_DATA,
                "must return a bool, a Dictionary with a bool \"authenticated\", a Signal, or nothing; or be a \
                 coroutine that does.",
            ),
        }
    }

    fn await_answer(&self, peer: &Gd<ENetServerPeer>, signal: &Signal) {
        // The peer is looked up when the answer comes, so that a signal which is never emitted keeps nothing alive.
        let (id, generation) = (peer.bind().get_peer_id(), self.generation.get());
        let on_answer = Callable::from_fn("enet_server_login_answer", move |arguments: &[&Variant]| {
            let server = Self::singleton();
            let server = server.bind();
            if server.generation.get() != generation {
                return;
            }
            let peer = server.session.borrow().as_ref().and_then(|session| session.roster.get(id).cloned());
            if let Some(peer) = peer {
                // A signal without arguments says as little as one that brings a number.
                let answer = arguments.first().map_or_else(|| 0.to_variant(), |&answer| answer.clone());
                server.handle_answer(&peer, &answer);
            }
        });
        signal.connect_flags(&on_answer, godot::classes::object::ConnectFlags::ONE_SHOT);
    }

    /// Lets a peer in that waits for it.
    pub(crate) fn approve(&self, peer: &Gd<ENetServerPeer>) {
        if !peer.bind().life_mut().approve() {
            return;
        }
        if let Some(session) = self.session.borrow_mut().as_mut() {
            session.roster.clear_deadline(peer.bind().get_peer_id());
        }
        self.to_gd().signals().peer_authenticated().emit(peer);
    }
}
