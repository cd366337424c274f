//! What happened. Logs, traces, pictures and verdicts are all views of these.

mod describe;

use serde::{Deserialize, Serialize};
use syncline_raft::{HardState, Index, LogId, NodeId, RoleKind, Term};

use crate::device::{Damage, IoFault, OpKind, OpNo};
use crate::digest::Chain;
use crate::members::{Members, Reform};
use crate::name::{Answer, Command, Direction, Link, MessageKey, NodeSet, ReadNo, WriteNo};

/// What the receiver of a message may rely on for ever.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    /// Nothing.
    Nothing,
    /// The sender leads this term.
    Leads(Term),
    /// The sender has voted for itself in this term, and holds its log up to `last`.
    Candidacy {
        /// The term.
        term: Term,
        /// Its last entry.
        last: LogId,
    },
    /// The sender has voted for the receiver in this term.
    Granted(Term),
    /// The sender holds the log of the leader of `term` up to `index`, and has seen that term.
    Holds {
        /// The term.
        term: Term,
        /// The last index.
        index: Index,
    },
}

/// What an entry is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntryKind {
    /// The first of a term.
    Noop,
    /// A client's command.
    Command,
    /// A change of the membership.
    Change,
}

/// What is lost in a crash.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CrashKind {
    /// The process: its memory.
    Process,
    /// The machine: also what was not synced.
    Machine,
}

/// Why a message is gone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// The network lost it.
    Network,
    /// Its link was full.
    Overflow,
    /// Its receiver refused it.
    Refused,
}

