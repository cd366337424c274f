//! `fuzz`: many random runs, each before all oracles.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::{Duration, Instant};

use serde::Serialize;
use syncline_sim::Mutant;
use syncline_traces::{Digest, Seed};

use crate::args::{self, Asked};
use crate::engine::{self, Sink, Span};
use crate::exit::{Exit, Refusal};
use crate::family::{Family, cannot_begin};
use crate::library::Library;
use crate::listen::Listen;
use crate::out::{self, Reader};
use crate::progress::Progress;
use crate::story::{self, Story};
use crate::sums::{Goals, Sums};
use crate::text::{counted, grouped, seconds, waited};
use crate::trial::{Finding, Part, Trial, Until, What};

/// How long it fuzzes if nobody says how much.
const TIME: Duration = Duration::from_secs(10);
/// When a line first tells how far it has come, where there is no terminal.
const FIRST_LINE: Duration = Duration::from_secs(5);
/// How many different findings are kept.
const FINDINGS_MAX: usize = 100;

/// Fuzzes.
///
/// # Errors
/// If the command line asks for what cannot be.
pub(crate) fn run(libraries: &[Library], asked: Asked, args: &args::Fuzz) -> Result<Exit, Refusal> {
    let family = Family::new(libraries, &args.family, args.seed)?;
    let jobs = args.jobs.count();
    announce(&family, args, jobs);
    let until = if args.keep_going { Until::Never } else { Until::Finding };
    let listen = Listen::of(args.verbose);
    let trial = Trial { family, check: args.check_determinism, listen, until };
    let limit = args.time.map(|limit| limit.0);
    let limit = limit.or(args.runs.is_none().then_some(TIME));
    let span = Span {
        first: 0,
        end: args.runs.map_or(u64::MAX, |runs| runs.0),
        deadline: limit.map(|limit| Instant::now() + limit),
    };
    let mut tally = Tally::begin(listen);
    let began = Instant::now();
    engine::drive(&trial, span, jobs, &mut tally);
    let time = began.elapsed();
    drop(tally.progress.take());
    if let Some(error) = tally.cannot_begin() {
        return Err(error);
    }
    if tally.sums.runs == 0 && tally.findings.is_empty() {
        return Err(Refusal::usage("expected time for at least one run, found none done"));
    }
    let stories = tally.stories(&family, args)?;
    let report = Report::of(&family, &tally, &stories, time);
    let words = tally.to_words(asked, &report, jobs);
    Reader::of(args.json).give(&words, &report);
    tally.conclude(&family, args, &stories)
}

fn announce(family: &Family, args: &args::Fuzz, jobs: usize) {
    let Family { library, campaign } = family;
    let much = match (args.runs.map(|runs| runs.0), args.time) {
        (Some(runs), None) => counted(runs, "run"),
        (Some(runs), Some(time)) => format!("{} or {}", counted(runs, "run"), waited(time.0)),
        (None, time) => waited(time.map_or(TIME, |time| time.0)),
    };
    let mutant = campaign.mutant.map_or(String::new(), |id| format!(", mutant {id} on,"));
    out::tell(format_args!(
        "seed {}: fuzzing {}{mutant} for {much} on {}, profile {}",
        campaign.seed,
        library.name(),
        counted(jobs as u64, "thread"),
        campaign.profile,
    ));
}

/// What has come of the runs so far.
struct Tally {
    sums: Sums,
    /// The first finding of each kind.
    findings: BTreeMap<String, Finding>,
    progress: Option<Progress>,
}

impl Sink<Part> for Tally {
    fn take(&mut self, part: Part) {
        self.sums.add(&part.totals, part.cpu);
        out::tell_raw(&part.log);
        for finding in part.findings {
            if self.findings.len() < FINDINGS_MAX {
                self.findings.entry(kind(&finding)).or_insert(finding);
            }
        }
    }

    fn beat(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.show(&self.sums);
        }
    }
}

/// Findings of the same kind have the same cause, as far as we know.
fn kind(finding: &Finding) -> String {
    match &finding.what {
        What::Violation(outcome) => {
            let violation = outcome.violation.as_ref();
            violation.map_or(String::new(), |violation| violation.signature.clone())
        }
        What::Diverged { .. } => "not deterministic".to_owned(),
        What::CannotBegin(_) => "cannot begin".to_owned(),
        What::Fault(_) => "fault of the harness".to_owned(),
    }
}

impl Tally {
    fn begin(listen: Listen) -> Tally {
        // Whoever listens sees how far it has come, and a line that is rewritten would be in the way.
        let progress = (listen == Listen::Off).then(|| Progress::begin(FIRST_LINE));
        Tally { sums: Sums::default(), findings: BTreeMap::new(), progress }
    }

    /// The findings by the numbers of their runs.
    fn in_order(&self) -> Vec<&Finding> {
        let mut findings: Vec<&Finding> = self.findings.values().collect();
        findings.sort_by_key(|finding| finding.number);
        findings
    }

    fn cannot_begin(&self) -> Option<Refusal> {
        self.findings.values().find_map(|finding| match &finding.what {
            What::CannotBegin(error) => Some(cannot_begin(error)),
            _ => None,
        })
    }

