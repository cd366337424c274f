//! The state of a soak: a file of JSON lines to which is only ever added.
//!
//! Its last line may be torn, because a soak may be killed while it writes. What is torn was never
//! said, and is cut off. Any other line that does not fit is an error: nothing is guessed.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use syncline_sim::Campaign;
use syncline_traces::{Digest, Seed};

use super::canary::Canaries;
use crate::exit::Refusal;
use crate::family::Family;
use crate::out::to_json;
use crate::sums::Sums;

/// The version of the file. Another one is refused.
const VERSION: u32 = 1;
/// How every such file begins.
const BEGINNING: &str = "{\"soak\":{";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Line {
    /// The first line.
    Soak(Head),
    /// A session began.
    Opened { at: u64 },
    /// These runs are about to be done.
    Claimed { first: u64, end: u64 },
    /// A promise was broken, and the trace was written.
    Kept(Kept),
    /// A seed went two ways.
    Diverged(Diverged),
    /// What came of the runs that were claimed, up to the next one.
    Done(Box<Done>),
}

/// What is soaked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    version: u32,
    seed: Seed,
    subject: String,
    profile: String,
    nodes: Option<u32>,
    steps: Option<u32>,
    mutant: Option<String>,
}

/// A violation whose trace was written.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) number: u64,
    pub(crate) seed: Seed,
    pub(crate) signature: String,
    pub(crate) trace: Option<PathBuf>,
    pub(crate) reproduce: String,
}

/// A seed that went two ways.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Diverged {
    pub(crate) seed: Seed,
    pub(crate) first: Digest,
    pub(crate) second: Digest,
}

/// What came of a batch.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Done {
    /// The first run that was not done.
    pub(crate) next: u64,
    /// How long it took.
    pub(crate) millis: u64,
    pub(crate) sums: Sums,
    /// How many violations of each signature.
    pub(crate) signatures: BTreeMap<String, u64>,
    pub(crate) canaries: Canaries,
}

/// Everything that a soak has done so far.
pub(crate) struct State {
    file: File,
    path: PathBuf,
    head: Head,
    /// A batch that was claimed and is not done.
    claim: Option<(u64, u64)>,
    pub(crate) sessions: u64,
    pub(crate) kept: Vec<Kept>,
    pub(crate) diverged: Vec<Diverged>,
    /// Runs that were in flight in a kill: from, to.
    lost: Vec<(u64, u64)>,
    /// All batches together.
    pub(crate) all: Done,
}

impl State {
    /// Opens the state in a folder, or begins it.
    ///
    /// # Errors
    /// If it cannot be read or written, is not ours, or is of another soak than the one asked for.
    pub(crate) fn open(
        folder: &Path,
        family: &Family,
        asked: Option<Seed>,
    ) -> Result<State, Refusal> {
        let path = folder.join("state.jsonl");
        let refuse = |error: io::Error| {
            Refusal::usage(format_args!(
                "{}: expected a file for the state: {error}",
                path.display()
            ))
        };
        let file =
            File::options().append(true).read(true).create(true).open(&path).map_err(refuse)?;
        let mut text = fs::read(&path).map_err(refuse)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let ours = text.iter().zip(BEGINNING.as_bytes()).all(|(a, b)| a == b);
        if whole < text.len() && ours {
            // The line that a kill tore.
            file.set_len(whole as u64).map_err(refuse)?;
            text.truncate(whole);
        }
        let head = head_of(family);
        let mut state = State {
            file,
            path,
            head: head.clone(),
            claim: None,
            sessions: 0,
            kept: Vec::new(),
            diverged: Vec::new(),
            lost: Vec::new(),
            all: Done::default(),
        };
        if text.is_empty() {
            state.append(&Line::Soak(head))?;
        } else {
            state.read(&text)?;
            state.compare(&head, asked)?;
        }
        state.lose_claim();
        state.sessions += 1;
        state.append(&Line::Opened { at: state.next() })?;
        Ok(state)
    }

    fn read(&mut self, text: &[u8]) -> Result<(), Refusal> {
        for (row, number) in text.split(|byte| *byte == b'\n').zip(1..) {
            if row.is_empty() && number > 1 {
                continue;
            }
            let line: Line = serde_json::from_slice(row).map_err(|error| {
                self.misfit(
                    number,
                    format_args!("a line of a soak's state, found another ({error})"),
                )
            })?;
            self.admit(number, line)?;
        }
        Ok(())
    }

