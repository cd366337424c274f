//! The header of a segment: whose it is, where in the log it begins, and the state there.
//!
//! ```text
//!   0  8 bytes  magic
//!   8  u32      version
//!  12  u32      checksum of everything after it, up to the end of the header
//!  16  u128     cluster
//!  32  u64      node
//!  40  u64      number of the segment
//!  48  u64      position of its first batch
//!  56  u32      checksum of the batch before that
//!  60  u32      padding of batches: 8, 512 or 4,096
//!  64  u64      up to where the log was synced
//!  72  u64      length that the file had when it got its name
//!  80  u32      1 if the file had an earlier life, else 0
//!  84  u64      nonce, which every batch of the segment carries
//!  92           the state at its beginning, then zeros up to 4,096
//! ```
//!
//! Because the state at its beginning is in it, a recovery can begin at any segment: older ones can
//! go without anything being written.

use syncline_raft::{HardState, Index, LogId, NodeId, Term};

use super::bytes::{Reader, put_u32, put_u64, put_u128};
use super::record::{decode_id, decode_marker, encode_id, encode_marker};
use super::{Flaw, Lsn, Marker, Padding, VERSION};
use crate::disk::SegmentNo;

/// The length of a segment's header in bytes: a page, so that no batch shares a sector with it.
pub(crate) const HEADER_LEN: usize = 4_096;

const MAGIC: [u8; 8] = *b"SYNCLINE";

/// Whose log it is. A log that belongs to somebody else is refused (REC8): what it says was never
/// said by this node.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Identity {
    /// The cluster, by a number that no other cluster has.
    pub cluster: u128,
    /// The node.
    pub node: NodeId,
}

/// What the batches of a segment carry to say that they are its own. No two segments of a log have
/// the same, and no client can know one: else a command could hold the bytes of a batch, and a crash
/// that tears the true batch around it would let them pass for evidence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Nonce(pub(crate) u64);

impl Nonce {
    /// The nonce of a segment in a log with this salt: the finalizer of SplitMix64, which maps no two
    /// numbers to one.
    pub(crate) const fn of(salt: u64, segment: SegmentNo) -> Nonce {
        let mut mixed = salt.wrapping_add(segment.0.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Nonce(mixed ^ (mixed >> 31))
    }
}

/// The state at a position of the log, short of the entries.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Start {
    pub(crate) hard_state: HardState,
    pub(crate) last: LogId,
    /// Up to where the log is gone.
    pub(crate) compacted: Index,
    pub(crate) checkpoint: Option<Marker>,
    pub(crate) received: Option<Marker>,
}

/// What a segment says of itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SegmentHeader {
    pub(crate) identity: Identity,
    pub(crate) segment: SegmentNo,
    pub(crate) first: Lsn,
    pub(crate) chain: u32,
    pub(crate) padding: Padding,
    /// Evidence: everything before this was durable when the segment got its name.
    pub(crate) synced: Lsn,
    /// Evidence: the file had this length by then, in bytes.
    pub(crate) len: u64,
    /// Whether the file had an earlier life. What lies behind the batches is left from it then,
    /// where it would be zeros else.
    pub(crate) is_recycled: bool,
    pub(crate) nonce: Nonce,
    pub(crate) start: Start,
}

/// Where a segment may begin at most, so that no position in it overflows. No log is ever so long.
const FIRST_MAX: Lsn = Lsn(1 << 62);

/// Why a header is none, or of what other version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HeaderError {
    Flaw(Flaw),
    Version(u32),
}

impl SegmentHeader {
    /// Where a position of the log lies in the file, in bytes.
    pub(crate) fn offset(&self, lsn: Lsn) -> u64 {
        HEADER_LEN as u64 + (lsn.0 - self.first.0)
    }

    /// The position of the log that lies there in the file.
    pub(crate) fn lsn(&self, offset: u64) -> Lsn {
        Lsn(self.first.0 + (offset - HEADER_LEN as u64))
    }

