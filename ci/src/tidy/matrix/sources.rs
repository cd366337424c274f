//! Who cites which rule: the tests and scenarios that show it, and the oracles that judge it.
//!
//! Only what is written for people counts, comments and the messages of assertions, for there a
//! number is meant as a citation.

use std::collections::{BTreeMap, BTreeSet};

use super::super::cites::{self, Entry, Id, ORACLES, RULES};
use super::super::proofs;
use super::super::rooms;
use super::super::scan::{Kind, Scanned, words};
use super::super::tree::Tree;

/// A file of tests or a scenario, and the numbers that it cites.
pub(super) struct Test<'a> {
    /// The file.
    pub(super) path: &'a str,
    /// The numbers.
    pub(super) cites: BTreeSet<Id>,
}

/// All tests and scenarios, in the order of their paths.
///
/// Those of `ci` are left out: they test how much is enough, and plant citations of their own.
pub(super) fn tests(tree: &Tree) -> Vec<Test<'_>> {
    let ours = tree.ending(&[".rs", ".scn"]).filter(|(path, _)| rooms::is_below_ci(tree, path));
    let all = ours.map(|(path, text)| {
        let cites = if path.ends_with(".scn") { of_scenario(text) } else { of_tests(path, text) };
        Test { path, cites }
    });
    all.filter(|test| !test.cites.is_empty()).collect()
}

/// What the prose of a scenario cites.
fn of_scenario(text: &str) -> BTreeSet<Id> {
    text.lines().filter(|line| line.starts_with('#')).flat_map(numbers).collect()
}

/// What the tests in a file cite. What they share without testing anything itself does not count.
fn of_tests(path: &str, text: &str) -> BTreeSet<Id> {
    let scanned = Scanned::of(text);
    let code = scanned.only(&[Kind::Code]);
    let prose = scanned.only(&[Kind::Comment, Kind::Quoted]);
    let is_all_tests = path.contains("/tests/") || path.ends_with("/tests.rs");
    let whole = 0..text.len();
    let parts = if is_all_tests { vec![whole] } else { scanned.test_modules() };
    let with_test = parts.into_iter().filter(|part| code[part.clone()].contains("#[test]"));
    with_test.flat_map(|part| numbers(&prose[part])).collect()
}

/// The oracles that judge each rule: it is cited by the oracle's own file or by its line in the
/// list, or the rule names the oracle. Only what is implemented judges.
pub(super) fn oracles(tree: &Tree) -> BTreeMap<Id, BTreeSet<Id>> {
    let list = bodies(tree.text(ORACLES).unwrap_or_default());
    let ticked: BTreeSet<Id> =
        list.iter().filter(|(entry, _)| entry.is_ticked).map(|(entry, _)| entry.id).collect();
    let mut judged: BTreeMap<Id, BTreeSet<Id>> = BTreeMap::new();
    let mut link = |oracle: Id, rule: Id| {
        if ticked.contains(&oracle) && !rule.is_oracle() {
            judged.entry(rule).or_default().insert(oracle);
        }
    };
    for (oracle, path) in proofs::files(tree) {
        let scanned = Scanned::of(tree.text(path).unwrap_or_default());
        let prose = scanned.only(&[Kind::Comment, Kind::Quoted]);
        numbers(&prose).for_each(|rule| link(oracle, rule));
    }
    for (entry, body) in &list {
        numbers(body).for_each(|rule| link(entry.id, rule));
    }
    for (entry, body) in bodies(tree.text(RULES).unwrap_or_default()) {
        numbers(&body).for_each(|oracle| link(oracle, entry.id));
    }
    judged
}

/// The entries of a list, each with its text over all its lines.
fn bodies(list: &str) -> Vec<(Entry, String)> {
    let body = |entry: &Entry| {
        let mut lines = list.lines().skip(entry.line - 1);
        let first = lines.next().unwrap_or_default();
        let more = lines.take_while(|line| line.starts_with("  "));
        std::iter::once(first).chain(more).collect::<Vec<_>>().join("\n")
    };
    cites::entries(list).map(|entry| (entry, body(&entry))).collect()
}

/// The numbers of rules and oracles in a text.
pub(super) fn numbers(text: &str) -> impl Iterator<Item = Id> {
    words(text).filter_map(Id::parse)
}
