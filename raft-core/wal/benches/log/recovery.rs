//! How long it takes to open a log that the system has in memory.

use std::path::Path;
use std::time::Instant;

use cpu_time::ThreadTime;

use super::driver::{Folder, Log};
use super::median;

/// How much log is read.
const LOG_BYTES: u64 = 256 << 20;
const ROUNDS: usize = 11;
/// A sync comes after so much.
const SYNC_BYTES: u64 = 4 << 20;

/// Bytes of a command, and entries in a write.
const SETTINGS: [(usize, u64); 4] = [(256, 1), (256, 16), (4_096, 1), (4_096, 16)];

pub(crate) fn measure(below: &Path) {
    println!("recovery of {} MiB, median of {ROUNDS}", LOG_BYTES >> 20);
    for (bytes, entries) in SETTINGS {
        let folder = Folder::new(below, "recovery");
        let mut log = Log::create(&folder.0, 1);
        let command = vec![0xc5; bytes];
        let mut synced = 0;
        while log.bytes() < LOG_BYTES {
            log.append(&command, entries);
            if log.bytes() > synced + SYNC_BYTES {
                synced = log.bytes();
                log.sync();
            }
        }
        log.sync();
        log.settle();
        let len = log.bytes();
        drop(log);
        let open = |_| {
            let (start, cpu) = (Instant::now(), ThreadTime::now());
            let recovered = Log::open(&folder.0);
            let (clock, cpu) = (start.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
            assert!(!recovered.image.entries().is_empty());
            (len as f64 / clock / 1e9, len as f64 / cpu / 1e9)
        };
        let (clock, cpu) = (0..=ROUNDS).map(open).skip(1).unzip();
        println!(
            "{:>8.2} GB/s, {:.2} GB per CPU second  {bytes} B x {entries}",
            median(clock),
            median(cpu)
        );
    }
}
