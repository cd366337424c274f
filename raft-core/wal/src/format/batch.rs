//! A batch: the unit in which the log is written. All of it is read back, or none (R2).
//!
//! ```text
//!  0  u32  checksum of everything after it, padding included
//!  4  u32  length of the records in bytes
//!  8  u64  position of the batch
//! 16  u64  nonce of its segment
//! 24  u64  up to where the log was synced when the batch was built
//! 32  u32  checksum of the batch before, or of the segment's header
//! 36  u32  kind: 1 records, 2 seal
//! 40       records, then zeros up to the padding
//! ```

use super::bytes::{Reader, put_len, put_u32, put_u64};
use super::{Flaw, Lsn, Nonce};

/// Where the nonce of the segment lies in a batch, in bytes from its beginning.
pub(crate) const NONCE_AT: usize = 16;

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

/// What a batch is there for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// It carries records.
    Records,
    /// It ends its segment, and the next segment exists.
    Seal,
    /// Something that this version does not know.
    Unknown,
}

/// What a batch says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BatchHeader {
    pub(crate) lsn: Lsn,
    pub(crate) nonce: Nonce,
    /// Evidence: everything before this was durable when the batch was built.
    pub(crate) synced: Lsn,
    /// The checksum of what comes before in the log.
    pub(crate) chain: u32,
    pub(crate) kind: Kind,
}

/// A sound batch, as read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Batch<'a> {
    pub(crate) header: BatchHeader,
    pub(crate) records: &'a [u8],
    pub(crate) checksum: u32,
}

/// Makes a batch of the records behind `start`, which follow room for the header; its checksum.
pub(crate) fn seal(out: &mut Vec<u8>, start: usize, header: &BatchHeader, padding: Padding) -> u32 {
    let records = out.len() - start - BATCH_HEADER;
    out.resize(start + padded(records, padding), 0);
    let mut head = Vec::with_capacity(BATCH_HEADER);
    put_u32(&mut head, 0);
    put_len(&mut head, records);
    put_u64(&mut head, header.lsn.0);
    put_u64(&mut head, header.nonce.0);
    put_u64(&mut head, header.synced.0);
    put_u32(&mut head, header.chain);
    put_u32(
        &mut head,
        match header.kind {
            Kind::Records => RECORDS,
            Kind::Seal => SEAL,
            Kind::Unknown => unreachable!("no writer writes what it does not know"),
        },
    );
    out[start..start + BATCH_HEADER].copy_from_slice(&head);
    let checksum = crc32c::crc32c(&out[start + 4..]);
    out[start..start + 4].copy_from_slice(&checksum.to_le_bytes());
    checksum
}

/// Appends a batch to `out`; its checksum.
pub(crate) fn frame(
    out: &mut Vec<u8>,
    header: &BatchHeader,
    records: &[u8],
    padding: Padding,
) -> u32 {
    let start = out.len();
    out.extend_from_slice(&[0; BATCH_HEADER]);
    out.extend_from_slice(records);
    seal(out, start, header, padding)
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
    pub(crate) fn read(bytes: &'a [u8], padding: Padding) -> Result<Batch<'a>, Flaw> {
        let (header, checksum, len) = read_header(&mut Reader(bytes)).ok_or(Flaw::Short)?;
        let batch = bytes.get(..padded(len, padding)).ok_or(Flaw::Length)?;
        if crc32c::crc32c(&batch[4..]) != checksum {
            return Err(Flaw::Checksum);
        }
        Ok(Batch { header, records: &batch[BATCH_HEADER..][..len], checksum })
    }

    /// As [`Batch::read`], for the batch that must stand there. What is sound and belongs elsewhere
    /// may be of any kind.
    pub(crate) fn expect(
        bytes: &'a [u8],
        padding: Padding,
        nonce: Nonce,
        lsn: Lsn,
        chain: u32,
    ) -> Result<Batch<'a>, Flaw> {
        let batch = Batch::read(bytes, padding)?;
        match batch.header {
            header if header.nonce != nonce => Err(Flaw::Segment),
            header if header.lsn != lsn => Err(Flaw::Position),
            header if header.chain != chain => Err(Flaw::Chain),
            header if header.kind == Kind::Unknown => Err(Flaw::Content),
            _ => Ok(batch),
        }
    }

    /// How long the batch says that it is, in bytes and without its padding, and its checksum; `None`
    /// if its header is not all there.
    pub(crate) fn claim(bytes: &[u8]) -> Option<(usize, u32)> {
        let (_, checksum, len) = read_header(&mut Reader(bytes))?;
        Some((BATCH_HEADER + len, checksum))
    }

    /// Whether the bytes say of themselves that they are the batch that stands there. They may be
    /// the half of it that a crash has left.
    pub(crate) fn claims(bytes: &[u8], nonce: Nonce, lsn: Lsn) -> bool {
        let header = read_header(&mut Reader(bytes));
        header.is_some_and(|(header, ..)| header.nonce == nonce && header.lsn == lsn)
    }

    /// As [`Batch::read`], for a batch that says of itself that it stands there, whatever comes before
    /// it.
    pub(crate) fn read_at(
        bytes: &'a [u8],
        padding: Padding,
        nonce: Nonce,
        lsn: Lsn,
    ) -> Result<Batch<'a>, Flaw> {
        let (header, ..) = read_header(&mut Reader(bytes)).ok_or(Flaw::Short)?;
        match header {
            header if header.nonce != nonce => Err(Flaw::Segment),
            header if header.lsn != lsn => Err(Flaw::Position),
            _ => Batch::read(bytes, padding),
        }
    }

    /// Its length in the file.
    pub(crate) fn len(&self, padding: Padding) -> usize {
        padded(self.records.len(), padding)
    }
}

/// The header, its checksum, and how many bytes of records follow.
fn read_header(reader: &mut Reader<'_>) -> Option<(BatchHeader, u32, usize)> {
    let checksum = reader.u32()?;
    let len = reader.u32()? as usize;
    let lsn = Lsn(reader.u64()?);
    let nonce = Nonce(reader.u64()?);
    let synced = Lsn(reader.u64()?);
    let chain = reader.u32()?;
    let kind = match reader.u32()? {
        RECORDS => Kind::Records,
        SEAL => Kind::Seal,
        _ => Kind::Unknown,
    };
    Some((BatchHeader { lsn, nonce, synced, chain, kind }, checksum, len))
}
