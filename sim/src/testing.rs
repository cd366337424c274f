//! Fuzz runs inside `cargo test`.
//!
//! ```
//! use syncline_sim::{Goal, Profile, RaftCore, testing::Check};
//!
//! Check::<RaftCore>::new("my_raft_survives_power_loss")
//!     .profile(Profile::Swarm)
//!     .runs(20)
//!     .goal(Goal::LostUnsynced)
//!     .run();
//! ```
//!
//! The seeds are the same each time, so the test is too. The environment may ask for others:
//!
//! | variable | meaning |
//! |---|---|
//! | `SYNCLINE_SEED` | the seed that the runs are drawn from |
//! | `SYNCLINE_RUNS` | how many runs |
//! | `SYNCLINE_REPLAY` | play only this: the file of a trace, or the seed of a single run |
//! | `SYNCLINE_OUT` | the folder for the traces of failures; otherwise `target/syncline` |
//!
//! A failure panics with what was promised, what is so instead, and, as the last line, one command
//! that reproduces it. This is the one file of the simulator that reads the environment and writes
//! files; nothing that it reads reaches a run but through its seed.

use std::env;
use std::fmt;
use std::fs;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use syncline_traces::{Seed, Violation, store};

use crate::campaign::{Campaign, Totals};
use crate::coverage::Goal;
use crate::mutant::Mutant;
use crate::plan::{Plan, Profile};
use crate::recording::{Source, record};
use crate::replay::replay;
use crate::run::{Outcome, run_once};
use crate::subject::Subject;

/// A campaign of fuzz runs as a test.
#[derive(Clone, Debug)]
pub struct Check<S> {
    name: &'static str,
    campaign: Campaign,
    runs: u64,
    goals: Vec<Goal>,
    subject: PhantomData<S>,
}

impl<S: Subject> Check<S> {
    /// Two hundred runs of the swarm profile. The name is that of the test: the line that reproduces
    /// a failure runs it by this name.
    #[must_use]
    pub fn new(name: &'static str) -> Check<S> {
        let campaign = Campaign::new(Seed(1), Profile::Swarm);
        Check { name, campaign, runs: 200, goals: Vec::new(), subject: PhantomData }
    }

    /// Another family of plans.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Check<S> {
        self.campaign.profile = profile;
        self
    }

    /// Other seeds.
    #[must_use]
    pub fn seed(mut self, seed: Seed) -> Check<S> {
        self.campaign.seed = seed;
        self
    }

    /// More runs, or fewer.
    #[must_use]
    pub fn runs(mut self, runs: u64) -> Check<S> {
        self.runs = runs;
        self
    }

    /// A known bug, switched on.
    #[must_use]
    pub fn mutant(mut self, mutant: Mutant) -> Check<S> {
        self.campaign.mutant = Some(mutant);
        self
    }

    /// A situation that the runs must reach at least once in all.
    #[must_use]
    pub fn goal(mut self, goal: Goal) -> Check<S> {
        self.goals.push(goal);
        self
    }

    /// Runs it.
    ///
    /// # Panics
    /// If a promise is broken, a goal is not reached, or the environment asks for what cannot be.
    pub fn run(mut self) {
        if let Some(reference) = variable("SYNCLINE_REPLAY") {
            return self.replay(&reference);
        }
        if let Some(seed) = variable("SYNCLINE_SEED") {
            self.campaign.seed = parse("SYNCLINE_SEED", &seed);
        }
        if let Some(runs) = variable("SYNCLINE_RUNS") {
            self.runs = parse("SYNCLINE_RUNS", &runs);
        }
        let mut totals = Totals::default();
        for number in 0..self.runs {
            let seed = self.campaign.seed_of(number);
            totals.add(seed, &self.run_seed(seed));
        }
        for goal in &self.goals {
            let reached = totals.coverage.of(*goal) > 0;
            assert!(reached, "{} runs never reached the goal {}", self.runs, goal.word());
        }
    }

    fn run_seed(&self, seed: Seed) -> Outcome {
        let outcome = self.campaign.run::<S>(seed).unwrap_or_else(|error| panic!("{error}"));
        if let Some(violation) = &outcome.violation {
            let source =
                Source { seed: Some(seed), plan: outcome.plan, mutant: self.campaign.mutant };
            let failure = Failure::keep::<S>(self.name, &source, &outcome, violation);
            panic!("{failure}");
        }
        outcome
    }

    fn replay(&self, reference: &str) {
        if let Ok(seed) = reference.parse::<Seed>() {
            self.run_seed(seed);
            return;
        }
        let path = Path::new(reference);
        let trace = store::read(path).unwrap_or_else(|error| panic!("{error}"));
        match replay::<S>(&trace) {
            Err(error) => panic!("{reference}: {error}"),
            Ok(Outcome { violation: Some(violation), .. }) => {
                let trace = Kept::In(path.to_owned());
                panic!("{}", Failure { test: self.name, violation: Box::new(violation), trace });
            }
            Ok(_) => {}
        }
    }
}