/// One thing that happened, at one node unless it says otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the fields are what their names and types say")]
pub enum Event {
    /// Its clock ticked.
    Ticked { node: NodeId },
    /// It was told to campaign.
    Campaigned { node: NodeId },
    /// It did not accept a client's command.
    ProposalRefused { node: NodeId, command: Command },
    /// Its role or its term changed; its log then ended at `last`.
    Became { node: NodeId, role: RoleKind, term: Term, last: LogId, chain: Chain },
    /// A client's command was accepted and will lie at `index`.
    Proposed { node: NodeId, command: Command, index: Index },
    /// A Ready voided its log from here on.
    Truncated { node: NodeId, from: Index },
    /// A Ready handed out an entry to write.
    Appended { node: NodeId, entry: LogId, kind: EntryKind, chain: Chain },
    /// A Ready handed out a write, after which the log ends at `last`.
    Issued { node: NodeId, write: WriteNo, hard_state: HardState, last: LogId },
    /// It reported that the log is committed up to here.
    Committed { node: NodeId, index: Index, chain: Chain },
    /// A Ready handed out entries to be applied, up to this one.
    HandedOut { node: NodeId, index: Index, chain: Chain },
    /// A message left.
    Sent { link: Link, key: MessageKey, claim: Claim },
    /// It carries so many entries, after this one up to the one that it is about; or so many proposals
    /// that are sent on.
    Carried { link: Link, key: MessageKey, after: Index, entries: u32, bytes: u32 },
    /// A message arrived.
    Delivered { link: Link, key: MessageKey },
    /// A message arrived, and a copy stays in flight.
    Duplicated { link: Link, key: MessageKey },
    /// A message is gone.
    Lost { link: Link, key: MessageKey, loss: Loss },
    /// A write reached the page cache.
    Written { node: NodeId, write: WriteNo },
    /// A sync of everything up to this write began.
    SyncBegan { node: NodeId, upto: WriteNo },
    /// The disk completed it.
    SyncCompleted { node: NodeId, upto: WriteNo },
    /// It withholds so many promises until they are synced, more than before.
    Withheld { node: NodeId, promises: u32 },
    /// The node was told, and takes its log for synced up to `index`.
    Synced { node: NodeId, upto: WriteNo, index: Index },
    /// An entry was applied.
    Applied { node: NodeId, entry: LogId, chain: Chain },
    /// It went down; this many writes were lost.
    Crashed { node: NodeId, crash: CrashKind, lost: u32 },
    /// It was built from its disk, for this many-th time.
    Restarted { node: NodeId, incarnation: u32, hard_state: HardState, last: LogId },
    /// Its code panicked.
    Panicked { node: NodeId },
    /// Links were cut.
    Cut { from: NodeSet, to: NodeSet, direction: Direction },
    /// All links were healed.
    Healed,
    /// Faults have ceased, for good.
    Calmed,
    /// It sent a client's command on to the leader.
    Forwarded { node: NodeId, command: Command },
    /// It was told to hand its office over.
    TransferBegan { node: NodeId, to: NodeId },
    /// It was told to forget its leader.
    LeaderForgotten { node: NodeId },
    /// A change of the membership was accepted, and will lie at `index`; it was sent on if there is
    /// none.
    ChangeProposed { node: NodeId, reform: Reform, index: Option<Index> },
    /// A change of the membership was refused.
    ChangeRefused { node: NodeId, reform: Reform },
    /// Another membership is active, from this applied index on.
    Reconfigured { node: NodeId, index: Index, members: Members },
    /// A client began to read.
    ReadBegan { node: NodeId, read: ReadNo },
    /// It refused to.
    ReadRefused { node: NodeId, read: ReadNo },
    /// A leader answered a read at once, by its lease.
    Leased { node: NodeId, term: Term },
    /// It learned what must be applied before the read is served.
    ReadConfirmed { node: NodeId, read: ReadNo, index: Index },
    /// The read is lost, and to be asked again.
    ReadLost { node: NodeId, read: ReadNo },
    /// The state machine was read, with this much applied.
    ReadServed { node: NodeId, read: ReadNo, applied: Index },
    /// A Ready put a snapshot in place of its log.
    Replaced { node: NodeId, last: LogId, chain: Chain },
    /// A snapshot took the place of its state machine.
    Installed { node: NodeId, last: LogId, chain: Chain },
    /// It began to write down the state of its state machine.
    Checkpointed { node: NodeId, write: WriteNo, last: LogId, chain: Chain },
    /// It let go of its log up to here.
    Compacted { node: NodeId, write: WriteNo, upto: Index },
    /// It asks its host for a snapshot for a member.
    SnapshotWanted { link: Link, at_least: Index },
    /// It asks its host for the entries after this one, for a member.
    FetchWanted { link: Link, after: Index },
    /// It was given a snapshot for a member, or told that there is none.
    SnapshotAnswered { link: Link, answer: Answer },
    /// It was told what became of a snapshot.
    SnapshotReported { link: Link, answer: Answer },
    /// It was given the entries that a member needs, or told that they cannot be read.
    Fetched { link: Link, answer: Answer },
    /// It was told that a member cannot be reached.
    Unreached { link: Link },
    /// It was told to ask for a snapshot.
    SnapshotRequested { node: NodeId },
    /// It refused to start from what its disk holds.
    StartRefused { node: NodeId },
    /// It leads, and takes a member to have less of its log than before.
    MatchFell { link: Link, from: Index, to: Index },
    /// Its disk of bytes completed an operation; `is_true` unless it lied.
    OpCompleted { node: NodeId, op: OpNo, kind: OpKind, is_true: bool },
    /// An operation of its disk failed.
    OpFailed { node: NodeId, op: OpNo, kind: OpKind, fault: IoFault },
    /// It read its log: so many unsynced writes are there, and so many are gone.
    Opened { node: NodeId, kept: u32, lost: u32 },
    /// It could not read its log, and must not start.
    OpenRefused { node: NodeId },
    /// The batch of one of its durable writes was damaged.
    Damaged { node: NodeId, write: WriteNo, damage: Damage },
    /// Its log found what lies after this index damaged, or could not read it.
    Unread { node: NodeId, after: Index },
}

