//! A look at a node that changes nothing.

use crate::node::RawNode;
use crate::role::Role;
use crate::types::{Index, NodeId, Term};

/// Which role a node has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum RoleKind {
    /// It follows.
    Follower,
    /// It asks who would vote for it.
    PreCandidate,
    /// It asks for votes.
    Candidate,
    /// It leads.
    Leader,
}

/// A node at one moment: plain data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Status {
    /// The node.
    pub id: NodeId,
    /// Its term.
    pub term: Term,
    /// For whom it voted in that term.
    pub vote: Option<NodeId>,
    /// What it is.
    pub role: RoleKind,
    /// Who leads the term, as far as it knows; itself if it leads.
    pub leader: Option<NodeId>,
    /// The last index of its log.
    pub appended: Index,
    /// Up to where its log has been handed out in writes.
    pub issued: Index,
    /// Up to where the storage view has it.
    pub advanced: Index,
    /// Up to where it is synced here.
    pub synced: Index,
    /// Up to where it is committed.
    pub committed: Index,
    /// Up to where it is applied here.
    pub applied: Index,
    /// How many promises to others, and votes for itself, it withholds until a sync (R24).
    pub withheld: usize,
}

impl RawNode {
    /// The node now.
    #[must_use]
    pub fn status(&self) -> Status {
        let cursors = &self.log.cursors;
        let role = match &self.role {
            Role::Follower { .. } => RoleKind::Follower,
            Role::PreCandidate(_) => RoleKind::PreCandidate,
            Role::Candidate(_) => RoleKind::Candidate,
            Role::Leader(_) => RoleKind::Leader,
        };
        Status {
            id: self.id,
            term: self.term,
            vote: self.vote,
            role,
            leader: self.leader(),
            appended: cursors.appended,
            issued: cursors.issued,
            advanced: cursors.advanced,
            synced: cursors.synced,
            committed: cursors.committed,
            applied: cursors.applied,
            withheld: self.gate.len(),
        }
    }
}
