//! The log as this node sees it now: what is synced, what is on its way, and what is not yet issued.
//!
//! Every question of the protocol (whose log is newer, what term lies at an index, what to send) is
//! answered from this view and never from the storage or the synced part alone (R12). Only counting
//! and applying look at the cursors. Entries that are advanced and handed out may leave the memory;
//! their terms stay.

mod cursors;
mod page;
mod runs;

pub(crate) use cursors::Cursors;
use page::Page;
use runs::Runs;

use alloc::collections::VecDeque;
use alloc::collections::vec_deque::Iter;
use core::hash::{Hash, Hasher};

use crate::entry::{Entries, Entry, Payload};
use crate::restored::Restored;
use crate::types::{Index, LogId, Term};

/// The entries after a base, and the cursors over them.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    /// The entry before the first one of the log.
    base: LogId,
    runs: Runs,
    /// The end of the log, which is in memory.
    tail: VecDeque<Entry>,
    tail_bytes: usize,
    last: LogId,
    /// The page that was made last, as long as the log is as it says.
    page: Page,
    pub(crate) cursors: Cursors,
}

impl Log {
    /// The log that a node read back, all of it synced.
    pub(crate) fn restored(restored: &mut Restored) -> Log {
        let committed = restored.committed();
        let applied = restored.applied;
        let mut log = Log {
            base: restored.base,
            runs: Runs::default(),
            tail: VecDeque::new(),
            tail_bytes: 0,
            last: restored.base,
            page: Page::default(),
            cursors: Cursors { committed, handed_out: applied, applied, ..Cursors::default() },
        };
        for id in &restored.older {
            log.runs.push(*id);
        }
        for entry in core::mem::take(&mut restored.entries) {
            log.push(entry);
        }
        let last = log.last.index;
        let cursors = &mut log.cursors;
        (cursors.appended, cursors.issued) = (last, last);
        (cursors.advanced, cursors.synced) = (last, last);
        log
    }

    fn push(&mut self, entry: Entry) {
        self.runs.push(entry.id);
        self.tail_bytes += entry.weight_bytes();
        self.last = entry.id;
        self.tail.push_back(entry);
    }

    /// The entry before the first one of the log.
    pub(crate) fn base(&self) -> LogId {
        self.base
    }

    pub(crate) fn last(&self) -> LogId {
        self.last
    }

    /// The last entry that is known to be committed.
    pub(crate) fn committed(&self) -> LogId {
        let index = self.cursors.committed;
        self.id_at(index).expect("I1: what is committed lies in the log, or is its base")
    }

    /// The term at an index; `None` beyond the end, and before the base.
    pub(crate) fn term_at(&self, index: Index) -> Option<Term> {
        if index == self.last.index {
            return Some(self.last.term);
        }
        if index <= self.base.index {
            return (index == self.base.index).then_some(self.base.term);
        }
        if index > self.last.index { None } else { self.runs.term_at(index) }
    }

    pub(crate) fn id_at(&self, index: Index) -> Option<LogId> {
        self.term_at(index).map(|term| LogId { term, index })
    }

    /// The first index that is in memory.
    pub(crate) fn first_in_memory(&self) -> Index {
        Index(self.last.index.0 + 1 - self.tail.len() as u64)
    }

