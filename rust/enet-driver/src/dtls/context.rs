//! Who a host is, and whom it trusts: certificates and keys made ready for sessions.

use std::{
    fmt,
    net::IpAddr,
    sync::{Arc, OnceLock},
};

use openssl::{
    error::ErrorStack,
    ex_data::Index,
    pkey::{PKey, Private},
    ssl::{
        Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslSessionCacheMode,
        SslVerifyMode, SslVersion,
    },
    x509::{X509, X509Ref, X509StoreContextRef, X509VerifyResult, verify::X509VerifyFlags},
};
use parking_lot::Mutex;

use super::{
    DtlsError, Verification,
    cookie::{Baker, Caller},
};

/// How a host encrypts: a certificate and its key for those who connect to it, or whom to believe for those who
/// connect. Made on the game's thread, where a mistake is answered at once; cheap to clone.
#[derive(Clone)]
pub struct Dtls(pub(super) Arc<Role>);

pub(super) enum Role {
    Server(SslContext),
    Client(ClientTerms),
}

pub(super) struct ClientTerms {
    context: SslContext,
    /// Empty when no name is to be verified.
    name: String,
}

impl Dtls {
    /// For a host that others connect to. `certificates` is its own one and behind it those that lead to a trusted
    /// authority, in PEM form; `key` is the private key of its own one, in PEM form, without a password.
    ///
    /// # Errors
    /// What cannot be read or does not belong together, or [`DtlsError::Unavailable`].
    pub fn server(certificates: &[u8], key: &[u8]) -> Result<Self, DtlsError> {
        let chain = read_certificates(certificates, DtlsError::Certificate)?;
        let key = read_key(key)?;
        let context = server_context(chain, &key)?;
        Ok(Self(Arc::new(Role::Server(context))))
    }

    /// For a host that connects to others. `name` is the server's, a host name or an address; `roots` are the
    /// certificates to trust, in PEM form. What [`Verification`] leaves out may be empty.
    ///
    /// # Errors
    /// What is needed and cannot be read, or [`DtlsError::Unavailable`].
    pub fn client(name: &str, roots: &[u8], verification: Verification) -> Result<Self, DtlsError> {
        if verification == Verification::Full && !is_name(name) {
            return Err(DtlsError::Name);
        }
        let roots = match verification {
            Verification::Nothing => Vec::new(),
            _ => read_roots(roots)?,
        };
        let context = client_context(roots, verification).map_err(refused)?;
        let name = if verification == Verification::Full { name.to_owned() } else { String::new() };
        Ok(Self(Arc::new(Role::Client(ClientTerms { context, name }))))
    }
}

impl fmt::Debug for Dtls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match *self.0 {
            Role::Server(_) => "Dtls::server",
            Role::Client(_) => "Dtls::client",
        })
    }
}

impl ClientTerms {
    /// The name that the server's certificate must be for; empty for any.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A session that knows whom to expect.
    pub(super) fn session(&self) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        if self.name.is_empty() {
            return Ok(ssl);
        }
        ssl.param_mut().set_host(&self.name)?;
        match self.name.parse::<IpAddr>() {
            Err(_) => ssl.set_hostname(&self.name)?,
            // The name as a text, for certificates that have the address for a common name, and as an address.
            Ok(ip) => ssl.set_verify_callback(SslVerifyMode::PEER, move |is_good, chain| {
                is_good || is_for_address(chain, ip)
            }),
        }
        Ok(ssl)
    }
}

/// Takes the complaint back that a certificate is for another name, if it is for the address.
fn is_for_address(chain: &mut X509StoreContextRef, ip: IpAddr) -> bool {
    let is_about_name = chain.error().as_raw() == openssl_sys::X509_V_ERR_HOSTNAME_MISMATCH;
    let is_good =
        is_about_name && chain.current_cert().is_some_and(|certificate| names_address(certificate, ip));
    if is_good {
        chain.set_error(X509VerifyResult::OK);
    }
    is_good
}

fn names_address(certificate: &X509Ref, ip: IpAddr) -> bool {
    let names = certificate.subject_alt_names();
    names.is_some_and(|names| {
        names.iter().filter_map(|name| name.ipaddress()).any(|bytes| match ip {
            IpAddr::V4(ip) => bytes == ip.octets(),
            IpAddr::V6(ip) => bytes == ip.octets(),
        })
    })
}

/// Where a server's session carries whom it is talking to, for the cookies.
pub(super) fn caller_index() -> Result<Index<Ssl, Mutex<Caller>>, ErrorStack> {
    static INDEX: OnceLock<Index<Ssl, Mutex<Caller>>> = OnceLock::new();
    if let Some(&index) = INDEX.get() {
        return Ok(index);
    }
    let index = Ssl::new_ex_index()?;
    Ok(*INDEX.get_or_init(|| index))
}

