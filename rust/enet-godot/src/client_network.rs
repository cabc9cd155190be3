//! `ENetClient`: what the network is like, what it counts, and how the client takes its leave.

use godot::global::Error;
use godot::prelude::*;

use crate::client::ENetClient;
use crate::outgoing::code;
use crate::server_session::GOODBYE_LIMIT;
use crate::settings;

#[godot_api(secondary)]
impl ENetClient {
    /// Simulates a bad network between the client and the server, to try the game on one: a preset such as
    /// [code]"mobile"[/code], values such as [code]"latency=80,loss=0.05"[/code], both, or a [Dictionary]. [code]"off"[/code]
    /// turns the simulation off. See [method ENetServer.set_network_conditions].
    ///
    /// Takes effect at once, also on a connection that stands, stays for the next one, and is announced by a warning.
    ///
    /// Returns [constant OK], or [constant ERR_INVALID_PARAMETER] for what cannot be simulated.
    #[func(gd_self)]
    fn set_network_conditions(this: Gd<Self>, conditions: Variant) -> Error {
        let this = this.bind();
        let name = this.session.borrow().as_ref().map(|_| "ENetClient");
        code(this.simulation.set(&conditions, name).map(|conditions| {
            if let Some(session) = this.session.borrow().as_ref() {
                session.host().set_conditions(conditions);
            }
        }))
    }

    /// What [method set_network_conditions] or the command line or the project have asked for: every value by its name, for
    /// either direction. Empty when nothing is simulated.
    #[func]
    fn get_network_conditions(&self) -> VarDictionary {
        self.simulation.to_dictionary()
    }

    /// The connection's counters and measurements by name: those of [method ENetServer.get_statistics], and when connected
    /// those of [method ENetServerPeer.get_statistics] too. Empty when disconnected. Never waits for the network thread.
    #[func]
    fn get_statistics(&self) -> VarDictionary {
        let session = self.session.borrow();
        session.as_ref().map(|session| session.statistics()).unwrap_or_default()
    }

    /// Seconds that the connection may go on in the background after [method disconnect_from_server], until the server has
    /// everything that was sent before: 0 to 60, 2 at first. The call itself never waits. With 0 everything is sent once.
    #[func(gd_self)]
    fn set_linger_time(this: Gd<Self>, seconds: f64) {
        if let Ok(linger) = settings::linger(seconds) {
            this.bind().settings.borrow_mut().linger = Some(linger);
        }
    }

    /// Seconds that the connection may go on in the background after [method disconnect_from_server]. See
    /// [method set_linger_time].
    #[func]
    fn get_linger_time(&self) -> f64 {
        self.settings.borrow().linger.unwrap_or(GOODBYE_LIMIT).as_secs_f64()
    }
}
