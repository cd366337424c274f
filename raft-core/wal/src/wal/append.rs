//! What is appended, and where it goes.

use syncline_raft::{Index, Snapshot, Write};

use super::{BatchWrite, Purge, Segment, Step, Wal};
use crate::config::Config;
use crate::disk::{FileName, Op, SegmentNo, SnapshotNo, SpareNo};
use crate::error::AppendError;
use crate::format::{
    BATCH_HEADER, BatchHeader, Kind, Logged, Marker, Padding, SnapshotFile, encode, padded, seal,
    size_hint,
};
use crate::mutant::Mutant;
use crate::script::Script;

impl Wal {
    /// Appends what the core handed out. A snapshot in it becomes a file first, for which this and
    /// whatever is appended later wait.
    ///
    /// # Errors
    /// If the log has failed, the write does not follow it, or is too long.
    pub fn append(&mut self, write: &Write) -> Result<(), AppendError> {
        self.check()?;
        let installed = write.snapshot.as_ref().map(|snapshot| snapshot.last);
        let kept = self.tip.kept(write, installed).map_err(AppendError::Gap)?;
        let (saving, marker) = write.snapshot.as_ref().map(|state| self.save(state)).unzip();
        let record = Logged::Write(Write { snapshot: None, ..write.clone() }, marker);
        let batch = self.encoded(&record)?;
        self.steps.extend(saving.map(Step::Script));
        self.last_write = Some(write.seq);
        self.push(&record, batch);
        if marker.is_none() {
            // The write may be the first of a new segment, and void what lies before that as well.
            Segment::keep(&mut self.segments, kept);
        }
        Ok(())
    }

    /// Writes down the state of the state machine. The log goes on meanwhile; the record that names
    /// it is appended when the file is durable.
    ///
    /// # Errors
    /// If the log has failed.
    pub fn checkpoint(&mut self, state: &Snapshot) -> Result<(), AppendError> {
        self.check()?;
        let saving = self.save(state);
        self.saving.push_back(saving);
        Ok(())
    }

    /// Lets go of the log up to an index, for which a checkpoint or a snapshot stands. Segments and
    /// snapshots that nobody needs any more are removed once that is synced (R16).
    ///
    /// # Errors
    /// If the log has failed, or nothing in it stands for what is to go.
    pub fn compact(&mut self, upto: Index) -> Result<(), AppendError> {
        self.check()?;
        let start = self.tip.state();
        let markers = [start.checkpoint, start.received];
        let upto_max = markers.iter().flatten().map(|marker| marker.last.index).max();
        let upto_max = upto_max.unwrap_or(Index::ZERO).min(start.last.index);
        if upto > upto_max {
            return Err(AppendError::NoCheckpoint { upto, upto_max });
        }
        let is_named = |file: &SnapshotNo| markers.iter().flatten().any(|m| m.file == *file);
        let (named, gone): (Vec<_>, Vec<_>) =
            self.snapshots.iter().partition(|file| is_named(file));
        let record = Logged::Compact(upto);
        let batch = self.encoded(&record)?;
        self.push(&record, batch);
        self.snapshots = named;
        self.purges.push_back(Purge { at: self.end, upto, snapshots: gone });
        if self.config.has(Mutant::D27) {
            self.purge();
        }
        Ok(())
    }

    fn check(&self) -> Result<(), AppendError> {
        self.failed.map_or(Ok(()), |failed| Err(AppendError::Failed(failed)))
    }

    /// How a snapshot becomes a file, and the marker by which records name it then.
    fn save(&mut self, state: &Snapshot) -> (Script, Marker) {
        let (data, checksum) = SnapshotFile::encode(state);
        let file = self.next_snapshot;
        self.next_snapshot = SnapshotNo(file.0 + 1);
        let (new, name) = (FileName::NewSnapshot(file), FileName::Snapshot(file));
        let script = with_bugs(&self.config, new, Script::place(new, name, 0, data));
        (script, Marker { file, last: state.last, checksum })
    }

