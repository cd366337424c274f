//! O22: what piles up stays within its limit.
//!
//! What is counted is what can be seen from outside (R27). Messages with entries under way to a follower:
//! the entries that left for it one after the other and were not acknowledged. When a leader goes back it
//! has given up what was under way, and a sign of life of a follower frees the oldest message if there is no
//! room for another. Entries handed out and not applied; proposals in a leader's log that are not committed,
//! those that it inherited too; what a disk holds that is not synced. Of what a node withholds it must be
//! believed, since nobody else can know; it can be no more than one acknowledgement and one vote or request
//! for each of the others, and a vote for itself, for each write that the node was not told to be synced,
//! the next one included.

mod pile;

use std::collections::VecDeque;

use syncline_raft::{Index, NodeId, RoleKind};
use syncline_traces::{EntryKind, Event, EventSort, Link, MessageKey, MessageKind, WriteNo};

use super::{Breach, Evidence, Oracle, OracleId};
use crate::plan::Plan;
use pile::Pile;

/// What has piled up at each node.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    plan: Plan,
    nodes: Vec<AtNode>,
}

#[derive(Clone, Debug, Default)]
struct AtNode {
    /// Messages with entries under way to each of the others, by their last entries.
    windows: Vec<Pile>,
    /// Entries that are handed out and not applied.
    applying: Pile,
    /// Up to where it has handed out its log.
    handed_out: Index,
    /// As a leader: the proposals in its log that are not committed.
    uncommitted: Pile,
    committed: Index,
    /// The writes that it was not told to be synced.
    unsynced: VecDeque<WriteNo>,
}

impl AtNode {
    /// Its office has ended, or another has begun.
    fn forget_office(&mut self) {
        self.windows.iter_mut().for_each(Pile::clear);
        self.uncommitted.clear();
    }
}

impl Limits {
    pub(super) fn new(plan: &Plan) -> Limits {
        let count = plan.nodes as usize;
        let node = AtNode { windows: vec![Pile::default(); count], ..AtNode::default() };
        Limits { plan: *plan, nodes: vec![node; count] }
    }

    fn at(&mut self, node: NodeId) -> &mut AtNode {
        &mut self.nodes[node.number() as usize - 1]
    }

    fn window(&mut self, link: Link) -> &mut Pile {
        &mut self.at(link.from).windows[link.to.number() as usize - 1]
    }

    /// A message with entries leaves.
    fn send(
        &mut self,
        link: Link,
        key: MessageKey,
        after: Index,
        (entries, bytes): (u32, u32),
    ) -> Result<(), Breach> {
        let node = link.from;
        let bytes_max = self.plan.message_bytes_max;
        if entries > 1 && bytes > bytes_max {
            let found = format!(
                "n{node} sends {entries} entries of {bytes} bytes, {bytes_max} go together"
            );
            return Breach::by(node, found);
        }
        if key.kind != MessageKind::Append {
            return Ok(());
        }
        let window = self.window(link);
        if after != window.last() {
            window.clear();
        }
        let (messages, under_way) = (window.len(), window.bytes());
        window.push(key.index, u64::from(bytes));
        if self.is_full(messages, under_way) {
            let to = link.to;
            let found = format!(
                "n{node} sends n{to} entries while {messages} messages of {under_way} bytes are under way"
            );
            return Breach::by(node, found);
        }
        Ok(())
    }

    fn is_full(&self, messages: usize, bytes: u64) -> bool {
        messages >= self.plan.inflight_messages_max as usize
            || bytes >= u64::from(self.plan.inflight_bytes_max)
    }

    /// A leader hears of a follower.
    fn hear(&mut self, link: Link, key: MessageKey) {
        let back = Link { from: link.to, to: link.from };
        let window = self.window(back);
        match key.kind {
            MessageKind::Ack => window.take_up_to(key.index),
            MessageKind::Pulse => {
                let (messages, bytes) = (window.len(), window.bytes());
                if self.is_full(messages, bytes) {
                    self.window(back).take_oldest();
                }
            }
            _ => {}
        }
    }

    fn hand_out(
        &mut self,
        node: NodeId,
        upto: Index,
        evidence: Evidence<'_>,
    ) -> Result<(), Breach> {
        let bytes_max = u64::from(self.plan.apply_bytes_max);
        let at = self.at(node);
        let entries = evidence.log(node).after(at.handed_out);
        for entry in entries.iter().take_while(|entry| entry.id.index <= upto) {
            at.applying.push(entry.id.index, u64::from(entry.bytes));
        }
        at.handed_out = at.handed_out.max(upto);
        let others = at.applying.bytes_before_newest();
        if others > 0 && others >= bytes_max {
            let found = format!("n{node} hands out i{upto} while {others} bytes are being applied");
            return Breach::by(node, found);
        }
        Ok(())
    }

