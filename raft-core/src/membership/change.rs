//! Changes of a membership, and what each leads to.

use alloc::vec::Vec;
use core::fmt;

use super::{Leave, MEMBERS_MAX, Membership};
use crate::types::NodeId;

/// What becomes of one node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Change {
    /// It votes from now on, whatever it was before.
    AddVoter(NodeId),
    /// It receives the log without a vote; a voter is demoted.
    AddLearner(NodeId),
    /// It is no member any more.
    Remove(NodeId),
}

impl Change {
    /// The node.
    #[must_use]
    pub const fn node(self) -> NodeId {
        match self {
            Change::AddVoter(node) | Change::AddLearner(node) | Change::Remove(node) => node,
        }
    }
}

/// How several changes are made one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Transition {
    /// At once if at most one vote changes, else through a joint membership that the leader leaves.
    #[default]
    Auto,
    /// Through a joint membership that the leader leaves.
    Implicit,
    /// Through a joint membership that the application leaves.
    Explicit,
}

/// What an entry changes about the membership.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MembershipChange {
    /// Some nodes become something else.
    Enter {
        /// What becomes of whom; at most one line for each node.
        changes: Vec<Change>,
        /// How.
        transition: Transition,
    },
    /// A joint membership is left.
    Leave,
}

impl MembershipChange {
    /// One change of one node, which needs no joint membership.
    #[must_use]
    pub fn single(change: Change) -> MembershipChange {
        MembershipChange::Enter { changes: alloc::vec![change], transition: Transition::Auto }
    }

    /// How many nodes it speaks of, if those are too many for any membership.
    pub(crate) fn excess(&self) -> Option<usize> {
        match self {
            MembershipChange::Leave => None,
            MembershipChange::Enter { changes, .. } => {
                Some(changes.len()).filter(|found| *found > MEMBERS_MAX)
            }
        }
    }
}

/// Why a change does not apply to a membership.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeError {
    /// It changes nothing about anybody.
    Empty,
    /// It speaks of more than [`MEMBERS_MAX`] nodes.
    TooLong {
        /// Of how many.
        found: usize,
    },
    /// It says two things about a node.
    Twice(NodeId),
    /// It would lead to more than [`MEMBERS_MAX`] members; in a joint membership, those who leave are
    /// among them.
    TooMany {
        /// How many there would be.
        found: usize,
    },
    /// Nobody would be left to vote.
    NoVoterLeft,
    /// The membership is joint, which must be left first.
    Joint,
    /// There is no joint membership to leave.
    NotJoint,
    /// The node does not know its cluster's membership yet, so that nothing can be changed about it.
    Unknown,
}

impl Membership {
    /// What a change makes of this membership.
    ///
    /// # Errors
    /// If it does not apply to it.
    pub fn after(&self, change: &MembershipChange) -> Result<Membership, ChangeError> {
        if let Some(found) = change.excess() {
            return Err(ChangeError::TooLong { found });
        }
        if self.voters.is_empty() {
            return Err(ChangeError::Unknown);
        }
        match change {
            MembershipChange::Leave => self.left(),
            MembershipChange::Enter { changes, transition } => self.entered(changes, *transition),
        }
    }

    fn left(&self) -> Result<Membership, ChangeError> {
        if !self.is_joint() {
            return Err(ChangeError::NotJoint);
        }
        let mut learners = self.learners.clone();
        learners.extend(&self.learners_next);
        learners.sort_unstable();
        Ok(Membership { voters: self.voters.clone(), learners, ..Membership::default() })
    }

    fn entered(
        &self,
        changes: &[Change],
        transition: Transition,
    ) -> Result<Membership, ChangeError> {
        if self.is_joint() {
            return Err(ChangeError::Joint);
        }
        if changes.is_empty() {
            return Err(ChangeError::Empty);
        }
        if let Some(node) = named_twice(changes) {
            return Err(ChangeError::Twice(node));
        }
        let mut after = self.clone();
        for change in changes {
            after.change(*change);
        }
        if after.voters.is_empty() {
            return Err(ChangeError::NoVoterLeft);
        }
        let joint = match transition {
            Transition::Auto => self.votes_that_differ(&after) > 1,
            Transition::Implicit | Transition::Explicit => true,
        };
        if joint {
            after.become_joint(&self.voters);
            let explicit = transition == Transition::Explicit;
            after.leave = if explicit { Leave::Explicit } else { Leave::Auto };
        }
        let found = after.members().len();
        if found > MEMBERS_MAX {
            return Err(ChangeError::TooMany { found });
        }
        Ok(after)
    }

    fn change(&mut self, change: Change) {
        let node = change.node();
        remove(&mut self.voters, node);
        remove(&mut self.learners, node);
        match change {
            Change::AddVoter(node) => insert(&mut self.voters, node),
            Change::AddLearner(node) => insert(&mut self.learners, node),
            Change::Remove(_) => {}
        }
    }

    /// A voter that is demoted keeps its vote in the outgoing half, so it cannot be a learner yet.
    fn become_joint(&mut self, outgoing: &[NodeId]) {
        self.outgoing = outgoing.to_vec();
        let (next, now) = self.learners.iter().partition(|learner| outgoing.contains(learner));
        (self.learners_next, self.learners) = (next, now);
    }

    fn votes_that_differ(&self, other: &Membership) -> usize {
        let lost = self.voters.iter().filter(|voter| !other.voters.contains(voter)).count();
        let won = other.voters.iter().filter(|voter| !self.voters.contains(voter)).count();
        lost + won
    }
}

/// The first node in order of which these say two things.
fn named_twice(changes: &[Change]) -> Option<NodeId> {
    let mut nodes: Vec<NodeId> = changes.iter().map(|change| change.node()).collect();
    nodes.sort_unstable();
    nodes.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn remove(list: &mut Vec<NodeId>, node: NodeId) {
    list.retain(|other| *other != node);
}

fn insert(list: &mut Vec<NodeId>, node: NodeId) {
    let position = list.partition_point(|other| *other < node);
    list.insert(position, node);
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChangeError::Empty => f.write_str("the change says nothing"),
            ChangeError::TooLong { found } => {
                write!(f, "expected a change of at most {MEMBERS_MAX} nodes, found {found}")
            }
            ChangeError::TooMany { found } => {
                write!(f, "expected at most {MEMBERS_MAX} members after the change, found {found}")
            }
            ChangeError::Twice(node) => write!(f, "the change says two things about node {node}"),
            ChangeError::NoVoterLeft => f.write_str("nobody would be left to vote"),
            ChangeError::Joint => f.write_str("a joint membership must be left first"),
            ChangeError::NotJoint => f.write_str("there is no joint membership to leave"),
            ChangeError::Unknown => f.write_str("the membership of the cluster is not known"),
        }
    }
}

impl core::error::Error for ChangeError {}
