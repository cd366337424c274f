//! Turns a run that broke a promise into a trace, and the trace into a file.

use std::fs;
use std::path::{Path, PathBuf};

use syncline_sim::{Outcome, Source};
use syncline_traces::store::{self, StoreError};
use syncline_traces::{Seed, Trace};

use super::{Story, replay_of, replay_of_seed};
use crate::exit::{Exit, Refusal};
use crate::family::Family;
use crate::out;
use crate::panics::quietly;

/// How many traces of one name there may be: the same seed under other plans.
const SAME_NAME_MAX: u32 = 99;

/// Records a run that broke a promise, and writes its trace to a new file in this folder. If that
/// cannot be written the story is told all the same.
///
/// # Errors
/// If the run goes another way while it is recorded: it is not deterministic.
pub(crate) fn keep(
    family: &Family,
    seed: Seed,
    outcome: &Outcome,
    folder: &Path,
) -> Result<Story, Refusal> {
    let trace = record(family, seed, outcome)?;
    let path = write(&trace, folder).inspect_err(|error| out::tell(error)).ok();
    let reproduce = match &path {
        Some(path) => replay_of(path),
        None => replay_of_seed(seed, family),
    };
    let story = Story::of(&trace, path.as_deref(), reproduce);
    story.ok_or_else(|| diverged(seed, "a violation, found none"))
}

fn record(family: &Family, seed: Seed, outcome: &Outcome) -> Result<Trace, Refusal> {
    let source = Source { seed: Some(seed), plan: outcome.plan, mutant: family.campaign.mutant };
    let recorded = quietly(|| family.library.record(&source, &outcome.choices));
    let recorded = recorded.map_err(|fault| Refusal::new(Exit::Harness, fault))?;
    let trace = recorded.map_err(|error| diverged(seed, error))?;
    let digest = trace.end.as_ref().map(|end| end.digest);
    if digest == Some(outcome.digest) {
        return Ok(trace);
    }
    let found = digest.map_or("none".to_owned(), |digest| digest.to_string());
    Err(diverged(seed, format_args!("digest {}, found {found}", outcome.digest)))
}

fn diverged(seed: Seed, what: impl std::fmt::Display) -> Refusal {
    let text =
        format!("the run of seed {seed} is not deterministic: recording it, expected {what}");
    Refusal::new(Exit::NotDeterministic, text)
}

/// Writes a trace under the first name that is free or has the same bytes.
fn write(trace: &Trace, folder: &Path) -> Result<PathBuf, StoreError> {
    let make = |error| StoreError::Write { path: folder.to_owned(), error };
    fs::create_dir_all(folder).map_err(make)?;
    let name = name(trace);
    let mut number = 1;
    loop {
        let suffix = if number == 1 { String::new() } else { format!("-{number}") };
        let path = folder.join(format!("{name}{suffix}.jsonl"));
        match store::write_new(&path, trace) {
            Err(StoreError::Occupied { .. }) if number < SAME_NAME_MAX => number += 1,
            written => return written.map(|()| path),
        }
    }
}

/// The subject, the mutant if one is on, the oracle, and the seed.
fn name(trace: &Trace) -> String {
    let mut parts = vec![trace.header.subject.clone()];
    parts.extend(trace.header.mutant.clone());
    if let Some(violation) = trace.end.as_ref().and_then(|end| end.verdict.broken()) {
        parts.push(violation.oracle.clone());
    }
    parts.extend(trace.header.seed.map(|seed| seed.to_string()));
    parts.join("-")
}