    /// A leader's log has grown by an entry.
    fn append(
        &mut self,
        node: NodeId,
        index: Index,
        kind: EntryKind,
        evidence: Evidence<'_>,
    ) -> Result<(), Breach> {
        if kind == EntryKind::Noop || !evidence.facts.leads(node) {
            return Ok(());
        }
        let Some(entry) = evidence.log(node).after(index.prev()).first() else {
            return Ok(());
        };
        let bytes_max = u64::from(self.plan.uncommitted_bytes_max);
        let (bytes, uncommitted) = (u64::from(entry.bytes), &mut self.at(node).uncommitted);
        let others = uncommitted.bytes();
        uncommitted.push(index, bytes);
        // A leader must be able to leave a joint membership, so that change is never refused.
        if kind == EntryKind::Command && others > 0 && others + bytes > bytes_max {
            let found = format!(
                "n{node} appends a command of {bytes} bytes while {others} bytes are not committed"
            );
            return Breach::by(node, found);
        }
        Ok(())
    }

    fn take_office(&mut self, node: NodeId, evidence: Evidence<'_>) {
        let at = self.at(node);
        at.forget_office();
        let inherited = evidence.log(node).after(at.committed).iter();
        for entry in inherited.filter(|entry| entry.kind != EntryKind::Noop) {
            at.uncommitted.push(entry.id.index, u64::from(entry.bytes));
        }
    }

    fn write(&self, node: NodeId, evidence: Evidence<'_>) -> Result<(), Breach> {
        let disk = evidence.disk(node);
        let others = disk.unsynced_bytes() - disk.newest_bytes(1);
        if others >= u64::from(self.plan.unsynced_bytes_max) {
            let found = format!("n{node} writes while {others} bytes are not synced");
            return Breach::by(node, found);
        }
        Ok(())
    }

    fn withhold(&mut self, node: NodeId, promises: u32) -> Result<(), Breach> {
        let others = self.plan.nodes - 1;
        let writes = self.at(node).unsynced.len() as u32 + 1;
        if promises > writes * (2 * others + 1) {
            let found = format!("n{node} withholds {promises} promises for {writes} writes");
            return Breach::by(node, found);
        }
        Ok(())
    }
}

impl Oracle for Limits {
    fn id(&self) -> OracleId {
        OracleId::O22
    }

    fn watches(&self) -> &'static [EventSort] {
        &[
            EventSort::Carried,
            EventSort::Delivered,
            EventSort::Duplicated,
            EventSort::SnapshotWanted,
            EventSort::Reconfigured,
            EventSort::Became,
            EventSort::Appended,
            EventSort::Committed,
            EventSort::HandedOut,
            EventSort::Applied,
            EventSort::Installed,
            EventSort::Issued,
            EventSort::Synced,
            EventSort::Withheld,
            EventSort::Written,
            EventSort::Crashed,
            EventSort::Restarted,
        ]
    }

    fn judge(&mut self, event: &Event, evidence: Evidence<'_>) -> Result<(), Breach> {
        match *event {
            Event::Carried { link, key, after, entries, bytes } => {
                return self.send(link, key, after, (entries, bytes));
            }
            Event::Delivered { link, key } | Event::Duplicated { link, key }
                if evidence.facts.office(link.to) == (RoleKind::Leader, key.term) =>
            {
                self.hear(link, key);
            }
            Event::SnapshotWanted { link, .. } => self.window(link).clear(),
            Event::Reconfigured { node, .. } => {
                self.at(node).windows.iter_mut().for_each(Pile::clear);
            }
            Event::Became { node, role: RoleKind::Leader, .. } => self.take_office(node, evidence),
            Event::Became { node, .. } => self.at(node).forget_office(),
            Event::Appended { node, entry, kind, .. } => {
                return self.append(node, entry.index, kind, evidence);
            }
            Event::Committed { node, index, .. } => {
                let at = self.at(node);
                at.committed = at.committed.max(index);
                at.uncommitted.take_up_to(index);
            }
            Event::HandedOut { node, index, .. } => return self.hand_out(node, index, evidence),
            Event::Applied { node, entry: last, .. } | Event::Installed { node, last, .. } => {
                self.at(node).applying.take_up_to(last.index);
            }
            Event::Issued { node, write, .. } => self.at(node).unsynced.push_back(write),
            Event::Synced { node, upto, .. } => {
                let unsynced = &mut self.at(node).unsynced;
                while unsynced.front().is_some_and(|write| *write <= upto) {
                    unsynced.pop_front();
                }
            }
            Event::Withheld { node, promises } => return self.withhold(node, promises),
            Event::Written { node, .. } => return self.write(node, evidence),
            Event::Crashed { node, .. } => {
                let windows = std::mem::take(&mut self.at(node).windows);
                *self.at(node) = AtNode { windows, ..AtNode::default() };
                self.at(node).forget_office();
            }
            Event::Restarted { node, hard_state, .. } => {
                let at = self.at(node);
                at.committed = hard_state.commit;
                at.handed_out = evidence.disk(node).durable().image().applied();
            }
            _ => {}
        }
        Ok(())
    }

    fn fork(&self) -> Box<dyn Oracle> {
        Box::new(self.clone())
    }
}
