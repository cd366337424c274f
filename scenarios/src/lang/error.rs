//! Why a script is refused or fails: one line that names the file, the line, what was expected and
//! what was found.

use std::fmt;
use std::io;

use syncline_raft::NodeId;
use syncline_sim::{BeginError, PlanError};
use syncline_traces::{Choice, Verdict, Violation};

use super::HEADER;
use super::command::{Act, Fact, Proof};

/// A script is refused, or does not do what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptError {
    /// The file.
    pub file: String,
    /// The line, counted from 1; 0 if the file as a whole is meant.
    pub line: u32,
    /// What is wrong there.
    pub fault: Fault,
}

/// What can be wrong with a script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The file cannot be read or written.
    File(io::ErrorKind),
    /// There is no script at this path.
    NoScript,
    /// A line is not of the language.
    Syntax {
        /// What would have been right.
        expected: &'static str,
        /// The word that is there instead; empty at the end of the line.
        found: String,
    },
    /// The file ends without a header.
    NoHeader,
    /// No world can begin as the header says.
    Begin(Box<BeginError>),
    /// The world does not offer what the script wants to do.
    NotEnabled(Act),
    /// The world offers what the script says it refuses.
    Offered(Choice),
    /// The cluster does not come to rest.
    Restless {
        /// After so many choices.
        choices: u32,
    },
    /// The ticks of the calm have run out, and somebody still waits for something.
    CutShort {
        /// So many there were.
        ticks: u32,
    },
    /// Something is not so of a node.
    Unmet {
        /// The node.
        node: NodeId,
        /// What should be so.
        expected: Fact,
        /// What is so; `None` if the node is down.
        found: Option<Fact>,
    },
    /// The output differs from the one in the file.
    Output {
        /// The line in the file; `None` if the output should have ended before.
        expected: Option<String>,
        /// The line of the output; `None` if it ends before.
        found: Option<String>,
    },
    /// The core breaks a promise with no known bug switched on.
    Broken(Box<Violation>),
    /// A known bug is not convicted by the oracle that the script names.
    Unproved(Proof, Box<Verdict>),
}

impl Fault {
    /// A calm in a plan that has none.
    pub(crate) fn no_calm() -> Fault {
        let error = PlanError { field: "calm_ticks", expected: "more than 0 for a calm" };
        Fault::Begin(Box::new(BeginError::Plan(error)))
    }

    /// Whether the text itself is at fault, rather than what comes of it.
    #[must_use]
    pub const fn is_of_the_text(&self) -> bool {
        matches!(
            self,
            Fault::File(_)
                | Fault::NoScript
                | Fault::Syntax { .. }
                | Fault::NoHeader
                | Fault::Begin(_)
        )
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.fault)
        } else {
            write!(f, "{}:{}: {}", self.file, self.line, self.fault)
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::File(io::ErrorKind::NotFound) => {
                f.write_str("expected a script, found no such file or folder")
            }
            Fault::File(kind) => write!(f, "expected a readable script, found '{kind}'"),
            Fault::NoScript => f.write_str("expected a script (*.scn) here or below, found none"),
            Fault::Syntax { expected, found } if found.is_empty() => {
                write!(f, "expected {expected}, found the end of the line")
            }
            Fault::Syntax { expected, found } => write!(f, "expected {expected}, found '{found}'"),
            Fault::NoHeader => write!(f, "expected {HEADER}, found the end of the file"),
            Fault::Begin(error) => error.fmt(f),
            Fault::NotEnabled(act) => {
                write!(f, "expected what the world offers now, found '{act}'")
            }
            Fault::Offered(choice) => {
                write!(f, "expected that the world refuses this, found '{choice}' on offer")
            }
            Fault::Restless { choices } => {
                write!(
                    f,
                    "expected a cluster that comes to rest, found it busy after {choices} choices"
                )
            }
            Fault::CutShort { ticks } => {
                write!(
                    f,
                    "expected a calm in which all waiting ends, found it over after {ticks} ticks"
                )
            }
            Fault::Unmet { node, expected, found: Some(found) } => {
                write!(f, "expected n{node} {expected}, found '{found}'")
            }
            Fault::Unmet { node, expected, found: None } => {
                write!(f, "expected n{node} {expected}, found it down")
            }
            Fault::Output { expected, found } => {
                let or_end = |line: &Option<String>| match line {
                    Some(line) => format!("'{line}'"),
                    None => "the end of the output".to_owned(),
                };
                write!(f, "expected {}, found {}", or_end(expected), or_end(found))
            }
            Fault::Broken(broken) => {
                let Violation { oracle, promise, found, .. } = &**broken;
                write!(f, "expected {oracle} ({promise}), found '{found}'")
            }
            Fault::Unproved(Proof { mutant, oracle }, verdict) => {
                write!(f, "expected {oracle} to convict {mutant}, found ")?;
                match &**verdict {
                    Verdict::Passed => f.write_str("no promise broken"),
                    Verdict::Violation(other) | Verdict::OutOfContract(other) => {
                        write!(f, "{} '{}'", other.oracle, other.found)
                    }
                }
            }
        }
    }
}

impl std::error::Error for ScriptError {}
