//! What a recovery reads: the fold of the writes that are there.

use std::fmt;

use syncline_raft::{Entry, HardState, Index, LogId, Restored, Write};

/// The state that a sequence of writes amounts to.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct LogImage {
    hard_state: HardState,
    entries: Vec<Entry>,
}

/// A write does not follow those before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageError {
    /// The last index before the write.
    pub last: Index,
    /// The first index that it appends or voids.
    pub found: Index,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a write at index {} does not follow a log that ends at {}",
            self.found, self.last
        )
    }
}

impl std::error::Error for ImageError {}

impl LogImage {
    /// Adds a write: truncation, entries and hard state, all of it or nothing (R2).
    ///
    /// # Errors
    /// If its entries would leave a gap, or overlap what it does not void. The image is unchanged.
    pub fn append(&mut self, write: Write) -> Result<(), ImageError> {
        let last = self.last().index;
        let kept = write.truncate_from.map_or(last, Index::prev);
        if kept > last {
            return Err(ImageError { last, found: kept.next() });
        }
        if let Some(first) = write.entries.first()
            && first.index() != kept.next()
        {
            return Err(ImageError { last: kept, found: first.index() });
        }
        self.entries.truncate(kept.0 as usize);
        self.entries.extend(write.entries);
        self.hard_state = write.hard_state;
        Ok(())
    }

    /// The newest hard state.
    #[must_use]
    pub fn hard_state(&self) -> HardState {
        self.hard_state
    }

    /// The log, from index 1.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last entry of the log.
    #[must_use]
    pub fn last(&self) -> LogId {
        self.entries.last().map_or(LogId::default(), |entry| entry.id)
    }

    /// What to build the core from, with a state machine that has durably applied this much.
    #[must_use]
    pub fn restored(&self, applied: Index) -> Restored {
        Restored { hard_state: self.hard_state, entries: self.entries.clone(), applied }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_raft::{Payload, Term, WriteSeq};

    fn write(seq: u64, truncate_from: Option<u64>, entries: &[(u64, u64)]) -> Write {
        let id = |&(index, term)| LogId { term: Term(term), index: Index(index) };
        Write {
            seq: WriteSeq::new(seq).unwrap(),
            hard_state: HardState { term: Term(seq), ..HardState::default() },
            truncate_from: truncate_from.map(Index),
            entries: entries.iter().map(|e| Entry { id: id(e), payload: Payload::Noop }).collect(),
            commit_only: false,
        }
    }

    #[test]
    fn a_later_write_voids_what_it_says_and_no_more() {
        let mut image = LogImage::default();
        image.append(write(1, None, &[(1, 1), (2, 1), (3, 1)])).unwrap();
        image.append(write(2, Some(3), &[(3, 2)])).unwrap();
        image.append(write(3, Some(2), &[])).unwrap();
        assert_eq!(image.last(), LogId { term: Term(1), index: Index(1) });
        assert_eq!(image.hard_state().term, Term(3));
    }

    /// R2: no part of a write that is refused is taken, its hard state neither.
    #[test]
    fn a_gap_or_an_overlap_is_refused_and_changes_nothing() {
        let mut image = LogImage::default();
        image.append(write(1, None, &[(1, 1), (2, 1)])).unwrap();
        let before = image.clone();
        assert!(image.append(write(2, None, &[(4, 1)])).is_err());
        assert!(image.append(write(2, None, &[(2, 1)])).is_err());
        assert!(image.append(write(2, Some(9), &[])).is_err());
        assert_eq!(image, before);
    }
}