    /// A record behind the room for the header of a batch.
    fn encoded(&self, record: &Logged) -> Result<Vec<u8>, AppendError> {
        let batch = unsealed(record, self.config.padding);
        let (bytes, bytes_max) = (batch.len(), self.config.batch_bytes_max);
        if bytes > bytes_max {
            return Err(AppendError::TooLong { bytes, bytes_max });
        }
        Ok(batch)
    }

    /// Appends a batch of one record, which was found to follow, in a new segment if the last one
    /// is full.
    pub(super) fn push(&mut self, record: &Logged, batch: Vec<u8>) {
        let len = padded(batch.len() - BATCH_HEADER, self.config.padding) as u64;
        let mut active = self.segments[self.segments.len() - 1];
        let is_empty = self.end == active.first;
        let seal = padded(0, self.config.padding) as u64;
        if !is_empty && active.offset(self.end) + len + seal > self.config.segment_bytes {
            active = self.rotate(active);
        }
        self.chain = self.write_batch(active, batch, Kind::Records);
        self.places.note(record, self.end, len as usize);
        self.end.0 += len;
        self.tip.append(record).expect("it was found to follow");
        if let Logged::Write(_, Some(marker)) | Logged::Checkpoint(marker) = record {
            self.snapshots.push(marker.file);
        }
    }

    /// Goes on in a new segment. What lies in the old one is durable before the new one has its
    /// name: a recovery that finds the new one may rely on all of the old one (REC2).
    fn rotate(&mut self, old: Segment) -> Segment {
        let (no, start) = (SegmentNo(old.no.0 + 1), self.tip.state().clone());
        let mut header = self.config.header(no, self.end, self.chain, start);
        let spare = self.spares.take();
        header.is_recycled = spare.is_some();
        let new = Segment::new(&header);
        let (data, chain) = header.encode();
        let script = place_segment(&self.config, no, spare, data);
        let is_hasty = self.config.has(Mutant::D36);
        let script = if is_hasty { script } else { script.after(Op::Sync { file: old.file() }) };
        self.steps.push_back(Step::Script(script));
        // Written once the new segment is there for good, the seal is evidence of it: should the
        // new one get lost, its batches are missed.
        self.write_batch(old, vec![0; BATCH_HEADER], Kind::Seal);
        self.segments.push(new);
        self.chain = chain;
        new
    }

    /// Puts a batch at the end of the log, in the segment given; its checksum.
    fn write_batch(&mut self, segment: Segment, mut batch: Vec<u8>, kind: Kind) -> u32 {
        let header = BatchHeader {
            lsn: self.end,
            nonce: segment.nonce,
            synced: self.synced.upto,
            chain: self.chain,
            kind,
        };
        let checksum = seal(&mut batch, 0, &header, self.config.padding);
        let offset = segment.offset(self.end);
        self.steps.push_back(Step::Write(BatchWrite { segment: segment.no, offset, data: batch }));
        checksum
    }
}

/// How a new segment comes to be, in the place of a spare if there is one.
pub(super) fn place_segment(
    config: &Config,
    segment: SegmentNo,
    spare: Option<SpareNo>,
    data: Vec<u8>,
) -> Script {
    let (new, file) = (FileName::NewSegment(segment), FileName::Segment(segment));
    let len = config.preallocated_bytes();
    let script = match spare {
        None => Script::place(new, file, len, data),
        Some(spare) => Script::reuse(FileName::Spare(spare), new, file, len, data),
    };
    with_bugs(config, new, script)
}

/// Known bugs only: operations that a script lacks.
fn with_bugs(config: &Config, new: FileName, mut script: Script) -> Script {
    if config.has(Mutant::D28) {
        script.forget(&Op::Sync { file: new });
    }
    if config.has(Mutant::D39) {
        script.forget(&Op::SyncFolder);
    }
    if config.has(Mutant::D41) {
        script.forget_first_of_two(&Op::SyncFolder);
    }
    script
}

/// A record behind the room for the header of a batch. Its bytes are copied once, to where they are
/// written from.
pub(super) fn unsealed(record: &Logged, padding: Padding) -> Vec<u8> {
    let mut batch = Vec::with_capacity(padded(size_hint(record), padding));
    batch.resize(BATCH_HEADER, 0);
    encode(&mut batch, record);
    batch
}
