//! The story of a broken promise: which, by whom, when, what led to it, and how to see it again.

mod command;
mod keep;

use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;
use syncline_sim::{Plan, Survivors, SyncMode, VirtualTime, source_of};
use syncline_traces::{CausalGraph, Digest, Seed, Trace, Verdict, Violation};

pub(crate) use command::{command, replay_of, replay_of_seed};
pub(crate) use keep::keep;

use crate::out;
use crate::text::{counted, grouped};

/// How many of the events that lead to a violation are printed.
const LAST_EVENTS: usize = 10;

/// A broken promise, as reports have it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Story {
    pub(crate) oracle: String,
    pub(crate) promise: String,
    pub(crate) found: String,
    pub(crate) node: u64,
    pub(crate) event: u64,
    pub(crate) step: u64,
    pub(crate) signature: String,
    pub(crate) subject: String,
    pub(crate) mutant: Option<String>,
    pub(crate) seed: Option<Seed>,
    pub(crate) events: u64,
    /// How many events lead to it, itself included.
    pub(crate) causes: u64,
    pub(crate) digest: Digest,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) reproduce: String,
    /// Nobody could have kept the promise.
    pub(crate) is_out_of_contract: bool,
    #[serde(skip)]
    plan: String,
    #[serde(skip)]
    last: Vec<String>,
    #[serde(skip)]
    time: VirtualTime,
}

impl Story {
    /// The story that a trace tells; `None` if no promise was broken in it.
    pub(crate) fn of(trace: &Trace, path: Option<&Path>, reproduce: String) -> Option<Story> {
        let end = trace.end.as_ref()?;
        let violation = end.verdict.broken()?;
        let is_out_of_contract = matches!(end.verdict, Verdict::OutOfContract(_));
        let Violation { oracle, node, event, step, promise, found, signature } = violation.clone();
        let slice = CausalGraph::of(trace).slice(event);
        let last = slice[slice.len().saturating_sub(LAST_EVENTS)..].iter();
        let line = |id: &u64| &trace.lines[*id as usize - 1];
        Some(Story {
            oracle,
            promise,
            found,
            node: node.number(),
            event,
            step,
            signature,
            subject: trace.header.subject.clone(),
            mutant: trace.header.mutant.clone(),
            seed: trace.header.seed,
            events: end.events,
            causes: slice.len() as u64,
            digest: end.digest,
            trace: path.map(Path::to_owned),
            reproduce,
            is_out_of_contract,
            plan: source_of(trace).map(|source| plan_in_words(&source.plan)).unwrap_or_default(),
            last: last.map(|id| event_in_words(line(id))).collect(),
            time: VirtualTime(line(&event).t),
        })
    }

    /// Tells it, but for the command that reproduces it.
    pub(crate) fn tell(&self) {
        out::tell(self.to_words().trim_end());
    }

    /// Tells the last line of all: the command, ready to be pasted.
    pub(crate) fn tell_command(&self) {
        out::tell("to see it again:");
        out::tell(&self.reproduce);
    }

    fn to_words(&self) -> String {
        let mut words = String::new();
        let mut row = |name: &str, value: &str| {
            let _ = writeln!(words, "  {name:<11}{value}");
        };
        let (event, events) = (grouped(self.event), grouped(self.events));
        row("broken", &format!("{}: {}", self.oracle, self.promise));
        row("found", &self.found);
        row("where", &format!("node {}, event {event} of {events}, at {}", self.node, self.time));
        row("signature", &self.signature);
        let mutant = self.mutant.as_ref().map_or(String::new(), |id| format!(", mutant {id} on"));
        let seed = self.seed.map_or("scripted".to_owned(), |seed| format!("seed {seed}"));
        row("run", &format!("{seed}, subject {}{mutant}, digest {}", self.subject, self.digest));
        row("plan", &self.plan);
        if let Some(path) = &self.trace {
            row("trace", &path.display().to_string());
        }
        let causes =
            format!("{} of {} lead to it", grouped(self.causes), counted(self.events, "event"));
        let shown =
            if self.last.len() < self.causes as usize { ", the last of them:" } else { ":" };
        row("why", &format!("{causes}{shown}"));
        for line in &self.last {
            let _ = writeln!(words, "  {line}");
        }
        words
    }
}

fn event_in_words(line: &syncline_traces::Line) -> String {
    let number = format!("#{}", line.i);
    format!("{number:>7} {:>12}  {}", VirtualTime(line.t).to_string(), line.event)
}

fn plan_in_words(plan: &Plan) -> String {
    let sync = match plan.sync {
        SyncMode::Free => "syncs at any time".to_owned(),
        SyncMode::EveryReady => "a sync for every Ready".to_owned(),
        SyncMode::After { writes, ticks } => {
            let writes = counted(u64::from(writes), "write");
            format!("a sync after {writes} or {}", counted(u64::from(ticks), "tick"))
        }
    };
    let survivors = match plan.survivors {
        Survivors::Prefix => "a prefix",
        Survivors::Subset => "any subset",
    };
    let timed = if plan.timing.is_some() { ", latencies decide the order" } else { "" };
    format!(
        "{}, {sync}, a power cut leaves {survivors} of the unsynced writes{timed}; at most {}, {}, {}",
        counted(u64::from(plan.nodes), "node"),
        counted(u64::from(plan.crashes_max), "crash").replace("crashs", "crashes"),
        counted(u64::from(plan.cuts_max), "partition"),
        counted(u64::from(plan.steps_max), "step"),
    )
}
