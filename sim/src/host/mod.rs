//! A host: what stands between a node and its disk, its network and its state machine.
//!
//! It drives Readys, keeps what is still to be written, reported and applied, and begins a sync when
//! the plan's policy says so. All its freedom is in the order in which the world lets it act.

mod log;
pub(crate) mod machine;

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use syncline_raft::{
    Committed, Fetch, Index, LogId, NodeId, ReadId, RoleKind, Snapshot, SnapshotWanted, Term,
    WriteSeq,
};
use syncline_traces::{Members, NodeSet, ReadNo, Sort, WriteNo};

pub use log::{IssuedEntry, IssuedLog};
pub use machine::Machine;

use crate::disk::Backlog;
use crate::subject::Subject;
use crate::world::bit;

/// What a state machine is to do next.
#[derive(Clone, Debug)]
pub(crate) enum Task {
    /// Apply entries.
    Apply(Committed),
    /// Take over the state of another.
    Install(Arc<Snapshot>),
}

impl Task {
    /// The index that is applied when it is done.
    pub(crate) fn last(&self) -> Index {
        self.end().index
    }

    /// The entry that is applied last.
    pub(crate) fn end(&self) -> LogId {
        match self {
            Task::Apply(batch) => batch.entries.last().map_or(LogId::default(), |entry| entry.id),
            Task::Install(snapshot) => snapshot.last,
        }
    }
}

/// A read of a client that the host has begun.
#[derive(Clone, Copy, Hash, Debug)]
pub(crate) struct Reading {
    pub(crate) id: ReadId,
    pub(crate) read: ReadNo,
    /// What must be applied first, once that is known.
    pub(crate) index: Option<Index>,
}

/// The part of a host that lives in memory.
#[derive(Clone, Debug)]
pub(crate) struct Process<S> {
    pub(crate) node: S,
    /// What the node's memory amounts to, where its library can tell.
    pub(crate) node_fingerprint: Option<u128>,
    /// Issued, not yet written.
    pub(crate) to_write: Backlog,
    /// Syncs that are complete, of which the node was not told yet.
    pub(crate) to_report: Vec<WriteNo>,
    /// Handed out to the state machine; oldest first.
    pub(crate) to_apply: VecDeque<Task>,
    /// What the node asked to be read back.
    pub(crate) fetches: Vec<Fetch>,
    /// Who needs a snapshot.
    pub(crate) snapshots_wanted: Vec<SnapshotWanted>,
    /// Whose snapshot has left and was not reported.
    pub(crate) snapshots_sent: Vec<NodeId>,
    pub(crate) readings: Vec<Reading>,
    pub(crate) machine: Machine,
    /// Role and term when last looked at.
    pub(crate) office: (RoleKind, Term),
    /// Whom the node follows, when last looked at.
    pub(crate) leader: Option<NodeId>,
    /// The membership that was active when last looked at.
    pub(crate) members: Members,
    /// The commit index last reported.
    pub(crate) committed: Index,
    /// The newest record that was issued.
    pub(crate) issued: WriteNo,
    /// The writes of the node that it was not told to be synced: their numbers on the disk and its own.
    pub(crate) unreported: VecDeque<(WriteNo, WriteSeq)>,
    /// Up to where the newest checkpoint stands for the log.
    pub(crate) checkpointed: Index,
    /// Up to where the log was let go of.
    pub(crate) compacted: Index,
    /// Ticks since the oldest uncovered write was written.
    pub(crate) uncovered_ticks: u32,
    /// Up to where each member had the log of this leader when it was last heard: a witness, and no
    /// part of the state.
    pub(crate) matched: [Index; NodeSet::NODES_MAX as usize],
    /// How many promises the node withheld when last looked at: likewise.
    pub(crate) withheld: usize,
}

impl<S> Process<S> {
    /// The number of the next record.
    pub(crate) fn number(&mut self) -> WriteNo {
        self.issued = WriteNo(self.issued.0 + 1);
        self.issued
    }

    /// The node's own number of a record that completes one of its writes.
    pub(crate) fn seq(&self, no: WriteNo) -> Option<WriteSeq> {
        let found = self.unreported.binary_search_by_key(&no, |(no, _)| *no).ok()?;
        Some(self.unreported[found].1)
    }

