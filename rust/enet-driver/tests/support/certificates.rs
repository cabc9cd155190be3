//! Certificates made on the spot: authorities, servers, and everything that can be wrong with them.

use std::sync::OnceLock;

use openssl::{
    asn1::Asn1Time,
    bn::{BigNum, MsbOption},
    ec::{EcGroup, EcKey},
    hash::MessageDigest,
    nid::Nid,
    pkey::{PKey, Private},
    rsa::Rsa,
    x509::{
        X509, X509Builder, X509NameBuilder,
        extension::{BasicConstraints, KeyUsage, SubjectAlternativeName},
    },
};

pub(crate) type Key = PKey<Private>;

/// A server's certificate with those behind it, and its key, as files hold them.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) chain: Vec<u8>,
    pub(crate) key: Vec<u8>,
}

/// Who may issue certificates.
pub(crate) struct Authority {
    certificate: X509,
    key: Key,
    /// Those between this one and the root, in PEM form.
    issuers: Vec<u8>,
}

/// What is written into a server's certificate.
#[derive(Clone, Copy)]
pub(crate) struct Paper<'a> {
    pub(crate) name: &'a str,
    /// Also names of the server, or addresses of it.
    pub(crate) also: &'a [&'a str],
    /// Days from now on between which it is valid.
    pub(crate) days: (i64, i64),
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let key = p256();
        let certificate = authority(name, &key, None);
        Self { certificate, key, issuers: Vec::new() }
    }

    pub(crate) fn intermediate(&self, name: &str) -> Self {
        let key = p256();
        let certificate = authority(name, &key, Some(self));
        let mut issuers = pem(&certificate);
        issuers.extend_from_slice(&self.issuers);
        Self { certificate, key, issuers }
    }

    /// What a client puts among those it trusts.
    pub(crate) fn pem(&self) -> Vec<u8> {
        pem(&self.certificate)
    }

    pub(crate) fn issue(&self, paper: Paper<'_>, key: &Key) -> Identity {
        let mut chain = pem(&certificate(paper, key, Some(self)));
        chain.extend_from_slice(&self.issuers);
        Identity { chain, key: key_pem(key) }
    }
}

/// What the engine's `Crypto.generate_self_signed_certificate` makes: a common name and nothing else.
pub(crate) fn self_signed(paper: Paper<'_>, key: &Key) -> Identity {
    Identity { chain: pem(&certificate(paper, key, None)), key: key_pem(key) }
}

/// A certificate for `game.test` that is valid today.
pub(crate) const GAME: Paper<'static> = Paper { name: "game.test", also: &[], days: (-1, 1) };

pub(crate) fn p256() -> Key {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a known curve");
    EcKey::generate(&group).and_then(PKey::from_ec_key).expect("a key")
}

/// RSA keys take their time, so a test program makes each size once.
pub(crate) fn rsa(bits: u32) -> Key {
    static RSA_2048: OnceLock<Key> = OnceLock::new();
    static RSA_4096: OnceLock<Key> = OnceLock::new();
    let made = if bits == 4096 { &RSA_4096 } else { &RSA_2048 };
    made.get_or_init(|| Rsa::generate(bits).and_then(PKey::from_rsa).expect("a key")).clone()
}

fn authority(name: &str, key: &Key, issuer: Option<&Authority>) -> X509 {
    let mut builder = begin(Paper { name, also: &[], days: (-10, 10) }, key, issuer);
    let is_authority = BasicConstraints::new().critical().ca().build().expect("an extension");
    builder.append_extension(is_authority).expect("room for an extension");
    let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build().expect("an extension");
    builder.append_extension(usage).expect("room for an extension");
    finish(builder, key, issuer)
}

fn certificate(paper: Paper<'_>, key: &Key, issuer: Option<&Authority>) -> X509 {
    let mut builder = begin(paper, key, issuer);
    if !paper.also.is_empty() {
        let mut names = SubjectAlternativeName::new();
        for name in paper.also {
            if name.parse::<std::net::IpAddr>().is_ok() {
                names.ip(name)
            } else {
                names.dns(name)
            };
        }
        let context = builder.x509v3_context(issuer.map(|issuer| &*issuer.certificate), None);
        let names = names.build(&context).expect("an extension");
        builder.append_extension(names).expect("room for an extension");
    }
    finish(builder, key, issuer)
}

fn begin(paper: Paper<'_>, key: &Key, issuer: Option<&Authority>) -> X509Builder {
    let mut name = X509NameBuilder::new().expect("a name");
    name.append_entry_by_nid(Nid::COMMONNAME, paper.name).expect("a name");
    let name = name.build();
    let mut serial = BigNum::new().expect("a number");
    serial.rand(64, MsbOption::ONE, false).expect("a number");
    let mut builder = X509::builder().expect("a certificate");
    builder.set_version(2).expect("version 3");
    builder.set_serial_number(&serial.to_asn1_integer().expect("a number")).expect("a serial number");
    builder.set_subject_name(&name).expect("a subject");
    let issuer_name = issuer.map_or(&*name, |issuer| issuer.certificate.subject_name());
    builder.set_issuer_name(issuer_name).expect("an issuer");
    builder.set_not_before(&days_from_now(paper.days.0)).expect("a date");
    builder.set_not_after(&days_from_now(paper.days.1)).expect("a date");
    builder.set_pubkey(key).expect("a key");
    builder
}

fn finish(mut builder: X509Builder, key: &Key, issuer: Option<&Authority>) -> X509 {
    builder.sign(issuer.map_or(key, |issuer| &issuer.key), MessageDigest::sha256()).expect("a signature");
    builder.build()
}

fn days_from_now(days: i64) -> Asn1Time {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
    Asn1Time::from_unix(now.as_secs() as i64 + days * 86_400).expect("a date")
}

fn pem(certificate: &X509) -> Vec<u8> {
    certificate.to_pem().expect("a certificate")
}

fn key_pem(key: &Key) -> Vec<u8> {
    key.private_key_to_pem_pkcs8().expect("a key")
}
