//! What befalls durable bytes behind everybody's back, and what a read makes of it.
//!
//! All of it can be found out, and must be: a batch is damaged only if something else that is durable gives
//! evidence of it (REC2), a segment is lost only if there is a later one or the one before is sealed, and of
//! snapshots the newest is damaged, which no log does without.
//!
//! A process may have the log open meanwhile. It goes on, for it does not look: it finds out when it reads
//! entries back, and whoever opens the log next does, unless the file has gone by then. Only names are not
//! lost so: an open file without a name can be read and written as before, and what it is missed for is what
//! it is missed for once the process is gone.

use syncline_traces::{Damage, WriteNo};
use syncline_wal::{
    Completion, Disk as Device, FileName, IoError, Request, SegmentNo, VirtualDisk,
};

use super::{Bytes, Place};

/// A read that goes wrong once.
#[derive(Clone, Copy, Debug)]
pub(super) struct BadRead {
    place: Place,
    is_stale: bool,
}

impl Bytes {
    /// The damage that may be done, each with a write that it is done to.
    pub(in super::super) fn damageable(&self) -> impl Iterator<Item = (WriteNo, Damage)> {
        let newest = self.newest_segment();
        let (has_snapshot, is_open) = (self.newest_snapshot().is_some(), self.is_open());
        let is_missed = !is_open && newest.is_some_and(|newest| self.is_missed(newest));
        let is_there = |place: &&Place| self.device.has(FileName::Segment(place.segment));
        // Of the oldest ones most are gone. Of what is left where files are missing, the evidence may be.
        let evidenced = self.places.iter().rev().filter(|place| place.end <= self.evidence);
        evidenced.filter(is_there).filter(|_| !self.has_lost).flat_map(move |place| {
            let allows = move |damage: &Damage| match damage {
                Damage::FileLost => Some(place.segment) < newest && !is_open,
                Damage::NewestLost => is_missed,
                Damage::DiskLost => !is_open,
                Damage::Snapshot => has_snapshot,
                _ => true,
            };
            Damage::ALL.iter().copied().filter(allows).map(|damage| (place.write, damage))
        })
    }

    /// Whether a recovery would miss the newest segment: the one before is sealed, durably, as something is
    /// that came later, and nothing else is damaged that might hide the seal.
    fn is_missed(&self, newest: SegmentNo) -> bool {
        let before = FileName::Segment(SegmentNo(newest.0 - 1));
        let is_there =
            || self.device.has(before) && self.device.durable_names().any(|f| f == before);
        let is_durable = |place: &Place| place.segment == newest && place.end <= self.durable;
        self.follows_seal == Some(newest)
            && self.damaged.is_empty()
            && self.bad_read.is_none()
            && self.places.iter().rev().any(is_durable)
            && is_there()
    }

    /// Damages the batch of a write, or what belongs to it.
    pub(in super::super) fn damage(&mut self, write: WriteNo, damage: Damage) {
        self.note((write, damage));
        let found = self.places.iter().position(|place| place.write == write);
        let number = found.expect("it may be damaged");
        let place = self.places[number];
        let segment = FileName::Segment(place.segment);
        let flip = |bytes: &mut [u8]| {
            // Any bit will do; which, depends on the write.
            let bit = write.0 as usize * 37 % (bytes.len() * 8).max(1);
            if let Some(byte) = bytes.get_mut(bit / 8) {
                *byte ^= 1 << (bit % 8);
            }
        };
        match damage {
            Damage::Rot => self.corrupt(place, flip),
            Damage::Lost => self.corrupt(place, |batch| batch.fill(0)),
            Damage::Misdirected => {
                let other = self.neighbour(number).map_or_else(Vec::new, |at| self.bytes_at(at));
                self.corrupt(place, |batch| {
                    let len = batch.len().min(other.len());
                    batch[..len].copy_from_slice(&other[..len]);
                    batch[len..].fill(0);
                });
            }
            Damage::Header => {
                let header = Place { offset: 0, len: self.first_offset, ..place };
                self.corrupt(header, flip);
            }
            Damage::Snapshot => {
                let file = self.newest_snapshot().expect("it may be damaged");
                self.corrupt_file(file, flip);
            }
            Damage::FileLost => self.lose(|file| file == segment),
            Damage::NewestLost => {
                let newest = self.newest_segment().map(FileName::Segment);
                self.lose(|file| Some(file) == newest);
            }
            Damage::DiskLost => self.lose(|_| true),
            Damage::Unreadable => self.bad_read = Some(BadRead { place, is_stale: false }),
            Damage::Stale => self.bad_read = Some(BadRead { place, is_stale: true }),
        }
    }

