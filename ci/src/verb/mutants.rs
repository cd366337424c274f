//! `mutants`: switches known bugs on, one at a time, and sees each convicted by the oracle that the
//! roster names.
//!
//! A bug is fuzzed for within its budget. One that is easy must be found so. One that is hard is
//! played by its script if chance does not meet it in the time that it is given. A conviction by
//! another oracle is told, and the search goes on: an oracle that is never proved right is worth
//! nothing.

mod report;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use cpu_time::ThreadTime;
use syncline_scenarios::roster::{Budget, Difficulty, Row, roster};
use syncline_sim::{Campaign, Mutant, RaftCore, Subject};
use syncline_traces::Verdict;

use crate::args;
use crate::engine::{self, Sink, Span};
use crate::exit::{Exit, Refusal};
use crate::family::{Family, cannot_begin, compiled_in, drawn_seed};
use crate::library::{Library, named};
use crate::out::{self, Reader};
use crate::panics::quietly;
use crate::sums::Sums;
use crate::text::counted;
use crate::trial::{Part, Trial, Until, What};

use report::{Convicted, How, Report, Roster};

/// Switches known bugs on.
///
/// # Errors
/// If one is not on the roster, or a run cannot be done.
pub(crate) fn run(libraries: &[Library], args: &args::Mutants) -> Result<Exit, Refusal> {
    let rows = rows(&args.only)?;
    if args.list {
        let list = Roster::of(&rows);
        Reader::of(args.json).give(&list.to_words(), &list);
        return Ok(Exit::Fine);
    }
    // The bugs are in our core.
    let library = named(libraries, Some(RaftCore::NAME))?;
    let seed = args.seed.unwrap_or_else(drawn_seed);
    let jobs = args.jobs.count();
    let (bugs, threads) = (counted(rows.len() as u64, "known bug"), counted(jobs as u64, "thread"));
    out::tell(format_args!("seed {seed}: switching on {bugs}, one at a time, on {threads}"));
    let mut convicted = Vec::new();
    for row in rows {
        let mutant = Some(compiled_in(row.mutant)?);
        let profile = args.profile.unwrap_or(row.profile());
        let campaign = Campaign { mutant, ..Campaign::new(seed, profile) };
        let search = Search { row, family: Family { library, campaign } };
        let found = search.run(args, jobs)?;
        out::tell(found.to_words().trim_end());
        convicted.push(found);
    }
    let report = Report::of(seed, convicted);
    Reader::of(args.json).give(&report.to_words(), &report);
    Ok(if report.killed == report.total { Exit::Fine } else { Exit::Survivor })
}

/// The rows of the roster that are asked for.
fn rows(only: &[Mutant]) -> Result<Vec<&'static Row>, Refusal> {
    let all = roster();
    for mutant in only {
        if !all.iter().any(|row| row.mutant == *mutant) {
            let text = format_args!("expected a mutant on the roster, found {mutant}");
            return Err(Refusal::usage(text));
        }
    }
    let wanted = |row: &&Row| only.is_empty() || only.contains(&row.mutant);
    Ok(all.iter().filter(wanted).collect())
}

/// The search for one bug.
struct Search {
    row: &'static Row,
    family: Family,
}

/// What the runs have come to.
#[derive(Default)]
struct Tally {
    sums: Sums,
    /// Convictions, by oracle.
    by: BTreeMap<String, u64>,
    /// What else there was.
    other: Option<What>,
}

impl Sink<Part> for Tally {
    fn take(&mut self, part: Part) {
        self.sums.add(&part.totals, part.cpu);
        for finding in part.findings {
            match finding.violation().and_then(|outcome| outcome.violation.as_ref()) {
                Some(violation) => *self.by.entry(violation.oracle.clone()).or_default() += 1,
                None => self.other = Some(finding.what),
            }
        }
    }

    fn beat(&mut self) {}
}

impl Search {
    fn run(&self, args: &args::Mutants, jobs: usize) -> Result<Convicted, Refusal> {
        let wanted = self.row.convicted_by.name();
        let mut tally = self.fuzz(args, jobs)?;
        let mut how = tally.by.contains_key(wanted).then_some(How::Fuzz);
        if how.is_none() && self.row.difficulty != Difficulty::Easy {
            how = self.play(&mut tally)?.then_some(How::Script);
        }
        tally.by.remove(wanted);
        Ok(Convicted::of(self.row, how, &tally.sums, tally.by))
    }

    fn fuzz(&self, args: &args::Mutants, jobs: usize) -> Result<Tally, Refusal> {
        let until = Until::Convicted(self.row.convicted_by);
        let trial = Trial { until, ..Trial::new(self.family) };
        let Budget { runs_max, seconds_max } = self.row.difficulty.budget();
        // What is bounded in time is not only a matter of chance: it has a script.
        let time = seconds_max.map(|most| args.budget.0.min(Duration::from_secs(most.into())));
        let deadline = time.map(|time| Instant::now() + time);
        let span = Span { first: 0, end: runs_max, deadline };
        let mut tally = Tally::default();
        engine::drive(&trial, span, jobs, &mut tally);
        match tally.other.take() {
            Some(What::CannotBegin(error)) => Err(cannot_begin(&error)),
            Some(What::Fault(fault)) => {
                let text = format_args!("with {} the harness panicked: {fault}", self.row.mutant);
                Err(Refusal::new(Exit::Harness, text))
            }
            _ => Ok(tally),
        }
    }

    /// Plays the script; whether the oracle convicts.
    fn play(&self, tally: &mut Tally) -> Result<bool, Refusal> {
        let began = ThreadTime::now();
        let script = self.row.script.script().map_err(Refusal::usage)?;
        let played = quietly(|| script.run(Some(self.row.mutant)));
        let fault = |text| Refusal::new(Exit::Harness, text);
        let played = played.map_err(fault)?.map_err(Refusal::usage)?;
        let events: usize = played.blocks.iter().map(|block| block.events.len()).sum();
        tally.sums.events += events as u64;
        tally.sums.cpu_nanos += began.elapsed().as_nanos() as u64;
        let Verdict::Violation(violation) = played.verdict else {
            return Ok(false);
        };
        let wanted = violation.oracle == self.row.convicted_by.name();
        *tally.by.entry(violation.oracle).or_default() += 1;
        Ok(wanted)
    }
}
