//! Group sync: many writes, one sync.
//!
//! Three nodes in one process. The leader hands out a Ready for each command, and so do its
//! followers; nobody syncs. Then the followers sync once each, and that makes all of it count: their
//! acknowledgements leave, and the leader commits what it has not synced itself. It applies after a
//! sync of its own. (A write that is neither a command nor a vote is a commit index, for which alone
//! nobody asks for a sync.)
//!
//! A real host would write to files and talk over sockets. The order of its calls would be the same.

use std::io;
use std::ops::{Range, RangeInclusive};

use syncline_raft::{
    Config, Message, NodeId, RawNode, Ready, Restored, SyncWanted, Write, WriteSeq,
};

/// One node, and what its host keeps for it.
struct Host {
    node: RawNode,
    /// The log on disk: the writes up to the newest, of which a crash may take the unsynced ones.
    written: Vec<Write>,
    synced: usize,
    applied: Vec<String>,
}

impl Host {
    fn new(id: NodeId, voters: Vec<NodeId>) -> Host {
        // A seed of its own, lest all nodes campaign in step.
        let config = Config::new(id, id.number());
        let node = RawNode::new(config, Restored::new_cluster(voters)).expect("a new node");
        Host { node, written: Vec::new(), synced: 0, applied: Vec::new() }
    }

    /// Takes every Ready there is: sends, writes, applies. It does not sync.
    fn pump(&mut self, network: &mut Vec<Message>) {
        while let Some(Ready { write, messages, apply, .. }) = self.node.ready() {
            network.extend(messages);
            if let Some(write) = write {
                let seq = write.seq;
                self.written.push(write);
                self.node.advance(seq).expect("writes are written in order");
            }
            if let Some(apply) = apply {
                let commands = apply.entries.iter().filter_map(|entry| entry.command());
                self.applied
                    .extend(commands.map(|text| String::from_utf8_lossy(text).into_owned()));
                self.node.applied(apply.last()).expect("just handed out");
            }
        }
    }

    /// Syncs if somebody waits for it. Returns which writes the one sync covered, and for whom.
    fn sync(&mut self) -> Option<(RangeInclusive<usize>, SyncWanted)> {
        let wanted = self.node.sync_wanted()?;
        // The newest write is noted before the sync begins: it covers no later one.
        let newest: WriteSeq = self.written.last()?.seq;
        let covered = self.synced + 1..=self.written.len();
        // Here a real host would call fsync, perhaps on another thread while this one goes on.
        self.synced = self.written.len();
        self.node.synced(newest).expect("an advanced write");
        Some((covered, wanted))
    }
}

/// All three, and what is under way between them.
struct Cluster {
    hosts: Vec<Host>,
    network: Vec<Message>,
}

impl Cluster {
    fn new() -> Cluster {
        let voters: Vec<NodeId> = (1..=3).filter_map(NodeId::new).collect();
        let hosts = voters.iter().map(|id| Host::new(*id, voters.clone())).collect();
        Cluster { hosts, network: Vec::new() }
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
            for message in self.network.drain(..) {
                let to = message.to.number() as usize - 1;
                self.hosts[to].node.step(message).expect("our nodes are correct");
            }
        }
    }

    /// Syncs those of these disks for which somebody waits, and says what that was good for.
    fn sync(&mut self, nodes: Range<usize>, out: &mut dyn io::Write) -> io::Result<()> {
        for host in &mut self.hosts[nodes] {
            if let Some((covered, wanted)) = host.sync() {
                let id = host.node.status().id;
                let (first, last) = covered.into_inner();
                writeln!(out, "  n{id}: one sync, writes {first} to {last}, for {wanted:?}")?;
            }
        }
        Ok(())
    }

    fn show(&self, out: &mut dyn io::Write) -> io::Result<()> {
        for host in &self.hosts {
            let now = host.node.status();
            let cursors = (now.appended, now.synced, now.committed, now.applied);
            let (appended, synced, committed, applied) = cursors;
            write!(out, "  n{}: appended {appended}, synced {synced}, ", now.id)?;
            writeln!(out, "committed {committed}, applied {applied}")?;
        }
        Ok(())
    }
}

/// The story; the test of this example reads what it prints.
pub(crate) fn tell(out: &mut dyn io::Write) -> io::Result<()> {
    let mut cluster = Cluster::new();
    writeln!(out, "node 1 campaigns; its requests wait for its vote to be synced")?;
    cluster.hosts[0].node.campaign().expect("it has a vote");
    cluster.talk();
    while cluster.hosts.iter().any(|host| host.node.sync_wanted().is_some()) {
        cluster.sync(0..3, out)?;
        cluster.talk();
    }
    cluster.show(out)?;

    writeln!(out, "five commands, five Readys, no sync")?;
    for number in 1..=5 {
        let command = format!("command {number}");
        cluster.hosts[0].node.propose(command.into_bytes().into()).expect("it leads");
        cluster.talk();
    }
    cluster.show(out)?;

    writeln!(out, "the followers sync once each: a quorum without their leader")?;
    cluster.sync(1..3, out)?;
    cluster.talk();
    cluster.show(out)?;

    writeln!(out, "the leader syncs once")?;
    cluster.sync(0..1, out)?;
    cluster.talk();
    cluster.show(out)?;
    for host in &cluster.hosts {
        writeln!(out, "  n{}: {}", host.node.status().id, host.applied.join(", "))?;
    }
    Ok(())
}

fn main() -> io::Result<()> {
    tell(&mut io::stdout().lock())
}
