//! Who gets in: half-open connections, floods of forged addresses, limits, and what the refused are told.

use std::net::SocketAddr;

use enet_netem::LinkConfig;
use enet_proto::{
    AdmissionLimits, Delivery, DisconnectReason, Event, Host, HostConfig, Millis, Packet, PeerState,
};

use crate::network::{delayed, perfect, seeds};
use crate::town::{Forger, Town, player_address, server_address};

fn server(peers: usize) -> HostConfig {
    HostConfig { peers, ..HostConfig::default() }
}

/// Everything that a host has to send at this moment, to one receiver.
fn drain(host: &mut Host, now: u64) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    let mut datagram = Vec::new();
    while host.poll_transmit(Millis(now), &mut datagram).is_some() {
        out.push(datagram.clone());
    }
    out
}

/// A client whose datagrams are carried by hand.
struct Visitor {
    host: Host,
    address: SocketAddr,
}

impl Visitor {
    fn new(number: usize) -> Self {
        let mut host = Host::new(server(1), number as u64).unwrap();
        host.connect(Millis(0), server_address(), 2, 5).unwrap();
        Self { host, address: player_address(number) }
    }

    /// Carries what the client has to send to the server, and says what came back.
    fn carry(&mut self, now: u64, server: &mut Host) -> Vec<Vec<u8>> {
        for datagram in drain(&mut self.host, now) {
            server.handle_datagram(Millis(now), self.address, &datagram);
        }
        drain(server, now)
    }

    fn take(&mut self, now: u64, datagrams: &[Vec<u8>]) {
        for datagram in datagrams {
            self.host.handle_datagram(Millis(now), server_address(), datagram);
        }
    }

    /// Asks, and takes the answer in.
    fn ask(number: usize, server: &mut Host) -> Self {
        let mut visitor = Self::new(number);
        let answer = visitor.carry(0, server);
        assert_eq!(answer.len(), 1);
        visitor.take(0, &answer);
        visitor
    }
}

/// The slot number that a VERIFY_CONNECT names.
fn number_in(answer: &[u8]) -> u16 {
    u16::from_be_bytes([answer[8], answer[9]])
}

#[test]
fn forged_requests_take_no_slot_and_little_memory() {
    let admission = AdmissionLimits { half_open: 1000, ..AdmissionLimits::DEFAULT };
    let mut town = Town::new(1, HostConfig { admission, ..server(2) });
    let mut forger = Forger::new();
    for _ in 0..40 {
        forger.flood(&mut town, 500);
    }
    let stats = town.server.stats();
    assert_eq!((stats.half_open, stats.evicted_half_open), (1000, 19_000));
    assert_eq!(town.server.peers().count(), 0);
    // 48 bytes for 52, and no second time.
    assert_eq!(town.stray, (20_000, 20_000 * 48));
    town.run(60_000);
    assert_eq!(town.stray.0, 20_000);
    assert_eq!(town.server.stats().half_open, 0);
    let player = town.add(1, &perfect());
    town.join(player);
    town.run(10);
    assert!(town.players[player].joined.iter().all(Option::is_some));
}

#[test]
fn an_answer_is_repeated_for_whoever_asks_again_and_says_the_same() {
    let mut host = Host::new(server(100), 1).unwrap();
    let mut visitor = Visitor::new(0);
    let first = visitor.carry(0, &mut host);
    visitor.host.handle_timeout(Millis(520));
    let second = visitor.carry(520, &mut host);
    assert_eq!(first, second);
    assert_eq!(host.stats().half_open, 1);
    visitor.take(530, &second);
    visitor.carry(530, &mut host);
    assert_eq!(host.peers().count(), 1);
    // Which answer was confirmed is not known, so it measures nothing.
    let peer = host.peers().next().unwrap();
    assert_eq!(host.peer_stats(peer).unwrap().round_trip_time_ms, 500);
}

/// A client that repeats its acknowledgement beside whatever it sends is in with the next datagram. One that does not, like
/// C ENet's, is told the answer once more, but not for every packet.
#[test]
fn a_lost_acknowledgement_is_made_up_for() {
    let mut host = Host::new(server(100), 1).unwrap();
    let mut visitor = Visitor::ask(0, &mut host);
    let lost = drain(&mut visitor.host, 1).remove(0);
    let ping = [&lost[..4], &lost[lost.len() - 4..]].concat();
    assert_eq!(ping[4], 0x85);
    let mut answers = 0;
    for now in 1..=1000 {
        host.handle_datagram(Millis(now), visitor.address, &ping);
        answers += drain(&mut host, now).len();
    }
    assert_eq!((answers, host.peers().count()), (4, 0));
    visitor.host.handle_timeout(Millis(1001));
    visitor.carry(1001, &mut host);
    assert_eq!(host.peers().count(), 1);
}

