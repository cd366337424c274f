//! How fast the log is: `cargo bench -p syncline-wal --bench log [-- recovery | sync]`.
//!
//! Recovery is measured in bytes of log per second of the clock, from files that the system has in
//! memory. An append with its sync is measured beside the least that there is: a plain write of as
//! many bytes to a file of zeros, and the same call to make it durable. Whether the machine is quiet
//! enough is seen from a second plain file, which should not differ from the first.

#![expect(clippy::print_stdout, reason = "a benchmark shows what it measures")]
#![expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![expect(clippy::disallowed_types, reason = "a benchmark measures time")]

mod driver;
mod recovery;
mod sync;

use std::path::Path;

fn main() {
    // On the disk that the target folder lies on; a folder for temporary files may be no disk.
    let below = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let wanted: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    if is_wanted("recovery") {
        recovery::measure(below);
    }
    if is_wanted("sync") {
        sync::measure(below);
    }
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
