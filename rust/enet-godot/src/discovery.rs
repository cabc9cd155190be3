//! Finding servers in the local network: `ENetServer` announces itself, `ENetClient` searches. A search has a host of its own,
//! beside the connection. It is re-entered by the rules of [`server`](crate::server).

use std::net::IpAddr;
use std::time::Duration;

use enet_driver::{Announcement, DiscoveredServer, HostEvent, HostHandle, SearchRequest};
use godot::global::Error;
use godot::prelude::*;

use crate::client::ENetClient;
use crate::outgoing::{self, code, misuse};
use crate::script_types::DictionaryArg;
use crate::server::ENetServer;
use crate::{codec, pump, settings};

/// A search under way.
pub(crate) struct SearchSession {
    host: HostHandle,
    /// What [signal discovery_finished] gives.
    found: VarArray,
}

#[godot_api(secondary)]
impl ENetServer {
    /// Whether the server answers clients of the local network that look for one with [method ENetClient.discover], and what
    /// it says: `name`, of at most 128 bytes in UTF-8, and `info`, of at most 1,000 bytes when encoded, which is up to the game
    /// (what is played, the version). The numbers of clients are filled in. Off at first. May be called before and after
    /// [method create_server], again when something changes, and stays for the next server.
    ///
    /// Anybody in the local network can read it. Others get no answer, and floods few; the page "Discovery" of the addon's
    /// documentation has the limits.
    ///
    /// Returns [constant OK]; [constant ERR_INVALID_PARAMETER] for a name or an info that is too long;
    /// [constant ERR_INVALID_DATA] for an info that cannot be encoded. After an error it is as it was.
    #[func(gd_self)]
    fn set_discoverable(
        this: Gd<Self>,
        enabled: bool,
        #[opt(default = "")] name: GString,
        #[opt(default = DictionaryArg::none())] info: DictionaryArg,
    ) -> Error {
        let announcement = enabled.then(|| announcement(&name, &info)).transpose();
        code(announcement.map(|announcement| this.bind().announce(announcement)))
    }

    /// Whether [method set_discoverable] was called with [code]true[/code] last.
    #[func]
    fn is_discoverable(&self) -> bool {
        self.announcement.borrow().is_some()
    }
}

impl ENetServer {
    fn announce(&self, announcement: Option<Announcement>) {
        if let Some(session) = self.session.borrow().as_ref() {
            session.host.announce(announcement.clone());
        }
        *self.announcement.borrow_mut() = announcement;
    }
}

fn announcement(name: &GString, info: &DictionaryArg) -> Result<Announcement, Error> {
    let info = codec::encode_variant(&info.0.to_variant()).map_err(outgoing::not_encoded)?;
    Announcement::new(&name.to_string(), info).map_err(|error| {
        misuse(Error::ERR_INVALID_PARAMETER, &format!("The server cannot be announced: {error}."))
    })
}

#[godot_api(secondary)]
impl ENetClient {
    /// Looks for servers in the local network that are [method ENetServer.set_discoverable] and listen on `port`, for 0.1 to
    /// 60 `seconds`. [signal server_discovered] is emitted for each, and [signal discovery_finished] once at the end. Never
    /// blocks. Has nothing to do with the connection: the client may be connected, and may connect meanwhile.
    ///
    /// Without an `address` this machine is asked, and all in its IPv4 networks. With one, which must be an IP address and not
    /// a name, only that machine is, or those whom a broadcast address such as [code]"192.168.3.255"[/code] reaches.
    ///
    /// Returns [constant OK]; [constant ERR_BUSY] when a search is under way; [constant ERR_INVALID_PARAMETER] for an argument
    /// out of range; [constant ERR_CANT_CREATE] when the system gives no socket.
    #[func(gd_self)]
    fn discover(
        this: Gd<Self>,
        #[opt(default = 2.0)] seconds: f64,
        #[opt(default = 7777)] port: i64,
        #[opt(default = "")] address: GString,
    ) -> Error {
        code(this.bind().begin_search(seconds, port, &address.to_string()))
    }

