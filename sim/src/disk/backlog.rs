//! Writes that wait, oldest first: in a host to be written, in a disk to be synced.

use std::collections::VecDeque;

use syncline_raft::{Entry, Index};
use syncline_traces::{Mixer, WriteNo};
use syncline_wal::Record;

/// A record, its number on the disk, and the digest of both, taken once.
#[derive(Clone, Debug)]
pub(crate) struct Numbered {
    pub(crate) no: WriteNo,
    pub(crate) record: Record,
    /// What it weighs, in bytes.
    bytes: u64,
    digest: u128,
}

impl Numbered {
    pub(crate) fn new(no: WriteNo, record: Record) -> Numbered {
        let digest = Mixer::digest_of(&(no, &record)).0;
        Numbered { no, bytes: weigh(&record), record, digest }
    }

    /// What it weighs, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The lowest index at which it leaves another log. A snapshot leaves the committed log up to its
    /// end, and nothing behind it.
    pub(crate) fn lowest(&self) -> Option<Index> {
        let Record::Write(write) = &self.record else {
            return None;
        };
        if let Some(snapshot) = &write.snapshot {
            return Some(snapshot.last.index.next());
        }
        let first = write.entries.first().map(Entry::index);
        write.truncate_from.or(first)
    }
}

/// What a record weighs by itself, in bytes: about what a term, a vote and a commit index take.
const RECORD_BYTES: u64 = 24;

/// A queue of writes, and the sum of their digests: since each is numbered, the sum tells the queue,
/// and it costs the same to keep however long the queue is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backlog {
    writes: VecDeque<Numbered>,
    bytes: u64,
    digest: u128,
}

impl Backlog {
    pub(crate) fn push(&mut self, write: Numbered) {
        self.digest = self.digest.wrapping_add(write.digest);
        self.bytes += write.bytes;
        self.writes.push_back(write);
    }

    pub(crate) fn pop(&mut self) -> Option<Numbered> {
        let write = self.writes.pop_front()?;
        self.forget(&write);
        Some(write)
    }

    fn forget(&mut self, write: &Numbered) {
        self.digest = self.digest.wrapping_sub(write.digest);
        self.bytes -= write.bytes;
    }

    /// Lets go of all but the first so many.
    pub(crate) fn truncate(&mut self, count: usize) {
        while self.writes.len() > count {
            let write = self.writes.pop_back().expect("there are more");
            self.forget(&write);
        }
    }

    pub(crate) fn first(&self) -> Option<&Numbered> {
        self.writes.front()
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &Numbered> {
        self.writes.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.writes.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }

    /// What all of it weighs, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What the oldest so many weigh, in bytes.
    pub(crate) fn oldest_bytes(&self, count: usize) -> u64 {
        self.writes.iter().take(count).map(|write| write.bytes).sum()
    }

    pub(crate) fn digest(&self) -> u128 {
        self.digest
    }

    /// Takes all digests again, for a test of what is kept.
    #[cfg(test)]
    pub(crate) fn count_anew(&mut self) {
        (self.bytes, self.digest) = (0, 0);
        for numbered in std::mem::take(&mut self.writes) {
            self.push(Numbered::new(numbered.no, numbered.record));
        }
    }
}

/// What a record weighs, in bytes: its entries as in a message, and its state.
fn weigh(record: &Record) -> u64 {
    let weight = match record {
        Record::Write(write) => {
            let entries: usize = write.entries.iter().map(Entry::weight_bytes).sum();
            entries + write.snapshot.as_ref().map_or(0, |snapshot| snapshot.data.len())
        }
        Record::Checkpoint(snapshot) => snapshot.data.len(),
        Record::Compact(_) => 0,
    };
    weight as u64 + RECORD_BYTES
}
