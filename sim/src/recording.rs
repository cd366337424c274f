//! From a list of choices to a trace: plays the run once more and writes down all that happens.
//!
//! Runs keep only their choices, which is cheap; the events, their causes and the digest beside each
//! are worked out when somebody wants to see them.

use std::fmt;
use std::hash::Hash;

use serde_json::Value;
use syncline_traces::{Causes, Choice, End, Event, FORMAT, Header, Line, Seed, Trace};

use crate::mutant::Mutant;
use crate::plan::Plan;
use crate::run::Run;
use crate::subject::Subject;
use crate::world::{BeginError, NotEnabled};

/// Where a run comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source {
    /// The seed that its choices were drawn from; `None` if they were scripted.
    pub seed: Option<Seed>,
    /// Its plan.
    pub plan: Plan,
    /// The known bug that is switched on.
    pub mutant: Option<Mutant>,
}

/// Why a list of choices cannot be recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RecordError {
    /// The run cannot begin.
    Begin(BeginError),
    /// A choice is not on offer when its turn comes.
    NotEnabled {
        /// Its number, from 1.
        step: u64,
        /// The choice.
        refused: NotEnabled,
    },
}

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordError::Begin(error) => error.fmt(f),
            RecordError::NotEnabled { step, refused } => write!(f, "choice {step}: {refused}"),
        }
    }
}

impl std::error::Error for RecordError {}

/// A run that writes down what happens.
pub struct Recorder<S: Subject> {
    run: Run<S>,
    causes: Causes,
}

impl<S: Subject> Recorder<S> {
    /// A run that has not begun.
    ///
    /// # Errors
    /// If the plan is out of range, or the subject refuses to start.
    pub fn new(source: Source) -> Result<Recorder<S>, BeginError> {
        let mut run = Run::new(source.plan, source.mutant)?;
        if let Some(seed) = source.seed {
            run.sow(seed);
        }
        Ok(Recorder { run, causes: Causes::default() })
    }

    /// Makes one choice happen and adds its lines.
    ///
    /// # Errors
    /// If the world does not offer the choice. Nothing has changed then.
    pub fn take(&mut self, choice: &Choice, lines: &mut Vec<Line>) -> Result<(), NotEnabled> {
        if self.run.violation().is_some() {
            return Ok(());
        }
        let mut mixer = self.run.mixer();
        let before = self.run.tally().lines;
        self.run.take(choice)?;
        let world = self.run.world();
        if !matches!(self.run.events(), [Event::Panicked { .. }]) {
            world.fingerprint().hash(&mut mixer);
        }
        let (step, t) = (self.run.tally().choices, world.clock().now().0);
        for (event, i) in self.run.events().iter().zip(before + 1..) {
            event.hash(&mut mixer);
            let why = self.causes.parents(i, event, i == before + 1);
            let digest = mixer.digest();
            lines.push(Line { i, step, t, choice: *choice, event: *event, why, digest });
        }
        assert!(
            mixer.digest() == self.run.digest(),
            "the digest beside the last event is the run's"
        );
        Ok(())
    }

    /// The run.
    #[must_use]
    pub fn run(&self) -> &Run<S> {
        &self.run
    }

    /// The run, and no more lines.
    #[must_use]
    pub fn into_run(self) -> Run<S> {
        self.run
    }

    /// The last line of the trace.
    #[must_use]
    pub fn end(&self) -> End {
        End {
            verdict: self.run.verdict(),
            steps: self.run.tally().choices,
            events: self.run.tally().lines,
            digest: self.run.digest(),
        }
    }
}

/// The first line of a trace.
#[must_use]
pub fn header<S: Subject>(source: &Source) -> Header {
    Header {
        format: FORMAT.to_owned(),
        subject: S::NAME.to_owned(),
        mutant: source.mutant.map(|mutant| mutant.name().to_owned()),
        seed: source.seed,
        plan: serde_json::to_value(source.plan).unwrap_or(Value::Null),
    }
}

/// Records a whole run.
///
/// # Errors
/// If the run cannot begin, or a choice is not on offer when its turn comes.
pub fn record<S: Subject>(source: &Source, choices: &[Choice]) -> Result<Trace, RecordError> {
    let mut recorder = Recorder::<S>::new(*source).map_err(RecordError::Begin)?;
    let mut lines = Vec::new();
    for (choice, step) in choices.iter().zip(1..) {
        let taken = recorder.take(choice, &mut lines);
        taken.map_err(|refused| RecordError::NotEnabled { step, refused })?;
    }
    Ok(Trace { header: header::<S>(source), lines, end: Some(recorder.end()) })
}
