//! Plays a trace again, and holds every line against what happens now.
//!
//! A trace that no longer plays line for line is *stale*: the code has changed since, or the file
//! has. It is never passed as good, and the first line that differs is named.

use std::fmt;

use syncline_traces::{End, Line, Trace};

use crate::mutant::{Mutant, UnknownMutant};
use crate::plan::{Plan, PlanError};
use crate::recording::{Recorder, Source};
use crate::run::Outcome;
use crate::subject::Subject;
use crate::world::BeginError;

/// Why a trace cannot be played at all, or is stale. Lines are numbered as in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReplayError {
    /// It was recorded with another library.
    Subject {
        /// The library it is played with.
        expected: &'static str,
        /// The library it names.
        found: String,
    },
    /// It names a mutant that no room has.
    Mutant(UnknownMutant),
    /// Its plan is not one.
    Plan {
        /// What is wrong with it.
        found: String,
    },
    /// The run cannot begin.
    Begin(BeginError),
    /// It has no last line: it is only the beginning of a run.
    NoEnd {
        /// Where the last line should be.
        line: u64,
    },
    /// It is stale: from this line on something else happens.
    Stale {
        /// The line.
        line: u64,
        /// What the trace says.
        expected: String,
        /// What happens now.
        found: String,
    },
}

impl ReplayError {
    /// Whether the trace could be played but something else happened.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self, ReplayError::Stale { .. })
    }
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReplayError::Subject { expected, found } => {
                write!(f, "line 1: expected subject {expected}, found '{found}'")
            }
            ReplayError::Mutant(error) => write!(f, "line 1: {error}"),
            ReplayError::Plan { found } => write!(f, "line 1: expected a plan, found {found}"),
            ReplayError::Begin(error) => write!(f, "line 1: {error}"),
            ReplayError::NoEnd { line } => {
                write!(
                    f,
                    "line {line}: expected an event or the end line, found the end of the file"
                )
            }
            ReplayError::Stale { line, expected, found } => {
                write!(f, "line {line}: stale trace: expected {expected}, found {found}")
            }
        }
    }
}

impl std::error::Error for ReplayError {}

/// Where a trace says that it comes from.
///
/// # Errors
/// If the first line names an unknown mutant, or has no plan.
pub fn source_of(trace: &Trace) -> Result<Source, ReplayError> {
    let mutant = trace.header.mutant.as_deref().map(str::parse::<Mutant>).transpose();
    let mutant = mutant.map_err(ReplayError::Mutant)?;
    let plan: Plan = serde_json::from_value(trace.header.plan.clone())
        .map_err(|error| ReplayError::Plan { found: error.to_string() })?;
    let out_of_range = |error: PlanError| ReplayError::Plan { found: error.to_string() };
    plan.validate().map_err(out_of_range)?;
    Ok(Source { seed: trace.header.seed, plan, mutant })
}

/// Plays a trace again.
///
/// # Errors
/// If it cannot be played, ends before its last line, or is stale.
pub fn replay<S: Subject>(trace: &Trace) -> Result<Outcome, ReplayError> {
    if trace.header.subject != S::NAME {
        let found = trace.header.subject.clone();
        return Err(ReplayError::Subject { expected: S::NAME, found });
    }
    let mut recorder = Recorder::<S>::new(source_of(trace)?).map_err(ReplayError::Begin)?;
    let mut lines = Vec::new();
    let mut number = 2;
    let mut expected = trace.lines.iter().peekable();
    while let Some(next) = expected.peek() {
        lines.clear();
        let choice = next.choice;
        recorder.take(&choice, &mut lines).map_err(|_| ReplayError::Stale {
            line: number,
            expected: format!("'{choice}'"),
            found: "that the world does not offer it".to_owned(),
        })?;
        if lines.is_empty() {
            let expected = format!("'{choice}'");
            let found = "that the run is over: a promise was broken before".to_owned();
            return Err(ReplayError::Stale { line: number, expected, found });
        }
        for found in &lines {
            compare(number, expected.next(), found)?;
            number += 1;
        }
    }
    match &trace.end {
        None => Err(ReplayError::NoEnd { line: number }),
        Some(end) => {
            compare_ends(number, end, &recorder.end())?;
            Ok(recorder.into_run().into())
        }
    }
}

fn compare(line: u64, expected: Option<&Line>, found: &Line) -> Result<(), ReplayError> {
    let stale = |expected: String, found: String| Err(ReplayError::Stale { line, expected, found });
    let Some(expected) = expected else {
        return stale("the end line".to_owned(), format!("'{}'", found.event));
    };
    if expected == found {
        return Ok(());
    }
    if expected.event != found.event {
        return stale(format!("'{}'", expected.event), format!("'{}'", found.event));
    }
    if expected.digest != found.digest {
        return stale(format!("digest {}", expected.digest), found.digest.to_string());
    }
    stale(expected.to_json(), found.to_json())
}

fn compare_ends(line: u64, expected: &End, found: &End) -> Result<(), ReplayError> {
    if expected == found {
        return Ok(());
    }
    let (expected, found) = (expected.to_json(), found.to_json());
    Err(ReplayError::Stale { line, expected, found })
}
