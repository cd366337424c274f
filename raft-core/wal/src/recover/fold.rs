//! What the records amount to.

use std::sync::Arc;

use syncline_raft::{Index, LogId, Membership, Snapshot};

use super::scan::{Found, Reading};
use crate::disk::{Disk, FileName};
use crate::error::{Reason, Refusal};
use crate::format::{Flaw, Logged, Marker, SegmentHeader, SnapshotFile, decode};
use crate::image::{ImageError, LogImage, Record};
use crate::mutant::{Mutant, is_on};
use crate::tip::Tip;
use crate::wal::{Opening, Places, Segment};

/// At most so many times what is there is made room for.
const ROOM_MAX: usize = 8;

/// The state so far.
pub(super) struct Fold {
    pub(super) tip: Tip,
    image: LogImage,
    places: Places,
    segments: Vec<Segment>,
    /// The last entry before the first segment that is there, or of a snapshot that came later.
    before: LogId,
    /// Nothing was found that voids what lies before that segment.
    pub(super) is_beginning: bool,
    mutant: Option<Mutant>,
}

impl Fold {
    /// The state where the first segment begins.
    pub(super) fn new(header: &SegmentHeader, mutant: Option<Mutant>) -> Fold {
        let start = &header.start;
        let [received, checkpoint] =
            [start.received, start.checkpoint].map(|marker| marker.as_ref().map(hollow));
        let image = LogImage::beginning(start.hard_state, start.last, received, checkpoint);
        Fold {
            tip: Tip::new(start.clone()),
            image,
            places: Places::default(),
            segments: vec![Segment::new(header)],
            before: start.last,
            is_beginning: true,
            mutant,
        }
    }

    /// Goes on to the next segment, whose header must say what the records before it do. So many are
    /// left with it.
    pub(super) fn enter(&mut self, next: &Reading, left: usize) -> Result<(), Refusal> {
        if next.header.start != *self.tip.state() {
            return Err(next.refusal(next.header.first, Reason::Header(Flaw::Chain)));
        }
        self.make_room(left);
        self.begin(&next.header);
        Ok(())
    }

    /// Makes room for what so many segments add if they are like those before: a list that grows bit by
    /// bit is moved each time. If they are not, the rest of the room was never touched.
    fn make_room(&mut self, segments: usize) {
        let read = self.segments.len();
        let more = |len: usize| len / read * segments.min(ROOM_MAX * read);
        self.image.reserve(more(self.image.entries().len()));
        self.places.reserve(more(self.places.len()));
    }

    /// What is added from here on lies in that segment.
    pub(super) fn begin(&mut self, header: &SegmentHeader) {
        self.segments.push(Segment::new(header));
    }

    /// Adds the records of a batch, unless the log does not begin where it was taken to.
    pub(super) fn replay(&mut self, from: &Reading, batch: &Found) -> Result<(), Refusal> {
        let damaged = |flaw| Reason::Damaged { flaw, synced: batch.end };
        for record in decode(from.records(batch)) {
            let mut record = record.map_err(|flaw| from.refusal(batch.lsn, damaged(flaw)))?;
            if is_on(self.mutant, Mutant::D24) {
                self.keep_one_too_many(&mut record);
            }
            self.is_beginning &= !self.reaches_before(&record);
            if !self.is_beginning {
                return Ok(());
            }
            if let Logged::Write(_, Some(marker)) = &record {
                // A snapshot replaces the log: nothing that lay before it is missed.
                self.before = marker.last;
            }
            let refuse = |error| from.refusal(batch.lsn, Reason::Record(error));
            self.tip.append(&record).map_err(refuse)?;
            self.note_voids(&record);
            self.places.note(&record, batch.lsn, (batch.end.0 - batch.lsn.0) as usize);
            self.keep(&mut record).map_err(refuse)?;
        }
        Ok(())
    }

    /// Keeps in the image what a record says. Its snapshot is named, and not yet read.
    fn keep(&mut self, record: &mut Logged) -> Result<(), ImageError> {
        match record {
            Logged::Write(write, marker) => {
                write.snapshot = marker.as_ref().map(hollow);
                self.image.write(write)
            }
            Logged::Checkpoint(marker) => self.image.append(Record::Checkpoint(hollow(marker))),
            Logged::Compact(upto) => self.image.append(Record::Compact(*upto)),
        }
    }

    fn reaches_before(&self, record: &Logged) -> bool {
        let is_before = |first: &Index| *first <= self.before.index;
        matches!(record, Logged::Write(write, None) if write.truncate_from.as_ref().is_some_and(is_before))
    }

    /// The refusal of a log whose last segment cannot begin it either.
    pub(super) fn beginning_is_missing(&self) -> Refusal {
        Refusal::of_log(Reason::EntriesMissing(self.before.index))
    }

    fn note_voids(&mut self, record: &Logged) {
        if let Logged::Write(write, None) = record
            && let Some(first) = write.truncate_from
            && !is_on(self.mutant, Mutant::D40)
        {
            Segment::keep(&mut self.segments, first.prev());
        }
    }

    /// The image, with its snapshots.
    pub(super) fn finish(
        mut self,
        disk: &mut impl Disk,
        opening: &mut Opening,
    ) -> Result<LogImage, Refusal> {
        let state = self.tip.state();
        let (commit, last) = (state.hard_state.commit, state.last.index);
        if commit > last {
            return Err(Refusal::of_log(Reason::CommitBeyondLog { commit, last }));
        }
        if state.compacted < self.before.index {
            return Err(self.beginning_is_missing());
        }
        let received = state.received.filter(|_| self.image.received().is_some());
        for marker in state.checkpoint.iter().chain(&received) {
            self.image.fill(&load(disk, marker)?);
            opening.snapshots.push(marker.file);
        }
        opening.tip = self.tip;
        opening.places = self.places;
        opening.segments = self.segments;
        Ok(self.image)
    }

    /// Known bugs only: where a write voids entries, one that it does not replace stays.
    fn keep_one_too_many(&self, record: &mut Logged) {
        let Logged::Write(write, None) = record else {
            return;
        };
        match write.entries.last().map(|entry| entry.index().next()) {
            None => write.truncate_from = write.truncate_from.map(Index::next),
            Some(next) if write.truncate_from.is_some() => {
                let old = self.image.entry(next).cloned();
                write.entries = write.entries.iter().cloned().chain(old).collect();
            }
            Some(_) => {}
        }
    }
}

/// A snapshot of which no more is known than the log says. Most are superseded further on, and
/// their files are gone.
fn hollow(marker: &Marker) -> Arc<Snapshot> {
    Arc::new(Snapshot { last: marker.last, membership: Membership::default(), data: [].into() })
}

fn load(disk: &mut impl Disk, marker: &Marker) -> Result<Arc<Snapshot>, Refusal> {
    let file = FileName::Snapshot(marker.file);
    let refuse = |reason| Refusal::of_file(file, reason);
    let bytes = disk.read(file).map_err(|error| refuse(Reason::Unreadable(error)))?;
    let snapshot = SnapshotFile::decode(&bytes, marker.checksum);
    let snapshot = snapshot.map_err(|flaw| refuse(Reason::Snapshot(flaw)))?;
    if snapshot.last != marker.last {
        return Err(refuse(Reason::Snapshot(Flaw::Position)));
    }
    Ok(snapshot)
}
