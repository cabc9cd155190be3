//! Layers against each other over emulated links, on the system's clock: OpenSSL's timers know no other.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv4Addr, SocketAddr},
    thread,
    time::{Duration, Instant},
};

use enet_netem::{Link, LinkConfig};
use enet_proto::Millis;

use super::{
    certificates::{self, Authority, GAME, Identity, Paper},
    half_open::MOST_OF_ONE_NETWORK,
    *,
};

/// A server and its clients, and a pair of links for each.
struct World {
    start: Instant,
    seed: u64,
    server: Layer,
    clients: HashMap<SocketAddr, Client>,
    /// What reached the server through sessions.
    received: Vec<(SocketAddr, Vec<u8>)>,
    config: LinkConfig,
}

struct Client {
    layer: Layer,
    up: Link,
    down: Link,
    outcome: Option<Result<(), DtlsFailure>>,
    received: Vec<Vec<u8>>,
}

const SERVER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 7777);
const MTU: u16 = 1392;
const PATIENCE: Duration = Duration::from_secs(30);

impl World {
    fn new(identity: &Identity, config: LinkConfig) -> Self {
        let seed = match std::env::var("ENET_SEED") {
            Ok(text) => text.parse().expect("ENET_SEED is a decimal number"),
            Err(_) => RandomState::new().hash_one(()),
        };
        println!("replay with ENET_SEED={seed}");
        let dtls = Dtls::server(&identity.chain, &identity.key).expect("a good identity");
        let server = Layer::new(&dtls, MTU, 4095);
        Self { start: Instant::now(), seed, server, clients: HashMap::new(), received: Vec::new(), config }
    }

    fn now(&self) -> Millis {
        Millis(1_000_000 + self.start.elapsed().as_millis() as u64)
    }

    fn join(&mut self, number: u16, dtls: &Dtls) -> SocketAddr {
        let address = SocketAddr::new([10, 1, (number >> 8) as u8, number as u8].into(), 4000);
        let mut layer = Layer::new(dtls, MTU, 1);
        layer.connect(self.now(), SERVER);
        let seed = self.seed.wrapping_add(2 * u64::from(number));
        let (up, down) =
            (Link::new(self.config.clone(), seed), Link::new(self.config.clone(), seed.wrapping_add(1)));
        let client = Client { layer, up, down, outcome: None, received: Vec::new() };
        self.clients.insert(address, client);
        address
    }

    /// Moves whatever is there to be moved.
    fn step(&mut self) {
        let now = self.now();
        let mut datagram = Vec::new();
        for (&address, client) in &mut self.clients {
            client.layer.handle_timeout(now);
            while client.layer.poll_transmit(&mut datagram).is_some() {
                client.up.send(now.0, &datagram);
            }
            while let Some(datagram) = client.up.poll(now.0) {
                let received = &mut self.received;
                self.server.handle_datagram(now, address, &datagram, &mut |plain| {
                    received.push((address, plain.to_vec()));
                });
            }
        }
        self.server.handle_timeout(now);
        while let Some(to) = self.server.poll_transmit(&mut datagram) {
            if let Some(client) = self.clients.get_mut(&to) {
                client.down.send(now.0, &datagram);
            }
        }
        for client in self.clients.values_mut() {
            while let Some(datagram) = client.down.poll(now.0) {
                let received = &mut client.received;
                client
                    .layer
                    .handle_datagram(now, SERVER, &datagram, &mut |plain| received.push(plain.to_vec()));
            }
            while let Some((_, outcome)) = client.layer.poll_event() {
                client.outcome = Some(outcome);
            }
        }
    }

    #[track_caller]
    fn until(&mut self, what: &str, is_done: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_done(self) {
            assert!(Instant::now() < deadline, "waited in vain for {what}");
            self.step();
            thread::sleep(Duration::from_micros(500));
        }
    }

    /// What became of one client's attempt.
    #[track_caller]
    fn outcome(&mut self, address: SocketAddr) -> Result<(), DtlsFailure> {
        self.until("an outcome", |world| world.clients[&address].outcome.is_some());
        self.clients[&address].outcome.clone().expect("just seen")
    }

