//! One segment: its header, its batches, and where they end.

use crate::config::Config;
use crate::disk::{Disk, FileName, SegmentNo};
use crate::error::{Reason, Refusal};
use crate::format::{Batch, Flaw, HEADER_LEN, HeaderError, Kind, Lsn, SEGMENT_AT, SegmentHeader};
use crate::mutant::{Mutant, is_on};

/// A segment with a sound header, in memory.
pub(super) struct Loaded {
    pub(super) header: SegmentHeader,
    /// With which the chain of its batches begins.
    checksum: u32,
    bytes: Vec<u8>,
    mutant: Option<Mutant>,
}

/// A sound batch in its place.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) records: &'a [u8],
    pub(super) checksum: u32,
    /// Where it begins and ends in the log.
    pub(super) lsn: Lsn,
    pub(super) end: Lsn,
    pub(super) synced: Lsn,
}

/// The batches of a segment.
pub(super) struct Scan<'a> {
    pub(super) batches: Vec<Found<'a>>,
    /// How many of them are durable by evidence.
    pub(super) durable: usize,
    /// Where something was cut off, in bytes from the beginning of the file, and what is wrong
    /// there.
    pub(super) cut: Option<(u64, Flaw)>,
}

/// Where the sound batches of a segment end.
enum End {
    /// The segment after it exists.
    Seal,
    Flaw(Flaw),
}

impl Loaded {
    /// Reads a segment that has its name, into a buffer that has served before: a fresh one takes as
    /// long to come by as to fill.
    pub(super) fn read(
        disk: &mut impl Disk,
        no: SegmentNo,
        config: &Config,
        buffer: Vec<u8>,
    ) -> Result<Loaded, Refusal> {
        let file = FileName::Segment(no);
        let refuse = |reason| Refusal::of_file(file, reason);
        let mut bytes = buffer;
        disk.read_into(file, &mut bytes).map_err(|error| refuse(Reason::Unreadable(error)))?;
        let (header, checksum) = SegmentHeader::decode(&bytes).map_err(|error| {
            refuse(match error {
                HeaderError::Flaw(flaw) => Reason::Header(flaw),
                HeaderError::Version(version) => Reason::Version(version),
            })
        })?;
        if header.identity != config.identity {
            let (expected, found) = (config.identity, header.identity);
            return Err(refuse(Reason::Stranger { expected, found }));
        }
        if header.segment != no {
            return Err(refuse(Reason::Misnamed));
        }
        let loaded = Loaded { header, checksum, bytes, mutant: config.mutant };
        if (loaded.bytes.len() as u64) < loaded.header.len {
            let offset = loaded.bytes.len() as u64;
            let reason = Reason::Damaged { flaw: Flaw::Short, synced: loaded.header.synced };
            return Err(Refusal { offset, ..refuse(reason) });
        }
        Ok(loaded)
    }

    /// The buffer, for another segment.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }

    pub(super) fn refusal(&self, lsn: Lsn, reason: Reason) -> Refusal {
        let file = Some(FileName::Segment(self.header.segment));
        Refusal { file, offset: self.offset(lsn), lsn, reason }
    }

    /// Where the first batches of this segment end, and the checksum of what lies before that.
    pub(super) fn end_of(&self, batches: &[Found<'_>]) -> (Lsn, u32) {
        let beginning = (self.header.first, self.checksum);
        batches.last().map_or(beginning, |batch| (batch.end, batch.checksum))
    }

    fn offset(&self, lsn: Lsn) -> u64 {
        HEADER_LEN as u64 + (lsn.0 - self.header.first.0)
    }

    /// The batches up to where the next segment begins. All of them were durable before it had its
    /// name.
    pub(super) fn scan_until(&self, next: &Loaded) -> Result<Scan<'_>, Refusal> {
        let upto = next.header.first;
        let (mut batches, end) = self.sound_batches();
        batches.truncate(batches.partition_point(|batch| batch.lsn < upto));
        let (reached, chain) = self.end_of(&batches);
        let flaw = match end {
            _ if reached > upto => Flaw::Position,
            _ if reached == upto && chain != next.header.chain => Flaw::Chain,
            _ if reached == upto => {
                let durable = batches.len();
                return Ok(Scan { batches, durable, cut: None });
            }
            End::Seal => Flaw::Position,
            End::Flaw(flaw) => flaw,
        };
        Err(self.refusal(reached.min(upto), Reason::Damaged { flaw, synced: upto }))
    }

