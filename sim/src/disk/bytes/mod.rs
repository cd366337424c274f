//! The level of bytes below the records: the log of a node, and the disk that carries it.
//!
//! The log (`syncline_wal::Wal`) is the one that real nodes use. It begins operations; each completes or
//! fails by a choice of its own. What the log says of itself is believed here until it is read back:
//! then what it loads must be what it had said to be durable, and of the rest a prefix (O19).
//!
//! A damaged batch must be found out, if something that is durable gives evidence of it (REC2). So only such
//! batches are ever damaged: of the newest ones no log can know by itself that they were durable.

mod damage;

use std::collections::VecDeque;
use std::hash::Hash;

use syncline_raft::{Entry, Fetch, WriteSeq};
use syncline_traces::{IoFault, Keep, Mixer, OpKind, OpNo, WriteNo};
use syncline_wal::{
    Config, Disk as Device, FileName, IoError, LogImage, Lsn, Op, OpId, Persistence, ReadError,
    Record, Refusal, SegmentNo, VirtualDisk, Wal,
};

use super::Numbered;
use damage::{BadRead, Reader};

/// Where the batch of a write lies, and what it is evidence of.
#[derive(Clone, Copy, Debug)]
struct Place {
    write: WriteNo,
    segment: SegmentNo,
    offset: u64,
    len: u64,
    /// Where it ends in the log.
    end: Lsn,
    /// Up to here the log was durable when it was built, and it says so.
    says: Lsn,
    /// What the core calls the write, in the life in which it was written.
    seq: Option<WriteSeq>,
}

/// A log on its disk.
#[derive(Clone, Debug)]
pub(super) struct Bytes {
    config: Config,
    device: VirtualDisk,
    /// `None` while no process has it open.
    log: Option<Wal>,
    /// It was opened, and is not live yet.
    recovers: bool,
    /// Why it was not opened.
    refusal: Option<Refusal>,
    /// States that are being written, each to be followed by its record.
    saving: VecDeque<Numbered>,
    /// Where the log ended when it was last looked at.
    end: Lsn,
    /// Where it ended at each sync that was asked for and is not complete.
    asked: VecDeque<Lsn>,
    places: VecDeque<Place>,
    /// The newest segment, if this process or one before has gone on in it when the one before was full: then
    /// that one says so at its end.
    follows_seal: Option<SegmentNo>,
    /// Where the first batch of a segment lies.
    first_offset: u64,
    /// Up to here the log has said that it is durable, and something durable is evidence of that.
    durable: Lsn,
    evidence: Lsn,
    bad_read: Option<BadRead>,
    /// Files of which durable bytes were damaged, and whether others are gone.
    damaged: Vec<FileName>,
    has_lost: bool,
    /// Whether it had a reason not to be opened when that was last tried.
    is_excused: bool,
    has_lied: bool,
    /// All that was done to it.
    digest: u64,
}

impl Bytes {
    /// The log of a new node.
    pub(super) fn new(config: Config, persistence: Persistence) -> Bytes {
        let mut device = VirtualDisk::new(persistence);
        let log = Wal::create(config, &mut device).expect("the disk is empty");
        let (_, first_offset) = log.position();
        let mut bytes = Bytes {
            config,
            device,
            end: log.end(),
            durable: log.end(),
            evidence: log.end(),
            log: Some(log),
            recovers: false,
            refusal: None,
            saving: VecDeque::new(),
            asked: VecDeque::new(),
            places: VecDeque::new(),
            follows_seal: None,
            first_offset,
            bad_read: None,
            damaged: Vec::new(),
            has_lost: false,
            is_excused: false,
            has_lied: false,
            digest: 0,
        };
        bytes.pump();
        loop {
            let first = bytes.ops().next().map(|(op, _)| op);
            let Some(op) = first else {
                return bytes;
            };
            bytes.complete(op);
        }
    }

