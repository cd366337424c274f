//! The seam between the log and what carries it: named files, operations that begin and complete
//! apart, and reads.
//!
//! The log never waits. It says which [operations](Op) it wants; whoever owns the disk begins them
//! in the order in which they are given, and reports each [completion](Completion) when it comes.
//! What a backend promises is little, and stated at each operation; what it does not promise is
//! what a power cut may take.

use std::fmt;

/// The number of a segment. None is ever used again for other batches that could be taken for its
/// own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SegmentNo(pub u64);

/// The number of a snapshot's file. None is used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SnapshotNo(pub u64);

/// The number of a spare segment. None is used twice at a time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SpareNo(pub u64);

/// A file of the log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FileName {
    /// Batches of the log.
    Segment(SegmentNo),
    /// A segment in the making. What it says counts for nothing.
    NewSegment(SegmentNo),
    /// A snapshot.
    Snapshot(SnapshotNo),
    /// A snapshot in the making. What it says counts for nothing.
    NewSnapshot(SnapshotNo),
    /// A segment that nobody needs any more, or that was made ahead: room for a new one. What it
    /// says counts for nothing.
    Spare(SpareNo),
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FileName::Segment(SegmentNo(no)) => write!(f, "segment-{no:016x}"),
            FileName::NewSegment(SegmentNo(no)) => write!(f, "segment-{no:016x}.new"),
            FileName::Snapshot(SnapshotNo(no)) => write!(f, "snapshot-{no:016x}"),
            FileName::NewSnapshot(SnapshotNo(no)) => write!(f, "snapshot-{no:016x}.new"),
            FileName::Spare(SpareNo(no)) => write!(f, "spare-{no:016x}"),
        }
    }
}

/// The greatest number of a file.
const NUMBER_MAX: u64 = 1 << 62;

impl FileName {
    /// The file of that name; `None` if it is none of the log's. Nor is one with a number that no log
    /// lives to reach: whatever put it there, the log counts on from its numbers.
    #[must_use]
    pub fn parse(name: &str) -> Option<FileName> {
        let (stem, is_new) = match name.strip_suffix(".new") {
            Some(stem) => (stem, true),
            None => (name, false),
        };
        let (kind, digits) = stem.split_once('-')?;
        let number = u64::from_str_radix(digits, 16).ok().filter(|number| *number <= NUMBER_MAX)?;
        let file = match (kind, is_new) {
            ("segment", false) => FileName::Segment(SegmentNo(number)),
            ("segment", true) => FileName::NewSegment(SegmentNo(number)),
            ("snapshot", false) => FileName::Snapshot(SnapshotNo(number)),
            ("snapshot", true) => FileName::NewSnapshot(SnapshotNo(number)),
            ("spare", false) => FileName::Spare(SpareNo(number)),
            _ => return None,
        };
        (file.to_string() == name).then_some(file)
    }

    /// The number of the segment, if it is one that has its name.
    pub(crate) const fn segment(self) -> Option<SegmentNo> {
        match self {
            FileName::Segment(no) => Some(no),
            _ => None,
        }
    }

    /// Whether what it says counts for nothing: it is in the making, or a spare. Where all files
    /// are so, there is no log.
    #[must_use]
    pub const fn is_new(self) -> bool {
        matches!(self, FileName::NewSegment(_) | FileName::NewSnapshot(_) | FileName::Spare(_))
    }
}

/// Names an operation until it has completed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OpId(pub u64);

/// Something to be done to the disk.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Op {
    /// An empty file takes the place of whatever had that name, with so many bytes of zeros in it.
    Create {
        /// The file.
        file: FileName,
        /// Its length in bytes.
        len: u64,
    },
    /// Bytes are written; the file grows if it must. A read sees them from now on, a power cut may
    /// take any of their sectors until a sync that begins later has completed.
    Write {
        /// The file.
        file: FileName,
        /// Where the bytes go, in bytes from its beginning.
        offset: u64,
        /// The bytes.
        data: Vec<u8>,
    },
    /// What was written to the file before this began, and its length, survive a power cut once it
    /// has completed. Its name need not.
    Sync {
        /// The file.
        file: FileName,
    },
    /// A file takes a new name, and the place of whatever had it. A power cut leaves the old names
    /// or the new ones until the folder is synced.
    Rename {
        /// The old name.
        from: FileName,
        /// The new one.
        to: FileName,
    },
    /// As a rename, of a file that is to be written anew: it is at least so long then. What it lacks
    /// is zeros, the rest is whatever it was.
    Reuse {
        /// The old name.
        from: FileName,
        /// The new one.
        to: FileName,
        /// The least length in bytes.
        len: u64,
    },
    /// A file goes. A power cut may bring it back until the folder is synced.
    Remove {
        /// The file.
        file: FileName,
    },
    /// Changes of names that had completed when this began survive a power cut once it has completed.
    SyncFolder,
}

