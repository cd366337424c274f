//! The table, for people and for programs.

use std::fmt::Write;

use serde::Serialize;
use syncline_sim::bench::{Load, Policy, Row};

use super::cell::Cell;
use crate::text::grouped;

/// A row with its cells.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) row: &'static str,
    machines: u32,
    groups: u32,
    command_bytes: u32,
    #[serde(serialize_with = "in_words")]
    pub(super) load: Load,
    pub(super) cells: Vec<Cell>,
    /// The fixed policy that does best by what the row is about.
    best_fixed: Option<&'static str>,
    /// How much worse the adaptive one is, in tenths of a percent.
    adaptive_loss_per_mille: Option<i64>,
}

fn in_words<S: serde::Serializer>(load: &Load, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&match load {
        Load::Closed(clients) => format!("closed loop, {clients} clients"),
        Load::Open(per_second) => format!("open loop, {per_second} commands per second"),
    })
}

impl Line {
    fn of(row: &Row, cells: Vec<Cell>) -> Line {
        let fixed = cells.iter().filter(|cell| cell.policy.is_fixed());
        let best = fixed.min_by_key(|cell| match row.load {
            Load::Closed(_) => u64::MAX - cell.commands_per_second,
            Load::Open(_) => u64::from(cell.apply_micros.p99),
        });
        let adaptive = cells.iter().find(|cell| cell.policy == Policy::Adaptive);
        Line {
            row: row.name,
            machines: row.machines,
            groups: row.groups,
            command_bytes: row.command_bytes,
            load: row.load,
            best_fixed: best.map(|cell| cell.policy.name()),
            adaptive_loss_per_mille: adaptive
                .zip(best)
                .map(|(adaptive, best)| adaptive.loss_against(best, row.load)),
            cells,
        }
    }
}

/// The whole table.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) rows: Vec<Line>,
}

/// Tenths as people read them.
fn tenths(number: u64) -> String {
    format!("{}.{}", grouped(number / 10), number % 10)
}

/// Microseconds as milliseconds with two decimals.
fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1_000, micros % 1_000 / 10)
}

impl Report {
    pub(super) fn of(rows: &[&Row], width: usize, cells: Vec<Cell>) -> Report {
        let mut cells = cells.into_iter();
        let line = |row: &&Row| Line::of(row, cells.by_ref().take(width).collect());
        let rows = rows.iter().map(line).collect();
        Report { rows }
    }

    pub(super) fn to_words(&self) -> String {
        let mut words = String::from(
            "Latencies in virtual milliseconds: p50 / p99 / p99.9. Syncs, flushes and bytes are those\n\
             of the first machine.\n",
        );
        for line in &self.rows {
            line.write(&mut words);
        }
        words
    }

    /// What the documentation shows: by policy what the row is about, and syncs for 1,000 commands.
    pub(super) fn to_markdown(&self) -> String {
        let measured = self.rows.iter().take(1).flat_map(|line| &line.cells);
        let safe = measured.filter(|cell| cell.policy.is_safe());
        let mut text = String::from("| row |");
        let mut columns = String::from("|---|");
        for cell in safe {
            let _ = write!(text, " {} |", cell.policy.name());
            columns += "---:|";
        }
        let _ = writeln!(text, " loss |\n{columns}---:|");
        for line in &self.rows {
            let _ = write!(text, "| {} |", line.row);
            for cell in line.cells.iter().filter(|cell| cell.policy.is_safe()) {
                let value = match line.load {
                    Load::Closed(_) => grouped(cell.commands_per_second),
                    Load::Open(_) => format!("{} ms", millis(cell.apply_micros.p99.into())),
                };
                let is_best = line.best_fixed == Some(cell.policy.name());
                let mark = if is_best { "**" } else { "" };
                let syncs = grouped(cell.syncs_per_10_000 / 10);
                let _ = write!(text, " {mark}{value}{mark} · {syncs} |");
            }
            let _ = match line.adaptive_loss_per_mille {
                None => writeln!(text, " |"),
                Some(loss) => {
                    let sign = if loss < 0 { "−" } else { "" };
                    writeln!(text, " {sign}{} % |", tenths(loss.unsigned_abs()))
                }
            };
        }
        text
    }
}

impl Line {
    fn write(&self, words: &mut String) {
        let _ = writeln!(
            words,
            "\n{:<22} {:>9} {:>23} {:>23} {:>8} {:>8} {:>8} {:>9} {:>6}",
            self.row,
            "per s",
            "commit",
            "apply",
            "sync/1k",
            "flush/1k",
            "sync/s",
            "B/sync",
            "ahead"
        );
        for cell in &self.cells {
            let spread = |s: super::cell::Spread| {
                let [p50, p99, p999] = [s.p50, s.p99, s.p999].map(|micros| millis(micros.into()));
                format!("{p50} / {p99} / {p999}")
            };
            let _ = writeln!(
                words,
                "  {:<20} {:>9} {:>23} {:>23} {:>8} {:>8} {:>8} {:>9} {:>5}%",
                cell.policy.name(),
                grouped(cell.commands_per_second),
                spread(cell.commit_micros),
                spread(cell.apply_micros),
                tenths(cell.syncs_per_10_000),
                tenths(cell.flushes_per_10_000),
                grouped(cell.syncs_per_second),
                grouped(cell.bytes_per_sync),
                tenths(cell.leader_ahead_per_mille),
            );
        }
        if let (Some(best), Some(loss)) = (self.best_fixed, self.adaptive_loss_per_mille) {
            let by = tenths(loss.unsigned_abs());
            let word = if loss > 0 { "worse" } else { "better" };
            let _ = writeln!(words, "  best fixed: {best}; adaptive is {by}% {word}");
        }
    }
}
