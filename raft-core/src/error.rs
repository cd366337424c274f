//! Why a call was refused: one small type per verb. A refused call has changed nothing, with the
//! one exception that [`StepError`] names.

use core::fmt;

use crate::membership::ChangeError;
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
    /// It claims to come from this node itself.
    FromThisNode,
    /// It contradicts itself: it is of term 0, its entries do not follow each other, they are of a
    /// later term than the message, a candidate's log is not of an earlier one, its snapshot names
    /// a membership that cannot be, or a change speaks of more than
    /// [`MEMBERS_MAX`](crate::MEMBERS_MAX) nodes.
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
    /// This node does not lead, and may not or cannot send the command on. The leader, if it knows
    /// one, may be asked instead.
    NotLeader {
        /// Whom this node follows.
        leader: Option<NodeId>,
    },
    /// The office is being handed over (R20).
    Transferring {
        /// To whom.
        to: NodeId,
    },
    /// Too much waits to be committed already, or on a node that does not lead to be sent on.
    TooMuchUncommitted {
        /// How much, in bytes.
        bytes: usize,
        /// The limit, in bytes.
        max: usize,
    },
}

/// Why [`RawNode::propose_change`](crate::RawNode::propose_change) refuses a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ProposeChangeError {
    /// As any proposal.
    Refused(ProposeError),
    /// An earlier change, or the first entry of the term, is not applied yet (R18, R19).
    TooEarly {
        /// What must be applied first.
        barrier: Index,
        /// What is.
        applied: Index,
    },
    /// It does not apply to the membership.
    DoesNotApply(ChangeError),
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
    /// It has promised its leader to elect nobody else for now, itself included (R22).
    Promised,
    /// A snapshot is not applied yet (R15).
    Installing {
        /// Where it ends.
        snapshot: Index,
    },
    /// A committed change of the membership is not applied yet (R18).
    UnappliedChange {
        /// Its index.
        change: Index,
    },
}

/// Why [`RawNode::transfer_leader`](crate::RawNode::transfer_leader) refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransferError {
    /// This node does not lead.
    NotLeader,
    /// That is no other voter.
    NotAnotherVoter {
        /// Who was named.
        to: NodeId,
    },
}

/// Why [`RawNode::forget_leader`](crate::RawNode::forget_leader) refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ForgetError {
    /// This node leads, or follows nobody.
    NoLeader,
    /// A lease rests on this node (R22).
    Lease,
}

/// Why [`RawNode::read_index`](crate::RawNode::read_index) refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadError {
    /// No leader is known.
    NoLeader,
    /// Too many reads wait already.
    TooMany {
        /// The limit.
        max: u32,
    },
}

/// Why [`RawNode::request_snapshot`](crate::RawNode::request_snapshot) refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SnapshotRequestError {
    /// This node follows nobody.
    NoLeader,
    /// One is on its way into the state machine already.
    Installing {
        /// Where it ends.
        snapshot: Index,
    },
}

/// Why [`RawNode::send_snapshot`](crate::RawNode::send_snapshot) refuses a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendSnapshotError {
    /// This node does not lead any more.
    NotLeader,
    /// That member does not wait for one.
    NotAsked {
        /// Who was named.
        member: NodeId,
    },
    /// It would not help.
    TooOld {
        /// Where it ends.
        found: Index,
        /// The lowest index that will do.
        at_least: Index,
    },
    /// It stands for something that is not applied here.
    NotApplied {
        /// What it stands for.
        found: LogId,
        /// What is applied here.
        applied: Index,
    },
}

/// Why [`RawNode::fetched`](crate::RawNode::fetched) refuses entries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FetchedError {
    /// There are none.
    Empty,
    /// They do not follow the entry that they were asked after, or each other.
    NotContiguous {
        /// That entry.
        after: Index,
        /// The first one found.
        first: Index,
    },
    /// They reach further than was asked for.
    TooFar {
        /// The last one found.
        found: Index,
        /// The last one asked for.
        last: Index,
    },
    /// One of them is of another log.
    NotOfThisLog {
        /// That entry.
        found: LogId,
    },
}

