//! Our own core as a subject.

use syncline_raft::{
    AdvanceError, AppliedError, Body, Config, Index, Message, RawNode, Ready, Restored, Status,
    SyncWanted, SyncedError, WriteSeq,
};
use syncline_traces::{Claim, Link, MessageKind, Mixer};

use super::{Issue, Setup, StartError, Subject};
use crate::net::Label;

/// A node of `syncline-raft`.
#[derive(Clone, Debug)]
pub struct RaftCore(RawNode);

impl Subject for RaftCore {
    const NAME: &'static str = "core";
    type Message = Message;

    fn start(setup: &Setup, restored: Restored) -> Result<RaftCore, StartError> {
        let config = Config {
            election_ticks: setup.election_ticks,
            heartbeat_ticks: setup.heartbeat_ticks,
            inflight_messages_max: setup.inflight_messages_max,
            message_bytes_max: setup.message_bytes_max as usize,
            mutant: setup.mutant,
            ..Config::new(setup.id, setup.voters.clone(), setup.seed)
        };
        let node = RawNode::new(config, restored);
        node.map(RaftCore).map_err(|error| StartError(error.to_string()))
    }

    fn fork(&self) -> Option<RaftCore> {
        Some(self.clone())
    }

    fn fingerprint(&self) -> Option<u128> {
        let mut mixer = Mixer::default();
        self.0.hash_state(&mut mixer);
        Some(mixer.digest().0)
    }

    fn label(message: &Message) -> Label {
        let (kind, index) = match &message.body {
            Body::Vote { last } => (MessageKind::Vote, last.index),
            Body::VoteResponse { granted: true } => (MessageKind::Grant, Index::ZERO),
            Body::VoteResponse { granted: false } => (MessageKind::Refuse, Index::ZERO),
            Body::Append { prev, entries, .. } => {
                let last = entries.last().map_or(prev.index, |entry| entry.id.index);
                (MessageKind::Append, last)
            }
            Body::AppendAccepted { last } => (MessageKind::Ack, *last),
            Body::AppendRejected { prev, .. } => (MessageKind::Reject, *prev),
            Body::Heartbeat { commit } => (MessageKind::Heartbeat, *commit),
            Body::HeartbeatResponse => (MessageKind::Pulse, Index::ZERO),
        };
        let link = Link { from: message.from, to: message.to };
        Label { link, kind, term: message.term, index }
    }

    fn claims(message: &Message) -> Claim {
        let term = message.term;
        match message.body {
            Body::Vote { last } => Claim::Candidacy { term, last },
            Body::VoteResponse { granted: true } => Claim::Granted(term),
            Body::AppendAccepted { last } => Claim::Holds { term, index: last },
            Body::Append { .. } | Body::Heartbeat { .. } => Claim::Leads(term),
            Body::VoteResponse { granted: false }
            | Body::AppendRejected { .. }
            | Body::HeartbeatResponse => Claim::Nothing,
        }
    }

    fn tick(&mut self) {
        self.0.tick();
    }

    fn campaign(&mut self) -> bool {
        self.0.campaign().is_ok()
    }

    fn step(&mut self, message: Message) -> bool {
        self.0.step(message).is_ok()
    }

    fn propose(&mut self, command: &[u8]) -> Option<Index> {
        self.0.propose(command.into()).ok()
    }

    fn has_ready(&self) -> bool {
        self.0.has_ready()
    }

    fn ready(&mut self) -> Option<Issue<Message>> {
        let Ready { write, messages, apply } = self.0.ready()?;
        Some(Issue { write, messages, apply })
    }

    fn advance(&mut self, write: WriteSeq) -> Result<(), AdvanceError> {
        self.0.advance(write)
    }

    fn synced(&mut self, write: WriteSeq) -> Result<(), SyncedError> {
        self.0.synced(write)
    }

    fn applied(&mut self, index: Index) -> Result<(), AppliedError> {
        self.0.applied(index)
    }

    fn status(&self) -> Status {
        self.0.status()
    }

    fn sync_wanted(&self) -> Option<SyncWanted> {
        self.0.sync_wanted()
    }
}
