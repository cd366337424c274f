//! The program `kv` is killed in a loop, and asked each time for what it had acknowledged.
#![cfg(unix)]
#![expect(clippy::disallowed_methods, reason = "it starts programs, and times their end")]
#![expect(clippy::disallowed_types, reason = "it starts programs, and times their end")]
#![expect(clippy::print_stdout, reason = "a test that counts says what it counted")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// The program, which `cargo test` builds beside the tests.
fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test has a path");
    let folder = test.ancestors().nth(2).expect("tests lie in a folder of the target folder");
    let program = folder.join("examples").join("kv");
    assert!(program.is_file(), "build it first: cargo build -p syncline-wal --example kv");
    program
}

/// A folder that is gone in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = format!("syncline-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
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

    /// All pairs that it has.
    fn dump(&mut self) -> BTreeMap<u64, u64> {
        self.say("dump");
        let mut pairs = BTreeMap::new();
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60)).expect("an answer");
            match line.strip_prefix("value ") {
                Some(pair) => pairs.extend(pair_of(pair)),
                None if line == "end" => return pairs,
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

/// What a loop of kills has seen.
#[derive(Debug, Default)]
struct Seen {
    acknowledged: usize,
    lost: usize,
}

/// Starts the program, checks what it has, gives it work and kills it, again and again.
fn kill_in_a_loop(name: &str, flags: &[&str], kills: u64) -> Seen {
    let folder = Folder::new(name);
    let mut expected = BTreeMap::new();
    let mut seen = Seen::default();
    for round in 0..=kills {
        let mut running = Running::start(&folder.0, flags);
        let found = running.dump();
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
    println!("{name}: {kills} kills, {seen:?}");
    seen
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let seen = kill_in_a_loop("kill", &[], 200);
    assert_eq!(seen.lost, 0);
    assert!(seen.acknowledged > 500, "{seen:?}");
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_is_cut() {
    let seen = kill_in_a_loop("power", &["--write-back"], 200);
    assert_eq!(seen.lost, 0);
    assert!(seen.acknowledged > 500, "{seen:?}");
}

/// That the loop can fail: a driver that says "synced" too early loses what it acknowledged.
#[test]
fn a_driver_that_acknowledges_early_loses_writes_when_the_power_is_cut() {
    let seen = kill_in_a_loop("early", &["--write-back", "--acknowledge-early"], 20);
    assert!(seen.lost > 0, "{seen:?}");
}
