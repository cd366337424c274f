//! The world: a labelled transition system.
//!
//! [`World::enabled`] lists what may happen next, in a stable order; [`World::step`] makes one thing
//! happen and says what came of it. There is nothing else: no clock runs, no message moves, no disk
//! syncs unless a choice says so. The world owns every host, disk and link by value, so cloning it is
//! forking it.

mod astray;
mod bytes;
mod enabled;
mod feature;
mod node;
mod step;
mod wishes;

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use syncline_raft::{Index, LogId, NodeId};
use syncline_traces::{Choice, Command, Mixer, NodeSet, ReadNo, WriteNo};
use syncline_wal::{Identity, Padding};

use crate::clock::Clock;
use crate::disk::Disk;
use crate::host::{Host, IssuedLog, Task};
use crate::mutant::{HostMutant, Mutant};
use crate::net::Net;
use crate::plan::{Plan, PlanError};
use crate::subject::{StartError, Subject};

pub use enabled::Offer;
pub(crate) use enabled::bit;

/// How often the world has been disturbed: what the plan's budgets count.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
struct Spent {
    proposals: u32,
    campaigns: u32,
    crashes: u32,
    cuts: u32,
    changes: u32,
    reads: u32,
    transfers: u32,
    checkpoints: u32,
    nuisances: u32,
    io_faults: u32,
}

/// A cluster, its disks, its network and its clocks.
#[derive(Clone, Debug)]
pub struct World<S: Subject> {
    plan: Arc<Plan>,
    mutant: Option<Mutant>,
    hosts: Vec<Host<S>>,
    disks: Vec<Disk>,
    logs: Vec<IssuedLog>,
    net: Net<S::Message>,
    /// The sum of what the hosts and their disks make of the fingerprint.
    hosts_fingerprint: u128,
    clock: Clock,
    spent: Spent,
    down: NodeSet,
    /// Whose disk has been damaged.
    damaged: NodeSet,
    /// The ticks at which the links were last cut.
    cut_at: u32,
    next_command: Command,
    next_read: ReadNo,
    /// Faults have ceased, for good.
    calm: bool,
}

/// A choice that the world does not offer now. The world is unchanged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotEnabled {
    /// The choice.
    pub choice: Choice,
}

impl fmt::Display for NotEnabled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected a choice that the world offers now, found '{}'", self.choice)
    }
}

impl std::error::Error for NotEnabled {}

/// A world cannot begin.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BeginError {
    /// The plan is out of range.
    Plan(PlanError),
    /// The subject refuses to start.
    Start(StartError),
}

impl fmt::Display for BeginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BeginError::Plan(error) => error.fmt(f),
            BeginError::Start(error) => write!(f, "the subject does not start: {error}"),
        }
    }
}

impl std::error::Error for BeginError {}

impl<S: Subject> World<S> {
    /// A cluster of new nodes with empty disks.
    ///
    /// # Errors
    /// If the plan is out of range, or the subject refuses it.
    pub fn new(plan: Plan, mutant: Option<Mutant>) -> Result<World<S>, BeginError> {
        plan.validate().map_err(BeginError::Plan)?;
        let count = plan.nodes as usize;
        let nodes = NodeSet::first(u64::from(plan.nodes));
        let host = |id| Host { id, process: None, incarnation: 0, fingerprint: 0, sorts: 0 };
        let mut world = World {
            hosts: nodes.iter().map(host).collect(),
            disks: nodes.iter().map(|id| disk(&plan, id, mutant)).collect(),
            logs: vec![IssuedLog::default(); count],
            net: Net::new(count, plan.link_capacity as usize),
            hosts_fingerprint: 0,
            clock: Clock::new(count, plan.drift_ticks),
            spent: Spent::default(),
            down: NodeSet::first(u64::from(plan.nodes)),
            damaged: NodeSet::default(),
            cut_at: 0,
            next_command: Command(1),
            next_read: ReadNo(1),
            calm: false,
            plan: Arc::new(plan),
            mutant,
        };
        for position in 0..count {
            let id = world.hosts[position].id;
            world.start(id).map_err(BeginError::Start)?;
            world.touch(id);
        }
        Ok(world)
    }

    /// A second world in the same state; `None` if the subject cannot be forked.
    #[must_use]
    pub fn fork(&self) -> Option<World<S>> {
        let mut hosts = Vec::with_capacity(self.hosts.len());
        for host in &self.hosts {
            hosts.push(host.fork()?);
        }
        Some(World {
            plan: Arc::clone(&self.plan),
            mutant: self.mutant,
            hosts,
            disks: self.disks.clone(),
            logs: self.logs.clone(),
            net: self.net.clone(),
            hosts_fingerprint: self.hosts_fingerprint,
            clock: self.clock.clone(),
            spent: self.spent,
            down: self.down,
            damaged: self.damaged,
            cut_at: self.cut_at,
            next_command: self.next_command,
            next_read: self.next_read,
            calm: self.calm,
        })
    }