    fn log(&mut self) -> &mut Wal {
        self.log.as_mut().expect("a process has the log open")
    }

    /// Begins whatever the log wants.
    fn pump(&mut self) {
        let Some(log) = &mut self.log else {
            return;
        };
        while let Some(request) = log.next_op() {
            self.device.begin(request);
        }
    }

    fn note(&mut self, what: impl Hash) {
        self.digest = Mixer::digest_of(&(self.digest, what)).0 as u64;
    }

    /// Appends a record. Gives it back if it is in the log now; a state must be written first.
    pub(super) fn append(&mut self, record: Numbered) -> Option<Numbered> {
        let log = self.log();
        let says = log.synced();
        let (before, from) = log.position();
        let logged = match &record.record {
            Record::Write(write) => log.append(write),
            Record::Checkpoint(state) => log.checkpoint(state),
            Record::Compact(upto) => log.compact(*upto),
        };
        logged.expect("the host writes what follows, to a log that has not failed");
        self.note(record.no);
        let is_in = !matches!(record.record, Record::Checkpoint(_));
        if is_in {
            self.place(&record, says, (before, from));
        }
        self.pump();
        match is_in {
            true => Some(record),
            false => {
                self.saving.push_back(record);
                None
            }
        }
    }

    /// Notes where a record lies that has just been appended, after this position.
    fn place(&mut self, record: &Numbered, says: Lsn, (before, from): (SegmentNo, u64)) {
        let log = self.log();
        let (end, (segment, to)) = (log.end(), log.position());
        self.end = end;
        let offset = if segment == before { from } else { self.first_offset };
        if segment != before {
            self.follows_seal = Some(segment);
        }
        let seq = match &record.record {
            Record::Write(write) => Some(write.seq),
            Record::Checkpoint(_) | Record::Compact(_) => None,
        };
        let (write, len) = (record.no, to - offset);
        self.places.push_back(Place { write, segment, offset, len, end, says, seq });
    }

    /// What had no evidence is written once more, at the beginning of the segment with which the log goes
    /// on: in the same places of the log, and in others of the disk. What was lost has none.
    fn place_again(&mut self) {
        let log = self.log.as_ref().expect("it was opened");
        let ((segment, to), end) = (log.position(), log.end());
        let first = Lsn(end.0 - (to - self.first_offset));
        self.follows_seal = None;
        self.places.retain(|place| place.end <= end);
        for place in self.places.iter_mut().filter(|place| place.end > first) {
            place.segment = segment;
            place.offset = self.first_offset + (place.end.0 - place.len - first.0);
            place.says = first;
        }
    }

    /// A state whose file is written, and whose record has come into the log by that.
    pub(super) fn saved(&mut self) -> Option<Numbered> {
        let log = self.log.as_ref()?;
        if log.end() == self.end {
            return None;
        }
        self.end = log.end();
        self.saving.pop_front()
    }

    /// What the states weigh that are being written, in bytes.
    pub(super) fn saving_bytes(&self) -> u64 {
        self.saving.iter().map(Numbered::bytes).sum()
    }

    /// Whether a state is being written.
    pub(super) fn is_saving(&self) -> bool {
        !self.saving.is_empty()
    }

    /// Asks for a sync of all that is in the log.
    pub(super) fn sync(&mut self) {
        let asked = self.log().sync().expect("it has not failed");
        assert!(asked, "something was not covered");
        let end = self.log().end();
        self.asked.push_back(end);
        self.note("sync");
        self.pump();
    }

    /// Whether the sync that was asked for first is complete. It counts as told.
    pub(super) fn next_synced(&mut self) -> bool {
        let synced = self.log.as_ref().map_or(Lsn(0), Wal::synced);
        let is_synced = self.asked.front().is_some_and(|end| *end <= synced);
        if is_synced {
            self.asked.pop_front();
            self.durable = self.durable.max(synced);
            let durable = self.durable;
            let says = self.places.iter().rev().find(|place| place.end <= durable);
            self.evidence = self.evidence.max(says.map_or(Lsn(0), |place| place.says));
            self.check_synced_write(synced);
        }
        is_synced
    }

