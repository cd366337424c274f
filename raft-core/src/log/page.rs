//! Entries on their way out, copied once for all who get the same ones.
//!
//! A leader hands the same entries to its disk, to each of its followers and to its state machine; a
//! follower hands on what it was sent. So the log keeps the page that it made last.

use crate::entry::{Entries, Entry};
use crate::types::Index;

/// Some entries of the log that follow each other.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    entries: Entries,
    /// The first and the last index on it; both zero if it is empty.
    span: (Index, Index),
    bytes: usize,
}

impl Page {
    pub(super) fn new(entries: Entries, bytes: usize) -> Page {
        let ends = (entries.first().map(Entry::index), entries.last().map(Entry::index));
        let span = (ends.0.unwrap_or_default(), ends.1.unwrap_or_default());
        Page { entries, span, bytes }
    }

    /// The last index on it; zero if it is empty.
    pub(super) fn last(&self) -> Index {
        self.span.1
    }

    /// Whether it begins after `before` and ends at `last`.
    pub(super) fn spans(&self, before: Index, last: Index) -> bool {
        self.span == (before.next(), last)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn entries(&self) -> Entries {
        self.entries.clone()
    }

    pub(super) fn into_parts(self) -> (Entries, usize) {
        (self.entries, self.bytes)
    }
}
