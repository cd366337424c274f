//! A message of any kind, with every field near the node's own numbers or at its extremes.

use std::sync::Arc;

use syncline_raft::{
    Body, Candidacy, Change, Entry, Index, Leave, LogId, MEMBERS_MAX, Membership, MembershipChange,
    Message, NodeId, Payload, ReadId, Round, Snapshot, Term, Transition,
};

use super::bytes::Bytes;
use crate::util::*;

/// Nodes 2 and 3 most of the time, also others, strangers, and the node itself.
pub(crate) fn peer(bytes: &mut Bytes) -> u64 {
    match bytes.below(32) {
        0..=11 => 2,
        12..=23 => 3,
        24..=26 => 4,
        27 | 28 => 5,
        29 => 9,
        30 => u64::MAX,
        _ => ME,
    }
}

/// What a hostile node says next.
pub(crate) fn message(bytes: &mut Bytes, host: &Host, reads: &[ReadId]) -> Message {
    let status = host.status();
    let from = id(peer(bytes));
    let to = if bytes.once_in(64) { id(2) } else { status.id };
    let term = bytes.term(status.term.0);
    let body = body(bytes, host, term, reads);
    Message { from, to, term: Term(term), body }
}

fn body(bytes: &mut Bytes, host: &Host, term: u64, reads: &[ReadId]) -> Body {
    let status = host.status();
    let (last, committed) = (status.appended.0, status.committed.0);
    match bytes.below(24) {
        0 => Body::PreVote(candidacy_of(bytes, host)),
        1 => {
            Body::PreVoteResponse { granted: bytes.below(2) == 0, committed: entry_id(bytes, host) }
        }
        2 => Body::Vote(candidacy_of(bytes, host)),
        3 | 4 => {
            Body::VoteResponse { granted: !bytes.once_in(4), committed: entry_id(bytes, host) }
        }
        5..=9 => {
            let prev = host.issued(bytes.number(last));
            append(prev, follow(bytes, prev, term), bytes.number(committed))
        }
        10 => {
            let prev = entry_id(bytes, host);
            let count = bytes.below(4);
            let entries = (0..count).map(|_| {
                let id = entry_id(bytes, host);
                Entry { id, payload: payload(bytes) }
            });
            append(prev, entries.collect(), bytes.number(committed))
        }
        11 | 12 => accepted(bytes.number(last)),
        13 => rejected(bytes.number(last), entry_id(bytes, host)),
        14 => commit(bytes.number(committed)),
        15 => heartbeat_of(bytes.number(1), bytes.number(committed)),
        16 | 17 => Body::HeartbeatResponse { round: Round(bytes.number(3)) },
        18 => Body::Snapshot(snapshot_near(bytes, host)),
        19 => Body::SnapshotRequest { at_least: Index(bytes.number(last)) },
        20 => Body::TimeoutNow,
        21 => Body::Propose((0..bytes.below(3)).map(|_| payload(bytes)).collect()),
        22 => Body::Read { id: ReadId(bytes.number(1)) },
        _ => {
            let known = reads.get(bytes.byte() as usize % reads.len().max(1));
            let id = known.copied().unwrap_or(ReadId(bytes.number(1)));
            let index = (bytes.below(2) == 0).then(|| Index(bytes.number(committed)));
            Body::ReadResponse { id, index }
        }
    }
}

/// An entry that may be the node's own.
fn entry_id(bytes: &mut Bytes, host: &Host) -> LogId {
    let status = host.status();
    let index = bytes.number(status.appended.0);
    if bytes.below(2) == 0 { host.issued(index) } else { at(bytes.number(status.term.0), index) }
}

fn candidacy_of(bytes: &mut Bytes, host: &Host) -> Candidacy {
    let (last, committed) = (entry_id(bytes, host), entry_id(bytes, host));
    let priority = [0, 0, 0, 1, -1, i32::MIN, i32::MAX][bytes.below(7) as usize];
    Candidacy { last, committed, priority, is_transfer: bytes.once_in(4) }
}

/// Entries that follow `prev`, as a leader of this term may send them.
fn follow(bytes: &mut Bytes, prev: LogId, term: u64) -> Vec<Entry> {
    let mut before = prev;
    let mut entries = Vec::new();
    for _ in 0..bytes.below(5) {
        let wanted = if bytes.once_in(4) { bytes.number(term) } else { term };
        let term = wanted.clamp(before.term.0, term.max(before.term.0));
        before = at(term, before.index.0.wrapping_add(1));
        entries.push(Entry { id: before, payload: payload(bytes) });
    }
    entries
}

fn payload(bytes: &mut Bytes) -> Payload {
    match bytes.below(8) {
        0 => Payload::Noop,
        1 | 2 => Payload::Membership(Arc::new(change(bytes))),
        _ => Payload::Command(vec![0; bytes.below(40) as usize].into()),
    }
}

/// Any change of nodes 1 to 5, whether it applies or not.
pub(crate) fn change(bytes: &mut Bytes) -> MembershipChange {
    if bytes.once_in(3) {
        return MembershipChange::Leave;
    }
    let transitions = [Transition::Auto, Transition::Implicit, Transition::Explicit];
    let transition = transitions[bytes.below(3) as usize];
    let becomes = |kind, node| match kind {
        0 => Change::AddVoter(node),
        1 => Change::AddLearner(node),
        _ => Change::Remove(node),
    };
    let changes = if bytes.once_in(8) {
        let (kind, last) = (bytes.below(3), MEMBERS_MAX as u64 - 6 + bytes.below(8));
        (1..=last).map(|number| becomes(kind, id(number))).collect()
    } else {
        let count = bytes.below(4);
        let few = (0..count).map(|_| {
            let node = id(bytes.below(5) + 1);
            becomes(bytes.below(3), node)
        });
        few.collect()
    };
    MembershipChange::Enter { changes, transition }
}

fn snapshot_near(bytes: &mut Bytes, host: &Host) -> Arc<Snapshot> {
    let last = entry_id(bytes, host);
    let membership = if bytes.once_in(3) { any_membership(bytes) } else { voters(3) };
    snapshot_of(last, membership)
}

/// About as many members as there may be, with the lowest numbers or the highest.
fn large_membership(bytes: &mut Bytes) -> Membership {
    let size = MEMBERS_MAX as u64 - 2 + bytes.below(4);
    let first = if bytes.below(2) == 0 { 1 } else { u64::MAX - size };
    let nodes: Vec<NodeId> = (first..first + size).map(id).collect();
    let (voters, learners) = nodes.split_at(1 + bytes.below(size.min(256)) as usize);
    let outgoing = if bytes.once_in(3) { voters.to_vec() } else { Vec::new() };
    let (voters, learners) = (voters.to_vec(), learners.to_vec());
    Membership { voters, outgoing, learners, ..Membership::default() }
}

/// Lists of nodes that may contradict each other.
fn any_membership(bytes: &mut Bytes) -> Membership {
    if bytes.once_in(4) {
        return large_membership(bytes);
    }
    let mut list = || -> Vec<NodeId> {
        let bits = bytes.byte();
        (0..6).filter(|bit| bits & (1 << bit) != 0).map(|bit| id(bit + 1)).collect()
    };
    let (voters, outgoing, learners) = (list(), list(), list());
    let mut membership = Membership { voters, outgoing, learners, ..Membership::default() };
    if bytes.below(2) == 0 {
        let Membership { voters, outgoing, .. } = membership.clone();
        membership.learners.retain(|node| !voters.contains(node) && !outgoing.contains(node));
    }
    if bytes.once_in(4) {
        membership.leave = Leave::Explicit;
    }
    membership
}
