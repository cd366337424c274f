//! The union of all rooms' known bugs, by name. The core's are in the core; the host's are here.

use std::fmt;
use std::str::FromStr;

/// A known bug of the host: what an application could get wrong around a correct core. Each
/// cites the rule that it breaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HostMutant {
    /// After a crash the host builds the core from what it can read, without syncing that
    /// first (R23).
    NoSyncOnOpen,
}

/// A known bug, in whatever room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mutant {
    /// In the core.
    Core(syncline_raft::Mutant),
    /// In the host.
    Host(HostMutant),
}

impl Mutant {
    /// All of them, in the order of the roster.
    pub fn all() -> impl Iterator<Item = Mutant> {
        let core = syncline_raft::Mutant::ALL.into_iter().map(Mutant::Core);
        core.chain([Mutant::Host(HostMutant::NoSyncOnOpen)])
    }

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Mutant::Core(mutant) => mutant.name(),
            Mutant::Host(HostMutant::NoSyncOnOpen) => "no-sync-on-open",
        }
    }

    /// The part that the core must be told.
    #[must_use]
    pub(crate) const fn of_core(self) -> Option<syncline_raft::Mutant> {
        match self {
            Mutant::Core(mutant) => Some(mutant),
            Mutant::Host(_) => None,
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// No room has a mutant of this name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownMutant {
    /// The name.
    pub found: String,
}

impl fmt::Display for UnknownMutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a mutant (")?;
        for (position, mutant) in Mutant::all().enumerate() {
            let comma = if position > 0 { ", " } else { "" };
            write!(f, "{comma}{mutant}")?;
        }
        write!(f, "), found '{}'", self.found)
    }
}

impl std::error::Error for UnknownMutant {}

impl FromStr for Mutant {
    type Err = UnknownMutant;

    fn from_str(name: &str) -> Result<Mutant, UnknownMutant> {
        let found = || UnknownMutant { found: name.to_owned() };
        Mutant::all().find(|mutant| mutant.name() == name).ok_or_else(found)
    }
}
