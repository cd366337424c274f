//! Instructions, counted by another program that runs this one.

use std::process::Command;

use crate::layers::samples;

/// What this program is told when it is to do nothing but runs.
const CHILD: &str = "--runs";

/// Does what a child is told, if this process is one.
#[expect(clippy::disallowed_methods, reason = "valgrind starts this program with a command")]
pub(crate) fn is_child() -> bool {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, verb, runs] = &arguments[..] else {
        return false;
    };
    if verb != CHILD {
        return false;
    }
    samples(runs.parse().expect("a number of runs"));
    true
}

#[expect(clippy::disallowed_methods, reason = "the counting is another program's")]
fn counted(runs: u64) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().ok()?)
        .args([CHILD, &runs.to_string()])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr).into_owned();
    let (_, count) = report.lines().find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}

/// The difference of two lengths, so that what a process costs to start does not count.
pub(crate) fn measure() {
    let (short, long) = (10, 60);
    let steps = samples(long).1.steps - samples(short).1.steps;
    match counted(short).zip(counted(long)) {
        Some((few, many)) => {
            println!("{:>11.0}  instructions a step", (many - few) as f64 / steps as f64);
        }
        None => println!("not measured: instructions a step (valgrind not found)"),
    }
}
