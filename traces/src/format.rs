//! The text of a recorded run: a header line, a line for each event, a last line with the verdict.
//!
//! It is JSON lines, because a run must be readable by eye, by `grep` and by other programs, and
//! because its beginning is of use even when its end is missing: without the last line a trace is a
//! readable prefix, and the caller decides what that is worth. Every trace has exactly one text:
//! the reader refuses another order of fields, a space or a missing line break, so that whatever
//! was read is written back byte for byte, and a replay may compare its lines as text.
//!
//! All numbers are whole. A seed may be above 2^53, which many readers of JSON do not keep exactly,
//! so it is a string of decimal digits; digests are strings of hexadecimal ones. Every choice leaves
//! at least one event, for the choices of a run are read off its events.
//!
//! The reader judges the form alone. Whether the run can happen again only a replay can say.

mod error;
mod seed;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use syncline_raft::NodeId;

use crate::choice::Choice;
use crate::digest::Digest;
use crate::event::Event;

pub use error::{Expected, FormatError};
pub use seed::{NotASeed, Seed};

/// The name and the version of the format.
pub const FORMAT: &str = "syncline-trace/1";

/// A recorded run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// Where it comes from.
    pub header: Header,
    /// Its events, in order.
    pub lines: Vec<Line>,
    /// How it ended; `None` if this is only the beginning of a run.
    pub end: Option<End>,
}

/// The first line: all that explains how the list of choices came about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// [`FORMAT`].
    pub format: String,
    /// The library under test.
    pub subject: String,
    /// The known bug that was switched on.
    pub mutant: Option<String>,
    /// The seed that the choices were drawn from; `None` for a scripted run.
    pub seed: Option<Seed>,
    /// The plan, in the words of whoever made it. Its numbers are whole.
    pub plan: Value,
}

/// The line of one event.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The number of the event, from 1.
    pub i: u64,
    /// The number of the choice that led to it, from 1.
    pub step: u64,
    /// The virtual time, in microseconds.
    pub t: u64,
    /// The choice.
    pub choice: Choice,
    /// The event.
    pub event: Event,
    /// The events that it follows from, ascending.
    pub why: Vec<u64>,
    /// The digest of the run up to and including this event.
    pub digest: Digest,
}

/// The last line: how the run ended.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The judgement.
    pub verdict: Verdict,
    /// How many choices were made.
    pub steps: u64,
    /// How many events happened.
    pub events: u64,
    /// The digest of the whole run, which is that of its last event.
    pub digest: Digest,
}

/// What the oracles say of a run.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every promise was kept.
    Passed,
    /// A promise was broken.
    Violation(Violation),
    /// A promise was broken that nobody could keep: what the disks did is outside every contract.
    OutOfContract(Violation),
}

impl Verdict {
    /// The broken promise, whoever is to blame.
    #[must_use]
    pub const fn broken(&self) -> Option<&Violation> {
        match self {
            Verdict::Passed => None,
            Verdict::Violation(violation) | Verdict::OutOfContract(violation) => Some(violation),
        }
    }
}

/// A broken promise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// The oracle that found it, such as `O6`.
    pub oracle: String,
    /// The node that broke the promise.
    pub node: NodeId,
    /// The number of the event at which it was found.
    pub event: u64,
    /// The number of the choice that led to that event.
    pub step: u64,
    /// What was promised, in words.
    pub promise: String,
    /// What is so instead, in words.
    pub found: String,
    /// What this violation has in common with others of the same cause.
    pub signature: String,
}

impl Trace {
    /// The choices of the run, in order: all that is needed to play it again.
    #[must_use]
    pub fn choices(&self) -> Vec<Choice> {
        let mut step = 0;
        let mut choices = Vec::new();
        for line in &self.lines {
            if line.step != step {
                step = line.step;
                choices.push(line.choice);
            }
        }
        choices
    }

    /// Reads a trace.
    ///
    /// # Errors
    /// If the text is not exactly what [`Trace::to_text`] makes of some trace.
    pub fn parse(text: &str) -> Result<Trace, FormatError> {
        let mut rows = (1..).zip(text.split_inclusive('\n'));
        let (number, row) = rows.next().unwrap_or((1, ""));
        let header = read_header(number, row)?;
        let mut sequence = Sequence::default();
        let mut trace = Trace { header, lines: Vec::new(), end: None };
        for (number, row) in rows {
            if trace.end.is_some() {
                return Err(FormatError::new(number, Expected::NothingAfterEnd, body(row)));
            }
            if row.starts_with(END_MARK) {
                let EndLine { end } = read_row(number, row, Expected::EndLine)?;
                sequence.close(number, &end)?;
                trace.end = Some(end);
            } else {
                let line = read_row(number, row, Expected::EventLine)?;
                sequence.admit(number, &line)?;
                trace.lines.push(line);
            }
        }
        Ok(trace)
    }

