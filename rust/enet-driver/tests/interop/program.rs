//! Builds the C programs with the system's compiler and ENet, runs them, and reads what they print.

use std::{
    fmt::Display,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        OnceLock,
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

/// One of the programs in `c/`.
#[derive(Clone, Copy)]
pub(crate) enum Source {
    Echo,
    Probe,
    Crowd,
    Range,
}

impl Source {
    fn name(self) -> &'static str {
        match self {
            Self::Echo => "enet_echo",
            Self::Probe => "enet_probe",
            Self::Crowd => "enet_crowd",
            Self::Range => "enet_range",
        }
    }

    /// The executable, built once in a test run.
    pub(crate) fn executable(self) -> &'static Path {
        static BUILT: [OnceLock<PathBuf>; 4] = [const { OnceLock::new() }; 4];
        BUILT[self as usize].get_or_init(|| build(self.name()))
    }
}

fn build(name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/c").join(name).with_extension("c");
    let executable = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // Another test run may use the same directory: it must never meet a half-written executable.
    let unfinished = executable.with_extension(std::process::id().to_string());
    let output = Command::new("cc")
        .args(["-std=c11", "-D_POSIX_C_SOURCE=200809L", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .arg(&source)
        .arg("-lenet")
        .arg("-o")
        .arg(&unfinished)
        .output();
    let output = output.unwrap_or_else(|error| {
        panic!("no C compiler: cc: {error}; install the packages gcc and libenet-dev (Debian's names)")
    });
    assert!(
        output.status.success(),
        "{name}.c does not build; if enet/enet.h or -lenet is missing, install libenet-dev (Debian's name)\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    std::fs::rename(&unfinished, &executable).expect("the directory is ours");
    executable
}

/// A running program. Dropping it ends it.
pub(crate) struct Program {
    name: &'static str,
    child: Child,
    /// Closing it is how a program is told to end.
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Program {
    pub(crate) fn start(source: Source, arguments: &[&dyn Display]) -> Self {
        let mut child = Command::new(source.executable())
            .args(arguments.iter().map(ToString::to_string))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("what was just built can be run");
        let stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let (sender, lines) = channel();
        thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let stdin = child.stdin.take();
        Self { name: source.name(), child, stdin, lines, seen: Vec::new() }
    }

    /// The echo program on a port of its choice, and that port.
    pub(crate) fn start_echo(peers: usize) -> (Self, u16) {
        Self::start_sealed_echo(peers, &[])
    }

    /// [`Self::start_echo`] with the words that set up compression and checksums.
    pub(crate) fn start_sealed_echo(peers: usize, seal: &[&str]) -> (Self, u16) {
        let mut arguments: Vec<&dyn Display> = vec![&0, &peers];
        arguments.extend(seal.iter().map(|word| word as &dyn Display));
        let mut program = Self::start(Source::Echo, &arguments);
        let port = program.wait_for("LISTENING ").parse().expect("the port is a number");
        (program, port)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Gives the program a command.
    #[track_caller]
    pub(crate) fn tell(&mut self, command: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open until the program is dropped");
        writeln!(stdin, "{command}").expect("the program runs");
    }

    /// Waits for a line that begins with `prefix`; returns the rest of it.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, prefix: &str) -> String {
        self.wait_with(prefix, PATIENCE, || {})
    }

    /// [`Self::wait_for`] with another patience, doing `meanwhile` every other millisecond.
    #[track_caller]
    pub(crate) fn wait_with(
        &mut self,
        prefix: &str,
        patience: Duration,
        mut meanwhile: impl FnMut(),
    ) -> String {
        let deadline = Instant::now() + patience;
        loop {
            meanwhile();
            match self.lines.recv_timeout(Duration::from_millis(2)) {
                Ok(line) => {
                    self.seen.push(line);
                    let line = &self.seen[self.seen.len() - 1];
                    if let Some(rest) = line.strip_prefix(prefix) {
                        return rest.to_owned();
                    }
                    assert!(!line.starts_with("ERROR"), "{}: {line}", self.name);
                }
                Err(RecvTimeoutError::Timeout) if Instant::now() < deadline => {}
                Err(reason) => self.give_up(prefix, reason),
            }
        }
    }

    /// Everything read so far.
    pub(crate) fn seen(&self) -> &[String] {
        &self.seen
    }

    #[track_caller]
    fn give_up(&self, prefix: &str, reason: RecvTimeoutError) -> ! {
        let last = &self.seen[self.seen.len().saturating_sub(10)..];
        panic!("{} printed no line {prefix:?}: {reason}; the last lines are {last:#?}", self.name);
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let deadline = Instant::now() + Duration::from_secs(2);
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                // Nothing is left to do about a process that can neither be asked nor forced to end.
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// How long anything may take that happens within milliseconds on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
