//! What a host does with its node: take a Ready, write, report, apply, start.

use std::collections::VecDeque;
use std::sync::Arc;

use syncline_raft::{Committed, Index, NodeId, ReadOutcome, RoleKind, Snapshot, Write};
use syncline_traces::{Event, Link, Loss, Members, Mixer, NodeSet, WriteNo};
use syncline_wal::Record;

use super::World;
use crate::disk::{Backlog, Numbered};
use crate::host::{IssuedEntry, IssuedLog, Machine, Process, Task};
use crate::mutant::HostMutant;
use crate::net::Load;
use crate::subject::{Issue, Setup, StartError, Subject};

impl<S: Subject> World<S> {
    /// The process of a host that is up.
    pub(super) fn process(&mut self, node: NodeId) -> &mut Process<S> {
        let slot = node.number() as usize - 1;
        self.hosts[slot].process.as_mut().expect("only a host that is up offers this")
    }

    /// Looks at a node that may have changed: notices a change of role, of term or of membership, and
    /// renews what is kept about the host.
    pub(super) fn look_at(&mut self, node: NodeId, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        let process = self.process(node);
        process.node_fingerprint = process.node.fingerprint();
        let status = process.node.status();
        process.leader = status.leader;
        if let Some(members) = process.node.members().filter(|found| *found != process.members) {
            process.members = members;
            for (gone, matched) in
                NodeSet::first(NodeSet::NODES_MAX).iter().zip(&mut process.matched)
            {
                if !members.all().contains(gone) {
                    *matched = Index::ZERO;
                }
            }
            let index = status.applied;
            events.push(Event::Reconfigured { node, index, members });
        }
        let process = self.process(node);
        let office = (status.role, status.term);
        if office != process.office {
            process.office = office;
            process.matched = Default::default();
            let log = &self.logs[slot];
            let (last, chain) = (log.last(), log.last_chain());
            events.push(Event::Became { node, role: office.0, term: office.1, last, chain });
        }
        // A leader decides what is committed by the membership of this moment, so it is noticed now; a
        // follower only repeats it, and is heard when it writes.
        if status.role == RoleKind::Leader {
            self.notice_commit(node, status.committed, events);
        }
        self.notice_withheld(node, status.withheld, events);
        self.touch(node);
    }

    /// A leader has heard a member: what it takes that member to have never falls while it leads.
    pub(super) fn notice_match(&mut self, link: Link, events: &mut Vec<Event>) {
        let Link { from: peer, to: node } = link;
        let process = self.process(node);
        if let Some(to) = process.node.matched(peer) {
            let from = std::mem::replace(&mut process.matched[peer.number() as usize - 1], to);
            if to < from {
                events.push(Event::MatchFell { link: Link { from: node, to: peer }, from, to });
            }
        }
    }

    fn notice_withheld(&mut self, node: NodeId, withheld: usize, events: &mut Vec<Event>) {
        let before = std::mem::replace(&mut self.process(node).withheld, withheld);
        if withheld > before {
            events.push(Event::Withheld { node, promises: withheld as u32 });
        }
    }

    fn notice_commit(&mut self, node: NodeId, index: Index, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        if index > self.process(node).committed
            && let Some(chain) = self.logs[slot].chain(index)
        {
            self.process(node).committed = index;
            events.push(Event::Committed { node, index, chain });
        }
    }

    pub(super) fn ready(&mut self, node: NodeId, events: &mut Vec<Event>) {
        let Some(issue) = self.process(node).node.ready() else {
            self.look_at(node, events);
            return;
        };
        let Issue { write, messages, apply, install, reads, fetches, snapshots } = issue;
        if let Some(write) = write {
            self.issue(node, write, events);
        }
        for message in messages {
            self.send(message, events);
        }
        if let Some(snapshot) = install {
            self.hand_out(node, Task::Install(snapshot), events);
        }
        if let Some(batch) = apply {
            self.hand_out(node, Task::Apply(batch), events);
        }
        let link = |to| Link { from: node, to };
        for fetch in &fetches {
            events.push(Event::FetchWanted { link: link(fetch.to), after: fetch.after });
        }
        for wanted in &snapshots {
            let at_least = wanted.at_least;
            events.push(Event::SnapshotWanted { link: link(wanted.to), at_least });
        }
        let process = self.process(node);
        process.fetches.extend(fetches);
        // A new request takes the place of an older one, perhaps of an earlier office: an answer to that
        // one would be too old, and the new one would be forgotten with it.
        process.snapshots_wanted.retain(|old| snapshots.iter().all(|new| new.to != old.to));
        process.snapshots_wanted.extend(snapshots);
        for outcome in reads {
            self.confirm_read(node, outcome, events);
        }
        self.look_at(node, events);
    }

