//! The command line.

mod values;

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, Parser, Subcommand};
use syncline_sim::bench::Policy;
use syncline_sim::{Mutant, Profile};
use syncline_traces::Seed;

pub(crate) use values::{Commands, Jobs, Limit, Nodes, Patience, Percent, Runs, Steps};

use crate::exit::Exit;
use crate::out;

/// What the help ends with.
fn after_help() -> String {
    format!("{}\n\nWithout a verb it fuzzes the core for ten seconds.", Exit::legend())
}

/// Tests a Raft core in which the application decides when to fsync, against disks that forget.
#[derive(Parser, Debug)]
#[command(name = "syncline", version, after_help = after_help())]
struct Line {
    #[command(subcommand)]
    verb: Option<Verb>,
}

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Verb {
    /// Look for broken promises in many random runs
    Fuzz(Fuzz),
    /// Play a recorded run again, or the run of a seed
    Replay(Replay),
    /// Switch known bugs on, and see each convicted
    Mutants(Mutants),
    /// Play scripts, and compare what happens with what they expect
    Scenario(Scenario),
    /// Fuzz with fresh seeds for a long time; can be killed and started again
    Soak(Soak),
    /// Measure in virtual time
    Bench(Bench),
}

/// Which runs.
#[derive(Args, Clone, Debug)]
pub(crate) struct Family {
    /// The Raft library under test
    #[arg(long, value_name = "NAME")]
    pub(crate) subject: Option<String>,
    /// The family of plans
    #[arg(long, value_name = "NAME", help = values::profiles())]
    pub(crate) profile: Option<Profile>,
    /// How many nodes, from 1 to 9 [default: drawn for each run]
    #[arg(long, value_name = "N")]
    pub(crate) nodes: Option<Nodes>,
    /// How many steps each run has at most [default: drawn for each run]
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<Steps>,
    /// Switch a known bug on
    #[arg(long, value_name = "ID")]
    pub(crate) mutant: Option<Mutant>,
}

/// `fuzz`
#[derive(Args, Debug)]
pub(crate) struct Fuzz {
    #[command(flatten)]
    pub(crate) family: Family,
    /// What the seeds of all runs are drawn from [default: a random one]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<Seed>,
    /// Do exactly so many runs
    #[arg(long, value_name = "N")]
    pub(crate) runs: Option<Runs>,
    /// Stop after this time [default: 10s, or none with --runs]
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Option<Limit>,
    /// How many threads
    #[arg(long, value_name = "N", default_value = "auto")]
    pub(crate) jobs: Jobs,
    /// Go on after a violation, and report one of each signature
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Do this share of the runs twice, and compare
    #[arg(long, value_name = "PERCENT", default_value = "0")]
    pub(crate) check_determinism: Percent,
    /// Fail if a goal is not reached at all
    #[arg(long)]
    pub(crate) require_goals: bool,
    /// Where traces of violations go
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub(crate) out: PathBuf,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Print every event, stamped with virtual time
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
}

/// `replay`
#[derive(Args, Debug)]
pub(crate) struct Replay {
    /// A trace, or the seed of one run (a decimal number)
    #[arg(value_name = "FILE|SEED")]
    pub(crate) what: String,
    #[command(flatten)]
    pub(crate) family: Family,
    /// Where the trace goes if the run of a seed breaks a promise
    #[arg(long, value_name = "DIR", default_value = "out")]
    pub(crate) out: PathBuf,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
    /// Print every event, stamped with virtual time
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
}

