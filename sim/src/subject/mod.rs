//! The seam to a Raft library under test.
//!
//! Our host drives it; so it sees one disk, one network and one clock like any other. A foreign
//! library often cannot be cloned or hashed, and its messages are its own: it answers `None` to
//! [`Subject::fork`] and [`Subject::fingerprint`], and says with [`Subject::claims`] what a message
//! of its makes others rely on.

mod raft_core;
mod unforkable;

use std::fmt;
use std::hash::Hash;

use syncline_raft::{
    AdvanceError, AppliedError, Committed, Index, NodeId, Restored, Status, SyncWanted,
    SyncedError, Write, WriteSeq,
};
use syncline_traces::Claim;

pub use raft_core::RaftCore;
pub use unforkable::Unforkable;

use crate::net::Label;

/// What a node is started with, besides what it left on its disk.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The node.
    pub id: NodeId,
    /// All voters, itself included.
    pub voters: Vec<NodeId>,
    /// Ticks without a leader after which it campaigns, before jitter.
    pub election_ticks: u32,
    /// Ticks between heartbeats.
    pub heartbeat_ticks: u32,
    /// How many messages with entries may be under way to one follower.
    pub inflight_messages_max: u32,
    /// What the entries of one message may weigh, in bytes.
    pub message_bytes_max: u32,
    /// Where its randomness comes from; another one for each incarnation.
    pub seed: u64,
    /// The bug to switch on in the core.
    pub mutant: Option<syncline_raft::Mutant>,
}

/// What a node hands out.
#[derive(Clone, Debug)]
pub struct Issue<M> {
    /// What to write.
    pub write: Option<Write>,
    /// What to send at once.
    pub messages: Vec<M>,
    /// What to apply.
    pub apply: Option<Committed>,
}

/// A node refused to start from a state that the disk offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StartError(pub String);

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StartError {}

/// One node of a Raft library.
pub trait Subject: Sized {
    /// Its name in traces and on the command line.
    const NAME: &'static str;
    /// A message of the library.
    type Message: Clone + Hash;

    /// Starts a node from its disk.
    ///
    /// # Errors
    /// If the library refuses that state.
    fn start(setup: &Setup, restored: Restored) -> Result<Self, StartError>;
    /// A second node in the same state; `None` if the library cannot do that.
    fn fork(&self) -> Option<Self>;
    /// The node's state, except the log that it has issued; `None` if the library cannot tell.
    fn fingerprint(&self) -> Option<u128>;
    /// Who sends a message to whom, and what it is.
    fn label(message: &Self::Message) -> Label;
    /// What a message makes its receiver rely on.
    fn claims(message: &Self::Message) -> Claim;

    /// Time passes.
    fn tick(&mut self);
    /// Begins an election; whether the node was free to.
    fn campaign(&mut self) -> bool;
    /// Takes a message; whether it did.
    fn step(&mut self, message: Self::Message) -> bool;
    /// Takes a client's command; where it will lie, if the node leads.
    fn propose(&mut self, command: &[u8]) -> Option<Index>;
    /// Whether there is something to do.
    fn has_ready(&self) -> bool;
    /// Takes what there is to do.
    fn ready(&mut self) -> Option<Issue<Self::Message>>;
    /// A write is in the page cache.
    ///
    /// # Errors
    /// If it was not the next one issued.
    fn advance(&mut self, write: WriteSeq) -> Result<(), AdvanceError>;
    /// Everything up to a write is synced.
    ///
    /// # Errors
    /// If it was never advanced.
    fn synced(&mut self, write: WriteSeq) -> Result<(), SyncedError>;
    /// Everything up to an index is applied.
    ///
    /// # Errors
    /// If it was never handed out.
    fn applied(&mut self, index: Index) -> Result<(), AppliedError>;
    /// The node now.
    fn status(&self) -> Status;
    /// For whose sake to sync.
    fn sync_wanted(&self) -> Option<SyncWanted>;
}
