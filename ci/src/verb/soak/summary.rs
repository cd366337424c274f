//! What a soak amounts to, as one JSON object and in words.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use syncline_sim::Mutant;
use syncline_traces::{Digest, Seed};

use super::canary::{self, Canaries, Caught, Health};
use super::state::{Diverged, Kept, State};
use crate::exit::{Exit, Refusal};
use crate::family::Family;
use crate::out::{self, to_json};
use crate::story;
use crate::sums::{Goals, Sums};
use crate::text::{counted, grouped, seconds, waited};

/// What a soak amounts to.
#[derive(Serialize)]
pub(crate) struct Summary<'a> {
    subject: &'static str,
    profile: &'static str,
    mutant: Option<&'static str>,
    seed: Seed,
    sessions: u64,
    runs: u64,
    lost_runs: u64,
    events: u64,
    steps: u64,
    virtual_seconds: u64,
    seconds: f64,
    cpu_seconds: f64,
    events_per_second: u64,
    steps_per_second: u64,
    violations: u64,
    signatures: &'a BTreeMap<String, u64>,
    found: &'a [Kept],
    not_deterministic: &'a [Diverged],
    goals: Goals,
    unmet_goals: Vec<&'static str>,
    digest: Digest,
    canary_every: u64,
    canary_runs: u64,
    canaries_caught: u64,
    canaries: &'a Canaries,
    fault: Option<&'a str>,
    exit: u8,
    #[serde(skip)]
    sums: &'a Sums,
    #[serde(skip)]
    time: Duration,
    #[serde(skip)]
    twice: Option<String>,
}

impl Summary<'_> {
    pub(crate) fn of<'a>(state: &'a State, family: &Family, fault: Option<&'a str>) -> Summary<'a> {
        let campaign = &family.campaign;
        let sums = &state.all.sums;
        let Caught { runs: canary_runs, caught: canaries_caught } = state.all.canaries.total();
        let first = state.diverged.first();
        let mut summary = Summary {
            subject: family.library.name(),
            profile: campaign.profile.name(),
            mutant: campaign.mutant.map(Mutant::name),
            seed: campaign.seed,
            sessions: state.sessions,
            runs: sums.runs,
            lost_runs: state.lost(),
            events: sums.events,
            steps: sums.steps,
            virtual_seconds: sums.virtual_micros / 1_000_000,
            seconds: seconds(state.time()),
            cpu_seconds: seconds(Duration::from_nanos(sums.cpu_nanos)),
            events_per_second: sums.per_second(sums.events),
            steps_per_second: sums.per_second(sums.steps),
            violations: state.violations(),
            signatures: &state.all.signatures,
            found: &state.kept,
            not_deterministic: &state.diverged,
            goals: sums.goals,
            unmet_goals: sums.goals.unmet(campaign.profile),
            digest: sums.digest,
            canary_every: canary::EVERY,
            canary_runs,
            canaries_caught,
            canaries: &state.all.canaries,
            fault,
            exit: 0,
            sums,
            time: state.time(),
            twice: first.map(|first| story::replay_of_seed(first.seed, family)),
        };
        summary.exit = summary.exit() as u8;
        summary
    }

    /// How the soak ends. What was found counts even if the canaries were not caught.
    pub(crate) fn exit(&self) -> Exit {
        let is_blind = matches!(self.canaries.health(), Health::Blind(_));
        if self.violations > 0 {
            Exit::Violation
        } else if !self.not_deterministic.is_empty() {
            Exit::NotDeterministic
        } else if self.fault.is_some() || is_blind {
            Exit::Harness
        } else {
            Exit::Fine
        }
    }

    /// Puts it into the folder, in place of an earlier one of the same soak.
    ///
    /// # Errors
    /// If it cannot be written.
    pub(crate) fn write(&self, folder: &Path) -> Result<PathBuf, Refusal> {
        let path = folder.join("summary.json");
        let draft = folder.join("summary.json.draft");
        let written =
            fs::write(&draft, to_json(self) + "\n").and_then(|()| fs::rename(&draft, &path));
        written.map_err(|error| {
            Refusal::usage(format_args!(
                "{}: expected a place for the summary: {error}",
                path.display()
            ))
        })?;
        Ok(path)
    }

    pub(crate) fn to_words(&self, folder: &Path) -> String {
        let mut words = String::new();
        let runs = counted(self.runs, "run");
        let found = match self.violations {
            0 => "no promise was broken".to_owned(),
            count => counted(count, "violation"),
        };
        let sessions = counted(self.sessions, "session");
        let time = waited(self.time);
        let _ = writeln!(words, "{found} in {runs} ({time} in {sessions}), seed {}", self.seed);
        words.push_str(&self.sums.to_words());
        if self.lost_runs > 0 {
            let _ = writeln!(
                words,
                "  lost      {:>16}   runs were in flight in a kill",
                grouped(self.lost_runs)
            );
        }
        let caught = format!("{} of {}", grouped(self.canaries_caught), grouped(self.canary_runs));
        let health = match self.canaries.health() {
            Health::Good => "caught: the judges see".to_owned(),
            Health::TooFew if self.canary_runs == 0 => "caught: none flew".to_owned(),
            Health::TooFew => "caught: too few runs to say whether the judges see".to_owned(),
            Health::Blind(bugs) => {
                format!("caught, none of {}: the judges are blind", bugs.join(", "))
            }
        };
        let _ = writeln!(words, "  canaries  {caught:>16}   {health}");
        let _ = writeln!(
            words,
            "what was exercised, and how often\n{}",
            self.goals.to_string().trim_end()
        );
        for (signature, count) in self.signatures {
            let _ = writeln!(words, "  {signature}: {}", counted(*count, "violation"));
        }
        let _ = writeln!(words, "summary: {}", folder.join("summary.json").display());
        words
    }

    /// Tells what is wrong, and as the last line how to see it.
    pub(crate) fn tell(&self) {
        if let Some(fault) = self.fault {
            out::tell(format_args!("the harness is at fault: {fault}"));
        }
        if let Health::Blind(bugs) = self.canaries.health() {
            let text = "expected every known bug to be caught, found none of";
            out::tell(format_args!("canaries: {text} {}", bugs.join(", ")));
        }
        for Diverged { seed, first, second } in self.not_deterministic {
            let text = format_args!("expected digest {first}, found {second}");
            out::tell(format_args!("the run of seed {seed} is not deterministic: {text}"));
        }
        let commands = self.found.iter().map(|kept| &kept.reproduce);
        let first = commands.chain(&self.twice).next();
        if let Some(command) = first {
            out::tell("to see it again:");
            out::tell(command);
        }
    }
}
