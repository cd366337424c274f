//! What a node hands out: a write, messages, entries to apply, and questions to its application.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem;

use crate::entry::{Entries, Entry, HardState};
use crate::error::AppliedError;
use crate::membership::Membership;
use crate::message::Message;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::progress::Fetch;
use crate::read_index::ReadOutcome;
use crate::role::{Role, SnapshotWanted, Wants};
use crate::snapshot::Snapshot;
use crate::types::{Index, LogId, WriteSeq};

/// What there is to do now. Its parts may be done in any order and at any speed, save that writes
/// are written in the order of their numbers, and that entries and snapshots reach the state machine
/// in the order in which they were handed out.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "what a Ready hands out is not handed out again"]
pub struct Ready {
    /// What to write. Say [`RawNode::advance`] when the storage view has it, and
    /// [`RawNode::synced`] when it, and all before it, are synced.
    pub write: Option<Write>,
    /// What to send. Every one of these may leave at once; none waits for a write.
    pub messages: Vec<Message>,
    /// What to apply. Say [`RawNode::applied`] when it is.
    pub apply: Option<Committed>,
    /// A state to put in place of the state machine's own, after everything handed out before, and
    /// before what is handed out later. Say [`RawNode::applied`] with its last index when it is there.
    pub install: Option<Arc<Snapshot>>,
    /// What became of reads.
    pub reads: Vec<ReadOutcome>,
    /// What to read back from the storage.
    pub fetches: Vec<Fetch>,
    /// Who needs a snapshot.
    pub snapshots: Vec<SnapshotWanted>,
}

/// One write: all of it survives a crash, or none (R2).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Write {
    /// Its number, by which it is acknowledged.
    pub seq: WriteSeq,
    /// The hard state after it.
    pub hard_state: HardState,
    /// A snapshot in place of the whole log of the writes before it (R13).
    pub snapshot: Option<Arc<Snapshot>>,
    /// From here on the log of the writes before it is void, and `entries` take its place.
    pub truncate_from: Option<Index>,
    /// The entries to append after that.
    pub entries: Entries,
    /// Whether it carries nothing but a commit index, for which nobody waits.
    pub commit_only: bool,
}

/// Committed entries, in order and without a gap, all synced on this node (R8).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// The entries; never empty.
    pub entries: Entries,
    /// The membership after them, if one of them changes it. Keep it with the applied index, as one
    /// durable unit (R18).
    pub membership: Option<Arc<Membership>>,
}

impl Committed {
    /// The index to report with [`RawNode::applied`] when all of it is applied.
    #[must_use]
    pub fn last(&self) -> Index {
        self.entries.last().map_or(Index::ZERO, Entry::index)
    }
}

impl RawNode {
    /// Whether [`RawNode::ready`] would hand something out.
    #[must_use]
    pub fn has_ready(&self) -> bool {
        !self.outbox.is_empty()
            || self.wants_write()
            || self.has_applies()
            || self.has_install()
            || (!self.reads.done.is_empty() && !self.active.is(Mutant::Li))
            || self.has_appends()
    }

    /// Takes what there is to do. It may be called again at once: any number of Readys may be
    /// outstanding, and nothing is handed out twice.
    #[must_use = "what a Ready hands out is not handed out again"]
    pub fn ready(&mut self) -> Option<Ready> {
        if !self.has_ready() {
            return None;
        }
        let write = self.issue_write();
        let mut wants = Wants::default();
        if matches!(self.role, Role::Leader(_)) {
            wants = self.compose_appends();
            if self.wants_round() {
                self.compose_round();
            }
        }
        let Wants { fetches, snapshots } = wants;
        let messages = self.outbox.take();
        let install = self.hand_out_install();
        let apply = self.hand_out();
        let reads = mem::take(&mut self.reads.done);
        self.check_all();
        Some(Ready { write, messages, apply, install, reads, fetches, snapshots })
    }

    fn wants_write(&self) -> bool {
        self.writes.is_pending() || self.log.cursors.committed > self.writes.issued_commit
    }