    fn admit(&mut self, number: u64, line: Line) -> Result<(), Refusal> {
        match line {
            Line::Soak(head) if number == 1 && head.version == VERSION => self.head = head,
            Line::Soak(head) if number == 1 => {
                let text = format_args!("version {VERSION}, found {}", head.version);
                return Err(self.misfit(number, text));
            }
            Line::Opened { .. } if number > 1 => {
                self.lose_claim();
                self.sessions += 1;
            }
            Line::Claimed { first, end } if number > 1 && first == self.next() && first <= end => {
                self.claim = Some((first, end));
            }
            Line::Kept(kept) if number > 1 => self.kept.push(kept),
            Line::Diverged(diverged) if number > 1 => self.diverged.push(diverged),
            Line::Done(done)
                if self.claim.is_some_and(|(first, end)| (first..=end).contains(&done.next)) =>
            {
                self.add(&done);
            }
            _ => {
                return Err(
                    self.misfit(number, "a line that follows from those before, found another")
                );
            }
        }
        Ok(())
    }

    fn misfit(&self, line: u64, expected: impl Display) -> Refusal {
        Refusal::usage(format_args!("{}: line {line}: expected {expected}", self.path.display()))
    }

    /// What is asked for must be what was begun here; the seed may be left to the file.
    fn compare(&self, asked: &Head, seed: Option<Seed>) -> Result<(), Refusal> {
        let seed = seed.unwrap_or(self.head.seed);
        let asked = Head { seed, ..asked.clone() };
        if asked == self.head {
            return Ok(());
        }
        let text = format_args!(
            "the soak {}, found {}; give it another folder",
            to_json(&asked),
            to_json(&self.head)
        );
        Err(self.misfit(1, text))
    }

    fn lose_claim(&mut self) {
        if let Some((first, end)) = self.claim.take() {
            self.lost.push((first, end));
            self.all.next = end;
        }
    }

    fn append(&mut self, line: &Line) -> Result<(), Refusal> {
        let text = to_json(line) + "\n";
        let written = self.file.write_all(text.as_bytes()).and_then(|()| self.file.sync_data());
        written.map_err(|error| {
            Refusal::usage(format_args!(
                "{}: expected room for a line: {error}",
                self.path.display()
            ))
        })
    }

    fn add(&mut self, done: &Done) {
        self.claim = None;
        self.all.next = done.next;
        self.all.millis += done.millis;
        self.all.sums.merge(&done.sums);
        self.all.canaries.merge(&done.canaries);
        for (signature, count) in &done.signatures {
            *self.all.signatures.entry(signature.clone()).or_default() += count;
        }
    }

    /// Claims the next runs: from now on they are never done again.
    pub(crate) fn claim(&mut self, first: u64, end: u64) -> Result<(), Refusal> {
        assert!(self.claim.is_none(), "one batch at a time");
        self.append(&Line::Claimed { first, end })?;
        self.claim = Some((first, end));
        Ok(())
    }

    /// Adds what came of them.
    pub(crate) fn done(&mut self, done: Done) -> Result<(), Refusal> {
        assert!(self.claim.is_some(), "what is done was claimed");
        self.add(&done);
        self.append(&Line::Done(Box::new(done)))
    }

    /// Adds a violation whose trace lies in the folder.
    pub(crate) fn keep(&mut self, kept: Kept) -> Result<(), Refusal> {
        self.kept.push(kept.clone());
        self.append(&Line::Kept(kept))
    }

    /// Adds a seed that went two ways.
    pub(crate) fn diverge(&mut self, diverged: Diverged) -> Result<(), Refusal> {
        self.diverged.push(diverged.clone());
        self.append(&Line::Diverged(diverged))
    }

    /// The number of the next run.
    pub(crate) fn next(&self) -> u64 {
        self.all.next
    }

    pub(crate) fn seed(&self) -> Seed {
        self.head.seed
    }

    /// How long it has soaked so far.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_millis(self.all.millis)
    }

    /// How many runs were in flight in kills.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.iter().map(|(first, end)| end - first).sum()
    }

    /// How many violations there were, those found just before a kill included.
    pub(crate) fn violations(&self) -> u64 {
        let was_lost =
            |number: u64| self.lost.iter().any(|(first, end)| (*first..*end).contains(&number));
        let late = self.kept.iter().filter(|kept| was_lost(kept.number)).count();
        self.all.sums.violations + late as u64
    }
}

fn head_of(family: &Family) -> Head {
    let Campaign { seed, profile, nodes, steps_max, mutant } = family.campaign;
    Head {
        version: VERSION,
        seed,
        subject: family.library.name().to_owned(),
        profile: profile.name().to_owned(),
        nodes,
        steps: steps_max,
        mutant: mutant.map(|mutant| mutant.name().to_owned()),
    }
}