    fn say(&mut self, from: SocketAddr, text: &[u8]) {
        let now = self.now();
        let client = self.clients.get_mut(&from).expect("a client");
        let mut datagram = text.to_vec();
        assert!(client.layer.seal(SERVER, &mut datagram));
        client.up.send(now.0, &datagram);
    }
}

fn anyone() -> Dtls {
    Dtls::client("", &[], Verification::Nothing).expect("nothing that could be wrong")
}

fn verified(name: &str, roots: &[u8]) -> Dtls {
    Dtls::client(name, roots, Verification::Full).expect("good roots")
}

fn some_identity() -> Identity {
    certificates::self_signed(GAME, &certificates::p256())
}

/// The outcome of one client that meets one server on a perfect link.
#[track_caller]
fn meet(identity: &Identity, dtls: &Dtls) -> Result<(), DtlsFailure> {
    let mut world = World::new(identity, LinkConfig::PERFECT);
    let client = world.join(1, dtls);
    let outcome = world.outcome(client);
    if outcome.is_ok() {
        world.say(client, b"hello");
        world.until("the greeting", |world| world.received == [(client, b"hello".to_vec())]);
    }
    outcome
}

#[test]
fn every_kind_of_key_makes_a_session() {
    let root = Authority::root("Root");
    for key in [certificates::p256(), certificates::rsa(2048), certificates::rsa(4096)] {
        let identity = root.issue(GAME, &key);
        assert_eq!(meet(&identity, &verified("game.test", &root.pem())), Ok(()));
    }
}

#[test]
fn a_chain_is_followed_to_what_is_trusted() {
    let root = Authority::root("Root");
    let between = root.intermediate("Between");
    let identity = between.issue(GAME, &certificates::p256());
    assert_eq!(meet(&identity, &verified("game.test", &root.pem())), Ok(()));
    assert_eq!(meet(&identity, &verified("game.test", &between.pem())), Ok(()));
    let among_others =
        [&b"-----BEGIN CERTIFICATE-----\nbad\n-----END CERTIFICATE-----\n"[..], &root.pem()].concat();
    assert_eq!(meet(&identity, &verified("game.test", &among_others)), Ok(()));
    assert_eq!(
        meet(&identity, &verified("game.test", &Authority::root("Root").pem())),
        Err(DtlsFailure::Untrusted)
    );
}

#[test]
fn a_certificate_that_is_wrong_is_refused_by_name() {
    let root = Authority::root("Root");
    let issue = |paper| root.issue(paper, &certificates::p256());
    let cases = [
        (issue(GAME), "other.test", Err(DtlsFailure::WrongName("other.test".to_owned()))),
        (issue(GAME), "127.0.0.1", Err(DtlsFailure::WrongName("127.0.0.1".to_owned()))),
        (issue(Paper { days: (-9, -1), ..GAME }), "game.test", Err(DtlsFailure::Expired)),
        (issue(Paper { days: (1, 9), ..GAME }), "game.test", Err(DtlsFailure::NotYetValid)),
        (some_identity(), "game.test", Err(DtlsFailure::Untrusted)),
        (issue(Paper { also: &["a.test", "b.test"], ..GAME }), "b.test", Ok(())),
        (issue(Paper { also: &["*.game.test"], ..GAME }), "eu.game.test", Ok(())),
        (issue(Paper { also: &["127.0.0.1", "::1"], ..GAME }), "127.0.0.1", Ok(())),
        (issue(Paper { also: &["127.0.0.1", "::1"], ..GAME }), "::1", Ok(())),
        (issue(Paper { name: "127.0.0.1", ..GAME }), "127.0.0.1", Ok(())),
    ];
    for (identity, name, outcome) in cases {
        assert_eq!(meet(&identity, &verified(name, &root.pem())), outcome, "{name}");
    }
}