fn server_context(chain: Vec<X509>, key: &PKey<Private>) -> Result<SslContext, DtlsError> {
    let mut builder = builder(SslMethod::dtls_server()).map_err(refused)?;
    let mut chain = chain.into_iter();
    let own = chain.next().ok_or(DtlsError::Certificate)?;
    let belongs = own.public_key().is_ok_and(|public| public.public_eq(key));
    if !belongs {
        return Err(DtlsError::KeyMismatch);
    }
    builder.set_certificate(&own).map_err(refused)?;
    builder.set_private_key(key).map_err(refused)?;
    for issuer in chain {
        builder.add_extra_chain_cert(issuer).map_err(refused)?;
    }
    bake_cookies(&mut builder).map_err(refused)?;
    Ok(builder.build())
}

fn bake_cookies(builder: &mut SslContextBuilder) -> Result<(), ErrorStack> {
    let caller = caller_index()?;
    let baker = Arc::new(Baker::new()?);
    let same_baker = Arc::clone(&baker);
    builder.set_cookie_generate_cb(move |ssl, cookie| match ssl.ex_data(caller) {
        Some(caller) => baker.bake(&caller.lock(), cookie),
        None => Ok(0),
    });
    builder.set_cookie_verify_cb(move |ssl, cookie| {
        ssl.ex_data(caller).is_some_and(|caller| same_baker.is_good(&caller.lock(), cookie))
    });
    Ok(())
}

fn client_context(roots: Vec<X509>, verification: Verification) -> Result<SslContext, ErrorStack> {
    let mut builder = builder(SslMethod::dtls_client())?;
    builder.set_verify(match verification {
        Verification::Nothing => SslVerifyMode::NONE,
        Verification::Full | Verification::ChainOnly => SslVerifyMode::PEER,
    });
    let store = builder.cert_store_mut();
    // Whatever is trusted ends a chain, also a server's own certificate or an intermediate one.
    store.set_flags(X509VerifyFlags::PARTIAL_CHAIN)?;
    for root in roots {
        store.add_cert(root)?;
    }
    Ok(builder.build())
}

/// What both sides have in common: DTLS 1.2 alone, with forward secrecy and authenticated encryption.
fn builder(method: SslMethod) -> Result<SslContextBuilder, ErrorStack> {
    let mut builder = SslContext::builder(method)?;
    builder.set_min_proto_version(Some(SslVersion::DTLS1_2))?;
    builder.set_max_proto_version(Some(SslVersion::DTLS1_2))?;
    builder.set_cipher_list(CIPHERS)?;
    builder.set_options(
        SslOptions::NO_QUERY_MTU
            | SslOptions::NO_TICKET
            | SslOptions::NO_RENEGOTIATION
            | SslOptions::CIPHER_SERVER_PREFERENCE,
    );
    builder.set_mode(SslMode::RELEASE_BUFFERS);
    builder.set_session_cache_mode(SslSessionCacheMode::OFF);
    Ok(builder)
}

fn read_certificates(pem: &[u8], error: DtlsError) -> Result<Vec<X509>, DtlsError> {
    let certificates = X509::stack_from_pem(pem).map_err(|_| error)?;
    if certificates.is_empty() { Err(error) } else { Ok(certificates) }
}

/// Of a long list that cannot be read in every place, such as a system's, the rest still counts.
fn read_roots(pem: &[u8]) -> Result<Vec<X509>, DtlsError> {
    let text = String::from_utf8_lossy(pem);
    let each = text.split_inclusive("-----END CERTIFICATE-----");
    let roots: Vec<X509> = each.filter_map(|one| X509::from_pem(one.as_bytes()).ok()).collect();
    if roots.is_empty() { Err(DtlsError::Roots) } else { Ok(roots) }
}

fn read_key(pem: &[u8]) -> Result<PKey<Private>, DtlsError> {
    // Without a callback OpenSSL would ask for a password on the terminal.
    PKey::private_key_from_pem_callback(pem, |_password| Ok(0)).map_err(|_| DtlsError::Key)
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len()) && !name.contains(|c: char| c.is_control() || c.is_whitespace())
}

fn refused(error: ErrorStack) -> DtlsError {
    log::debug!("the encryption library refuses: {error}");
    DtlsError::Refused
}

/// All of them add [`RECORD_OVERHEAD`](super::RECORD_OVERHEAD) bytes or fewer.
const CIPHERS: &str = "ECDHE+AESGCM:ECDHE+CHACHA20";
const LONGEST_NAME: usize = 255;
