//! The union of all rooms' known bugs, by name. The core's are in the core; the host's are here.

use std::fmt;
use std::str::FromStr;

syncline_raft::mutants! {
    /// A known bug of the host: what an application could get wrong around a correct core. Each
    /// cites the rule that it breaks.
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
    pub enum HostMutant {
        /// After a crash the host builds the core from what it can read, without syncing that
        /// first (R23).
        NoSyncOnOpen = "no-sync-on-open",
        /// When a sync completes the host reports the newest write, though that one may have been
        /// written while the sync ran (R9).
        D6,
        /// The host lets go of the log up to what its state machine has applied, in memory and nowhere
        /// else (R16). CockroachDB pull request 76215 ended such an assumption.
        D27,
        /// The host puts a sync off until there are two writes, so that the last one is never synced,
        /// and nothing of it applied (R8). Redpanda issue 503.
        D29,
        /// The host forgets the ticks after which a sync is due once its disk has had nothing to do: what is
        /// written then waits for company, and with it whatever is to be applied (R8).
        D32,
        /// The host takes for synced what a sync under way covers, and writes on, so that more may be
        /// unsynced than it is allowed (R27).
        D33,
        /// The hard state lies in a store of its own, which is written before the log: a power cut
        /// between the two leaves a commit index whose entries are gone (R2, R3). Curvine issue 1368,
        /// CockroachDB issue 2592.
        F34,
        /// The log lies in a store of its own, which is written before the hard state: a power cut
        /// between the two leaves entries of a term that the node does not know of (R1).
        F44,
        /// The host does not keep the membership that comes with what it applies, so its states are
        /// written down with the one that it began with (R18).
        M13,
        /// The hard state that names a snapshot as committed is written before the snapshot (R17). etcd
        /// issue 10219.
        N1,
        /// A state that is written down names what was handed out to be applied by then, instead of
        /// what is applied. So the log goes before the state has it (R16).
        N9,
        /// The host takes where its log begins from the first entry, so a log of nothing but a snapshot
        /// begins nowhere (R23). Curvine issue 1551.
        N13,
        /// A host that is busy leading misses every second tick, so that its clock is slower than the
        /// drift that it was configured with allows for (R22). A fault of the configuration, not of the core.
        Q7,
        /// The host serves a read as soon as it is confirmed, and waits for no apply (R21).
        Q9,
        /// Whenever it starts, the host writes its hard state anew, with the term and without the vote
        /// (R23). PySyncObj issue 84 and seaweedfs/raft pull request 9 tell of votes lost in a restart.
        W5,
        /// The host restores its state machine, and forgets to tell the core how far that has come
        /// (R23). Qdrant pull request 715.
        W11,
        /// The host takes the commit index that it reads back for what its state machine has applied
        /// (R23).
        W15,
    }
}

/// A known bug, in whatever room.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mutant {
    /// In the core.
    Core(syncline_raft::Mutant),
    /// In the host.
    Host(HostMutant),
    /// In the log, where disks hold bytes.
    Log(syncline_wal::Mutant),
}

impl Mutant {
    /// All of them, in the order of the roster.
    pub fn all() -> impl Iterator<Item = Mutant> {
        let core = syncline_raft::Mutant::ALL.into_iter().map(Mutant::Core);
        let host = HostMutant::ALL.into_iter().map(Mutant::Host);
        core.chain(host).chain(syncline_wal::Mutant::ALL.into_iter().map(Mutant::Log))
    }

    /// Its stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Mutant::Core(mutant) => mutant.name(),
            Mutant::Host(mutant) => mutant.name(),
            Mutant::Log(mutant) => mutant.name(),
        }
    }

    /// The part that the core must be told.
    #[must_use]
    pub(crate) const fn of_core(self) -> Option<syncline_raft::Mutant> {
        match self {
            Mutant::Core(mutant) => Some(mutant),
            Mutant::Host(_) | Mutant::Log(_) => None,
        }
    }

    /// The part that the log must be told.
    #[must_use]
    pub(crate) const fn of_log(self) -> Option<syncline_wal::Mutant> {
        match self {
            Mutant::Log(mutant) => Some(mutant),
            Mutant::Core(_) | Mutant::Host(_) => None,
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
