//! What is real beside what is simulated, and whether anything can be said of it.

use std::fmt::Write;

use serde::Serialize;
use syncline_sim::bench::Policy;

use super::super::cell::Cell;
use crate::text::grouped;

/// In percent: if a figure differs by more from one round to another, or the disk's own times do, a
/// ratio says nothing.
const NOISE_PERCENT: u64 = 25;

/// Nor does it if so much of the time was lost.
const LOST_PER_MILLE: u64 = 20;

/// What the disk does by itself: of each round, in microseconds.
#[derive(Serialize)]
pub(super) struct Disk {
    p50: Vec<u64>,
    p99: Vec<u64>,
    mean: Vec<u64>,
}

impl Disk {
    pub(super) fn of(probes: &[Vec<u32>]) -> Disk {
        let mut disk = Disk { p50: Vec::new(), p99: Vec::new(), mean: Vec::new() };
        for probe in probes {
            let mut times = probe.clone();
            times.sort_unstable();
            let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(0);
            disk.p50.push(at(50).into());
            disk.p99.push(at(99).into());
            let sum: u64 = times.iter().map(|micros| u64::from(*micros)).sum();
            disk.mean.push(sum / (times.len() as u64).max(1));
        }
        disk
    }
}

/// Whether no figure exceeds another by more than the noise that is allowed for.
fn is_steady(figures: impl Iterator<Item = u64> + Clone) -> bool {
    let (least, most) = (figures.clone().min().unwrap_or(0), figures.max().unwrap_or(0));
    most * 100 <= least * (100 + NOISE_PERCENT)
}

/// A run on a real file system.
#[derive(Serialize)]
pub(super) struct Run {
    pub(super) cell: Cell,
    /// Of a thousand parts of its time, how many were lost to whoever else used the machine.
    pub(super) lost_per_mille: u64,
}

/// A policy, real and simulated.
#[derive(Serialize)]
pub(super) struct Pair {
    policy: &'static str,
    /// All rounds, by their throughput.
    real: Vec<Run>,
    simulated: Cell,
}

impl Pair {
    pub(super) fn of(policy: Policy, mut real: Vec<Run>, simulated: Cell) -> Pair {
        real.sort_by_key(|run| run.cell.commands_per_second);
        Pair { policy: policy.name(), real, simulated }
    }

    /// The round of the median throughput.
    fn median(&self) -> &Cell {
        &self.real[self.real.len() / 2].cell
    }

    /// Whether the rounds agree on a figure, and had the machine for themselves.
    fn says(&self, figure: &Figure) -> bool {
        self.real.iter().all(|run| run.lost_per_mille <= LOST_PER_MILLE)
            && is_steady(self.real.iter().map(|run| (figure.of)(&run.cell)))
    }
}

/// A row with its policies.
#[derive(Serialize)]
pub(super) struct Line {
    pub(super) row: &'static str,
    pub(super) disk: Disk,
    pub(super) cells: Vec<Pair>,
}

/// All rows.
#[derive(Serialize)]
pub(super) struct Report {
    pub(super) rows: Vec<Line>,
}

/// What is compared.
struct Figure {
    name: &'static str,
    of: fn(&Cell) -> u64,
    /// What of the disk it rests upon.
    rests_on: fn(&Disk) -> &[u64],
    words: fn(u64) -> String,
}

const fn figure(
    name: &'static str,
    of: fn(&Cell) -> u64,
    rests_on: fn(&Disk) -> &[u64],
    words: fn(u64) -> String,
) -> Figure {
    Figure { name, of, rests_on, words }
}

const P50: fn(&Disk) -> &[u64] = |disk| &disk.p50;
const P99: fn(&Disk) -> &[u64] = |disk| &disk.p99;

const FIGURES: [Figure; 6] = [
    figure("per s", |cell| cell.commands_per_second, P50, grouped),
    figure("commit p50", |cell| u64::from(cell.commit_micros.p50), P50, millis),
    figure("commit p99", |cell| u64::from(cell.commit_micros.p99), P99, millis),
    figure("apply p50", |cell| u64::from(cell.apply_micros.p50), P50, millis),
    figure("apply p99", |cell| u64::from(cell.apply_micros.p99), P99, millis),
    figure("syncs/1k", |cell| cell.syncs_per_10_000, P50, tenths),
];

fn millis(micros: u64) -> String {
    format!("{}.{:02}", micros / 1_000, micros % 1_000 / 10)
}

fn tenths(number: u64) -> String {
    format!("{}.{}", grouped(number / 10), number % 10)
}

/// A ratio with two decimals.
fn ratio(real: u64, simulated: u64) -> String {
    let hundredths = (real * 100 + simulated / 2) / simulated.max(1);
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

impl Line {
    /// Real, simulated, and their ratio, or a question mark if that says nothing.
    fn compare(&self, pair: &Pair, figure: &Figure) -> String {
        let (real, simulated) = ((figure.of)(pair.median()), (figure.of)(&pair.simulated));
        let says = is_steady((figure.rests_on)(&self.disk).iter().copied()) && pair.says(figure);
        let ratio = if says { ratio(real, simulated) } else { "?".to_owned() };
        format!("{} / {} = {ratio}", (figure.words)(real), (figure.words)(simulated))
    }

    /// What the disk did, and whether it was the same disk throughout.
    fn disk_in_words(&self) -> String {
        let Disk { p50, p99, mean } = &self.disk;
        let all = [("p50", p50), ("p99", p99), ("mean", mean)].map(|(name, times)| {
            let verdict = if is_steady(times.iter().copied()) { "steady" } else { "noisy" };
            let list: Vec<String> = times.iter().map(|micros| millis(*micros)).collect();
            format!("{name} {} ({verdict})", list.join(", "))
        });
        format!(
            "write and fdatasync by themselves, before each round and after the last, in ms: {}",
            all.join("; ")
        )
    }
}

impl Report {
    pub(super) fn to_words(&self) -> String {
        let mut words = format!(
            "Real / simulated = ratio; latencies in milliseconds. `?`: too noisy to say, since the disk \
             or the\nrounds differ by more than {NOISE_PERCENT} %, or others had the processor for \
             {LOST_PER_MILLE} thousandths of the time.\n"
        );
        for line in &self.rows {
            let _ = write!(words, "\n{}: {}\n  {:<10}", line.row, line.disk_in_words(), "");
            for figure in &FIGURES {
                let _ = write!(words, " {:>25}", figure.name);
            }
            words.push('\n');
            for pair in &line.cells {
                let _ = write!(words, "  {:<10}", pair.policy);
                for figure in &FIGURES {
                    let _ = write!(words, " {:>25}", line.compare(pair, figure));
                }
                words.push('\n');
            }
        }
        words
    }

    /// What the documentation shows.
    pub(super) fn to_markdown(&self) -> String {
        let names = FIGURES.each_ref().map(|figure| figure.name).join(" | ");
        let mut text =
            format!("| row | policy | {names} |\n|---|---|{}\n", "---:|".repeat(FIGURES.len()));
        for line in &self.rows {
            for pair in &line.cells {
                let _ = write!(text, "| {} | {} |", line.row, pair.policy);
                for figure in &FIGURES {
                    let _ = write!(text, " {} |", line.compare(pair, figure));
                }
                text.push('\n');
            }
        }
        for line in &self.rows {
            let _ = writeln!(text, "\n`{}`: {}.", line.row, line.disk_in_words());
        }
        text
    }
}