    fn hand_out(&mut self, node: NodeId, task: Task, events: &mut Vec<Event>) {
        let index = task.last();
        let chain = self.logs[node.number() as usize - 1].chain(index).unwrap_or_default();
        self.process(node).to_apply.push_back(task);
        events.push(Event::HandedOut { node, index, chain });
    }

    fn issue(&mut self, node: NodeId, write: Write, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        if let Some(snapshot) = &write.snapshot {
            let (last, chain) = (snapshot.last, self.logs[slot].replace(snapshot));
            events.push(Event::Replaced { node, last, chain });
        }
        if let Some(from) = write.truncate_from {
            events.push(Event::Truncated { node, from });
            self.logs[slot].truncate(from);
        }
        for entry in &write.entries {
            let IssuedEntry { chain, kind, .. } = self.logs[slot].push(entry);
            events.push(Event::Appended { node, entry: entry.id, kind, chain });
        }
        let (seq, commit) = (write.seq, write.hard_state.commit);
        let (first, write) = self.torn(slot, write);
        if let Some(first) = first {
            self.enqueue(node, first, events);
        }
        let no = self.enqueue(node, write, events);
        self.process(node).unreported.push_back((no, seq));
        self.notice_commit(node, commit, events);
    }

    fn enqueue(&mut self, node: NodeId, write: Write, events: &mut Vec<Event>) -> WriteNo {
        let last = self.logs[node.number() as usize - 1].last();
        let process = self.process(node);
        let no = process.number();
        events.push(Event::Issued { node, write: no, hard_state: write.hard_state, last });
        process.to_write.push(Numbered::new(no, Record::Write(write)));
        no
    }

    fn send(&mut self, message: S::Message, events: &mut Vec<Event>) {
        let label = S::label(&message);
        let claim = S::claims(&message);
        let link = label.link;
        let (key, fits) = self.net.send(label, message);
        events.push(Event::Sent { link, key, claim });
        let Load { after, entries, bytes } = label.load;
        if entries > 0 {
            events.push(Event::Carried { link, key, after, entries, bytes });
        }
        if !fits {
            events.push(Event::Lost { link, key, loss: Loss::Overflow });
        }
    }

    fn confirm_read(&mut self, node: NodeId, outcome: ReadOutcome, events: &mut Vec<Event>) {
        let process = self.process(node);
        let Some(position) = process.readings.iter().position(|other| other.id == outcome.id)
        else {
            return;
        };
        let read = process.readings[position].read;
        match outcome.index {
            None => {
                process.readings.remove(position);
                events.push(Event::ReadLost { node, read });
            }
            Some(index) => {
                process.readings[position].index = Some(index);
                events.push(Event::ReadConfirmed { node, read, index });
                self.serve_reads(node, events);
            }
        }
    }

    /// Serves every read whose index is applied.
    fn serve_reads(&mut self, node: NodeId, events: &mut Vec<Event>) {
        let impatient = self.has_host_mutant(HostMutant::Q9);
        let process = self.process(node);
        let applied = process.machine.applied();
        process.readings.retain(|reading| {
            let waits = reading.index.is_none_or(|index| index > applied && !impatient);
            if !waits {
                events.push(Event::ReadServed { node, read: reading.read, applied });
            }
            waits
        });
    }

    pub(super) fn write(&mut self, node: NodeId, no: WriteNo, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        let process = self.process(node);
        let numbered = process.to_write.pop().expect("on offer");
        if let Some(seq) = process.seq(no) {
            process.node.advance(seq).expect("the host writes in the order of issue");
        }
        self.disks[slot].write(numbered);
        events.push(Event::Written { node, write: no });
        self.look_at(node, events);
    }