    fn lose(&mut self, is_lost: impl Fn(FileName) -> bool) {
        self.has_lost = true;
        let lost: Vec<FileName> = self.device.names().filter(|file| is_lost(*file)).collect();
        lost.into_iter().for_each(|file| self.device.lose(file));
    }

    /// The newest segment whose name no power cut takes.
    fn newest_segment(&self) -> Option<SegmentNo> {
        self.device.durable_names().filter_map(segment_of).max()
    }

    fn newest_snapshot(&self) -> Option<FileName> {
        self.device.names().filter(|file| matches!(file, FileName::Snapshot(_))).max()
    }

    /// Another batch of the same segment.
    fn neighbour(&self, number: usize) -> Option<Place> {
        let segment = self.places[number].segment;
        let others = [number.checked_sub(1), Some(number + 1)].into_iter().flatten();
        let mut others = others.filter_map(|other| self.places.get(other));
        others.find(|other| other.segment == segment).copied()
    }

    fn bytes_at(&mut self, place: Place) -> Vec<u8> {
        let file = FileName::Segment(place.segment);
        let bytes = self.device.read_part(file, place.offset, place.len as usize);
        bytes.expect("the file is there")
    }

    fn corrupt(&mut self, place: Place, change: impl FnOnce(&mut [u8])) {
        let (from, to) = (place.offset as usize, (place.offset + place.len) as usize);
        let file = FileName::Segment(place.segment);
        self.corrupt_file(file, |bytes| {
            // With a known bug there may be less than the log has said to be durable.
            let to = to.min(bytes.len());
            change(&mut bytes[from.min(to)..to]);
        });
    }

    fn corrupt_file(&mut self, file: FileName, change: impl FnOnce(&mut [u8])) {
        self.damaged.push(file);
        let corrupted = self.device.corrupt(file, |bytes| change(bytes));
        corrupted.expect("the file is there");
    }
}

fn segment_of(file: FileName) -> Option<SegmentNo> {
    match file {
        FileName::Segment(no) => Some(no),
        _ => None,
    }
}

/// A disk of which one read goes wrong.
pub(super) struct Reader<'a> {
    device: &'a mut VirtualDisk,
    bad_read: Option<BadRead>,
    /// Whether it has.
    pub(super) went_wrong: bool,
}

impl Reader<'_> {
    pub(super) fn new(device: &mut VirtualDisk, bad_read: Option<BadRead>) -> Reader<'_> {
        Reader { device, bad_read, went_wrong: false }
    }
}

impl Device for Reader<'_> {
    fn begin(&mut self, request: Request) {
        self.device.begin(request);
    }

    fn completion(&mut self) -> Option<Completion> {
        self.device.completion()
    }

    fn forget(&mut self) {
        self.device.forget();
    }

    fn files(&mut self) -> Result<Vec<FileName>, IoError> {
        self.device.files()
    }

    fn read_at(
        &mut self,
        file: FileName,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, IoError> {
        let filled = self.device.read_at(file, offset, buffer)?;
        let is_bad = |bad: &BadRead| FileName::Segment(bad.place.segment) == file;
        let Some(BadRead { place, is_stale }) = self.bad_read.filter(is_bad) else {
            return Ok(filled);
        };
        let within = |at: u64| (at.saturating_sub(offset) as usize).min(filled);
        let bad = &mut buffer[within(place.offset)..within(place.offset + place.len)];
        self.went_wrong |= !bad.is_empty();
        if !bad.is_empty() && !is_stale {
            return Err(IoError::Device);
        }
        bad.fill(0);
        Ok(filled)
    }

    fn read(&mut self, file: FileName) -> Result<Vec<u8>, IoError> {
        self.device.read(file)
    }
}
