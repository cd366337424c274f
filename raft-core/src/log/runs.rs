//! The terms of a log: where each of them begins.
//!
//! Terms never fall along a log and seldom change, so a few positions tell the term of every entry,
//! also of those that have left the memory. No question of the protocol waits for a storage.

use alloc::vec::Vec;

use crate::types::{Index, LogId, Term};

/// The first entry of each term, oldest first.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Runs(Vec<LogId>);

impl Runs {
    /// An entry joins the end of the log.
    pub(super) fn push(&mut self, id: LogId) {
        if self.0.last().is_none_or(|run| run.term < id.term) {
            self.0.push(id);
        }
    }

    /// The log loses everything from here on.
    pub(super) fn truncate(&mut self, from: Index) {
        while self.0.last().is_some_and(|run| run.index >= from) {
            self.0.pop();
        }
    }

    /// The log loses everything up to here, where an entry lies. Its first run begins behind it.
    pub(super) fn compact(&mut self, upto: Index) {
        let begun = self.0.partition_point(|run| run.index <= upto.next());
        self.0.drain(..begun.saturating_sub(1));
        if let Some(first) = self.0.first_mut() {
            first.index = first.index.max(upto.next());
        }
    }

    pub(super) fn rest(&mut self) {
        self.0.shrink_to_fit();
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The term at an index within the log.
    pub(super) fn term_at(&self, index: Index) -> Option<Term> {
        // Most questions are about the end of the log.
        let run = self.0.iter().rev().find(|run| run.index <= index);
        run.map(|run| run.term)
    }

    /// The newest index at or below `index` whose term is at most `term`.
    pub(super) fn newest_at_most(&self, index: Index, term: Term) -> Option<LogId> {
        let mut end = index;
        for run in self.0.iter().rev() {
            if run.index <= end {
                if run.term <= term {
                    return Some(LogId { term: run.term, index: end });
                }
                end = run.index.prev();
            }
        }
        None
    }
}
