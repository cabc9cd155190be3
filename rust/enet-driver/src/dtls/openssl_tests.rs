//! Layers against the programs of OpenSSL, `s_server` and `s_client`, over real sockets. The programs are asked for DTLS
//! 1.2, and verify what they are shown. A missing program fails the tests.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, UdpSocket},
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use enet_proto::Millis;
use parking_lot::Mutex;

use super::certificates::{self, Authority, GAME, Identity, Key};
use crate::dtls::{Dtls, DtlsFailure, Layer, Verification};

/// A layer on a socket.
struct Ours {
    start: Instant,
    layer: Layer,
    socket: UdpSocket,
    heard: Vec<(SocketAddr, Vec<u8>)>,
    outcome: Option<Result<(), DtlsFailure>>,
}

/// A program of OpenSSL, which ends with this value.
struct Theirs {
    child: Child,
    input: ChildStdin,
    output: Arc<Mutex<Vec<u8>>>,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Ours {
    fn new(dtls: &Dtls) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.set_nonblocking(true).expect("a socket that does not wait");
        let layer = Layer::new(dtls, 1392, 8);
        Self { start: Instant::now(), layer, socket, heard: Vec::new(), outcome: None }
    }

    fn port(&self) -> u16 {
        self.socket.local_addr().expect("a bound socket").port()
    }

    fn now(&self) -> Millis {
        Millis(self.start.elapsed().as_millis() as u64)
    }

    #[track_caller]
    fn until(&mut self, what: &str, is_done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut buffer = [0; 65_536];
        while !is_done(self) {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            let now = self.now();
            let Self { layer, heard, .. } = self;
            while let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
                let mut hear = |plain: &[u8]| heard.push((from, plain.to_vec()));
                layer.handle_datagram(now, from, &buffer[..length], &mut hear);
            }
            layer.handle_timeout(now);
            let mut datagram = Vec::new();
            while let Some(to) = layer.poll_transmit(&mut datagram) {
                let _refused_by_a_program_that_is_not_up = self.socket.send_to(&datagram, to);
            }
            while let Some((_, outcome)) = layer.poll_event() {
                self.outcome = Some(outcome);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn say(&mut self, to: SocketAddr, text: &[u8]) {
        let mut datagram = text.to_vec();
        assert!(self.layer.seal(to, &mut datagram), "there is no session");
        self.socket.send_to(&datagram, to).expect("a loopback that takes a datagram");
    }
}

impl Theirs {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new("openssl")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program openssl is installed");
        let (input, mut from) = (child.stdin.take().expect("piped"), child.stdout.take().expect("piped"));
        let output = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&output);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = from.read(&mut buffer) {
                shared.lock().extend_from_slice(&buffer[..length]);
            }
        });
        Self { child, input, output }
    }

    fn has_heard(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.output.lock()).contains(text)
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Files that are gone with this value.
struct Files(PathBuf);

impl Files {
    fn new(name: &str, identity: &Identity, root: &[u8]) -> Self {
        let folder = std::env::temp_dir().join(format!("enet-dtls-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder for temporary files");
        fs::write(folder.join("chain.pem"), &identity.chain).expect("room for a file");
        fs::write(folder.join("key.pem"), &identity.key).expect("room for a file");
        fs::write(folder.join("root.pem"), root).expect("room for a file");
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Ours connects to theirs, and both speak.
#[track_caller]
fn connect_to_them(name: &str, key: &Key, expected: &str) -> Result<(), DtlsFailure> {
    let root = Authority::root("Root");
    let identity = root.intermediate("Between").issue(GAME, key);
    let files = Files::new(name, &identity, &root.pem());
    let port =
        UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    let (address, chain, key) = (format!("127.0.0.1:{port}"), files.path("chain.pem"), files.path("key.pem"));
    let mut arguments = vec!["s_server", "-dtls1_2", "-listen", "-quiet", "-accept", &address];
    arguments.extend(["-cert", &chain, "-cert_chain", &chain, "-key", &key]);
    let mut theirs = Theirs::start(&arguments);
    let dtls = Dtls::client(expected, &root.pem(), Verification::Full).expect("a good root");
    let (mut ours, server) = (Ours::new(&dtls), address.parse().expect("an address"));
    ours.layer.connect(ours.now(), server);
    ours.until("an outcome", |ours| ours.outcome.is_some());
    if ours.outcome == Some(Ok(())) {
        ours.say(server, b"from ours");
        ours.until("our word", |_| theirs.has_heard("from ours"));
        theirs.input.write_all(b"from theirs\n").expect("a program that listens");
        ours.until("their word", |ours| ours.heard == [(server, b"from theirs\n".to_vec())]);
    }
    ours.outcome.expect("just seen")
}

/// Theirs connects to ours, and both speak.
#[track_caller]
fn let_them_connect(name: &str, key: &Key) {
    let root = Authority::root("Root");
    let identity = root.intermediate("Between").issue(GAME, key);
    let files = Files::new(name, &identity, &root.pem());
    let mut ours = Ours::new(&Dtls::server(&identity.chain, &identity.key).expect("a good identity"));
    let (address, root) = (format!("127.0.0.1:{}", ours.port()), files.path("root.pem"));
    let mut arguments = vec!["s_client", "-dtls1_2", "-quiet", "-connect", &address, "-CAfile", &root];
    arguments.extend(["-verify_return_error", "-verify_hostname", "game.test"]);
    let mut theirs = Theirs::start(&arguments);
    ours.until("a handshake", |ours| ours.layer.stats().handshakes == 1);
    theirs.input.write_all(b"from theirs\n").expect("a program that listens");
    ours.until("their word", |ours| ours.heard.iter().any(|(_, text)| text == b"from theirs\n"));
    let client = ours.heard[0].0;
    ours.say(client, b"from ours");
    ours.until("our word", |_| theirs.has_heard("from ours"));
}

#[test]
fn openssl_s_server_is_connected_to() {
    assert_eq!(connect_to_them("to-p256", &certificates::p256(), "game.test"), Ok(()));
    assert_eq!(connect_to_them("to-2048", &certificates::rsa(2048), "game.test"), Ok(()));
    assert_eq!(connect_to_them("to-4096", &certificates::rsa(4096), "game.test"), Ok(()));
    let wrong = connect_to_them("to-other", &certificates::p256(), "other.test");
    assert_eq!(wrong, Err(DtlsFailure::WrongName("other.test".to_owned())));
}

#[test]
fn openssl_s_client_connects() {
    let_them_connect("from-p256", &certificates::p256());
    let_them_connect("from-2048", &certificates::rsa(2048));
    let_them_connect("from-4096", &certificates::rsa(4096));
}
