//! Where the entries of the log lie, and how they are read back.
//!
//! The core lets go of entries that are advanced, and asks for them again when a follower lags. What
//! is kept here for that is the place of each batch, and not of each entry: a batch is read whole,
//! because its checksum is over the whole.

use std::fmt;

use syncline_raft::{Entry, Index};

use super::{Segment, Step, Wal};
use crate::disk::{Disk, FileName, IoError, SegmentNo};
use crate::format::{Batch, Flaw, Logged, Lsn, Nonce, Padding, decode};
use crate::mutant::Mutant;

/// A batch with entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Held {
    first: Index,
    /// The last one that no later batch voids.
    last: Index,
    lsn: Lsn,
    len: usize,
    /// What the first entry weighs.
    weight: usize,
}

/// The places of all entries, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Vec<Held>);

/// Where a batch lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The file.
    pub file: FileName,
    /// Where in the file, in bytes from its beginning.
    pub offset: u64,
    /// How long it is, in bytes.
    pub len: usize,
    segment: SegmentNo,
    nonce: Nonce,
    padding: Padding,
    lsn: Lsn,
    first: Index,
    last: Index,
}

/// Why entries were not read back. The log is unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// The log has no such entry, or none any more.
    NoEntry(Index),
    /// The disk could not be read.
    Unreadable(FileName, IoError),
    /// What lies there is not what was written.
    Damaged {
        /// Where it was read.
        place: Place,
        /// What is wrong with it.
        flaw: Flaw,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NoEntry(index) => write!(f, "the log has no entry {index}"),
            ReadError::Unreadable(file, error) => write!(f, "{file} cannot be read: {error}"),
            ReadError::Damaged { place, flaw } => {
                let Place { file, offset, lsn, .. } = place;
                write!(f, "{file} at byte {offset} (log position {lsn}) is damaged: {flaw}")
            }
        }
    }
}

impl std::error::Error for ReadError {}

impl Places {
    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Makes room for so many more, if there is memory for it.
    pub(crate) fn reserve(&mut self, places: usize) {
        let _ = self.0.try_reserve(places);
    }

    /// Notes where a record lies, and what it voids.
    pub(crate) fn note(&mut self, record: &Logged, lsn: Lsn, len: usize) {
        match record {
            Logged::Write(_, Some(_)) => self.0.clear(),
            Logged::Write(write, None) => {
                if let Some(first) = write.truncate_from {
                    self.keep(first.prev());
                }
            }
            Logged::Compact(upto) => {
                let gone = self.0.partition_point(|held| held.last <= *upto);
                self.0.drain(..gone);
            }
            Logged::Checkpoint(_) => {}
        }
        if let Logged::Write(write, _) = record
            && let (Some(first), Some(last)) = (write.entries.first(), write.entries.last())
        {
            let weight = first.weight_bytes();
            self.0.push(Held { first: first.index(), last: last.index(), lsn, len, weight });
        }
    }

    fn keep(&mut self, kept: Index) {
        self.0.truncate(self.0.partition_point(|held| held.first <= kept));
        if let Some(last) = self.0.last_mut() {
            last.last = last.last.min(kept);
        }
    }

    fn find(&self, index: Index) -> Option<&Held> {
        let position = self.0.partition_point(|held| held.last < index);
        self.0.get(position).filter(|held| held.first <= index)
    }
}

impl Place {
    /// The entries that its bytes hold and that the log still has.
    ///
    /// # Errors
    /// If they are not the bytes that were written there.
    pub fn decode(&self, bytes: &[u8]) -> Result<Vec<Entry>, Flaw> {
        let batch = Batch::read(bytes, self.padding)?;
        if batch.header.nonce != self.nonce {
            return Err(Flaw::Segment);
        }
        if batch.header.lsn != self.lsn {
            return Err(Flaw::Position);
        }
        let mut entries = Vec::new();
        for record in decode(batch.records) {
            if let Logged::Write(write, _) = record? {
                let is_there = |entry: &&Entry| entry.index() <= self.last;
                entries.extend(write.entries.iter().filter(is_there).cloned());
            }
        }
        Ok(entries)
    }
}

impl Wal {
    /// Where the batch with that entry lies; `None` if the log does not have it.
    #[must_use]
    pub fn locate(&self, index: Index) -> Option<Place> {
        let Held { first, last, lsn, len, .. } = *self.places.find(index)?;
        let position = self.segments.partition_point(|segment| segment.first <= lsn);
        let segment = self.segments.get(position.checked_sub(1)?)?;
        let (file, offset) = (segment.file(), segment.offset(lsn));
        let Segment { no: segment, nonce, padding, .. } = *segment;
        Some(Place { file, offset, len, segment, nonce, padding, lsn, first, last })
    }

    /// Reads the entries after one index up to another back: as many as [weigh](Entry::weight_bytes)
    /// no more than that together, and at least one. It answers a [`Fetch`](syncline_raft::Fetch). A
    /// batch of which nothing would fit is not read. What is not written yet comes from memory.
    ///
    /// # Errors
    /// If the log does not have the first of them, or it cannot be read or is damaged. What is
    /// damaged may still be sound on other nodes; this node must not serve it.
    pub fn read(
        &self,
        disk: &mut impl Disk,
        after: Index,
        last: Index,
        bytes_max: usize,
    ) -> Result<Vec<Entry>, ReadError> {
        let mut entries = Vec::new();
        let (mut next, mut bytes) = (after.next(), 0_usize);
        let fits = |bytes: usize, weight| bytes == 0 || bytes.saturating_add(weight) <= bytes_max;
        while next <= last
            && let Some(held) = self.places.find(next)
            && fits(bytes, held.weight)
            && let Some(place) = self.locate(next)
        {
            let batch = match self.read_batch(disk, &place) {
                Err(ReadError::Damaged { .. }) if self.config.has(Mutant::D20) => break,
                batch => batch?,
            };
            let wanted = batch.into_iter().filter(|entry| (next..=last).contains(&entry.index()));
            let fitting = wanted.take_while(|entry| {
                let (has_room, weight) = (fits(bytes, entry.weight_bytes()), entry.weight_bytes());
                bytes = bytes.saturating_add(weight);
                has_room
            });
            entries.extend(fitting);
            next = place.last.next();
        }
        if entries.is_empty() && after < last {
            return Err(ReadError::NoEntry(after.next()));
        }
        Ok(entries)
    }

    fn read_batch(&self, disk: &mut impl Disk, place: &Place) -> Result<Vec<Entry>, ReadError> {
        let damaged = |flaw| ReadError::Damaged { place: *place, flaw };
        if let Some(data) = self.unwritten(place) {
            return place.decode(data).map_err(damaged);
        }
        let bytes = disk.read_part(place.file, place.offset, place.len);
        let bytes = bytes.map_err(|error| ReadError::Unreadable(place.file, error))?;
        let entries = place.decode(&bytes).map_err(damaged)?;
        assert_eq!(entries.first().map(Entry::index), Some(place.first), "what was noted");
        Ok(entries)
    }

    /// The bytes of a batch whose write has not begun.
    fn unwritten(&self, place: &Place) -> Option<&[u8]> {
        self.steps.iter().find_map(|step| match step {
            Step::Write(write)
                if write.segment == place.segment && write.offset == place.offset =>
            {
                Some(&write.data[..])
            }
            Step::Script(script) => script.writes_at(place.segment, place.offset, place.len),
            _ => None,
        })
    }
}
