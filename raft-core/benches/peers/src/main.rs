//! Our core beside the published crate `raft`: how fast they are, and how many instructions they
//! take.
//!
//! ```text
//! cargo run --release -- pump [ROUNDS]                         proposals per CPU second
//! cargo run --release -- groups [ROUNDS]                       many groups in one process
//! cargo run --release -- instructions [SETTING [CONTESTANT]]   counted by valgrind
//! cargo run --release -- run SETTING CONTESTANT PROPOSALS      nothing but that, for a profiler
//! cargo run --release --bin memory                             allocations and bytes
//! ```
//!
//! A setting is `BYTESxBATCH`, such as `16x64`. CPU time is used throughout, because a busy
//! neighbour changes it little; each ratio is the median of those of pairs that ran next to each
//! other. Instructions are the same each time, and are what to compare between two versions.

#[path = "../../pump/cluster.rs"]
mod cluster;
mod groups;
mod instructions;
mod pairs;
mod pump;
mod raftrs;
#[path = "../../pump/syncline.rs"]
mod syncline;

use std::process::ExitCode;

use cluster::{Load, Member, Setting};
use raftrs::RaftRs;
use syncline::Syncline;

const USAGE: &str = "usage: syncline-peers pump [ROUNDS] | groups [ROUNDS]
       | instructions [SETTING [CONTESTANT]] | run SETTING CONTESTANT PROPOSALS
SETTING is BYTESxBATCH such as 16x64, CONTESTANT is syncline or raft";

/// The names of both, ours first.
const CONTESTANTS: [&str; 2] = [Syncline::NAME, RaftRs::NAME];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if play(&arguments).is_some() {
        return ExitCode::SUCCESS;
    }
    eprintln!("{USAGE}");
    ExitCode::from(2)
}

/// Does what the arguments ask for; `None` if they make no sense.
fn play(arguments: &[&str]) -> Option<()> {
    match arguments {
        ["pump"] => pump::measure(15),
        ["pump", rounds] => pump::measure(count(rounds)?),
        ["groups"] => groups::measure(7),
        ["groups", rounds] => groups::measure(count(rounds)?),
        ["instructions"] => instructions::measure(&Setting::ALL, &CONTESTANTS),
        ["instructions", name] => instructions::measure(&[setting(name)?], &CONTESTANTS),
        ["instructions", name, contestant] => {
            instructions::measure(&[setting(name)?], &[known(contestant)?]);
        }
        ["run", name, contestant, proposals] => {
            run(setting(name)?, known(contestant)?, proposals.parse().ok()?);
        }
        _ => return None,
    }
    Some(())
}

fn count(text: &str) -> Option<usize> {
    text.parse().ok().filter(|count| *count > 0)
}

fn setting(name: &str) -> Option<Setting> {
    Setting::ALL.into_iter().find(|setting| setting.to_string() == name)
}

fn known(contestant: &str) -> Option<&'static str> {
    CONTESTANTS.into_iter().find(|name| *name == contestant)
}

fn run(setting: Setting, contestant: &str, proposals: u64) {
    if contestant == Syncline::NAME {
        Load::<Syncline>::new(setting).run(proposals);
    } else {
        Load::<RaftRs>::new(setting).run(proposals);
    }
}
