//! The log as this node sees it now: what is synced, what is on its way, and what is not yet issued.
//!
//! Every question of the protocol (whose log is newer, what term lies at an index, what to send) is
//! answered from this view and never from the storage or the synced part alone (R12). Only counting
//! and applying look at the cursors.

mod cursors;

pub(crate) use cursors::Cursors;

use alloc::vec::Vec;
use core::hash::{Hash, Hasher};

use crate::entry::Entry;
use crate::types::{Index, LogId, Term};

/// The entries from index 1 on, and the cursors over them.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    entries: Vec<Entry>,
    pub(crate) cursors: Cursors,
}

impl Log {
    /// The log that a node read back, all of it synced.
    pub(crate) fn restored(entries: Vec<Entry>, committed: Index, applied: Index) -> Log {
        let last = entries.last().map_or(Index::ZERO, Entry::index);
        let cursors = Cursors {
            appended: last,
            issued: last,
            advanced: last,
            synced: last,
            committed,
            handed_out: applied,
            applied,
        };
        Log { entries, cursors }
    }

    pub(crate) fn last(&self) -> LogId {
        self.entries.last().map_or(LogId::default(), |entry| entry.id)
    }

    /// The term at an index; `None` beyond the end.
    pub(crate) fn term_at(&self, index: Index) -> Option<Term> {
        if index == Index::ZERO {
            return Some(Term(0));
        }
        self.entries.get(position(index)).map(Entry::term)
    }

    pub(crate) fn id_at(&self, index: Index) -> Option<LogId> {
        self.term_at(index).map(|term| LogId { term, index })
    }

    /// The entries after `before`, up to and including `last`, both within the log.
    pub(crate) fn between(&self, before: Index, last: Index) -> &[Entry] {
        assert!(before <= last);
        assert!(last <= self.cursors.appended);
        &self.entries[before.0 as usize..last.0 as usize]
    }

    /// Appends one entry at the end.
    pub(crate) fn append(&mut self, entry: Entry) {
        assert!(entry.index() == self.cursors.appended.next());
        self.cursors.appended = entry.index();
        self.entries.push(entry);
    }

    /// Replaces everything from the first of these entries on, which lies above the commit index.
    pub(crate) fn overwrite(&mut self, entries: &[Entry]) {
        let lowest = entries[0].index();
        assert!(lowest > self.cursors.committed, "R10: a committed entry is never overwritten");
        self.entries.truncate(position(lowest));
        self.entries.extend_from_slice(entries);
        self.cursors.rewrite(lowest, self.last().index);
    }

    /// Drops everything that is not committed (mutant K20).
    pub(crate) fn cut_uncommitted(&mut self) {
        let kept = self.cursors.committed;
        self.entries.truncate(position(kept.next()));
        self.cursors.rewrite(kept.next(), kept);
    }

    /// The newest entry at or below `index` whose term is at most `term`: where two logs may meet.
    pub(crate) fn newest_at_most(&self, index: Index, term: Term) -> LogId {
        let entries = self.between(Index::ZERO, index.min(self.cursors.appended));
        // Terms never fall along a log, so that a hint, however wrong, costs a binary search.
        let count = entries.partition_point(|entry| entry.term() <= term);
        entries[..count].last().map_or(LogId::default(), |entry| entry.id)
    }
}

/// Hashes the cursors and what has not been issued yet. The issued part of the log is the fold of
/// the writes that the application was handed, which the application can hash as they come; that
/// keeps the cost of a fingerprint independent of the length of the log.
impl Hash for Log {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.cursors.hash(state);
        self.between(self.cursors.issued, self.cursors.appended).hash(state);
    }
}

/// Where the entry of a nonzero index lies in the vector; beyond every vector if it cannot exist.
fn position(index: Index) -> usize {
    usize::try_from(index.0 - 1).unwrap_or(usize::MAX)
}
