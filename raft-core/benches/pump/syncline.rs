//! Our own core, driven as an application would: take what is ready, write it, and sync once for
//! all of it if somebody waits for that.
//!
//! This is all that the benches know of the core.

use std::sync::Arc;

use syncline_raft::{
    Committed, Config, Entry, Index, Message, NodeId, RawNode, Ready, Restored, RoleKind, Write,
    WriteSeq,
};

use crate::cluster::{
    ELECTION_TICKS, HEARTBEAT_TICKS, INFLIGHT_MAX, KEPT, MEMBERS, MESSAGE_BYTES_MAX, Member,
};

/// A node and its log.
pub(crate) struct Syncline {
    node: RawNode,
    /// What is written. The peer's `MemStorage` is the same, and is read by its node besides.
    log: Vec<Entry>,
    /// The index before the first entry of `log`.
    compacted: u64,
    newest: Option<WriteSeq>,
    applied: Index,
    commands: u64,
}

impl Syncline {
    fn write(&mut self, write: &Write) {
        if let Some(from) = write.truncate_from {
            self.log.truncate((from.0 - self.compacted) as usize - 1);
        }
        self.log.extend(write.entries.iter().cloned());
        self.node.advance(write.seq).expect("writes are written in order");
        self.newest = Some(write.seq);
    }

    fn apply(&mut self, apply: &Committed) {
        for entry in &apply.entries {
            assert!(entry.index() == self.applied.next());
            self.applied = entry.index();
            self.commands += u64::from(entry.command().is_some());
        }
        self.node.applied(self.applied).expect("just handed out");
    }
}

impl Member for Syncline {
    const NAME: &'static str = "syncline";
    type Payload = Arc<[u8]>;
    type Message = Message;

    fn new(id: u64) -> Self {
        let voters = (1..=MEMBERS as u64).filter_map(NodeId::new);
        let mut config = Config::new(NodeId::new(id).expect("not zero"), id);
        // As the peer, whose defaults these are.
        (config.pre_vote, config.check_quorum) = (false, false);
        config.election_ticks = ELECTION_TICKS;
        config.heartbeat_ticks = HEARTBEAT_TICKS;
        config.inflight_messages_max = INFLIGHT_MAX;
        config.message_bytes_max = MESSAGE_BYTES_MAX;
        let node = RawNode::new(config, Restored::new_cluster(voters)).expect("a new node");
        let (applied, commands) = (Index::ZERO, 0);
        Syncline { node, log: Vec::new(), compacted: 0, newest: None, applied, commands }
    }

    fn payload(bytes: &[u8]) -> Arc<[u8]> {
        bytes.into()
    }

    fn leads(&self) -> bool {
        self.node.status().role == RoleKind::Leader
    }

    fn tick(&mut self) -> bool {
        self.node.tick();
        self.node.has_ready()
    }

    fn propose(&mut self, batch: &mut Vec<Arc<[u8]>>) {
        for command in batch.drain(..) {
            self.node.propose(command).expect("it leads");
        }
    }

    fn receiver(message: &Message) -> u64 {
        message.to.number()
    }

    fn receive(&mut self, message: Message) {
        self.node.step(message).expect("our nodes are correct");
    }

    fn work(&mut self, network: &mut Vec<Message>) {
        loop {
            while let Some(Ready { write, messages, apply, .. }) = self.node.ready() {
                network.extend(messages);
                if let Some(write) = write {
                    self.write(&write);
                }
                if let Some(apply) = apply {
                    self.apply(&apply);
                }
            }
            if self.node.sync_wanted().is_none() {
                return;
            }
            let newest = self.newest.expect("R9: only a write is worth a sync");
            self.node.synced(newest).expect("an advanced write");
        }
    }

    fn commands(&self) -> u64 {
        self.commands
    }

    fn compact(&mut self) {
        let to = self.applied.0.saturating_sub(KEPT).max(self.compacted);
        self.node.compact(Index(to)).expect("applied and synced");
        self.log.drain(..(to - self.compacted) as usize);
        self.compacted = to;
    }
}
