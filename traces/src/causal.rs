//! What caused what: the parents of an event, and all that an event follows from.
//!
//! A run of thousands of events breaks a promise because of a few. Walking backwards from the
//! violation along the causes finds them, if the causes are few and none is missing. So an event
//! has as parents what the one choice behind it depended on, and no more:
//!
//! - in a node, the last event that changed the memory of its core. What the disk does is none of
//!   these until the node is told, nor is a message that leaves, nor what the state machine applies;
//! - on a disk, a sync follows from its write, its completion from its begin, and a write from the
//!   Ready that issued it and from the write before it;
//! - in the network, an arrival or a loss follows from the sending;
//! - in a crash everything ends but the disk: a restart follows from the crash and from what was
//!   written and synced before it, and not from what the lost memory held.
//!
//! Causes err on the side of too many: whatever a node was told stays a cause of all that it does
//! later in that life. What an event would have needed and did not have, such as the sync that a
//! hasty apply did not wait for, is no cause; that it is missing there is what a reader looks for.

mod graph;
mod reach;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use syncline_raft::NodeId;

use self::reach::Reach;
use crate::event::{CrashKind, Event, Loss};
use crate::name::{Direction, Link, MessageKey, NodeSet, WriteNo};

pub use self::graph::CausalGraph;

/// Finds the parents of each event of a run, told one after the other.
///
/// Each costs a constant number of look-ups, amortised. What it keeps grows with what is in flight,
/// unsynced or not applied, and not with the length of the run.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    /// The event told last.
    last: u64,
    /// The last event of the present step from which others of that step may follow.
    step: Option<u64>,
    nodes: BTreeMap<NodeId, AtNode>,
    in_flight: BTreeMap<(Link, MessageKey), u64>,
    /// The cut that blocks a link.
    cut: BTreeMap<Link, u64>,
    /// The heal that last opened a link.
    opened: BTreeMap<Link, u64>,
}

/// The events of one node and its disk from which later ones may follow.
#[derive(Clone, Debug, Default)]
struct AtNode {
    /// The last one that changed the memory of its core.
    memory: Option<u64>,
    /// The last one that changed its state machine.
    machine: Option<u64>,
    /// Its last crash or restart.
    life: Option<u64>,
    /// The Readys whose writes are not written yet.
    issued: BTreeMap<WriteNo, u64>,
    /// The writes that a sync may still be named after.
    written: BTreeMap<WriteNo, u64>,
    last_written: Option<u64>,
    /// Syncs under way.
    began: BTreeMap<WriteNo, u64>,
    /// Completed syncs of which the node was not told.
    completed: BTreeMap<WriteNo, u64>,
    last_completed: Option<u64>,
    /// The last event of its disk of bytes.
    platter: Option<u64>,
    /// How its cursors came to where they are.
    committed: Reach,
    synced: Reach,
    handed_out: Reach,
}

impl Causes {
    /// The parents of this event, ascending. Events are told in order; `first_of_step` says that a
    /// new choice led to this one.
    ///
    /// # Panics
    /// If the number of the event is not above that of the one before.
    pub fn parents(&mut self, id: u64, event: &Event, first_of_step: bool) -> Vec<u64> {
        assert!(id > self.last, "event {id} is told after event {}", self.last);
        self.last = id;
        if first_of_step {
            self.step = None;
        }
        let mut parents: Vec<u64> = self.step.into_iter().collect();
        self.place(id, event, &mut parents);
        if !is_mere_outcome(event) {
            self.step = Some(id);
        }
        parents.sort_unstable();
        parents.dedup();
        assert!(parents.last().is_none_or(|parent| *parent < id), "a cause comes first");
        parents
    }

