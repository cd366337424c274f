//! What a recovery reads: the fold of the records that are there.

use std::fmt;
use std::mem;
use std::sync::Arc;

use syncline_raft::{Entry, HardState, Index, LogId, Membership, Restored, Snapshot, Write};

/// One record of a node's disk. All of it survives a crash, or none (R2).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Record {
    /// What the core handed out to be written.
    Write(Write),
    /// The state of the state machine.
    Checkpoint(Arc<Snapshot>),
    /// The log up to here is gone: a checkpoint before this record stands for it (R16, R17).
    Compact(Index),
}

/// The state that a sequence of records amounts to.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct LogImage {
    hard_state: HardState,
    base: LogId,
    entries: Vec<Entry>,
    /// The snapshot with which the log begins, if it came from a leader.
    received: Option<Arc<Snapshot>>,
    checkpoint: Option<Arc<Snapshot>>,
}

/// A record does not follow those before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageError {
    /// The last index before the record.
    pub last: Index,
    /// The first index that it appends or voids, or the last that it lets go of.
    pub found: Index,
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a record at index {} does not follow a log that ends at {}",
            self.found, self.last
        )
    }
}

impl std::error::Error for ImageError {}

/// The last index that a write keeps of a log that is known from one index on and ends at another,
/// or of the snapshot that it installs.
///
/// # Errors
/// If the write does not follow.
pub(crate) fn kept(
    write: &Write,
    installed: Option<LogId>,
    known_from: Index,
    last: Index,
) -> Result<Index, ImageError> {
    let kept = match installed {
        Some(id) => id.index,
        None => write.truncate_from.map_or(last, Index::prev),
    };
    if installed.is_none() && (kept > last || kept < known_from) {
        return Err(ImageError { last, found: kept.next() });
    }
    match write.entries.first() {
        Some(first) if first.index() != kept.next() => {
            Err(ImageError { last: kept, found: first.index() })
        }
        _ => Ok(kept),
    }
}

impl LogImage {
    /// The image of a log whose beginning is gone: what is left of it begins after this entry, and
    /// this is what the rest has said of snapshots.
    pub(crate) fn beginning(
        hard_state: HardState,
        base: LogId,
        received: Option<Arc<Snapshot>>,
        checkpoint: Option<Arc<Snapshot>>,
    ) -> LogImage {
        let mut image = LogImage { hard_state, base, entries: Vec::new(), received, checkpoint };
        image.forget_received();
        image
    }

    /// Makes room for so many entries more, if there is memory for it.
    pub(crate) fn reserve(&mut self, entries: usize) {
        let _ = self.entries.try_reserve(entries);
    }

    /// Lets go of a snapshot that stands for nothing any more, so that equal logs are equal images.
    fn forget_received(&mut self) {
        if self.received().is_none() {
            self.received = None;
        }
    }

    /// Puts a snapshot in the place of every one that stands for the same entry.
    pub(crate) fn fill(&mut self, snapshot: &Arc<Snapshot>) {
        for place in [&mut self.checkpoint, &mut self.received].into_iter().flatten() {
            if place.last == snapshot.last {
                *place = Arc::clone(snapshot);
            }
        }
    }

    /// Adds a record, all of it or nothing (R2).
    ///
    /// # Errors
    /// If its entries would leave a gap, or overlap what it does not void, or it lets go of more
    /// than there is. The image is unchanged.
    pub fn append(&mut self, record: Record) -> Result<(), ImageError> {
        match record {
            Record::Write(mut write) => self.write(&mut write)?,
            Record::Checkpoint(state) => self.checkpoint = Some(state),
            Record::Compact(upto) => self.compact(upto)?,
        }
        self.forget_received();
        Ok(())
    }

    /// As [`LogImage::append`], for a write, whose entries and snapshot it takes.
    pub(crate) fn write(&mut self, write: &mut Write) -> Result<(), ImageError> {
        let installed = write.snapshot.as_ref().map(|snapshot| snapshot.last);
        let kept = kept(write, installed, self.base.index, self.last().index)?;
        if let Some(snapshot) = write.snapshot.take() {
            self.entries.clear();
            self.base = snapshot.last;
            self.received = Some(snapshot);
            self.forget_received();
        }
        self.entries.truncate((kept.0 - self.base.index.0) as usize);
        mem::take(&mut write.entries).append_to(&mut self.entries);
        self.hard_state = write.hard_state;
        Ok(())
    }

