//! The log that is written: a state machine that wants operations and hears of their completion.
//!
//! Batches go to the last segment in the order in which they were appended. A sync covers the
//! batches before it; any number of syncs may be under way, and they are released in the order in
//! which they began, so that what is synced is always a prefix of the log. One operation that fails
//! ends it all: what a later sync says of the same bytes is worth nothing (R4).

mod append;
mod operate;
mod places;
mod spares;

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use syncline_raft::{Index, WriteSeq};

use crate::config::Config;
use crate::disk::{FileName, Op, OpId, SegmentNo, SnapshotNo};
use crate::error::Failed;
use crate::format::{
    BatchHeader, HEADER_LEN, Kind, Lsn, Marker, Nonce, Padding, SegmentHeader, frame, padded,
};
use crate::mutant::Mutant;
use crate::script::Script;
use crate::tip::Tip;
use append::place_segment;
pub(crate) use places::Places;
use spares::Spares;

pub use places::{Place, ReadError};

/// A segment that there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) no: SegmentNo,
    pub(crate) first: Lsn,
    pub(crate) padding: Padding,
    pub(crate) nonce: Nonce,
    /// The last index of the log where it begins.
    pub(crate) last: Index,
    /// A recovery can begin with it, as nothing after it voids what lies before.
    pub(crate) can_begin: bool,
}

impl Segment {
    pub(crate) fn new(header: &SegmentHeader) -> Segment {
        Segment {
            no: header.segment,
            first: header.first,
            padding: header.padding,
            nonce: header.nonce,
            last: header.start.last.index,
            can_begin: true,
        }
    }

    /// A write has kept the log up to here. A log cannot begin with a segment before which it voids
    /// anything.
    pub(crate) fn keep(segments: &mut [Segment], kept: Index) {
        segments.iter_mut().for_each(|segment| segment.can_begin &= segment.last <= kept);
    }

    fn file(&self) -> FileName {
        FileName::Segment(self.no)
    }

    /// Where a position of the log lies in the file.
    fn offset(&self, lsn: Lsn) -> u64 {
        HEADER_LEN as u64 + (lsn.0 - self.first.0)
    }
}

/// What is to be begun, in the order of the log.
#[derive(Clone, Debug)]
enum Step {
    Write(BatchWrite),
    Sync(Covered),
    /// Everything after it waits until it is over.
    Script(Script),
}

/// A batch in its place.
#[derive(Clone, Debug)]
struct BatchWrite {
    segment: SegmentNo,
    offset: u64,
    data: Vec<u8>,
}

impl BatchWrite {
    fn take(&mut self) -> Op {
        let file = FileName::Segment(self.segment);
        Op::Write { file, offset: self.offset, data: mem::take(&mut self.data) }
    }
}

/// What a sync covers.
#[derive(Clone, Copy, Debug)]
struct Covered {
    upto: Lsn,
    write: Option<WriteSeq>,
}

/// A sync under way.
#[derive(Clone, Debug)]
struct Flight {
    covered: Covered,
    /// The files that it waits for.
    waits_for: usize,
    /// Writes before this are part of what it covers: they must have completed as well.
    first_op: OpId,
}

/// For whose sake an operation was begun.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Owner {
    Write,
    Script,
    /// A snapshot that nothing in the log waits for.
    Saving,
    Purge,
    /// A spare that is made ahead.
    Spare,
    /// The sync with that number.
    Sync(u64),
}

/// Log that is gone once the record that says so is synced.
#[derive(Clone, Debug)]
struct Purge {
    at: Lsn,
    upto: Index,
    snapshots: Vec<SnapshotNo>,
}

/// A log.
#[derive(Clone, Debug)]
pub struct Wal {
    config: Config,
    tip: Tip,
    places: Places,
    /// Oldest first; the last is the one that batches go to.
    segments: Vec<Segment>,
    /// Snapshots that records name, and the number of the next one.
    snapshots: Vec<SnapshotNo>,
    next_snapshot: SnapshotNo,
    /// Where the next batch goes, and the checksum of what lies before it.
    end: Lsn,
    chain: u32,
    last_write: Option<WriteSeq>,
    steps: VecDeque<Step>,
    /// Segments with writes that no sync covers yet.
    dirty: Vec<SegmentNo>,
    /// Segments whose sync is to be begun next, each with the number of the sync that waits for it.
    to_sync: VecDeque<(SegmentNo, u64)>,
    /// Up to where a sync was asked for.
    asked: Lsn,
    flights: VecDeque<Flight>,
    /// How many syncs have been released.
    released: u64,
    synced: Covered,
    saving: VecDeque<(Script, Marker)>,
    purges: VecDeque<Purge>,
    purging: Script,
    spares: Spares,
    owners: BTreeMap<OpId, Owner>,
    /// How many of the operations under way are whose.
    begun: BTreeMap<Owner, usize>,
    next_op: OpId,
    is_live: bool,
    failed: Option<Failed>,
}

/// Where a log goes on.
pub(crate) struct Opening {
    pub(crate) tip: Tip,
    pub(crate) places: Places,
    /// The state where the new segment begins.
    pub(crate) header: SegmentHeader,
    /// Batches that are written with it.
    pub(crate) tail: Vec<Vec<u8>>,
    /// Those that there are, and the new one.
    pub(crate) segments: Vec<Segment>,
    pub(crate) snapshots: Vec<SnapshotNo>,
    pub(crate) next_snapshot: SnapshotNo,
    pub(crate) spares: Spares,
    pub(crate) leftovers: Vec<FileName>,
}

