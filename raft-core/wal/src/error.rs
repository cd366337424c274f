//! What can go wrong, one type for each verb.

use std::fmt;

use syncline_raft::{Index, NodeId};

use crate::disk::{FileName, IoError};
use crate::format::{Flaw, Identity, Lsn};
use crate::image::ImageError;

/// The log has failed: an operation of its disk has, and whatever was not synced before is in
/// doubt. The node must stop; opening the log again finds out what is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failed {
    /// Why.
    pub error: IoError,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the log has failed: {}", self.error)
    }
}

impl std::error::Error for Failed {}

/// Why something was not appended. The log is unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AppendError {
    /// The log has failed.
    Failed(Failed),
    /// It does not follow what is there.
    Gap(ImageError),
    /// It is longer than the longest batch.
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The longest.
        bytes_max: usize,
    },
    /// No checkpoint or snapshot in the log stands for what is to go (R16).
    NoCheckpoint {
        /// Up to where the log is to go.
        upto: Index,
        /// Up to where it may.
        upto_max: Index,
    },
}

impl fmt::Display for AppendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppendError::Failed(failed) => failed.fmt(f),
            AppendError::Gap(gap) => gap.fmt(f),
            AppendError::TooLong { bytes, bytes_max } => {
                write!(f, "a batch of {bytes} bytes is longer than {bytes_max}")
            }
            AppendError::NoCheckpoint { upto, upto_max } => {
                write!(f, "the log cannot go up to {upto}: checkpoints stand for {upto_max}")
            }
        }
    }
}

impl std::error::Error for AppendError {}

/// The log was not opened. Nothing on the disk was changed, and the node must not start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The file that gave the reason; none if it is one that is not there.
    pub file: Option<FileName>,
    /// Where in the file, in bytes from its beginning.
    pub offset: u64,
    /// Where in the log.
    pub lsn: Lsn,
    /// Why.
    pub reason: Reason,
}

/// Why a log was not opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// There is none. A node that finds its disk empty must not begin anew by itself: it may have
    /// voted.
    NoLog,
    /// There is one already.
    LogExists,
    /// The disk could not be read.
    Unreadable(IoError),
    /// The header of a segment is damaged.
    Header(Flaw),
    /// The log was written in a version of the format that this one does not know.
    Version(u32),
    /// The log is another node's, or another cluster's (REC8).
    Stranger {
        /// Whose it should be.
        expected: Identity,
        /// Whose it is.
        found: Identity,
    },
    /// The name of a segment and its header disagree.
    Misnamed,
    /// Batches are damaged that were durable, as something that was written later says (REC2).
    Damaged {
        /// What is wrong.
        flaw: Flaw,
        /// Up to here the log was durable.
        synced: Lsn,
    },
    /// A segment is missing.
    SegmentMissing,
    /// The log begins later than it should: entries up to here are missing, and no checkpoint
    /// stands for them.
    EntriesMissing(Index),
    /// A sound record does not follow those before it.
    Record(ImageError),
    /// More is committed than the log has (REC5).
    CommitBeyondLog {
        /// What is committed.
        commit: Index,
        /// What the log has.
        last: Index,
    },
    /// A snapshot that the log relies on is damaged.
    Snapshot(Flaw),
}

impl Refusal {
    pub(crate) const fn of_log(reason: Reason) -> Refusal {
        Refusal { file: None, offset: 0, lsn: Lsn(0), reason }
    }

    pub(crate) const fn of_file(file: FileName, reason: Reason) -> Refusal {
        Refusal { file: Some(file), offset: 0, lsn: Lsn(0), reason }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.file {
            Some(file) => {
                write!(f, "{file} at byte {} (log position {}): ", self.offset, self.lsn)?;
            }
            None => f.write_str("the log: ")?,
        }
        self.reason.fmt(f)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoLog => f.write_str("there is none; only a new node may create one"),
            Reason::LogExists => f.write_str("there is one already"),
            Reason::Unreadable(error) => write!(f, "it cannot be read: {error}"),
            Reason::Header(flaw) => write!(f, "the header of the segment is damaged: {flaw}"),
            Reason::Version(version) => write!(f, "version {version} of the format is not known"),
            Reason::Stranger { expected, found } => {
                let name =
                    |Identity { cluster, node }: &Identity| -> (u128, NodeId) { (*cluster, *node) };
                let ((cluster, node), (other, stranger)) = (name(expected), name(found));
                write!(
                    f,
                    "it belongs to node {stranger} of cluster {other:x}, not to node {node} of {cluster:x}"
                )
            }
            Reason::Misnamed => f.write_str("the segment has the name of another"),
            Reason::Damaged { flaw, synced } => {
                write!(f, "a batch is damaged ({flaw}), and the log was durable up to {synced}")
            }
            Reason::SegmentMissing => f.write_str("the segment after it is missing"),
            Reason::EntriesMissing(last) => {
                write!(f, "entries up to {last} are missing, and no checkpoint stands for them")
            }
            Reason::Record(error) => error.fmt(f),
            Reason::CommitBeyondLog { commit, last } => {
                write!(f, "{commit} is committed, but the log ends at {last}")
            }
            Reason::Snapshot(flaw) => write!(f, "the snapshot is damaged: {flaw}"),
        }
    }
}

impl std::error::Error for Refusal {}
