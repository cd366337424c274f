//! Our own core as a subject.

use std::sync::Arc;

use syncline_raft::{
    AdvanceError, AppliedError, Body, Candidacy, Config, Entry, Fetch, Index, MembershipChange,
    Message, NodeId, Payload, Peer, Proposed, RawNode, ReadId, ReadMode, Ready, Restored, Snapshot,
    SnapshotOutcome, Status, SyncWanted, SyncedError, WriteSeq,
};
use syncline_traces::{Claim, Link, Members, MessageKind, Mixer};

use super::{Issue, Setup, StartError, Subject, Taken};
use crate::net::{Label, Load};

/// A node of `syncline-raft`.
#[derive(Clone, Debug)]
pub struct RaftCore(RawNode);

impl Subject for RaftCore {
    const NAME: &'static str = "core";
    type Message = Message;

    fn start(setup: &Setup, restored: Restored) -> Result<RaftCore, StartError> {
        let mut node = RawNode::new(config_of(setup), restored)
            .map_err(|error| StartError(error.to_string()))?;
        for (member, group) in setup.plan.commit_groups() {
            node.assign_group(member, Some(group));
        }
        Ok(RaftCore(node))
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
        let (kind, index) = kind_and_index(&message.body);
        let link = Link { from: message.from, to: message.to };
        Label { link, kind, term: message.term, index, load: load_of(&message.body) }
    }

