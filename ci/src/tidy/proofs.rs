//! An oracle that is called implemented has its file, and a known bug that proves it able to
//! convict.
//!
//! Why so: an oracle that never convicted anything may be blind, and nobody would notice. The
//! proof is a mutant in the roster that names the oracle; running it is the business of the tests
//! of `scenarios`.

use std::collections::BTreeMap;

use super::cites::{self, Id, ORACLES};
use super::scan::{Kind, Scanned, words};
use super::tree::Tree;
use super::{Finding, Rule};

/// Where the oracles lie, each in its own file or folder.
const FILES: &str = "sim/src/oracle/";
/// Where the mutants lie, each with the oracle that must convict it: one file, or a folder.
pub(super) const ROSTERS: [&str; 2] = ["scenarios/src/roster.rs", "scenarios/src/roster/"];

/// Oracles that no mutant of the roster proves yet, each with the test that convicts by hand. A
/// line goes as soon as the roster proves its oracle.
const PROVED_BY_TEST: [(&str, &str); 4] = [
    ("O9", "a_voter_that_votes_twice_is_convicted"),
    ("O11", "a_commit_index_beyond_the_log_that_is_read_back_is_convicted"),
    ("O13", "a_state_of_what_nobody_has_committed_is_convicted"),
    ("O14", "a_log_that_is_let_go_of_too_early_is_convicted"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    check_with(tree, &PROVED_BY_TEST)
}

/// As `check`, with the given oracles proved by the tests of those names.
pub(super) fn check_with(tree: &Tree, by_test: &[(&str, &str)]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut files = files(tree);
    for (path, id) in headed(tree) {
        let first = files[&id];
        if first != path {
            let text = format!("{id} already lies in `{first}`");
            findings.push(Finding::new(path, 1, Rule::Proof, text));
        }
    }
    for entry in cites::entries(tree.text(ORACLES).unwrap_or_default()) {
        let id = entry.id;
        let file = files.remove(&id);
        let text = match (entry.is_ticked, file) {
            (true, None) => format!("{id} is ticked, but no file in `{FILES}` begins with it"),
            (false, Some(file)) => format!("{id} is not ticked, but `{file}` implements it"),
            (true, Some(_)) => match unproved(tree, id, by_test) {
                Some(text) => text,
                None => continue,
            },
            (false, None) => continue,
        };
        findings.push(Finding::new(ORACLES, entry.line, Rule::Proof, text));
    }
    findings
}

/// The file of each oracle: the first one whose first line cites it first.
pub(super) fn files(tree: &Tree) -> BTreeMap<Id, &str> {
    let mut files = BTreeMap::new();
    for (path, id) in headed(tree) {
        files.entry(id).or_insert(path);
    }
    files
}

/// The files whose first line begins with the number of an oracle.
fn headed(tree: &Tree) -> impl Iterator<Item = (&str, Id)> {
    tree.ending(&[".rs"]).filter(|(path, _)| path.starts_with(FILES)).filter_map(|(path, text)| {
        let doc = text.lines().next()?.strip_prefix("//! ")?;
        let id = words(doc).next().and_then(Id::parse)?;
        id.is_oracle().then_some((path, id))
    })
}

/// Why nothing proves this oracle, if so.
fn unproved(tree: &Tree, id: Id, by_test: &[(&str, &str)]) -> Option<String> {
    let name = id.to_string();
    let in_roster = tree
        .ending(&[".rs"])
        .filter(|(path, _)| ROSTERS.iter().any(|roster| path.starts_with(roster)))
        .any(|(_, text)| has_word(&Scanned::of(text).only(&[Kind::Code, Kind::Quoted]), &name));
    match (in_roster, by_test.iter().find(|(oracle, _)| *oracle == name)) {
        (true, None) => None,
        (true, Some((_, test))) => {
            Some(format!("the roster proves {id} now: no need for the test `{test}` as its proof"))
        }
        (false, None) => Some(format!("{id} is ticked, but no mutant of the roster proves it")),
        (false, Some((_, test))) => {
            let exists = tree.ending(&[".rs"]).any(|(path, text)| {
                let code = Scanned::of(text).only(&[Kind::Code]);
                path.starts_with("sim/") && code.contains(&format!("fn {test}("))
            });
            (!exists).then(|| format!("{id} has its proof in the test `{test}`, which is missing"))
        }
    }
}

fn has_word(text: &str, word: &str) -> bool {
    words(text).any(|found| found == word)
}
