//! Sync each Ready: the way other Raft libraries work, as the simplest driver of this one.
//!
//! Every write is synced before anything else is done, so that nothing ever waits: `advance` and
//! `synced` follow each other. It costs a sync for each write; compare `group_sync.rs`. Here the power
//! of node 2 is cut, too, and it comes back from what its disk had synced; then that of the leader.

mod parts;

use std::io;

use parts::{Cluster, Disk, Machine, Report};
use syncline_raft::{
    Config, Membership, Message, NodeId, RawNode, Ready, Restored, SnapshotOutcome,
};

/// A node, and what its host keeps for it.
struct Host {
    node: RawNode,
    disk: Disk,
    machine: Machine,
    /// The membership with which it started at index 0.
    founders: Membership,
    life: u64,
}

impl Host {
    fn new(id: NodeId, restored: Restored) -> Host {
        let founders = restored.membership.clone();
        let machine = Machine { membership: founders.clone(), ..Machine::default() };
        let (node, life) = (build(id, 1, restored), 1);
        Host { node, disk: Disk::default(), machine, founders, life }
    }

    /// The power is cut: all that is left is the disk. Its state machine was in memory, so it begins
    /// again where the last snapshot was kept, and is handed the entries after it once more.
    fn cut_power(&mut self) {
        let id = self.node.status().id;
        self.life += 1;
        let (machine, restored) = self.disk.power_cut(&self.founders);
        self.machine = machine;
        self.node = build(id, self.life, restored);
    }

    /// Keeps the state machine durably, and lets go of the log that it stands for.
    fn compact(&mut self) {
        let applied = self.machine.applied.index;
        if applied > self.disk.base().index {
            self.disk.keep(self.machine.snapshot());
            self.node.compact(applied).expect("R16: it is durable");
            self.disk.forget_what_is_kept();
        }
    }
}

/// Each life of each node has a seed of its own.
fn build(id: NodeId, life: u64, restored: Restored) -> RawNode {
    let config = Config::new(id, id.number() * 1000 + life);
    RawNode::new(config, restored).expect("what a node left behind")
}

impl parts::Host for Host {
    fn node(&mut self) -> &mut RawNode {
        &mut self.node
    }

    fn pump(&mut self, network: &mut Vec<Message>) {
        while let Some(ready) = self.node.ready() {
            let Ready { write, messages, apply, install, reads: _, fetches, snapshots } = ready;
            network.extend(messages);
            if let Some(write) = write {
                self.disk.write(&write);
                self.node.advance(write.seq).expect("writes are written in order");
                if !write.commit_only {
                    self.disk.sync();
                    self.node.synced(write.seq).expect("just advanced");
                }
            }
            if let Some(snapshot) = install {
                self.machine = Machine::of(&snapshot);
                self.node.applied(snapshot.last.index).expect("just handed out");
            }
            if let Some(batch) = apply {
                self.machine.apply(&batch.entries, batch.membership.as_deref());
                self.node.applied(batch.last()).expect("just handed out");
            }
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

    fn tick(&mut self, _now: u64) {}

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
    cluster.work(5, 10);
    cluster.settle(out)?;

    writeln!(out, "the power of node 2 is cut, and work goes on")?;
    cluster.hosts[1].cut_power();
    cluster.work(5, 10);
    cluster.settle(out)?;

    writeln!(out, "the power of the leader is cut")?;
    cluster.leader().expect("somebody leads").cut_power();
    cluster.settle(out)
}

fn main() -> io::Result<()> {
    tell(&mut io::stdout().lock())
}