#[test]
fn data_may_come_with_the_acknowledgement() {
    let mut host = Host::new(server(100), 1).unwrap();
    let mut visitor = Visitor::ask(0, &mut host);
    let Some(Event::Connected { peer, .. }) = visitor.host.poll_event() else { panic!() };
    visitor.host.send(peer, 1, Packet::new(&b"hello"[..], Delivery::Reliable)).unwrap();
    visitor.carry(1, &mut host);
    assert!(matches!(host.poll_event(), Some(Event::Connected { data: 5, channels: 2, .. })));
    let Some(Event::Received { channel: 1, packet, .. }) = host.poll_event() else { panic!() };
    assert_eq!(&packet.data[..], b"hello");
}

#[test]
fn a_wrong_acknowledgement_lets_nobody_in() {
    let mut host = Host::new(server(100), 1).unwrap();
    let mut visitor = Visitor::new(0);
    let answer = visitor.carry(0, &mut host).remove(0);
    visitor.take(0, std::slice::from_ref(&answer));
    let right = drain(&mut visitor.host, 1).remove(0);
    // header (4), ACKNOWLEDGE: 01 ff, number (2), number (2), echoed time (2), then the PING
    assert_eq!((right[4..8].to_vec(), &right[10..12]), (vec![1, 0xff, 0, 1], &answer[2..4]));
    for (index, change) in
        [(0, 0x10), (0, 0x20), (0, 0x01), (1, 0x01), (5, 0x01), (9, 0x01), (10, 0x80), (11, 0x01)]
    {
        let mut wrong = right.clone();
        wrong[index] ^= change;
        host.handle_datagram(Millis(1), visitor.address, &wrong);
        assert_eq!((host.peers().count(), host.stats().half_open), (0, 1), "byte {index}");
    }
    host.handle_datagram(Millis(1), player_address(1), &right);
    assert_eq!(host.peers().count(), 0, "another address");
    host.handle_datagram(Millis(1), visitor.address, &right);
    assert_eq!(host.peers().count(), 1);
}

/// What somebody must guess who does not see the answer.
#[test]
fn slot_session_and_time_are_different_every_time() {
    let mut host = Host::new(server(4095), 1).unwrap();
    let answers: Vec<Vec<u8>> =
        (0..2000).map(|number| Visitor::new(number).carry(0, &mut host).remove(0)).collect();
    let distinct = |part: fn(&[u8]) -> u16| {
        let mut values: Vec<u16> = answers.iter().map(|answer| part(answer)).collect();
        values.sort_unstable();
        values.dedup();
        values.len()
    };
    assert!(distinct(number_in) > 1500);
    assert!(distinct(|answer| u16::from_be_bytes([answer[2], answer[3]])) > 1900);
    assert_eq!(distinct(|answer| u16::from(answer[10]) << 2 | u16::from(answer[11])), 16);
    // The same seed chooses the same, another one does not.
    let again = |seed| Visitor::new(0).carry(0, &mut Host::new(server(4095), seed).unwrap());
    assert_eq!(again(1), again(1));
    assert_ne!(again(1), again(2));
    let key = |byte| Visitor::new(0).carry(0, &mut Host::with_key(server(4095), [byte; 32]).unwrap());
    assert_ne!(key(1), key(2));
}

/// More ask than there are slots, so some are told the same number. Whoever comes first has the slot, the others get
/// another one, and everybody is heard.
#[test]
fn remotes_that_were_told_the_same_slot_share_its_number() {
    for seed in seeds(32) {
        let mut host = Host::new(server(4), seed).unwrap();
        let mut visitors: Vec<Visitor> = (0..20).map(|number| Visitor::ask(number, &mut host)).collect();
        for visitor in &mut visitors {
            let Some(Event::Connected { peer, .. }) = visitor.host.poll_event() else { panic!() };
            visitor.host.send(peer, 0, Packet::new(vec![7], Delivery::Reliable)).unwrap();
            let answer = visitor.carry(1, &mut host);
            visitor.take(1, &answer);
            visitor.carry(2, &mut host);
        }
        let mut addresses: Vec<SocketAddr> = Vec::new();
        while let Some(event) = host.poll_event() {
            if let Event::Received { peer, .. } = event {
                addresses.push(host.peer_address(peer).unwrap());
            }
        }
        let first: Vec<SocketAddr> = (0..4).map(player_address).collect();
        assert_eq!(addresses, first, "ENET_SEED={seed}");
        // The rest believed to be connected, and are told that they are not.
        for visitor in &mut visitors[4..] {
            let event = visitor.host.poll_event();
            let Some(Event::Disconnected { reason: DisconnectReason::Remote(0), .. }) = event else {
                panic!("ENET_SEED={seed}: {event:?}")
            };
        }
        assert_eq!(host.stats().refused_connects, 16);
        // When all have gone, everything is free again, and the numbers are those of the slots.
        for peer in host.peers().collect::<Vec<_>>() {
            host.reset(peer);
        }
        let again: Vec<Visitor> = (20..24).map(|number| Visitor::ask(number, &mut host)).collect();
        for mut visitor in again {
            visitor.carry(3, &mut host);
        }
        assert_eq!(host.peers().count(), 4, "ENET_SEED={seed}");
    }
}