/// The sorts of events, by which an oracle says what it wants to see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
#[expect(missing_docs, reason = "each is the event of the same name")]
pub enum EventSort {
    Ticked,
    Campaigned,
    Became,
    Proposed,
    ProposalRefused,
    Truncated,
    Appended,
    Issued,
    Committed,
    HandedOut,
    Sent,
    Delivered,
    Duplicated,
    Lost,
    Written,
    SyncBegan,
    SyncCompleted,
    Synced,
    Applied,
    Crashed,
    Restarted,
    Panicked,
    Cut,
    Healed,
    Forwarded,
    TransferBegan,
    LeaderForgotten,
    ChangeProposed,
    ChangeRefused,
    Reconfigured,
    ReadBegan,
    ReadRefused,
    Leased,
    ReadConfirmed,
    ReadLost,
    ReadServed,
    Replaced,
    Installed,
    Checkpointed,
    Compacted,
    SnapshotWanted,
    FetchWanted,
    SnapshotAnswered,
    SnapshotReported,
    Fetched,
    Unreached,
    SnapshotRequested,
    StartRefused,
    MatchFell,
    Calmed,
    OpCompleted,
    OpFailed,
    Opened,
    OpenRefused,
    Damaged,
    Carried,
    Withheld,
    Unread,
}

impl EventSort {
    /// How many sorts there are.
    pub const COUNT: usize = EventSort::Unread as usize + 1;
}

impl Event {
    /// Its sort.
    #[must_use]
    pub const fn sort(&self) -> EventSort {
        match self {
            Event::Ticked { .. } => EventSort::Ticked,
            Event::Campaigned { .. } => EventSort::Campaigned,
            Event::Became { .. } => EventSort::Became,
            Event::Proposed { .. } => EventSort::Proposed,
            Event::ProposalRefused { .. } => EventSort::ProposalRefused,
            Event::Truncated { .. } => EventSort::Truncated,
            Event::Appended { .. } => EventSort::Appended,
            Event::Issued { .. } => EventSort::Issued,
            Event::Committed { .. } => EventSort::Committed,
            Event::HandedOut { .. } => EventSort::HandedOut,
            Event::Sent { .. } => EventSort::Sent,
            Event::Delivered { .. } => EventSort::Delivered,
            Event::Duplicated { .. } => EventSort::Duplicated,
            Event::Lost { .. } => EventSort::Lost,
            Event::Written { .. } => EventSort::Written,
            Event::SyncBegan { .. } => EventSort::SyncBegan,
            Event::SyncCompleted { .. } => EventSort::SyncCompleted,
            Event::Synced { .. } => EventSort::Synced,
            Event::Applied { .. } => EventSort::Applied,
            Event::Crashed { .. } => EventSort::Crashed,
            Event::Restarted { .. } => EventSort::Restarted,
            Event::Panicked { .. } => EventSort::Panicked,
            Event::Cut { .. } => EventSort::Cut,
            Event::Healed => EventSort::Healed,
            Event::Forwarded { .. } => EventSort::Forwarded,
            Event::TransferBegan { .. } => EventSort::TransferBegan,
            Event::LeaderForgotten { .. } => EventSort::LeaderForgotten,
            Event::ChangeProposed { .. } => EventSort::ChangeProposed,
            Event::ChangeRefused { .. } => EventSort::ChangeRefused,
            Event::Reconfigured { .. } => EventSort::Reconfigured,
            Event::ReadBegan { .. } => EventSort::ReadBegan,
            Event::ReadRefused { .. } => EventSort::ReadRefused,
            Event::Leased { .. } => EventSort::Leased,
            Event::ReadConfirmed { .. } => EventSort::ReadConfirmed,
            Event::ReadLost { .. } => EventSort::ReadLost,
            Event::ReadServed { .. } => EventSort::ReadServed,
            Event::Replaced { .. } => EventSort::Replaced,
            Event::Installed { .. } => EventSort::Installed,
            Event::Checkpointed { .. } => EventSort::Checkpointed,
            Event::Compacted { .. } => EventSort::Compacted,
            Event::SnapshotWanted { .. } => EventSort::SnapshotWanted,
            Event::FetchWanted { .. } => EventSort::FetchWanted,
            Event::SnapshotAnswered { .. } => EventSort::SnapshotAnswered,
            Event::SnapshotReported { .. } => EventSort::SnapshotReported,
            Event::Fetched { .. } => EventSort::Fetched,
            Event::Unreached { .. } => EventSort::Unreached,
            Event::SnapshotRequested { .. } => EventSort::SnapshotRequested,
            Event::StartRefused { .. } => EventSort::StartRefused,
            Event::MatchFell { .. } => EventSort::MatchFell,
            Event::Calmed => EventSort::Calmed,
            Event::OpCompleted { .. } => EventSort::OpCompleted,
            Event::OpFailed { .. } => EventSort::OpFailed,
            Event::Opened { .. } => EventSort::Opened,
            Event::OpenRefused { .. } => EventSort::OpenRefused,
            Event::Damaged { .. } => EventSort::Damaged,
            Event::Carried { .. } => EventSort::Carried,
            Event::Withheld { .. } => EventSort::Withheld,
            Event::Unread { .. } => EventSort::Unread,
        }
    }

