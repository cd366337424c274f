//! A Raft library under test, with its type forgotten, so that the command line can choose one.

use syncline_sim::{
    BeginError, Campaign, Outcome, RecordError, ReplayError, Source, Subject, record, replay,
};
use syncline_traces::{Choice, Seed, Trace};

use crate::exit::Refusal;

/// A Raft library that the program can test.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    name: &'static str,
    run: fn(&Campaign, Seed) -> Result<Outcome, BeginError>,
    record: fn(&Source, &[Choice]) -> Result<Trace, RecordError>,
    replay: fn(&Trace) -> Result<Outcome, ReplayError>,
}

impl Library {
    /// The library of this subject, named as the subject is.
    #[must_use]
    pub const fn of<S: Subject>() -> Library {
        Library { name: S::NAME, run: Campaign::run::<S>, record: record::<S>, replay: replay::<S> }
    }

    /// Its name on the command line and in traces.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn run(&self, campaign: &Campaign, seed: Seed) -> Result<Outcome, BeginError> {
        (self.run)(campaign, seed)
    }

    pub(crate) fn record(&self, source: &Source, choices: &[Choice]) -> Result<Trace, RecordError> {
        (self.record)(source, choices)
    }

    pub(crate) fn replay(&self, trace: &Trace) -> Result<Outcome, ReplayError> {
        (self.replay)(trace)
    }
}

/// The library of this name.
pub(crate) fn named(libraries: &[Library], name: Option<&str>) -> Result<Library, Refusal> {
    let Some(name) = name else {
        return Ok(libraries[0]);
    };
    let found = libraries.iter().find(|library| library.name == name);
    found.copied().ok_or_else(|| Refusal::usage(unknown(libraries, name)))
}

/// What to say of a name that no library has.
pub(crate) fn unknown(libraries: &[Library], name: &str) -> String {
    let known: Vec<&str> = libraries.iter().map(Library::name).collect();
    format!("expected a subject ({}), found '{name}'", known.join(", "))
}
