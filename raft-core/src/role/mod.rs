//! What a node is. The data of a role lives in the role, so that no follower has leader's fields.

mod candidate;
mod follower;
mod leader;

pub(crate) use candidate::Candidate;
pub(crate) use leader::Leader;

use crate::types::NodeId;

/// The three roles of the Raft paper, section 5.1.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Role {
    /// Follows the leader of the term, if it knows one.
    Follower {
        /// That leader.
        leader: Option<NodeId>,
    },
    /// Asks for votes.
    Candidate(Candidate),
    /// Leads.
    Leader(Leader),
}
