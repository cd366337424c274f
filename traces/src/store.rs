//! Traces and records of seeds as files.
//!
//! A trace is written once. Whoever finds a file of the same name with other bytes has two runs for
//! one name, and is told so: nothing is ever overwritten. Nor is there ever half a file under a
//! trace's name, even after a power cut, because the bytes are synced under another name first.
//!
//! This is the only file of this room that touches the file system. It is told every path.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::digest::Digest;
use crate::format::{Expected, FormatError, Seed, Trace, read_row, to_json};

/// Why a file was not read or not written.
#[derive(Debug)]
pub enum StoreError {
    /// It could not be read.
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It could not be written. There is no file of this name, or it is as it was.
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// It is not of the format, or would not be.
    Format {
        /// The file.
        path: PathBuf,
        /// Where and how it departs from it.
        error: Box<FormatError>,
    },
    /// There is a file of this name with other bytes, which was left as it is.
    Occupied {
        /// The file.
        path: PathBuf,
        /// The first line that differs, from 1.
        line: u64,
    },
}

impl StoreError {
    fn format(path: &Path, error: FormatError) -> StoreError {
        StoreError::Format { path: path.to_owned(), error: Box::new(error) }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Read { path, error } => {
                write!(f, "{}: expected a file that can be read: {error}", path.display())
            }
            StoreError::Write { path, error } => {
                write!(f, "{}: expected a place for a new file: {error}", path.display())
            }
            StoreError::Format { path, error } => write!(f, "{}: {error}", path.display()),
            StoreError::Occupied { path, line } => write!(
                f,
                "{}: line {line}: expected no file or one with the same bytes, found other bytes; \
                 it was not overwritten",
                path.display()
            ),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            StoreError::Read { error, .. } | StoreError::Write { error, .. } => Some(error),
            StoreError::Format { error, .. } => Some(error.as_ref()),
            StoreError::Occupied { .. } => None,
        }
    }
}

/// Reads a trace. Whether it must have an end is for the caller to say.
///
/// # Errors
/// If the file cannot be read, or is no trace of this version.
pub fn read(path: &Path) -> Result<Trace, StoreError> {
    let text = read_text(path)?;
    Trace::parse(&text).map_err(|error| StoreError::format(path, error))
}

/// Writes a trace to a new file. If the same bytes are there already, nothing is to be done.
///
/// # Errors
/// If a file of this name has other bytes, the file cannot be written, or the trace could not be
/// read back. No file has changed then.
pub fn write_new(path: &Path, trace: &Trace) -> Result<(), StoreError> {
    let text = trace.to_text();
    // A trace is plain data that anybody may put together; what is stored must be readable.
    let read_back = Trace::parse(&text).map_err(|error| StoreError::format(path, error))?;
    assert!(read_back == *trace, "a trace that can be read back says the same");
    if is_there(path, &text)? {
        return Ok(());
    }
    let write = |error| StoreError::Write { path: path.to_owned(), error };
    let (draft, mut file) = open_draft(path).map_err(write)?;
    let drafted = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let placed = drafted.map_err(write).and_then(|()| place(&draft, path, &text));
    let removed = fs::remove_file(&draft);
    placed?;
    match removed {
        // A rename took it away.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(write),
    }
}

/// A new file beside the one to be. It belongs to this writer alone, because it was not there
/// before; what a writer that was killed has left is passed over.
fn open_draft(path: &Path) -> io::Result<(PathBuf, fs::File)> {
    let mut number = 0;
    loop {
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".draft-{number}"));
        match fs::File::create_new(&draft) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < DRAFTS_MAX => {
                number += 1;
            }
            opened => return opened.map(|file| (PathBuf::from(draft), file)),
        }
    }
}

/// Whether the file is there with this text; an error if it is there with another one.
fn is_there(path: &Path, text: &str) -> Result<bool, StoreError> {
    match fs::read(path) {
        Ok(found) if found == text.as_bytes() => Ok(true),
        Ok(found) => {
            let same = found.iter().zip(text.as_bytes()).take_while(|(a, b)| a == b);
            let line = 1 + same.filter(|(byte, _)| **byte == b'\n').count() as u64;
            Err(StoreError::Occupied { path: path.to_owned(), line })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(StoreError::Read { path: path.to_owned(), error }),
    }
}

/// Gives a finished draft its name. A link refuses a name that is taken, at the same instant at
/// which it would take it, while a rename would overwrite what another process has just put there.
fn place(draft: &Path, path: &Path, text: &str) -> Result<(), StoreError> {
    if fs::hard_link(draft, path).is_ok() || is_there(path, text)? {
        return Ok(());
    }
    // The file system knows no links. Between this look and the rename nothing protects the name.
    fs::rename(draft, path).map_err(|error| StoreError::Write { path: path.to_owned(), error })
}

/// What became of one seed: a line of `seeds.jsonl`.
///
/// It keeps no trace, so it is small, and goes stale when the code changes what the seed leads to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeedRecord {
    /// The seed.
    pub seed: Seed,
    /// The digest of the plan that was drawn from it.
    pub plan: Digest,
    /// The known bug that was switched on.
    pub mutant: Option<String>,
    /// The profile that the plan was drawn by.
    pub profile: String,
    /// The digest of the run.
    pub digest: Digest,
    /// How it ended.
    pub verdict: SeedVerdict,
}

/// How the run of a recorded seed ended. Written as `passed`, or as the number of the oracle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SeedVerdict {
    /// Every promise was kept.
    Passed,
    /// This oracle found a broken promise.
    Violation(String),
}

/// A text is neither `passed` nor the number of an oracle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAVerdict;

impl fmt::Display for NotAVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected passed, or the number of an oracle such as O6")
    }
}

impl std::error::Error for NotAVerdict {}

impl fmt::Display for SeedVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SeedVerdict::Passed => f.write_str("passed"),
            SeedVerdict::Violation(oracle) => f.write_str(oracle),
        }
    }
}

impl FromStr for SeedVerdict {
    type Err = NotAVerdict;

    fn from_str(text: &str) -> Result<SeedVerdict, NotAVerdict> {
        if text == "passed" {
            return Ok(SeedVerdict::Passed);
        }
        let digits = text.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && digits.len() < text.len() {
            Ok(SeedVerdict::Violation(text.to_owned()))
        } else {
            Err(NotAVerdict)
        }
    }
}

impl Serialize for SeedVerdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SeedVerdict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SeedVerdict, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// Reads a file of recorded seeds. An empty one has none.
///
/// # Errors
/// If the file cannot be read, or a line of it is no record.
pub fn read_seeds(path: &Path) -> Result<Vec<SeedRecord>, StoreError> {
    let text = read_text(path)?;
    let rows = (1..).zip(text.split_inclusive('\n'));
    rows.map(|(number, row)| read_row(number, row, Expected::SeedLine))
        .collect::<Result<_, FormatError>>()
        .map_err(|error| StoreError::format(path, error))
}

/// The text of a file of recorded seeds.
#[must_use]
pub fn seeds_to_text(records: &[SeedRecord]) -> String {
    records.iter().map(|record| to_json(record) + "\n").collect()
}

fn read_text(path: &Path) -> Result<String, StoreError> {
    let read = |error| StoreError::Read { path: path.to_owned(), error };
    String::from_utf8(fs::read(path).map_err(read)?).map_err(|error| {
        let whole = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + whole.iter().filter(|byte| **byte == b'\n').count() as u64;
        StoreError::format(path, FormatError::new(line, Expected::Utf8, "other bytes"))
    })
}

/// How many abandoned drafts of one file are passed over.
const DRAFTS_MAX: u32 = 99;