    /// The node at which it happened: for a message, whoever acts. `None` for the network's own.
    #[must_use]
    pub const fn node(&self) -> Option<NodeId> {
        match *self {
            Event::Ticked { node }
            | Event::Campaigned { node }
            | Event::Became { node, .. }
            | Event::Proposed { node, .. }
            | Event::ProposalRefused { node, .. }
            | Event::HandedOut { node, .. }
            | Event::Truncated { node, .. }
            | Event::Appended { node, .. }
            | Event::Issued { node, .. }
            | Event::Committed { node, .. }
            | Event::Written { node, .. }
            | Event::SyncBegan { node, .. }
            | Event::SyncCompleted { node, .. }
            | Event::Synced { node, .. }
            | Event::Applied { node, .. }
            | Event::Crashed { node, .. }
            | Event::Restarted { node, .. }
            | Event::Panicked { node }
            | Event::Forwarded { node, .. }
            | Event::TransferBegan { node, .. }
            | Event::LeaderForgotten { node }
            | Event::ChangeProposed { node, .. }
            | Event::ChangeRefused { node, .. }
            | Event::Reconfigured { node, .. }
            | Event::ReadBegan { node, .. }
            | Event::ReadRefused { node, .. }
            | Event::Leased { node, .. }
            | Event::ReadConfirmed { node, .. }
            | Event::ReadLost { node, .. }
            | Event::ReadServed { node, .. }
            | Event::Replaced { node, .. }
            | Event::Installed { node, .. }
            | Event::Checkpointed { node, .. }
            | Event::Compacted { node, .. }
            | Event::SnapshotRequested { node }
            | Event::StartRefused { node }
            | Event::OpCompleted { node, .. }
            | Event::OpFailed { node, .. }
            | Event::Opened { node, .. }
            | Event::OpenRefused { node }
            | Event::Damaged { node, .. }
            | Event::Withheld { node, .. }
            | Event::Unread { node, .. } => Some(node),
            Event::SnapshotWanted { link, .. }
            | Event::FetchWanted { link, .. }
            | Event::SnapshotAnswered { link, .. }
            | Event::SnapshotReported { link, .. }
            | Event::Fetched { link, .. }
            | Event::Unreached { link }
            | Event::MatchFell { link, .. } => Some(link.from),
            Event::Sent { link, .. } | Event::Carried { link, .. } => Some(link.from),
            Event::Delivered { link, .. } | Event::Duplicated { link, .. } => Some(link.to),
            Event::Lost { .. } | Event::Cut { .. } | Event::Healed | Event::Calmed => None,
        }
    }
}
