//! What a node reads back from its disk when it starts.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::entry::{Entry, HardState};
use crate::membership::{Membership, MembershipError};
use crate::snapshot::Snapshot;
use crate::types::{Index, LogId, NodeId, Term};

/// What a node reads back from its disk when it starts. All of it must be synced (R23).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Restored {
    /// The newest hard state.
    pub hard_state: HardState,
    /// The entry before the first one of the log, which was compacted or came as a snapshot; none for
    /// a log that begins at index 1.
    pub base: LogId,
    /// The first entry of each term among those of the log that are not in `entries`.
    pub older: Vec<LogId>,
    /// The end of the log: at least every entry that is not applied.
    pub entries: Vec<Entry>,
    /// Up to where the state machine has durably applied the log.
    pub applied: Index,
    /// The membership at that index; at index 0, the one that the cluster began with.
    pub membership: Membership,
    /// The snapshot at `base`, unless the state machine has durably applied it: the first Ready hands
    /// it out again.
    pub snapshot: Option<Arc<Snapshot>>,
}

impl Restored {
    /// A new node of a new cluster of these voters, given in any order and each once. If there are
    /// none this is [`Restored::default`], which founds nothing: the node waits until a leader adds it.
    #[must_use]
    pub fn new_cluster(voters: impl IntoIterator<Item = NodeId>) -> Restored {
        Restored { membership: Membership::of_voters(voters), ..Restored::default() }
    }

    /// Whether nothing was ever written: the node never promised anything.
    pub(crate) fn is_new(&self) -> bool {
        self.hard_state == HardState::default() && self.last() == LogId::default()
    }

    fn last(&self) -> LogId {
        self.entries.last().map_or(self.base, |entry| entry.id)
    }

    /// What is known to be committed (R23).
    pub(crate) fn committed(&self) -> Index {
        self.hard_state.commit.max(self.base.index).max(self.applied)
    }

    /// Checks that this is a state which a node can have left behind.
    ///
    /// # Errors
    /// The first thing that no node leaves behind: the disk is corrupt, or was read wrongly.
    pub fn validate(&self) -> Result<(), RestoreError> {
        self.membership.validate().map_err(RestoreError::Membership)?;
        self.validate_log()?;
        let last = self.last();
        let HardState { term, commit, .. } = self.hard_state;
        if term < last.term {
            return Err(RestoreError::TermBehindLog { term, last });
        }
        if commit > last.index {
            return Err(RestoreError::CommitBeyondLog { commit, last: last.index });
        }
        let applied = self.applied;
        if applied > last.index {
            return Err(RestoreError::AppliedBeyondLog { applied, last: last.index });
        }
        match &self.snapshot {
            Some(snapshot) if snapshot.last != self.base || applied >= self.base.index => {
                let (found, base) = (snapshot.last, self.base);
                Err(RestoreError::StraySnapshot { found, base, applied })
            }
            Some(snapshot) => snapshot.membership.validate().map_err(RestoreError::Membership),
            None if applied < self.base.index => {
                Err(RestoreError::SnapshotMissing { base: self.base, applied })
            }
            None => Ok(()),
        }
    }

