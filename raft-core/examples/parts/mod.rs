//! What the examples share and a reader may skip: a state machine, a disk in memory, a network.
//!
//! How a host does what its node asks, and when it syncs, is in the file of each example.

mod disk;

pub(crate) use disk::Disk;

use std::io;
use std::sync::Arc;

use syncline_raft::{
    Body, Change, Entry, LogId, Membership, MembershipChange, Message, NodeId, RawNode, Restored,
    RoleKind, Snapshot, SnapshotOutcome, Status,
};

/// A state machine that adds numbers up, and keeps what it needs to go on: where it stands in the log,
/// and the membership there.
#[derive(Clone, Default)]
pub(crate) struct Machine {
    pub(crate) applied: LogId,
    pub(crate) membership: Membership,
    pub(crate) sum: u64,
}

impl Machine {
    pub(crate) fn of(snapshot: &Snapshot) -> Machine {
        let sum = snapshot.data[..].try_into().map_or(0, u64::from_le_bytes);
        Machine { applied: snapshot.last, membership: snapshot.membership.clone(), sum }
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let (membership, data) = (self.membership.clone(), self.sum.to_le_bytes());
        Arc::new(Snapshot { last: self.applied, membership, data: data.as_slice().into() })
    }

    pub(crate) fn apply(&mut self, entries: &[Entry], membership: Option<&Membership>) {
        for entry in entries {
            let number = entry.command().and_then(|bytes| bytes.try_into().ok());
            self.sum += number.map_or(0, u64::from_le_bytes);
            self.applied = entry.id;
        }
        if let Some(membership) = membership {
            self.membership = membership.clone();
        }
    }
}

/// A node and its host.
pub(crate) trait Host {
    fn node(&mut self) -> &mut RawNode;

    /// Does whatever the node asks for, save syncing.
    fn pump(&mut self, network: &mut Vec<Message>);

    /// Has come to a tick: syncs, if that is its way.
    fn tick(&mut self, now: u64);

    fn report(&self) -> Report;
}

/// How far a host has come, and with how many syncs.
pub(crate) struct Report {
    pub(crate) status: Status,
    pub(crate) syncs: u64,
    pub(crate) sum: u64,
}

/// Some hosts, and what is under way between them.
pub(crate) struct Cluster<H> {
    pub(crate) hosts: Vec<H>,
    start: fn(NodeId, Restored) -> H,
    network: Vec<Message>,
    now: u64,
    proposed: u64,
}

impl<H: Host> Cluster<H> {
    /// Three founders, of whom one leads in the end.
    pub(crate) fn new(start: fn(NodeId, Restored) -> H) -> Cluster<H> {
        let ids = || (1..=3).filter_map(NodeId::new);
        let hosts = ids().map(|id| start(id, Restored::new_cluster(ids()))).collect();
        let mut cluster = Cluster { hosts, start, network: Vec::new(), now: 0, proposed: 0 };
        while cluster.leader().is_none() {
            cluster.tick();
        }
        cluster
    }

    pub(crate) fn leader(&mut self) -> Option<&mut H> {
        self.hosts.iter_mut().find(|host| host.report().status.role == RoleKind::Leader)
    }

    /// Time passes once for everybody.
    pub(crate) fn tick(&mut self) {
        self.now += 1;
        for host in &mut self.hosts {
            host.node().tick();
        }
        self.talk();
        for host in &mut self.hosts {
            host.tick(self.now);
        }
        self.talk();
    }

    /// Delivers messages until nobody has anything to say.
    fn talk(&mut self) {
        loop {
            for host in &mut self.hosts {
                host.pump(&mut self.network);
            }
            if self.network.is_empty() {
                return;
            }
            for message in std::mem::take(&mut self.network) {
                self.deliver(message);
            }
        }
    }

    /// Whoever sends a snapshot is told how that ended.
    fn deliver(&mut self, message: Message) {
        let Message { from, to, .. } = message;
        let is_snapshot = matches!(message.body, Body::Snapshot(_));
        let is_taken = match self.host(to) {
            Some(host) => host.node().step(message).is_ok(),
            None => false,
        };
        if let Some(sender) = self.host(from).filter(|_| is_snapshot) {
            let outcome =
                if is_taken { SnapshotOutcome::Delivered } else { SnapshotOutcome::Failed };
            sender.node().report_snapshot(to, outcome);
        }
    }

    fn host(&mut self, id: NodeId) -> Option<&mut H> {
        self.hosts.iter_mut().find(|host| host.report().status.id == id)
    }

    /// So many ticks, in each of which so many numbers are proposed, each with a Ready of its own.
    pub(crate) fn work(&mut self, ticks: u64, numbers: u64) {
        for _ in 0..ticks {
            for _ in 0..numbers {
                let number = self.proposed + 1;
                if let Some(leader) = self.leader() {
                    let command = number.to_le_bytes().as_slice().into();
                    leader.node().propose(command).expect("it leads");
                    self.proposed = number;
                    self.talk();
                }
            }
            self.tick();
        }
    }

    /// One more voter, who knows nothing.
    pub(crate) fn join(&mut self, number: u64) {
        let id = NodeId::new(number).expect("not zero");
        self.hosts.push((self.start)(id, Restored::default()));
        let change = MembershipChange::single(Change::AddVoter(id));
        let leader = self.leader().expect("somebody leads");
        leader.node().propose_change(change).expect("nothing else changes");
    }

    /// Lets everybody get as far as the leader, and says how far that is.
    pub(crate) fn settle(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        self.tick();
        while !self.is_level() {
            self.tick();
        }
        writeln!(out, "after tick {}, with {} numbers proposed", self.now, self.proposed)?;
        for Report { status, syncs, sum } in self.hosts.iter().map(Host::report) {
            let Status { id, applied, .. } = status;
            let hundredths = syncs * 100 / applied.0.max(1);
            let per_entry = format!("{}.{:02}", hundredths / 100, hundredths % 100);
            writeln!(out, "  n{id}: sum {sum} at {applied}, {syncs} syncs, {per_entry} an entry")?;
        }
        Ok(())
    }

    /// Whether somebody leads, and everybody has applied all of its log.
    fn is_level(&self) -> bool {
        let mut all = self.hosts.iter().map(|host| host.report().status);
        let leader = all.clone().find(|status| status.role == RoleKind::Leader);
        leader.is_some_and(|leader| all.all(|status| status.applied == leader.appended))
    }
}