#[test]
fn a_self_signed_certificate_is_good_when_it_is_trusted_or_nothing_is_asked() {
    let (identity, other) = (some_identity(), some_identity());
    let chain_only = |roots: &[u8]| Dtls::client("", roots, Verification::ChainOnly).expect("good roots");
    assert_eq!(meet(&identity, &anyone()), Ok(()));
    assert_eq!(meet(&identity, &verified("game.test", &identity.chain)), Ok(()));
    assert_eq!(meet(&identity, &chain_only(&identity.chain)), Ok(()));
    assert_eq!(meet(&identity, &chain_only(&other.chain)), Err(DtlsFailure::Untrusted));
    assert_eq!(
        meet(&identity, &verified("other.test", &identity.chain)),
        Err(DtlsFailure::WrongName("other.test".to_owned()))
    );
}

#[test]
fn what_cannot_work_is_refused_before_anything_is_sent() {
    let (identity, other) = (some_identity(), some_identity());
    let server = |chain: &[u8], key: &[u8]| Dtls::server(chain, key).err();
    assert_eq!(server(&identity.chain, &identity.key), None);
    assert_eq!(server(&identity.chain, &other.key), Some(DtlsError::KeyMismatch));
    assert_eq!(server(b"nonsense", &identity.key), Some(DtlsError::Certificate));
    assert_eq!(server(&identity.chain, b"nonsense"), Some(DtlsError::Key));
    let client = |name: &str, roots: &[u8]| Dtls::client(name, roots, Verification::Full).err();
    assert_eq!(client("game.test", &identity.chain), None);
    assert_eq!(client("game.test", b""), Some(DtlsError::Roots));
    for name in ["", "nul\0byte", "two words", &"x".repeat(256)] {
        assert_eq!(client(name, &identity.chain), Some(DtlsError::Name), "{name:?}");
    }
}

#[test]
fn sessions_are_made_and_work_over_a_bad_link() {
    let config = LinkConfig {
        delay_ms: 5,
        jitter_ms: 10,
        loss: 0.2,
        duplicate: 0.1,
        reorder: 0.1,
        ..LinkConfig::PERFECT
    };
    let identity = certificates::self_signed(GAME, &certificates::rsa(2048));
    let mut world = World::new(&identity, config);
    let clients: Vec<SocketAddr> =
        (0..16).map(|number| world.join(number, &verified("game.test", &identity.chain))).collect();
    for &client in &clients {
        assert_eq!(world.outcome(client), Ok(()));
    }
    // From here on every record is protected. (Before, a flipped bit that UDP's checksum lets through ends a handshake.)
    for client in world.clients.values_mut() {
        client.up.set_config(LinkConfig { corrupt: 0.05, ..client.up.config().clone() });
    }
    // What is said again and again gets through, once each time, whatever the link does.
    for round in 0..200_u8 {
        for &client in &clients {
            world.say(client, &[round]);
        }
        world.step();
    }
    world.until("most of what was said", |world| world.received.len() > 16 * 120);
    for _ in 0..100 {
        world.step();
        thread::sleep(Duration::from_millis(1));
    }
    let mut seen = HashSet::new();
    assert!(world.received.iter().all(|heard| seen.insert(heard.clone())), "something was heard twice");
    assert!(world.received.len() < 16 * 200, "the links lost nothing");
    assert_eq!(world.server.stats().sessions, 16);
}

#[test]
fn hellos_from_forged_addresses_leave_nothing_behind() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let mut client = Layer::new(&anyone(), MTU, 1);
    client.connect(world.now(), SERVER);
    let mut hello = Vec::new();
    assert_eq!(client.poll_transmit(&mut hello), Some(SERVER));
    let now = world.now();
    let mut answer = Vec::new();
    for number in 0..100_000_u32 {
        let forged = SocketAddr::new(number.to_be_bytes().into(), number as u16);
        world.server.handle_datagram(now, forged, &hello, &mut |_| panic!("nothing was said"));
        assert_eq!(world.server.poll_transmit(&mut answer), Some(forged));
        assert!(answer.len() < hello.len(), "the answer to {} bytes has {}", hello.len(), answer.len());
    }
    let stats = DtlsStats { verify_requests: 100_000, ..DtlsStats::default() };
    assert_eq!(world.server.stats(), stats);
    assert!(world.server.is_empty());
    assert_eq!(world.server.poll_timeout(), None);
    let friend = world.join(1, &anyone());
    assert_eq!(world.outcome(friend), Ok(()));
}