    /// The node's newest write among the records up to this one, if it was not told yet.
    pub(crate) fn report(&mut self, upto: WriteNo) -> Option<WriteSeq> {
        let mut newest = None;
        while let Some((no, seq)) = self.unreported.front().copied()
            && no <= upto
        {
            self.unreported.pop_front();
            newest = Some(seq);
        }
        newest
    }
}

impl<S: Subject> Process<S> {
    fn fork(&self) -> Option<Process<S>> {
        Some(Process {
            node: self.node.fork()?,
            node_fingerprint: self.node_fingerprint,
            to_write: self.to_write.clone(),
            to_report: self.to_report.clone(),
            to_apply: self.to_apply.clone(),
            fetches: self.fetches.clone(),
            snapshots_wanted: self.snapshots_wanted.clone(),
            snapshots_sent: self.snapshots_sent.clone(),
            readings: self.readings.clone(),
            machine: self.machine.clone(),
            office: self.office,
            leader: self.leader,
            members: self.members,
            committed: self.committed,
            issued: self.issued,
            unreported: self.unreported.clone(),
            checkpointed: self.checkpointed,
            compacted: self.compacted,
            uncovered_ticks: self.uncovered_ticks,
            matched: self.matched,
            withheld: self.withheld,
        })
    }
}

/// One host.
#[derive(Clone, Debug)]
pub struct Host<S> {
    pub(crate) id: NodeId,
    /// `None` while it is down.
    pub(crate) process: Option<Process<S>>,
    pub(crate) incarnation: u32,
    /// What the host and its disk make of the world's fingerprint, kept since they last changed.
    pub(crate) fingerprint: u128,
    /// The sorts of choices that it has on offer, kept likewise: one bit each.
    pub(crate) sorts: u32,
}

impl<S: Subject> Host<S> {
    /// Whether a process runs.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// The node.
    #[must_use]
    pub fn id(&self) -> NodeId {
        self.id
    }

    /// The node's state machine, while it is up.
    #[must_use]
    pub fn machine(&self) -> Option<&Machine> {
        self.process.as_ref().map(|process| &process.machine)
    }

    /// The membership that is active at the node, while it is up.
    #[must_use]
    pub fn members(&self) -> Option<Members> {
        self.process.as_ref().map(|process| process.members)
    }

    /// The node's status, while it is up.
    #[must_use]
    pub fn status(&self) -> Option<syncline_raft::Status> {
        self.process.as_ref().map(|process| process.node.status())
    }

    /// Whether the host has a choice of this sort on offer, budgets aside.
    #[must_use]
    pub fn has_on_offer(&self, sort: Sort) -> bool {
        self.sorts & bit(sort) != 0
    }

    /// For whose sake the node wants a sync, while it is up.
    #[must_use]
    pub fn sync_wanted(&self) -> Option<syncline_raft::SyncWanted> {
        self.process.as_ref()?.node.sync_wanted()
    }

    /// A second host in the same state; `None` if its node cannot be forked.
    pub(crate) fn fork(&self) -> Option<Host<S>> {
        let process = match &self.process {
            None => None,
            Some(process) => Some(process.fork()?),
        };
        let Host { id, incarnation, fingerprint, sorts, .. } = *self;
        Some(Host { id, process, incarnation, fingerprint, sorts })
    }

    /// Feeds the host's state, the node's included where its library can tell.
    pub(crate) fn mix<H: Hasher>(&self, state: &mut H) {
        (self.id, self.incarnation).hash(state);
        let Some(process) = &self.process else {
            return;
        };
        (process.node_fingerprint, process.to_write.digest()).hash(state);
        process.to_report.hash(state);
        for task in &process.to_apply {
            (matches!(task, Task::Install(_)), task.last()).hash(state);
        }
        process.fetches.hash(state);
        process.snapshots_wanted.hash(state);
        process.snapshots_sent.hash(state);
        process.readings.hash(state);
        (process.machine.applied(), process.machine.chain()).hash(state);
        (process.committed, process.issued, process.uncovered_ticks).hash(state);
        (process.checkpointed, process.compacted).hash(state);
    }
}
