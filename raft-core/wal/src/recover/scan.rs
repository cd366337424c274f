//! One segment: its header, its batches, and where they end.

use std::collections::VecDeque;

use super::fold::Fold;
use super::rest::Rest;
use super::window::Window;
use crate::config::Config;
use crate::disk::{Disk, FileName, SegmentNo};
use crate::error::{Reason, Refusal};
use crate::format::{
    BATCH_HEADER, Batch, Flaw, HeaderError, Kind, Lsn, Padding, SegmentHeader, padded,
};
use crate::mutant::{Mutant, is_on};

/// A segment with a sound header, which is read batch by batch.
pub(super) struct Reading {
    pub(super) header: SegmentHeader,
    window: Window,
    /// Where the next batch begins, and the checksum of what lies before it.
    next: Lsn,
    chain: u32,
    /// The longest batch that is written, in bytes.
    bytes_max: usize,
    mutant: Option<Mutant>,
}

/// A sound batch in its place.
#[derive(Clone, Copy)]
pub(super) struct Found {
    /// Where its records lie in the file, and how long they are, in bytes.
    records: (u64, usize),
    checksum: u32,
    /// Where it begins and ends in the log.
    pub(super) lsn: Lsn,
    pub(super) end: Lsn,
    synced: Lsn,
}

impl Found {
    /// The same batch in another place of the log.
    pub(super) fn moved(&self, lsn: Lsn, padding: Padding) -> Found {
        let len = padded(self.records.1, padding) as u64;
        Found { lsn, end: Lsn(lsn.0 + len), ..*self }
    }
}

/// What no evidence says to be durable.
pub(super) struct Tail {
    /// Where it begins, and the checksum of what lies before it.
    pub(super) first: Lsn,
    pub(super) chain: u32,
    pub(super) batches: VecDeque<Found>,
    /// Where something was cut off behind it, in bytes from the beginning of the file, and what is
    /// wrong there.
    pub(super) cut: Option<(u64, Flaw)>,
}

/// What ends the sound batches of a segment.
enum End {
    /// The segment after it exists.
    Seal,
    Flaw(Flaw),
}

