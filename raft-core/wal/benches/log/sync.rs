//! What an append with its sync costs more than a plain write with the same call: of as many bytes, to
//! a file of zeros, through the cache.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Instant;

use super::driver::{Folder, Log};
use super::median;

/// Many and short, so that all three of a round meet the disk in the same mood.
const ROUNDS: usize = 301;
/// Appends and syncs in a round.
const SYNCS: usize = 2;
/// A plain write that differs from itself by more says that nothing can be said.
const NOISE_MAX: f64 = 0.05;

/// How the log is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Cached,
    /// Past the cache, padded to pages.
    Direct,
}

/// Bytes of a command, and lanes of the disk: without one whoever begins a sync waits for it.
const SETTINGS: [(usize, usize, Way); 8] = [
    (256, 0, Way::Cached),
    (256, 0, Way::Direct),
    (4_096, 0, Way::Cached),
    (4_096, 0, Way::Direct),
    (256, 1, Way::Cached),
    (256, 1, Way::Direct),
    (4_096, 1, Way::Cached),
    (4_096, 1, Way::Direct),
];

/// A file of zeros, written from its beginning on.
struct Plain(File);

impl Plain {
    fn create(path: &Path, len: usize) -> Plain {
        let mut file = File::create(path).expect("a file can be made");
        let zeros = vec![0; 1 << 20];
        (0..len.div_ceil(zeros.len()))
            .for_each(|_| file.write_all(&zeros).expect("there is space"));
        file.sync_all().expect("it can be made durable");
        file.seek(SeekFrom::Start(0)).expect("a file has a beginning");
        Plain(file)
    }

    fn append(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("there is space");
        self.0.sync_data().expect("it can be made durable");
    }
}

/// Microseconds for one of so many.
fn time(mut work: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..SYNCS).for_each(|_| work());
    start.elapsed().as_secs_f64() * 1e6 / SYNCS as f64
}

pub(crate) fn measure(below: &Path) {
    println!("append and sync, median of {ROUNDS} interleaved rounds of {SYNCS}");
    SETTINGS.into_iter().for_each(|(bytes, lanes, way)| compare(below, bytes, lanes, way));
}

fn compare(below: &Path, bytes: usize, lanes: usize, way: Way) {
    let folder = Folder::new(below, "sync");
    let mut log = match way {
        Way::Cached => Log::create(&folder.0.join("log"), lanes),
        Way::Direct => Log::create_direct(&folder.0.join("log"), lanes),
    };
    let command = vec![0xc5; bytes];
    let before = log.bytes();
    log.append(&command, 1);
    log.sync();
    let batch = vec![0xc5; usize::try_from(log.bytes() - before).expect("a short batch")];
    let len = batch.len() * ROUNDS * SYNCS;
    let mut plain = ["first", "second"].map(|name| Plain::create(&folder.0.join(name), len));
    let mut rounds = Vec::new();
    for round in 0..ROUNDS {
        let mut micros = [0.0; 3];
        // Who goes first changes from round to round.
        for turn in 0..3 {
            let who = (round + turn) % 3;
            micros[who] = match who {
                2 => time(|| {
                    log.append(&command, 1);
                    log.sync();
                }),
                who => time(|| plain[who].append(&batch)),
            };
        }
        rounds.push(micros);
    }
    report(&format!("{bytes} B, {lanes} lanes, {way:?}"), &rounds);
}

fn report(setting: &str, rounds: &[[f64; 3]]) {
    let of = |value: &dyn Fn(&[f64; 3]) -> f64| median(rounds.iter().map(value).collect());
    let noise = of(&|[first, second, _]| second / first) - 1.0;
    let more = of(&|[first, second, log]| log / ((first + second) / 2.0)) - 1.0;
    println!(
        "{:>8.1} us, plain {:>8.1} us, {:>+6.1} %, {setting}{}",
        of(&|micros| micros[2]),
        of(&|micros| (micros[0] + micros[1]) / 2.0),
        more * 100.0,
        if noise.abs() > NOISE_MAX {
            format!(": inconclusive, plain differs from itself by {:+.1} %", noise * 100.0)
        } else {
            format!(" (plain against itself {:+.1} %)", noise * 100.0)
        }
    );
}
