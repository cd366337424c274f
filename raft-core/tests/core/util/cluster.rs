//! Hosts that talk to each other, over a network that loses nothing unless a test says so.

use std::collections::BTreeMap;

use syncline_raft::{Config, Entry, Index, Membership, Message, RoleKind, SnapshotOutcome};

use super::host::{Host, Image};
use super::machine::Machine;
use super::words::{config, id, usual};

/// Nodes 1 to n, and what is under way between them.
pub(crate) struct Cluster {
    pub(crate) hosts: BTreeMap<u64, Host>,
    /// Nodes that nothing reaches and from which nothing comes.
    pub(crate) cut: Vec<u64>,
}

impl Cluster {
    /// Nodes without what was added to the protocol of the paper.
    pub(crate) fn new(voters: u64) -> Cluster {
        Cluster::with(voters, config)
    }

    /// Nodes as users configure them.
    pub(crate) fn usual(voters: u64) -> Cluster {
        Cluster::with(voters, usual)
    }

    pub(crate) fn with(voters: u64, config: fn(u64) -> Config) -> Cluster {
        let host = |me| (me, Host::with(config(me), Image::default(), Machine::of(voters)));
        Cluster { hosts: (1..=voters).map(host).collect(), cut: Vec::new() }
    }

    /// A node that waits to be added.
    pub(crate) fn join(&mut self, number: u64, config: fn(u64) -> Config) {
        let machine = Machine { applied: Index::ZERO, membership: Membership::default() };
        self.hosts.insert(number, Host::with(config(number), Image::default(), machine));
    }

    pub(crate) fn host(&mut self, number: u64) -> &mut Host {
        self.hosts.get_mut(&number).expect("a node of the cluster")
    }

    /// What a node has applied.
    pub(crate) fn applied(&self, number: u64) -> &[Entry] {
        &self.hosts[&number].applied
    }

    /// Everything that was sent and not delivered.
    pub(crate) fn sent(&mut self) -> Vec<Message> {
        self.hosts.values_mut().for_each(serve);
        self.hosts.values_mut().flat_map(Host::sent).collect()
    }

    /// Delivers these, unless they are cut off.
    pub(crate) fn deliver(&mut self, sent: Vec<Message>) {
        for message in sent {
            let ends = [message.from, message.to];
            if self.cut.iter().any(|number| ends.contains(&id(*number))) {
                continue;
            }
            let to = self.hosts.get_mut(&message.to.number());
            let Some(to) = to else { continue };
            to.node.step(message).expect("a message of a correct node");
        }
    }

    /// Delivers everything until nobody has anything to say, and says how many messages that took.
    /// Nothing is synced.
    pub(crate) fn talk(&mut self) -> usize {
        let mut count = 0;
        loop {
            let sent = self.sent();
            if sent.is_empty() {
                return count;
            }
            count += sent.len();
            self.deliver(sent);
        }
    }

    /// Delivers and syncs everything until nobody has anything to do.
    pub(crate) fn settle(&mut self) {
        loop {
            self.talk();
            if self.hosts.values().all(|host| host.synced + 1 == host.images.len()) {
                return;
            }
            self.hosts.values_mut().for_each(Host::sync);
        }
    }

    /// Lets a node campaign and win.
    pub(crate) fn elect(&mut self, number: u64) {
        self.host(number).node.campaign().expect("it may campaign");
        self.settle();
        assert_eq!(self.host(number).status().role, RoleKind::Leader);
    }

    pub(crate) fn propose(&mut self, number: u64, command: &str) {
        let node = &mut self.host(number).node;
        node.propose(command.as_bytes().into()).expect("it leads");
    }

    /// Gives every node this many ticks, delivering and syncing after each.
    pub(crate) fn tick(&mut self, ticks: u32) {
        for _ in 0..ticks {
            self.hosts.values_mut().for_each(|host| host.node.tick());
            self.settle();
        }
    }

    /// Who leads the highest term in which anybody does.
    pub(crate) fn leader(&self) -> Option<u64> {
        let leads = self.hosts.values().map(Host::status).filter(|s| s.role == RoleKind::Leader);
        leads.max_by_key(|status| status.term).map(|status| status.id.number())
    }
}

/// Answers what a node asks of its application.
fn serve(host: &mut Host) {
    for fetch in host.fetches() {
        host.fetch(fetch);
    }
    for wanted in host.wants() {
        let outcome = host.node.send_snapshot(wanted.to, host.snapshot());
        let outcome = outcome.map_or(SnapshotOutcome::Failed, |()| SnapshotOutcome::Delivered);
        host.node.report_snapshot(wanted.to, outcome);
    }
}
