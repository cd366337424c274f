//! What a host does beyond electing, replicating and failing: change the membership, read, hand over,
//! take and send snapshots, let go of the log.

use syncline_raft::{Index, NodeId, SnapshotOutcome};
use syncline_traces::{Answer, Choice, Event, Link, ReadNo, Reform};
use syncline_wal::Record;

use super::World;
use crate::disk::Numbered;
use crate::host::Reading;
use crate::subject::{Subject, Taken};

impl<S: Subject> World<S> {
    /// Makes one of these choices happen. All of them are on offer.
    pub(super) fn use_feature(&mut self, choice: &Choice, events: &mut Vec<Event>) {
        match *choice {
            Choice::Transfer(Link { from: node, to }) => {
                self.spent.transfers += 1;
                events.push(Event::TransferBegan { node, to });
                self.process(node).node.transfer(to);
            }
            Choice::Forget(node) => {
                self.spent.transfers += 1;
                events.push(Event::LeaderForgotten { node });
                self.process(node).node.forget_leader();
            }
            Choice::Change(node, reform) => self.change(node, reform, events),
            Choice::Read(node, read) => self.begin_read(node, read, events),
            Choice::Checkpoint(node) => self.checkpoint(node, events),
            Choice::Compact(node, upto) => self.compact(node, upto, events),
            Choice::SendSnapshot(link, answer) => self.answer_snapshot(link, answer, events),
            Choice::ReportSnapshot(link, answer) => self.report_snapshot(link, answer, events),
            Choice::Fetch(link, answer) => self.answer_fetch(link, answer, events),
            Choice::Unreachable(link) => {
                self.spent.nuisances += 1;
                events.push(Event::Unreached { link });
                self.process(link.from).node.report_unreachable(link.to);
            }
            Choice::RequestSnapshot(node) => {
                self.spent.nuisances += 1;
                events.push(Event::SnapshotRequested { node });
                self.process(node).node.request_snapshot();
            }
            _ => {}
        }
        if let Some(node) = choice.node() {
            self.look_at(node, events);
        }
    }

    fn change(&mut self, node: NodeId, reform: Reform, events: &mut Vec<Event>) {
        self.spent.changes += 1;
        events.push(match self.process(node).node.change(reform.change()) {
            Some(Taken::Appended(index)) => {
                Event::ChangeProposed { node, reform, index: Some(index) }
            }
            Some(Taken::Forwarded) => Event::ChangeProposed { node, reform, index: None },
            None => Event::ChangeRefused { node, reform },
        });
    }

    fn begin_read(&mut self, node: NodeId, read: ReadNo, events: &mut Vec<Event>) {
        self.spent.reads += 1;
        self.next_read = ReadNo(read.0 + 1);
        let process = self.process(node);
        let leased = process.node.has_lease();
        let Some(id) = process.node.read() else {
            events.push(Event::ReadRefused { node, read });
            return;
        };
        process.readings.push(Reading { id, read, index: None });
        events.push(Event::ReadBegan { node, read });
        if leased {
            let term = self.process(node).node.status().term;
            events.push(Event::Leased { node, term });
        }
    }

    /// The host begins to write down what its state machine has become.
    fn checkpoint(&mut self, node: NodeId, events: &mut Vec<Event>) {
        self.spent.checkpoints += 1;
        let state = self.state_to_write(node);
        let process = self.process(node);
        let (last, chain) = (state.last, process.machine.chain());
        process.checkpointed = last.index;
        let write = process.number();
        process.to_write.push(Numbered::new(write, Record::Checkpoint(state)));
        events.push(Event::Checkpointed { node, write, last, chain });
    }

    /// The log goes up to where a durable checkpoint stands for it (R16), first in the node, then on
    /// the disk (R17).
    fn compact(&mut self, node: NodeId, upto: Index, events: &mut Vec<Event>) {
        let slot = node.number() as usize - 1;
        let process = self.process(node);
        process.compacted = upto;
        if !process.node.compact(upto) {
            return;
        }
        let write = process.number();
        process.to_write.push(Numbered::new(write, Record::Compact(upto)));
        events.push(Event::Compacted { node, write, upto });
        self.logs[slot].compact(upto);
    }

    fn answer_snapshot(&mut self, link: Link, answer: Answer, events: &mut Vec<Event>) {
        let process = self.process(link.from);
        process.snapshots_wanted.retain(|wanted| wanted.to != link.to);
        events.push(Event::SnapshotAnswered { link, answer });
        match answer {
            Answer::Done => {
                let snapshot = process.machine.snapshot();
                if process.node.send_snapshot(link.to, snapshot) {
                    process.snapshots_sent.retain(|to| *to != link.to);
                    process.snapshots_sent.push(link.to);
                } else {
                    process.node.report_snapshot(link.to, SnapshotOutcome::Failed);
                }
            }
            Answer::Failed => {
                process.node.report_snapshot(link.to, SnapshotOutcome::Failed);
            }
        }
    }

    fn report_snapshot(&mut self, link: Link, answer: Answer, events: &mut Vec<Event>) {
        let process = self.process(link.from);
        process.snapshots_sent.retain(|to| *to != link.to);
        process.node.report_snapshot(
            link.to,
            match answer {
                Answer::Done => SnapshotOutcome::Delivered,
                Answer::Failed => SnapshotOutcome::Failed,
            },
        );
        events.push(Event::SnapshotReported { link, answer });
    }

    /// The host reads entries back from its disk, page cache included. What cannot be read back, the node is
    /// told so: others may have it.
    fn answer_fetch(&mut self, link: Link, answer: Answer, events: &mut Vec<Event>) {
        let slot = link.from.number() as usize - 1;
        let fetches = &mut self.process(link.from).fetches;
        let position = fetches.iter().position(|fetch| fetch.to == link.to).expect("on offer");
        let fetch = fetches.remove(position);
        let read = match answer {
            Answer::Done => self.disks[slot].read_back(fetch),
            Answer::Failed => Ok(Vec::new()),
        };
        let found = read.unwrap_or_else(|_| {
            events.push(Event::Unread { node: link.from, after: fetch.after });
            Vec::new()
        });
        let answer = if found.is_empty() { Answer::Failed } else { Answer::Done };
        let node = &mut self.process(link.from).node;
        match answer {
            Answer::Done => {
                node.fetched(fetch, found);
            }
            Answer::Failed => node.fetch_failed(fetch),
        }
        events.push(Event::Fetched { link, answer });
    }
}