    fn stories(&self, family: &Family, args: &args::Fuzz) -> Result<Vec<Story>, Refusal> {
        let found = self.in_order().into_iter();
        let broken = found.filter_map(|finding| finding.violation().map(|run| (finding, run)));
        broken.map(|(finding, run)| story::keep(family, finding.seed, run, &args.out)).collect()
    }

    fn to_words(&self, asked: Asked, report: &Report<'_>, jobs: usize) -> String {
        let mut words = String::new();
        let runs = counted(self.sums.runs, "run");
        let broken = match self.sums.violations {
            0 if self.sums.out_of_contract > 0 => {
                "no promise was broken within the contract in".to_owned()
            }
            0 => "no promise was broken in".to_owned(),
            1 => "1 violation in".to_owned(),
            count => format!("{} violations in", grouped(count)),
        };
        let time = format!("{:.1} s on {}", report.seconds, counted(jobs as u64, "thread"));
        let _ = writeln!(words, "{broken} {runs} ({time}), seed {}", report.seed);
        if self.sums.out_of_contract > 0 {
            let runs = counted(self.sums.out_of_contract, "run");
            let _ = writeln!(
                words,
                "out of contract: a disk had lied about its syncs in {runs} that broke a promise"
            );
        }
        words.push_str(&self.sums.to_words());
        let _ = writeln!(words, "  {:<10}{}", "digest", self.sums.digest);
        if self.findings.is_empty() {
            let _ = write!(words, "what was exercised, and how often\n{}", self.sums.goals);
        }
        if asked == Asked::ByDefault && self.findings.is_empty() {
            let see = story::command("fuzz --mutant F4 --seed 1");
            let _ = writeln!(words, "to see a known bug convicted:\n  {see}");
        }
        words
    }

    fn conclude(
        &self,
        family: &Family,
        args: &args::Fuzz,
        stories: &[Story],
    ) -> Result<Exit, Refusal> {
        let others = self.in_order().into_iter().filter(|finding| finding.violation().is_none());
        for finding in others {
            let (number, seed) = (finding.number, finding.seed);
            let run = format!("run {number} (seed {seed})");
            match &finding.what {
                What::Violation(_) | What::CannotBegin(_) => {}
                What::Fault(fault) => {
                    out::tell(format_args!("{run}: the harness panicked: {fault}"));
                    out::tell(story::replay_of_seed(seed, family));
                    return Ok(Exit::Harness);
                }
                What::Diverged { first, second } => {
                    out::tell(format_args!(
                        "{run} is not deterministic: expected digest {first}, found {second}"
                    ));
                    if stories.is_empty() {
                        out::tell(twice(family, number));
                        return Ok(Exit::NotDeterministic);
                    }
                }
            }
        }
        for story in stories {
            story.tell();
        }
        if let Some(story) = stories.first() {
            story.tell_command();
            return Ok(Exit::of_oracles(stories.iter().map(|story| &*story.oracle)));
        }
        let unmet = self.sums.goals.unmet(family.campaign.profile);
        if args.require_goals && !unmet.is_empty() {
            let runs = counted(self.sums.runs, "run");
            let text = format!(
                "expected every goal to be reached, found none of {} in {runs}",
                unmet.join(", ")
            );
            return Err(Refusal::new(Exit::GoalUnmet, text));
        }
        Ok(Exit::Fine)
    }
}

/// The command that does the runs up to this one twice each.
fn twice(family: &Family, number: u64) -> String {
    let (seed, options) = (family.campaign.seed, family.options());
    let runs = number + 1;
    story::command(&format!("fuzz --seed {seed} --runs {runs} --check-determinism 100{options}"))
}

/// The one JSON object.
#[derive(Serialize)]
struct Report<'a> {
    subject: &'static str,
    profile: &'static str,
    mutant: Option<&'static str>,
    seed: Seed,
    runs: u64,
    events: u64,
    steps: u64,
    virtual_seconds: u64,
    seconds: f64,
    cpu_seconds: f64,
    events_per_second: u64,
    steps_per_second: u64,
    violations: u64,
    out_of_contract: u64,
    goals: Goals,
    unmet_goals: Vec<&'static str>,
    digest: Digest,
    found: &'a [Story],
}

impl Report<'_> {
    fn of<'a>(family: &Family, tally: &Tally, stories: &'a [Story], time: Duration) -> Report<'a> {
        let Tally { sums, .. } = tally;
        Report {
            subject: family.library.name(),
            profile: family.campaign.profile.name(),
            mutant: family.campaign.mutant.map(Mutant::name),
            seed: family.campaign.seed,
            runs: sums.runs,
            events: sums.events,
            steps: sums.steps,
            virtual_seconds: sums.virtual_micros / 1_000_000,
            seconds: seconds(time),
            cpu_seconds: seconds(Duration::from_nanos(sums.cpu_nanos)),
            events_per_second: sums.per_second(sums.events),
            steps_per_second: sums.per_second(sums.steps),
            violations: sums.violations,
            out_of_contract: sums.out_of_contract,
            goals: sums.goals,
            unmet_goals: sums.goals.unmet(family.campaign.profile),
            digest: sums.digest,
            found: stories,
        }
    }
}
