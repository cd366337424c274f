//! How long it takes to open a log that the system has in memory.

use std::path::Path;
use std::time::Instant;

use super::driver::{Folder, Log};
use super::median;

/// How much log is read.
const LOG_BYTES: u64 = 256 << 20;
const ROUNDS: usize = 11;

/// Bytes of a command, and entries in a write.
const SETTINGS: [(usize, u64); 4] = [(256, 1), (256, 16), (4_096, 1), (4_096, 16)];

pub(crate) fn measure(below: &Path) {
    println!("recovery of {} MiB, median of {ROUNDS}", LOG_BYTES >> 20);
    for (bytes, entries) in SETTINGS {
        let folder = Folder::new(below, "recovery");
        let mut log = Log::create(&folder.0, 1);
        let command = vec![0xc5; bytes];
        while log.bytes() < LOG_BYTES {
            log.append(&command, entries);
        }
        log.sync();
        log.settle();
        let len = log.bytes();
        drop(log);
        let open = |_| {
            let start = Instant::now();
            let recovered = Log::open(&folder.0);
            let seconds = start.elapsed().as_secs_f64();
            assert!(!recovered.image.entries().is_empty());
            len as f64 / seconds / 1e9
        };
        let rates: Vec<f64> = (0..=ROUNDS).map(open).skip(1).collect();
        println!("{:>8.2} GB/s  {bytes} B x {entries}", median(rates));
    }
}