    /// Where the event happened, and what it follows from there.
    fn place(&mut self, id: u64, event: &Event, parents: &mut Vec<u64>) {
        match *event {
            Event::Ticked { node }
            | Event::Panicked { node }
            | Event::Campaigned { node }
            | Event::Became { node, .. }
            | Event::Proposed { node, .. }
            | Event::Truncated { node, .. }
            | Event::Appended { node, .. }
            | Event::Issued { node, .. }
            | Event::Committed { node, .. }
            | Event::Synced { node, .. }
            | Event::Forwarded { node, .. }
            | Event::TransferBegan { node, .. }
            | Event::LeaderForgotten { node }
            | Event::ChangeProposed { node, .. }
            | Event::Reconfigured { node, .. }
            | Event::ReadBegan { node, .. }
            | Event::Replaced { node, .. }
            | Event::Compacted { node, .. }
            | Event::SnapshotRequested { node }
            | Event::SnapshotAnswered { link: Link { from: node, .. }, .. }
            | Event::SnapshotReported { link: Link { from: node, .. }, .. }
            | Event::Fetched { link: Link { from: node, .. }, .. }
            | Event::Unreached { link: Link { from: node, .. } } => {
                self.node(node).at_core(id, event, parents);
            }
            Event::ProposalRefused { .. }
            | Event::ChangeRefused { .. }
            | Event::ReadRefused { .. }
            | Event::Leased { .. }
            | Event::ReadConfirmed { .. }
            | Event::StartRefused { .. }
            | Event::ReadLost { .. }
            | Event::SnapshotWanted { .. }
            | Event::FetchWanted { .. }
            | Event::MatchFell { .. }
            | Event::Carried { .. }
            | Event::Withheld { .. } => {
                parents.extend(event.node().and_then(|node| self.node(node).memory));
            }
            Event::Sent { .. }
            | Event::Delivered { .. }
            | Event::Duplicated { .. }
            | Event::Lost { .. }
            | Event::Cut { .. }
            | Event::Healed
            | Event::Calmed => self.at_network(id, event, parents),
            _ => self.beside_core(id, event, parents),
        }
    }

    /// What happened at a host that its core does not know.
    fn beside_core(&mut self, id: u64, event: &Event, parents: &mut Vec<u64>) {
        match *event {
            Event::Written { node, .. }
            | Event::SyncBegan { node, .. }
            | Event::SyncCompleted { node, .. }
            | Event::HandedOut { node, .. }
            | Event::Applied { node, .. }
            | Event::Installed { node, .. }
            | Event::ReadServed { node, .. }
            | Event::Checkpointed { node, .. }
            | Event::OpCompleted { node, .. }
            | Event::OpFailed { node, .. }
            | Event::Opened { node, .. }
            | Event::OpenRefused { node }
            | Event::Damaged { node, .. }
            | Event::Unread { node, .. }
            | Event::Crashed { node, .. }
            | Event::Restarted { node, .. } => self.node(node).at_host(id, event, parents),
            _ => {}
        }
    }

    fn node(&mut self, node: NodeId) -> &mut AtNode {
        self.nodes.entry(node).or_default()
    }

    fn at_network(&mut self, id: u64, event: &Event, parents: &mut Vec<u64>) {
        match *event {
            Event::Sent { link, key, .. } => {
                parents.extend(self.node(link.from).memory);
                self.in_flight.insert((link, key), id);
            }
            Event::Delivered { link, key } => {
                let sent = self.in_flight.remove(&(link, key));
                self.arrive(id, link, sent, parents);
            }
            Event::Duplicated { link, key } => {
                let sent = self.in_flight.get(&(link, key)).copied();
                self.arrive(id, link, sent, parents);
            }
            Event::Lost { link, key, loss } => {
                parents.extend(self.in_flight.remove(&(link, key)));
                match loss {
                    Loss::Network => parents.extend(self.cut.get(&link)),
                    Loss::Refused => parents.extend(self.node(link.to).memory),
                    Loss::Overflow => {}
                }
            }
            Event::Cut { from, to, direction } => self.cut(id, from, to, direction),
            Event::Healed => self.heal(id, parents),
            _ => {}
        }
    }

    fn arrive(&mut self, id: u64, link: Link, sent: Option<u64>, parents: &mut Vec<u64>) {
        parents.extend(sent);
        // What was sent before the heal could not have arrived without it.
        let opened = self.opened.get(&link).copied();
        parents.extend(opened.filter(|heal| sent.is_some_and(|sent| sent < *heal)));
        parents.extend(self.node(link.to).memory.replace(id));
    }

    fn cut(&mut self, id: u64, from: NodeSet, to: NodeSet, direction: Direction) {
        for a in from.iter() {
            for b in to.iter() {
                self.cut.entry(Link { from: a, to: b }).or_insert(id);
                if direction == Direction::Both {
                    self.cut.entry(Link { from: b, to: a }).or_insert(id);
                }
            }
        }
    }