    /// What applications go by is a write, and not a position of the log: both must say the same.
    fn check_synced_write(&self, synced: Lsn) {
        let of_this_life = self.places.iter().rev().filter(|place| place.end <= synced);
        let expected = of_this_life.filter_map(|place| place.seq).next();
        let said = self.log.as_ref().and_then(Wal::synced_write);
        assert!(
            said == expected,
            "the log is synced up to {synced}, and says {said:?} of its writes"
        );
    }

    /// The operations under way, in the order in which they began.
    pub(super) fn ops(&self) -> impl Iterator<Item = (OpNo, OpKind)> {
        self.device.under_way().map(|(id, op)| (OpNo(id.0), kind(op)))
    }

    pub(super) fn has_ops(&self) -> bool {
        self.device.under_way().next().is_some()
    }

    fn kind_of(&self, op: OpNo) -> OpKind {
        let found = self.ops().find(|(other, _)| *other == op);
        found.expect("it is under way").1
    }

    /// An operation completes.
    pub(super) fn complete(&mut self, op: OpNo) -> OpKind {
        let kind = self.kind_of(op);
        self.device.complete(OpId(op.0));
        self.hear(op, "completed");
        kind
    }

    /// A disk says that a sync is complete, and has done nothing.
    pub(super) fn lie(&mut self, op: OpNo) -> OpKind {
        let kind = self.kind_of(op);
        self.device.lie(OpId(op.0));
        self.has_lied = true;
        self.hear(op, "lied");
        kind
    }

    /// An operation fails.
    pub(super) fn fail(&mut self, op: OpNo, fault: IoFault) -> OpKind {
        let kind = self.kind_of(op);
        let id = OpId(op.0);
        match fault {
            IoFault::Lost => self.device.fail(id, IoError::Device),
            IoFault::Reverted => {
                self.device.fail(id, IoError::Device);
                self.device.evict();
            }
            IoFault::Late => self.device.fail_late(id, IoError::Device),
            IoFault::Short => self.device.fail_short(id, IoError::Device),
            IoFault::Device => self.device.undo(id, IoError::Device),
            IoFault::NoSpace => self.device.undo(id, IoError::NoSpace),
        }
        self.hear(op, fault);
        kind
    }

    /// The log hears of what has completed, and goes on.
    fn hear(&mut self, op: OpNo, what: impl Hash) {
        self.note((op, what));
        while let Some(completion) = self.device.completion() {
            self.log().completed(completion);
        }
        self.pump();
        if self.recovers && self.is_live() {
            // The new segment has its name, which is evidence of all that is in it and before it.
            self.place_again();
            self.durable = self.log().synced();
            self.evidence = self.durable;
        }
    }

    /// Whether the log has failed, and its process must stop (R4).
    pub(super) fn has_failed(&self) -> bool {
        self.log.as_ref().is_some_and(|log| log.failed().is_some())
    }

    /// The process is gone.
    pub(super) fn kill(&mut self) {
        self.device.forget();
        self.log = None;
        self.recovers = false;
        self.saving.clear();
        self.asked.clear();
        self.places.iter_mut().for_each(|place| place.seq = None);
        self.note("killed");
    }

    /// Power is gone.
    pub(super) fn cut(&mut self, keep: Keep) {
        self.kill();
        self.note(keep);
        self.device.cut(|piece| survives(keep, piece));
    }

    /// Of how many pieces a power cut decides whether they survive.
    pub(super) fn pieces(&self) -> u32 {
        self.device.pieces() as u32
    }

