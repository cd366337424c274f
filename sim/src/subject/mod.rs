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
use std::sync::Arc;

use syncline_raft::{
    AdvanceError, AppliedError, Committed, Entry, Fetch, Index, MembershipChange, NodeId, Peer,
    ReadId, ReadOutcome, Restored, Snapshot, SnapshotOutcome, SnapshotWanted, Status, SyncWanted,
    SyncedError, Write, WriteSeq,
};
use syncline_traces::{Claim, Members};

pub use raft_core::RaftCore;
pub use unforkable::Unforkable;

use crate::net::Label;
use crate::plan::Plan;

/// What a node is started with, besides what it left on its disk.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The node.
    pub id: NodeId,
    /// What the run is about: the ticks, the limits and the features that are switched on.
    pub plan: Plan,
    /// The members that the cluster began with.
    pub began_with: Members,
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
    /// What to put in place of the state machine.
    pub install: Option<Arc<Snapshot>>,
    /// What became of reads.
    pub reads: Vec<ReadOutcome>,
    /// What to read back from the disk.
    pub fetches: Vec<Fetch>,
    /// Who needs a snapshot.
    pub snapshots: Vec<SnapshotWanted>,
}

/// What a node did with a proposal that it took.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Taken {
    /// It appended it here.
    Appended(Index),
    /// It sent it on to the leader.
    Forwarded,
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
    /// Takes a client's command; what it did with it, unless it refused.
    fn propose(&mut self, command: &[u8]) -> Option<Taken>;
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

    /// The membership that is active; `None` for a library that knows no other than the first.
    fn members(&self) -> Option<Members> {
        None
    }
    /// What a leader knows of the other members; nothing for a library that does not tell.
    fn peers(&self) -> Vec<Peer> {
        Vec::new()
    }
    /// Takes a change of the membership; what it did with it, unless it refused.
    fn change(&mut self, _: MembershipChange) -> Option<Taken> {
        None
    }
    /// Hands the office over; whether the node began to.
    fn transfer(&mut self, _: NodeId) -> bool {
        false
    }
    /// Forgets the leader; whether the node did.
    fn forget_leader(&mut self) -> bool {
        false
    }
    /// Begins a read; `None` if the node refuses.
    fn read(&mut self) -> Option<ReadId> {
        None
    }
    /// Whether a read is answered at once, by a lease.
    fn has_lease(&self) -> bool {
        false
    }
    /// Lets go of the log up to an index; whether the node did.
    fn compact(&mut self, _: Index) -> bool {
        false
    }
    /// Sends a member the snapshot that it needs; whether the node did.
    fn send_snapshot(&mut self, _: NodeId, _: Arc<Snapshot>) -> bool {
        false
    }
    /// What became of a snapshot.
    fn report_snapshot(&mut self, _: NodeId, _: SnapshotOutcome) {}
    /// A member cannot be reached.
    fn report_unreachable(&mut self, _: NodeId) {}
    /// Asks for a snapshot; whether the node did.
    fn request_snapshot(&mut self) -> bool {
        false
    }
    /// The entries that a fetch asked for; whether the node took them.
    fn fetched(&mut self, _: Fetch, _: Vec<Entry>) -> bool {
        false
    }
    /// Those entries cannot be read back now.
    fn fetch_failed(&mut self, _: Fetch) {}
    /// Up to where a member has this node's log, as it knows; `None` unless it leads that member.
    fn matched(&self, _: NodeId) -> Option<Index> {
        None
    }
}
