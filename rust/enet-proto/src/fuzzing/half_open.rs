//! Remotes that ask to connect, and stop or go astray anywhere on the way.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use super::input::Input;
use super::setup::{Setup, Squeeze};
use super::world::World;
use crate::config::AdmissionLimits;
use crate::host::testing::Seal;
use crate::seq::Seq16;
use crate::wire::{Body, CONTROL_CHANNEL, Command, Connect, DatagramHeader, VerifyConnect};

/// Datagrams that one run handles at most.
const MOST_STEPS: usize = 120;
/// Two ports of one address, a neighbour of it, and somebody far away.
const PLACES: [([u8; 4], u16); 4] =
    [([10, 0, 0, 2], 7000), ([10, 0, 0, 2], 7001), ([10, 0, 0, 3], 7000), ([192, 0, 2, 1], 9)];
/// So few that attempts repeat each other's.
const TOKENS: [[u8; 4]; 4] = [[0; 4], [1; 4], [2; 4], [0xFF; 4]];
/// The number of a handshake's commands.
const FIRST: Seq16 = Seq16(1);

/// Asks a host to connect, from several places and as often as the bytes say, hears what it answers, and does with the
/// answers what the bytes say: confirms them, early, late, twice, wrongly, from elsewhere, or with any commands behind.
///
/// # Panics
/// The host's books do not balance, somebody becomes a peer without having confirmed, somebody who is no peer is sent
/// more datagrams than came from there, or something of all this is left when everybody has fallen silent.
pub fn half_open(data: &[u8]) {
    let mut input = Input::new(data);
    let setup = Setup::new(&mut input);
    let mut run = Run::new(&setup);
    for _ in 0..MOST_STEPS {
        if input.is_empty() {
            break;
        }
        run.step(&mut input);
    }
    run.world.outlast();
    run.world.pass(60_000);
    assert_eq!(run.world.target.stats().half_open, 0, "records that outlive their time");
}

/// What a host has answered to somebody who asked to connect.
#[derive(Clone, Copy)]
struct Answer {
    place: usize,
    /// Of a datagram to the host.
    header: DatagramHeader,
    token: [u8; 4],
    /// The time in the answer's header, to be repeated.
    echo: u16,
}

struct Run {
    world: World,
    /// Seals and opens datagrams as a remote does.
    seal: Seal,
    answers: Vec<Answer>,
    /// Datagrams that have come from each place, less those that went there.
    credit: HashMap<SocketAddr, i64>,
    /// Where there has been a peer.
    known: HashSet<SocketAddr>,
}

impl Run {
    fn new(setup: &Setup) -> Self {
        let mut seal = Seal::new(setup.config.checksums);
        if setup.is_compressed {
            seal.compressor = Some(Box::new(Squeeze));
        }
        let world = World::new(setup, 0);
        Self { world, seal, answers: Vec::new(), credit: HashMap::new(), known: HashSet::new() }
    }

    fn step(&mut self, input: &mut Input<'_>) {
        let kind = input.byte();
        let place = usize::from(kind >> 4) % PLACES.len();
        match kind % 16 {
            0..=3 => self.ask(place, input),
            4..=6 => self.confirm(input),
            7 => self.mistake(place, input),
            8 | 9 => self.say(input),
            10 => self.leave(input),
            11 => self.deliver(place, input.slice()),
            12 => self.world.pass(u64::from(input.byte())),
            13 => self.world.pass(u64::from(input.word())),
            14 => self.application(place, input),
            _ => self.limit(input),
        }
        self.hear();
        self.world.take_events(usize::MAX);
    }