    /// The plan that the world follows.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The known bug that is switched on.
    #[must_use]
    pub fn mutant(&self) -> Option<Mutant> {
        self.mutant
    }

    /// The hosts, in the order of their numbers.
    #[must_use]
    pub fn hosts(&self) -> &[Host<S>] {
        &self.hosts
    }

    /// The disks, in the same order.
    #[must_use]
    pub fn disks(&self) -> &[Disk] {
        &self.disks
    }

    /// The logs that the nodes have issued, in the same order.
    #[must_use]
    pub fn logs(&self) -> &[IssuedLog] {
        &self.logs
    }

    /// The network.
    #[must_use]
    pub fn net(&self) -> &Net<S::Message> {
        &self.net
    }

    /// The clocks.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The number of the next command that no client has proposed yet.
    #[must_use]
    pub fn next_command(&self) -> Command {
        self.next_command
    }

    /// The number of the next read that no client has begun yet.
    #[must_use]
    pub fn next_read(&self) -> ReadNo {
        self.next_read
    }

    /// Whether faults have ceased, for good.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.calm
    }

    /// The world's state in 128 bits: hosts, disks, links, clocks, budgets. Each step updates only
    /// what it touched. Where the subject has no fingerprint, its memory is left out.
    #[must_use]
    pub fn fingerprint(&self) -> u128 {
        let mut mixer = Mixer::default();
        (self.hosts_fingerprint, self.net.fingerprint()).hash(&mut mixer);
        (&self.clock, self.spent, self.cut_at, self.next_command).hash(&mut mixer);
        (self.next_read, self.calm, self.damaged).hash(&mut mixer);
        mixer.digest().0
    }

    fn slot(&self, node: NodeId) -> Option<usize> {
        let slot = node.number() as usize - 1;
        (slot < self.hosts.len()).then_some(slot)
    }

    /// Whether as much is unsynced as a host may leave so (R27).
    fn is_full(&self, disk: &Disk) -> bool {
        self.bytes_that_count(disk) >= u64::from(self.plan.unsynced_bytes_max)
    }

    /// Whether a host has something to write, and may not before a sync.
    pub(crate) fn is_held_up(&self, node: NodeId) -> bool {
        let slot = node.number() as usize - 1;
        let process = self.hosts[slot].process.as_ref();
        process.is_some_and(|process| !process.to_write.is_empty())
            && self.is_full(&self.disks[slot])
    }

    fn has_host_mutant(&self, mutant: HostMutant) -> bool {
        self.mutant == Some(Mutant::Host(mutant))
    }

    /// Renews what is kept about a host and its disk.
    fn touch(&mut self, node: NodeId) {
        let slot = node.number() as usize - 1;
        let mut mixer = Mixer::default();
        self.hosts[slot].mix(&mut mixer);
        self.disks[slot].fingerprint().hash(&mut mixer);
        let (old, new) = (self.hosts[slot].fingerprint, mixer.digest().0);
        self.hosts_fingerprint = self.hosts_fingerprint.wrapping_sub(old).wrapping_add(new);
        self.hosts[slot].fingerprint = new;
        self.hosts[slot].sorts = self.sorts_of(slot);
    }
}

/// The disk of a new node.
fn disk(plan: &Plan, node: NodeId, mutant: Option<Mutant>) -> Disk {
    if !plan.has_bytes() {
        return Disk::new();
    }
    let config = syncline_wal::Config {
        segment_bytes: u64::from(plan.segment_bytes),
        preallocates: plan.preallocates,
        padding: if plan.pads_sectors { Padding::Sectors } else { Padding::Words },
        mutant: mutant.and_then(Mutant::of_log),
        // Whatever is not forged is found by any salt.
        ..syncline_wal::Config::new(Identity { cluster: 1, node }, node.number())
    };
    Disk::of_bytes(config, plan.persistence())
}

/// The choices that name a write or an index, for tests and scripts that walk one host forward.
impl<S: Subject> World<S> {
    /// The write that a host writes next.
    #[must_use]
    pub fn next_write(&self, node: NodeId) -> Option<WriteNo> {
        let process = self.hosts[self.slot(node)?].process.as_ref()?;
        let next = process.to_write.first()?;
        let disk = &self.disks[self.slot(node)?];
        (disk.takes(&next.record) && !self.is_full(disk)).then_some(next.no)
    }

    /// Where the batch ends that a host applies next.
    #[must_use]
    pub fn next_apply(&self, node: NodeId) -> Option<Index> {
        let process = self.hosts[self.slot(node)?].process.as_ref()?;
        process.to_apply.front().map(Task::last)
    }

    /// The last entry that a node has issued.
    #[must_use]
    pub fn last(&self, node: NodeId) -> LogId {
        self.slot(node).map_or(LogId::default(), |slot| self.logs[slot].last())
    }
}

#[cfg(test)]
mod tests;
