//! The rows that need no engine: what is done to each server in turn, and which figures come out.

use std::{collections::BTreeMap, error::Error, net::SocketAddr, thread, time::Duration};

use enet_netem::LinkConfig;

use crate::{
    contender::{CONTENDERS, Contender, Mode, PROTOCOLS, Server, built},
    crowd::{Crowd, Load, Tally},
    figures::{Line, Table, Target, median, permille},
    process::{Program, socket_drops},
    relay::Relay,
};

/// How long and how often things are measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) window: Duration,
    pub(crate) runs: usize,
    pub(crate) lossy_seconds: u64,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What several runs gave, by figure and contender.
#[derive(Default)]
struct Samples(BTreeMap<&'static str, [Vec<f64>; CONTENDERS.len()]>);

impl Samples {
    fn add(&mut self, figure: &'static str, contender: Contender, value: Option<f64>) {
        self.0.entry(figure).or_default()[contender as usize].extend(value);
    }

    fn medians(&self, figure: &str) -> Vec<Option<f64>> {
        let columns = self.0.get(figure).into_iter().flatten();
        columns.map(|values| median(values)).collect()
    }

    fn line(&self, figure: &'static str, work: String, against: &[usize], target: Target) -> Line {
        Line { work: work + figure, values: self.medians(figure), against: against.to_vec(), target }
    }
}

/// Runs every contender in turn, several times, so that what else the machine does hits them alike.
fn compare(
    effort: Effort,
    contenders: &[Contender],
    mut measure: impl FnMut(Contender, &mut Samples) -> Outcome<()>,
) -> Outcome<Samples> {
    let mut samples = Samples::default();
    for run in 0..effort.runs {
        for &contender in contenders {
            eprintln!("   run {} of {}: {contender:?}", run + 1, effort.runs);
            measure(contender, &mut samples)?;
        }
    }
    Ok(samples)
}

fn table(lines: Vec<Line>) -> Table {
    Table { columns: vec!["ours", "C ENet", "rusty_enet", "bare socket"], lines }
}

const C: usize = Contender::C as usize;
const BARE: usize = Contender::Bare as usize;
const THIRD: f64 = 1.0 / 3.0;

/// Clients of an echo server under a load that has had a second to settle.
struct Session {
    server: Server,
    crowd: Crowd,
}

impl Session {
    fn start(contender: Contender, mode: Mode, peers: usize, channels: u8) -> Outcome<Self> {
        let server = Server::start(contender, peers, mode)?;
        let mut crowd = Crowd::new(server.address)?;
        if contender == Contender::Bare {
            crowd.add_plain(peers)?;
        } else {
            crowd.connect(peers, channels, 64)?;
        }
        Ok(Self { server, crowd })
    }

    /// The load after a second of it, and the processor time that the server spent meanwhile, in microseconds.
    fn measure(&mut self, load: &Load, window: Duration) -> Outcome<(Tally, f64)> {
        self.crowd.run(Duration::from_secs(1), load);
        let before = self.server.program.cpu()?;
        let tally = self.crowd.go_on(window, load);
        let spent = self.server.program.cpu()?.saturating_sub(before);
        Ok((tally, spent.as_secs_f64() * 1e6))
    }
}

/// Echoes of 64 bytes, reliable and unreliable by turns.
/// What is due within a millisecond arrives together, or each packet alone.
pub(crate) fn echo(effort: Effort, peers: usize, is_bursty: bool) -> Outcome<Table> {
    let tick = if is_bursty { TICK } else { Duration::from_nanos(1) };
    let samples = compare(effort, &CONTENDERS, |contender, samples| {
        let mut session = Session::start(contender, Mode::Echo, peers, 2)?;
        let load = paced_by(30.0, tick);
        let (mut tally, cpu_us) = session.measure(&load, effort.window)?;
        samples.add("CPU of the server per packet, µs", contender, Some(cpu_us / tally.received as f64));
        for (figure, share) in LATENCIES {
            samples.add(figure, contender, permille(&mut tally.latencies, share));
        }
        let lost = tally.sent.saturating_sub(tally.received) as f64 / tally.sent as f64 * 100.0;
        samples.add("not echoed, %", contender, Some(lost));
        samples.add("peak memory, KiB", contender, Some(session.server.program.memory("VmHWM")?));
        Ok(())
    })?;
    let manner = if is_bursty { "" } else { ", one by one" };
    let work = format!("{peers} peers × 30/s{manner}: ");
    let cpu = Target::Both((THIRD, C), (1.5, BARE));
    let mut lines = vec![samples.line("CPU of the server per packet, µs", work.clone(), &[C, BARE], cpu)];
    for (figure, share) in LATENCIES {
        let target = if share == 990 { Target::AtMost(1.0, C) } else { Target::None };
        lines.push(samples.line(figure, work.clone(), &[C], target));
    }
    lines.push(samples.line("not echoed, %", work.clone(), &[], Target::None));
    lines.push(samples.line("peak memory, KiB", work, &[C], Target::None));
    Ok(table(lines))
}

/// Peers that do nothing but stay connected.
pub(crate) fn idle(effort: Effort) -> Outcome<Table> {
    let samples = compare(effort, &PROTOCOLS, |contender, samples| {
        let mut session = Session::start(contender, Mode::Echo, 4000, 2)?;
        // A connection is not idle as soon as it is made: ours ask each other as often as C ENet's at first.
        session.crowd.run(Duration::from_secs(10), &Load::Idle);
        // Later four seconds lie between two pings of a peer, and those of peers that came together come together at first.
        let window = effort.window.max(Duration::from_secs(17));
        let (_, cpu_us) = session.measure(&Load::Idle, window)?;
        let share = cpu_us / window.as_secs_f64() / 1e4;
        samples.add("CPU of the server, % of a core", contender, Some(share));
        Ok(())
    })?;
    let work = "4,000 idle peers: ".to_owned();
    Ok(table(vec![samples.line("CPU of the server, % of a core", work, &[C], Target::Below(1.0))]))
}

/// Everybody at once, while others play.
pub(crate) fn join(effort: Effort) -> Outcome<Table> {
    let samples = compare(effort, &PROTOCOLS, |contender, samples| {
        let server = Server::start(contender, 4095, Mode::Echo)?;
        let mut crowd = Crowd::new(server.address)?;
        crowd.connect(95, 2, 64)?;
        let load = paced(30.0);
        crowd.run(Duration::from_secs(1), &load);
        let took = crowd.connect(4000, 2, usize::MAX)?;
        let after = crowd.go_on(Duration::from_secs(1), &load);
        samples.add("until the last is in, s", contender, Some(took.as_secs_f64()));
        samples.add("connections lost", contender, Some(after.dropped as f64));
        Ok(())
    })?;
    let work = "4,000 peers joining at once, 95 playing: ";
    Ok(table(vec![
        samples.line("until the last is in, s", work.to_owned(), &[C], Target::Below(2.0)),
        samples.line("connections lost", work.to_owned(), &[], Target::Below(0.0)),
    ]))
}

/// A server that tells everybody everything.
pub(crate) fn broadcast(effort: Effort) -> Outcome<Table> {
    let samples = compare(effort, &PROTOCOLS, |contender, samples| {
        let mode = Mode::Broadcast { bytes: 128, hz: 20 };
        let mut session = Session::start(contender, mode, 2000, 2)?;
        let load = paced(2.0);
        let drops = socket_drops(session.server.address.port());
        let (tally, cpu_us) = session.measure(&load, effort.window)?;
        let drops = socket_drops(session.server.address.port()) - drops;
        let share = cpu_us / effort.window.as_secs_f64() / 1e4;
        samples.add("CPU of the server, % of a core", contender, Some(share));
        let lost = tally.expected.saturating_sub(tally.received) as f64 / tally.expected as f64;
        samples.add("broadcasts lost, %", contender, Some(lost * 100.0));
        samples.add("datagrams dropped by the server's socket", contender, Some(drops as f64));
        samples.add("received by a peer, packets/s", contender, {
            Some(tally.received as f64 / effort.window.as_secs_f64() / 2000.0)
        });
        Ok(())
    })?;
    let line = |figure, against: &[usize], target| {
        samples.line(figure, "broadcast of 128 B, 20/s, to 2,000 peers: ".to_owned(), against, target)
    };
    Ok(table(vec![
        line("CPU of the server, % of a core", &[C], Target::AtMost(THIRD, C)),
        line("broadcasts lost, %", &[], Target::Below(0.0)),
        line("datagrams dropped by the server's socket", &[], Target::None),
        line("received by a peer, packets/s", &[C], Target::None),
    ]))
}

/// One peer that sends as fast as it can.
pub(crate) fn single(effort: Effort, bytes: usize) -> Outcome<Table> {
    let is_bulk = bytes > 4096;
    let samples = compare(effort, &PROTOCOLS, |contender, samples| {
        let mut session = Session::start(contender, Mode::Echo, 1, 2)?;
        session.crowd.use_runs()?;
        let outstanding = if is_bulk { 4 } else { 4096 };
        let (tally, cpu_us) = session.measure(&Load::Flood { bytes, outstanding }, effort.window)?;
        let seconds = effort.window.as_secs_f64();
        let rate = tally.received as f64 / seconds;
        samples.add("echoed packets/s", contender, Some(rate));
        samples.add("echoed MB/s", contender, Some(tally.received_bytes as f64 / seconds / 1e6));
        samples.add("CPU of the server per packet, µs", contender, Some(cpu_us / tally.received as f64));
        Ok(())
    })?;
    let line = |figure, target| {
        let size = if is_bulk { "1 MiB" } else { "64 B" };
        samples.line(figure, format!("one peer, reliable packets of {size}: "), &[C], target)
    };
    let rate = if is_bulk {
        line("echoed MB/s", Target::AtLeast(2.0, C))
    } else {
        line("echoed packets/s", Target::AtLeast(3.0, C))
    };
    Ok(table(vec![rate, line("CPU of the server per packet, µs", Target::None)]))
}

/// What a peer costs that asks for everything and does nothing.
pub(crate) fn memory(effort: Effort) -> Outcome<Table> {
    let once = Effort { runs: 1, ..effort };
    let samples = compare(once, &PROTOCOLS, |contender, samples| {
        let server = Server::start(contender, 4000, Mode::Echo)?;
        let empty = server.program.memory("VmRSS")?;
        let mut crowd = Crowd::new(server.address)?;
        crowd.connect(4000, 255, 64)?;
        crowd.run(Duration::from_secs(2), &Load::Idle);
        let full = server.program.memory("VmRSS")?;
        samples.add("bytes", contender, Some((full - empty) * 1024.0 / 4000.0));
        Ok(())
    })?;
    let work = "memory of an idle peer with 255 channels, of 4,000: ".to_owned();
    Ok(table(vec![samples.line("bytes", work, &[C], Target::Below(2048.0))]))
}

/// The same packets a second from fewer and from more peers.
pub(crate) fn growth(effort: Effort) -> Outcome<Table> {
    const SIZES: [(usize, &str); 4] = [
        (100, "100 peers × 300/s"),
        (400, "400 peers × 75/s"),
        (1000, "1,000 peers × 30/s"),
        (4000, "4,000 peers × 7.5/s"),
    ];
    let samples = compare(effort, &CONTENDERS, |contender, samples| {
        for (peers, name) in SIZES {
            let mut session = Session::start(contender, Mode::Echo, peers, 2)?;
            let load = paced(30_000.0 / peers as f64);
            let (tally, cpu_us) = session.measure(&load, effort.window)?;
            samples.add(name, contender, Some(cpu_us / tally.received as f64));
        }
        Ok(())
    })?;
    let fewest = samples.medians(SIZES[0].1).first().copied().flatten();
    let target = |name| match fewest {
        Some(fewest) if name != SIZES[0].1 => Target::Below(fewest * 1.2),
        _ => Target::None,
    };
    let line = |(_, name)| {
        samples.line(
            name,
            "30,000 packets/s, CPU of the server per packet in µs: ".to_owned(),
            &[C],
            target(name),
        )
    };
    Ok(table(SIZES.into_iter().map(line).collect()))
}

/// Server and client of a connection over a bad link.
#[derive(Clone, Copy)]
struct Pairing {
    name: &'static str,
    server: Contender,
    client: &'static str,
}

/// In the order of the columns.
const PAIRINGS: [Pairing; 3] = [
    Pairing { name: "our server, C client", server: Contender::Ours, client: "c_client" },
    Pairing { name: "C, C", server: Contender::C, client: "c_client" },
    Pairing { name: "ours, ours", server: Contender::Ours, client: "our_client" },
];

/// 100 ms of round trip and some loss, from the server to the client. All runs side by side: they hardly use the machine.
pub(crate) fn lossy(effort: Effort) -> Outcome<Table> {
    let mut lines = Vec::new();
    for percent in [1, 5] {
        let running: Vec<_> = PAIRINGS
            .iter()
            .enumerate()
            .map(|(column, pairing)| {
                let (pairing, seconds) = (*pairing, effort.lossy_seconds);
                thread::spawn(move || (column, over_link(pairing, percent, seconds)))
            })
            .collect();
        let mut results = vec![BTreeMap::new(); PAIRINGS.len()];
        for thread in running {
            let (column, figures) = thread.join().map_err(|_| "a measuring thread panicked")?;
            results[column] = figures?;
        }
        let line = |figure, target| Line {
            work: format!("100 ms, {percent} % lost each way: {figure}"),
            values: results.iter().map(|figures| figures.get(figure).copied()).collect(),
            against: vec![1],
            target,
        };
        lines.push(line("goodput of 64 KiB messages, kB/s", Target::AtLeast(2.0, 1)));
        lines.push(line("64 B 30 times a second, delivered after (p50), ms", Target::None));
        lines.push(line("64 B 30 times a second, delivered after (p99), ms", Target::AtMost(0.5, 1)));
    }
    Ok(Table { columns: PAIRINGS.iter().map(|pairing| pairing.name).collect(), lines })
}

/// Several links at once, with seeds of their own, so that one unlucky loss does not make the figure.
fn over_link(pairing: Pairing, percent: u32, seconds: u64) -> Result<BTreeMap<&'static str, f64>, String> {
    let run =
        |mode, seed| receive_over_link(pairing, mode, percent, seconds, seed).map_err(|e| e.to_string());
    let measured: Vec<_> = thread::scope(|scope| {
        let start = |seed| {
            let stream = scope.spawn(move || run(Mode::Stream { bytes: 65_536 }, seed));
            let paced = scope.spawn(move || run(Mode::Paced { bytes: 64, hz: 30 }, seed + 10));
            (stream, paced)
        };
        let running: Vec<_> = (0..LINKS).map(start).collect();
        running.into_iter().map(|(stream, paced)| (stream.join(), paced.join())).collect()
    });
    let (mut goodput, mut delays) = (Vec::new(), Vec::new());
    for (stream, paced) in measured {
        let panicked = |_| "a measuring thread panicked";
        goodput.push(stream.map_err(panicked)??.0 / seconds as f64 / 1000.0);
        delays.extend(paced.map_err(panicked)??.1);
    }
    let mut figures = BTreeMap::new();
    let mut note = |figure, value: Option<f64>| value.map(|value| figures.insert(figure, value));
    note("goodput of 64 KiB messages, kB/s", median(&goodput));
    note(
        "64 B 30 times a second, delivered after (p50), ms",
        permille(&mut delays, 500).map(|us| us / 1000.0),
    );
    note(
        "64 B 30 times a second, delivered after (p99), ms",
        permille(&mut delays, 990).map(|us| us / 1000.0),
    );
    Ok(figures)
}

