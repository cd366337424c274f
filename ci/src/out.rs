//! Where words go: results to standard output, everything else to standard error.
//!
//! A reader that goes away, such as `head`, is no error of ours: what can no longer be written is
//! dropped in silence, and the exit code still says how it ended.

use std::fmt::Display;
use std::io::{self, Write};

use serde::Serialize;

/// One line for people, beside the result.
pub(crate) fn tell(line: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Bytes for people, beside the result.
pub(crate) fn tell_raw(bytes: &[u8]) {
    let _ = io::stderr().lock().write_all(bytes);
}

/// Text that is the result itself.
pub(crate) fn print(text: impl Display) {
    let mut out = io::stdout().lock();
    let _ = write!(out, "{text}");
    let _ = out.flush();
}

/// Who reads the result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    /// A person, on standard output.
    Person,
    /// A program: one JSON object on standard output. The words for people go beside it.
    Program,
}

impl Reader {
    pub(crate) fn of(json: bool) -> Reader {
        if json { Reader::Program } else { Reader::Person }
    }

    /// Gives the result, in the words of both.
    pub(crate) fn give(self, words: &str, object: &impl Serialize) {
        match self {
            Reader::Person => print(words),
            Reader::Program => {
                tell_raw(words.as_bytes());
                print(format_args!("{}\n", to_json(object)));
            }
        }
    }
}

/// One JSON object in one line.
pub(crate) fn to_json(object: &impl Serialize) -> String {
    serde_json::to_string(object).expect("reports have only strings as keys")
}
