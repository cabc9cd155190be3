//! `ENetConnection`: how its datagrams travel (compressed, encrypted, over a simulated network), and what is counted of them.

use enet_driver::Dtls;
use enet_driver::enet_proto::HostStats;
use godot::global::Error;
use godot::prelude::*;

use super::arguments::{code, invalid};
use super::connection::ENetConnection;
use crate::outgoing::misuse;
use crate::script_types::OptionalTlsOptions;
use crate::simulation::Simulation;
use crate::{settings, statistics, tls};

#[godot_api(secondary)]
impl ENetConnection {
    /// One of [enum CompressionMode], or [constant ENetServer.COMPRESS_LZ4], the same on both sides, or they cannot
    /// connect. [constant COMPRESS_NONE] at first. Takes effect at once. Any other number is an error and changes nothing.
    #[func(gd_self)]
    fn compress(this: Gd<Self>, mode: i64) {
        let this = this.bind();
        let Ok(host) = this.host() else { return };
        if let Ok(compression) = settings::compression(mode) {
            host.set_compression(compression);
        }
    }

    /// Encrypts this host by DTLS, as one that others connect to. The options are made by [method TLSOptions.server]. Call
    /// it once, right after [method create_host_bound]; there is no way back, and remotes without DTLS are not heard from
    /// then on.
    ///
    /// Returns [constant OK]; [constant ERR_INVALID_PARAMETER] for options of the wrong kind, or a key and a certificate
    /// that cannot be used; [constant FAILED] when the host is encrypted already; [constant ERR_UNCONFIGURED] when there is
    /// no host; [constant ERR_UNAVAILABLE] in a build without DTLS.
    #[func(gd_self)]
    fn dtls_server_setup(this: Gd<Self>, server_options: OptionalTlsOptions) -> Error {
        let this = this.bind();
        code(this.set_up_dtls(|| tls::server(&server_options)))
    }

    /// Encrypts this host by DTLS, as one that connects to others. The options are made by [method TLSOptions.client]
    /// (also when there are none) or [method TLSOptions.client_unsafe]; [param hostname] is the name that the server's
    /// certificate must be for, unless the options name another. Call it once, before the first [method service] after
    /// [method connect_to_host]: nothing is sent until then.
    ///
    /// When the server cannot be trusted, an error says why, and [constant EVENT_DISCONNECT] follows. Returns what
    /// [method dtls_server_setup] returns.
    #[func(gd_self)]
    fn dtls_client_setup(
        this: Gd<Self>,
        hostname: GString,
        #[opt(default = OptionalTlsOptions::none())] client_options: OptionalTlsOptions,
    ) -> Error {
        let this = this.bind();
        code(this.set_up_dtls(|| tls::client(&client_options, &hostname.to_string())?.dtls("")))
    }

    /// Whether a DTLS server ignores new remotes, to which nobody seems to be there. As in the engine, it does nothing to a
    /// host without DTLS.
    #[func(gd_self)]
    fn refuse_new_connections(this: Gd<Self>, refuse: bool) {
        let this = this.bind();
        if let Ok(host) = this.host() {
            host.refuse_new_connections(refuse);
        }
    }

    /// One of [enum HostStatistic], counted since it was asked for last.
    #[func(gd_self)]
    fn pop_statistic(this: Gd<Self>, statistic: i64) -> f64 {
        let this = this.bind();
        let Ok(host) = this.host() else { return 0.0 };
        let counter: fn(&mut HostStats) -> &mut u64 = match statistic {
            0 => |stats| &mut stats.sent_bytes,
            1 => |stats| &mut stats.sent_datagrams,
            2 => |stats| &mut stats.received_bytes,
            3 => |stats| &mut stats.received_datagrams,
            _ => {
                invalid(&format!("There is no host statistic {statistic}."));
                return 0.0;
            }
        };
        // Counts of bytes and datagrams stay below 2^53.
        host.pop_counter(counter) as f64
    }

    /// Simulates a bad network between this host and all others, to try the game on one: a preset such as
    /// [code]"mobile"[/code], values such as [code]"latency=80,loss=0.05"[/code], both, or a [Dictionary]. [code]"off"[/code]
    /// turns the simulation off. See [method ENetServer.set_network_conditions]. May be called before there is a host.
    ///
    /// Returns [constant OK], or [constant ERR_INVALID_PARAMETER] for what cannot be simulated.
    #[func(gd_self)]
    fn set_network_conditions(this: Gd<Self>, conditions: Variant) -> Error {
        code(this.bind().simulate(&conditions))
    }

    /// What [method set_network_conditions] or the command line or the project have asked for: every value by its name, for
    /// either direction. Empty when nothing is simulated.
    #[func]
    fn get_network_conditions(&self) -> VarDictionary {
        self.simulation.to_dictionary()
    }

    /// The host's counters since it was created, by name: see [method ENetServer.get_statistics]. Nothing is reset by it. Empty
    /// without a host.
    #[func]
    fn get_statistics(&self) -> VarDictionary {
        let Some(host) = self.host.borrow().clone() else { return VarDictionary::new() };
        let mut counters = statistics::of_host(host.handle());
        statistics::add(&mut counters, "peers", self.peers.borrow().len() as u64);
        counters
    }
}

impl ENetConnection {
    pub(super) fn simulate(&self, conditions: &Variant) -> Result<(), Error> {
        let host = self.host.borrow().clone();
        let name = host.as_ref().map(|_| super::CLASSES[1]);
        let conditions = self.simulation.set(conditions, name)?;
        if let Some(host) = host {
            host.set_conditions(conditions);
        }
        Ok(())
    }

    /// Simulates what was asked of a multiplayer peer, unless something was asked of this host.
    pub(super) fn inherit_simulation(&self, simulation: &Simulation) {
        self.simulation.inherit(simulation);
    }

    fn set_up_dtls(&self, make: impl FnOnce() -> Result<Dtls, Error>) -> Result<(), Error> {
        let host = self.host()?;
        if host.is_encrypted() {
            return Err(misuse(Error::FAILED, "The host is encrypted already."));
        }
        host.set_dtls(make()?);
        Ok(())
    }
}
