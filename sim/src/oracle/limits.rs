//! O22: what piles up stays within its limit.
//!
//! What is counted is what can be seen from outside (R27): messages with entries under way to a follower
//! (`limits/window.rs`); the entries, or the proposals that are sent on, in one message, and what is sent on
//! with one Ready; entries handed out and not applied; proposals in a leader's log that are not committed,
//! those that it inherited too; what a disk was given that is not synced. Of what a node withholds it must be
//! believed, since nobody else can know; it can be no more than one acknowledgement and one vote or request
//! for each of the others, and a vote for itself, for each write that the node was not told to be synced,
//! the next one included.

mod pile;
mod window;

use std::collections::VecDeque;

use syncline_raft::{Index, NodeId, RoleKind};
use syncline_traces::{
    EntryKind, Event, EventSort, Link, MessageKey, MessageKind, Reform, WriteNo,
};

use super::{Breach, Evidence, Oracle, OracleId};
use crate::plan::Plan;
use pile::Pile;
use window::Window;

/// What has piled up at each node.
#[derive(Clone, Debug)]
pub(super) struct Limits {
    plan: Plan,
    nodes: Vec<AtNode>,
}

#[derive(Clone, Debug, Default)]
struct AtNode {
    /// Messages with entries under way to each of the others.
    windows: Vec<Window>,
    /// What has left of the proposals that it sends on, since it last took one: how many, and their bytes.
    sent_on: (u32, u64),
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

fn slot(node: NodeId) -> usize {
    node.number() as usize - 1
}

impl AtNode {
    /// Its office has ended, or another has begun.
    fn forget_office(&mut self) {
        self.windows.iter_mut().for_each(Window::clear);
        self.uncommitted.clear();
    }
}

impl Limits {
    pub(super) fn new(plan: &Plan) -> Limits {
        let count = plan.nodes as usize;
        let node = AtNode { windows: vec![Window::default(); count], ..AtNode::default() };
        Limits { plan: *plan, nodes: vec![node; count] }
    }

    fn at(&mut self, node: NodeId) -> &mut AtNode {
        &mut self.nodes[slot(node)]
    }

    fn window(&mut self, link: Link) -> &mut Window {
        &mut self.at(link.from).windows[slot(link.to)]
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
        match key.kind {
            MessageKind::Append => self.send_entries(link, key.index, after, bytes),
            _ => self.send_on(node, entries, bytes),
        }
    }

    fn send_entries(
        &mut self,
        link: Link,
        last: Index,
        after: Index,
        bytes: u32,
    ) -> Result<(), Breach> {
        let Link { from: node, to } = link;
        let window = self.window(link);
        if !window.turn_to(after) {
            let found = format!("n{node} sends n{to} the entries after i{after} again, unasked");
            return Breach::by(node, found);
        }
        let (messages, under_way) = window.load();
        window.send(last, u64::from(bytes));
        if self.is_full((messages, under_way)) {
            let found = format!(
                "n{node} sends n{to} entries while {messages} messages of {under_way} bytes are under way"
            );
            return Breach::by(node, found);
        }
        Ok(())
    }

    /// Proposals leave for the leader, all that were taken since the last Ready with this one.
    fn send_on(&mut self, node: NodeId, entries: u32, bytes: u32) -> Result<(), Breach> {
        let bytes_max = u64::from(self.plan.uncommitted_bytes_max);
        let (all, weight) = &mut self.at(node).sent_on;
        *all += entries;
        *weight += u64::from(bytes);
        if *all > 1 && *weight > bytes_max {
            let found =
                format!("n{node} sends {all} proposals of {weight} bytes on with one Ready");
            return Breach::by(node, found);
        }
        Ok(())
    }

    fn is_full(&self, (messages, bytes): (usize, u64)) -> bool {
        messages >= self.plan.inflight_messages_max as usize
            || bytes >= u64::from(self.plan.inflight_bytes_max)
    }

    /// A leader hears of a follower.
    fn hear(&mut self, link: Link, key: MessageKey) {
        let back = Link { from: link.to, to: link.from };
        let is_full = self.is_full(self.nodes[slot(back.from)].windows[slot(back.to)].load());
        let window = self.window(back);
        match key.kind {
            MessageKind::Ack => window.acknowledged(key.index),
            MessageKind::Reject => window.sent_back(),
            MessageKind::Pulse => window.alive(is_full),
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
        let (before, length) = (at.applying.bytes(), at.applying.len());
        let entries = evidence.log(node).after(at.handed_out);
        for entry in entries.iter().take_while(|entry| entry.id.index <= upto) {
            at.applying.push(entry.id.index, u64::from(entry.bytes));
        }
        at.handed_out = at.handed_out.max(upto);
        let (after, length) = (at.applying.bytes(), at.applying.len() - length);
        let is_too_much = match length {
            0 => false,
            1 => before > 0 && before >= bytes_max,
            _ => after > bytes_max,
        };
        if is_too_much {
            let found = format!("n{node} hands out i{upto} while {before} bytes are being applied");
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
        // A leader must be able to leave a joint membership, so it does not refuse that to itself.
        let leaves =
            kind == EntryKind::Change && evidence.log(node).change(index) == Some(Reform::Leave);
        if !leaves && others > 0 && others + bytes > bytes_max {
            let found = format!(
                "n{node} appends a proposal of {bytes} bytes while {others} bytes are not committed"
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
        let others = disk.unsynced_bytes() - disk.written_bytes();
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
            EventSort::Unreached,
            EventSort::Forwarded,
            EventSort::ChangeProposed,
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
            Event::Unreached { link } => self.window(link).sent_back(),
            Event::Forwarded { node, .. } | Event::ChangeProposed { node, index: None, .. } => {
                self.at(node).sent_on = (0, 0);
            }
            Event::Reconfigured { node, .. } => {
                self.at(node).windows.iter_mut().for_each(Window::clear);
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