    /// The text of the trace.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = self.header.to_json();
        text.push('\n');
        for line in &self.lines {
            text.push_str(&line.to_json());
            text.push('\n');
        }
        if let Some(end) = &self.end {
            text.push_str(&end.to_json());
            text.push('\n');
        }
        text
    }

    /// Writes the text of the trace.
    ///
    /// # Errors
    /// If `out` fails.
    pub fn write_to(&self, out: &mut impl io::Write) -> io::Result<()> {
        writeln!(out, "{}", self.header.to_json())?;
        for line in &self.lines {
            writeln!(out, "{}", line.to_json())?;
        }
        match &self.end {
            Some(end) => writeln!(out, "{}", end.to_json()),
            None => Ok(()),
        }
    }
}

impl Header {
    /// The text of the first line, without its line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

impl Line {
    /// The text of the line, without its line break. There is no other way to make one, so two
    /// lines are equal if and only if their texts are.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(self)
    }
}

impl End {
    /// The text of the last line, without its line break.
    #[must_use]
    pub fn to_json(&self) -> String {
        to_json(&EndLineRef { end: self })
    }
}

/// Reads one row, line break included, and holds it to the one spelling that a value has.
pub(crate) fn read_row<T>(number: u64, row: &str, expected: Expected) -> Result<T, FormatError>
where
    T: Serialize + DeserializeOwned,
{
    let text = body(row);
    let value: T = serde_json::from_str(text)
        .map_err(|error| FormatError::json(number, expected, text, &error))?;
    let spelling = to_json(&value);
    if spelling != text {
        let same = spelling.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
        let from = (0..=same).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let hint = format!("column {}", from + 1);
        return Err(FormatError {
            hint,
            ..FormatError::new(number, Expected::Spelling, &text[from..])
        });
    }
    if text.len() == row.len() {
        return Err(FormatError::new(number, Expected::LineBreak, ""));
    }
    Ok(value)
}

/// The one spelling of a value.
pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("the types of this format have only strings as keys")
}

fn body(row: &str) -> &str {
    row.strip_suffix('\n').unwrap_or(row)
}

fn read_header(number: u64, row: &str) -> Result<Header, FormatError> {
    // The version comes first: what else a header of another version has is not known here.
    let Version { format } = serde_json::from_str(body(row))
        .map_err(|error| FormatError::json(number, Expected::HeaderLine, body(row), &error))?;
    if format != FORMAT {
        return Err(FormatError::new(number, Expected::Format, format));
    }
    let header: Header = read_row(number, row, Expected::HeaderLine)?;
    match fraction(&header.plan) {
        Some(found) => Err(FormatError::new(number, Expected::WholeNumbers, found)),
        None => Ok(header),
    }
}

/// The first number that is not whole, or not below 2^64. The depth of a plan is bounded by the
/// reader of JSON.
fn fraction(value: &Value) -> Option<&serde_json::Number> {
    match value {
        Value::Number(number) => number.is_f64().then_some(number),
        Value::Array(values) => values.iter().find_map(fraction),
        Value::Object(fields) => fields.values().find_map(fraction),
        Value::Null | Value::Bool(_) | Value::String(_) => None,
    }
}

/// How far the lines have come: each must follow the one before it.
#[derive(Default)]
struct Sequence {
    events: u64,
    step: u64,
    choice: Option<Choice>,
    digest: Option<Digest>,
}

impl Sequence {
    fn admit(&mut self, number: u64, line: &Line) -> Result<(), FormatError> {
        let refuse =
            |expected, found: &dyn fmt::Display| Err(FormatError::new(number, expected, found));
        if line.i != self.events + 1 {
            return refuse(Expected::EventNumber(self.events + 1), &line.i);
        }
        let same_step = self.choice.is_some() && line.step == self.step;
        if !same_step && line.step != self.step + 1 {
            return refuse(Expected::StepNumber(self.step), &line.step);
        }
        if let Some(choice) = self.choice
            && same_step
            && choice != line.choice
        {
            return refuse(Expected::SameChoice(choice), &line.choice);
        }
        let ascending = line.why.is_sorted_by(|a, b| a < b);
        let before = line.why.last().is_none_or(|cause| *cause < line.i);
        if !ascending || !before || line.why.first() == Some(&0) {
            return refuse(Expected::Causes(line.i), &to_json(&line.why));
        }
        self.events = line.i;
        self.step = line.step;
        self.choice = Some(line.choice);
        self.digest = Some(line.digest);
        Ok(())
    }

    fn close(&self, number: u64, end: &End) -> Result<(), FormatError> {
        let refuse =
            |expected, found: &dyn fmt::Display| Err(FormatError::new(number, expected, found));
        if end.steps != self.step {
            return refuse(Expected::Steps(self.step), &end.steps);
        }
        if end.events != self.events {
            return refuse(Expected::Events(self.events), &end.events);
        }
        if let Some(digest) = self.digest
            && digest != end.digest
        {
            return refuse(Expected::LastDigest(digest), &end.digest);
        }
        if let Some(violation) = end.verdict.broken() {
            if !(1..=self.events).contains(&violation.event) {
                return refuse(Expected::ViolationEvent(self.events), &violation.event);
            }
            if !(1..=self.step).contains(&violation.step) {
                return refuse(Expected::ViolationStep(self.step), &violation.step);
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Version {
    format: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    end: End,
}

#[derive(Serialize)]
struct EndLineRef<'a> {
    end: &'a End,
}

/// How the last line, and no other, begins.
const END_MARK: &str = "{\"end\"";
