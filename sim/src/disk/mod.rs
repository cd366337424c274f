//! The virtual disk of one node, at the level of records.
//!
//! Fault model: a write is readable at once and durable only when a sync that *began after it* has
//! completed. Begin and completion are apart, several syncs may be under way, and they may complete
//! in any order. A process crash keeps everything that was written, still unsynced; its syncs go on
//! unseen, so whether they complete is among the outcomes of the next machine crash. A machine crash keeps everything synced and, of the rest, any prefix or, on a
//! disk that reorders, any subset. What lies behind the first missing write is a residue, which the
//! recovery must discard durably before the node may run; what becomes of a residue that nobody
//! discards depends on the format of bytes, and is not modelled here. Records are never torn or changed here:
//! that is the business of a disk of bytes, below the log.
//!
//! The disk is also the witness of the oracles: what is durable is decided here, not by what a node
//! claims.

mod backlog;
mod record;

use std::hash::Hash;

use syncline_raft::Index;
use syncline_traces::{Chain, Keep, Mixer, WriteNo};
use syncline_wal::{LogImage, Record};

pub(crate) use backlog::{Backlog, Numbered};
pub use record::DurableRecord;

/// A disk.
#[derive(Clone, Debug)]
pub struct Disk {
    durable: DurableRecord,
    /// Written but not durable, oldest first.
    cache: Backlog,
    /// The syncs under way: each covers the writes up to this one.
    syncs: Vec<WriteNo>,
    written: WriteNo,
    begun: WriteNo,
    /// Writes that survived a crash behind one that did not, and are not yet durably discarded.
    residue: u32,
    /// What all this amounts to, renewed by whatever changes it.
    fingerprint: u128,
}

impl Disk {
    /// An empty disk.
    pub(crate) fn new() -> Disk {
        let mut disk = Disk {
            durable: DurableRecord::default(),
            cache: Backlog::default(),
            syncs: Vec::new(),
            written: WriteNo(0),
            begun: WriteNo(0),
            residue: 0,
            fingerprint: 0,
        };
        disk.renew();
        disk
    }

    /// Takes a write into the page cache.
    pub(crate) fn write(&mut self, write: Numbered) {
        assert!(write.no > self.written, "no two writes on a disk have the same number");
        self.written = write.no;
        self.cache.push(write);
        self.renew();
    }

    /// The newest write that was ever written.
    #[must_use]
    pub fn written(&self) -> WriteNo {
        self.written
    }

    /// The syncs under way, by the newest write that each covers, in the order they began.
    #[must_use]
    pub fn syncs(&self) -> &[WriteNo] {
        &self.syncs
    }

    /// How many writes a machine crash could take away.
    #[must_use]
    pub fn unsynced(&self) -> u32 {
        self.cache.len() as u32
    }

    /// How many of them no sync covers yet.
    #[must_use]
    pub fn uncovered(&self) -> u32 {
        self.cache.iter().rev().take_while(|cached| cached.no > self.begun).count() as u32
    }

    /// Whether no sync covers something yet that the host writes for itself.
    #[must_use]
    pub fn has_uncovered_state(&self) -> bool {
        let mut uncovered = self.cache.iter().rev().take_while(|cached| cached.no > self.begun);
        uncovered.any(|cached| !matches!(cached.record, Record::Write(_)))
    }

    /// Whether a sync now would cover something that none covers yet, a discarded residue included.
    #[must_use]
    pub fn can_begin_sync(&self) -> bool {
        self.uncovered() > 0 || (self.residue > 0 && self.syncs.is_empty())
    }

    /// Begins a sync of everything written so far.
    pub(crate) fn begin_sync(&mut self) -> WriteNo {
        assert!(self.can_begin_sync());
        self.begun = self.written;
        self.syncs.push(self.written);
        self.renew();
        self.written
    }