    /// The header's bytes, and the checksum with which the chain of the segment begins.
    pub(crate) fn encode(&self) -> (Vec<u8>, u32) {
        let mut out = Vec::with_capacity(HEADER_LEN);
        out.extend_from_slice(&MAGIC);
        put_u32(&mut out, VERSION);
        put_u32(&mut out, 0);
        put_u128(&mut out, self.identity.cluster);
        put_u64(&mut out, self.identity.node.number());
        put_u64(&mut out, self.segment.0);
        put_u64(&mut out, self.first.0);
        put_u32(&mut out, self.chain);
        put_u32(&mut out, self.padding.bytes() as u32);
        put_u64(&mut out, self.synced.0);
        put_u64(&mut out, self.len);
        put_u32(&mut out, u32::from(self.is_recycled));
        put_u64(&mut out, self.nonce.0);
        encode_start(&mut out, &self.start);
        assert!(out.len() <= HEADER_LEN, "a header has a fixed length");
        out.resize(HEADER_LEN, 0);
        let checksum = crc32c::crc32c(&out[16..]);
        out[12..16].copy_from_slice(&checksum.to_le_bytes());
        (out, checksum)
    }

    /// The header at the beginning of a segment's bytes, and the checksum with which its chain
    /// begins.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(SegmentHeader, u32), HeaderError> {
        let bytes = bytes.get(..HEADER_LEN).ok_or(HeaderError::Flaw(Flaw::Short))?;
        if bytes[..8] != MAGIC {
            return Err(HeaderError::Flaw(Flaw::Magic));
        }
        let mut reader = Reader(&bytes[8..]);
        let version = reader.u32().expect("the length was checked");
        let checksum = reader.u32().expect("the length was checked");
        if version != VERSION {
            return Err(HeaderError::Version(version));
        }
        if crc32c::crc32c(&bytes[16..]) != checksum {
            return Err(HeaderError::Flaw(Flaw::Checksum));
        }
        let header = decode_fields(&mut reader).ok_or(HeaderError::Flaw(Flaw::Content))?;
        Ok((header, checksum))
    }
}

fn decode_fields(reader: &mut Reader<'_>) -> Option<SegmentHeader> {
    let identity = Identity { cluster: reader.u128()?, node: NodeId::new(reader.u64()?)? };
    let segment = SegmentNo(reader.u64()?);
    let first = Some(Lsn(reader.u64()?)).filter(|first| *first <= FIRST_MAX)?;
    let chain = reader.u32()?;
    let padding = match reader.u32()? {
        8 => Padding::Words,
        512 => Padding::Sectors,
        4_096 => Padding::Pages,
        _ => return None,
    };
    let synced = Lsn(reader.u64()?);
    let len = reader.u64()?;
    let is_recycled = match reader.u32()? {
        0 => false,
        1 => true,
        _ => return None,
    };
    let nonce = Nonce(reader.u64()?);
    let start = decode_start(reader)?;
    Some(SegmentHeader {
        identity,
        segment,
        first,
        chain,
        padding,
        synced,
        len,
        is_recycled,
        nonce,
        start,
    })
}

fn encode_start(out: &mut Vec<u8>, start: &Start) {
    let HardState { term, vote, commit } = start.hard_state;
    put_u64(out, term.0);
    put_u64(out, vote.map_or(0, NodeId::number));
    put_u64(out, commit.0);
    encode_id(out, start.last);
    put_u64(out, start.compacted.0);
    for marker in [&start.checkpoint, &start.received] {
        out.push(u8::from(marker.is_some()));
        if let Some(marker) = marker {
            encode_marker(out, marker);
        }
    }
}

fn decode_start(reader: &mut Reader<'_>) -> Option<Start> {
    let term = Term(reader.u64()?);
    let vote = NodeId::new(reader.u64()?);
    let commit = Index(reader.u64()?);
    let last = decode_id(reader)?;
    let compacted = Index(reader.u64()?);
    let mut markers = [None; 2];
    for marker in &mut markers {
        *marker = match reader.u8()? {
            0 => None,
            1 => Some(decode_marker(reader)?),
            _ => return None,
        };
    }
    let [checkpoint, received] = markers;
    let hard_state = HardState { term, vote, commit };
    Some(Start { hard_state, last, compacted, checkpoint, received })
}
