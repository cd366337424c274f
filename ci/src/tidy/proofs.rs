//! An oracle that is called implemented has its file, and a known bug that proves it able to
//! convict.
//!
//! Why so: an oracle that never convicted anything may be blind, and nobody would notice. The
//! proof is a mutant in the roster that names the oracle; running it is the business of the tests
//! of `scenarios`. An oracle that is not implemented says why in the list, and what stands in for it.

use std::collections::BTreeMap;

use super::cites::{self, Id, ORACLES};
use super::reasons;
use super::scan::{Kind, Scanned, words};
use super::tree::Tree;
use super::{Finding, Rule};

/// Where the oracles lie, each in its own file or folder.
const FILES: &str = "sim/src/oracle/";
/// Where the mutants lie, each with the oracle that must convict it: one file, or a folder.
pub(super) const ROSTERS: [&str; 2] = ["scenarios/src/roster.rs", "scenarios/src/roster/"];
/// The heading of the section that says why some oracles are not ticked.
const HEADING: &str = "## Not ticked, and why";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut files = files(tree);
    for (path, id) in headed(tree) {
        let first = files[&id];
        if first != path {
            let text = format!("{id} already lies in `{first}`");
            findings.push(Finding::new(path, 1, Rule::Proof, text));
        }
    }
    let oracles = tree.text(ORACLES).unwrap_or_default();
    let mut reasons = reasons::all(oracles, HEADING);
    for entry in cites::entries(oracles) {
        let id = entry.id;
        let file = files.remove(&id);
        let reason = if entry.is_ticked { None } else { reasons.remove(&id) };
        let text = match (entry.is_ticked, file) {
            (true, None) => format!("{id} is ticked, but no file in `{FILES}` begins with it"),
            (false, Some(file)) => format!("{id} is not ticked, but `{file}` implements it"),
            (true, Some(_)) => match unproved(tree, id) {
                Some(text) => text,
                None => continue,
            },
            (false, None) if reason.is_some() => continue,
            (false, None) => format!("{id} is not ticked, and no reason is given"),
        };
        findings.push(Finding::new(ORACLES, entry.line, Rule::Proof, text));
    }
    for reason in reasons.into_values() {
        let text = format!("a reason why {} is not ticked, which has a tick or no line", reason.of);
        findings.push(Finding::new(ORACLES, reason.line, Rule::Proof, text));
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
fn unproved(tree: &Tree, id: Id) -> Option<String> {
    let name = id.to_string();
    let in_roster = tree
        .ending(&[".rs"])
        .filter(|(path, _)| ROSTERS.iter().any(|roster| path.starts_with(roster)))
        .any(|(_, text)| has_word(&Scanned::of(text).only(&[Kind::Code, Kind::Quoted]), &name));
    (!in_roster).then(|| format!("{id} is ticked, but no mutant of the roster proves it"))
}

fn has_word(text: &str, word: &str) -> bool {
    words(text).any(|found| found == word)
}
