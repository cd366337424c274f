//! What a log is made of.

use alloc::sync::Arc;

use crate::types::{Index, LogId, NodeId, Term};

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Entry {
    /// Its term and index.
    pub id: LogId,
    /// What it says.
    pub payload: Payload,
}

/// What an entry says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Payload {
    /// Nothing: the entry with which a leader begins its term (Raft paper, section 8).
    Noop,
    /// A command of the application, which the core never reads.
    Command(Arc<[u8]>),
}

impl Entry {
    /// Where the entry lies.
    #[must_use]
    pub fn index(&self) -> Index {
        self.id.index
    }

    /// The term in which it was appended.
    #[must_use]
    pub fn term(&self) -> Term {
        self.id.term
    }

    /// The bytes of the command; none for a no-op.
    #[must_use]
    pub fn command(&self) -> Option<&[u8]> {
        match &self.payload {
            Payload::Noop => None,
            Payload::Command(bytes) => Some(bytes),
        }
    }

    /// What the entry weighs in a message: its command, and a fixed cost for the rest.
    pub(crate) fn weight_bytes(&self) -> usize {
        self.command().map_or(0, <[u8]>::len) + 24
    }
}

/// The small part of a node's durable state: its term, its vote, and a hint of what is committed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HardState {
    /// The latest term the node has seen.
    pub term: Term,
    /// For whom it voted in that term.
    pub vote: Option<NodeId>,
    /// What it knows to be committed. Never above the last entry written with or before it (R3).
    pub commit: Index,
}
