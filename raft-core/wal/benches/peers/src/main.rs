//! Our log beside the published crate `raft-engine`: appends with their syncs, and recovery.
//!
//! ```text
//! cargo run --release [-- ROUNDS]
//! ```
//!
//! Both write one entry and make it durable, and then the next, in one thread and on the same disk;
//! who goes first alternates, and each ratio is the median of those of pairs that ran next to each
//! other. Recovery is that of logs of equal commands, from files that the system has in memory:
//! ours checks every byte and builds the log in memory, the peer's default checks its indexes and
//! leaves commands in their files.

#[path = "../../log/driver.rs"]
mod driver;
mod engine;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use driver::{Folder, Log};
use engine::{Files, Peer, Wait};

/// Appends and syncs in a round.
const SYNCS: usize = 16;
/// How much is recovered.
const RECOVERED_BYTES: u64 = 128 << 20;
const RECOVERIES: usize = 7;
/// Bytes of a command.
const SETTINGS: [usize; 2] = [256, 4_096];

fn main() -> ExitCode {
    let rounds = std::env::args().nth(1).map_or(Some(41), |rounds| rounds.parse().ok());
    let Some(rounds) = rounds.filter(|rounds| *rounds > 0) else {
        eprintln!("usage: syncline-wal-peers [ROUNDS]");
        return ExitCode::FAILURE;
    };
    // On the disk that the package lies on.
    let below = Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join("logs");
    println!("append and sync, median of {rounds} interleaved rounds of {SYNCS}");
    for bytes in SETTINGS {
        append(&below, bytes, rounds, Files::Reserved);
        append(&below, bytes, rounds, Files::Prefilled);
    }
    println!("recovery of {} MiB of commands, median of {RECOVERIES}", RECOVERED_BYTES >> 20);
    SETTINGS.iter().for_each(|bytes| recover(&below, *bytes));
    ExitCode::SUCCESS
}

/// Microseconds for one of so many.
fn time(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..SYNCS).for_each(|_| work());
    start.elapsed().as_secs_f64() * 1e6 / SYNCS as f64
}

fn append(below: &Path, bytes: usize, rounds: usize, files: Files) {
    let folder = Folder::new(below, "append");
    let mut ours = Log::create(&folder.0.join("ours"), 0);
    let mut peer = Peer::open(&folder.0.join("peer"), files);
    let command = vec![0xc5; bytes];
    let mut pairs = Vec::new();
    for round in 0..rounds {
        let mut ours = || {
            time(|| {
                ours.append(&command, 1);
                ours.sync();
            })
        };
        let mut peer = || time(|| peer.append(&command, 1, Wait::Synced));
        pairs.push(if round % 2 == 0 {
            let first = ours();
            (first, peer())
        } else {
            let first = peer();
            (ours(), first)
        });
    }
    let of = |value: fn(&(f64, f64)) -> f64| median(pairs.iter().map(value).collect());
    println!(
        "{:>8.1} us ours, {:>8.1} us the peer's, ratio {:.2}  {bytes} B, {}",
        of(|pair| pair.0),
        of(|pair| pair.1),
        of(|pair| pair.0 / pair.1),
        match files {
            Files::Reserved => "the peer's files reserved",
            Files::Prefilled => "the peer's files prefilled",
        }
    );
}

fn recover(below: &Path, bytes: usize) {
    const ENTRIES: u64 = 16;

    let folder = Folder::new(below, "recover");
    let [ours, peer] = ["ours", "peer"].map(|name| folder.0.join(name));
    let command = vec![0xc5; bytes];
    let writes = RECOVERED_BYTES / (bytes as u64 * ENTRIES);
    let mut log = Log::create(&ours, 0);
    let mut engine = Peer::open(&peer, Files::Reserved);
    for write in 0..writes {
        let is_synced = write % 256 == 255 || write + 1 == writes;
        log.append(&command, ENTRIES);
        engine.append(&command, ENTRIES, if is_synced { Wait::Synced } else { Wait::Written });
        if is_synced {
            log.sync();
        }
    }
    log.settle();
    assert!(log.bytes() > RECOVERED_BYTES);
    drop((log, engine));
    let seconds = |work: &dyn Fn()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    let pairs = (0..=RECOVERIES).skip(1).map(|_| {
        (seconds(&|| drop(Log::open(&ours))), seconds(&|| drop(Peer::open(&peer, Files::Reserved))))
    });
    let pairs: Vec<(f64, f64)> = pairs.collect();
    let of = |value: fn(&(f64, f64)) -> f64| median(pairs.iter().map(value).collect());
    println!(
        "{:>8.1} ms ours, {:>8.1} ms the peer's, ratio {:.2}  {bytes} B x {ENTRIES}",
        of(|pair| pair.0 * 1e3),
        of(|pair| pair.1 * 1e3),
        of(|pair| pair.0 / pair.1)
    );
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
