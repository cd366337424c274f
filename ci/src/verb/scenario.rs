//! `scenario`: plays scripts, and compares what happens with what they show.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Serialize;
use syncline_scenarios::ScriptError;
use syncline_scenarios::golden::{Rewrite, check_file, rewrite_file, scripts_below};
use syncline_scenarios::library::{Bundled, bundled};

use crate::args;
use crate::exit::{Exit, Refusal};
use crate::out::{self, Reader};
use crate::panics::quietly;
use crate::text::{counted, seconds};

/// Plays scripts.
///
/// # Errors
/// If there are none, or the harness itself fails.
pub(crate) fn run(args: &args::Scenario) -> Result<Exit, Refusal> {
    let began = Instant::now();
    let scripts = play_all(args)?;
    let count =
        |wanted: State| scripts.iter().filter(|script| script.state == wanted).count() as u64;
    let report = Report {
        passed: count(State::Passed) + count(State::Rewritten),
        rewritten: count(State::Rewritten),
        failed: count(State::Failed) + count(State::Refused),
        total: scripts.len() as u64,
        seconds: seconds(began.elapsed()),
        scripts: &scripts,
    };
    Reader::of(args.json).give(&report.to_words(), &report);
    for error in scripts.iter().filter_map(|script| script.error.as_ref()) {
        out::tell(error);
    }
    Ok(if count(State::Refused) > 0 {
        Exit::Usage
    } else if count(State::Failed) > 0 {
        Exit::Violation
    } else {
        Exit::Fine
    })
}

/// The scripts in files, or, if none are named, those that are built in.
fn play_all(args: &args::Scenario) -> Result<Vec<Script>, Refusal> {
    if args.paths.is_empty() {
        let check = |bundled: &Bundled| bundled.script().and_then(|script| script.check());
        let play = |bundled: &Bundled| {
            play(Path::new(bundled.name), || check(bundled).map(|_| State::Passed))
        };
        return bundled().iter().map(play).collect();
    }
    let mut scripts = Vec::new();
    for given in &args.paths {
        for path in scripts_below(given).map_err(Refusal::usage)? {
            let work = || if args.bless { bless(&path) } else { check(&path) };
            scripts.push(play(&path, work)?);
        }
    }
    Ok(scripts)
}

fn check(path: &Path) -> Result<State, ScriptError> {
    check_file(path).map(|_| State::Passed)
}

fn bless(path: &Path) -> Result<State, ScriptError> {
    rewrite_file(path).map(|done| match done {
        Rewrite::Rewritten => State::Rewritten,
        Rewrite::Unchanged => State::Passed,
    })
}

fn play(path: &Path, work: impl FnOnce() -> Result<State, ScriptError>) -> Result<Script, Refusal> {
    let file = path.to_owned();
    let played = quietly(work).map_err(|fault| {
        let text = format_args!("{}: the harness panicked: {fault}", path.display());
        Refusal::new(Exit::Harness, text)
    })?;
    Ok(match played {
        Ok(state) => Script { file, state, line: None, error: None },
        Err(error) => {
            let of_the_text = error.fault.is_of_the_text();
            let state = if of_the_text { State::Refused } else { State::Failed };
            let line = Some(error.line).filter(|line| *line > 0);
            Script { file, state, line, error: Some(error.to_string()) }
        }
    })
}

/// What came of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    /// It does what it shows.
    Passed,
    /// It shows now what it does.
    Rewritten,
    /// Something else happens.
    Failed,
    /// It is no script.
    Refused,
}

#[derive(Serialize)]
struct Script {
    file: PathBuf,
    state: State,
    line: Option<u32>,
    error: Option<String>,
}

/// The one JSON object.
#[derive(Serialize)]
struct Report<'a> {
    passed: u64,
    rewritten: u64,
    failed: u64,
    total: u64,
    seconds: f64,
    scripts: &'a [Script],
}

impl Report<'_> {
    fn to_words(&self) -> String {
        let mut words = String::new();
        for script in self.scripts {
            let state = match script.state {
                State::Passed => "passed",
                State::Rewritten => "rewritten",
                State::Failed => "FAILED",
                State::Refused => "REFUSED",
            };
            let _ = writeln!(words, "{state:<9}  {}", script.file.display());
        }
        let total = counted(self.total, "script");
        let _ = writeln!(words, "{total}: {} passed, {} failed", self.passed, self.failed);
        words
    }
}
