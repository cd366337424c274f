//! What became of the known bugs, as one JSON object and in words.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;
use syncline_scenarios::roster::Row;
use syncline_traces::Seed;

use crate::sums::Sums;
use crate::text::{counted, seconds};

/// How a bug was found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum How {
    /// By random runs.
    Fuzz,
    /// By its script.
    Script,
}

/// What became of one bug.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Convicted {
    id: &'static str,
    name: &'static str,
    pub(crate) killed: bool,
    /// The oracle that convicted it.
    by: Option<&'static str>,
    /// The oracle that must.
    expected: &'static str,
    how: Option<How>,
    /// Random runs until then.
    runs: u64,
    events: u64,
    /// On one core.
    seconds: f64,
    /// Convictions by other oracles until then.
    others: BTreeMap<String, u64>,
}

impl Convicted {
    pub(crate) fn of(
        row: &Row,
        how: Option<How>,
        sums: &Sums,
        others: BTreeMap<String, u64>,
    ) -> Convicted {
        let expected = row.convicted_by.name();
        Convicted {
            id: row.mutant.name(),
            name: row.name,
            killed: how.is_some(),
            by: how.map(|_| expected),
            expected,
            how,
            runs: sums.runs,
            events: sums.events,
            seconds: seconds(Duration::from_nanos(sums.cpu_nanos)),
            others,
        }
    }

    pub(crate) fn to_words(&self) -> String {
        let found = match self.how {
            Some(How::Fuzz) => {
                format!("killed by {} in {}", self.expected, counted(self.runs, "run"))
            }
            Some(How::Script) => format!(
                "killed by {} in its script, after {}",
                self.expected,
                counted(self.runs, "run")
            ),
            None => format!("SURVIVED {} of {}", self.expected, counted(self.runs, "run")),
        };
        let others: Vec<String> =
            self.others.iter().map(|(oracle, times)| format!("{oracle} x{times}")).collect();
        let others = match others[..] {
            [] => String::new(),
            _ => format!("; others before: {}", others.join(", ")),
        };
        format!("  {:<16} {:<46} {found}, {:.3} s{others}\n", self.id, self.name, self.seconds)
    }
}

/// The one JSON object.
#[derive(Serialize)]
pub(crate) struct Report {
    mutants: Vec<Convicted>,
    pub(crate) killed: u64,
    pub(crate) total: u64,
    seed: Seed,
}

impl Report {
    pub(crate) fn of(seed: Seed, mutants: Vec<Convicted>) -> Report {
        let killed = mutants.iter().filter(|mutant| mutant.killed).count() as u64;
        Report { killed, total: mutants.len() as u64, mutants, seed }
    }

    pub(crate) fn to_words(&self) -> String {
        let survivors: Vec<&str> =
            self.mutants.iter().filter(|mutant| !mutant.killed).map(|mutant| mutant.id).collect();
        let by_script =
            self.mutants.iter().filter(|mutant| mutant.how == Some(How::Script)).count();
        let total = counted(self.total, "known bug");
        let mut words = format!("{} of {total} killed, {by_script} of them by script", self.killed);
        if !survivors.is_empty() {
            let _ = write!(words, "; survivors: {}", survivors.join(", "));
        }
        words.push('\n');
        words
    }
}

/// The roster, as one JSON object and in words.
#[derive(Serialize)]
pub(crate) struct Roster {
    mutants: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    id: &'static str,
    name: &'static str,
    expected: &'static str,
    difficulty: &'static str,
    script: &'static str,
}

impl Roster {
    pub(crate) fn of(rows: &[&'static Row]) -> Roster {
        let entry = |row: &&'static Row| Entry {
            id: row.mutant.name(),
            name: row.name,
            expected: row.convicted_by.name(),
            difficulty: row.difficulty.word(),
            script: row.script.name,
        };
        Roster { mutants: rows.iter().map(entry).collect() }
    }

    pub(crate) fn to_words(&self) -> String {
        let mut words = String::new();
        for Entry { id, name, expected, difficulty, script } in &self.mutants {
            let _ = writeln!(words, "{id:<16} {expected:<4} {difficulty:<7} {name:<46} {script}");
        }
        words
    }
}
