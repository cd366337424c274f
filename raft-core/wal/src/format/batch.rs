//! A batch: the unit in which the log is written. All of it is read back, or none (R2).
//!
//! ```text
//!  0  u32  checksum of everything after it, up to the end of the records
//!  4  u32  length of the records in bytes
//!  8  u64  position of the batch
//! 16  u64  number of its segment
//! 24  u64  up to where the log was synced when the batch was built
//! 32  u32  checksum of the batch before, or of the segment's header
//! 36  u32  kind: 1 records, 2 seal
//! 40       records, then zeros up to the padding
//! ```

use super::bytes::{Reader, put_len, put_u32, put_u64};
use super::{Flaw, Lsn};
use crate::disk::SegmentNo;

/// The length of what comes before the records, in bytes.
pub(crate) const BATCH_HEADER: usize = 40;

const RECORDS: u32 = 1;
const SEAL: u32 = 2;

/// Up to where a batch is filled with zeros.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Padding {
    /// To the next 8 bytes. Two batches may share a sector, so this asks of the disk that a write
    /// which is cut off leaves the bytes beside it alone.
    #[default]
    Words,
    /// To the next 512 bytes: no two batches share a sector of that length.
    Sectors,
    /// To the next 4,096 bytes: no two batches share a sector of that length.
    Pages,
}

impl Padding {
    /// The length to a multiple of which a batch is filled, in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Padding::Words => 8,
            Padding::Sectors => 512,
            Padding::Pages => 4_096,
        }
    }
}

/// What a batch says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BatchHeader {
    pub(crate) lsn: Lsn,
    pub(crate) segment: SegmentNo,
    /// Evidence: everything before this was durable when the batch was built.
    pub(crate) synced: Lsn,
    /// The checksum of what comes before in the log.
    pub(crate) chain: u32,
    /// It ends its segment, and the next segment exists.
    pub(crate) is_seal: bool,
}

/// A sound batch, as read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) header: BatchHeader,
    pub(crate) records: &'a [u8],
    pub(crate) checksum: u32,
}

/// Appends a batch to `out`; its checksum.
pub(crate) fn frame(
    out: &mut Vec<u8>,
    header: &BatchHeader,
    records: &[u8],
    padding: Padding,
) -> u32 {
    let start = out.len();
    put_u32(out, 0);
    put_len(out, records.len());
    put_u64(out, header.lsn.0);
    put_u64(out, header.segment.0);
    put_u64(out, header.synced.0);
    put_u32(out, header.chain);
    put_u32(out, if header.is_seal { SEAL } else { RECORDS });
    debug_assert_eq!(out.len() - start, BATCH_HEADER);
    out.extend_from_slice(records);
    let checksum = crc32c::crc32c(&out[start + 4..]);
    out[start..start + 4].copy_from_slice(&checksum.to_le_bytes());
    out.resize(start + padded(records.len(), padding), 0);
    checksum
}

/// The length of a batch with so many bytes of records.
pub(crate) fn padded(records: usize, padding: Padding) -> usize {
    (BATCH_HEADER + records).next_multiple_of(padding.bytes())
}

impl<'a> Batch<'a> {
    /// Reads the batch at the beginning of `bytes`, wherever it belongs.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Batch<'a>, Flaw> {
        let mut reader = Reader(bytes);
        let (header, checksum, len) = read_header(&mut reader).ok_or(Flaw::Short)?;
        let records = reader.take(len).ok_or(Flaw::Length)?;
        if crc32c::crc32c(&bytes[4..BATCH_HEADER + len]) != checksum {
            return Err(Flaw::Checksum);
        }
        let header = header.ok_or(Flaw::Content)?;
        Ok(Batch { header, records, checksum })
    }

    /// As [`Batch::read`], for the batch that must stand there.
    pub(crate) fn expect(
        bytes: &'a [u8],
        segment: SegmentNo,
        lsn: Lsn,
        chain: u32,
    ) -> Result<Batch<'a>, Flaw> {
        let batch = Batch::read(bytes)?;
        match batch.header {
            header if header.segment != segment => Err(Flaw::Segment),
            header if header.lsn != lsn => Err(Flaw::Position),
            header if header.chain != chain => Err(Flaw::Chain),
            _ => Ok(batch),
        }
    }

    /// The batch that says of itself that it stands there, whatever comes before it.
    pub(crate) fn read_at(bytes: &'a [u8], segment: SegmentNo, lsn: Lsn) -> Option<Batch<'a>> {
        let (header, ..) = read_header(&mut Reader(bytes))?;
        let is_there = |header: &BatchHeader| header.segment == segment && header.lsn == lsn;
        header.filter(is_there).and_then(|_| Batch::read(bytes).ok())
    }

    /// Its length in the file.
    pub(crate) fn len(&self, padding: Padding) -> usize {
        padded(self.records.len(), padding)
    }
}

/// The header, its checksum, and how many bytes of records follow; no header if its kind is
/// unknown.
fn read_header(reader: &mut Reader<'_>) -> Option<(Option<BatchHeader>, u32, usize)> {
    let checksum = reader.u32()?;
    let len = reader.u32()? as usize;
    let lsn = Lsn(reader.u64()?);
    let segment = SegmentNo(reader.u64()?);
    let synced = Lsn(reader.u64()?);
    let chain = reader.u32()?;
    let kind = reader.u32()?;
    let header = BatchHeader { lsn, segment, synced, chain, is_seal: kind == SEAL };
    Some((matches!(kind, RECORDS | SEAL).then_some(header), checksum, len))
}
