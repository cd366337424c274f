//! From the command line to a family of runs: what is not said is filled in, and all of it checked
//! before the first run.

use std::collections::hash_map::RandomState;
use std::fmt::Write;
use std::hash::BuildHasher;

use syncline_sim::{BeginError, Campaign, Mutant, Profile};
use syncline_traces::Seed;

use crate::args;
use crate::exit::Refusal;
use crate::library::{Library, named};

/// Seeds that we draw ourselves are below this: people read them aloud and type them.
const DRAWN_BELOW: u64 = 1_000_000_000_000;

/// Whether known bugs are compiled in. One that is not would be switched on in vain.
pub(crate) const HAS_MUTANTS: bool = cfg!(feature = "mutants");

/// A library, and a family of its runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family {
    pub(crate) library: Library,
    pub(crate) campaign: Campaign,
}

impl Family {
    /// What the command line asks for.
    ///
    /// # Errors
    /// If there is no such library, or a plan would be out of range.
    pub(crate) fn new(
        libraries: &[Library],
        args: &args::Family,
        seed: Option<Seed>,
    ) -> Result<Family, Refusal> {
        let library = named(libraries, args.subject.as_deref())?;
        let profile = args.profile.unwrap_or(Profile::Swarm);
        let campaign = Campaign {
            nodes: args.nodes.map(|nodes| nodes.0),
            steps_max: args.steps.map(|steps| steps.0),
            mutant: args.mutant.map(compiled_in).transpose()?,
            ..Campaign::new(seed.unwrap_or_else(drawn_seed), profile)
        };
        Ok(Family { library, campaign })
    }

    /// The same family from another seed.
    pub(crate) fn with_seed(self, seed: Seed) -> Family {
        Family { campaign: Campaign { seed, ..self.campaign }, ..self }
    }

    /// The options that name this family again, each with a space before it.
    pub(crate) fn options(&self) -> String {
        let Campaign { profile, nodes, steps_max, mutant, .. } = self.campaign;
        let mut options = String::new();
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = write!(options, " --{name} {value}");
            }
        };
        add("subject", Some(self.library.name().to_owned()).filter(|name| name != "core"));
        add("profile", Some(profile.to_string()).filter(|_| profile != Profile::Swarm));
        add("nodes", nodes.map(|nodes| nodes.to_string()));
        add("steps", steps_max.map(|steps| steps.to_string()));
        add("mutant", mutant.map(|mutant| mutant.to_string()));
        options
    }
}

/// The mutant, if it can be switched on at all.
///
/// # Errors
/// If this program was built without known bugs.
pub(crate) fn compiled_in(mutant: Mutant) -> Result<Mutant, Refusal> {
    if HAS_MUTANTS {
        return Ok(mutant);
    }
    let text =
        format!("expected a build with the feature 'mutants' for {mutant}, found one without");
    Err(Refusal::usage(text))
}

/// A run that cannot begin: it is for the command line to ask for another plan.
pub(crate) fn cannot_begin(error: &BeginError) -> Refusal {
    Refusal::usage(error)
}

/// A seed that nobody has chosen.
pub(crate) fn drawn_seed() -> Seed {
    // The keys of a new hasher come from the operating system.
    Seed(RandomState::new().hash_one(std::process::id()) % DRAWN_BELOW)
}
