//! Commands that people paste.

use std::env;
use std::path::Path;

use syncline_traces::Seed;

use crate::family::Family;
use crate::text::quoted;

/// The program as it was called, with other arguments: through Cargo if it came that way.
pub(crate) fn command(arguments: &str) -> String {
    if env::var_os("CARGO").is_some() {
        return format!("cargo run --release -q -- {arguments}");
    }
    let program = env::args_os().next().unwrap_or_else(|| "syncline".into());
    format!("{} {arguments}", quoted(Path::new(&program)))
}

/// The command that plays a trace again.
pub(crate) fn replay_of(path: &Path) -> String {
    command(&format!("replay {}", quoted(path)))
}

/// The command that plays the run of a seed again.
pub(crate) fn replay_of_seed(seed: Seed, family: &Family) -> String {
    command(&format!("replay {seed}{}", family.options()))
}
