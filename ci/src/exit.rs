//! How the program ends: its exit codes, and the one line with which it refuses.

use std::fmt::Display;
use std::process::ExitCode;

use crate::out;

/// What the exit code says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Exit {
    /// All is well.
    Fine = 0,
    /// A promise of safety was broken.
    Violation = 1,
    /// The command line, the configuration or a file is not as it should be.
    Usage = 2,
    /// What was promised did not happen, but nothing wrong did.
    Liveness = 3,
    /// The same seed went two ways.
    NotDeterministic = 4,
    /// A trace no longer plays line for line.
    Stale = 5,
    /// A situation that was to be reached was not.
    GoalUnmet = 6,
    /// A known bug was not convicted.
    Survivor = 7,
    /// The harness itself is at fault, or its canary was not caught.
    Harness = 8,
}

impl Exit {
    /// How a program ends that found violations of these oracles: what is wrong outweighs what is
    /// missing.
    pub(crate) fn of_oracles<'a>(mut oracles: impl Iterator<Item = &'a str>) -> Exit {
        let is_liveness =
            |name: &str| name.parse().is_ok_and(|id: syncline_sim::OracleId| id.is_liveness());
        if oracles.all(is_liveness) { Exit::Liveness } else { Exit::Violation }
    }

    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Why a verb does not do what it was asked to, in one line that says what was expected.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    exit: Exit,
    text: String,
}

impl Refusal {
    pub(crate) fn new(exit: Exit, text: impl Display) -> Refusal {
        Refusal { exit, text: text.to_string().replace('\n', " ") }
    }

    /// The command line, the configuration or a file is not as it should be.
    pub(crate) fn usage(text: impl Display) -> Refusal {
        Refusal::new(Exit::Usage, text)
    }

    /// Says it.
    pub(crate) fn say(self) -> Exit {
        out::tell(format_args!("error: {}", self.text));
        self.exit
    }
}