    fn issue_write(&mut self) -> Option<Write> {
        if !self.wants_write() {
            return None;
        }
        self.idle_ticks = 0;
        if mem::take(&mut self.split_hard_state) {
            return Some(self.issue_hard_state_alone());
        }
        let before = self.writes.issued_last();
        let commit_only = !self.writes.is_pending();
        let snapshot = self.writes.pending_snapshot.take();
        let (mut truncate_from, mut entries) = (None, Entries::default());
        if let Some(lowest) = self.writes.pending_lowest {
            let mut after = snapshot.as_ref().map_or(lowest.prev(), |snapshot| snapshot.last.index);
            if self.active.is(Mutant::F27) {
                after = after.min(self.log.cursors.synced.max(self.log.base().index));
            }
            (entries, _) = self.log.page(after, self.log.last().index, usize::MAX);
            let overwrites = snapshot.is_none() && lowest <= before.index;
            truncate_from = overwrites.then_some(lowest);
        }
        let hard_state = self.hard_state(self.log.last());
        let seq = self.writes.issue(self.log.last(), hard_state.commit);
        self.log.cursors.issued = self.log.cursors.appended;
        let seq = number(seq);
        Some(Write { seq, hard_state, snapshot, truncate_from, entries, commit_only })
    }

    /// The mutant F2: term and vote reach the disk before the log that the request advertises.
    fn issue_hard_state_alone(&mut self) -> Write {
        let hard_state = self.hard_state(self.writes.issued_last());
        let seq = number(self.writes.issue_hard_alone(hard_state.commit));
        Write {
            seq,
            hard_state,
            snapshot: None,
            truncate_from: None,
            entries: Entries::default(),
            commit_only: false,
        }
    }

    /// The commit index never passes the log that is written with it, and is never left out (R3).
    fn hard_state(&self, last: LogId) -> HardState {
        let late = self.active.is(Mutant::F39) && self.writes.pending_lowest.is_some();
        let known = if late { self.writes.issued_commit } else { self.log.cursors.committed };
        let commit = known.min(last.index);
        HardState { term: self.term, vote: self.vote, commit }
    }

    /// Nothing is applied above what is committed, nor above what is synced here, nothing before a
    /// snapshot that is to be installed (R8, R15), and no more changes than there is room for.
    fn apply_bound(&self) -> Index {
        let cursors = &self.log.cursors;
        if !self.installs.is_empty() {
            return cursors.handed_out;
        }
        let leads = matches!(self.role, Role::Leader(_));
        if self.active.is(Mutant::F6) || (self.active.is(Mutant::F31) && !leads) {
            return cursors.committed;
        }
        cursors.committed.min(cursors.synced).min(self.memberships.room())
    }

    /// Whether entries can be handed out: some may be applied, and not too much is out already.
    fn has_applies(&self) -> bool {
        let is_busy = self.outstanding.bytes >= self.config.apply_bytes_max
            && !self.outstanding.batches.is_empty();
        self.apply_bound() > self.log.cursors.handed_out && !is_busy
    }

    fn hand_out(&mut self) -> Option<Committed> {
        if !self.has_applies() {
            return None;
        }
        let from = self.log.cursors.handed_out;
        let room =
            self.config.apply_bytes_max - self.outstanding.bytes.min(self.config.apply_bytes_max);
        let mut before = from;
        if self.active.is(Mutant::K19) {
            before = from.prev().max(self.log.first_in_memory().prev());
        }
        let (entries, bytes) = self.log.last_page(before, self.apply_bound(), room);
        let to = entries.last().map_or(from, Entry::index).max(from);
        self.log.cursors.handed_out = to;
        if !self.active.is(Mutant::B3) {
            self.outstanding.push(to, bytes);
        }
        let membership = self.memberships.handed_out(to);
        self.log.shrink(self.config.cache_bytes_max);
        Some(Committed { entries, membership })
    }

    /// The state machine has applied everything up to here, the snapshots included that were handed
    /// out before. A change of the membership is active from now on (R18).
    ///
    /// # Errors
    /// If that was never handed out, or more is applied already. Nothing has changed then.
    pub fn applied(&mut self, index: Index) -> Result<(), AppliedError> {
        let cursors = &mut self.log.cursors;
        if index > cursors.handed_out {
            let handed_out = cursors.handed_out;
            return Err(AppliedError::NotHandedOut { found: index, handed_out });
        }
        if index < cursors.applied {
            return Err(AppliedError::Backwards { found: index, applied: cursors.applied });
        }
        cursors.applied = index;
        self.outstanding.applied(index);
        self.installed(index);
        let is_other = self.memberships.applied(index);
        if is_other {
            self.membership_changed();
        }
        if is_other || !self.active.is(Mutant::M4) {
            self.leave_joint_if_due();
        }
        self.check_cursors();
        Ok(())
    }
}

fn number(seq: u64) -> WriteSeq {
    WriteSeq::new(seq).expect("I2: the first write has number 1")
}
