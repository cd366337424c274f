//! The program `kv` is killed in a loop, and asked each time for what it had acknowledged.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "it starts programs, and times their end")]
#![expect(clippy::disallowed_types, reason = "it starts programs, and times their end")]

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The program as it is now: `cargo test --test kill` builds the tests alone, and would leave one there
/// that is older than they are, or none. The same cargo builds it, with the features and the profile
/// of this test, and says where it lies.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let test = std::env::current_exe().expect("a test has a path");
        let [target, profile] = [3, 2].map(|above| {
            test.ancestors().nth(above).expect("tests lie in a folder of the target folder")
        });
        let profile = match profile.file_name().and_then(OsStr::to_str) {
            Some("debug") | None => "dev",
            Some(profile) => profile,
        };
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
        let mut build = Command::new(cargo);
        build.args(["build", "--locked", "--message-format=json-render-diagnostics"]);
        build.args(["-p", env!("CARGO_PKG_NAME"), "--example", "kv", "--profile", profile]);
        build.current_dir(env!("CARGO_MANIFEST_DIR")).env("CARGO_TARGET_DIR", target);
        if cfg!(feature = "mutants") {
            build.args(["--features", "mutants"]);
        }
        let built = build.stderr(Stdio::inherit()).output().expect("cargo can be started");
        assert!(built.status.success(), "the example kv cannot be built: {build:?}");
        let messages = String::from_utf8_lossy(&built.stdout);
        let path = messages.lines().find_map(executable);
        path.unwrap_or_else(|| panic!("cargo names no program: {messages}"))
    })
}

/// The program that a message of cargo names.
fn executable(message: &str) -> Option<PathBuf> {
    let (_, rest) = message.split_once("\"executable\":\"")?;
    let (path, _) = rest.split_once('"')?;
    Some(path.into())
}

/// A folder that is gone in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = format!("syncline-{name}-{}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
        let _ = std::fs::remove_dir_all(&folder);
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The program at work.
struct Running {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<String>,
}

impl Running {
    fn start(folder: &Path, flags: &[&str]) -> Running {
        let mut command = Command::new(program());
        command.arg(folder).args(flags).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program can be started");
        let stdin = child.stdin.take().expect("piped");
        let stdout = child.stdout.take().expect("piped");
        let (send, lines) = channel();
        std::thread::spawn(move || forward(BufReader::new(stdout).lines(), |line| send.send(line)));
        Running { child, stdin, lines }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.stdin, "{line}").expect("the program reads");
    }

    /// All pairs that it has; `None` if it does not start, or has no answer.
    fn dump(&mut self) -> Option<BTreeMap<u64, u64>> {
        // Whoever does not start does not read either.
        let _ = writeln!(self.stdin, "dump");
        let mut pairs = BTreeMap::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60)).ok()?;
            match line.strip_prefix("value ") {
                Some(pair) => pairs.extend(pair_of(pair)),
                None if line == "end" => return Some(pairs),
                None => {}
            }
        }
    }

    /// Kills it, and what it has acknowledged until then.
    fn kill(mut self) -> Vec<(u64, u64)> {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it was killed");
        let acknowledged = self.lines.iter();
        acknowledged.filter_map(|line| line.strip_prefix("ok ").and_then(pair_of)).collect()
    }
}

fn forward<E>(lines: Lines<BufReader<ChildStdout>>, mut send: impl FnMut(String) -> Result<(), E>) {
    for line in lines.map_while(Result::ok) {
        if send(line).is_err() {
            return;
        }
    }
}

fn pair_of(pair: &str) -> Option<(u64, u64)> {
    let (key, value) = pair.split_once(' ')?;
    Some((key.parse().ok()?, value.parse().ok()?))
}

/// Prints a line, even if the test passes: what is written to the stream itself is not captured.
fn report(line: std::fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// What a loop of kills has seen.
#[derive(Debug, Default)]
struct Seen {
    acknowledged: usize,
    lost: usize,
    /// It did not start any more, or its nodes could not agree: what they found were no logs that fit.
    is_stuck: bool,
}

/// Starts the program, checks what it has, gives it work and kills it, again and again.
fn kill_in_a_loop(name: &str, flags: &[&str], kills: u64) -> Seen {
    let folder = Folder::new(name);
    let mut expected = BTreeMap::new();
    let mut seen = Seen::default();
    for round in 0..=kills {
        let mut running = Running::start(&folder.0, flags);
        let Some(found) = running.dump() else {
            seen.is_stuck = true;
            running.kill();
            break;
        };
        let is_lost = |(key, value): &(&u64, &u64)| found.get(key).is_none_or(|v| v < *value);
        seen.lost += expected.iter().filter(is_lost).count();
        expected = found;
        if round == kills {
            break;
        }
        // Some rounds end while the first sync is under way, others after many.
        let until = Instant::now() + Duration::from_millis(round * 7 % 23);
        for number in 0.. {
            running.say(&format!("put {} {}", number % 50, round * 1_000_000 + number));
            if Instant::now() >= until {
                break;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        let acknowledged = running.kill();
        seen.acknowledged += acknowledged.len();
        for (key, value) in acknowledged {
            let newest = expected.entry(key).or_default();
            *newest = value.max(*newest);
        }
    }
    report(format_args!("{name}: {kills} kills, {seen:?}"));
    seen
}

/// That nothing is lost in so many kills, and that there was something to lose.
#[track_caller]
fn survives(name: &str, flags: &[&str], kills: u64) {
    let seen = kill_in_a_loop(name, flags, kills);
    assert!(!seen.is_stuck, "{seen:?}");
    assert_eq!(seen.lost, 0);
    assert!(seen.acknowledged as u64 > 2 * kills, "{seen:?}");
}

/// That the loop finds a bug: something is lost, or so much that nothing goes on.
#[track_caller]
fn loses(name: &str, flags: &[&str], kills: u64) {
    let seen = kill_in_a_loop(name, flags, kills);
    assert!(seen.lost > 0 || seen.is_stuck, "{seen:?}");
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    survives("kill", &[], 200);
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_is_cut() {
    survives("power", &["--write-back"], 200);
}

/// That the loop can fail: a driver that says "synced" too early loses what it acknowledged.
#[test]
fn a_driver_that_acknowledges_early_loses_writes_when_the_power_is_cut() {
    loses("early", &["--write-back", "--acknowledge-early"], 20);
}

/// And so does a log with a bug in what it syncs: names that no sync of the folder has made durable,
/// and names of files that are not durable themselves.
#[cfg(feature = "mutants")]
#[test]
fn a_log_that_syncs_too_little_loses_writes_when_the_power_is_cut() {
    for mutant in ["D39", "D28"] {
        loses(mutant, &["--write-back", "--mutant", mutant], 30);
    }
}

/// Past the cache of the operating system a write is in memory until its sync, so that any kill is a
/// power cut to it.
#[cfg(target_os = "linux")]
#[test]
fn nothing_acknowledged_is_lost_with_direct_io() {
    let folder = Folder::new("probe");
    if let Err(error) = syncline_wal::FsDisk::open_direct(&folder.0, 0) {
        return report(format_args!("direct I/O is not tested here: {error}"));
    }
    survives("direct", &["--direct"], 100);
    survives("direct-power", &["--direct", "--write-back"], 50);
    loses("direct-early", &["--direct", "--acknowledge-early"], 20);
}
