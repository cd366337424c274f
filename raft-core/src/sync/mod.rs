//! The sync contract: `advance`, `synced`, `sync_wanted`, and what a failed sync means.

mod gate;
mod writes;

pub(crate) use gate::{Gate, Withheld};
pub(crate) use writes::Writes;

use crate::error::{AdvanceError, SyncedError};
use crate::message::{Body, Message};
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::role::Role;
use crate::status::Status;
use crate::types::{Index, WriteSeq};

/// For whose sake the application should sync soon, most urgent first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SyncWanted {
    /// A vote request, the candidate's own vote, or a grant waits: an election stands still.
    Vote,
    /// An acknowledgement waits.
    Gated,
    /// This leader's own copy does not count yet.
    OwnCopy,
    /// Entries that others have committed wait here to be applied.
    ApplyBlocked,
    /// A snapshot waits here to reach the state machine.
    Snapshot,
    /// Nobody waits, but what was written could still be lost.
    Bytes,
}

/// What is left of a node whose disk failed it (R4): a last look, and nothing that acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use = "the process must stop, or rebuild the node from a disk that it trusts"]
pub struct Poisoned {
    /// The node's state when its sync failed.
    pub last_status: Status,
}

impl RawNode {
    /// The storage view now contains this write: it can be read back, though a crash may still take
    /// it away. Writes are advanced one by one, in order; any number may be outstanding.
    ///
    /// # Errors
    /// If the write was never issued, or is not the next one. Nothing has changed then.
    pub fn advance(&mut self, write: WriteSeq) -> Result<(), AdvanceError> {
        let seq = write.number();
        if seq > self.writes.issued {
            return Err(AdvanceError::NotIssued { found: write, issued: self.writes.issued });
        }
        if seq != self.writes.advanced + 1 {
            let expected = self.writes.advanced + 1;
            return Err(AdvanceError::OutOfOrder { found: write, expected });
        }
        self.writes.advanced = seq;
        // A write that was synced is advanced long since, so `seq` is still in the ledger.
        self.log.cursors.advanced = self.writes.reach(seq).max(self.log.cursors.synced);
        self.log.shrink(self.config.cache_bytes_max);
        self.check_cursors();
        Ok(())
    }

    /// Every write up to this one is synced: no crash takes it away.
    ///
    /// Numbers may be skipped, and an old number says nothing new. This is the only call that moves
    /// the leader's own copy, releases promises, and lets committed entries be applied.
    ///
    /// # Errors
    /// If the write was never advanced. Nothing has changed then.
    pub fn synced(&mut self, write: WriteSeq) -> Result<(), SyncedError> {
        let seq = write.number();
        if seq > self.writes.advanced {
            return Err(SyncedError::NotAdvanced { found: write, advanced: self.writes.advanced });
        }
        if seq <= self.writes.synced {
            return Ok(());
        }
        let reach = self.reach_of(seq);
        assert!(!self.active.none() || reach >= self.log.cursors.synced, "R10: only raised");
        self.log.cursors.synced = self.log.cursors.synced.max(reach);
        self.writes.sync(seq);
        self.release();
        if matches!(self.role, Role::Leader(_)) {
            self.commit_what_a_quorum_holds();
        }
        self.check();
        Ok(())
    }

    /// R9, or what a mutant takes for it.
    fn reach_of(&self, seq: u64) -> Index {
        if self.active.none() {
            return self.writes.reach(seq);
        }
        let last = self.writes.last_after(seq);
        let blind = self.active.is(Mutant::F7)
            || (self.active.is(Mutant::F8) && self.log.id_at(last.index) == Some(last));
        if blind { last.index.min(self.log.last().index) } else { self.writes.reach(seq) }
    }

    /// Lets go of every promise whose write is synced.
    fn release(&mut self) {
        let slack = u64::from(self.active.is(Mutant::F12));
        let mut is_vote_free = false;
        while let Some(promise) = self.gate.release(self.writes.synced + slack) {
            is_vote_free |= promise.is_vote();
            match promise {
                Withheld::Message(message) => self.leave(message),
                Withheld::SelfVote => self.count_vote(self.id, true),
            }
        }
        // Once, after all of them: the wait is forgotten when the timer starts anew (R25).
        if is_vote_free {
            self.restart_timer_after_wait();
        }
    }

    /// Says something to a peer, after the write that carries what it promises.
    pub(crate) fn say(&mut self, to: crate::NodeId, body: Body) {
        let needs = self.needs(&body);
        let message = Message { from: self.id, to, term: self.term, body };
        match needs {
            Some(seq) if self.active.is(Mutant::B2) => {
                self.gate.queue(seq, Withheld::Message(message));
            }
            Some(seq) => self.gate.hold(seq, Withheld::Message(message)),
            None => self.leave(message),
        }
    }

    /// Adds a message to those that leave with the next Ready.
    fn leave(&mut self, message: Message) {
        match message.body {
            Body::Read { .. } | Body::Snapshot(_) => self.outbox.add(message),
            Body::Vote(_) | Body::TimeoutNow => self.outbox.add_question(message),
            Body::ReadResponse { .. } => {
                self.outbox.add_read_answer(message, self.config.reads_max);
            }
            _ => self.outbox.add_if_room(message),
        }
    }

    /// The write for which a message must wait: the table of section "Leaving before sync".
    fn needs(&self, body: &Body) -> Option<u64> {
        let learns = self.active.is(Mutant::F29) && !self.membership().is_voter(self.id);
        let is_early = self.active.is(Mutant::F5) || learns;
        let needs = match body {
            // Being the newest write, it covers the log up to the position advertised.
            Body::Vote(_) if !self.active.is(Mutant::F1) => self.writes.carrier(Index::MAX),
            Body::VoteResponse { granted: true, .. } if !self.active.is(Mutant::F16) => {
                self.writes.carrier(Index::ZERO)
            }
            Body::AppendAccepted { last } if !is_early => self.writes.carrier(*last),
            _ => None,
        };
        if self.active.is(Mutant::F12) {
            return needs.filter(|seq| *seq > self.writes.synced + 1);
        }
        needs
    }

    /// Who waits for a sync of what has been issued; `None` only if nothing unsynced is more than a
    /// commit index. A host that syncs within a bounded time of `Some` leaves nobody waiting.
    #[must_use]
    pub fn sync_wanted(&self) -> Option<SyncWanted> {
        if !self.writes.has_unsynced() {
            return None;
        }
        let cursors = &self.log.cursors;
        Some(if self.gate.holds_vote() {
            SyncWanted::Vote
        } else if !self.gate.is_empty() {
            SyncWanted::Gated
        } else if matches!(self.role, Role::Leader(_)) && cursors.synced < cursors.issued {
            SyncWanted::OwnCopy
        } else if self.has_unsynced_install() {
            SyncWanted::Snapshot
        } else if cursors.committed > cursors.synced {
            SyncWanted::ApplyBlocked
        } else {
            SyncWanted::Bytes
        })
    }

    /// Up to which index the log is synced here: the safe durable index of R9. An overwrite lowers
    /// it at the moment the node accepts it.
    #[must_use]
    pub fn synced_index(&self) -> Index {
        self.log.cursors.synced
    }

    /// A sync failed. The node is gone (R4): after a failed sync nobody knows what is on the disk,
    /// and a later sync that succeeds does not tell.
    pub fn sync_failed(self) -> Poisoned {
        Poisoned { last_status: self.status() }
    }
}
