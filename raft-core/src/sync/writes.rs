//! The ledger of writes: what was handed out, what is synced, and what that makes safe (R9).

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use crate::snapshot::Snapshot;
use crate::types::{Index, LogId};

/// One write that is not synced yet.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct InFlight {
    /// The last entry of the log after this write.
    last: LogId,
    /// The lowest index that it writes; `None` if it carries no entry. A snapshot counts as writing
    /// from the commit index before it on (R13).
    lowest: Option<Index>,
    /// Whether it carries a new term or a new vote.
    hard: bool,
}

impl InFlight {
    /// Whether it carries nothing but a commit index, for which nobody ever waits.
    fn is_commit_only(&self) -> bool {
        self.lowest.is_none() && !self.hard
    }

    /// Whether it carries the term, the vote, or an entry at or below `index`.
    fn carries(&self, index: Index) -> bool {
        self.hard || self.lowest.is_some_and(|lowest| lowest <= index)
    }
}

/// All writes of one incarnation, and the changes that wait for the next one.
///
/// **Invariant** (I2): `synced <= advanced <= issued`, and `in_flight` holds exactly the writes
/// after `synced`, in order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Writes {
    in_flight: VecDeque<InFlight>,
    /// How many of them somebody may wait for.
    awaited: usize,
    pub(crate) issued: u64,
    pub(crate) advanced: u64,
    pub(crate) synced: u64,
    /// The last entry after the newest synced write.
    synced_last: LogId,
    /// The last entry after the newest issued write.
    issued_last: LogId,
    /// The commit index in the newest issued hard state.
    pub(crate) issued_commit: Index,
    /// The lowest index changed since the last write was issued.
    pub(crate) pending_lowest: Option<Index>,
    /// A snapshot that takes the place of the log with the next write.
    pub(crate) pending_snapshot: Option<Arc<Snapshot>>,
    /// Whether term or vote changed since the last write was issued.
    pub(crate) pending_hard: bool,
}

impl Writes {
    pub(crate) fn restored(last: LogId, commit: Index) -> Writes {
        Writes {
            in_flight: VecDeque::new(),
            awaited: 0,
            issued: 0,
            advanced: 0,
            synced: 0,
            synced_last: last,
            issued_last: last,
            issued_commit: commit,
            pending_lowest: None,
            pending_snapshot: None,
            pending_hard: false,
        }
    }

    /// A snapshot takes the place of the log, which was committed up to `committed`.
    pub(crate) fn log_replaced(&mut self, committed: Index, snapshot: Arc<Snapshot>) {
        self.log_changed(committed.next());
        self.pending_snapshot = Some(snapshot);
    }

    /// The log was changed from `lowest` on.
    pub(crate) fn log_changed(&mut self, lowest: Index) {
        self.pending_lowest = Some(self.pending_lowest.map_or(lowest, |before| before.min(lowest)));
    }

    /// The term or the vote was changed.
    pub(crate) fn hard_changed(&mut self) {
        self.pending_hard = true;
    }

    /// Whether something waits for a write that somebody may wait for in turn.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending_hard || self.pending_lowest.is_some()
    }

    /// The last entry of the log after the newest issued write.
    pub(crate) fn issued_last(&self) -> LogId {
        self.issued_last
    }

    /// Makes all pending changes one write, after which the log ends at `last`.
    pub(crate) fn issue(&mut self, last: LogId, commit: Index) -> u64 {
        let lowest = self.pending_lowest.take();
        self.push(InFlight { last, lowest, hard: self.pending_hard }, commit)
    }

    /// Makes the pending term and vote a write of their own (mutant F2).
    pub(crate) fn issue_hard_alone(&mut self, commit: Index) -> u64 {
        self.push(InFlight { last: self.issued_last(), lowest: None, hard: true }, commit)
    }

    fn push(&mut self, write: InFlight, commit: Index) -> u64 {
        self.pending_hard = false;
        self.issued_commit = commit;
        self.issued += 1;
        self.awaited += usize::from(!write.is_commit_only());
        self.issued_last = write.last;
        self.in_flight.push_back(write);
        self.issued
    }

    /// The newest unsynced write, issued or next to be, that carries the term, the vote, or an
    /// entry at or below `index`. A commit-only write is never the answer.
    pub(crate) fn carrier(&self, index: Index) -> Option<u64> {
        if self.pending_hard || self.pending_lowest.is_some_and(|lowest| lowest <= index) {
            return Some(self.issued + 1);
        }
        let behind = self.in_flight.iter().rev().position(|write| write.carries(index))?;
        Some(self.issued - behind as u64)
    }

    /// Up to which index the log of now is the log that write `seq` left behind (R9): the last
    /// index after it, but nothing that a later write or a pending change rewrites.
    pub(crate) fn reach(&self, seq: u64) -> Index {
        let mut reach = self.last_after(seq).index;
        if seq < self.issued {
            for write in self.in_flight.range((seq - self.synced) as usize..) {
                reach = write.lowest.map_or(reach, |lowest| reach.min(lowest.prev()));
            }
        }
        self.pending_lowest.map_or(reach, |lowest| reach.min(lowest.prev()))
    }

    /// The last entry of the log after write `seq`, which is synced or in flight.
    pub(crate) fn last_after(&self, seq: u64) -> LogId {
        assert!(self.synced <= seq);
        assert!(seq <= self.issued);
        if seq == self.issued {
            return self.issued_last;
        }
        match (seq - self.synced).checked_sub(1) {
            None => self.synced_last,
            Some(position) => self.in_flight[position as usize].last,
        }
    }

    /// Everything up to write `seq` is synced.
    pub(crate) fn sync(&mut self, seq: u64) {
        assert!(self.synced <= seq);
        assert!(seq <= self.advanced);
        self.synced_last = self.last_after(seq);
        while self.synced < seq
            && let Some(write) = self.in_flight.pop_front()
        {
            self.awaited -= usize::from(!write.is_commit_only());
            self.synced += 1;
        }
    }

    /// Whether an issued write for which somebody may wait is not synced.
    pub(crate) fn has_unsynced(&self) -> bool {
        self.awaited > 0
    }

    /// Gives back the room that an idle ledger has no use for.
    pub(crate) fn rest(&mut self) {
        self.in_flight.shrink_to_fit();
    }

    /// The oldest issued write for which somebody may wait.
    pub(crate) fn oldest_awaited(&self) -> Option<u64> {
        let position = self.in_flight.iter().position(|write| !write.is_commit_only())?;
        Some(self.synced + 1 + position as u64)
    }

    /// Panics if the invariant I2 does not hold.
    pub(crate) fn check(&self) {
        assert!(self.synced <= self.advanced, "I2: synced what was not advanced");
        assert!(self.advanced <= self.issued, "I2: advanced what was not issued");
        assert!(self.in_flight.len() as u64 == self.issued - self.synced, "I2: a write is missing");
    }
}
