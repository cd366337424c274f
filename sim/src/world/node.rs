//! What a host does with its node: take a Ready, write, report, apply, start.

use std::collections::VecDeque;

use syncline_raft::{Committed, Index, NodeId, RoleKind, Write};
use syncline_traces::{Event, Loss, Mixer, NodeSet, WriteNo};

use super::World;
use crate::disk::{Backlog, Numbered};
use crate::host::{IssuedLog, Machine, Process};
use crate::subject::{Setup, StartError, Subject};

impl<S: Subject> World<S> {
    /// The process of a host that is up.
    pub(super) fn process(&mut self, node: NodeId) -> &mut Process<S> {
        let slot = node.number() as usize - 1;
        self.hosts[slot].process.as_mut().expect("only a host that is up offers this")
    }

    /// Looks at a node that may have changed: notices a change of role or term, and renews what is
    /// kept about the host.
    pub(super) fn look_at(&mut self, node: NodeId, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        let process = self.process(node);
        process.node_fingerprint = process.node.fingerprint();
        let status = process.node.status();
        let office = (status.role, status.term);
        if office != process.office {
            process.office = office;
            let log = &self.logs[slot];
            let (last, chain) = (log.last(), log.last_chain());
            events.push(Event::Became { node, role: office.0, term: office.1, last, chain });
        }
        self.touch(node);
    }

    pub(super) fn ready(&mut self, node: NodeId, events: &mut Vec<Event>) {
        let Some(issue) = self.process(node).node.ready() else {
            self.look_at(node, events);
            return;
        };
        if let Some(write) = issue.write {
            self.issue(node, write, events);
        }
        for message in issue.messages {
            self.send(message, events);
        }
        if let Some(batch) = issue.apply {
            let index = batch.last();
            let chain = self.logs[node.number() as usize - 1].chain(index).unwrap_or_default();
            self.process(node).to_apply.push_back(batch);
            events.push(Event::HandedOut { node, index, chain });
        }
        self.look_at(node, events);
    }

    fn issue(&mut self, node: NodeId, write: Write, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        if let Some(from) = write.truncate_from {
            events.push(Event::Truncated { node, from });
            self.logs[slot].truncate(from);
        }
        for entry in &write.entries {
            let chain = self.logs[slot].push(entry);
            events.push(Event::Appended { node, entry: entry.id, chain });
        }
        let (hard_state, last) = (write.hard_state, self.logs[slot].last());
        let process = self.process(node);
        let no = process.number(write.seq);
        events.push(Event::Issued { node, write: no, hard_state, last });
        process.to_write.push(Numbered::new(no, write));
        if hard_state.commit > process.committed {
            process.committed = hard_state.commit;
            let index = hard_state.commit;
            let chain = self.logs[slot].chain(index).unwrap_or_default();
            events.push(Event::Committed { node, index, chain });
        }
    }

    fn send(&mut self, message: S::Message, events: &mut Vec<Event>) {
        let label = S::label(&message);
        let claim = S::claims(&message);
        let link = label.link;
        let (key, fits) = self.net.send(label, message);
        events.push(Event::Sent { link, key, claim });
        if !fits {
            events.push(Event::Lost { link, key, loss: Loss::Overflow });
        }
    }

    pub(super) fn write(&mut self, node: NodeId, no: WriteNo, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        let process = self.process(node);
        let numbered = process.to_write.pop().expect("on offer");
        let advanced = process.node.advance(numbered.write.seq);
        advanced.expect("the host writes in the order of issue");
        self.disks[slot].write(numbered);
        events.push(Event::Written { node, write: no });
        self.look_at(node, events);
    }

    pub(super) fn report_sync(&mut self, node: NodeId, upto: WriteNo, events: &mut Vec<Event>) {
        let process = self.process(node);
        process.to_report.retain(|no| *no != upto);
        // A write of a node before this one would have no number here; the host syncs on open, so
        // that none is left to report.
        if upto > process.base {
            let seq = process.seq(upto);
            process.node.synced(seq).expect("only what was written is synced");
        }
        let index = process.node.status().synced;
        events.push(Event::Synced { node, upto, index });
        self.look_at(node, events);
    }

    pub(super) fn apply(&mut self, node: NodeId, events: &mut Vec<Event>) {
        let keys = u64::from(self.plan.keys);
        let process = self.process(node);
        let Committed { entries } = process.to_apply.pop_front().expect("on offer");
        for entry in &entries {
            let chain = process.machine.apply(entry, keys);
            events.push(Event::Applied { node, entry: entry.id, chain });
        }
        let last = process.machine.applied();
        process.node.applied(last).expect("only what was handed out is applied");
        self.look_at(node, events);
    }

    /// Builds a node from what its disk holds.
    pub(super) fn start(&mut self, node: NodeId) -> Result<(), StartError> {
        let slot = node.number() as usize - 1;
        let image = self.disks[slot].image();
        let incarnation = self.hosts[slot].incarnation + 1;
        let seed = Mixer::digest_of(&(self.plan.core_seed, node, incarnation)).0 as u64;
        let setup = Setup {
            id: node,
            voters: self.voters.clone(),
            election_ticks: self.plan.election_ticks,
            heartbeat_ticks: self.plan.heartbeat_ticks,
            inflight_messages_max: self.plan.inflight_messages_max,
            message_bytes_max: self.plan.message_bytes_max,
            seed,
            mutant: self.mutant.and_then(crate::mutant::Mutant::of_core),
        };
        let subject = S::start(&setup, image.restored(Index::ZERO))?;
        self.logs[slot] = IssuedLog::restored(image.entries());
        let hard_state = image.hard_state();
        self.hosts[slot].incarnation = incarnation;
        self.hosts[slot].process = Some(Process {
            node_fingerprint: subject.fingerprint(),
            node: subject,
            to_write: Backlog::default(),
            to_report: Vec::new(),
            to_apply: VecDeque::new(),
            machine: Machine::default(),
            office: (RoleKind::Follower, hard_state.term),
            committed: hard_state.commit,
            base: self.disks[slot].written(),
            uncovered_ticks: 0,
        });
        let up = NodeSet::default().with(node);
        self.down = self.down.without(up);
        Ok(())
    }
}