    /// The sync up to this write completes: all that it covers is durable.
    pub(crate) fn complete_sync(&mut self, upto: WriteNo) {
        let under_way = self.syncs.iter().position(|sync| *sync == upto);
        self.syncs.remove(under_way.expect("the sync was begun"));
        self.residue = 0;
        while self.cache.first().is_some_and(|cached| cached.no <= upto) {
            let cached = self.cache.pop().expect("just seen");
            self.durable.append(cached.record);
        }
        self.renew();
    }

    /// The process is gone: nobody waits for the syncs any more. What it wrote stays readable.
    pub(crate) fn crash_process(&mut self) {
        self.syncs.clear();
        // The recovering host has to sync what it finds, whatever a dead process had begun.
        self.begun = self.cache.first().map_or(self.written, |cached| WriteNo(cached.no.0 - 1));
        self.renew();
    }

    /// Power is gone: only this much of what was not synced is left. Tells how many writes are lost.
    pub(crate) fn crash_machine(&mut self, keep: Keep) -> u32 {
        let before = self.unsynced();
        let survives = |position: u32| match keep {
            Keep::Prefix(count) => position < count,
            Keep::Subset(mask) => position < 64 && mask & (1 << position) != 0,
        };
        let prefix = (0..before).take_while(|position| survives(*position)).count() as u32;
        self.residue += (prefix..before).filter(|position| survives(*position)).count() as u32;
        let mut cache = std::mem::take(&mut self.cache);
        for _ in 0..prefix {
            self.durable.append(cache.pop().expect("counted").record);
        }
        self.syncs.clear();
        self.begun = self.written;
        self.renew();
        before - prefix
    }

    /// Whether these survivors are possible.
    pub(crate) fn allows(&self, keep: Keep) -> bool {
        match keep {
            Keep::Prefix(count) => count <= self.unsynced(),
            Keep::Subset(mask) => {
                self.unsynced() <= 64 && mask.checked_shr(self.unsynced()).unwrap_or(0) == 0
            }
        }
    }

    /// Whether everything that a recovery would read is durable, so that a node may be built (R23).
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.cache.is_empty() && self.residue == 0
    }

    /// Whether a crash has left something behind a hole.
    #[must_use]
    pub fn has_residue(&self) -> bool {
        self.residue > 0
    }

    /// What a recovery reads now: the durable log, and the page cache on top of it.
    #[must_use]
    pub fn image(&self) -> LogImage {
        let mut image = self.durable.image().clone();
        for cached in self.cache.iter() {
            image.append(cached.record.clone()).expect("R2: writes are taken in their order");
        }
        image
    }

    /// What no crash can take away any more, and what ever was so.
    #[must_use]
    pub fn durable(&self) -> &DurableRecord {
        &self.durable
    }

    /// The chain at the base of the log that a recovery would read.
    pub(crate) fn base_chain(&self) -> Chain {
        let mut record = self.durable.clone();
        for cached in self.cache.iter() {
            record.append(cached.record.clone());
        }
        record.base_chain()
    }

    /// Up to which index every image that a crash may leave now has the log of the durable image:
    /// R9's minimum over the disk's own record.
    #[must_use]
    pub fn held(&self) -> Index {
        let last = self.durable.image().last().index;
        let lowest = self.cache.iter().filter_map(Numbered::lowest).min();
        lowest.map_or(last, |lowest| last.min(lowest.prev()))
    }

    /// The disk's part of the world's fingerprint.
    pub(crate) fn fingerprint(&self) -> u128 {
        self.fingerprint
    }

    /// Takes all digests again, for a test of what is kept.
    #[cfg(test)]
    pub(crate) fn count_anew(&mut self) {
        self.cache.count_anew();
        self.renew();
    }

    fn renew(&mut self) {
        let mut mixer = Mixer::default();
        self.durable.mix(&mut mixer);
        self.cache.digest().hash(&mut mixer);
        (&self.syncs, self.written, self.begun, self.residue).hash(&mut mixer);
        self.fingerprint = mixer.digest().0;
    }
}

#[cfg(test)]
mod tests;