    /// The entries after `before`, up to and including `last`, all of them in memory.
    pub(crate) fn between(&self, before: Index, last: Index) -> Iter<'_, Entry> {
        assert!(before <= last);
        assert!(last <= self.last.index);
        let first = self.first_in_memory();
        assert!(before >= first.prev(), "R12: an entry has left the memory too early");
        let start = (before.0 + 1 - first.0) as usize;
        self.tail.range(start..start + (last.0 - before.0) as usize)
    }

    /// The entries after `before`, up to `last` or as many as weigh no more than `bytes_max`, and what
    /// they weigh: at least one, if there is one. All of them are in memory.
    pub(crate) fn page(
        &mut self,
        before: Index,
        last: Index,
        bytes_max: usize,
    ) -> (Entries, usize) {
        self.turn_to(before, last, bytes_max);
        (self.page.entries(), self.page.bytes())
    }

    /// The same entries, for the last who gets them.
    pub(crate) fn last_page(
        &mut self,
        before: Index,
        last: Index,
        bytes_max: usize,
    ) -> (Entries, usize) {
        self.turn_to(before, last, bytes_max);
        core::mem::take(&mut self.page).into_parts()
    }

    fn turn_to(&mut self, before: Index, last: Index, bytes_max: usize) {
        let fits = |page: &Page| page.bytes() <= bytes_max || before.next() == last;
        if !(self.page.spans(before, last) && fits(&self.page)) {
            let (end, bytes) = self.fit(before, last, bytes_max);
            if !self.page.spans(before, end) {
                let entries = Entries::copy_of(self.between(before, end));
                self.page = Page::new(entries, bytes);
            }
        }
    }

    /// Where a page ends, and what it weighs.
    fn fit(&self, before: Index, last: Index, bytes_max: usize) -> (Index, usize) {
        let (mut end, mut bytes) = (before, 0_usize);
        for entry in self.between(before, last) {
            let more = bytes.saturating_add(entry.weight_bytes());
            if end > before && more > bytes_max {
                break;
            }
            (end, bytes) = (entry.index(), more);
        }
        (end, bytes)
    }

    /// Appends one entry at the end.
    pub(crate) fn append(&mut self, entry: Entry) {
        assert!(entry.index() == self.last.index.next());
        self.cursors.appended = entry.index();
        self.push(entry);
    }

    /// Replaces everything from the first of these entries on, which lies above the commit index,
    /// once the first `known` are left out. If that is none, they leave as they came.
    pub(crate) fn overwrite(&mut self, known: usize, came: Entries) {
        let entries = &came[known..];
        let lowest = entries[0].index();
        assert!(lowest > self.cursors.committed, "R10: a committed entry is never overwritten");
        self.truncate(lowest);
        let before = self.tail_bytes;
        for entry in entries {
            self.push(entry.clone());
        }
        if known == 0 {
            self.page = Page::new(came, self.tail_bytes - before);
        }
        self.cursors.rewrite(lowest, self.last.index);
    }

    /// What is not committed is not handed out, so all that is cut here is in memory.
    fn truncate(&mut self, from: Index) {
        if from > self.last.index {
            return;
        }
        if self.page.last() >= from {
            self.page = Page::default();
        }
        while self.last.index >= from {
            let entry = self.tail.pop_back().expect("R12: what is not committed is in memory");
            self.tail_bytes -= entry.weight_bytes();
            self.last.index = entry.index().prev();
        }
        self.runs.truncate(from);
        self.last.term = self.tail.back().map_or_else(
            || self.runs.term_at(self.last.index).unwrap_or(self.base.term),
            Entry::term,
        );
    }

    /// What the proposals after `before` weigh, up to and including `last`: everything but the entries
    /// with which leaders begin their terms, since those are never refused.
    pub(crate) fn proposed_bytes(&self, before: Index, last: Index) -> usize {
        let proposals =
            self.between(before, last).filter(|entry| !matches!(entry.payload, Payload::Noop));
        proposals.map(Entry::weight_bytes).sum()
    }

    /// Drops everything that is not committed (mutant K20).
    pub(crate) fn cut_uncommitted(&mut self) {
        let kept = self.cursors.committed;
        self.truncate(kept.next());
        self.cursors.rewrite(kept.next(), kept);
    }

    /// A snapshot takes the place of the whole log (R13).
    pub(crate) fn replace(&mut self, base: LogId) {
        let committed = self.cursors.committed;
        assert!(base.index >= committed, "R14: a snapshot below the commit index is not installed");
        self.runs.clear();
        self.tail.clear();
        self.tail_bytes = 0;
        self.page = Page::default();
        (self.base, self.last) = (base, base);
        self.cursors.rewrite(committed.next(), base.index);
        self.cursors.committed = base.index;
    }

    /// Everything up to here is gone for good (R16).
    pub(crate) fn compact(&mut self, upto: Index) {
        let base = self.id_at(upto).expect("R16: only what is in the log is compacted");
        self.base = base;
        while self.tail.front().is_some_and(|entry| entry.index() <= upto) {
            self.pop_front();
        }
        if upto == self.last.index { self.runs.clear() } else { self.runs.compact(upto) }
    }

    /// Lets go of entries that the storage has and nobody here waits for, oldest first, until what is
    /// left weighs no more than this.
    pub(crate) fn shrink(&mut self, bytes_max: usize) {
        let free = self.cursors.advanced.min(self.cursors.handed_out);
        while self.tail_bytes > bytes_max
            && self.tail.front().is_some_and(|entry| entry.index() <= free)
        {
            self.pop_front();
        }
        if self.page.last() <= free && self.page.last() > Index::ZERO {
            self.page = Page::default();
        }
    }

    /// Gives back the room that an idle log has no use for.
    pub(crate) fn rest(&mut self) {
        self.runs.rest();
        self.tail.shrink_to_fit();
    }

    fn pop_front(&mut self) {
        if let Some(entry) = self.tail.pop_front() {
            self.tail_bytes -= entry.weight_bytes();
        }
    }

    /// Panics if the invariant I1 does not hold, or the memory lacks what somebody needs (R12).
    pub(crate) fn check(&self) {
        assert!(self.cursors.appended == self.last.index, "I1: the log ends elsewhere");
        assert!(self.base.index <= self.cursors.committed, "I1: the log begins uncommitted");
        let gone = self.first_in_memory().prev();
        let free = self.base.index.max(self.cursors.handed_out);
        assert!(gone <= free, "I1, R12: an entry has left the memory too early");
    }

    /// The newest entry at or below `index` whose term is at most `term`: where two logs may meet.
    /// `None` if that lies before the base.
    pub(crate) fn newest_at_most(&self, index: Index, term: Term) -> Option<LogId> {
        let end = index.min(self.last.index);
        let base = (self.base.index <= end && self.base.term <= term).then_some(self.base);
        self.runs.newest_at_most(end, term).or(base)
    }
}

/// Hashes the cursors and what has not been issued yet. The issued part of the log is the fold of
/// the writes that the application was handed, which the application can hash as they come; that
/// keeps the cost of a fingerprint independent of the length of the log.
impl Hash for Log {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.base, self.last, self.first_in_memory(), self.cursors).hash(state);
        let first = self.first_in_memory().prev().max(self.cursors.issued);
        for entry in self.between(first.min(self.last.index), self.last.index) {
            entry.hash(state);
        }
    }
}

#[cfg(test)]
mod tests;