    fn validate_log(&self) -> Result<(), RestoreError> {
        let mut before = self.base;
        let is_entry = Index::ZERO < before.index && before.term > Term(0);
        if before != LogId::default() && !(is_entry && before.index < Index::BOUND) {
            return Err(RestoreError::NotContiguous { after: LogId::default(), found: before });
        }
        for (position, id) in self.older.iter().enumerate() {
            let follows = match position {
                0 => id.index == before.index.next() && id.term >= before.term,
                _ => id.index > before.index && id.term > before.term,
            };
            if !follows || id.term == Term(0) {
                return Err(RestoreError::NotContiguous { after: before, found: *id });
            }
            before = *id;
        }
        let mut entries = self.entries.iter().map(|entry| entry.id).peekable();
        match (entries.peek(), self.older.is_empty()) {
            (None, true) => return Ok(()),
            (None, false) => return Err(RestoreError::EntriesMissing { applied: self.applied }),
            (Some(first), false) => {
                let unapplied = first.index.prev() > self.applied;
                if unapplied {
                    return Err(RestoreError::EntriesMissing { applied: self.applied });
                }
                if first.index <= before.index {
                    return Err(RestoreError::NotContiguous { after: before, found: *first });
                }
                before.index = first.index.prev();
            }
            (Some(_), true) => {}
        }
        for id in entries {
            let is_next = id.index == before.index.next() && id.index < Index::BOUND;
            if !is_next || id.term < before.term || id.term == Term(0) {
                return Err(RestoreError::NotContiguous { after: before, found: id });
            }
            before = id;
        }
        match self.entries.iter().find(|entry| entry.payload.is_too_long()) {
            Some(entry) => Err(RestoreError::ChangeTooLong { found: entry.id }),
            None => Ok(()),
        }
    }
}

/// Why a restored state is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestoreError {
    /// An entry does not follow the one before it, or is of term 0, which no leader has.
    NotContiguous {
        /// The entry before; the base if there is none.
        after: LogId,
        /// What was found instead of its successor.
        found: LogId,
    },
    /// A change of the membership speaks of more than [`MEMBERS_MAX`](crate::MEMBERS_MAX) nodes.
    ChangeTooLong {
        /// The entry that makes it.
        found: LogId,
    },
    /// An entry that is not applied is missing: only older ones may be left out.
    EntriesMissing {
        /// The restored applied index.
        applied: Index,
    },
    /// The hard state is older than the log, which R1 forbids.
    TermBehindLog {
        /// The restored term.
        term: Term,
        /// The restored last entry.
        last: LogId,
    },
    /// The commit index lies above the last entry, which R3 forbids.
    CommitBeyondLog {
        /// The restored commit index.
        commit: Index,
        /// The restored last index.
        last: Index,
    },
    /// The state machine is ahead of the log.
    AppliedBeyondLog {
        /// The restored applied index.
        applied: Index,
        /// The restored last index.
        last: Index,
    },
    /// The log begins behind what the state machine has applied, and no snapshot fills the gap (R16).
    SnapshotMissing {
        /// The entry before the log.
        base: LogId,
        /// The restored applied index.
        applied: Index,
    },
    /// There is a snapshot that is not that of the base, or is applied already.
    StraySnapshot {
        /// What the snapshot stands for.
        found: LogId,
        /// The entry before the log.
        base: LogId,
        /// The restored applied index.
        applied: Index,
    },
    /// A membership contradicts itself.
    Membership(MembershipError),
}

impl fmt::Display for RestoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RestoreError::NotContiguous { after, found } => {
                write!(f, "expected the successor of entry {after}, found {found}")
            }
            RestoreError::ChangeTooLong { found } => {
                write!(f, "the change of the membership at {found} speaks of too many nodes")
            }
            RestoreError::EntriesMissing { applied } => {
                write!(f, "entries above the applied index {applied} are missing")
            }
            RestoreError::TermBehindLog { term, last } => {
                write!(f, "term {term} is behind the last entry {last} (R1)")
            }
            RestoreError::CommitBeyondLog { commit, last } => {
                write!(f, "commit {commit} is above the last index {last} (R3)")
            }
            RestoreError::AppliedBeyondLog { applied, last } => {
                write!(f, "applied {applied} is above the last index {last}")
            }
            RestoreError::SnapshotMissing { base, applied } => {
                write!(f, "the log begins after {base}, but only {applied} is applied (R16)")
            }
            RestoreError::StraySnapshot { found, base, applied } => write!(
                f,
                "a snapshot at {found} for a log that begins after {base}, with {applied} applied"
            ),
            RestoreError::Membership(error) => write!(f, "membership: {error}"),
        }
    }
}

impl core::error::Error for RestoreError {}
