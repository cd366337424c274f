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
    bytes: usize,
}

impl Page {
    pub(super) fn new(entries: Entries, bytes: usize) -> Page {
        Page { entries, bytes }
    }

    /// The last index on it; zero if it is empty.
    pub(super) fn last(&self) -> Index {
        self.entries.last().map_or(Index::ZERO, Entry::index)
    }

    /// Whether it begins after `before` and ends at `last`.
    pub(super) fn spans(&self, before: Index, last: Index) -> bool {
        let first = self.entries.first().map(Entry::index);
        first == Some(before.next()) && self.last() == last
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn entries(&self) -> Entries {
        self.entries.clone()
    }
}