/// Runs one plan, and keeps the trace of a failure.
///
/// # Errors
/// If a promise is broken.
pub fn examine<S: Subject>(test: &'static str, seed: Seed, plan: Plan) -> Result<Outcome, Failure> {
    let outcome = run_once::<S>(seed, plan, None).unwrap_or_else(|error| panic!("{error}"));
    match &outcome.violation {
        None => Ok(outcome),
        Some(violation) => {
            let source = Source { seed: Some(seed), plan, mutant: None };
            Err(Failure::keep::<S>(test, &source, &outcome, violation))
        }
    }
}

/// Where the trace of a failure is.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Kept {
    In(PathBuf),
    Nowhere(String),
}

/// A broken promise, as a test reports it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    test: &'static str,
    violation: Box<Violation>,
    trace: Kept,
}

impl Failure {
    fn keep<S: Subject>(
        test: &'static str,
        source: &Source,
        outcome: &Outcome,
        violation: &Violation,
    ) -> Failure {
        let keep = || -> Result<PathBuf, String> {
            let trace = record::<S>(source, &outcome.choices).map_err(|e| e.to_string())?;
            let folder = variable("SYNCLINE_OUT").unwrap_or_else(|| "target/syncline".to_owned());
            let folder = PathBuf::from(folder);
            fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
            // Whoever reproduces this may stand in another folder.
            let folder = folder.canonicalize().unwrap_or(folder);
            let name = format!("{test}-{}-{}.jsonl", violation.oracle, outcome.digest);
            let path = folder.join(name);
            store::write_new(&path, &trace).map_err(|e| e.to_string())?;
            Ok(path)
        };
        let trace = keep().map_or_else(Kept::Nowhere, Kept::In);
        Failure { test, violation: Box::new(violation.clone()), trace }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Violation { oracle, node, event, step, promise, found, signature } = &*self.violation;
        writeln!(f, "{oracle} is broken by n{node} at event {event} (step {step})")?;
        writeln!(f, "  promised:  {promise}")?;
        writeln!(f, "  found:     {found}")?;
        writeln!(f, "  signature: {signature}")?;
        match &self.trace {
            Kept::Nowhere(why) => write!(f, "  the trace could not be kept: {why}"),
            Kept::In(path) => {
                let package = variable("CARGO_PKG_NAME").unwrap_or_default();
                let test = self.test;
                writeln!(f, "  trace:     {}", path.display())?;
                let path = path.display();
                write!(f, "reproduce: SYNCLINE_REPLAY={path} cargo test -p {package} {test}")
            }
        }
    }
}

impl std::error::Error for Failure {}

fn parse<T: std::str::FromStr>(name: &str, text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{name}: expected a number, found '{text}'"))
}

#[expect(clippy::disallowed_methods, reason = "the interface for tests reads what a person asks")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