/// An operation with its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// By which its completion is reported.
    pub id: OpId,
    /// What to do.
    pub op: Op,
}

/// How an operation ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Completion {
    /// Which.
    pub id: OpId,
    /// Whether it was done. After an error any part of it may have been.
    pub result: Result<(), IoError>,
}

/// Why the disk did not do what it was asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum IoError {
    /// The device failed (EIO).
    Device,
    /// There is no space left (ENOSPC).
    NoSpace,
    /// There is no such file.
    NoFile,
    /// Direct I/O was asked to write something else than whole blocks: the log on it must be padded to
    /// pages.
    Unaligned,
    /// Anything else, by the number that the operating system gives it; 0 if it gives none.
    Other(i32),
}

impl fmt::Display for IoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IoError::Device => f.write_str("the device failed"),
            IoError::NoSpace => f.write_str("no space is left"),
            IoError::NoFile => f.write_str("there is no such file"),
            IoError::Unaligned => {
                f.write_str("direct I/O writes whole blocks of 4096 bytes: pad the log to pages")
            }
            IoError::Other(code) => write!(f, "error {code} of the operating system"),
        }
    }
}

impl std::error::Error for IoError {}

/// What carries the log.
///
/// Operations are begun in the order in which they are given, and complete in any order. A
/// [sync](Op::Sync) covers every write to its file that was begun before it, if that completes as well,
/// before it or after; of two syncs of a file that are under way the later one need say nothing of what the
/// earlier one covers. A [sync of the folder](Op::SyncFolder) covers the changes of names that had
/// completed when it began.
pub trait Disk {
    /// Begins an operation.
    fn begin(&mut self, request: Request);

    /// The next operation that has completed, if one has.
    fn completion(&mut self) -> Option<Completion>;

    /// Waits until nothing is under way any more, and reports nothing of it. A log that is opened
    /// calls this: the one before it may have had the same names for its operations.
    fn forget(&mut self);

    /// The files of the log that there are, in any order.
    ///
    /// # Errors
    /// If the folder cannot be read.
    fn files(&mut self) -> Result<Vec<FileName>, IoError>;

    /// Fills the buffer with what lies in a file from there on, and says how many bytes that is:
    /// fewer than it holds only where the file ends. A read sees what was written and is not synced.
    ///
    /// # Errors
    /// If there is no such file, or some of it cannot be read. The buffer holds anything then.
    fn read_at(&mut self, file: FileName, offset: u64, buffer: &mut [u8])
    -> Result<usize, IoError>;

    /// All bytes of a file.
    ///
    /// # Errors
    /// If there is no such file, or some part of it cannot be read.
    fn read(&mut self, file: FileName) -> Result<Vec<u8>, IoError>;

    /// So many bytes of a file from there on, or as many as there are.
    ///
    /// # Errors
    /// As for [`Disk::read_at`].
    fn read_part(&mut self, file: FileName, offset: u64, len: usize) -> Result<Vec<u8>, IoError> {
        let mut part = vec![0; len];
        let filled = self.read_at(file, offset, &mut part)?;
        part.truncate(filled);
        Ok(part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_name() {
        for number in [0, 7, NUMBER_MAX] {
            for file in [
                FileName::Segment(SegmentNo(number)),
                FileName::NewSegment(SegmentNo(number)),
                FileName::Snapshot(SnapshotNo(number)),
                FileName::NewSnapshot(SnapshotNo(number)),
                FileName::Spare(SpareNo(number)),
            ] {
                assert_eq!(FileName::parse(&file.to_string()), Some(file));
            }
        }
        for name in [
            "segment",
            "segment-7",
            "segment-+000000000000007",
            "segment-00000000000000AB",
            "segment-0000000000000007.new.new",
            "segment-4000000000000001",
            "spare-ffffffffffffffff",
            "spare-0000000000000007.new",
            "",
        ] {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }
}