    /// Ends a search before its time. [signal discovery_finished] follows at the end of the frame, with what was found so far.
    /// Does nothing without a search.
    #[func(gd_self)]
    fn stop_discovery(this: Gd<Self>) {
        let this = this.bind();
        let ended = this.search.take();
        if let Some(ended) = ended {
            this.to_gd()
                .call_deferred("emit_signal", &["discovery_finished".to_variant(), ended.found.to_variant()]);
        }
    }

    /// Whether a search is under way.
    #[func]
    fn is_discovering(&self) -> bool {
        self.search.borrow().is_some()
    }
}

impl ENetClient {
    fn begin_search(&self, seconds: f64, port: i64, address: &str) -> Result<(), Error> {
        if self.search.borrow().is_some() {
            let message = "A search is under way. Wait for discovery_finished, or call stop_discovery().";
            return Err(misuse(Error::ERR_BUSY, message));
        }
        let port = settings::port(port, 1)?;
        let duration = duration(seconds)?;
        let targets = targets(address.trim())?;
        let host = HostHandle::open_search(SearchRequest { port, targets, duration });
        let host = host.map_err(|error| {
            misuse(Error::ERR_CANT_CREATE, &format!("Servers cannot be looked for: {error}."))
        })?;
        *self.search.borrow_mut() = Some(SearchSession { host, found: VarArray::new() });
        pump::hook();
        Ok(())
    }

    /// Handles what the search has found since the last frame.
    pub(crate) fn drain_search(&self) {
        // A handler may end the search and begin another one; then this goes on with that one.
        while let Some(event) = self.next_of_search() {
            match event {
                HostEvent::ServerFound(server) => self.handle_found(*server),
                HostEvent::SearchEnded => self.finish_search(),
                HostEvent::Failed { message } => {
                    misuse(Error::FAILED, &format!("The search for servers has stopped: {message}."));
                    self.finish_search();
                }
                _ => {}
            }
        }
    }

    fn next_of_search(&self) -> Option<HostEvent> {
        self.search.borrow().as_ref()?.host.poll_event()
    }

    fn handle_found(&self, server: DiscoveredServer) {
        let Some(server) = describe(server) else { return };
        if let Some(search) = self.search.borrow_mut().as_mut() {
            search.found.push(&server);
        }
        self.to_gd().signals().server_discovered().emit(&server);
    }

    fn finish_search(&self) {
        let ended = self.search.take();
        if let Some(ended) = ended {
            self.to_gd().signals().discovery_finished().emit(&ended.found);
        }
    }
}

/// A server as scripts see it, or nothing if what it says of itself is not what it should be.
fn describe(server: DiscoveredServer) -> Option<VarDictionary> {
    let DiscoveredServer { address, name, players, maximum, info, ping } = server;
    let info =
        codec::decode_auto(&info).inspect_err(|error| log::debug!("a server's info is refused: {error}"));
    let info = info.ok()?.try_to::<AnyDictionary>().ok()?;
    Some(vdict! {
        "address" => address.ip().to_string(),
        "port" => address.port(),
        "name" => name,
        "players" => players,
        "max_players" => maximum,
        "info" => info,
        "ping" => i64::try_from(ping.as_millis()).unwrap_or(i64::MAX),
    })
}

fn duration(seconds: f64) -> Result<Duration, Error> {
    if (SHORTEST_SEARCH..=LONGEST_SEARCH).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    let message = format!("A search must take {SHORTEST_SEARCH} to {LONGEST_SEARCH} seconds.");
    Err(misuse(Error::ERR_INVALID_PARAMETER, &message))
}

fn targets(address: &str) -> Result<Vec<IpAddr>, Error> {
    if address.is_empty() {
        return Ok(Vec::new());
    }
    address.parse().map(|target| vec![target]).map_err(|_| {
        let message = "The address to search at must be an IP address, such as \"192.168.3.255\", or empty.";
        misuse(Error::ERR_INVALID_PARAMETER, message)
    })
}

/// In seconds. Shorter than this, an answer could hardly come.
const SHORTEST_SEARCH: f64 = 0.1;
/// In seconds. A game that always wants to know asks again.
const LONGEST_SEARCH: f64 = 60.0;
