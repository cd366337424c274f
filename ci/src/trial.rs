//! One run after another, each counted, timed, and looked at for what it found.

#[cfg(test)]
mod tests;

use std::time::Duration;

use cpu_time::ThreadTime;
use syncline_sim::{BeginError, OracleId, Outcome, Totals};
use syncline_traces::{Digest, Seed};

use crate::args::Percent;
use crate::engine::{Flow, Work};
use crate::family::Family;
use crate::listen::Listen;
use crate::panics::quietly;

/// The runs of a campaign, by number.
pub(crate) struct Trial {
    pub(crate) family: Family,
    /// This share of them is done twice.
    pub(crate) check: Percent,
    pub(crate) listen: Listen,
    pub(crate) until: Until,
}

/// When enough is found. A fault of the harness ends a trial in any case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Until {
    /// Never: there may be more.
    Never,
    /// At the first finding.
    Finding,
    /// When this oracle convicts.
    Convicted(OracleId),
}

/// What comes of a few runs.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) totals: Totals,
    /// The time that the runs took on their core.
    pub(crate) cpu: Duration,
    pub(crate) findings: Vec<Finding>,
    /// What a listener has written down.
    pub(crate) log: Vec<u8>,
}

/// Something that should not be.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The number of the run in its campaign.
    pub(crate) number: u64,
    pub(crate) seed: Seed,
    pub(crate) what: What,
}

/// What should not be.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// A promise was broken.
    Violation(Box<Outcome>),
    /// The same seed went two ways.
    Diverged { first: Digest, second: Digest },
    /// The run cannot begin.
    CannotBegin(BeginError),
    /// The harness panicked.
    Fault(String),
}

impl Finding {
    /// The run that broke a promise, if that is what was found.
    pub(crate) fn violation(&self) -> Option<&Outcome> {
        match &self.what {
            What::Violation(outcome) => Some(outcome),
            _ => None,
        }
    }
}

impl Work for Trial {
    type Part = Part;

    fn run(&self, number: u64, part: &mut Part) -> Flow {
        let seed = self.family.campaign.seed_of(number);
        let Some(what) = self.find(number, seed, part) else {
            return Flow::Go;
        };
        let flow = self.flow(&what);
        part.findings.push(Finding { number, seed, what });
        flow
    }
}

impl Trial {
    /// The runs of a campaign until the first finding.
    pub(crate) fn new(family: Family) -> Trial {
        Trial { family, check: Percent(0), listen: Listen::Off, until: Until::Finding }
    }

    /// Does one run, adds it up, and says what should not be.
    pub(crate) fn find(&self, number: u64, seed: Seed, part: &mut Part) -> Option<What> {
        let began = ThreadTime::now();
        let outcome = match self.once(seed, &mut part.log) {
            Ok(outcome) => outcome,
            Err(what) => return Some(what),
        };
        part.cpu += began.elapsed();
        part.totals.add(seed, &outcome);
        if number % 100 < u64::from(self.check.0)
            && let Some(what) = self.again(seed, outcome.digest)
        {
            return Some(what);
        }
        let is_found = outcome.violation.is_some() && !outcome.is_out_of_contract;
        is_found.then(|| What::Violation(Box::new(outcome)))
    }

    fn once(&self, seed: Seed, log: &mut Vec<u8>) -> Result<Outcome, What> {
        let Family { library, campaign } = &self.family;
        if self.listen == Listen::On {
            log.extend_from_slice(format!("run of seed {seed}\n").as_bytes());
        }
        let run = || self.listen.to(log, || library.run(campaign, seed));
        quietly(run).map_err(What::Fault)?.map_err(What::CannotBegin)
    }

    fn again(&self, seed: Seed, first: Digest) -> Option<What> {
        let Family { library, campaign } = &self.family;
        match quietly(|| library.run(campaign, seed)) {
            Ok(Ok(outcome)) if outcome.digest == first => None,
            Ok(Ok(outcome)) => Some(What::Diverged { first, second: outcome.digest }),
            Ok(Err(error)) => Some(What::CannotBegin(error)),
            Err(fault) => Some(What::Fault(fault)),
        }
    }

    fn flow(&self, what: &What) -> Flow {
        let enough = match (self.until, what) {
            (_, What::Fault(_) | What::CannotBegin(_)) | (Until::Finding, _) => true,
            (Until::Never, _) => false,
            (Until::Convicted(oracle), What::Violation(outcome)) => outcome
                .violation
                .as_ref()
                .is_some_and(|violation| violation.oracle == oracle.name()),
            (Until::Convicted(_), What::Diverged { .. }) => true,
        };
        if enough { Flow::Stop } else { Flow::Go }
    }
}