    fn compact(&mut self, upto: Index) -> Result<(), ImageError> {
        let last = self.last().index;
        if upto > last {
            return Err(ImageError { last, found: upto });
        }
        if upto > self.base.index {
            let gone = (upto.0 - self.base.index.0) as usize;
            self.base = self.entries[gone - 1].id;
            self.entries.drain(..gone);
        }
        Ok(())
    }

    /// The newest hard state.
    #[must_use]
    pub fn hard_state(&self) -> HardState {
        self.hard_state
    }

    /// The entry before the first one of the log.
    #[must_use]
    pub fn base(&self) -> LogId {
        self.base
    }

    /// The log after its base.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry at an index, if the log has it.
    #[must_use]
    pub fn entry(&self, index: Index) -> Option<&Entry> {
        let position = index.0.checked_sub(self.base.index.0 + 1)?;
        self.entries.get(position as usize)
    }

    /// The last entry of the log.
    #[must_use]
    pub fn last(&self) -> LogId {
        self.entries.last().map_or(self.base, |entry| entry.id)
    }

    /// The newest state of the state machine that was written down.
    #[must_use]
    pub fn checkpoint(&self) -> Option<&Arc<Snapshot>> {
        self.checkpoint.as_ref()
    }

    /// The snapshot with which the log begins, if it came from a leader and no checkpoint has
    /// passed it.
    #[must_use]
    pub fn received(&self) -> Option<&Arc<Snapshot>> {
        let applied = self.applied();
        let is_base = |snapshot: &&Arc<Snapshot>| snapshot.last == self.base;
        self.received.as_ref().filter(is_base).filter(|snapshot| snapshot.last.index > applied)
    }

    /// Up to where the state machine was written down.
    #[must_use]
    pub fn applied(&self) -> Index {
        self.checkpoint.as_ref().map_or(Index::ZERO, |state| state.last.index)
    }

    /// What to build the core from, in a cluster that began with this membership.
    #[must_use]
    pub fn restored(&self, began_with: &Membership) -> Restored {
        let checkpoint = self.checkpoint.as_ref();
        Restored {
            hard_state: self.hard_state,
            base: self.base,
            older: Vec::new(),
            entries: self.entries.clone(),
            applied: self.applied(),
            membership: checkpoint.map_or(began_with, |state| &state.membership).clone(),
            snapshot: self.received().cloned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syncline_raft::{Payload, Term, WriteSeq};

    fn write(seq: u64, truncate_from: Option<u64>, entries: &[(u64, u64)]) -> Record {
        let id = |&(index, term)| LogId { term: Term(term), index: Index(index) };
        Record::Write(Write {
            seq: WriteSeq::new(seq).unwrap(),
            hard_state: HardState { term: Term(seq), ..HardState::default() },
            truncate_from: truncate_from.map(Index),
            snapshot: None,
            entries: entries.iter().map(|e| Entry { id: id(e), payload: Payload::Noop }).collect(),
            commit_only: false,
        })
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

    fn state(index: u64, term: u64) -> Arc<Snapshot> {
        let last = LogId { term: Term(term), index: Index(index) };
        Arc::new(Snapshot { last, membership: Membership::default(), data: [].into() })
    }

    #[test]
    fn a_checkpoint_stands_for_the_log_that_is_let_go_of() {
        let mut image = LogImage::default();
        image.append(write(1, None, &[(1, 1), (2, 1), (3, 1)])).unwrap();
        image.append(Record::Checkpoint(state(2, 1))).unwrap();
        image.append(Record::Compact(Index(2))).unwrap();
        assert!(image.append(Record::Compact(Index(4))).is_err());
        assert_eq!(image.base().index, Index(2));
        assert_eq!(image.entry(Index(3)).map(Entry::index), Some(Index(3)));
        assert_eq!(image.entry(Index(2)), None);
        image.restored(&Membership::default()).validate().unwrap();
    }

    #[test]
    fn a_snapshot_takes_the_place_of_the_log_and_is_handed_out_until_a_checkpoint_has_passed_it() {
        let mut image = LogImage::default();
        image.append(write(1, None, &[(1, 1), (2, 1)])).unwrap();
        let Record::Write(mut install) = write(2, None, &[(8, 2)]) else { unreachable!() };
        install.snapshot = Some(state(7, 2));
        image.append(Record::Write(install)).unwrap();
        assert_eq!((image.base().index, image.last().index), (Index(7), Index(8)));
        assert!(image.received().is_some());
        image.restored(&Membership::default()).validate().unwrap();
        image.append(Record::Checkpoint(state(7, 2))).unwrap();
        assert!(image.received().is_none());
        image.restored(&Membership::default()).validate().unwrap();
    }
}