    fn heal(&mut self, id: u64, parents: &mut Vec<u64>) {
        let cut = std::mem::take(&mut self.cut);
        parents.extend(cut.values().copied().collect::<BTreeSet<u64>>());
        self.opened.extend(cut.into_keys().map(|link| (link, id)));
    }
}

/// Whether it is no reason for anything else in its step: what leaves a node is not why other things
/// leave it.
fn is_mere_outcome(event: &Event) -> bool {
    matches!(
        event,
        Event::Sent { .. }
            | Event::Carried { .. }
            | Event::Withheld { .. }
            | Event::Lost { .. }
            | Event::HandedOut { .. }
    )
}

impl AtNode {
    /// What changes the memory of a core.
    fn at_core(&mut self, id: u64, event: &Event, parents: &mut Vec<u64>) {
        parents.extend(self.memory.replace(id));
        match *event {
            Event::Truncated { from, .. } => self.synced.lower(from.prev()),
            Event::Issued { write, .. } | Event::Compacted { write, .. } => {
                self.issued.insert(write, id);
            }
            Event::Committed { index, .. } => self.committed.set(index, id),
            Event::Synced { upto, index, .. } => {
                parents.extend(self.completed.remove(&upto));
                self.synced.set(index, id);
            }
            _ => {}
        }
    }

    /// What the host does with the disk, the state machine and the process.
    fn at_host(&mut self, id: u64, event: &Event, parents: &mut Vec<u64>) {
        match *event {
            Event::Written { write, .. } => {
                parents.extend(self.issued.remove(&write));
                parents.extend(self.last_written.replace(id));
                self.written.insert(write, id);
            }
            Event::SyncBegan { upto, .. } => {
                // After a crash a sync may be named after a write that was lost in it.
                parents
                    .extend(self.written.range(..=upto).next_back().map(|(_, written)| *written));
                self.began.insert(upto, id);
            }
            Event::SyncCompleted { upto, .. } => {
                parents.extend(self.began.remove(&upto));
                self.written = self.written.split_off(&upto);
                self.completed.insert(upto, id);
                self.last_completed = Some(id);
            }
            Event::HandedOut { index, .. } => {
                parents.extend(self.committed.of(index));
                parents.extend(self.synced.of(index));
                self.handed_out.set(index, id);
            }
            Event::Applied { entry, .. } => {
                parents.extend(self.handed_out.of(entry.index));
                self.machine = Some(id);
            }
            Event::Installed { last, .. } => {
                parents.extend(self.handed_out.of(last.index));
                self.machine = Some(id);
            }
            Event::ReadServed { .. } => {
                parents.extend(self.memory);
                parents.extend(self.machine);
            }
            Event::Checkpointed { write, .. } => {
                parents.extend(self.machine);
                self.issued.insert(write, id);
            }
            // What the log makes of its disk follows from all that the disk did, one after the other.
            Event::OpCompleted { .. } | Event::OpFailed { .. } | Event::Damaged { .. } => {
                parents.extend(self.last_written);
                parents.extend(self.platter.replace(id));
            }
            Event::Opened { .. } | Event::OpenRefused { .. } => {
                parents.extend(self.life);
                parents.extend(self.platter.replace(id));
            }
            Event::Unread { .. } => parents.extend(self.platter),
            Event::Crashed { crash, .. } => self.crash(id, crash, parents),
            Event::Restarted { hard_state, last, .. } => {
                parents.extend(self.life.replace(id));
                parents.extend(self.last_completed);
                parents.extend(self.platter);
                self.memory = Some(id);
                self.committed.set(hard_state.commit, id);
                self.synced.set(last.index, id);
            }
            _ => {}
        }
    }

    fn crash(&mut self, id: u64, crash: CrashKind, parents: &mut Vec<u64>) {
        parents.extend(self.life);
        let of_disk = [self.last_written, self.last_completed, self.platter];
        parents.extend(of_disk.into_iter().flatten());
        let before = std::mem::take(self);
        *self = AtNode {
            memory: Some(id),
            life: Some(id),
            written: before.written,
            last_written: before.last_written,
            last_completed: before.last_completed,
            platter: before.platter,
            ..AtNode::default()
        };
        if crash == CrashKind::Process {
            // The machine lives, and with it the syncs that it has begun.
            self.began = before.began;
        }
    }
}
