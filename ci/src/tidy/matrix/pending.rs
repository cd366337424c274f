//! The cells of the matrix that may be empty for the time being.
//!
//! Why so: a rule has its number before anything implements it, and the check should hold for the
//! others from the first day. These lists only shrink: a line goes as soon as its cell is filled,
//! which the check demands, and none is added for a rule that is implemented.

use super::super::cites::Id;

/// This file, as findings name it.
pub(super) const PATH: &str = "ci/src/tidy/matrix/pending.rs";

/// A rule, and what will fill its cell.
pub(in crate::tidy) type Line = (&'static str, &'static str);

/// The cells that may be empty, by rule.
#[derive(Clone, Copy)]
pub(in crate::tidy) struct Pending {
    /// Rules without a test.
    pub(in crate::tidy) tests: &'static [Line],
    /// Rules without a mutant.
    pub(in crate::tidy) mutants: &'static [Line],
}

/// What this repository still owes.
pub(in crate::tidy) const PENDING: Pending =
    Pending { tests: &NO_TEST_YET, mutants: &NO_MUTANT_YET };

/// Rules that no test cites, because nothing implements them.
const NO_TEST_YET: [Line; 0] = [];

/// Rules that a bug could break, and none in the roster does.
const NO_MUTANT_YET: [Line; 1] =
    [("R4", "a failed sync that is tried again, on disks whose syncs can fail")];

impl Pending {
    /// What the test of this rule waits for, if it is on the list.
    pub(super) fn test(&self, rule: Id) -> Option<&'static str> {
        find(self.tests, rule)
    }

    /// What the mutant of this rule waits for, if it is on the list.
    pub(super) fn mutant(&self, rule: Id) -> Option<&'static str> {
        find(self.mutants, rule)
    }

    /// The rules on both lists.
    pub(super) fn rules(&self) -> impl Iterator<Item = &'static str> {
        self.tests.iter().chain(self.mutants).map(|(rule, _)| *rule)
    }
}

fn find(list: &[Line], rule: Id) -> Option<&'static str> {
    let rule = rule.to_string();
    list.iter().find(|(pending, _)| *pending == rule).map(|(_, what)| *what)
}
