//! A program under measurement: started on cores of its own, told to end through its standard input, and what the
//! system says about it.

use std::{
    error::Error,
    fs,
    io::{BufRead, BufReader, Lines},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use crate::cores;

/// A running program. Dropping it ends it.
pub(crate) struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts a program on the cores that are set aside for what is measured.
    pub(crate) fn start(path: &Path, arguments: &[String]) -> Result<Self, Box<dyn Error>> {
        let mut command = Command::new(path);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = cores::with_measured(|| command.spawn())
            .map_err(|error| format!("{} does not start: {error}", path.display()))?;
        let stdout = child.stdout.take().ok_or("the output is piped")?;
        Ok(Self { child, lines: BufReader::new(stdout).lines() })
    }

    /// Waits for a line that begins with `prefix`; returns the rest of it.
    pub(crate) fn wait_for(&mut self, prefix: &str) -> Result<String, Box<dyn Error>> {
        for line in self.lines.by_ref() {
            if let Some(rest) = line?.strip_prefix(prefix) {
                return Ok(rest.to_owned());
            }
        }
        Err(format!("a program ended before it said {prefix:?}").into())
    }

    /// Processor time that all its threads have used.
    pub(crate) fn cpu(&self) -> Result<Duration, Box<dyn Error>> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            total += run_time(&task?.path().join("schedstat"))?;
        }
        Ok(Duration::from_nanos(total))
    }

    /// Processor time that its first thread has used.
    pub(crate) fn main_thread_cpu(&self) -> Result<Duration, Box<dyn Error>> {
        let id = self.child.id();
        run_time(Path::new(&format!("/proc/{id}/task/{id}/schedstat"))).map(Duration::from_nanos)
    }

    /// Memory in KiB: `VmRSS` is what it holds, `VmHWM` the most that it held.
    pub(crate) fn memory(&self, what: &str) -> Result<f64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(':'));
        let number = line.and_then(|line| line.split_whitespace().next()).ok_or("no such figure")?;
        Ok(number.parse()?)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(2);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
        // Nothing is left to do about a process that can neither be asked nor forced to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The nanoseconds on a core that the scheduler has counted for a thread.
fn run_time(path: &Path) -> Result<u64, Box<dyn Error>> {
    let text = fs::read_to_string(path)?;
    Ok(text.split_whitespace().next().ok_or("an empty schedstat")?.parse()?)
}

/// Datagrams that the system dropped because the socket on `port` was full.
pub(crate) fn socket_drops(port: u16) -> u64 {
    let drops = |table: &str| {
        let text = fs::read_to_string(table).unwrap_or_default();
        let suffix = format!(":{port:04X}");
        let of_port = |line: &str| {
            let mut fields = line.split_whitespace();
            (fields.nth(1)?.ends_with(&suffix)).then(|| fields.next_back()?.parse::<u64>().ok())?
        };
        text.lines().filter_map(of_port).sum::<u64>()
    };
    drops("/proc/net/udp") + drops("/proc/net/udp6")
}
