//! The servers that are compared, and how each is started.

use std::{
    env,
    error::Error,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use crate::process::Program;

/// Whose server it is. The order is that of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contender {
    Ours,
    C,
    Rusty,
    Bare,
}

pub(crate) const CONTENDERS: [Contender; 4] =
    [Contender::Ours, Contender::C, Contender::Rusty, Contender::Bare];
/// Those that speak ENet.
pub(crate) const PROTOCOLS: [Contender; 3] = [Contender::Ours, Contender::C, Contender::Rusty];

/// What a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Every packet goes back the way it came.
    Echo,
    /// Everybody gets an unreliable packet of `bytes`, `hz` times a second.
    Broadcast { bytes: usize, hz: u32 },
    /// Everybody gets reliable packets of `bytes` as fast as they go.
    Stream { bytes: usize },
    /// Everybody gets a reliable packet of `bytes`, `hz` times a second.
    Paced { bytes: usize, hz: u32 },
}

impl Mode {
    fn arguments(self) -> Vec<String> {
        let (name, bytes, hz) = match self {
            Self::Echo => return Vec::new(),
            Self::Broadcast { bytes, hz } => ("broadcast", bytes, hz),
            Self::Stream { bytes } => ("stream", bytes, 1),
            Self::Paced { bytes, hz } => ("paced", bytes, hz),
        };
        vec![name.to_owned(), bytes.to_string(), hz.to_string()]
    }
}

/// A server that listens.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
}

impl Server {
    pub(crate) fn start(contender: Contender, peers: usize, mode: Mode) -> Result<Self, Box<dyn Error>> {
        let path = match (contender, mode) {
            (Contender::Ours, Mode::Echo) => built("examples/echo_server")?,
            (Contender::Ours, _) => built("our_server")?,
            (Contender::C, _) => built("c_server")?,
            (Contender::Rusty, _) => built("rusty_server")?,
            (Contender::Bare, _) => built("bare_server")?,
        };
        let mut arguments = vec!["0".to_owned(), peers.to_string()];
        arguments.extend(mode.arguments());
        let mut program = Program::start(&path, &arguments)?;
        let port = program.wait_for("LISTENING ")?.parse()?;
        Ok(Self { program, address: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port) })
    }
}

/// A program beside this one in the build folder.
pub(crate) fn built(name: &str) -> Result<PathBuf, Box<dyn Error>> {
    let folder = env::current_exe()?.parent().ok_or("no build folder")?.to_owned();
    Ok(folder.join(name))
}
