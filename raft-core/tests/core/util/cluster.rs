//! Hosts that talk to each other, over a network that loses nothing unless a test says so.

use std::collections::BTreeMap;

use syncline_raft::{Entry, Message, RoleKind};

use super::host::{Host, Image};
use super::words::{config, id};

/// Nodes 1 to n, and what is under way between them.
pub(crate) struct Cluster {
    pub(crate) hosts: BTreeMap<u64, Host>,
    /// Nodes that nothing reaches and from which nothing comes.
    pub(crate) cut: Vec<u64>,
}

impl Cluster {
    pub(crate) fn new(voters: u64) -> Cluster {
        let host = |me| (me, Host::with(config(me, voters), Image::default(), 0));
        Cluster { hosts: (1..=voters).map(host).collect(), cut: Vec::new() }
    }

    pub(crate) fn host(&mut self, number: u64) -> &mut Host {
        self.hosts.get_mut(&number).expect("a node of the cluster")
    }

    /// What a node has applied.
    pub(crate) fn applied(&self, number: u64) -> &[Entry] {
        &self.hosts[&number].applied
    }

    /// Delivers everything until nobody has anything to say, and says how many messages that took.
    /// Nothing is synced.
    pub(crate) fn talk(&mut self) -> usize {
        let mut count = 0;
        loop {
            let sent: Vec<Message> = self.hosts.values_mut().flat_map(Host::sent).collect();
            if sent.is_empty() {
                return count;
            }
            count += sent.len();
            for message in sent {
                let ends = [message.from, message.to];
                if self.cut.iter().any(|number| ends.contains(&id(*number))) {
                    continue;
                }
                let to = self.host(message.to.number());
                to.node.step(message).expect("a message of a correct node");
            }
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
}
