//! What can go wrong with encryption: in what a game sets up, and in what a server answers.

use thiserror::Error;

/// Why keys or certificates cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DtlsError {
    /// This library was built without the feature `dtls`.
    #[error("this build has no DTLS")]
    Unavailable,
    /// There is no certificate in what should be one or several in PEM form.
    #[error("the certificate cannot be read")]
    Certificate,
    /// There is no private key in what should be one in PEM form, or it is protected by a password.
    #[error("the private key cannot be read")]
    Key,
    /// The private key is not that of the first certificate.
    #[error("the private key does not belong to the certificate")]
    KeyMismatch,
    /// The trusted certificates cannot be read, or there are none.
    #[error("the trusted certificates cannot be read")]
    Roots,
    /// The server's name is to be verified, but is empty or cannot be a name.
    #[error("the name of the server is missing or malformed")]
    Name,
    /// The certificate or the key is too weak, or of a kind that DTLS 1.2 has no use for.
    #[error("the encryption library refuses the key or the certificate")]
    Refused,
}

/// Why an encrypted connection was not made. `Display` begins a sentence for the player.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DtlsFailure {
    /// The certificate has been good, but is no longer.
    #[error("The server's certificate has expired")]
    Expired,
    /// The certificate will be good, or this device's clock is wrong.
    #[error("The server's certificate is not valid yet")]
    NotYetValid,
    /// The certificate is for somebody else.
    #[error("The server's certificate is not for \"{0}\"")]
    WrongName(String),
    /// No trusted authority has issued the certificate, or it may not be used for this.
    #[error("The server's certificate could not be verified")]
    Untrusted,
    /// The server gave the handshake up, with this alert of TLS.
    #[error("The server refused the encrypted connection (alert {0})")]
    Refused(u8),
    /// The server spoke DTLS, but the handshake was not finished in time.
    #[error("The encrypted connection was not made in time")]
    TimedOut,
    /// Nothing came back.
    #[error("No DTLS server answered")]
    NoAnswer,
    /// Something came back that is not DTLS.
    #[error("What answered does not speak DTLS")]
    NotDtls,
    /// The server ended the session during the handshake.
    #[error("The server closed the encrypted connection")]
    Closed,
    /// The two sides have nothing in common, or the server broke the rules.
    #[error("The encrypted connection failed")]
    Broken,
}
