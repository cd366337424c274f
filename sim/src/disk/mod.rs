//! The virtual disk of one node, at the level of records or of bytes.
//!
//! Fault model at the level of records: a write is readable at once and durable only when a sync that *began after it* has
//! completed. Begin and completion are apart, several syncs may be under way, and they may complete
//! in any order. A process crash keeps everything that was written, still unsynced; its syncs go on
//! unseen, so whether they complete is among the outcomes of the next machine crash. A machine crash
//! keeps everything synced and, of the rest, any prefix or, on a disk that reorders, any subset. What
//! lies behind the first missing write is a residue, which the recovery must discard durably before the
//! node may run; what becomes of a residue that nobody discards depends on the format of bytes, and is
//! not modelled there. Records are never torn or changed.
//!
//! At the level of bytes the log of real nodes lies below the records, on files whose sectors are torn,
//! lost, overtaken and damaged each for itself (`bytes/`). What is durable is then what the log says,
//! until a crash: what it loads afterwards tells whether it was right (O19).
//!
//! The disk is also the witness of the oracles: what is durable is decided here, not by what a node
//! claims.

mod backlog;
mod bytes;
mod read_back;
mod record;

use std::hash::Hash;

use syncline_raft::Index;
use syncline_traces::{Chain, Damage, IoFault, Keep, Mixer, OpKind, OpNo, WriteNo};
use syncline_wal::{Config, LogImage, Persistence, Record, Refusal};

use bytes::Bytes;

pub(crate) use backlog::{Backlog, Numbered};
pub use record::DurableRecord;

/// A disk.
#[derive(Clone, Debug)]
pub struct Disk {
    durable: DurableRecord,
    /// Written but not durable, oldest first.
    cache: Backlog,
    /// The syncs under way, each by the newest write when it began, and how many records it covers of
    /// all that ever came into the log.
    syncs: Vec<WriteNo>,
    covers: Vec<u64>,
    written: WriteNo,
    /// What that one weighs, in bytes: a witness, and no part of the state.
    written_bytes: u64,
    /// How many records ever came into the log, and how many of them a sync covers or has covered.
    logged: u64,
    covered: u64,
    /// Writes that survived a crash behind one that did not, and are not yet durably discarded.
    residue: u32,
    /// The level of bytes, if this disk has one.
    bytes: Option<Box<Bytes>>,
    /// Why what was read last is none of the logs that a crash could leave, if it is none.
    illegal: Option<String>,
    /// What all this amounts to, renewed by whatever changes it.
    fingerprint: u128,
}

impl Disk {
    /// An empty disk of records.
    pub(crate) fn new() -> Disk {
        let mut disk = Disk {
            durable: DurableRecord::default(),
            cache: Backlog::default(),
            syncs: Vec::new(),
            covers: Vec::new(),
            written: WriteNo(0),
            written_bytes: 0,
            logged: 0,
            covered: 0,
            residue: 0,
            bytes: None,
            illegal: None,
            fingerprint: 0,
        };
        disk.renew();
        disk
    }

    /// A disk of bytes, with the log of a new node, on a file system that promises no more than that.
    pub(crate) fn of_bytes(config: Config, persistence: Persistence) -> Disk {
        let bytes = Box::new(Bytes::new(config, persistence));
        let mut disk = Disk { bytes: Some(bytes), ..Disk::new() };
        disk.renew();
        disk
    }

    /// Takes a write into the page cache.
    pub(crate) fn write(&mut self, write: Numbered) {
        assert!(write.no > self.written, "no two writes on a disk have the same number");
        (self.written, self.written_bytes) = (write.no, write.bytes());
        let logged = match &mut self.bytes {
            None => Some(write),
            Some(bytes) => bytes.append(write),
        };
        self.log(logged);
        self.renew();
    }

    /// A record has come into the log.
    fn log(&mut self, record: Option<Numbered>) {
        if let Some(record) = record {
            self.logged += 1;
            self.cache.push(record);
        }
    }

