//! The corpus: recorded runs that must go on as they went.
//!
//! `traces/corpus/mutants` holds, for each known bug that does not need too long for it, a run that it
//! fails, and must still fail;
//! `traces/corpus/golden` holds runs of the correct core that must still pass, event for event;
//! `traces/corpus/seeds.jsonl` holds seeds with what they led to. A run that goes another way than it
//! was recorded is stale: it is reported, and never passes for good.

use std::fmt;
use std::path::Path;

use syncline_sim::{
    Campaign, Mutant, OracleId, Outcome, Profile, RaftCore, ReplayError, Source, UnknownMutant,
    UnknownProfile, record, replay, run_once,
};
use syncline_traces::store::{self, SeedRecord, SeedVerdict, StoreError};
use syncline_traces::{Seed, Trace};

/// Why a part of the corpus does not hold.
#[derive(Debug)]
pub enum CorpusError {
    /// A file cannot be read.
    Store(StoreError),
    /// A trace cannot be played, or is stale.
    Replay(ReplayError),
    /// A run ends with another verdict than its place in the corpus demands.
    Verdict {
        /// The verdict demanded: `passed`, or an oracle.
        expected: String,
        /// The verdict reached.
        found: String,
    },
    /// A trace is of another mutant than the one it stands for.
    Mutant {
        /// The mutant that it stands for.
        expected: &'static str,
        /// The mutant in its first line.
        found: String,
    },
}

impl fmt::Display for CorpusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CorpusError::Store(error) => error.fmt(f),
            CorpusError::Replay(error) => error.fmt(f),
            CorpusError::Verdict { expected, found } => {
                write!(f, "expected the verdict {expected}, found {found}")
            }
            CorpusError::Mutant { expected, found } => {
                write!(f, "line 1: expected mutant {expected}, found '{found}'")
            }
        }
    }
}

impl std::error::Error for CorpusError {}

/// The verdict of a run in one word.
#[must_use]
pub fn verdict_of(outcome: &Outcome) -> SeedVerdict {
    match &outcome.violation {
        None => SeedVerdict::Passed,
        Some(violation) => SeedVerdict::Violation(violation.oracle.clone()),
    }
}

fn expect_verdict(expected: &SeedVerdict, outcome: &Outcome) -> Result<(), CorpusError> {
    let found = verdict_of(outcome);
    if *expected == found {
        return Ok(());
    }
    Err(CorpusError::Verdict { expected: expected.to_string(), found: found.to_string() })
}

fn play(path: &Path) -> Result<(Trace, Outcome), CorpusError> {
    let trace = store::read(path).map_err(CorpusError::Store)?;
    let outcome = replay::<RaftCore>(&trace).map_err(CorpusError::Replay)?;
    Ok((trace, outcome))
}

/// Plays a trace that must pass.
///
/// # Errors
/// If it does not, or is stale.
pub fn verify_golden(path: &Path) -> Result<(), CorpusError> {
    let (_, outcome) = play(path)?;
    expect_verdict(&SeedVerdict::Passed, &outcome)
}

/// Plays a trace that a mutant must fail, convicted by this oracle.
///
/// # Errors
/// If it does not fail so, or is stale.
pub fn verify_mutant(path: &Path, mutant: Mutant, oracle: OracleId) -> Result<(), CorpusError> {
    let (trace, outcome) = play(path)?;
    let found = trace.header.mutant.unwrap_or_default();
    if found != mutant.name() {
        return Err(CorpusError::Mutant { expected: mutant.name(), found });
    }
    expect_verdict(&SeedVerdict::Violation(oracle.to_string()), &outcome)
}

/// Why a recorded seed does not lead where it led.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StaleSeed {
    /// It names a mutant that no room has.
    Mutant(UnknownMutant),
    /// It names a profile that there is not.
    Profile(UnknownProfile),
    /// It draws another plan.
    Plan,
    /// The run amounts to something else.
    Digest,
    /// The run ends with another verdict.
    Verdict,
}

impl fmt::Display for StaleSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StaleSeed::Mutant(error) => error.fmt(f),
            StaleSeed::Profile(error) => error.fmt(f),
            StaleSeed::Plan => f.write_str("stale: the seed draws another plan"),
            StaleSeed::Digest => f.write_str("stale: the run has another digest"),
            StaleSeed::Verdict => f.write_str("stale: the run has another verdict"),
        }
    }
}

impl std::error::Error for StaleSeed {}

/// Runs a recorded seed again.
///
/// # Errors
/// If anything about it has moved.
pub fn verify_seed(recorded: &SeedRecord) -> Result<(), StaleSeed> {
    let profile: Profile = recorded.profile.parse().map_err(StaleSeed::Profile)?;
    let mutant = recorded.mutant.as_deref().map(str::parse::<Mutant>).transpose();
    let mutant = mutant.map_err(StaleSeed::Mutant)?;
    let now = record_seed(recorded.seed, profile, mutant);
    if now.plan != recorded.plan {
        Err(StaleSeed::Plan)
    } else if now.verdict != recorded.verdict {
        Err(StaleSeed::Verdict)
    } else if now.digest != recorded.digest {
        Err(StaleSeed::Digest)
    } else {
        Ok(())
    }
}

/// Runs a seed and writes down what became of it.
#[must_use]
pub fn record_seed(seed: Seed, profile: Profile, mutant: Option<Mutant>) -> SeedRecord {
    let plan = profile.draw(seed);
    let outcome = run_once::<RaftCore>(seed, plan, mutant).expect("a drawn plan is in range");
    SeedRecord {
        seed,
        plan: plan.digest(),
        mutant: mutant.map(|mutant| mutant.name().to_owned()),
        profile: profile.name().to_owned(),
        digest: outcome.digest,
        verdict: verdict_of(&outcome),
    }
}

/// A run of the correct core, cut off after so many steps, as a trace.
#[must_use]
pub fn record_golden(profile: Profile, number: u64, steps_max: u32) -> Trace {
    let campaign = Campaign { steps_max: Some(steps_max), ..Campaign::new(Seed(1), profile) };
    trace_of(&campaign, campaign.seed_of(number))
}

/// The shortest of the first few runs in which this oracle convicts a mutant, as a trace; `None` if
/// none of so many runs does.
#[must_use]
pub fn record_conviction(mutant: Mutant, oracle: OracleId, runs: u64) -> Option<Trace> {
    const FEW: usize = 25;
    let campaign = Campaign { mutant: Some(mutant), ..Campaign::new(Seed(1), Profile::Swarm) };
    let convicted = (0..runs).filter_map(|number| {
        let seed = campaign.seed_of(number);
        let outcome = campaign.run::<RaftCore>(seed).ok()?;
        let by = outcome.violation.as_ref()?.oracle == oracle.name();
        by.then_some((outcome.tally.lines, number))
    });
    let (_, number) = convicted.take(FEW).min()?;
    Some(trace_of(&campaign, campaign.seed_of(number)))
}

fn trace_of(campaign: &Campaign, seed: Seed) -> Trace {
    let outcome = campaign.run::<RaftCore>(seed).expect("a drawn plan is in range");
    let source = Source { seed: Some(seed), plan: outcome.plan, mutant: campaign.mutant };
    record::<RaftCore>(&source, &outcome.choices).expect("the choices are the run's own")
}
