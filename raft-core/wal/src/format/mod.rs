//! The bytes of the log: segments, batches, records and snapshot files, version 2, little-endian.
//!
//! Every byte lies under a checksum (CRC-32C), lengths and padding included. A batch is
//! bound to its place: it carries its position in the log, the nonce of its segment and the
//! checksum of the batch before, so that bytes that belong elsewhere (an older use of the file,
//! another place of the disk, another node) never pass for it. Nor do bytes that a client has made up
//! and that lie in a payload: the nonce is none that it could know.

mod batch;
mod bytes;
mod record;
mod segment;
mod snapshot;

use std::fmt;

pub(crate) use batch::{BATCH_HEADER, Batch, BatchHeader, Kind, NONCE_AT, frame, padded, seal};
pub(crate) use record::{Logged, Marker, decode, encode, size_hint};
pub(crate) use segment::{HEADER_LEN, HeaderError, Nonce, SegmentHeader, Start};
pub(crate) use snapshot::SnapshotFile;

pub use batch::Padding;
pub use segment::Identity;

/// A position in the log: how many bytes of batches come before it, counted over all segments.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Lsn(pub u64);

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What is wrong with some bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Flaw {
    /// They end too early.
    Short,
    /// They do not begin like what they should be.
    Magic,
    /// The length that they state cannot be.
    Length,
    /// The checksum does not fit.
    Checksum,
    /// They are sound, but belong to another segment.
    Segment,
    /// They are sound, but belong to another position.
    Position,
    /// They are sound, but do not follow the batch before.
    Chain,
    /// They are sound, but say what no writer of this version says.
    Content,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flaw::Short => "it ends too early",
            Flaw::Magic => "it does not begin as it should",
            Flaw::Length => "its length cannot be",
            Flaw::Checksum => "its checksum does not fit",
            Flaw::Segment => "it belongs to another segment",
            Flaw::Position => "it belongs to another position",
            Flaw::Chain => "it does not follow the batch before",
            Flaw::Content => "it says what no writer says",
        })
    }
}

/// The version of the format.
pub(crate) const VERSION: u32 = 2;
