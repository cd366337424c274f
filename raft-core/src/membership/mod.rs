//! Who belongs to the cluster, and what each of them is (Raft paper, section 6; thesis, chapter 4).
//!
//! A membership becomes active when the entry that makes it is applied (R18), so an application
//! keeps it together with the applied index, as one durable unit.

mod change;
mod tracker;

pub use change::{Change, ChangeError, MembershipChange, Transition};
pub(crate) use tracker::Tracker;

use alloc::vec::Vec;
use core::fmt;

use crate::types::NodeId;

/// How many members a membership may hold, each counted once, and of how many nodes one change may
/// speak. It is the same on every node of a cluster, because what a committed change makes of a
/// membership must be.
pub const MEMBERS_MAX: usize = 256;

/// The members of a cluster. Each list is sorted and names nobody twice.
///
/// While `outgoing` is not empty the membership is *joint*: whatever needs a quorum needs one of
/// `voters` and one of `outgoing`. A node without any membership waits to be added to a cluster, and
/// asks the first leader that it hears for a snapshot, which tells it who belongs to the cluster.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Membership {
    /// Who votes; in a joint membership, who will go on to.
    pub voters: Vec<NodeId>,
    /// Who voted before; empty unless the membership is joint.
    pub outgoing: Vec<NodeId>,
    /// Who receives the log without a vote.
    pub learners: Vec<NodeId>,
    /// Outgoing voters who become learners when the joint membership is left.
    pub learners_next: Vec<NodeId>,
    /// How a joint membership is left; [`Leave::Auto`] if it is none.
    pub leave: Leave,
}

/// How a joint membership is left.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
pub enum Leave {
    /// The leader proposes it as soon as it may.
    #[default]
    Auto,
    /// The application proposes [`MembershipChange::Leave`].
    Explicit,
}

impl Membership {
    /// A cluster of these voters, given in any order.
    #[must_use]
    pub fn of_voters(voters: impl IntoIterator<Item = NodeId>) -> Membership {
        let mut voters: Vec<NodeId> = voters.into_iter().collect();
        voters.sort_unstable();
        Membership { voters, ..Membership::default() }
    }

    /// Whether two quorums are needed.
    #[must_use]
    pub fn is_joint(&self) -> bool {
        !self.outgoing.is_empty()
    }

    /// Whether a node has a vote, in either half.
    #[must_use]
    pub fn is_voter(&self, node: NodeId) -> bool {
        has(&self.voters, node) || has(&self.outgoing, node)
    }

    /// Whether a node receives the log.
    #[must_use]
    pub fn is_member(&self, node: NodeId) -> bool {
        self.is_voter(node) || has(&self.learners, node)
    }

    /// Everybody, in order.
    #[must_use]
    pub fn members(&self) -> Vec<NodeId> {
        let lists = [&self.voters, &self.outgoing, &self.learners];
        let mut members: Vec<NodeId> = lists.into_iter().flatten().copied().collect();
        members.sort_unstable();
        members.dedup();
        members
    }

    /// Everybody with a vote, in order.
    pub(crate) fn all_voters(&self) -> Vec<NodeId> {
        let mut voters: Vec<NodeId> = self.voters.iter().chain(&self.outgoing).copied().collect();
        voters.sort_unstable();
        voters.dedup();
        voters
    }

    /// The incoming half alone (mutants M3 and Q10).
    pub(crate) fn incoming_half(&self) -> Membership {
        Membership::of_voters(self.voters.iter().copied())
    }

    /// Checks that some sequence of changes can have led here.
    ///
    /// # Errors
    /// The first thing that none leads to.
    pub fn validate(&self) -> Result<(), MembershipError> {
        for list in [&self.voters, &self.outgoing, &self.learners, &self.learners_next] {
            // First of all, so that nothing below takes long.
            if list.len() > MEMBERS_MAX {
                return Err(MembershipError::TooMany { found: list.len() });
            }
            if let Some(pair) = list.windows(2).find(|pair| pair[0] >= pair[1]) {
                return Err(MembershipError::OutOfOrder { before: pair[0], after: pair[1] });
            }
        }
        let found = self.members().len();
        if found > MEMBERS_MAX {
            return Err(MembershipError::TooMany { found });
        }
        if let Some(both) = self.learners.iter().find(|learner| self.is_voter(**learner)) {
            return Err(MembershipError::VoterAndLearner(*both));
        }
        let stays = |next: &&NodeId| has(&self.voters, **next) || !has(&self.outgoing, **next);
        if let Some(stray) = self.learners_next.iter().find(stays) {
            return Err(MembershipError::NotOutgoing(*stray));
        }
        if self.voters.is_empty() && (self.is_joint() || !self.learners.is_empty()) {
            return Err(MembershipError::NoVoters);
        }
        if !self.is_joint() && self.leave == Leave::Explicit {
            return Err(MembershipError::NothingToLeave);
        }
        Ok(())
    }
}

/// Whether a sorted list names a node. Lists are short, so that looking at each costs the least.
fn has(list: &[NodeId], node: NodeId) -> bool {
    list.contains(&node)
}

/// Why [`Membership::validate`] refuses a membership.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MembershipError {
    /// There are more members than [`MEMBERS_MAX`].
    TooMany {
        /// How many there are, in one list or in all of them.
        found: usize,
    },
    /// A list is not sorted, or names a node twice.
    OutOfOrder {
        /// A node of the list.
        before: NodeId,
        /// The one behind it.
        after: NodeId,
    },
    /// A node votes and is a learner.
    VoterAndLearner(NodeId),
    /// A node is to become a learner, but is no outgoing voter, or goes on to vote.
    NotOutgoing(NodeId),
    /// There are members, but nobody to elect a leader.
    NoVoters,
    /// The membership is not joint, but says that the application leaves it.
    NothingToLeave,
}

impl fmt::Display for MembershipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MembershipError::TooMany { found } => {
                write!(f, "expected at most {MEMBERS_MAX} members, found {found}")
            }
            MembershipError::OutOfOrder { before, after } => {
                write!(f, "expected a sorted list without repetition, found {before}, {after}")
            }
            MembershipError::VoterAndLearner(node) => {
                write!(f, "node {node} is both a voter and a learner")
            }
            MembershipError::NotOutgoing(node) => {
                write!(f, "node {node} is to become a learner, but is no outgoing voter")
            }
            MembershipError::NoVoters => f.write_str("there are no voters"),
            MembershipError::NothingToLeave => {
                f.write_str("there is no joint membership for the application to leave")
            }
        }
    }
}

impl core::error::Error for MembershipError {}

#[cfg(test)]
mod tests;
