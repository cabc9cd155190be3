//! The cookie of the HelloVerifyRequest: proof that a client receives what is sent to its address, without keeping
//! anything about it. It is a keyed hash of the address and the time, so only this host can make one.

use std::net::{IpAddr, SocketAddr};

use enet_proto::Millis;
use openssl::{
    error::ErrorStack, hash::MessageDigest, memcmp, pkey::PKey, pkey::Private, rand, sign::Signer,
};

/// Makes and checks cookies. Its key is of this run alone.
pub(super) struct Baker {
    key: PKey<Private>,
}

/// Whose cookie, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    remote: SocketAddr,
    period: u64,
}

impl Caller {
    pub(super) fn new(now: Millis, remote: SocketAddr) -> Self {
        Self { remote, period: now.0 / PERIOD_MS }
    }
}

impl Baker {
    pub(super) fn new() -> Result<Self, ErrorStack> {
        let mut secret = [0; 32];
        rand::rand_bytes(&mut secret)?;
        Ok(Self { key: PKey::hmac(&secret)? })
    }

    /// Writes the cookie of a caller, and gives its length.
    pub(super) fn bake(&self, caller: &Caller, cookie: &mut [u8]) -> Result<usize, ErrorStack> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
        let ip = match caller.remote.ip() {
            IpAddr::V4(ip) => ip.to_ipv6_mapped(),
            IpAddr::V6(ip) => ip,
        };
        signer.update(&ip.octets())?;
        signer.update(&caller.remote.port().to_be_bytes())?;
        signer.update(&caller.period.to_be_bytes())?;
        signer.sign(cookie)
    }

    /// Whether a cookie is the caller's, of this period or the one before.
    pub(super) fn is_good(&self, caller: &Caller, cookie: &[u8]) -> bool {
        [caller.period, caller.period.saturating_sub(1)].into_iter().any(|period| {
            let mut expected = [0; LENGTH];
            let baked = self.bake(&Caller { period, ..*caller }, &mut expected);
            baked.is_ok() && cookie.len() == LENGTH && memcmp::eq(cookie, &expected)
        })
    }
}

/// A cookie is good for at least this long, and for less than twice as long.
const PERIOD_MS: u64 = 30_000;
const LENGTH: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(remote: &str, at_ms: u64) -> Caller {
        Caller::new(Millis(at_ms), remote.parse().expect("an address"))
    }

    #[test]
    fn a_cookie_is_good_for_its_address_and_its_time() {
        let (baker, other) = (Baker::new().expect("a key"), Baker::new().expect("a key"));
        let mut cookie = [0xa5; 256];
        let length = baker.bake(&caller("10.0.0.1:7000", 40_000), &mut cookie).expect("a cookie");
        assert_eq!(length, LENGTH);
        let cookie = &cookie[..length];
        for (remote, at_ms, is_good) in [
            ("10.0.0.1:7000", 40_000, true),
            ("10.0.0.1:7000", 89_999, true),
            ("10.0.0.1:7000", 90_000, false),
            ("10.0.0.1:7001", 40_000, false),
            ("10.0.0.2:7000", 40_000, false),
            ("[::1]:7000", 40_000, false),
        ] {
            assert_eq!(baker.is_good(&caller(remote, at_ms), cookie), is_good, "{remote} at {at_ms}");
        }
        assert!(!other.is_good(&caller("10.0.0.1:7000", 40_000), cookie));
        assert!(!baker.is_good(&caller("10.0.0.1:7000", 40_000), &cookie[..31]));
        assert!(!baker.is_good(&caller("10.0.0.1:7000", 40_000), &[]));
    }
}
