//! The canaries of a soak: a share of its runs in which a bug that is easily caught is switched on.
//!
//! They are kept out of everything that is counted. A canary that is not caught says that the runs
//! around it would not have been caught either.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syncline_raft::Mutant::{F4, F5, F6};
use syncline_sim::{Campaign, Mutant, RaftCore, Subject, Unforkable};

use crate::family::{Family, HAS_MUTANTS};

/// One of so many runs is a canary.
pub(crate) const EVERY: u64 = 64;
/// They take turns. Each is caught in a third of its runs or more, and each by another oracle.
const BUGS: [Mutant; 3] = [Mutant::Core(F5), Mutant::Core(F6), Mutant::Core(F4)];
/// After so many runs of a bug without a catch, chance is no excuse: below one in a hundred thousand.
const RUNS_MIN: u64 = 32;

/// The bug that is switched on in the run of this number; `None` if it is a run like any other.
pub(crate) fn bug(family: &Family, number: u64) -> Option<Mutant> {
    // The bugs are in our core. Another library does not have them.
    let has_them = [RaftCore::NAME, Unforkable::NAME].contains(&family.library.name());
    let is_canary = HAS_MUTANTS && has_them && number % EVERY == EVERY - 1;
    is_canary.then(|| BUGS[(number / EVERY) as usize % BUGS.len()])
}

/// The family with a bug. Whatever else the soak changes, the canaries are as they are known.
pub(crate) fn with(family: &Family, bug: Mutant) -> Family {
    let Campaign { seed, profile, .. } = family.campaign;
    let campaign = Campaign { mutant: Some(bug), ..Campaign::new(seed, profile) };
    Family { campaign, ..*family }
}

/// How many canaries there were, and how many were caught.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Caught {
    pub(crate) runs: u64,
    pub(crate) caught: u64,
}

/// The same for each bug.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Canaries(BTreeMap<String, Caught>);

/// What the canaries say of the judges.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Health {
    /// Each bug was caught.
    Good,
    /// Too few of them have run to say anything.
    TooFew,
    /// These were not caught.
    Blind(Vec<String>),
}

impl Canaries {
    pub(crate) fn add(&mut self, bug: &str, more: Caught) {
        let of_bug = self.0.entry(bug.to_owned()).or_default();
        of_bug.runs += more.runs;
        of_bug.caught += more.caught;
    }

    pub(crate) fn merge(&mut self, other: &Canaries) {
        for (bug, more) in &other.0 {
            self.add(bug, *more);
        }
    }

    pub(crate) fn total(&self) -> Caught {
        let mut total = Caught::default();
        for Caught { runs, caught } in self.0.values() {
            total.runs += runs;
            total.caught += caught;
        }
        total
    }

    pub(crate) fn health(&self) -> Health {
        let is_blind = |of: &Caught| of.caught == 0 && of.runs >= RUNS_MIN;
        let blind: Vec<String> =
            self.0.iter().filter(|(_, of)| is_blind(of)).map(|(bug, _)| bug.clone()).collect();
        let all_caught =
            BUGS.iter().all(|bug| self.0.get(bug.name()).is_some_and(|of| of.caught > 0));
        match (blind.is_empty(), all_caught) {
            (false, _) => Health::Blind(blind),
            (true, true) => Health::Good,
            (true, false) => Health::TooFew,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canaries(counts: [(&str, u64, u64); 3]) -> Canaries {
        let mut canaries = Canaries::default();
        for (bug, runs, caught) in counts {
            canaries.add(bug, Caught { runs, caught });
        }
        canaries
    }

    #[test]
    fn a_bug_that_is_never_caught_blinds_the_soak() {
        let health = |counts| canaries(counts).health();
        assert_eq!(
            health([("F4", 40, 0), ("F5", 40, 30), ("F6", 40, 9)]),
            Health::Blind(vec!["F4".to_owned()])
        );
        assert_eq!(health([("F4", 31, 0), ("F5", 31, 30), ("F6", 31, 9)]), Health::TooFew);
        assert_eq!(health([("F4", 3, 1), ("F5", 3, 1), ("F6", 3, 1)]), Health::Good);
        assert_eq!(Canaries::default().health(), Health::TooFew);
    }
}
