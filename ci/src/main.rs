//! The program `syncline`.

use std::process::ExitCode;

use syncline::Library;
use syncline_sim::{RaftCore, Unforkable};

fn main() -> ExitCode {
    syncline::main_with(&[Library::of::<RaftCore>(), Library::of::<Unforkable>()])
}