#[test]
fn a_cookie_is_no_good_from_another_address() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let mut client = Layer::new(&anyone(), MTU, 1);
    let (now, own, forged) = (world.now(), "10.9.9.9:1".parse().unwrap(), "10.9.9.9:2".parse().unwrap());
    client.connect(now, SERVER);
    let mut datagram = Vec::new();
    client.poll_transmit(&mut datagram).expect("a hello");
    world.server.handle_datagram(now, own, &datagram, &mut |_| {});
    world.server.poll_transmit(&mut datagram).expect("a request to verify");
    client.handle_datagram(now, SERVER, &datagram, &mut |_| {});
    client.poll_transmit(&mut datagram).expect("a hello with a cookie");
    world.server.handle_datagram(now, forged, &datagram, &mut |_| {});
    assert_eq!(world.server.stats().sessions, 0);
    world.server.handle_datagram(now, own, &datagram, &mut |_| {});
    assert_eq!(world.server.stats().sessions, 1);
}

#[test]
fn garbage_reaches_nobody_and_breaks_nothing() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let client = world.join(1, &anyone());
    assert_eq!(world.outcome(client), Ok(()));
    let now = world.now();
    let mut random = world.seed | 1;
    for length in 0..2000 {
        let mut garbage: Vec<u8> = (0..length)
            .map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                random as u8
            })
            .collect();
        // Half of it looks like records: of every type, of both epochs.
        if length >= 13 && length % 2 == 0 {
            let body = (length - 13) as u16;
            garbage[..3].copy_from_slice(&[20 + (length % 6) as u8, 254, 253]);
            garbage[3..5].copy_from_slice(&[0, (length % 3) as u8]);
            garbage[11..13].copy_from_slice(&body.to_be_bytes());
        }
        for from in [client, "10.7.7.7:7".parse().unwrap()] {
            world.server.handle_datagram(now, from, &garbage, &mut |_| panic!("garbage was delivered"));
        }
        let head = &garbage[..garbage.len().min(16)];
        assert_eq!(world.server.stats().sessions, 1, "after {length} bytes: {head:02x?}");
    }
    world.say(client, b"still here");
    world.until("a word", |world| world.received == [(client, b"still here".to_vec())]);
}

#[test]
fn a_client_that_starts_again_replaces_its_session() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let client = world.join(1, &anyone());
    assert_eq!(world.outcome(client), Ok(()));
    // The same address and port, by a client that knows nothing of the session before.
    assert_eq!(world.join(1, &anyone()), client);
    assert_eq!(world.outcome(client), Ok(()));
    world.say(client, b"again");
    world.until("a word", |world| world.received == [(client, b"again".to_vec())]);
    assert_eq!(world.server.stats().sessions, 1);
}

#[test]
fn an_end_is_heard() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let client = world.join(1, &anyone());
    assert_eq!(world.outcome(client), Ok(()));
    world.until("the server's part", |world| world.server.stats().handshakes == 1);
    world.clients.get_mut(&client).expect("a client").layer.close_all();
    world.until("the end", |world| world.server.stats().sessions == 0);
    let mut datagram = b"too late".to_vec();
    assert!(!world.server.seal(client, &mut datagram));
    assert!(world.server.is_empty());
}

#[test]
fn sessions_that_nobody_uses_are_closed() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let (used, unused) = (world.join(1, &anyone()), world.join(2, &anyone()));
    assert_eq!((world.outcome(used), world.outcome(unused)), (Ok(()), Ok(())));
    world.until("the server's part", |world| world.server.stats().handshakes == 2);
    let (in_use, now) = (HashSet::from([used]), world.now());
    world.server.on_connected(used);
    for second in 0..8 {
        assert!(world.server.is_sweep_due(now + 1000 * (second + 1)));
        world.server.sweep(now + 1000 * (second + 1), &in_use);
        assert_eq!(world.server.stats().sessions, 2, "in second {second}");
    }
    world.server.sweep(now + 9000, &in_use);
    assert_eq!(world.server.stats().sessions, 1);
    assert!(world.server.seal(used, &mut b"still here".to_vec()));
}