    /// The batches of the last segment, up to where they are cut off.
    pub(super) fn scan_to_the_end(&self) -> Result<Scan<'_>, Refusal> {
        let (batches, end) = self.sound_batches();
        let (reached, _) = self.end_of(&batches);
        let flaw = match end {
            End::Seal => return Err(self.refusal(reached, Reason::SegmentMissing)),
            End::Flaw(flaw) => flaw,
        };
        let known = batches.iter().map(|batch| batch.synced).chain([self.header.synced]);
        let behind = self.evidence_after(reached);
        let synced = known.chain(behind).max().unwrap_or_default();
        let is_damaged =
            (synced > reached && !self.is_taken_for_torn(reached)) || flaw == Flaw::Content;
        if is_damaged {
            return Err(self.refusal(reached, Reason::Damaged { flaw, synced }));
        }
        let believes = is_on(self.mutant, Mutant::D37);
        let durable = batches.partition_point(|batch| believes || batch.end <= synced);
        let is_cut = behind.is_some() || self.has_remains_at(reached);
        let cut = is_cut.then_some((self.offset(reached), flaw));
        Ok(Scan { batches, durable, cut })
    }

    /// Whether part of a batch lies there. What an earlier life of the file has left is none.
    fn has_remains_at(&self, lsn: Lsn) -> bool {
        let rest = self.bytes.get(self.offset(lsn) as usize..).unwrap_or_default();
        if self.header.is_recycled {
            return Batch::claims(rest, self.header.segment, lsn);
        }
        !rest.chunks(ZEROS.len()).all(|chunk| *chunk == ZEROS[..chunk.len()])
    }

    fn sound_batches(&self) -> (Vec<Found<'_>>, End) {
        let mut batches = Vec::new();
        let (mut lsn, mut chain) = (self.header.first, self.checksum);
        loop {
            let bytes = self.bytes.get(self.offset(lsn) as usize..).unwrap_or_default();
            let padding = self.header.padding;
            let expected = match is_on(self.mutant, Mutant::D21) {
                true => Batch::read(bytes, padding),
                false => Batch::expect(bytes, padding, self.header.segment, lsn, chain),
            };
            let batch = match expected {
                Ok(batch) if batch.header.kind == Kind::Seal => return (batches, End::Seal),
                Ok(batch) => batch,
                Err(flaw) => match self.skip(lsn) {
                    Some(next) => {
                        let bytes = &self.bytes[self.offset(next) as usize..];
                        let batch = Batch::read(bytes, padding);
                        chain = batch.map_or(chain, |batch| batch.header.chain);
                        lsn = next;
                        continue;
                    }
                    None => return (batches, End::Flaw(flaw)),
                },
            };
            let end = Lsn(lsn.0 + batch.len(padding) as u64);
            let (records, checksum, synced) = (batch.records, batch.checksum, batch.header.synced);
            batches.push(Found { records, checksum, lsn, end, synced });
            (lsn, chain) = (end, checksum);
        }
    }

    /// Known bugs only: damage that is taken for a batch that was cut off.
    fn is_taken_for_torn(&self, lsn: Lsn) -> bool {
        let offset = self.offset(lsn) as usize;
        let is_zero = || self.bytes.get(offset..offset + 8).is_none_or(|word| word == [0; 8]);
        is_on(self.mutant, Mutant::D18) || (is_on(self.mutant, Mutant::D17) && is_zero())
    }

    /// Known bugs only: the next sound batch behind a damaged one.
    fn skip(&self, lsn: Lsn) -> Option<Lsn> {
        if !is_on(self.mutant, Mutant::D19) {
            return None;
        }
        let step = self.header.padding.bytes() as u64;
        let is_batch = |lsn: &Lsn| {
            let bytes = self.bytes.get(self.offset(*lsn) as usize..).unwrap_or_default();
            Batch::read_at(bytes, self.header.padding, self.header.segment, *lsn).is_some()
        };
        let last = self.header.first.0 + (self.bytes.len() - HEADER_LEN) as u64;
        (lsn.0 + step..last).step_by(step as usize).map(Lsn).find(is_batch)
    }

    /// What batches of this segment that lie behind a damaged one say of how much was durable. They
    /// are no part of the log, but they were written by this node, and later.
    fn evidence_after(&self, lsn: Lsn) -> Option<Lsn> {
        let SegmentHeader { segment, padding, first, .. } = self.header;
        let number = segment.0.to_le_bytes();
        // Most of what lies there is zeros, and there may be much of it.
        let names_it = |offset: &usize| {
            self.bytes.get(offset + SEGMENT_AT..).is_some_and(|rest| rest.starts_with(&number))
        };
        let from = self.offset(lsn) as usize + padding.bytes();
        let places = (from..self.bytes.len()).step_by(padding.bytes()).filter(names_it);
        let batches = places.filter_map(|offset| {
            let lsn = Lsn(first.0 + (offset - HEADER_LEN) as u64);
            Batch::read_at(&self.bytes[offset..], padding, segment, lsn)
        });
        batches.map(|batch| batch.header.synced).max()
    }
}

static ZEROS: [u8; 4_096] = [0; 4_096];