/// Bytes received and delivery times in microseconds.
fn receive_over_link(
    pairing: Pairing,
    mode: Mode,
    percent: u32,
    seconds: u64,
    seed: u64,
) -> Outcome<(f64, Vec<u32>)> {
    let server = Server::start(pairing.server, 1, mode)?;
    let link = LinkConfig { delay_ms: 50, loss: f64::from(percent) / 100.0, ..LinkConfig::PERFECT };
    let relay = Relay::start(server.address, &link, seed)?;
    let SocketAddr::V4(address) = relay.address else { return Err("the relay speaks IPv4".into()) };
    let arguments = [address.port().to_string(), "3".to_owned(), seconds.to_string()];
    let mut client = Program::start(&built(pairing.client)?, &arguments)?;
    let result = client.wait_for("RESULT ")?;
    let mut numbers = result.split_whitespace();
    let bytes = numbers.next().ok_or("a result without bytes")?.parse()?;
    Ok((bytes, numbers.map(str::parse).collect::<Result<_, _>>()?))
}

/// Connections for each figure of a bad link.
const LINKS: u64 = 3;

/// Each client sends 64 bytes so many times a second, in bursts.
pub(crate) fn paced(hz: f64) -> Load {
    paced_by(hz, TICK)
}

fn paced_by(hz: f64, tick: Duration) -> Load {
    Load::Paced { bytes: 64, interval: Duration::from_secs(1).div_f64(hz), tick }
}

/// How far apart the bursts of the load are.
const TICK: Duration = Duration::from_millis(1);

const LATENCIES: [(&str, usize); 3] =
    [("latency p50, µs", 500), ("latency p99, µs", 990), ("latency p99.9, µs", 999)];
