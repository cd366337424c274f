//! What a log is told when it is opened.

use crate::disk::SegmentNo;
use crate::format::{HEADER_LEN, Identity, Lsn, Nonce, Padding, SegmentHeader, Start};
use crate::mutant::{Mutant, is_on};

/// The longest batch of any log, in bytes: a length is 32 bits.
const BATCH_BYTES_MAX: usize = 1 << 30;

/// What a log is and how it is laid out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Config {
    /// Whose log it is.
    pub identity: Identity,
    /// A number that no client can guess, fresh from the system's generator of random numbers each
    /// time that the log is opened: what was written under another salt is read all the same. Who
    /// knows it can propose a command that holds a forged batch, and have the log refused as damaged
    /// (REC3) if a crash tears the batch with that command. It need not be kept.
    pub salt: u64,
    /// The length in bytes at which a segment gives way to the next. A segment is longer only if a
    /// single batch is.
    pub segment_bytes: u64,
    /// Whether a new segment is filled with zeros up to that length, so that a sync need not write
    /// down a new length.
    pub preallocates: bool,
    /// How many spare segments lie ready at most, if segments are preallocated. Those that nobody
    /// needs any more become spares, so that their bytes need not be written twice; and where there
    /// is none, one is made ahead when the last segment is half full.
    pub spares: usize,
    /// The longest batch that is written, in bytes; more than 1 GiB counts as that. Longer ones are
    /// read all the same.
    pub batch_bytes_max: usize,
    /// How batches are kept apart.
    pub padding: Padding,
    /// The known bug to switch on. It has no effect unless the feature `mutants` is on.
    pub mutant: Option<Mutant>,
}

impl Config {
    /// Under a [salt](Config::salt) that no client can guess: segments of 64 MiB with one spare, batches of at most 64 MiB, padding to words.
    #[must_use]
    pub const fn new(identity: Identity, salt: u64) -> Config {
        Config {
            identity,
            salt,
            segment_bytes: 64 << 20,
            preallocates: true,
            spares: 1,
            batch_bytes_max: 64 << 20,
            padding: Padding::Words,
            mutant: None,
        }
    }

    /// With limits that the format can hold.
    pub(crate) fn bounded(self) -> Config {
        Config { batch_bytes_max: self.batch_bytes_max.min(BATCH_BYTES_MAX), ..self }
    }

    pub(crate) fn has(&self, mutant: Mutant) -> bool {
        is_on(self.mutant, mutant)
    }

    /// The header of a new segment in a new file. All of the log before it is durable by the time
    /// it has its name.
    pub(crate) fn header(
        &self,
        segment: SegmentNo,
        first: Lsn,
        chain: u32,
        start: Start,
    ) -> SegmentHeader {
        SegmentHeader {
            identity: self.identity,
            segment,
            first,
            chain,
            padding: self.padding,
            synced: first,
            len: self.preallocated_bytes().max(HEADER_LEN as u64),
            is_recycled: false,
            nonce: Nonce::of(self.salt, segment),
            start,
        }
    }

    /// The length that a new segment has from its beginning, in bytes.
    pub(crate) const fn preallocated_bytes(&self) -> u64 {
        if self.preallocates { self.segment_bytes } else { 0 }
    }
}