    /// Asks to connect, mostly as an honest client would.
    fn ask(&mut self, place: usize, input: &mut Input<'_>) {
        let odd = input.byte();
        let mut pick = |bit: u8, usual: u32, unusual: &[u32]| {
            if odd & (1 << bit) == 0 { usual } else { input.choose(unusual) }
        };
        let [token, peer, session, ..] = pick(0, 0, &[1, 2, 3, 0x0103, 0x0F_0203]).to_le_bytes();
        let sessions = [0xFF, 0, 3, 4];
        let session = sessions[usize::from(session) % sessions.len()];
        let peer = [0, 1, 0xFFE, 0xFFF][usize::from(peer) % 4];
        let terms = VerifyConnect {
            peer,
            incoming_session: session,
            outgoing_session: session,
            mtu: pick(1, 1392, &[0, 576, 4096, u32::MAX]),
            window: pick(2, 65_536, &[0, 1, 4096, u32::MAX]),
            channels: pick(3, 3, &[0, 1, 255, 256, u32::MAX]),
            incoming_bandwidth: pick(4, 0, &[1, 10_000, u32::MAX]),
            outgoing_bandwidth: pick(5, 0, &[1, 10_000, u32::MAX]),
            throttle_interval: pick(6, 5000, &[0, 1, u32::MAX]),
            throttle_acceleration: pick(7, 2, &[0, u32::MAX]),
            throttle_deceleration: 2,
            connect_id: TOKENS[usize::from(token) % TOKENS.len()],
        };
        let nobody = DatagramHeader { peer: None, session: 0, compressed: false, sent_time: Some(0) };
        let body = Body::Connect(Connect { terms, data: 7 });
        let datagram = self.sealed(nobody, [0; 4], &[control(body)], &[]);
        self.expect_no_peer(place, &datagram);
    }

    /// Confirms an answer, which makes a peer of whoever it was for if it comes in time; any commands may be behind.
    fn confirm(&mut self, input: &mut Input<'_>) {
        let Some(answer) = self.answer(input) else { return };
        let datagram = self.sealed(answer.header, answer.token, &[confirmation(answer.echo)], input.slice());
        self.deliver(answer.place, &datagram);
    }

    /// Confirms an answer in a way that no peer can come of.
    fn mistake(&mut self, place: usize, input: &mut Input<'_>) {
        let Some(answer) = self.answer(input) else { return };
        let (mut command, mut header, mut from) = (confirmation(answer.echo), answer.header, answer.place);
        match input.byte() % 5 {
            0 => command = confirmation(answer.echo ^ (1 << (input.byte() % 16))),
            1 => command.channel = input.byte() % CONTROL_CHANNEL,
            2 => header.session = (header.session + 1) & 3,
            3 if answer.place != place => from = place,
            _ => command.body = Body::Ping,
        }
        let datagram = self.sealed(header, answer.token, &[command], &[]);
        // What is wrong for one attempt may be right for another.
        if self.answers.iter().any(|other| (other.place, other.header) == (from, header)) {
            self.deliver(from, &datagram);
        } else {
            self.expect_no_peer(from, &datagram);
        }
    }

    /// Any commands, in a datagram that belongs to an attempt.
    fn say(&mut self, input: &mut Input<'_>) {
        let Some(answer) = self.answer(input) else { return };
        let datagram = self.sealed(answer.header, answer.token, &[], input.slice());
        self.deliver(answer.place, &datagram);
    }

    fn leave(&mut self, input: &mut Input<'_>) {
        let Some(answer) = self.answer(input) else { return };
        let goodbye = control(Body::Disconnect { data: 3 });
        let datagram = self.sealed(answer.header, answer.token, &[goodbye], &[]);
        self.expect_no_peer(answer.place, &datagram);
    }

    /// The game ends a connection, or makes one to where attempts come from.
    fn application(&mut self, place: usize, input: &mut Input<'_>) {
        let now = self.world.now;
        let peers: Vec<_> = self.world.target.peers().collect();
        let Some(&peer) = peers.get(usize::from(input.byte())) else {
            self.world.reach_out_to(PLACES[place].into(), 3);
            return;
        };
        match input.byte() % 3 {
            0 => self.world.target.disconnect(now, peer, 1),
            1 => self.world.target.disconnect_now(now, peer, 1),
            _ => self.world.target.reset(peer),
        }
        self.world.on_let_go(peer);
    }

