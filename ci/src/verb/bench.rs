//! `bench fsync`: what it costs to sync, by policy, in virtual time.
//!
//! Every cell of the table is a simulation of its own, so threads share them out, and what is printed
//! is the same on any number of them and on every machine. Nothing that was measured in real time is
//! in a result, unless a real file system was asked for (`real`).

mod cell;
mod picture;
mod real;
mod table;

use std::fs;
use std::path::Path;

use syncline_sim::bench::{Budget, Fault, Policy, ROWS, Row, measure};

use crate::args;
use crate::engine::{self, Flow, Sink, Span, Work};
use crate::exit::{Exit, Refusal};
use crate::out::{self, Reader};
use crate::panics::quietly;
use crate::text::counted;

use cell::Cell;
use table::Report;

/// Measures, and prints the table.
///
/// # Errors
/// If a row or a policy is unknown, a file cannot be written, or the harness itself fails.
pub(crate) fn run(args: &args::Bench) -> Result<Exit, Refusal> {
    let args::What::Fsync(args) = &args.what;
    if let Some(folder) = &args.real {
        return real::run(args, folder);
    }
    let commands = args.commands.map_or(Budget::COMMANDS, |count| u64::from(count.0));
    let plan = Plan {
        rows: rows(&args.row)?,
        policies: policies(&args.policy),
        commands,
        seed: args.seed.0,
    };
    let jobs = args.jobs.count();
    let (cells, threads) = (counted(plan.cells(), "cell"), counted(jobs as u64, "thread"));
    out::tell(format_args!("{cells} in virtual time, on {threads}"));
    let mut all = All { cells: Vec::new(), fault: None };
    let span = Span { first: 0, end: plan.cells(), deadline: None };
    engine::drive(&plan, span, jobs, &mut all);
    if let Some(fault) = all.fault {
        return Err(fault);
    }
    let report = Report::of(&plan.rows, plan.policies.len(), all.cells);
    let files = [
        (&args.html, &picture::page as &dyn Fn(&Report) -> String),
        (&args.markdown, &Report::to_markdown),
    ];
    Reader::of(args.json).give(&report.to_words(), &report);
    for (path, text) in files {
        if let Some(path) = path {
            keep(path, &text(&report))?;
        }
    }
    Ok(Exit::Fine)
}

/// Writes a file that was asked for.
fn keep(path: &Path, text: &str) -> Result<(), Refusal> {
    let refused =
        |error| Refusal::usage(format_args!("{}: cannot be written: {error}", path.display()));
    fs::write(path, text).map_err(refused)
}

fn rows(names: &[String]) -> Result<Vec<&'static Row>, Refusal> {
    for name in names {
        if !ROWS.iter().any(|row| row.name == name) {
            let text = format_args!("expected a row of the table, found '{name}'");
            return Err(Refusal::usage(text));
        }
    }
    let wanted = |row: &&Row| names.is_empty() || names.iter().any(|name| row.name == name);
    Ok(ROWS.iter().filter(wanted).collect())
}

fn policies(only: &[Policy]) -> Vec<Policy> {
    let wanted = |policy: &Policy| only.is_empty() || only.contains(policy);
    Policy::ALL.into_iter().filter(wanted).collect()
}

/// What is to be measured, cell by cell.
struct Plan {
    rows: Vec<&'static Row>,
    policies: Vec<Policy>,
    commands: u64,
    seed: u64,
}

impl Plan {
    fn cells(&self) -> u64 {
        (self.rows.len() * self.policies.len()) as u64
    }

    fn cell(&self, number: u64) -> Result<Cell, Refusal> {
        let (row, policy) =
            (number as usize / self.policies.len(), number as usize % self.policies.len());
        let (row, policy) = (self.rows[row], self.policies[policy]);
        let place = format!("{}, {policy}", row.name);
        let budget = Budget { seed: self.seed, ..Budget::of(row, self.commands) };
        let fault = |text: String| Refusal::new(Exit::Harness, format_args!("{place}: {text}"));
        match quietly(|| measure(row, policy, budget)).map_err(fault)? {
            Ok(measured) => Ok(Cell::of(policy, &measured)),
            Err(Fault::Begin(error)) => Err(Refusal::usage(format_args!("{place}: {error}"))),
            Err(Fault::Broken(broken)) => {
                let text = format_args!("{place}: {} is broken: {}", broken.oracle, broken.found);
                Err(Refusal::new(Exit::Violation, text))
            }
        }
    }
}

impl Work for Plan {
    type Part = Vec<Result<Cell, Refusal>>;

    fn run(&self, number: u64, part: &mut Self::Part) -> Flow {
        let cell = self.cell(number);
        let flow = if cell.is_ok() { Flow::Go } else { Flow::Stop };
        part.push(cell);
        flow
    }
}

/// All cells, in the order of the table.
struct All {
    cells: Vec<Cell>,
    fault: Option<Refusal>,
}

impl Sink<Vec<Result<Cell, Refusal>>> for All {
    fn take(&mut self, part: Vec<Result<Cell, Refusal>>) {
        for cell in part {
            match cell {
                Ok(cell) => self.cells.push(cell),
                Err(fault) => self.fault = Some(fault),
            }
        }
    }

    fn beat(&mut self) {}
}
