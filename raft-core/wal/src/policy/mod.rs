//! When to sync. A policy decides; whoever owns the disk acts.
//!
//! [`SyncPolicy`] counts in writes and ticks, which is all that a simulated world has; a [`Pace`] in
//! bytes and microseconds, and says as well whether to take more Readys.

mod history;
mod pace;
mod time;

use syncline_raft::SyncWanted;

pub use history::History;
pub use pace::{Advice, Begin, Intake, Pace, Pending};
pub use time::{Micros, SyncTime};

/// When a host begins its next sync.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum SyncPolicy {
    /// As soon as a write is there for which somebody may wait.
    EveryReady,
    /// After so many writes, or so many ticks since the first of them: whatever comes first. The
    /// ticks are what keeps the last writes before a quiet time from waiting for ever. A vote does
    /// not wait for either.
    After {
        /// So many writes.
        writes: u32,
        /// So many ticks.
        ticks: u32,
    },
}

/// What no sync covers yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Unsynced {
    /// How many writes have been written since the last sync began.
    pub writes: u32,
    /// Ticks since the oldest of them was written; 0 if there is none.
    pub ticks: u32,
    /// For whose sake to sync; `None` if for nobody's.
    pub wanted: Option<SyncWanted>,
}

impl SyncPolicy {
    /// Whether to begin a sync now.
    #[must_use]
    pub fn is_due(&self, unsynced: Unsynced) -> bool {
        if unsynced.writes == 0 || unsynced.wanted.is_none() {
            return false;
        }
        match *self {
            SyncPolicy::EveryReady => true,
            // An election stands still for as long as a vote waits, its own timer included (R25), and
            // with ticks above the election timeout every answer would come to a candidate that has
            // gone on to the next term. Elections are rare: this sync is not one that a policy saves.
            SyncPolicy::After { .. } if unsynced.wanted == Some(SyncWanted::Vote) => true,
            SyncPolicy::After { writes, ticks } => {
                unsynced.writes >= writes || unsynced.ticks >= ticks
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsynced(writes: u32, ticks: u32) -> Unsynced {
        Unsynced { writes, ticks, wanted: Some(SyncWanted::OwnCopy) }
    }

    #[test]
    fn nothing_is_synced_for_nobody() {
        let idle = Unsynced { writes: 9, ticks: 9, wanted: None };
        assert!(!SyncPolicy::EveryReady.is_due(idle));
        assert!(!SyncPolicy::EveryReady.is_due(unsynced(0, 0)));
        assert!(SyncPolicy::EveryReady.is_due(unsynced(1, 0)));
    }

    #[test]
    fn an_election_does_not_wait_for_more_writes() {
        let policy = SyncPolicy::After { writes: 3, ticks: 5 };
        let vote = Unsynced { wanted: Some(SyncWanted::Vote), ..unsynced(1, 0) };
        assert!(policy.is_due(vote));
        assert!(!policy.is_due(Unsynced { writes: 0, ..vote }));
    }

    #[test]
    fn a_lonely_write_is_synced_in_time() {
        let policy = SyncPolicy::After { writes: 3, ticks: 5 };
        assert!(!policy.is_due(unsynced(2, 4)));
        assert!(policy.is_due(unsynced(3, 0)));
        assert!(policy.is_due(unsynced(1, 5)));
    }
}
