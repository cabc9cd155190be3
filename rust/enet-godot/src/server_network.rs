//! `ENetServer`: what the network is like, what it counts, and how the server takes its leave.

use godot::global::Error;
use godot::prelude::*;

use crate::outgoing::code;
use crate::server::ENetServer;
use crate::server_session::DEFAULT_LINGER;
use crate::{settings, statistics};

#[godot_api(secondary)]
impl ENetServer {
    /// Simulates a bad network between the server and its clients, to try the game on one. [param conditions] is the
    /// name of one of the presets [code]"lan"[/code], [code]"wifi_good"[/code], [code]"wifi_bad"[/code],
    /// [code]"mobile"[/code] and [code]"satellite"[/code]; or values such as [code]"latency=80,loss=0.05"[/code]; or a
    /// preset that is changed by values, [code]"mobile,in_loss=0.2"[/code]; or a [Dictionary] of values, with the
    /// preset under [code]"preset"[/code]. [code]"off"[/code], an empty text and null turn the simulation off.
    ///
    /// The values hold for either direction, with [code]in_[/code] or [code]out_[/code] before the name for one of
    /// them: [code]latency[/code] and [code]jitter[/code] in milliseconds; [code]loss[/code], [code]burst_loss[/code]
    /// (in bursts of [code]burst_length[/code] datagrams), [code]duplicate[/code], [code]reorder[/code] and
    /// [code]corrupt[/code] from 0 to 1; [code]bandwidth[/code] in bytes a second, with a [code]queue[/code] in bytes
    /// before it. [code]seed[/code] decides about each datagram. All clients share the network.
    ///
    /// Takes effect at once, also on a running server, stays for the next one, and is announced by a warning. Replaces
    /// what the command line ([code]-- --enet-sim=mobile[/code]) or the project setting
    /// [code]enet/conditioner/conditions[/code] say.
    ///
    /// Returns [constant OK], or [constant ERR_INVALID_PARAMETER] for what cannot be simulated.
    #[func(gd_self)]
    fn set_network_conditions(this: Gd<Self>, conditions: Variant) -> Error {
        let this = this.bind();
        let name = this.session.borrow().as_ref().map(|_| "ENetServer");
        code(this.simulation.set(&conditions, name).map(|conditions| {
            if let Some(session) = this.session.borrow().as_ref() {
                session.host.set_conditions(conditions);
            }
        }))
    }

    /// What [method set_network_conditions] or the command line or the project have asked for: every value by its name, for
    /// either direction. Empty when nothing is simulated.
    #[func]
    fn get_network_conditions(&self) -> VarDictionary {
        self.simulation.to_dictionary()
    }

    /// The server's counters since it was started, by name: bytes and datagrams, packets by kind, retransmissions, how full the
    /// queues are, what was dropped and why, which limits were met. Empty when it does not run. The page "Statistics" of the
    /// addon's documentation explains each. Never waits for the network thread.
    #[func]
    fn get_statistics(&self) -> VarDictionary {
        let session = self.session.borrow();
        session.as_ref().map(|session| session.statistics()).unwrap_or_default()
    }

    /// Seconds that [method stop_server] may take to deliver what was sent before: 0 to 60, 0.5 at first. It returns as soon as
    /// all clients have everything, which takes one round trip to the farthest one if nothing gets lost. With 0 everything is
    /// sent once, and nobody is waited for.
    #[func(gd_self)]
    fn set_linger_time(this: Gd<Self>, seconds: f64) {
        if let Ok(linger) = settings::linger(seconds) {
            this.bind().settings.borrow_mut().linger = Some(linger);
        }
    }

    /// Seconds that [method stop_server] may take to deliver what was sent before. See [method set_linger_time].
    #[func]
    fn get_linger_time(&self) -> f64 {
        self.settings.borrow().linger.unwrap_or(DEFAULT_LINGER).as_secs_f64()
    }
}

impl crate::server_session::Session {
    fn statistics(&self) -> VarDictionary {
        let mut counters = statistics::of_host(&self.host);
        statistics::add(&mut counters, "peers", self.roster.iter().count() as u64);
        statistics::add(&mut counters, "undecodable_packets", self.undecodable);
        statistics::add(&mut counters, "oversized_packets", self.oversized);
        counters
    }
}
