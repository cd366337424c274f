//! Known bugs, which the simulator must catch.
//!
//! The feature `mutants` compiles them in; only [`Config::mutant`](crate::Config::mutant) switches
//! one on. Without the feature every question here is answered `false` at compile time.

use core::fmt;
use core::str::FromStr;

/// A bug that a Raft library had, or could have. Each cites the rule that it breaks, or else the
/// section of the Raft paper.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mutant {
    /// A vote request leaves before its sync (R24).
    F1,
    /// A vote request waits for its term and vote, but not for the log that it names (R24).
    F2,
    /// A leader counts its own copy as soon as it is appended (R5).
    F4,
    /// A follower acknowledges what it has appended but not synced (R24).
    F5,
    /// A node hands out whatever is committed, synced here or not (R8).
    F6,
    /// A sync is taken to cover an index, whatever has overwritten it since (A-B-A, R9).
    F7,
    /// As F7, with a check of the term: the same entry sent again still fools it (R9).
    F8,
    /// A withheld message is released by the write before the one it needs (R24).
    F12,
    /// A vote leaves before its sync (R24).
    F16,
    /// A leader commits an entry of an older term by counting copies (R5, and figure 8 of the
    /// Raft paper).
    K1,
    /// A candidate that steps down within its term forgets for whom it voted (Raft paper,
    /// section 5.2).
    K2,
    /// A vote of an earlier term is counted (Raft paper, section 5.1).
    K3,
    /// A vote goes to the longer log, whatever its last term (Raft paper, section 5.4.1).
    K4,
    /// The commit index follows whatever a leader says, also down (R7).
    K6,
    /// A conflicting tail is kept, and what follows it is appended (Raft paper, section 5.3).
    K11,
    /// The last entry of a batch to apply is handed out again with the next batch
    /// (Raft paper, section 5.3).
    K19,
    /// A new leader cuts what is not committed off its own log (Raft paper, section 5.3).
    K20,
    /// A commit index beyond what an append carries is taken for corruption, and ends the
    /// process (R7).
    W7,
}

impl Mutant {
    /// All of them, in the order of their names.
    pub const ALL: [Mutant; 18] = [
        Mutant::F1,
        Mutant::F2,
        Mutant::F4,
        Mutant::F5,
        Mutant::F6,
        Mutant::F7,
        Mutant::F8,
        Mutant::F12,
        Mutant::F16,
        Mutant::K1,
        Mutant::K2,
        Mutant::K3,
        Mutant::K4,
        Mutant::K6,
        Mutant::K11,
        Mutant::K19,
        Mutant::K20,
        Mutant::W7,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Mutant::F1 => "F1",
            Mutant::F2 => "F2",
            Mutant::F4 => "F4",
            Mutant::F5 => "F5",
            Mutant::F6 => "F6",
            Mutant::F7 => "F7",
            Mutant::F8 => "F8",
            Mutant::F12 => "F12",
            Mutant::F16 => "F16",
            Mutant::K1 => "K1",
            Mutant::K2 => "K2",
            Mutant::K3 => "K3",
            Mutant::K4 => "K4",
            Mutant::K6 => "K6",
            Mutant::K11 => "K11",
            Mutant::K19 => "K19",
            Mutant::K20 => "K20",
            Mutant::W7 => "W7",
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name given is not that of a mutant of the core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownMutant;

impl FromStr for Mutant {
    type Err = UnknownMutant;

    fn from_str(name: &str) -> Result<Mutant, UnknownMutant> {
        Mutant::ALL.into_iter().find(|mutant| mutant.name() == name).ok_or(UnknownMutant)
    }
}

/// Which bug is on in a node.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Active(Option<Mutant>);

impl Active {
    pub(crate) fn new(mutant: Option<Mutant>) -> Active {
        Active(if cfg!(feature = "mutants") { mutant } else { None })
    }

    /// Whether this bug is on.
    #[inline(always)]
    pub(crate) fn is(self, mutant: Mutant) -> bool {
        cfg!(feature = "mutants") && self.0 == Some(mutant)
    }

    /// Whether the node is free of planted bugs, so that its invariants must hold.
    #[inline(always)]
    pub(crate) fn none(self) -> bool {
        !cfg!(feature = "mutants") || self.0.is_none()
    }
}