/// Why [`RawNode::compact`](crate::RawNode::compact) refuses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CompactError {
    /// Not all of that is applied and synced here (R16).
    NotDurable {
        /// What was given.
        found: Index,
        /// What is applied.
        applied: Index,
        /// What is synced.
        synced: Index,
    },
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
            StepError::FromThisNode => f.write_str("the message claims to come from its receiver"),
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
            ProposeError::Transferring { to } => {
                write!(f, "the leader hands over its office to node {to}")
            }
            ProposeError::TooMuchUncommitted { bytes, max } => {
                write!(f, "{bytes} bytes wait to be committed, and {max} may")
            }
        }
    }
}

impl fmt::Display for ProposeChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProposeChangeError::Refused(error) => error.fmt(f),
            ProposeChangeError::TooEarly { barrier, applied } => {
                write!(f, "index {barrier} must be applied first, and only {applied} is (R18, R19)")
            }
            ProposeChangeError::DoesNotApply(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for CampaignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CampaignError::AlreadyLeader => f.write_str("the node leads already"),
            CampaignError::NotAVoter => f.write_str("the node has no vote"),
            CampaignError::TermsExhausted => f.write_str("there is no later term"),
            CampaignError::Promised => {
                f.write_str("the node has promised its leader to elect nobody else for now (R22)")
            }
            CampaignError::Installing { snapshot } => {
                write!(f, "the snapshot at {snapshot} is not applied yet (R15)")
            }
            CampaignError::UnappliedChange { change } => {
                write!(f, "the membership change at {change} is not applied yet (R18)")
            }
        }
    }
}

impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TransferError::NotLeader => f.write_str("this node does not lead"),
            TransferError::NotAnotherVoter { to } => write!(f, "node {to} is no other voter"),
        }
    }
}

impl fmt::Display for ForgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ForgetError::NoLeader => "the node follows nobody",
            ForgetError::Lease => "the leader's lease rests on this node (R22)",
        })
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::NoLeader => f.write_str("no leader is known"),
            ReadError::TooMany { max } => write!(f, "{max} reads wait already"),
        }
    }
}

impl fmt::Display for SnapshotRequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SnapshotRequestError::NoLeader => f.write_str("no leader is known"),
            SnapshotRequestError::Installing { snapshot } => {
                write!(f, "the snapshot at {snapshot} is not applied yet (R15)")
            }
        }
    }
}

impl fmt::Display for SendSnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendSnapshotError::NotLeader => f.write_str("this node does not lead"),
            SendSnapshotError::NotAsked { member } => {
                write!(f, "node {member} does not wait for a snapshot")
            }
            SendSnapshotError::TooOld { found, at_least } => {
                write!(f, "a snapshot at {found} does not help; one at {at_least} would")
            }
            SendSnapshotError::NotApplied { found, applied } => {
                write!(f, "a snapshot at {found}, where only {applied} is applied")
            }
        }
    }
}

impl fmt::Display for FetchedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchedError::Empty => f.write_str("no entries were fetched"),
            FetchedError::NotContiguous { after, first } => {
                write!(f, "expected entries that follow {after}, found {first} first")
            }
            FetchedError::TooFar { found, last } => {
                write!(f, "expected entries up to {last}, found {found}")
            }
            FetchedError::NotOfThisLog { found } => write!(f, "entry {found} is of another log"),
        }
    }
}

impl fmt::Display for CompactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CompactError::NotDurable { found, applied, synced } = self;
        write!(f, "cannot compact up to {found}: {applied} is applied, {synced} synced (R16)")
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
impl core::error::Error for ProposeChangeError {}
impl core::error::Error for CampaignError {}
impl core::error::Error for TransferError {}
impl core::error::Error for ForgetError {}
impl core::error::Error for ReadError {}
impl core::error::Error for SnapshotRequestError {}
impl core::error::Error for SendSnapshotError {}
impl core::error::Error for FetchedError {}
impl core::error::Error for CompactError {}
impl core::error::Error for AdvanceError {}
impl core::error::Error for SyncedError {}
impl core::error::Error for AppliedError {}