    pub(super) fn report_sync(&mut self, node: NodeId, upto: WriteNo, events: &mut Vec<Event>) {
        let covered = self.covered_by_sync(node, upto);
        let process = self.process(node);
        process.to_report.retain(|no| *no != upto);
        if let Some(seq) = process.report(covered) {
            process.node.synced(seq).expect("only what was written is synced");
        }
        let index = process.node.status().synced;
        events.push(Event::Synced { node, upto, index });
        self.look_at(node, events);
    }

    pub(super) fn apply(&mut self, node: NodeId, events: &mut Vec<Event>) {
        match self.process(node).to_apply.pop_front().expect("on offer") {
            Task::Apply(batch) => self.apply_batch(node, &batch, events),
            Task::Install(snapshot) => self.install(node, &snapshot, events),
        }
        let process = self.process(node);
        let last = process.machine.applied();
        process.node.applied(last).expect("only what was handed out is applied");
        self.serve_reads(node, events);
        self.look_at(node, events);
    }

    fn apply_batch(&mut self, node: NodeId, batch: &Committed, events: &mut Vec<Event>) {
        let keys = u64::from(self.plan.keys);
        let forgetful = self.has_host_mutant(HostMutant::M13);
        let process = self.process(node);
        for entry in &batch.entries {
            let chain = process.machine.apply(entry, keys);
            events.push(Event::Applied { node, entry: entry.id, chain });
        }
        if let Some(membership) = batch.membership.as_ref().filter(|_| !forgetful) {
            process.machine.reconfigure(Members::from(&**membership));
        }
    }

    fn install(&mut self, node: NodeId, snapshot: &Arc<Snapshot>, events: &mut Vec<Event>) {
        let value_bytes = self.plan.command_bytes;
        let process = self.process(node);
        process.machine = Machine::of(snapshot, value_bytes);
        let (last, chain) = (snapshot.last, process.machine.chain());
        events.push(Event::Installed { node, last, chain });
    }

    /// Builds a node from what its disk holds.
    pub(super) fn start(&mut self, node: NodeId) -> Result<(), StartError> {
        let slot = node.number() as usize - 1;
        let image = self.disks[slot].image();
        let incarnation = self.hosts[slot].incarnation + 1;
        let setup = Setup {
            id: node,
            plan: *self.plan,
            began_with: self.plan.known_by(node),
            seed: Mixer::digest_of(&(self.plan.core_seed, node, incarnation)).0 as u64,
            mutant: self.mutant.and_then(crate::mutant::Mutant::of_core),
        };
        let began_with = self.plan.known_by(node);
        let mut restored = image.restored(&began_with.membership());
        self.lead_restore_astray(&mut restored);
        let subject = S::start(&setup, restored)?;
        let value_bytes = self.plan.command_bytes;
        let machine = match image.checkpoint() {
            Some(state) => Machine::of(state, value_bytes),
            None => Machine::new(began_with, value_bytes),
        };
        let base_chain = self.disks[slot].base_chain();
        self.logs[slot] = IssuedLog::restored(&image, base_chain);
        let hard_state = image.hard_state();
        self.hosts[slot].incarnation = incarnation;
        self.hosts[slot].process = Some(Process {
            node_fingerprint: subject.fingerprint(),
            members: subject.members().unwrap_or(began_with),
            node: subject,
            to_write: Backlog::default(),
            to_report: Vec::new(),
            to_apply: VecDeque::new(),
            fetches: Vec::new(),
            snapshots_wanted: Vec::new(),
            snapshots_sent: Vec::new(),
            readings: Vec::new(),
            checkpointed: machine.applied(),
            compacted: image.base().index,
            machine,
            office: (RoleKind::Follower, hard_state.term),
            leader: None,
            committed: hard_state.commit.max(image.base().index),
            issued: self.disks[slot].written(),
            unreported: VecDeque::new(),
            uncovered_ticks: 0,
            matched: Default::default(),
            withheld: 0,
        });
        let up = NodeSet::default().with(node);
        self.down = self.down.without(up);
        Ok(())
    }
}
