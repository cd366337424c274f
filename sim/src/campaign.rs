//! Many runs: how their seeds are drawn, and how their results add up.
//!
//! Adding up does not depend on the order, so that any number of threads, or of machines, may share
//! a campaign and report the same totals.

use std::hash::Hash;

use syncline_traces::{Digest, Mixer, Seed};

use crate::coverage::Coverage;
use crate::mutant::Mutant;
use crate::plan::Profile;
use crate::run::{Outcome, run_once};
use crate::seed::seed_of_run;
use crate::subject::Subject;
use crate::world::BeginError;

/// A family of runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Campaign {
    /// What the seeds of its runs are drawn from.
    pub seed: Seed,
    /// The family of their plans.
    pub profile: Profile,
    /// How many nodes each has; `None` to let the profile decide.
    pub nodes: Option<u32>,
    /// How many steps each has at most; `None` to let the profile decide.
    pub steps_max: Option<u32>,
    /// The known bug that is switched on.
    pub mutant: Option<Mutant>,
}

impl Campaign {
    /// The runs of this family, correct as far as we know.
    #[must_use]
    pub fn new(seed: Seed, profile: Profile) -> Campaign {
        Campaign { seed, profile, nodes: None, steps_max: None, mutant: None }
    }

    /// The seed of its `number`-th run.
    #[must_use]
    pub fn seed_of(&self, number: u64) -> Seed {
        seed_of_run(self.seed, number)
    }

    /// Runs a seed.
    ///
    /// # Errors
    /// If the plan is out of range, or the subject refuses to start.
    pub fn run<S: Subject>(&self, seed: Seed) -> Result<Outcome, BeginError> {
        let mut plan = self.profile.draw(seed);
        if let Some(nodes) = self.nodes {
            plan = plan.with_nodes(nodes);
        }
        plan.steps_max = self.steps_max.unwrap_or(plan.steps_max);
        run_once::<S>(seed, plan, self.mutant)
    }
}

/// What many runs add up to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// How many runs.
    pub runs: u64,
    /// How many of them broke a promise.
    pub violations: u64,
    /// How many of them broke one that nobody could keep, because a disk had lied.
    pub out_of_contract: u64,
    /// Steps, without idle ticks.
    pub steps: u64,
    /// Events, without those of idle ticks.
    pub events: u64,
    /// Virtual microseconds.
    pub virtual_micros: u64,
    /// What was exercised.
    pub coverage: Coverage,
    /// The sum of what each seed amounts to.
    pub digest: Digest,
}

impl Totals {
    /// Adds one run.
    pub fn add(&mut self, seed: Seed, outcome: &Outcome) {
        let mut mixer = Mixer::default();
        (seed.0, outcome.digest).hash(&mut mixer);
        let is_broken = outcome.violation.is_some();
        self.merge(&Totals {
            runs: 1,
            violations: u64::from(is_broken && !outcome.is_out_of_contract),
            out_of_contract: u64::from(is_broken && outcome.is_out_of_contract),
            steps: outcome.tally.steps,
            events: outcome.tally.events,
            virtual_micros: outcome.virtual_micros,
            coverage: outcome.coverage,
            digest: mixer.digest(),
        });
    }

    /// Adds the totals of other runs.
    pub fn merge(&mut self, other: &Totals) {
        self.runs += other.runs;
        self.violations += other.violations;
        self.out_of_contract += other.out_of_contract;
        self.steps += other.steps;
        self.events += other.events;
        self.virtual_micros += other.virtual_micros;
        self.coverage.add(&other.coverage);
        self.digest = self.digest.plus(other.digest);
    }
}
