//! Where a file departs from its format, in one line that a person can act on.
//!
//! It names the line, what would have been right there and what is there instead, so that nobody
//! needs to know how the reader works. What was found is shortened and cannot break the line.

use std::fmt;

use super::FORMAT;
use crate::choice::Choice;
use crate::digest::Digest;

/// Where a text departs from the format, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormatError {
    /// The number of the line, from 1.
    pub line: u64,
    /// What would have been right there.
    pub expected: Expected,
    /// What the file has there instead, shortened; empty if that is nothing.
    pub found: String,
    /// Where in the line, and what the reader of JSON says of it; empty if the rest says it all.
    pub hint: String,
}

/// What would have been right at some place of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// Text.
    Utf8,
    /// The first line.
    HeaderLine,
    /// This version of the format.
    Format,
    /// A plan without fractions.
    WholeNumbers,
    /// The line of an event.
    EventLine,
    /// The last line.
    EndLine,
    /// The record of a seed.
    SeedLine,
    /// The one spelling of the line.
    Spelling,
    /// That the line is whole.
    LineBreak,
    /// This number of an event.
    EventNumber(u64),
    /// This number of a step, or the one after it.
    StepNumber(u64),
    /// This choice, with which the step began.
    SameChoice(Choice),
    /// The causes of the event with this number.
    Causes(u64),
    /// This count of steps.
    Steps(u64),
    /// This count of events.
    Events(u64),
    /// The digest of the last event.
    LastDigest(Digest),
    /// A violation at one of so many events.
    ViolationEvent(u64),
    /// A violation at a step up to this one.
    ViolationStep(u64),
    /// The end of the file.
    NothingAfterEnd,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Expected::Utf8 => "text in UTF-8",
            Expected::HeaderLine => {
                "a header line (a JSON object with format, subject, mutant, seed, plan)"
            }
            Expected::Format => return write!(f, "format {FORMAT}"),
            Expected::WholeNumbers => "a plan with whole numbers only",
            Expected::EventLine => {
                "an event line (a JSON object with i, step, t, choice, event, why, digest)"
            }
            Expected::EndLine => {
                "an end line (a JSON object end with verdict, steps, events, digest)"
            }
            Expected::SeedLine => {
                "a seed line (a JSON object with seed, plan, mutant, profile, digest, verdict)"
            }
            Expected::Spelling => "the line as a recording spells it (fields in order, no spaces)",
            Expected::LineBreak => "a line break after the last line",
            Expected::EventNumber(number) => return write!(f, "event number {number}"),
            Expected::StepNumber(0) => "step number 1",
            Expected::StepNumber(step) => {
                return write!(f, "step number {step} or {}", step.saturating_add(1));
            }
            Expected::SameChoice(choice) => return write!(f, "the choice of this step, {choice}"),
            Expected::Causes(event) => {
                return write!(f, "the causes of event {event}, ascending and before it");
            }
            Expected::Steps(steps) => return write!(f, "an end after {steps} steps"),
            Expected::Events(events) => return write!(f, "an end after {events} events"),
            Expected::LastDigest(digest) => {
                return write!(f, "the digest of the last event, {digest}");
            }
            Expected::ViolationEvent(events) => {
                return write!(f, "a violation at an event from 1 to {events}");
            }
            Expected::ViolationStep(steps) => {
                return write!(f, "a violation at a step from 1 to {steps}");
            }
            Expected::NothingAfterEnd => "nothing after the end line",
        })
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = if self.found.is_empty() { "nothing" } else { &self.found };
        write!(f, "line {}: expected {}, found {found}", self.line, self.expected)?;
        if self.hint.is_empty() { Ok(()) } else { write!(f, " ({})", self.hint) }
    }
}

impl std::error::Error for FormatError {}

impl FormatError {
    pub(crate) fn new(line: u64, expected: Expected, found: impl fmt::Display) -> FormatError {
        let found = shortened(&found.to_string(), FOUND_CHARS_MAX);
        FormatError { line, expected, found, hint: String::new() }
    }

    /// What the reader of JSON made of a row, without its own number of the line, which is 1.
    pub(super) fn json(
        line: u64,
        expected: Expected,
        row: &str,
        error: &serde_json::Error,
    ) -> FormatError {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let reason = text.strip_suffix(&place).unwrap_or(&text);
        let hint = if row.is_empty() {
            String::new()
        } else {
            format!("column {}: {}", error.column(), shortened(reason, HINT_CHARS_MAX))
        };
        FormatError { hint, ..FormatError::new(line, expected, row) }
    }
}

/// Control characters would break the line of a message, or worse the terminal that shows it.
fn shortened(text: &str, chars_max: usize) -> String {
    let mut short = String::new();
    for (position, c) in text.chars().enumerate() {
        if position == chars_max {
            short.push('…');
            break;
        }
        if c.is_control() {
            short.extend(c.escape_default());
        } else {
            short.push(c);
        }
    }
    short
}

/// How much of what was found a message shows.
const FOUND_CHARS_MAX: usize = 60;

/// How much of what the reader of JSON says a message shows.
const HINT_CHARS_MAX: usize = 200;
