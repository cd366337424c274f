//! Instructions per proposal, counted by valgrind, which runs this program twice: the difference of
//! a short run and a long one leaves out what a process costs to start.

use std::process::Command;

use crate::cluster::Setting;

/// The shorter of the two runs; the longer one is twice as long.
const PROPOSALS: u64 = 4096;

/// All instructions of one run; `None` if valgrind does not say.
fn counted(setting: Setting, contestant: &str, proposals: u64) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe().ok()?)
        .args(["run", &setting.to_string(), contestant, &proposals.to_string()])
        .output()
        .ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let (_, count) = report.lines().find_map(|line| line.split_once("Collected : "))?;
    count.trim().parse().ok()
}

fn a_proposal(setting: Setting, contestant: &str) -> Option<f64> {
    let short = counted(setting, contestant, PROPOSALS)?;
    let long = counted(setting, contestant, 2 * PROPOSALS)?;
    Some((long - short) as f64 / PROPOSALS as f64)
}

/// Counts for these contestants under these settings, and prints a line for each setting.
pub(crate) fn measure(settings: &[Setting], contestants: &[&str]) {
    println!("instructions per proposal");
    println!("bytes x batch  {}", contestants.join("  "));
    for setting in settings {
        let counts: Option<Vec<f64>> =
            contestants.iter().map(|contestant| a_proposal(*setting, contestant)).collect();
        let Some(counts) = counts else {
            return println!("not measured: it needs valgrind on the PATH");
        };
        let columns: Vec<String> = counts.iter().map(|count| format!("{count:>8.0}")).collect();
        let ratio = match counts[..] {
            [ours, peers] => format!("  the peer takes {:.2} x as many", peers / ours),
            _ => String::new(),
        };
        println!("{setting:>13}  {}{ratio}", columns.join("  "));
    }
}
