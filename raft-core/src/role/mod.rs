//! What a node is. The data of a role lives in the role, so that no follower has leader's fields.

mod candidate;
mod follower;
mod leader;
mod voter;

pub(crate) use candidate::Candidate;
pub(crate) use leader::{Leader, ReadRequest, Wants};
pub use leader::{Peer, PeerPace, Proposed, SnapshotWanted};

use alloc::boxed::Box;

use crate::types::NodeId;

/// The three roles of the Raft paper, section 5.1, and that of the thesis, section 9.6. Most nodes
/// follow, so that what the others need lies elsewhere.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Role {
    /// Follows the leader of the term, if it knows one.
    Follower {
        /// That leader.
        leader: Option<NodeId>,
    },
    /// Asks who would vote for it in the next term.
    PreCandidate(Box<Candidate>),
    /// Asks for votes.
    Candidate(Box<Candidate>),
    /// Leads.
    Leader(Box<Leader>),
}
