//! Why a call was refused: one small type per verb. A refused call has changed nothing, with the
//! one exception that [`StepError`] names.

use core::fmt;

use crate::types::{Index, LogId, NodeId, Term, WriteSeq};

/// Why [`RawNode::step`](crate::RawNode::step) refuses a message.
///
/// No message, however wrong, late or hostile, makes the core panic. The first three refusals have
/// changed nothing. The others judge a message within its term, which is adopted first, as the Raft
/// paper demands, and [`StepError::AgainstCommitted`] also leaves its sender heeded as the leader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StepError {
    /// It is addressed to another node.
    NotForThisNode {
        /// To whom.
        to: NodeId,
    },
    /// Its sender is no other voter of the cluster.
    UnknownSender(NodeId),
    /// It contradicts itself: it is of term 0, its entries do not follow each other, they are of a
    /// later term than the message, or a candidate's log is not of an earlier one.
    Malformed,
    /// It would overwrite a committed entry.
    AgainstCommitted {
        /// The entry that it carries.
        found: LogId,
        /// Up to where this node's log is committed.
        committed: Index,
    },
    /// It claims to lead the term that this node leads.
    SecondLeader(Term),
    /// It acknowledges an entry that this leader does not have.
    AckBeyondLog {
        /// What it acknowledges.
        found: Index,
        /// The last index of this leader.
        last: Index,
    },
}

/// Why [`RawNode::propose`](crate::RawNode::propose) refuses a command.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProposeError {
    /// This node does not lead. The leader, if it knows one, may be asked instead.
    NotLeader {
        /// Whom this node follows.
        leader: Option<NodeId>,
    },
}

/// Why [`RawNode::campaign`](crate::RawNode::campaign) refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CampaignError {
    /// It leads already.
    AlreadyLeader,
    /// It has no vote.
    NotAVoter,
    /// There is no later term.
    TermsExhausted,
}

/// Why [`RawNode::advance`](crate::RawNode::advance) refuses a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AdvanceError {
    /// No Ready has handed it out.
    NotIssued {
        /// What was given.
        found: WriteSeq,
        /// The newest write issued; 0 if none.
        issued: u64,
    },
    /// It is not the next one.
    OutOfOrder {
        /// What was given.
        found: WriteSeq,
        /// The number of the next one.
        expected: u64,
    },
}

/// Why [`RawNode::synced`](crate::RawNode::synced) refuses a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SyncedError {
    /// It was never advanced, so it cannot have been synced.
    NotAdvanced {
        /// What was given.
        found: WriteSeq,
        /// The newest write advanced; 0 if none.
        advanced: u64,
    },
}

/// Why [`RawNode::applied`](crate::RawNode::applied) refuses an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AppliedError {
    /// It was never handed out to be applied.
    NotHandedOut {
        /// What was given.
        found: Index,
        /// Up to where entries were handed out.
        handed_out: Index,
    },
    /// More than that is applied already.
    Backwards {
        /// What was given.
        found: Index,
        /// Up to where entries are applied.
        applied: Index,
    },
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StepError::NotForThisNode { to } => write!(f, "the message is for node {to}"),
            StepError::UnknownSender(from) => write!(f, "node {from} is no other voter"),
            StepError::Malformed => f.write_str("the message contradicts itself"),
            StepError::AgainstCommitted { found, committed } => {
                write!(f, "entry {found} would overwrite the log, committed up to {committed}")
            }
            StepError::SecondLeader(term) => write!(f, "a second leader of term {term}"),
            StepError::AckBeyondLog { found, last } => {
                write!(f, "index {found} is acknowledged, but the log ends at {last}")
            }
        }
    }
}

impl fmt::Display for ProposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProposeError::NotLeader { leader: Some(leader) } => {
                write!(f, "this node does not lead; node {leader} does")
            }
            ProposeError::NotLeader { leader: None } => f.write_str("no leader is known"),
        }
    }
}

impl fmt::Display for CampaignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CampaignError::AlreadyLeader => "the node leads already",
            CampaignError::NotAVoter => "the node has no vote",
            CampaignError::TermsExhausted => "there is no later term",
        })
    }
}

impl fmt::Display for AdvanceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AdvanceError::NotIssued { found, issued } => {
                write!(f, "write {found} was never issued; the newest is {issued}")
            }
            AdvanceError::OutOfOrder { found, expected } => {
                write!(f, "expected write {expected}, found {found}")
            }
        }
    }
}

impl fmt::Display for SyncedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let SyncedError::NotAdvanced { found, advanced } = self;
        write!(f, "write {found} was never advanced; the newest is {advanced}")
    }
}

impl fmt::Display for AppliedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AppliedError::NotHandedOut { found, handed_out } => {
                write!(f, "index {found} was never handed out; the newest is {handed_out}")
            }
            AppliedError::Backwards { found, applied } => {
                write!(f, "index {found} lies below what is applied, {applied}")
            }
        }
    }
}

impl core::error::Error for StepError {}
impl core::error::Error for ProposeError {}
impl core::error::Error for CampaignError {}
impl core::error::Error for AdvanceError {}
impl core::error::Error for SyncedError {}
impl core::error::Error for AppliedError {}