#[test]
fn a_handshake_that_stops_is_given_up() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let client = world.join(1, &anyone());
    world.until("a session", |world| world.server.stats().sessions == 1);
    world.clients.remove(&client);
    let later = world.now() + 15_000;
    world.server.handle_timeout(later);
    let stats = world.server.stats();
    assert_eq!((stats.sessions, stats.failed_handshakes), (0, 1));
    assert!(world.server.is_empty());
}

#[test]
fn one_network_does_not_take_all_the_room() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let now = world.now();
    let shake = |world: &mut World, from: SocketAddr| {
        let mut client = Layer::new(&anyone(), MTU, 1);
        client.connect(now, SERVER);
        let mut datagram = Vec::new();
        for _ in 0..2 {
            client.poll_transmit(&mut datagram).expect("a hello");
            world.server.handle_datagram(now, from, &datagram, &mut |_| {});
            while world.server.poll_transmit(&mut datagram).is_some() {
                client.handle_datagram(now, SERVER, &datagram, &mut |_| {});
            }
        }
    };
    for port in 1..=MOST_OF_ONE_NETWORK as u16 {
        shake(&mut world, SocketAddr::new([10, 2, 0, 1].into(), port));
    }
    assert_eq!(world.server.stats().sessions, MOST_OF_ONE_NETWORK as u64);
    let mut hello = Vec::new();
    let mut client = Layer::new(&anyone(), MTU, 1);
    client.connect(now, SERVER);
    client.poll_transmit(&mut hello).expect("a hello");
    world.server.handle_datagram(now, "10.2.0.1:60000".parse().unwrap(), &hello, &mut |_| {});
    assert_eq!((world.server.stats().refused_hellos, world.server.poll_transmit(&mut hello)), (1, None));
    shake(&mut world, "10.2.0.2:1".parse().unwrap());
    assert_eq!(world.server.stats().sessions, MOST_OF_ONE_NETWORK as u64 + 1);
}

#[test]
fn whoever_refuses_does_not_look_at_hellos() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let inside = world.join(1, &anyone());
    assert_eq!(world.outcome(inside), Ok(()));
    world.server.set_refusing(true);
    let outside = world.join(2, &anyone());
    world.until("a refusal", |world| world.server.stats().refused_hellos > 0);
    world.say(inside, b"inside");
    world.until("a word", |world| world.received == [(inside, b"inside".to_vec())]);
    world.server.set_refusing(false);
    assert_eq!(world.outcome(outside), Ok(()));
}

#[test]
fn what_was_heard_has_a_name() {
    let now = Millis(5000);
    let mut client = Layer::new(&anyone(), MTU, 1);
    client.connect(now, SERVER);
    assert_eq!(client.give_up(SERVER), DtlsFailure::NoAnswer);
    client.connect(now, SERVER);
    client.handle_datagram(now, SERVER, b"HTTP/1.1 400 Bad Request", &mut |_| {});
    assert_eq!(client.give_up(SERVER), DtlsFailure::NotDtls);
    client.connect(now, SERVER);
    client.handle_datagram(now, SERVER, &[22, 254, 253, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0], &mut |_| {});
    assert_eq!(client.give_up(SERVER), DtlsFailure::TimedOut);
    // A fatal alert: handshake_failure.
    client.connect(now, SERVER);
    client.handle_datagram(now, SERVER, &[21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 40], &mut |_| {});
    assert_eq!(client.poll_event(), Some((SERVER, Err(DtlsFailure::Refused(40)))));
}

#[test]
fn a_record_adds_no_more_than_was_promised() {
    let mut world = World::new(&some_identity(), LinkConfig::PERFECT);
    let client = world.join(1, &anyone());
    assert_eq!(world.outcome(client), Ok(()));
    let client = world.clients.get_mut(&client).expect("a client");
    for length in [1, 100, 1355, 1392, 4096] {
        let mut datagram = vec![7; length];
        assert!(client.layer.seal(SERVER, &mut datagram));
        assert!(datagram.len() - length <= usize::from(RECORD_OVERHEAD), "{length}");
    }
}
