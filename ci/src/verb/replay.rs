//! `replay`: plays a recorded run again line by line, or the run of a seed.

use std::path::{Path, PathBuf};

use serde::Serialize;
use syncline_sim::{Outcome, ReplayError};
use syncline_traces::{Digest, Seed, store};

use crate::args;
use crate::exit::{Exit, Refusal};
use crate::family::{Family, HAS_MUTANTS, cannot_begin, compiled_in};
use crate::library::{Library, named, unknown};
use crate::listen::Listen;
use crate::out::{self, Reader};
use crate::panics::quietly;
use crate::story::{self, Story};
use crate::text::counted;

/// Plays a run again.
///
/// # Errors
/// If there is no such run, or it cannot be played.
pub(crate) fn run(libraries: &[Library], args: &args::Replay) -> Result<Exit, Refusal> {
    let digits = !args.what.is_empty() && args.what.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        let seed: Seed = args
            .what
            .parse()
            .map_err(|error| Refusal::usage(format_args!("{error}, found '{}'", args.what)))?;
        replay_seed(libraries, args, seed)
    } else {
        replay_file(libraries, args, Path::new(&args.what))
    }
}

fn replay_seed(libraries: &[Library], args: &args::Replay, seed: Seed) -> Result<Exit, Refusal> {
    let family = Family::new(libraries, &args.family, Some(seed))?;
    let run = || family.library.run(&family.campaign, seed);
    let outcome = listened(args, run)?.map_err(|error| cannot_begin(&error))?;
    let story = match outcome.violation {
        Some(_) => Some(story::keep(&family, seed, &outcome, &args.out)?),
        None => None,
    };
    let campaign = &family.campaign;
    let report = Report {
        seed: Some(seed),
        subject: family.library.name().to_owned(),
        mutant: campaign.mutant.map(|mutant| mutant.name().to_owned()),
        profile: Some(campaign.profile.name()),
        ..Report::of(&outcome, story.as_ref())
    };
    Ok(report.give(args, &format!("the run of seed {seed}"), story.as_ref()))
}

fn replay_file(libraries: &[Library], args: &args::Replay, path: &Path) -> Result<Exit, Refusal> {
    refuse_options(&args.family)?;
    let name = path.display();
    let missing = || !path.exists() && !args.what.contains(['/', '.']);
    if missing() {
        let found =
            format!("expected a trace or the seed of a run (a decimal number), found '{name}'");
        return Err(Refusal::usage(found));
    }
    let trace = store::read(path).map_err(Refusal::usage)?;
    let header = &trace.header;
    let library = libraries.iter().find(|library| library.name() == header.subject);
    let library = library.ok_or_else(|| {
        Refusal::usage(format_args!("{name}: line 1: {}", unknown(libraries, &header.subject)))
    })?;
    if args.family.subject.is_some() {
        let asked = named(libraries, args.family.subject.as_deref())?.name();
        if asked != library.name() {
            let found = format!("expected subject {asked}, found '{}'", library.name());
            return Err(Refusal::usage(format_args!("{name}: line 1: {found}")));
        }
    }
    if let Some(mutant) = header.mutant.as_ref().and_then(|name| name.parse().ok())
        && !HAS_MUTANTS
    {
        compiled_in(mutant)?;
    }
    let outcome = match listened(args, || library.replay(&trace))? {
        Ok(outcome) => outcome,
        Err(error) => return refuse(args, path, error),
    };
    let story = Story::of(&trace, Some(path), story::replay_of(path));
    let report = Report {
        seed: header.seed,
        subject: header.subject.clone(),
        mutant: header.mutant.clone(),
        trace: Some(path.to_owned()),
        ..Report::of(&outcome, story.as_ref())
    };
    Ok(report.give(args, &format!("{name}: played again line by line"), story.as_ref()))
}

/// Everything that decides a recorded run is in its trace.
fn refuse_options(family: &args::Family) -> Result<(), Refusal> {
    let args::Family { profile, nodes, steps, mutant, .. } = family;
    let given = [
        ("--profile", profile.is_some()),
        ("--nodes", nodes.is_some()),
        ("--steps", steps.is_some()),
        ("--mutant", mutant.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => {
            let expected = "a trace has its own plan: expected a seed with";
            Err(Refusal::usage(format_args!("{expected} {option}, found a file")))
        }
    }
}

fn listened<T>(args: &args::Replay, work: impl FnOnce() -> T) -> Result<T, Refusal> {
    let mut log = Vec::new();
    let done = quietly(|| Listen::of(args.verbose).to(&mut log, work));
    out::tell_raw(&log);
    done.map_err(|fault| Refusal::new(Exit::Harness, format_args!("the harness panicked: {fault}")))
}

fn refuse(args: &args::Replay, path: &Path, error: ReplayError) -> Result<Exit, Refusal> {
    let name = path.display();
    let ReplayError::Stale { line, expected, found } = error else {
        return Err(Refusal::usage(format_args!("{name}: {error}")));
    };
    let text = format!("{name}: line {line}: expected {expected}, found {found}");
    out::tell(&text);
    if args.json {
        out::print(out::to_json(&Stale { verdict: "stale", trace: path, line, expected, found }));
        out::print("\n");
    }
    Ok(Exit::Stale)
}

/// The one JSON object for a trace that no longer plays line by line.
#[derive(Serialize)]
struct Stale<'a> {
    verdict: &'static str,
    trace: &'a Path,
    line: u64,
    expected: String,
    found: String,
}

/// The one JSON object.
#[derive(Serialize)]
struct Report<'a> {
    verdict: &'static str,
    oracle: Option<&'a str>,
    event: Option<u64>,
    digest: Digest,
    events: u64,
    steps: u64,
    subject: String,
    mutant: Option<String>,
    profile: Option<&'static str>,
    seed: Option<Seed>,
    trace: Option<PathBuf>,
    violation: Option<&'a Story>,
}

impl Report<'_> {
    fn of<'a>(outcome: &Outcome, story: Option<&'a Story>) -> Report<'a> {
        Report {
            verdict: match story {
                None => "passed",
                Some(story) if story.is_out_of_contract => "out-of-contract",
                Some(_) => "violation",
            },
            oracle: story.map(|story| story.oracle.as_str()),
            event: story.map(|story| story.event),
            digest: outcome.digest,
            events: outcome.tally.lines,
            steps: outcome.tally.choices,
            subject: String::new(),
            mutant: None,
            profile: None,
            seed: None,
            trace: story.and_then(|story| story.trace.clone()),
            violation: story,
        }
    }

    fn give(&self, args: &args::Replay, what: &str, story: Option<&Story>) -> Exit {
        let verdict = match story {
            Some(story) if story.is_out_of_contract => format!(
                "out of contract: a disk had lied, and {} was broken at event {}",
                story.oracle, story.event
            ),
            Some(story) => format!("violation of {} at event {}", story.oracle, story.event),
            None => "passed".to_owned(),
        };
        let events = counted(self.events, "event");
        let words = format!("{what}: {verdict}, {events}, digest {}\n", self.digest);
        Reader::of(args.json).give(&words, self);
        let Some(story) = story else {
            return Exit::Fine;
        };
        story.tell();
        story.tell_command();
        if story.is_out_of_contract {
            return Exit::Fine;
        }
        Exit::of_oracles([&*story.oracle].into_iter())
    }
}