#[test]
fn a_full_server_says_so_before_and_after_its_answer() {
    let mut host = Host::new(HostConfig { turns_surplus_away: Some(77), ..server(1) }, 1).unwrap();
    let mut visitors: Vec<Visitor> = (0..2).map(|number| Visitor::ask(number, &mut host)).collect();
    for visitor in &mut visitors {
        let answer = visitor.carry(1, &mut host);
        visitor.take(1, &answer);
        assert!(matches!(visitor.host.poll_event(), Some(Event::Connected { .. })));
    }
    visitors.push(Visitor::new(2));
    let farewell = visitors[2].carry(2, &mut host);
    assert!(farewell[0].len() < 52);
    visitors[2].take(2, &farewell);
    assert_eq!(visitors[0].host.poll_event(), None);
    for late in &mut visitors[1..] {
        let told = late.host.poll_event();
        assert!(
            matches!(told, Some(Event::Disconnected { reason: DisconnectReason::Remote(77), .. })),
            "{told:?}"
        );
    }
    assert_eq!(host.peers().count(), 1);
}

#[test]
fn limits_can_be_changed_while_the_host_runs() {
    let mut town = Town::new(1, server(100));
    let limits = AdmissionLimits { connections_per_address: 0, ..AdmissionLimits::DEFAULT };
    town.server.set_admission_limits(limits);
    let player = town.add(1, &perfect());
    town.join(player);
    town.run(300);
    assert_eq!(town.server.peers().count(), 0);
    town.server.set_admission_limits(AdmissionLimits::DEFAULT);
    town.run(3000);
    assert_eq!(town.server.peers().count(), 1);
}

/// A school behind one address, or a test with bots.
#[test]
fn four_thousand_clients_behind_one_address_join_a_quiet_server_at_once() {
    let mut host = Host::new(server(4095), 1).unwrap();
    let mut visitors: Vec<Visitor> = (0..4000).map(Visitor::new).collect();
    for (port, visitor) in (2000..).zip(&mut visitors) {
        visitor.address = SocketAddr::from(([192, 0, 2, 1], port));
    }
    for now in 0..2 {
        for visitor in &mut visitors {
            let answer = visitor.carry(now, &mut host);
            visitor.take(now, &answer);
        }
    }
    assert_eq!(host.stats().connections, 4000);
    assert!(visitors.iter().all(|visitor| {
        let peer = visitor.host.peers().next().unwrap();
        visitor.host.peer_state(peer) == PeerState::Connected
    }));
}

/// A flood from one prefix is cut to its share; players from elsewhere join as if nothing were.
#[test]
fn a_flood_from_one_prefix_is_held_to_its_share() {
    let mut town = Town::new(1, server(64));
    let mut forger = Forger::new();
    for player in 0..20 {
        town.add(1, &delayed(20));
        town.join(player);
        for _ in 0..100 {
            for _ in 0..50 {
                let now = Millis(town.now);
                let (_, datagram) = forger.forge();
                town.server.handle_datagram(now, SocketAddr::from(([66, 6, 6, player as u8], 6)), datagram);
            }
            town.step();
        }
        assert!(town.players[player].joined.iter().all(Option::is_some), "player {player}");
    }
    let stats = town.server.stats();
    // 8,192 at once, then 4,096 a second for all and 32 for the prefix, for two seconds.
    assert!(stats.limited_connects > 80_000, "{stats:?}");
    assert!(town.stray.0 < 17_000, "{:?}", town.stray);
}

/// What a player may be: far away, and on a bad link.
fn far_and_lossy() -> LinkConfig {
    LinkConfig { loss: 0.05, ..delayed(100) }
}

struct Siege {
    seconds: u64,
    forged_per_ms: usize,
    half_open: u32,
    players: usize,
}

