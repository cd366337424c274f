//! Group sync: many writes, one sync.
//!
//! Three nodes in one process, and a fourth that joins them. Every command has a Ready and a write of
//! its own, on every node; a node syncs at once if an election waits for it, and else on every fourth
//! tick. The syncs of any two of three nodes are a quorum, so the leader may commit what it has not
//! synced itself; it applies that after its own next sync.

#[expect(dead_code, reason = "nobody cuts the power here")]
mod parts;

use std::io;

use parts::{Cluster, Disk, Machine, Report};
use syncline_raft::{
    Config, Message, NodeId, RawNode, ReadOutcome, Ready, Restored, SnapshotOutcome, SyncWanted,
    WriteSeq,
};

/// A node, and what its host keeps for it.
struct Host {
    node: RawNode,
    disk: Disk,
    /// The newest write that is advanced and not synced.
    newest: Option<WriteSeq>,
    machine: Machine,
    /// Reads that wait until something is applied, and the sums that they found.
    reads: Vec<ReadOutcome>,
    found: Vec<u64>,
}

impl Host {
    fn new(id: NodeId, restored: Restored) -> Host {
        let machine = Machine { membership: restored.membership.clone(), ..Machine::default() };
        // A seed of its own, lest all nodes campaign in step.
        let config = Config { cache_bytes_max: 1 << 10, ..Config::new(id, id.number()) };
        let node = RawNode::new(config, restored).expect("a new node");
        let (disk, newest) = (Disk::default(), None);
        Host { node, disk, newest, machine, reads: Vec::new(), found: Vec::new() }
    }

    /// One sync for all writes since the last one. The newest is noted before it begins: a sync covers
    /// no later write.
    fn sync(&mut self) {
        if let Some(newest) = self.newest.take() {
            self.disk.sync();
            self.node.synced(newest).expect("an advanced write");
        }
    }

    /// Lets go of the log that the state machine stands for, unless the disk has a newer state.
    fn compact(&mut self) {
        if self.machine.applied.index > self.disk.base().index {
            self.disk.keep(self.machine.snapshot());
            self.node.compact(self.machine.applied.index).expect("R16: it is durable");
            self.disk.forget_what_is_kept();
        }
    }

    /// A read without an index is lost, and its client would ask again.
    fn answer_reads(&mut self) {
        let (applied, sum) = (self.machine.applied.index, self.machine.sum);
        let is_due = |read: &mut ReadOutcome| read.index.is_none_or(|index| index <= applied);
        let due = self.reads.extract_if(.., is_due);
        self.found.extend(due.filter(|read| read.index.is_some()).map(|_| sum));
    }
}

impl parts::Host for Host {
    fn node(&mut self) -> &mut RawNode {
        &mut self.node
    }

    fn pump(&mut self, network: &mut Vec<Message>) {
        while let Some(ready) = self.node.ready() {
            let Ready { write, messages, apply, install, reads, fetches, snapshots } = ready;
            network.extend(messages);
            if let Some(write) = write {
                self.disk.write(&write);
                self.node.advance(write.seq).expect("writes are written in order");
                self.newest = Some(write.seq);
            }
            if let Some(snapshot) = install {
                self.machine = Machine::of(&snapshot);
                self.node.applied(snapshot.last.index).expect("just handed out");
            }
            if let Some(batch) = apply {
                self.machine.apply(&batch.entries, batch.membership.as_deref());
                self.node.applied(batch.last()).expect("just handed out");
            }
            self.reads.extend(reads);
            self.answer_reads();
            for fetch in fetches {
                if self.node.fetched(fetch, self.disk.read(fetch)).is_err() {
                    self.node.fetch_failed(fetch);
                }
            }
            for wanted in snapshots {
                if self.node.send_snapshot(wanted.to, self.machine.snapshot()).is_err() {
                    self.node.report_snapshot(wanted.to, SnapshotOutcome::Failed);
                }
            }
        }
    }

    fn tick(&mut self, now: u64) {
        match self.node.sync_wanted() {
            Some(SyncWanted::Vote) => self.sync(),
            Some(_) if now.is_multiple_of(4) => self.sync(),
            _ => {}
        }
    }

    fn report(&self) -> Report {
        let (status, syncs, sum) = (self.node.status(), self.disk.syncs, self.machine.sum);
        Report { status, syncs, sum }
    }
}

/// The story; the test of this example reads what it prints.
pub(crate) fn tell(out: &mut dyn io::Write) -> io::Result<()> {
    let mut cluster = Cluster::new(Host::new);
    cluster.work(10, 10);
    cluster.settle(out)?;

    writeln!(out, "the founders compact their logs, and node 4 joins them")?;
    cluster.hosts.iter_mut().for_each(Host::compact);
    cluster.join(4);
    cluster.work(10, 10);
    cluster.settle(out)?;

    writeln!(out, "node 4 reads")?;
    cluster.hosts[3].node.read_index().expect("it knows who leads");
    cluster.work(10, 0);
    writeln!(out, "  it finds {:?}", cluster.hosts[3].found)?;
    Ok(())
}

fn main() -> io::Result<()> {
    tell(&mut io::stdout().lock())
}