    fn limit(&mut self, input: &mut Input<'_>) {
        let usual = AdmissionLimits::DEFAULT;
        self.world.target.set_admission_limits(AdmissionLimits {
            half_open: input.choose(&[1, 2, 5, usual.half_open]),
            connects_per_second: input.choose(&[0, 1, usual.connects_per_second]),
            connects_per_prefix: input.choose(&[0, 1, usual.connects_per_prefix]),
            connections_per_address: input.choose(&[0, 1, 2, usual.connections_per_address]),
        });
    }

    fn answer(&self, input: &mut Input<'_>) -> Option<Answer> {
        let newest_first = self.answers.len().checked_sub(1 + usize::from(input.byte()))?;
        self.answers.get(newest_first).copied()
    }

    /// A datagram with these commands, and bytes that are taken for commands behind them.
    fn sealed(
        &mut self,
        header: DatagramHeader,
        token: [u8; 4],
        commands: &[Command<&[u8]>],
        behind: &[u8],
    ) -> Vec<u8> {
        let (mut plain, mut datagram) = (Vec::new(), Vec::new());
        commands.iter().for_each(|command| command.emit(&mut plain));
        plain.extend_from_slice(behind);
        self.seal.close(header, token, &plain, &mut datagram);
        datagram
    }

    fn deliver(&mut self, place: usize, datagram: &[u8]) {
        let from = PLACES[place].into();
        *self.credit.entry(from).or_default() += 1;
        self.world.deliver(from, datagram);
    }

    fn expect_no_peer(&mut self, place: usize, datagram: &[u8]) {
        let before: Vec<_> = self.world.target.peers().collect();
        self.deliver(place, datagram);
        let mut after = self.world.target.peers();
        assert!(after.all(|peer| before.contains(&peer)), "somebody is a peer without having confirmed");
    }

    /// Every place takes in what the host sends there.
    fn hear(&mut self) {
        let target = &self.world.target;
        self.known.extend(target.peers().filter_map(|peer| target.peer_address(peer)));
        for (to, datagram) in self.world.sendings() {
            let credit = self.credit.entry(to).or_default();
            *credit -= 1;
            assert!(*credit >= 0 || self.known.contains(&to), "{to} gets more than it sends");
            self.learn(to, &datagram);
        }
    }

    /// Remembers what is an answer.
    fn learn(&mut self, to: SocketAddr, datagram: &[u8]) {
        let place = PLACES.iter().position(|&place| SocketAddr::from(place) == to);
        let (header, rest) = DatagramHeader::parse(datagram).expect("what a host sends has a header");
        for token in TOKENS {
            let command = self.seal.open(&header, token, rest).map(Command::parse);
            if let Ok(Ok((Command { body: Body::VerifyConnect(terms), .. }, _))) = command {
                self.answers.extend(place.zip(header.sent_time).map(|(place, echo)| Answer {
                    place,
                    header: header_for(&terms),
                    token: terms.connect_id,
                    echo,
                }));
                return;
            }
        }
    }
}

/// The header of a datagram from somebody who was told these terms.
fn header_for(terms: &VerifyConnect) -> DatagramHeader {
    DatagramHeader {
        peer: Some(terms.peer),
        session: terms.outgoing_session,
        compressed: false,
        sent_time: Some(0),
    }
}

fn control(body: Body<&'static [u8]>) -> Command<&'static [u8]> {
    Command::control(FIRST, body)
}

fn confirmation(echo: u16) -> Command<&'static [u8]> {
    let acknowledge = control(Body::Acknowledge { sequence: FIRST, sent_time: echo });
    Command { wants_acknowledge: false, ..acknowledge }
}
