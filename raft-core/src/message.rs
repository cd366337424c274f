//! What nodes say to each other.
//!
//! A message that makes a promise is a variant of its own, so that "a heartbeat answer never
//! carries a log position" holds by construction. A [`Message`] that the core hands out may be sent
//! at once, lost, delayed, repeated or reordered.

use alloc::vec::Vec;

use crate::entry::Entry;
use crate::types::{Index, LogId, NodeId, Term};

/// One message.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Message {
    /// Who says it.
    pub from: NodeId,
    /// To whom.
    pub to: NodeId,
    /// The sender's term.
    pub term: Term,
    /// What it says.
    pub body: Body,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Body {
    /// "Vote for me; this is where my log ends." A promise: the sender has voted for itself and
    /// holds its log up to `last`.
    Vote {
        /// The candidate's last entry.
        last: LogId,
    },
    /// The answer to [`Body::Vote`]. A promise only if granted.
    VoteResponse {
        /// Whether the sender votes for the receiver in this term.
        granted: bool,
    },
    /// Entries to append after `prev`; without entries, a probe or the news of a commit.
    Append {
        /// The entry before the first one carried.
        prev: LogId,
        /// The entries, contiguous, of terms that never fall.
        entries: Vec<Entry>,
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
    /// "I am still the leader." Carries a commit that the receiver has acknowledged (R7).
    Heartbeat {
        /// The leader's commit, at most what it knows the receiver to hold.
        commit: Index,
    },
    /// The answer to [`Body::Heartbeat`], and to a [`Body::Vote`] of an older term. Promises
    /// nothing, and says nothing of the log.
    HeartbeatResponse,
}

impl Message {
    /// Whether a correct node can have said it, as far as the message alone can tell: nobody speaks
    /// in term 0, a candidate's log is of an earlier term than its candidacy, and what a leader
    /// sends follows what it says comes before.
    pub(crate) fn is_well_formed(&self) -> bool {
        if self.term == Term(0) {
            return false;
        }
        match &self.body {
            Body::Vote { last } => last.term < self.term,
            Body::Append { prev, entries, .. } => {
                let last = entries.last().map_or(prev.term, Entry::term);
                follows(*prev, entries) && last <= self.term
            }
            Body::VoteResponse { .. }
            | Body::AppendAccepted { .. }
            | Body::AppendRejected { .. }
            | Body::Heartbeat { .. }
            | Body::HeartbeatResponse => true,
        }
    }
}

/// Whether the entries follow `prev` without a gap, in terms that never fall.
fn follows(prev: LogId, entries: &[Entry]) -> bool {
    let mut before = prev;
    for entry in entries {
        let is_next = before.index < Index::MAX && entry.index() == before.index.next();
        if !is_next || entry.term() < before.term {
            return false;
        }
        before = entry.id;
    }
    true
}