/// `mutants`
#[derive(Args, Debug)]
pub(crate) struct Mutants {
    /// Only these
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    pub(crate) only: Vec<Mutant>,
    /// What the seeds of all runs are drawn from [default: a random one]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<Seed>,
    /// Fuzz with this family of plans, whatever the roster says
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<Profile>,
    /// How long to fuzz for a hard one before its script is tried
    #[arg(long, value_name = "TIME", default_value = "3s")]
    pub(crate) budget: Patience,
    /// How many threads
    #[arg(long, value_name = "N", default_value = "auto")]
    pub(crate) jobs: Jobs,
    /// Print the roster, and do nothing
    #[arg(long)]
    pub(crate) list: bool,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// `scenario`
#[derive(Args, Debug)]
pub(crate) struct Scenario {
    /// Scripts, or folders of scripts [default: those built into the program]
    #[arg(value_name = "FILE|DIR")]
    pub(crate) paths: Vec<PathBuf>,
    /// Rewrite what the scripts expect with what happens
    #[arg(long, requires = "paths")]
    pub(crate) bless: bool,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// `soak`
#[derive(Args, Debug)]
pub(crate) struct Soak {
    #[command(flatten)]
    pub(crate) family: Family,
    /// How long in all, earlier sessions with the same folder included
    #[arg(long, value_name = "TIME")]
    pub(crate) time: Limit,
    /// Where the state, the traces and the summary go
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// What the seeds of all runs are drawn from [default: a random one, kept in DIR]
    #[arg(long, value_name = "S")]
    pub(crate) seed: Option<Seed>,
    /// How many threads
    #[arg(long, value_name = "N", default_value = "auto")]
    pub(crate) jobs: Jobs,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// `bench`
#[derive(Args, Debug)]
pub(crate) struct Bench {
    #[command(subcommand)]
    pub(crate) what: What,
}

/// What to measure.
#[derive(Subcommand, Debug)]
pub(crate) enum What {
    /// What it costs to sync, by policy: exact, and the same on every machine
    Fsync(Fsync),
}

/// `bench fsync`
#[derive(Args, Debug)]
pub(crate) struct Fsync {
    /// Only these rows
    #[arg(long, value_name = "NAME,...", value_delimiter = ',')]
    pub(crate) row: Vec<String>,
    /// Only these policies
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', help = values::policies())]
    pub(crate) policy: Vec<Policy>,
    /// How many commands each cell counts at least [default: 20000]
    #[arg(long, value_name = "N")]
    pub(crate) commands: Option<Commands>,
    /// What latencies and arrivals are drawn from
    #[arg(long, value_name = "S", default_value = "0")]
    pub(crate) seed: Seed,
    /// How many threads
    #[arg(long, value_name = "N", default_value = "auto")]
    pub(crate) jobs: Jobs,
    /// Run the policies on the file system of this folder too, and compare: rows c1, c8 and c64
    #[arg(long, value_name = "DIR", conflicts_with = "html")]
    pub(crate) real: Option<PathBuf>,
    /// Draw the table on a page
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
    /// Write the short table of the documentation
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Print one JSON object on standard output
    #[arg(long)]
    pub(crate) json: bool,
}

/// What is done if nobody says what to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    /// The command line names a verb.
    ByName,
    /// It does not.
    ByDefault,
}

/// Reads the command line of this process. Without a verb it is a fuzz.
///
/// # Errors
/// How to end, if there is nothing more to do: help was asked for, or the line makes no sense.
pub(crate) fn parse() -> Result<(Asked, Verb), Exit> {
    match Line::try_parse() {
        Ok(Line { verb: Some(verb) }) => Ok((Asked::ByName, verb)),
        Ok(Line { verb: None }) => {
            let line = Line::try_parse_from(["syncline", "fuzz"]).map_err(refuse)?;
            Ok((Asked::ByDefault, line.verb.expect("it names one")))
        }
        Err(error) => Err(refuse(error)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` passes")]
fn refuse(error: clap::Error) -> Exit {
    let text = error.render();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            out::print(text);
            Exit::Fine
        }
        // What was expected of a value says it all: one line.
        ErrorKind::ValueValidation => {
            out::tell(text.to_string().lines().next().unwrap_or_default());
            Exit::Usage
        }
        _ => {
            out::tell(text.to_string().trim_end());
            Exit::Usage
        }
    }
}
