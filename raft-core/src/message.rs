//! What nodes say to each other.
//!
//! A message that makes a promise is a variant of its own, so that "a heartbeat answer never
//! carries a log position" holds by construction. A [`Message`] that the core hands out may be sent
//! at once, lost, delayed, repeated or reordered.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::entry::{Entries, Entry, Payload};
use crate::snapshot::Snapshot;
use crate::types::{Index, LogId, NodeId, ReadId, Round, Term};

/// One message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Message {
    /// Who says it.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// The sender's term; for a [`Body::PreVote`] and its grant, the term that it asks about, which
    /// nobody has entered yet.
    pub term: Term,
    /// What it says.
    pub body: Body,
}

/// What a candidate says of itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Candidacy {
    /// The candidate's last entry.
    pub last: LogId,
    /// An entry that the candidate knows to be committed (R7).
    pub committed: LogId,
    /// The candidate's priority.
    pub priority: i32,
    /// Whether a leader asked for this election, so that nobody's promise stands against it (R20).
    pub is_transfer: bool,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Body {
    /// "Would you vote for me?" Promises nothing (thesis, section 9.6).
    PreVote(Candidacy),
    /// The answer to [`Body::PreVote`]. Promises nothing.
    PreVoteResponse {
        /// Whether the sender would.
        granted: bool,
        /// An entry that the sender knows to be committed (R7).
        committed: LogId,
    },
    /// "Vote for me; this is where my log ends." A promise: the sender has voted for itself and
    /// holds its log up to the last entry.
    Vote(Candidacy),
    /// The answer to [`Body::Vote`]. A promise only if granted.
    VoteResponse {
        /// Whether the sender votes for the receiver in this term.
        granted: bool,
        /// An entry that the sender knows to be committed (R7).
        committed: LogId,
    },
    /// Entries to append after `prev`; without entries, a probe.
    Append {
        /// The entry before the first one carried.
        prev: LogId,
        /// The entries, contiguous, of terms that never fall.
        entries: Entries,
        /// The leader's commit index.
        commit: Index,
    },
    /// "My log equals yours up to `last`." A promise: it is synced.
    AppendAccepted {
        /// The last index that this acknowledges.
        last: Index,
    },
    /// "I do not have `prev`." Promises nothing.
    AppendRejected {
        /// The index of the `prev` that was refused.
        prev: Index,
        /// An entry of the sender at or below `prev` at which the logs may meet.
        hint: LogId,
    },
    /// The news of a commit, which nobody answers.
    Commit {
        /// The leader's commit index, at most what it knows the receiver to hold (R7).
        commit: Index,
    },
    /// "I am still the leader."
    Heartbeat {
        /// The leader's commit index, at most what it knows the receiver to hold (R7).
        commit: Index,
        /// The round that this belongs to.
        round: Round,
    },
    /// The answer to [`Body::Heartbeat`], and, with no round, to a candidate or leader of an older term.
    /// Promises nothing, and says nothing of the log.
    HeartbeatResponse {
        /// The round that is answered.
        round: Round,
    },
    /// A state in place of a log that the leader does not have any more.
    Snapshot(Arc<Snapshot>),
    /// "Send me a snapshot." Promises nothing.
    SnapshotRequest {
        /// The lowest index that will do.
        at_least: Index,
    },
    /// "Campaign now": the leader hands over its office (thesis, section 3.10).
    TimeoutNow,
    /// Proposals for the leader.
    Propose(Vec<Payload>),
    /// A read for the leader.
    Read {
        /// Its number at the sender.
        id: ReadId,
    },
    /// The answer to [`Body::Read`].
    ReadResponse {
        /// The number of the read.
        id: ReadId,
        /// What must be applied before the read is served; `None` if the receiver should ask again.
        index: Option<Index>,
    },
}

impl Message {
    /// Whether a correct node can have said it, as far as the message alone can tell: nobody speaks
    /// in term 0, a candidate's log is of an earlier term than its candidacy, what a leader sends
    /// follows what it says comes before, and nothing names more members than there may be.
    pub(crate) fn is_well_formed(&self) -> bool {
        if self.term == Term(0) {
            return false;
        }
        match &self.body {
            Body::PreVote(candidacy) | Body::Vote(candidacy) => {
                let Candidacy { last, committed, .. } = candidacy;
                last.term < self.term
                    && committed.index <= last.index
                    && committed.term <= last.term
            }
            Body::Append { prev, entries, .. } => {
                let last = entries.last().map_or(prev.term, Entry::term);
                let is_too_long = |entry: &Entry| entry.payload.is_too_long();
                follows(*prev, entries) && last <= self.term && !entries.iter().any(is_too_long)
            }
            Body::Snapshot(snapshot) => {
                let Snapshot { last, membership, .. } = &**snapshot;
                let is_state = Index::ZERO < last.index && last.term > Term(0);
                let is_state = is_state && last.index < Index::BOUND;
                is_state && last.term <= self.term && membership.validate().is_ok()
            }
            Body::Propose(payloads) => {
                let may_be =
                    |payload: &Payload| *payload != Payload::Noop && !payload.is_too_long();
                !payloads.is_empty() && payloads.iter().all(may_be)
            }
            _ => true,
        }
    }
}

/// Whether the entries follow `prev` without a gap, in terms that never fall.
pub(crate) fn follows(prev: LogId, entries: &[Entry]) -> bool {
    let mut before = prev;
    for entry in entries {
        let is_next = entry.index() < Index::BOUND && entry.index() == before.index.next();
        if !is_next || entry.term() < before.term || entry.term() == Term(0) {
            return false;
        }
        before = entry.id;
    }
    true
}
