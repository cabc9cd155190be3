//! What the tests over real sockets share.

mod relay;

pub(crate) use relay::{Relay, RelayLinks, seed};