    fn claims(message: &Message) -> Claim {
        let term = message.term;
        match &message.body {
            Body::Vote(Candidacy { last, .. }) => Claim::Candidacy { term, last: *last },
            Body::VoteResponse { granted: true, .. } => Claim::Granted(term),
            Body::AppendAccepted { last } => Claim::Holds { term, index: *last },
            Body::Append { .. }
            | Body::Commit { .. }
            | Body::Heartbeat { .. }
            | Body::Snapshot(_)
            | Body::TimeoutNow => Claim::Leads(term),
            _ => Claim::Nothing,
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

    fn propose(&mut self, command: &[u8]) -> Option<Taken> {
        self.0.propose(command.into()).ok().map(taken)
    }

    fn has_ready(&self) -> bool {
        self.0.has_ready()
    }

    fn ready(&mut self) -> Option<Issue<Message>> {
        let Ready { write, messages, apply, install, reads, fetches, snapshots } =
            self.0.ready()?;
        Some(Issue { write, messages, apply, install, reads, fetches, snapshots })
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

    fn members(&self) -> Option<Members> {
        Some(Members::from(self.0.membership()))
    }

    fn peers(&self) -> Vec<Peer> {
        self.0.peers().collect()
    }

    fn change(&mut self, change: MembershipChange) -> Option<Taken> {
        self.0.propose_change(change).ok().map(taken)
    }

    fn transfer(&mut self, to: NodeId) -> bool {
        self.0.transfer_leader(to).is_ok()
    }

    fn forget_leader(&mut self) -> bool {
        self.0.forget_leader().is_ok()
    }

    fn read(&mut self) -> Option<ReadId> {
        self.0.read_index().ok()
    }

    fn has_lease(&self) -> bool {
        self.0.has_lease()
    }

    fn compact(&mut self, upto: Index) -> bool {
        self.0.compact(upto).is_ok()
    }

    fn send_snapshot(&mut self, member: NodeId, snapshot: Arc<Snapshot>) -> bool {
        self.0.send_snapshot(member, snapshot).is_ok()
    }

    fn report_snapshot(&mut self, member: NodeId, outcome: SnapshotOutcome) {
        self.0.report_snapshot(member, outcome);
    }

    fn report_unreachable(&mut self, member: NodeId) {
        self.0.report_unreachable(member);
    }

    fn request_snapshot(&mut self) -> bool {
        self.0.request_snapshot().is_ok()
    }

    fn fetched(&mut self, fetch: Fetch, entries: Vec<Entry>) -> bool {
        self.0.fetched(fetch, entries).is_ok()
    }

    fn fetch_failed(&mut self, fetch: Fetch) {
        self.0.fetch_failed(fetch);
    }

    fn matched(&self, member: NodeId) -> Option<Index> {
        self.0.peers().find(|peer| peer.id == member).map(|peer| peer.matched)
    }
}

fn taken(proposed: Proposed) -> Taken {
    match proposed {
        Proposed::Appended(id) => Taken::Appended(id.index),
        Proposed::Forwarded(_) => Taken::Forwarded,
    }
}

fn config_of(setup: &Setup) -> Config {
    let plan = &setup.plan;
    let reads = match plan.lease_drift_ticks() {
        Some(drift_ticks) => ReadMode::Lease { drift_ticks },
        None => ReadMode::Quorum,
    };
    Config {
        election_ticks: plan.election_ticks,
        heartbeat_ticks: plan.heartbeat_ticks,
        pre_vote: plan.pre_vote,
        check_quorum: plan.check_quorum,
        reads,
        priority: plan.priority(setup.id),
        forward_proposals: plan.forward,
        inflight_messages_max: plan.inflight_messages_max,
        inflight_bytes_max: plan.inflight_bytes_max as usize,
        message_bytes_max: plan.message_bytes_max as usize,
        apply_bytes_max: plan.apply_bytes_max as usize,
        uncommitted_bytes_max: plan.uncommitted_bytes_max as usize,
        cache_bytes_max: plan.cache_bytes_max as usize,
        sync_stall_ticks_max: plan.sync_stall_ticks_max,
        mutant: setup.mutant,
        ..Config::new(setup.id, setup.seed)
    }
}

fn kind_and_index(body: &Body) -> (MessageKind, Index) {
    match body {
        Body::PreVote(candidacy) => (MessageKind::PreVote, candidacy.last.index),
        Body::PreVoteResponse { granted: true, .. } => (MessageKind::PreGrant, Index::ZERO),
        Body::PreVoteResponse { granted: false, .. } => (MessageKind::PreRefuse, Index::ZERO),
        Body::Vote(candidacy) => (MessageKind::Vote, candidacy.last.index),
        Body::VoteResponse { granted: true, .. } => (MessageKind::Grant, Index::ZERO),
        Body::VoteResponse { granted: false, .. } => (MessageKind::Refuse, Index::ZERO),
        Body::Append { prev, entries, .. } => {
            (MessageKind::Append, entries.last().map_or(prev.index, Entry::index))
        }
        Body::AppendAccepted { last } => (MessageKind::Ack, *last),
        Body::AppendRejected { prev, .. } => (MessageKind::Reject, *prev),
        Body::Commit { commit } => (MessageKind::Commit, *commit),
        Body::Heartbeat { commit, .. } => (MessageKind::Heartbeat, *commit),
        Body::HeartbeatResponse { .. } => (MessageKind::Pulse, Index::ZERO),
        Body::Snapshot(snapshot) => (MessageKind::Snapshot, snapshot.last.index),
        Body::SnapshotRequest { at_least } => (MessageKind::Want, *at_least),
        Body::TimeoutNow => (MessageKind::TimeoutNow, Index::ZERO),
        Body::Propose(_) => (MessageKind::Propose, Index::ZERO),
        Body::Read { .. } => (MessageKind::Read, Index::ZERO),
        Body::ReadResponse { index, .. } => (MessageKind::ReadAnswer, index.unwrap_or_default()),
    }
}

fn load_of(body: &Body) -> Load {
    let (after, weights): (_, &mut dyn ExactSizeIterator<Item = usize>) = match body {
        Body::Append { prev, entries, .. } => {
            (prev.index, &mut entries.iter().map(Entry::weight_bytes))
        }
        Body::Propose(payloads) => (Index::ZERO, &mut payloads.iter().map(Payload::weight_bytes)),
        _ => return Load::default(),
    };
    Load { after, entries: weights.len() as u32, bytes: weights.sum::<usize>() as u32 }
}
