//! The network thread around `enet-proto`.
