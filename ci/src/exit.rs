//! How the program ends: its exit codes, and the one line with which it refuses.

use std::fmt::Display;
use std::process::ExitCode;

use crate::out;

/// The exit codes: the enum, all of them in order, and the words of each in the help text.
macro_rules! exits {
    ($($(#[$doc:meta])* $exit:ident = $code:literal, $words:literal;)+) => {
        /// What the exit code says.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub(crate) enum Exit { $($(#[$doc])* $exit = $code,)+ }

        impl Exit {
            const ALL: [Exit; [$($code),+].len()] = [$(Exit::$exit),+];

            const fn words(self) -> &'static str {
                match self { $(Exit::$exit => $words,)+ }
            }
        }
    };
}

exits! {
    /// All is well.
    Fine = 0, "fine";
    /// A promise of safety was broken.
    Violation = 1, "a promise of safety was broken";
    /// The command line, the configuration or a file is not as it should be.
    Usage = 2, "usage or configuration";
    /// What was promised did not happen, but nothing wrong did.
    Liveness = 3, "a promise of liveness was broken";
    /// The same seed went two ways.
    NotDeterministic = 4, "not deterministic";
    /// A trace no longer plays line for line.
    Stale = 5, "stale trace";
    /// A situation that was to be reached was not.
    GoalUnmet = 6, "a goal was not reached";
    /// A known bug was not convicted.
    Survivor = 7, "a known bug survived";
    /// The harness itself is at fault, or its canary was not caught.
    Harness = 8, "a fault of the harness itself";
}

impl Exit {
    /// How a program ends that found violations of these oracles: what is wrong outweighs what is
    /// missing.
    pub(crate) fn of_oracles<'a>(mut oracles: impl Iterator<Item = &'a str>) -> Exit {
        let is_liveness =
            |name: &str| name.parse().is_ok_and(|id: syncline_sim::OracleId| id.is_liveness());
        if oracles.all(is_liveness) { Exit::Liveness } else { Exit::Violation }
    }

    /// Every code with what it says, line by line.
    pub(crate) fn legend() -> String {
        let lines = Exit::ALL.map(|exit| format!("\n  {} {}", exit as u8, exit.words()));
        format!("Exit codes:{}", lines.concat())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_says_what_each_code_means() {
        let readme = include_str!("../../README.md");
        let readme = readme.split_whitespace().collect::<Vec<_>>().join(" ");
        for exit in Exit::ALL {
            let words = format!(" {} {}", exit as u8, exit.words());
            assert!(readme.contains(&words), "README.md must say:{words}");
        }
    }
}
