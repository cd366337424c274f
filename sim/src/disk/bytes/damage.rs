//! What befalls durable bytes behind everybody's back, and what a read makes of it.
//!
//! All of it can be found out, and must be: a batch is damaged only if something else that is durable gives
//! evidence of it (REC2), a segment is lost only if there is a later one, and of snapshots the newest is
//! damaged, which no log does without.

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
        let newest = self.device.durable_names().filter_map(segment_of).max();
        let has_snapshot = self.newest_snapshot().is_some();
        let is_there = |place: &&Place| self.device.has(FileName::Segment(place.segment));
        let evidenced = self.places.iter().filter(|place| place.end <= self.evidence);
        evidenced.filter(is_there).flat_map(move |place| {
            let allows = move |damage: &Damage| match damage {
                Damage::FileLost => Some(place.segment) < newest,
                Damage::Snapshot => has_snapshot,
                _ => true,
            };
            Damage::ALL.iter().copied().filter(allows).map(|damage| (place.write, damage))
        })
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
            let bit = write.0 as usize * 37 % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
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
            Damage::DiskLost => self.lose(|_| true),
            Damage::Unreadable => self.bad_read = Some(BadRead { place, is_stale: false }),
            Damage::Stale => self.bad_read = Some(BadRead { place, is_stale: true }),
        }
    }

    fn lose(&mut self, is_lost: impl Fn(FileName) -> bool) {
        self.is_damaged = true;
        let lost: Vec<FileName> = self.device.names().filter(|file| is_lost(*file)).collect();
        lost.into_iter().for_each(|file| self.device.lose(file));
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
        self.corrupt_file(file, |bytes| change(&mut bytes[from..to]));
    }

    fn corrupt_file(&mut self, file: FileName, change: impl FnOnce(&mut [u8])) {
        self.is_damaged = true;
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
    pub(super) device: &'a mut VirtualDisk,
    pub(super) bad_read: Option<BadRead>,
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
