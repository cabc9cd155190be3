//! The engine's TLS options, turned into what the network thread understands: certificates and keys as text.

use enet_driver::{Dtls, DtlsError, Verification};
use godot::classes::{CryptoKey, FileAccess, Os, ProjectSettings, TlsOptions, X509Certificate};
use godot::global::Error;
use godot::prelude::*;

use crate::outgoing::misuse;
use crate::script_types::OptionalTlsOptions;

/// Whom a client believes.
#[derive(Clone, Debug)]
pub(crate) struct ClientTerms {
    /// The name that the certificate must be for; empty for the address that is connected to.
    name: String,
    roots: Vec<u8>,
    verification: Verification,
}

/// What a server is set up with.
pub(crate) fn server(options: &OptionalTlsOptions) -> Result<Dtls, Error> {
    let options = options.0.as_ref().filter(|options| options.is_server());
    let options = options.ok_or_else(|| wrong_kind("TLSOptions.server()"))?;
    let certificates = options.get_own_certificate().map(text);
    let key = options.get_private_key().map(|mut key| key.save_to_string().to_string());
    let (certificates, key) = (certificates.unwrap_or_default(), key.unwrap_or_default());
    Dtls::server(certificates.as_bytes(), key.as_bytes()).map_err(unusable)
}

/// What a client is set up with. `hostname` is the name to expect, unless the options have another.
pub(crate) fn client(options: &OptionalTlsOptions, hostname: &str) -> Result<ClientTerms, Error> {
    let options = match &options.0 {
        Some(options) => options.clone(),
        None => TlsOptions::client().ok_or_else(|| wrong_kind("TLSOptions.client()"))?,
    };
    if options.is_server() {
        return Err(wrong_kind("TLSOptions.client() or TLSOptions.client_unsafe()"));
    }
    let chain = options.get_trusted_ca_chain().map(text);
    let verification = match (options.is_unsafe_client(), &chain) {
        (false, _) => Verification::Full,
        (true, Some(_)) => Verification::ChainOnly,
        (true, None) => Verification::Nothing,
    };
    let roots = match (chain, verification) {
        (Some(chain), _) => chain,
        (None, Verification::Full) => default_roots(),
        (None, _) => String::new(),
    };
    let override_name = options.get_common_name_override().to_string();
    let name = if override_name.is_empty() { hostname.to_owned() } else { override_name };
    Ok(ClientTerms { name, roots: roots.into_bytes(), verification })
}

/// What a server of Godot 3's class is set up with.
pub(crate) fn of_key(
    key: Option<Gd<CryptoKey>>,
    certificate: Option<Gd<X509Certificate>>,
) -> Result<Dtls, Error> {
    let (Some(key), Some(certificate)) = (key, certificate) else {
        let message = "A server with use_dtls needs set_dtls_key() and set_dtls_certificate() first.";
        return Err(misuse(Error::ERR_INVALID_PARAMETER, message));
    };
    server(&OptionalTlsOptions(TlsOptions::server(&key, &certificate)))
}

/// What a client of Godot 3's class is set up with.
pub(crate) fn of_certificate(
    certificate: Option<Gd<X509Certificate>>,
    verify: bool,
    address: &str,
) -> Result<Dtls, Error> {
    let options = match (verify, certificate) {
        (true, Some(certificate)) => TlsOptions::client_ex().trusted_chain(&certificate).done(),
        (true, None) => TlsOptions::client(),
        (false, _) => TlsOptions::client_unsafe(),
    };
    client(&OptionalTlsOptions(options), address)?.dtls(address)
}

impl ClientTerms {
    /// Made ready to connect to this address.
    pub(crate) fn dtls(&self, address: &str) -> Result<Dtls, Error> {
        let name = if self.name.is_empty() { address } else { &self.name };
        Dtls::client(name, &self.roots, self.verification).map_err(unusable)
    }
}

/// Whom the engine trusts when nobody is named: the project's own list, else the system's.
fn default_roots() -> String {
    let path = ProjectSettings::singleton().get_setting("network/tls/certificate_bundle_override");
    let path = path.try_to::<GString>().unwrap_or_default();
    if path.is_empty() {
        return Os::singleton().get_system_ca_certificates().to_string();
    }
    FileAccess::get_file_as_string(&path).to_string()
}

fn text(mut certificates: Gd<X509Certificate>) -> String {
    certificates.save_to_string().to_string()
}

fn wrong_kind(wanted: &str) -> Error {
    misuse(Error::ERR_INVALID_PARAMETER, &format!("The TLS options must be made by {wanted}."))
}

fn unusable(error: DtlsError) -> Error {
    let code = match error {
        DtlsError::Unavailable => Error::ERR_UNAVAILABLE,
        _ => Error::ERR_INVALID_PARAMETER,
    };
    misuse(code, &format!("Encryption cannot be set up: {error}. The host stays as it was."))
}
