//! Every rule and oracle that is cited exists, and the lists have no gaps.
//!
//! Why so: a number is a promise that there is something to look up. The lists are part of the
//! repository: the rules in `raft-core/docs/rules.md`, the oracles in `sim/docs/oracles.md`.

use std::collections::BTreeMap;
use std::fmt;

use super::scan::words;
use super::tree::Tree;
use super::{Finding, Rule};

/// The list of the rules.
pub(super) const RULES: &str = "raft-core/docs/rules.md";
/// The list of the oracles.
pub(super) const ORACLES: &str = "sim/docs/oracles.md";

/// The kinds of numbers, each with the list that defines them. Longer names come first.
const FAMILIES: [(&str, &str); 4] = [("REC", RULES), ("R", RULES), ("O", ORACLES), ("L", ORACLES)];

/// A number of a rule or an oracle, such as the sixth oracle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id {
    family: &'static str,
    number: u32,
}

impl Id {
    /// Reads a whole word as a number of ours, if it has that form.
    pub(super) fn parse(word: &str) -> Option<Self> {
        FAMILIES.iter().find_map(|(family, _)| {
            let digits = word.strip_prefix(family)?;
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let number = if is_number { digits.parse().ok()? } else { return None };
            Some(Self { family, number })
        })
    }

    /// Whether this is an oracle, of safety or of liveness.
    pub(super) fn is_oracle(self) -> bool {
        FAMILIES.iter().any(|(family, list)| *family == self.family && *list == ORACLES)
    }

    /// Whether this is a rule of the protocol, and not one of the recovery of its log.
    pub(super) fn is_rule_of_protocol(self) -> bool {
        self.family == "R"
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.family, self.number)
    }
}

/// One line of a list.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    /// What it defines.
    pub(super) id: Id,
    /// Where, counted from 1.
    pub(super) line: usize,
    /// Whether its box is ticked. A rule has no box.
    pub(super) is_ticked: bool,
}

/// The entries of a list: `- R1. ...` for rules, `- [ ] O1. ...` for oracles.
pub(super) fn entries(text: &str) -> impl Iterator<Item = Entry> {
    text.lines().enumerate().filter_map(|(at, line)| {
        let item = line.strip_prefix("- ")?;
        let is_ticked = item.starts_with("[x] ");
        let item = item.strip_prefix("[x] ").or(item.strip_prefix("[ ] ")).unwrap_or(item);
        let id = Id::parse(item.split_once(". ")?.0)?;
        Some(Entry { id, line: at + 1, is_ticked })
    })
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut last: BTreeMap<&'static str, u32> = BTreeMap::new();
    for path in [RULES, ORACLES] {
        for Entry { id, line, .. } in entries(tree.text(path).unwrap_or_default()) {
            let expected = last.get(id.family).copied().unwrap_or(0) + 1;
            if id.number != expected {
                let text = format!("{id} where {}{expected} was expected", id.family);
                findings.push(Finding::new(path, line, Rule::Catalogue, text));
            }
            last.insert(id.family, id.number);
        }
    }
    for (family, path) in FAMILIES {
        if !last.contains_key(family) {
            let text = format!("no entry of the form `{family}1.` in the list");
            findings.push(Finding::new(path, 0, Rule::Catalogue, text));
        }
    }
    for (path, text) in tree.ending(&[".rs", ".scn", ".md"]) {
        findings.extend(citations(path, text, &last));
    }
    findings
}

fn citations(path: &str, text: &str, last: &BTreeMap<&'static str, u32>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in text.lines().enumerate() {
        for id in words(line).filter_map(Id::parse) {
            let count = last.get(id.family).copied().unwrap_or(0);
            if id.number == 0 || id.number > count {
                let text = format!("{id} is cited, but the last one is {}{count}", id.family);
                findings.push(Finding::new(path, at + 1, Rule::Citation, text));
            }
        }
    }
    findings
}
