//! What a log is told when it is opened.

use crate::format::{Identity, Padding};

/// What a log is and how it is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// Whose log it is.
    pub identity: Identity,
    /// The length in bytes at which a segment gives way to the next. A segment is longer only if a single
    /// batch is.
    pub segment_bytes: u64,
    /// Whether a new segment is filled with zeros up to that length, so that a sync need not write
    /// down a new length.
    pub preallocates: bool,
    /// The longest batch, in bytes; what claims to be longer is not read. At most 1 GiB.
    pub batch_bytes_max: usize,
    /// How batches are kept apart.
    pub padding: Padding,
}

impl Config {
    /// Segments of 64 MiB, batches of at most 64 MiB, padding to words.
    #[must_use]
    pub const fn new(identity: Identity) -> Config {
        Config {
            identity,
            segment_bytes: 64 << 20,
            preallocates: true,
            batch_bytes_max: 64 << 20,
            padding: Padding::Words,
        }
    }

    /// The length that a new segment has from its beginning, in bytes.
    pub(crate) const fn preallocated_bytes(&self) -> u64 {
        if self.preallocates { self.segment_bytes } else { 0 }
    }
}
