//! A host: what stands between a node and its disk, its network and its state machine.
//!
//! It drives Readys, keeps what is still to be written, reported and applied, and begins a sync when
//! the plan's policy says so. All its freedom is in the order in which the world lets it act.

mod log;
pub(crate) mod machine;

use std::collections::VecDeque;
use std::hash::{Hash, Hasher};

use syncline_raft::{Committed, Index, NodeId, RoleKind, Term, WriteSeq};
use syncline_traces::{Sort, WriteNo};

pub use log::IssuedLog;
pub use machine::Machine;

use crate::disk::Backlog;
use crate::subject::Subject;
use crate::world::bit;

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
    /// Handed out to be applied; oldest first.
    pub(crate) to_apply: VecDeque<Committed>,
    pub(crate) machine: Machine,
    /// Role and term when last looked at.
    pub(crate) office: (RoleKind, Term),
    /// The commit index last reported.
    pub(crate) committed: Index,
    /// The newest write before this incarnation: write 1 of the node is the one after it.
    pub(crate) base: WriteNo,
    /// Ticks since the oldest uncovered write was written.
    pub(crate) uncovered_ticks: u32,
}

impl<S> Process<S> {
    /// The number on the disk of a write of this incarnation.
    pub(crate) fn number(&self, seq: WriteSeq) -> WriteNo {
        WriteNo(self.base.0 + seq.number())
    }

    /// The node's own number of a write on the disk.
    pub(crate) fn seq(&self, no: WriteNo) -> WriteSeq {
        WriteSeq::new(no.0 - self.base.0).expect("a write of this incarnation")
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
            machine: self.machine.clone(),
            office: self.office,
            committed: self.committed,
            base: self.base,
            uncovered_ticks: self.uncovered_ticks,
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
        for batch in &process.to_apply {
            batch.last().hash(state);
        }
        (process.machine.applied(), process.machine.chain()).hash(state);
        (process.committed, process.base, process.uncovered_ticks).hash(state);
    }
}
