//! One batch of a soak: runs, with canaries among them.

use std::path::Path;

use super::canary::{self, Canaries, Caught};
use super::state::{Diverged, Done, Kept, State};
use crate::engine::{Flow, Sink, Work};
use crate::exit::Refusal;
use crate::family::{Family, cannot_begin};
use crate::progress::Progress;
use crate::story;
use crate::sums::Sums;
use crate::trial::{Finding, Part, Trial, What};

/// How many traces of one signature are written.
const TRACES_MAX: usize = 3;

/// The runs of a soak, by number.
pub(crate) struct Patrol {
    pub(crate) trial: Trial,
}

/// What comes of a few of them.
#[derive(Default)]
pub(crate) struct Round {
    part: Part,
    canaries: Canaries,
}

impl Work for Patrol {
    type Part = Round;

    fn run(&self, number: u64, round: &mut Round) -> Flow {
        let Some(bug) = canary::bug(&self.trial.family, number) else {
            return self.trial.run(number, &mut round.part);
        };
        let trial = Trial::new(canary::with(&self.trial.family, bug));
        let seed = trial.family.campaign.seed_of(number);
        // Nothing of it is counted.
        let mut part = Part::default();
        let caught = match trial.find(number, seed, &mut part) {
            Some(What::Violation(_)) => 1,
            None => 0,
            Some(what) => {
                round.part.findings.push(Finding { number, seed, what });
                return Flow::Stop;
            }
        };
        round.canaries.add(bug.name(), Caught { runs: 1, caught });
        Flow::Go
    }
}

/// A batch under way.
pub(crate) struct Batch<'a> {
    state: &'a mut State,
    family: &'a Family,
    folder: &'a Path,
    progress: &'a mut Progress,
    done: Done,
    fault: Option<String>,
    refusal: Option<Refusal>,
}

/// A batch that is over.
pub(crate) struct Ended {
    pub(crate) done: Done,
    /// What is wrong with the harness.
    pub(crate) fault: Option<String>,
}

impl<'a> Batch<'a> {
    pub(crate) fn begin(
        state: &'a mut State,
        family: &'a Family,
        folder: &'a Path,
        progress: &'a mut Progress,
    ) -> Batch<'a> {
        let done = Done::default();
        Batch { state, family, folder, progress, done, fault: None, refusal: None }
    }

    /// What came of it, all runs below this one being done.
    ///
    /// # Errors
    /// If the soak cannot go on.
    pub(crate) fn end(self, next: u64) -> Result<Ended, Refusal> {
        match self.refusal {
            Some(refusal) => Err(refusal),
            None => Ok(Ended { done: Done { next, ..self.done }, fault: self.fault }),
        }
    }

    fn look_at(&mut self, finding: &Finding) -> Result<(), Refusal> {
        let seed = finding.seed;
        match &finding.what {
            What::Violation(outcome) => {
                let violation = outcome.violation.as_ref();
                let signature = violation.map_or("", |violation| &violation.signature).to_owned();
                *self.done.signatures.entry(signature.clone()).or_default() += 1;
                let same = self.state.kept.iter().filter(|kept| kept.signature == signature);
                if same.count() < TRACES_MAX {
                    let story = story::keep(self.family, seed, outcome, self.folder)?;
                    let (number, reproduce) = (finding.number, story.reproduce);
                    self.state.keep(Kept {
                        number,
                        seed,
                        signature,
                        trace: story.trace,
                        reproduce,
                    })?;
                }
                Ok(())
            }
            What::Diverged { first, second } => {
                self.state.diverge(Diverged { seed, first: *first, second: *second })
            }
            What::CannotBegin(error) => Err(cannot_begin(error)),
            What::Fault(fault) => {
                let text = format!("run {} (seed {seed}) panicked: {fault}", finding.number);
                self.fault = Some(text);
                Ok(())
            }
        }
    }
}

impl Sink<Round> for Batch<'_> {
    fn take(&mut self, round: Round) {
        self.done.sums.add(&round.part.totals, round.part.cpu);
        self.done.canaries.merge(&round.canaries);
        for finding in &round.part.findings {
            if let Err(refusal) = self.look_at(finding) {
                self.refusal.get_or_insert(refusal);
            }
        }
    }

    fn beat(&mut self) {
        let mut sums: Sums = self.state.all.sums.clone();
        sums.merge(&self.done.sums);
        self.progress.show(&sums);
    }
}