/// Players join one after the other while the server is flooded. Returns how long each of them took, in milliseconds.
fn besiege(seed: u64, siege: &Siege) -> Vec<u64> {
    let admission = AdmissionLimits { half_open: siege.half_open, ..AdmissionLimits::DEFAULT };
    let mut town = Town::new(seed, HostConfig { admission, ..server(64) });
    let mut forger = Forger::new();
    let duration = siege.seconds * 1000;
    let interval = (duration - 2000) / siege.players as u64;
    for elapsed in 0..duration {
        if elapsed % interval == 0 && town.players.len() < siege.players {
            let links = [perfect(), delayed(25), far_and_lossy()];
            let player = town.add(seed, &links[town.players.len() % 3]);
            town.join(player);
        }
        forger.flood(&mut town, siege.forged_per_ms);
        town.step();
    }
    assert!(town.most_half_open <= u64::from(siege.half_open));
    assert!(town.server.stats().evicted_half_open > 0 && town.server.stats().limited_connects == 0);
    assert_eq!(town.server.peers().count(), siege.players, "ENET_SEED={seed}");
    // Never more than was asked for, and only to those who asked.
    let forged = duration * siege.forged_per_ms as u64;
    assert!(town.stray.0 <= forged && town.stray.1 <= forged * 48);
    let took = |player: &crate::town::Player| {
        assert!(!player.was_dropped, "ENET_SEED={seed}");
        player.joined.iter().map(|joined| joined.expect("everybody is in") - player.began).max()
    };
    town.players.iter().filter_map(took).collect()
}

/// 50,000 forged requests a second, for half a minute.
#[test]
fn players_join_through_a_flood_of_forged_requests() {
    let siege = Siege { seconds: 30, forged_per_ms: 50, half_open: 131_072, players: 20 };
    for seed in seeds(1) {
        let took = besiege(seed, &siege);
        println!("the players took {took:?} ms");
        assert!(took.iter().all(|&took| took < 2000), "ENET_SEED={seed}: {took:?}");
    }
}

/// The same at a tenth of the rate and of the memory, so that many seeds can be tried. Somebody who loses both the
/// acknowledgement and its repetition may take longer, as on a server in peace.
#[test]
fn players_join_through_smaller_floods_whatever_the_seed() {
    let siege = Siege { seconds: 5, forged_per_ms: 5, half_open: 13_107, players: 20 };
    let seeds = seeds(32);
    let all: Vec<u64> = seeds.iter().flat_map(|&seed| besiege(seed, &siege)).collect();
    let late: Vec<u64> = all.iter().copied().filter(|&took| took >= 2000).collect();
    println!("{} of {} players took 2 seconds or more: {late:?} ms", late.len(), all.len());
    assert!(late.len() <= all.len() / 200 + 1 && late.iter().all(|&took| took < 4000), "{late:?}");
}

/// What 99 peers send and when it arrives, with somebody else doing something in every millisecond.
fn arrivals(meanwhile: impl Fn(&mut Town, usize)) -> Vec<(u64, SocketAddr, Vec<u8>)> {
    let mut town = Town::new(7, server(128));
    for player in 0..99 {
        town.add(7, &if player % 2 == 0 { delayed(15) } else { LinkConfig::wifi_lossy() });
        town.join(player);
    }
    let other = town.add(7, &perfect());
    town.run(3000);
    town.received.clear();
    for elapsed in 0..3000u32 {
        if elapsed % 20 == 0 {
            for player in 0..99 {
                town.send(player, &elapsed.to_be_bytes());
            }
        }
        meanwhile(&mut town, other);
        town.step();
    }
    town.run(2000);
    assert!(town.players.iter().all(|player| !player.was_dropped));
    town.received.retain(|(_, from, _)| *from != player_address(other));
    assert_eq!(town.received.len(), 99 * 150);
    town.received
}

#[test]
fn a_peer_that_comes_and_goes_in_a_loop_changes_nothing_for_the_others() {
    let quiet = arrivals(|_, _| {});
    let busy = arrivals(|town, other| {
        let now = Millis(town.now);
        match town.players[other].peer.take() {
            Some(peer) if town.players[other].host.peer_state(peer) == PeerState::Connected => {
                town.players[other].host.disconnect_now(now, peer, 0);
            }
            Some(peer) => town.players[other].peer = Some(peer),
            None => town.join(other),
        }
    });
    assert!(quiet == busy, "something arrived at another time");
}

#[test]
fn a_flood_changes_nothing_for_those_who_are_in() {
    let quiet = arrivals(|_, _| {});
    let flooded = std::cell::RefCell::new(Forger::new());
    let busy = arrivals(|town, _| flooded.borrow_mut().flood(town, 10));
    assert!(quiet == busy, "something arrived at another time");
}
