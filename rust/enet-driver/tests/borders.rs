//! The dependency rule: the protocol, the link emulator and the packet format know no socket, thread, clock or engine,
//! and nothing below the Godot crate knows Godot. Read from the sources, the manifests and cargo's own dependency tree.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names that a crate which is told its time, bytes and randomness has no use for.
const OUTSIDE_WORLD: [&str; 13] = [
    "Instant",
    "SystemTime",
    "UdpSocket",
    "TcpStream",
    "TcpListener",
    "ToSocketAddrs",
    "thread",
    "thread_local",
    "socket2",
    "mio",
    "polling",
    "getrandom",
    "godot",
];

#[test]
fn sans_io_sources_name_nothing_of_the_outside_world() {
    for name in ["enet-proto", "enet-netem", "enet-format"] {
        let sources = rust_files(&crate_folder(name).join("src"));
        assert!(!sources.is_empty(), "{name} has sources");
        for path in sources {
            let text = read(&path);
            for (number, line) in text.lines().enumerate() {
                let found = outside_name(line);
                assert!(found.is_none(), "{}:{}: names {found:?}", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn manifests_below_the_godot_crate_name_no_godot() {
    for name in ["enet-proto", "enet-netem", "enet-driver", "enet-format"] {
        let manifest = read(&crate_folder(name).join("Cargo.toml"));
        assert!(!manifest.to_lowercase().contains("godot"), "{name}/Cargo.toml names Godot");
    }
}

#[test]
fn dependency_trees_keep_the_borders() {
    for (name, forbidden) in [
        ("enet-proto", ["mio", "socket2", "godot"].as_slice()),
        ("enet-netem", &["mio", "socket2", "godot"]),
        ("enet-driver", &["godot"]),
        ("enet-format", &["mio", "socket2", "godot"]),
    ] {
        let tree = dependency_tree(name);
        assert!(tree.contains(&name.to_owned()), "the tree of {name} begins with itself: {tree:?}");
        for package in forbidden {
            assert!(!tree.contains(&(*package).to_owned()), "{name} depends on {package}");
        }
    }
}

#[test]
fn the_source_check_sees_code_and_not_comments() {
    assert_eq!(outside_name("use std::time::{Duration, Instant};"), Some("Instant"));
    assert_eq!(outside_name("    std::thread::spawn(run);"), Some("thread"));
    assert_eq!(outside_name("let poll = mio::Poll::new()?; // the poller"), Some("mio"));
    assert_eq!(outside_name("//! No Instant, no thread, no mio."), None);
    assert_eq!(outside_name("let instantaneous = threads; // a thread"), None);
}

/// The first forbidden name in a line of code, comments left aside.
fn outside_name(line: &str) -> Option<&'static str> {
    let code = line.split("//").next().unwrap_or_default();
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .find_map(|word| OUTSIDE_WORLD.iter().copied().find(|name| *name == word))
}

/// The packages that a crate is built from, without those that only its tests use.
fn dependency_tree(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
            package,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo, which runs this test, can be run");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn crate_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name(name)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("a listed entry can be read").path())
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