    /// Whether a record may be written now: the log goes only once the state that stands for it is in the
    /// log (R16).
    pub(crate) fn takes(&self, record: &Record) -> bool {
        let is_saving = || self.bytes.as_ref().is_some_and(|bytes| bytes.is_saving());
        !matches!(record, Record::Compact(_)) || !is_saving()
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

    /// What they weigh, in bytes, and states that are being written besides.
    #[must_use]
    pub fn unsynced_bytes(&self) -> u64 {
        self.cache.bytes() + self.bytes.as_ref().map_or(0, |bytes| bytes.saving_bytes())
    }

    /// What of it no sync covers yet.
    #[must_use]
    pub fn uncovered_bytes(&self) -> u64 {
        let covered = self.unsynced() - self.uncovered();
        self.unsynced_bytes() - self.cache.oldest_bytes(covered as usize)
    }

    /// What the newest write weighs, in bytes.
    #[must_use]
    pub fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// How many of them no sync covers yet.
    #[must_use]
    pub fn uncovered(&self) -> u32 {
        (self.logged - self.covered) as u32
    }

    /// Whether no sync covers something yet that the host writes for itself.
    #[must_use]
    pub fn has_uncovered_state(&self) -> bool {
        let mut uncovered = self.cache.iter().rev().take(self.uncovered() as usize);
        uncovered.any(|cached| !matches!(cached.record, Record::Write(_)))
    }

    /// Whether a sync now would cover something that none covers yet, a discarded residue included.
    #[must_use]
    pub fn can_begin_sync(&self) -> bool {
        match &self.bytes {
            None => self.uncovered() > 0 || (self.residue > 0 && self.syncs.is_empty()),
            // A state may come into the log without a write: its sync must not have the name of another.
            Some(bytes) => {
                bytes.is_live() && self.uncovered() > 0 && !self.syncs.contains(&self.written)
            }
        }
    }

    /// Begins a sync of everything written so far.
    pub(crate) fn begin_sync(&mut self) -> WriteNo {
        assert!(self.can_begin_sync());
        self.covered = self.logged;
        self.syncs.push(self.written);
        self.covers.push(self.covered);
        if let Some(bytes) = &mut self.bytes {
            bytes.sync();
        }
        self.renew();
        self.written
    }

    /// The sync up to this write completes: all that it covers is durable.
    pub(crate) fn complete_sync(&mut self, upto: WriteNo) {
        self.make_durable(upto);
        self.renew();
    }

    fn make_durable(&mut self, upto: WriteNo) {
        let under_way = self.syncs.iter().position(|sync| *sync == upto);
        let under_way = under_way.expect("the sync was begun");
        self.syncs.remove(under_way);
        let covers = self.covers.remove(under_way);
        self.residue = 0;
        while self.logged - u64::from(self.unsynced()) < covers {
            let cached = self.cache.pop().expect("it is not durable yet");
            self.durable.append(cached.record);
        }
    }

    /// The process is gone: nobody waits for the syncs any more. What it wrote stays readable.
    pub(crate) fn crash_process(&mut self) {
        self.forget_syncs();
        if let Some(bytes) = &mut self.bytes {
            bytes.kill();
        }
        self.renew();
    }

    /// The recovering host has to sync what it finds, whatever a dead process had begun.
    fn forget_syncs(&mut self) {
        self.syncs.clear();
        self.covers.clear();
        self.covered = self.logged - u64::from(self.unsynced());
    }

    /// Power is gone: only this much of what was not synced is left. Tells how many writes are lost, as far
    /// as that is known before somebody reads.
    pub(crate) fn crash_machine(&mut self, keep: Keep) -> u32 {
        let lost = match &mut self.bytes {
            None => self.lose(keep),
            Some(bytes) => {
                bytes.cut(keep);
                0
            }
        };
        self.forget_syncs();
        self.renew();
        lost
    }

    fn lose(&mut self, keep: Keep) -> u32 {
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
        before - prefix
    }

    /// Whether these survivors are possible.
    pub(crate) fn allows(&self, keep: Keep) -> bool {
        let pieces = self.pieces();
        match keep {
            Keep::Prefix(count) => count <= pieces,
            // Bits for pieces that there are not decide nothing.
            Keep::Subset(_) if self.bytes.is_some() => true,
            Keep::Subset(mask) => pieces <= 64 && mask.checked_shr(pieces).unwrap_or(0) == 0,
        }
    }

    /// Of how many pieces a machine crash decides whether they survive: writes, or sectors, lengths and
    /// names. Beyond 64 the bits of a subset are gone through again.
    #[must_use]
    pub fn pieces(&self) -> u32 {
        self.bytes.as_ref().map_or(self.unsynced(), |bytes| bytes.pieces())
    }

    /// Whether everything that a recovery would read is durable, so that a node may be built (R23).
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let is_live = || self.bytes.as_ref().is_none_or(|bytes| bytes.is_live());
        self.cache.is_empty() && self.residue == 0 && is_live()
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
        (&self.syncs, &self.covers, self.written).hash(&mut mixer);
        (self.logged, self.covered, self.residue).hash(&mut mixer);
        self.bytes.as_ref().map(|bytes| bytes.digest()).hash(&mut mixer);
        self.fingerprint = mixer.digest().0;
    }
}

/// What happens at the level of bytes only.
impl Disk {
    /// Whether the disk has a level of bytes.
    #[must_use]
    pub fn has_bytes(&self) -> bool {
        self.bytes.is_some()
    }

    /// The operations under way, in the order in which they began.
    pub fn ops(&self) -> impl Iterator<Item = (OpNo, OpKind)> {
        self.bytes.iter().flat_map(|bytes| bytes.ops())
    }

    /// Whether any are.
    #[must_use]
    pub fn has_ops(&self) -> bool {
        self.bytes.as_ref().is_some_and(|bytes| bytes.has_ops())
    }

    /// An operation completes, and truly so unless the disk lies. Tells what it was, and which syncs of
    /// the log are complete by that.
    pub(crate) fn complete_op(&mut self, op: OpNo, is_true: bool) -> (OpKind, Vec<WriteNo>) {
        let bytes = self.bytes.as_mut().expect("a disk of bytes");
        let kind = if is_true { bytes.complete(op) } else { bytes.lie(op) };
        if bytes.has_recovered() {
            self.settle();
        }
        (kind, self.go_on())
    }

