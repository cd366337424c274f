//! The matrix rule x test x oracle x mutant: each rule is tested, and a known bug breaks it.
//!
//! Why so: a rule that no test cites may be broken unnoticed, and a test that no bug ever failed
//! may be blind. So no rule goes without a test. A rule without a mutant says why in the list of
//! the rules, and a mutant says what it breaks in its own comment, where whoever changes it reads
//! it. `cargo test -p syncline --test tidy -- --nocapture matrix` prints the matrix.
//!
//! Deliberately absent: a demand for an oracle. Some rules are permissions, and some only make
//! others possible; that each oracle has its proof is the business of `proofs.rs`. Nor are the
//! rules of recovery asked for: they join when the simulator recovers from files.

use std::collections::BTreeSet;
use std::fmt;

use super::cites::{self, Id, RULES};
use super::reasons::{self, Reason};
use super::tree::Tree;
use super::{Finding, Rule};

mod mutants;
mod sources;
#[cfg(test)]
mod tests;

use mutants::Mutant;

/// The heading of the section that says why some rules have no mutant.
const HEADING: &str = "## Rules that no known bug breaks";
/// What a mutant breaks, if it is none of the rules.
const PAPER: &str = "Raft paper";

/// Every rule with the tests that cite it, the oracles that judge it and the mutants that break it.
pub struct Matrix {
    rows: Vec<Row>,
    /// The mutants that break none of these rules.
    others: Vec<Mutant>,
    /// The reasons that are given for none of these rules.
    strays: Vec<Reason>,
}

/// One rule.
struct Row {
    rule: Id,
    line: usize,
    tests: Vec<String>,
    oracles: BTreeSet<Id>,
    mutants: Vec<Mutant>,
    reason: Option<Reason>,
}

/// Checks that no cell is empty without a reason.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let matrix = Matrix::of(tree);
    let mut findings = matrix.strays();
    for row in &matrix.rows {
        findings.extend(row.test_finding());
        findings.extend(row.mutant_finding());
    }
    findings
}

impl Matrix {
    /// Reads the matrix out of the repository.
    pub(super) fn of(tree: &Tree) -> Self {
        let rules = tree.text(RULES).unwrap_or_default();
        let tests = sources::tests(tree);
        let mutants = mutants::all(tree);
        let mut reasons = reasons::all(rules, HEADING);
        let mut oracles = sources::oracles(tree);
        for mutant in &mutants {
            for rule in &mutant.breaks {
                oracles.entry(*rule).or_default().extend(&mutant.convicted_by);
            }
        }
        let mut rows = Vec::new();
        for entry in cites::entries(rules).filter(|entry| entry.id.is_rule_of_protocol()) {
            let rule = entry.id;
            let citing = tests.iter().filter(|test| test.cites.contains(&rule));
            let breaking = mutants.iter().filter(|mutant| mutant.breaks.contains(&rule));
            rows.push(Row {
                rule,
                line: entry.line,
                tests: citing.map(|test| test.path.to_owned()).collect(),
                oracles: oracles.remove(&rule).unwrap_or_default(),
                mutants: breaking.cloned().collect(),
                reason: reasons.remove(&rule),
            });
        }
        let breaks_one = |mutant: &Mutant| mutant.breaks.iter().any(|id| id.is_rule_of_protocol());
        let others = mutants.iter().filter(|mutant| !breaks_one(mutant)).cloned().collect();
        Self { rows, others, strays: reasons.into_values().collect() }
    }

    /// The mutants and the reasons that lead to no rule, and should.
    fn strays(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for reason in &self.strays {
            let text = format!("a reason for {}, which is not among these rules", reason.of);
            findings.push(finding(RULES, reason.line, text));
        }
        for mutant in &self.others {
            if mutant.breaks.is_empty() && !mutant.comment.contains(PAPER) {
                let name = &mutant.name;
                let text = format!("{name} must cite the rule that it breaks, or the {PAPER}");
                findings.push(finding(&mutant.file, mutant.line, text));
            }
        }
        findings
    }
}

impl Row {
    fn test_finding(&self) -> Option<Finding> {
        let text = || format!("no test and no scenario cites {}", self.rule);
        self.tests.is_empty().then(|| finding(RULES, self.line, text()))
    }

    fn mutant_finding(&self) -> Option<Finding> {
        let rule = self.rule;
        match (self.mutants.first(), &self.reason) {
            (None, None) => {
                let text = format!("no mutant breaks {rule}, and no reason is given");
                Some(finding(RULES, self.line, text))
            }
            (Some(Mutant { name, .. }), Some(reason)) => {
                let text = format!("the reason why no mutant breaks {rule} is stale: {name} does");
                Some(finding(RULES, reason.line, text))
            }
            (Some(_), None) | (None, Some(_)) => None,
        }
    }

    /// The lines of the test column: at least one.
    fn test_cells(&self) -> Vec<String> {
        if self.tests.is_empty() {
            return vec!["-".to_owned()];
        }
        self.tests.clone()
    }

    fn mutant_cell(&self) -> String {
        match &self.reason {
            _ if !self.mutants.is_empty() => join(self.mutants.iter().map(|mutant| &mutant.name)),
            Some(reason) => format!("none: {}", reason.text),
            None => "-".to_owned(),
        }
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cells: Vec<Vec<String>> = self.rows.iter().map(Row::test_cells).collect();
        let width = cells.iter().flatten().map(String::len).max().unwrap_or(0);
        let mut write = |[rule, test, oracle, mutant]: [&str; 4]| {
            let line = format!("{rule:<4}  {test:<width$}  {oracle:<10}  {mutant}");
            writeln!(f, "{}", line.trim_end())
        };
        write(["rule", "test", "oracle", "mutant"])?;
        for (row, tests) in self.rows.iter().zip(&cells) {
            let rule = row.rule.to_string();
            write([&rule, &tests[0], &join(&row.oracles), &row.mutant_cell()])?;
            for test in &tests[1..] {
                write(["", test, "", ""])?;
            }
        }
        for Mutant { name, breaks, convicted_by, .. } in &self.others {
            let broken = if breaks.is_empty() { PAPER.to_owned() } else { join(breaks) };
            write(["-", &broken, &join(convicted_by), name])?;
        }
        Ok(())
    }
}

fn join<T: ToString>(parts: impl IntoIterator<Item = T>) -> String {
    let parts: Vec<String> = parts.into_iter().map(|part| part.to_string()).collect();
    if parts.is_empty() { "-".to_owned() } else { parts.join(" ") }
}

fn finding(file: &str, line: usize, text: String) -> Finding {
    Finding::new(file, line, Rule::Matrix, text)
}
