//! What a node hands out: a write, messages, entries to apply.

use alloc::vec::Vec;
use core::mem;

use crate::entry::{Entry, HardState};
use crate::error::AppliedError;
use crate::message::Message;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::types::{Index, LogId, WriteSeq};

/// What there is to do now. Its parts may be done in any order and at any speed, save that writes
/// are written in the order of their numbers.
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
}

/// One write: all of it survives a crash, or none (R2).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Write {
    /// Its number, by which it is acknowledged.
    pub seq: WriteSeq,
    /// The hard state after it.
    pub hard_state: HardState,
    /// From here on the log of the writes before it is void, and `entries` take its place.
    pub truncate_from: Option<Index>,
    /// The entries to append after that.
    pub entries: Vec<Entry>,
    /// Whether it carries nothing but a commit index, for which nobody waits.
    pub commit_only: bool,
}

/// Committed entries, in order and without a gap, all synced on this node (R8).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// The entries; never empty.
    pub entries: Vec<Entry>,
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
            || self.apply_bound() > self.log.cursors.handed_out
            || self.has_appends()
    }

    /// Takes what there is to do. It may be called again at once: any number of Readys may be
    /// outstanding, and nothing is handed out twice.
    #[must_use = "what a Ready hands out is not handed out again"]
    pub fn ready(&mut self) -> Option<Ready> {
        self.compose_appends();
        let write = self.issue_write();
        let messages = mem::take(&mut self.outbox);
        let apply = self.hand_out();
        self.check();
        if write.is_none() && messages.is_empty() && apply.is_none() {
            return None;
        }
        Some(Ready { write, messages, apply })
    }

    fn wants_write(&self) -> bool {
        self.writes.is_pending() || self.log.cursors.committed > self.writes.issued_commit
    }

    fn issue_write(&mut self) -> Option<Write> {
        if !self.wants_write() {
            return None;
        }
        if mem::take(&mut self.split_hard_state) {
            return Some(self.issue_hard_state_alone());
        }
        let before = self.writes.issued_last();
        let commit_only = !self.writes.is_pending();
        let (truncate_from, entries) = match self.writes.pending_lowest {
            None => (None, Vec::new()),
            Some(lowest) => {
                let entries = self.log.between(lowest.prev(), self.log.cursors.appended).to_vec();
                ((lowest <= before.index).then_some(lowest), entries)
            }
        };
        let hard_state = self.hard_state(self.log.last());
        let seq = self.writes.issue(self.log.last(), hard_state.commit);
        self.log.cursors.issued = self.log.cursors.appended;
        Some(Write { seq: number(seq), hard_state, truncate_from, entries, commit_only })
    }

    /// The mutant F2: term and vote reach the disk before the log that the request advertises.
    fn issue_hard_state_alone(&mut self) -> Write {
        let hard_state = self.hard_state(self.writes.issued_last());
        let seq = number(self.writes.issue_hard_alone(hard_state.commit));
        Write { seq, hard_state, truncate_from: None, entries: Vec::new(), commit_only: false }
    }

    /// The commit index never passes the log that is written with it (R3).
    fn hard_state(&self, last: LogId) -> HardState {
        let commit = self.log.cursors.committed.min(last.index);
        HardState { term: self.term, vote: self.vote, commit }
    }

    /// Nothing is applied above what is committed, nor above what is synced here (R8).
    fn apply_bound(&self) -> Index {
        let cursors = &self.log.cursors;
        if self.active.is(Mutant::F6) {
            return cursors.committed;
        }
        cursors.committed.min(cursors.synced)
    }

    fn hand_out(&mut self) -> Option<Committed> {
        let (from, to) = (self.log.cursors.handed_out, self.apply_bound());
        if to <= from {
            return None;
        }
        self.log.cursors.handed_out = to;
        let from = if self.active.is(Mutant::K19) { from.prev() } else { from };
        Some(Committed { entries: self.log.between(from, to).to_vec() })
    }

    /// The state machine has applied everything up to here.
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
        self.check();
        Ok(())
    }
}

fn number(seq: u64) -> WriteSeq {
    WriteSeq::new(seq).expect("I2: the first write has number 1")
}