    /// An operation fails.
    pub(crate) fn fail_op(&mut self, op: OpNo, fault: IoFault) -> (OpKind, Vec<WriteNo>) {
        let kind = self.bytes.as_mut().expect("a disk of bytes").fail(op, fault);
        (kind, self.go_on())
    }

    /// Takes over what the log says after it was told of an operation.
    fn go_on(&mut self) -> Vec<WriteNo> {
        let saved = self.bytes.as_mut().and_then(|bytes| bytes.saved());
        self.log(saved);
        let mut complete = Vec::new();
        while self.bytes.as_mut().is_some_and(|bytes| bytes.next_synced()) {
            let upto = self.syncs[0];
            self.make_durable(upto);
            complete.push(upto);
        }
        self.renew();
        complete
    }

    /// What was read is durable now.
    fn settle(&mut self) {
        while let Some(cached) = self.cache.pop() {
            self.durable.append(cached.record);
        }
        self.forget_syncs();
    }

    /// Whether the log has failed, and its process must stop (R4).
    pub(crate) fn has_failed(&self) -> bool {
        self.bytes.as_ref().is_some_and(|bytes| bytes.has_failed())
    }

    /// Whether nobody has the log open, and it may be read.
    pub(crate) fn may_open(&self) -> bool {
        self.bytes.as_ref().is_some_and(|bytes| !bytes.is_open() && bytes.refusal().is_none())
    }

    /// Whether a process has the log open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.bytes.as_ref().is_some_and(|bytes| bytes.is_open())
    }

    /// Reads the log. Tells how many of the writes that were not durable are there, and how many are not.
    ///
    /// # Errors
    /// If it cannot be read, or must not be trusted.
    pub(crate) fn open(&mut self) -> Result<(u32, u32), Refusal> {
        let before = self.unsynced();
        let bytes = self.bytes.as_mut().expect("a disk of bytes");
        let opened = bytes.open();
        if opened.as_ref().is_ok_and(|image| !bytes.reads_back(image)) {
            self.illegal = Some("what it does not read back entry by entry".to_owned());
        }
        let kept = opened.map(|image| self.keep_what_is_read(&image));
        self.renew();
        kept.map(|kept| (kept, before - kept))
    }

    /// Finds the prefix of what was not durable that a recovery has read, and lets go of the rest for
    /// good.
    fn keep_what_is_read(&mut self, read: &LogImage) -> u32 {
        let mut image = self.durable.image().clone();
        let mut kept = (image == *read).then_some(0);
        for (cached, count) in self.cache.iter().zip(1..) {
            image.append(cached.record.clone()).expect("R2: writes are taken in their order");
            if image == *read {
                kept = Some(count);
            }
        }
        if kept.is_none() {
            self.illegal = Some(describe(read, self.durable.image(), &image));
        }
        let kept = kept.unwrap_or(0);
        let lost = self.unsynced() - kept;
        self.cache.truncate(kept as usize);
        self.logged -= u64::from(lost);
        self.forget_syncs();
        kept
    }

    /// Why what was read last is none of the logs that a crash could leave, or not what was written, if so (O19).
    #[must_use]
    pub fn illegal(&self) -> Option<&str> {
        self.illegal.as_deref()
    }

    /// Why the log was not opened, and never will be.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        self.bytes.as_ref().and_then(|bytes| bytes.refusal())
    }

    /// Whether the log had a reason not to be opened: what was read was damaged.
    #[must_use]
    pub fn is_excused(&self) -> bool {
        self.bytes.as_ref().is_some_and(|bytes| bytes.is_excused())
    }

    /// Whether it has said that a sync was complete which had done nothing.
    #[must_use]
    pub fn has_lied(&self) -> bool {
        self.bytes.as_ref().is_some_and(|bytes| bytes.has_lied())
    }

    /// What of it may be damaged, and how: the log must find it out.
    pub fn damageable(&self) -> impl Iterator<Item = (WriteNo, Damage)> {
        let bytes = self.bytes.iter().filter(|bytes| bytes.refusal().is_none());
        bytes.flat_map(|bytes| bytes.damageable())
    }

    /// Damages the batch of a write, or what belongs to it.
    pub(crate) fn damage(&mut self, write: WriteNo, damage: Damage) {
        self.bytes.as_mut().expect("a disk of bytes").damage(write, damage);
        self.renew();
    }
}

/// What was read, beside the shortest and the longest that it could have been.
fn describe(read: &LogImage, shortest: &LogImage, longest: &LogImage) -> String {
    let words = |image: &LogImage| {
        let (hard_state, base, last) = (image.hard_state(), image.base(), image.last());
        let vote = hard_state.vote.map_or_else(|| "none".to_owned(), |vote| format!("n{vote}"));
        let (term, commit) = (hard_state.term, hard_state.commit);
        format!("t{term} vote {vote} commit i{commit}, a log after {base} up to {last}")
    };
    format!("{}; durable was {}, written {}", words(read), words(shortest), words(longest))
}

#[cfg(test)]
mod tests;
