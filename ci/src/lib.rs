//! The command line of Syncline: fuzz, replay, mutants, scenario, soak.
//!
//! It is a library with a thin program around it, so that a package of its own can pass another Raft
//! library to [`main_with`] and get every verb for it, without bringing that library's dependencies
//! into this workspace.
//!
//! This is the only room that reads clocks, starts threads and looks at its environment. None of
//! that reaches a run: a run is decided by its plan and its seed, so the same campaign has the same
//! digest with one thread and with many.
#![forbid(unsafe_code)]

mod args;
mod engine;
mod exit;
mod family;
mod library;
mod listen;
mod out;
mod panics;
mod progress;
mod story;
mod sums;
mod text;
pub mod tidy;
mod trial;
mod verb;

use std::process::ExitCode;

pub use library::Library;

use exit::Refusal;

/// The program: reads the command line, does what it says, and returns the exit code.
///
/// The first library is the one that is tested if the command line names none.
///
/// # Panics
/// If there is no library at all.
#[must_use]
pub fn main_with(libraries: &[Library]) -> ExitCode {
    assert!(!libraries.is_empty(), "there is a library to test");
    panics::install();
    let exit = match args::parse() {
        Ok((asked, verb)) => {
            let done = verb::run(libraries, asked, verb);
            done.unwrap_or_else(Refusal::say)
        }
        Err(exit) => exit,
    };
    exit.code()
}