    /// Reads the log that is there.
    ///
    /// # Errors
    /// If it cannot be read, or must not be trusted.
    pub(super) fn open(&mut self) -> Result<LogImage, Refusal> {
        self.note("opened");
        // Whatever files went once a segment began that stands for them, nobody misses them, damaged or not.
        let is_damaged = self.has_lost || self.damaged.iter().any(|file| self.device.has(*file));
        let mut reader = Reader::new(&mut self.device, self.bad_read.take());
        let recovered = Wal::open(self.config, &mut reader);
        let went_wrong = reader.went_wrong;
        self.is_excused = is_damaged || went_wrong;
        match recovered {
            Ok(recovered) => {
                // What is gone, if anything, is needed no more.
                self.has_lost = false;
                self.end = recovered.wal.end();
                self.log = Some(recovered.wal);
                self.recovers = true;
                self.pump();
                Ok(recovered.image)
            }
            Err(refusal) => {
                // A read that went wrong may go well the next time.
                self.refusal = (!went_wrong).then_some(refusal);
                Err(refusal)
            }
        }
    }

    /// Whether what the log reads back entry by entry is what it has loaded.
    pub(super) fn reads_back(&mut self, loaded: &LogImage) -> bool {
        let Some(log) = &self.log else {
            return false;
        };
        let (before, last) = (loaded.base().index, loaded.last().index);
        let read = log.read(&mut self.device, before, last, usize::MAX);
        read.is_ok_and(|entries| entries.iter().eq(loaded.entries()))
    }

    /// Reads entries back through the log, as its process does; whether the log has a reason to fail: what it
    /// has read is damaged, or the read went wrong. A read goes wrong once.
    pub(super) fn read_back(&mut self, fetch: Fetch) -> (Result<Vec<Entry>, ReadError>, bool) {
        let Fetch { after, last, bytes_max, .. } = fetch;
        let log = self.log.as_ref().expect("a process has the log open");
        let mut reader = Reader::new(&mut self.device, self.bad_read);
        let read = log.read(&mut reader, after, last, bytes_max);
        let went_wrong = reader.went_wrong;
        if went_wrong {
            self.bad_read = None;
            self.note("read");
        }
        let is_excused = match &read {
            Err(ReadError::Damaged { place, .. }) => {
                self.damaged.contains(&place.file) || went_wrong
            }
            Err(ReadError::Unreadable(..)) => went_wrong,
            Ok(_) | Err(ReadError::NoEntry(_)) => false,
        };
        (read, is_excused)
    }

    /// Whether a process has opened it.
    pub(super) fn is_open(&self) -> bool {
        self.log.is_some()
    }

    /// Whether a process that opened it may act on it.
    pub(super) fn is_live(&self) -> bool {
        self.log.as_ref().is_some_and(Wal::is_live)
    }

    /// Whether it has just become so. It counts as told.
    pub(super) fn has_recovered(&mut self) -> bool {
        let has_recovered = self.recovers && self.is_live();
        self.recovers &= !has_recovered;
        has_recovered
    }

    /// Why it was not opened, and never will be.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Whether it had a reason not to be opened when that was last tried: what was read was damaged.
    pub(super) fn is_excused(&self) -> bool {
        self.is_excused
    }

    /// Whether a sync was said to be complete that had done nothing.
    pub(super) fn has_lied(&self) -> bool {
        self.has_lied
    }

    /// What was done to it, for the world's fingerprint.
    pub(super) fn digest(&self) -> u64 {
        self.digest
    }
}

fn survives(keep: Keep, piece: usize) -> bool {
    match keep {
        Keep::Prefix(count) => piece < count as usize,
        Keep::Subset(mask) => mask & (1 << (piece % 64)) != 0,
    }
}

fn kind(op: &Op) -> OpKind {
    match op {
        Op::Create { .. } => OpKind::Create,
        Op::Write { .. } => OpKind::Write,
        Op::Sync { .. } => OpKind::Sync,
        Op::Rename { .. } | Op::Reuse { .. } => OpKind::Rename,
        Op::Remove { .. } => OpKind::Remove,
        Op::SyncFolder => OpKind::SyncFolder,
    }
}
