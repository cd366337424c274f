//! The peer: the published crate `raft`, driven as its own documentation has it for an application
//! that syncs before it goes on.
//!
//! Of the ways that it offers, these are the cheapest: the protobuf codec, whose payload is shared
//! and not copied; `batch_append`, so that one burst makes one message; and one proposal of many
//! entries where there are many. Its asynchronous way takes as much CPU time.

use raft::prelude::*;
use raft::storage::MemStorage;
use raft::{Config, StateRole};

use crate::cluster::{
    ELECTION_TICKS, HEARTBEAT_TICKS, INFLIGHT_MAX, KEPT, MEMBERS, MESSAGE_BYTES_MAX, Member,
};

/// A node; its log is the storage that it reads.
pub(crate) struct RaftRs {
    node: RawNode<MemStorage>,
    applied: u64,
    commands: u64,
}

impl RaftRs {
    fn apply(&mut self, entries: &[Entry]) {
        for entry in entries {
            assert!(entry.index == self.applied + 1);
            self.applied = entry.index;
            self.commands += u64::from(!entry.data.is_empty());
        }
    }

    fn take_ready(&mut self, network: &mut Vec<Message>) {
        let mut ready = self.node.ready();
        network.append(&mut ready.take_messages());
        let entries = ready.take_committed_entries();
        self.apply(&entries);
        let mut storage = self.node.store().wl();
        if !ready.entries().is_empty() {
            storage.append(ready.entries()).expect("the log has no gap");
        }
        if let Some(hard_state) = ready.hs() {
            storage.set_hardstate(hard_state.clone());
        }
        drop(storage);
        // Here an application syncs; what the peer withheld until then may leave.
        network.append(&mut ready.take_persisted_messages());
        let mut light = self.node.advance(ready);
        if let Some(commit) = light.commit_index() {
            self.node.store().wl().mut_hard_state().set_commit(commit);
        }
        network.append(&mut light.take_messages());
        let entries = light.take_committed_entries();
        self.apply(&entries);
        self.node.advance_apply();
    }
}

fn entry(command: Vec<u8>) -> Entry {
    Entry { data: command.into(), ..Entry::default() }
}

impl Member for RaftRs {
    const NAME: &'static str = "raft";
    type Payload = Vec<u8>;
    type Message = Message;

    fn new(id: u64) -> Self {
        let config = Config {
            id,
            election_tick: ELECTION_TICKS as usize,
            heartbeat_tick: HEARTBEAT_TICKS as usize,
            max_size_per_msg: MESSAGE_BYTES_MAX as u64,
            max_inflight_msgs: INFLIGHT_MAX as usize,
            batch_append: true,
            ..Config::default()
        };
        let voters: Vec<u64> = (1..=MEMBERS as u64).collect();
        let storage = MemStorage::new_with_conf_state((voters, vec![]));
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        let node = RawNode::new(&config, storage, &logger).expect("a new node");
        RaftRs { node, applied: 0, commands: 0 }
    }

    fn payload(bytes: &[u8]) -> Vec<u8> {
        bytes.to_vec()
    }

    fn leads(&self) -> bool {
        self.node.raft.state == StateRole::Leader
    }

    fn tick(&mut self) -> bool {
        self.node.tick()
    }

    fn propose(&mut self, batch: &mut Vec<Vec<u8>>) {
        if batch.len() == 1 {
            let command = batch.pop().expect("there is one");
            return self.node.propose(vec![], command).expect("it leads");
        }
        let mut proposal = Message::default();
        proposal.set_msg_type(MessageType::MsgPropose);
        proposal.from = self.node.raft.id;
        proposal.entries = batch.drain(..).map(entry).collect::<Vec<Entry>>().into();
        self.node.raft.step(proposal).expect("it leads");
    }

    fn receiver(message: &Message) -> u64 {
        message.to
    }

    fn receive(&mut self, message: Message) {
        self.node.step(message).expect("its nodes are correct");
    }

    fn work(&mut self, network: &mut Vec<Message>) {
        while self.node.has_ready() {
            self.take_ready(network);
        }
    }

    fn commands(&self) -> u64 {
        self.commands
    }

    fn compact(&mut self) {
        let to = self.applied.saturating_sub(KEPT);
        let first = self.node.store().first_index().expect("it is in memory");
        if to >= first {
            self.node.store().wl().compact(to).expect("it is applied");
        }
    }
}