impl Opening {
    /// A log that begins with this segment.
    pub(crate) fn new(config: &Config, header: SegmentHeader) -> Opening {
        Opening {
            tip: Tip::new(header.start.clone()),
            places: Places::default(),
            segments: vec![Segment::new(&header)],
            header,
            tail: Vec::new(),
            snapshots: Vec::new(),
            next_snapshot: SnapshotNo(1),
            spares: Spares::new(config),
            leftovers: Vec::new(),
        }
    }

    /// Finds out which of the files that there are nobody needs, and which number is free.
    pub(crate) fn account_for(&mut self, files: &[FileName]) {
        for file in files {
            let is_needed = match *file {
                FileName::Segment(no) => self.segments.iter().any(|segment| segment.no == no),
                // It is about to be made, in the place of this one.
                FileName::NewSegment(no) => no == self.header.segment,
                FileName::Snapshot(no) | FileName::NewSnapshot(no) => {
                    self.next_snapshot = self.next_snapshot.max(SnapshotNo(no.0 + 1));
                    self.snapshots.contains(&no) && !file.is_new()
                }
                FileName::Spare(no) => self.spares.find(no),
            };
            if !is_needed {
                self.leftovers.push(*file);
            }
        }
    }
}

impl Wal {
    /// A log that goes on in a new segment, which holds the tail from the first moment that it has
    /// its name.
    pub(crate) fn begin(config: Config, opening: Opening) -> Wal {
        let Opening { tip, mut header, tail, segments, snapshots, next_snapshot, .. } = opening;
        let Opening { mut spares, leftovers, places, .. } = opening;
        // What the tail holds is durable with the header, before the segment has its name.
        let lens = tail.iter().map(|records| padded(records.len(), config.padding) as u64);
        let end = Lsn(header.first.0 + lens.sum::<u64>());
        header.synced = if config.has(Mutant::D44) { header.first } else { end };
        header.len = header.len.max(HEADER_LEN as u64 + (end.0 - header.first.0));
        let spare = spares.take();
        header.is_recycled = spare.is_some();
        let (mut data, mut chain) = header.encode();
        for records in &tail {
            let batch = BatchHeader {
                lsn: Lsn(header.first.0 + (data.len() - HEADER_LEN) as u64),
                nonce: header.nonce,
                synced: header.synced,
                chain,
                kind: Kind::Records,
            };
            chain = frame(&mut data, &batch, records, config.padding);
        }
        let mut script = place_segment(&config, header.segment, spare, data);
        if segments.len() > 1 && !config.has(Mutant::D47) {
            // A process that died may have left names that can be read and are not durable.
            script = script.after(Op::SyncFolder);
        }
        Wal {
            config,
            tip,
            places,
            segments,
            snapshots,
            next_snapshot,
            end,
            chain,
            last_write: None,
            steps: VecDeque::from([Step::Script(script)]),
            dirty: Vec::new(),
            to_sync: VecDeque::new(),
            asked: end,
            flights: VecDeque::new(),
            released: 0,
            synced: Covered { upto: end, write: None },
            saving: VecDeque::new(),
            purges: VecDeque::new(),
            purging: Script::retire(leftovers.into_iter().map(|file| Op::Remove { file })),
            spares,
            owners: BTreeMap::new(),
            begun: BTreeMap::new(),
            next_op: OpId(0),
            is_live: false,
            failed: None,
        }
    }

    /// Whether what was read when the log was opened is durable, and the node may act on it (REC1).
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.is_live
    }

    /// Whether the log has failed, and why.
    #[must_use]
    pub const fn failed(&self) -> Option<Failed> {
        self.failed
    }

    /// Where the next batch goes.
    #[must_use]
    pub const fn end(&self) -> Lsn {
        self.end
    }

    /// The segment in which the log ends, and where in it, in bytes from its beginning. The next batch
    /// goes there, unless it does not fit.
    ///
    /// # Panics
    /// Never: a log has a segment.
    #[must_use]
    pub fn position(&self) -> (SegmentNo, u64) {
        let last = self.segments[self.segments.len() - 1];
        (last.no, last.offset(self.end))
    }

    /// Everything before this is durable.
    #[must_use]
    pub const fn synced(&self) -> Lsn {
        self.synced.upto
    }

    /// The last write of the core since the log was opened that is durable, and all before it.
    #[must_use]
    pub const fn synced_write(&self) -> Option<WriteSeq> {
        self.synced.write
    }

    /// Whether something was appended that no sync was asked for.
    #[must_use]
    pub fn has_unsynced(&self) -> bool {
        self.asked < self.end
    }

    /// How many syncs were asked for and have not been released.
    #[must_use]
    pub fn syncs_under_way(&self) -> usize {
        let asked = self.steps.iter().filter(|step| matches!(step, Step::Sync(_)));
        self.flights.len() + asked.count()
    }

    /// Whether nothing is under way and nothing is to be begun.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.owners.is_empty()
            && self.steps.is_empty()
            && self.saving.is_empty()
            && self.purging.is_over()
            && self.spares.is_idle()
    }

    /// The numbers of the segments that there are, oldest first.
    pub fn segments(&self) -> impl Iterator<Item = SegmentNo> {
        self.segments.iter().map(|segment| segment.no)
    }

    /// Asks for a sync of everything appended so far. `false` if that was asked for before.
    ///
    /// # Errors
    /// If the log has failed.
    pub fn sync(&mut self) -> Result<bool, Failed> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        if !self.has_unsynced() {
            return Ok(false);
        }
        self.asked = self.end;
        let covered = Covered { upto: self.end, write: self.last_write };
        self.steps.push_back(Step::Sync(covered));
        Ok(true)
    }
}