impl Reading {
    /// Begins to read a segment that has its name, into a buffer that may have served before.
    pub(super) fn begin(
        disk: &mut impl Disk,
        no: SegmentNo,
        config: &Config,
        buffer: Vec<u8>,
    ) -> Result<Reading, Refusal> {
        let file = FileName::Segment(no);
        let refuse = |reason| Refusal::of_file(file, reason);
        let mut window = Window::new(file, 0, buffer);
        window.read_on(disk, 0)?;
        let (header, chain) = SegmentHeader::decode(window.bytes_from(0)).map_err(|error| {
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
        if let Some(offset) = end_before(disk, &window, file, header.len)? {
            let reason = Reason::Damaged { flaw: Flaw::Short, synced: header.synced };
            return Err(Refusal { offset, ..refuse(reason) });
        }
        let Config { batch_bytes_max: bytes_max, mutant, .. } = *config;
        Ok(Reading { next: header.first, header, window, chain, bytes_max, mutant })
    }

    /// The buffer, for another segment.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.window.into_buffer()
    }

    /// Where the batches that were read end.
    pub(super) fn end(&self) -> Lsn {
        self.next
    }

    pub(super) fn refusal(&self, lsn: Lsn, reason: Reason) -> Refusal {
        let file = Some(FileName::Segment(self.header.segment));
        Refusal { file, offset: self.header.offset(lsn), lsn, reason }
    }

    /// The records of a batch that was found last, or lies in the tail.
    pub(super) fn records(&self, found: &Found) -> &[u8] {
        let (offset, len) = found.records;
        &self.window.bytes_from(offset)[..len]
    }

    /// Folds the batches up to where the next segment begins. All of them were durable before it had
    /// its name.
    pub(super) fn read_until(
        &mut self,
        next: &Reading,
        disk: &mut impl Disk,
        fold: &mut Fold,
    ) -> Result<(), Refusal> {
        let upto = next.header.first;
        if upto < self.header.first {
            return Err(next.refusal(upto, Reason::Header(Flaw::Position)));
        }
        let damaged = |flaw| Reason::Damaged { flaw, synced: upto };
        while self.next < upto {
            match self.find(disk, self.next)? {
                Ok(found) => fold.replay(self, &found)?,
                Err(End::Seal) => return Err(self.refusal(self.next, damaged(Flaw::Position))),
                Err(End::Flaw(flaw)) => return Err(self.refusal(self.next, damaged(flaw))),
            }
        }
        match (self.next, self.chain) {
            (reached, _) if reached > upto => Err(self.refusal(upto, damaged(Flaw::Position))),
            (_, chain) if chain != next.header.chain => {
                Err(self.refusal(upto, damaged(Flaw::Chain)))
            }
            _ => Ok(()),
        }
    }

    /// Folds the batches of the last segment that are durable by evidence; what lies behind them, up
    /// to where it is cut off.
    pub(super) fn read_to_the_end(
        &mut self,
        disk: &mut impl Disk,
        fold: &mut Fold,
    ) -> Result<Tail, Refusal> {
        let (first, chain) = (self.next, self.chain);
        let mut tail = Tail { first, chain, batches: VecDeque::new(), cut: None };
        let mut synced = self.header.synced;
        let end = loop {
            match self.find(disk, tail.first)? {
                Ok(found) => {
                    synced = synced.max(found.synced);
                    tail.batches.push_back(found);
                    self.fold_durable(&mut tail, synced, fold)?;
                }
                Err(end) => break end,
            }
        };
        let reached = self.next;
        let flaw = match end {
            End::Seal => return Err(self.refusal(reached, Reason::SegmentMissing)),
            End::Flaw(flaw) => flaw,
        };
        let rest = Rest::read(disk, &self.header, reached, self.bytes_max)?;
        synced = synced.max(rest.synced.unwrap_or_default());
        let is_damaged =
            (synced > reached && !self.is_taken_for_torn(reached)) || flaw == Flaw::Content;
        if is_damaged {
            return Err(self.refusal(reached, Reason::Damaged { flaw, synced }));
        }
        self.fold_durable(&mut tail, synced, fold)?;
        tail.cut = rest.is_cut.then_some((self.header.offset(reached), flaw));
        Ok(tail)
    }

    /// Folds what is durable of the tail, which begins behind it then.
    fn fold_durable(&self, tail: &mut Tail, synced: Lsn, fold: &mut Fold) -> Result<(), Refusal> {
        let believes = is_on(self.mutant, Mutant::D37);
        while let Some(found) = tail.batches.front()
            && (believes || found.end <= synced)
        {
            fold.replay(self, found)?;
            (tail.first, tail.chain) = (found.end, found.checksum);
            tail.batches.pop_front();
        }
        Ok(())
    }

    /// The next batch. What lies before `needed` may go from memory.
    fn find(&mut self, disk: &mut impl Disk, needed: Lsn) -> Result<Result<Found, End>, Refusal> {
        loop {
            let flaw = match self.expect() {
                Ok(found) => {
                    (self.next, self.chain) = (found.end, found.checksum);
                    return Ok(Ok(found));
                }
                Err(End::Seal) => return Ok(Err(End::Seal)),
                Err(End::Flaw(flaw)) => flaw,
            };
            let is_incomplete = matches!(flaw, Flaw::Short | Flaw::Length);
            if is_incomplete && self.read_on(disk, needed)? {
                continue;
            }
            if !self.skip(disk)? {
                return Ok(Err(End::Flaw(flaw)));
            }
        }
    }

    fn read_on(&mut self, disk: &mut impl Disk, needed: Lsn) -> Result<bool, Refusal> {
        let (offset, padding) = (self.header.offset(self.next), self.header.padding);
        Ok(self.window.make_room(disk, offset, padding, self.bytes_max)?
            && self.window.read_on(disk, self.header.offset(needed))?)
    }

    /// The next batch, if all of it is in memory.
    fn expect(&self) -> Result<Found, End> {
        let SegmentHeader { nonce, padding, .. } = self.header;
        let (lsn, offset) = (self.next, self.header.offset(self.next));
        let bytes = self.window.bytes_from(offset);
        let expected = match is_on(self.mutant, Mutant::D21) {
            true => Batch::read(bytes, padding),
            false => Batch::expect(bytes, padding, nonce, lsn, self.chain),
        };
        let batch = expected.map_err(End::Flaw)?;
        if batch.header.kind == Kind::Seal {
            return Err(End::Seal);
        }
        Ok(Found {
            records: (offset + BATCH_HEADER as u64, batch.records.len()),
            checksum: batch.checksum,
            lsn,
            end: Lsn(lsn.0 + batch.len(padding) as u64),
            synced: batch.header.synced,
        })
    }

    /// Known bugs only: damage that is taken for a batch that was cut off.
    fn is_taken_for_torn(&self, lsn: Lsn) -> bool {
        let bytes = self.window.bytes_from(self.header.offset(lsn));
        let is_zero = || bytes.get(..8).is_none_or(|word| word == [0; 8]);
        is_on(self.mutant, Mutant::D18) || (is_on(self.mutant, Mutant::D17) && is_zero())
    }

    /// Known bugs only: goes on with the next sound batch behind a damaged one, if there is one.
    fn skip(&mut self, disk: &mut impl Disk) -> Result<bool, Refusal> {
        if !is_on(self.mutant, Mutant::D19) {
            return Ok(false);
        }
        self.window.read_all(disk)?;
        let SegmentHeader { nonce, padding, .. } = self.header;
        let (window, header) = (&self.window, &self.header);
        let batch_at = |lsn: u64| {
            let bytes = window.bytes_from(header.offset(Lsn(lsn)));
            Batch::read_at(bytes, padding, nonce, Lsn(lsn)).ok().map(|batch| (lsn, batch))
        };
        let last = header.first.0 + (window.end() - header.offset(header.first));
        let step = padding.bytes();
        let found = (self.next.0 + step as u64..last).step_by(step).find_map(batch_at);
        if let Some((lsn, batch)) = found {
            (self.next, self.chain) = (Lsn(lsn), batch.header.chain);
        }
        Ok(found.is_some())
    }
}

/// Where a file ends, in bytes, if that is before the length that it had when it got its name.
fn end_before(
    disk: &mut impl Disk,
    window: &Window,
    file: FileName,
    len: u64,
) -> Result<Option<u64>, Refusal> {
    if window.end() >= len {
        return Ok(None);
    }
    let mut has = |offset| {
        let read = disk.read_at(file, offset, &mut [0]);
        read.map(|filled| filled == 1).map_err(|e| Refusal::of_file(file, Reason::Unreadable(e)))
    };
    if has(len - 1)? {
        return Ok(None);
    }
    // The file ends at or above the one, and below the other.
    let (mut least, mut most) = (window.end(), len);
    while least < most {
        let middle = least + (most - least) / 2;
        match has(middle)? {
            true => least = middle + 1,
            false => most = middle,
        }
    }
    Ok(Some(least))
}
