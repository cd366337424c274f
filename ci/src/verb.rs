//! The verbs of the program, one file each.

mod bench;
mod fuzz;
mod mutants;
mod replay;
mod scenario;
mod soak;

use crate::args::{Asked, Verb};
use crate::exit::{Exit, Refusal};
use crate::library::Library;

/// Does what the command line says.
///
/// # Errors
/// If it cannot be done at all.
pub(crate) fn run(libraries: &[Library], asked: Asked, verb: Verb) -> Result<Exit, Refusal> {
    match verb {
        Verb::Fuzz(args) => fuzz::run(libraries, asked, &args),
        Verb::Replay(args) => replay::run(libraries, &args),
        Verb::Mutants(args) => mutants::run(libraries, &args),
        Verb::Scenario(args) => scenario::run(&args),
        Verb::Bench(args) => bench::run(&args),
        Verb::Soak(args) => soak::run(libraries, &args),
    }
}
