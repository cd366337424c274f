//! What no message may break, and the proof that a node still works.

use syncline_raft::{Body, CampaignError, MEMBERS_MAX, Proposed, RoleKind, Status, Term};

use super::CALLS_MAX;
use super::beginnings::{READS_MAX, elect};
use crate::util::*;

/// No log reaches further.
const LAST_INDEX: u64 = (1 << 63) - 1;

/// The cursors keep their order, and what never falls does not.
pub(crate) fn bearings(before: &Status, now: &Status) {
    assert!(now.term >= before.term, "the term fell");
    assert!(now.committed >= before.committed, "the commit index fell");
    assert!(now.applied >= before.applied, "the applied index fell");
    assert!(now.applied <= now.committed.min(now.synced), "R8");
    assert!(now.committed <= now.appended);
    assert!(now.synced <= now.advanced);
    assert!(now.advanced <= now.issued);
    assert!(now.issued <= now.appended);
}

/// Every queue has a bound that no message moves: the gate by the writes that are unsynced and those
/// who wait for them, the others by the configuration. A queue is counted in what the node prints.
/// Others have spoken in so many `names`; each may wait for a vote and one answer a write.
pub(crate) fn bounds(host: &Host, names: usize) {
    let mut host = host.clone();
    outbox(&host, names);
    host.pump();
    let text = format!("{:?}", host.node);
    let count = |name: &str| text.matches(name).count();
    let unsynced = host.images.len() - host.synced;
    let gate = count(" AppendAccepted {") + count(" VoteResponse {");
    let room = names.min(2 * MEMBERS_MAX);
    assert!(gate <= room * (unsynced + 1), "{gate} promises wait for {unsynced} writes");
    let members = host.membership().members().len();
    assert!(count(" Vote(") <= members, "a candidacy asks each voter once");
    assert!(count("OpenRound {") <= 16, "rounds");
    assert!(count("ReadRequest {") <= READS_MAX as usize, "reads");
    assert!(count("Install {") <= 2, "installs");
    for peer in host.node.peers() {
        assert!(peer.inflight_messages <= 4, "{peer:?}");
        assert!(peer.matched < peer.next, "I4");
    }
}

/// The messages that wait are those of a crowd, the newest one of each of nine kinds for each receiver
/// beyond it, answers to reads, what each call asked for, and what a leader's windows let it send.
fn outbox(host: &Host, names: usize) {
    let members = host.membership().members().len();
    let messages = host.node.clone().ready().map_or(0, |ready| ready.messages.len());
    let newest = (9 * (names + members)).min(9 * MEMBERS_MAX);
    let room = MEMBERS_MAX + newest + 2 * READS_MAX as usize + CALLS_MAX + 8 * members;
    assert!(messages <= room, "{messages} messages wait, and {room} may");
}

/// Correct nodes speak to the node again: it follows, applies, is elected if it has a vote, and commits.
pub(crate) fn works(mut host: Host) {
    host.is_slow = false;
    while host.work_once() {}
    host.settle();
    host.sent();
    let status = host.status();
    let Some(term) = status.term.0.checked_add(1) else {
        assert!(matches!(
            host.node.campaign(),
            Err(error) if status.role == RoleKind::Leader || error != CampaignError::AlreadyLeader
        ));
        return;
    };
    if status.appended.0 >= LAST_INDEX - 10 {
        return;
    }
    // A new leader, whose log is this node's and goes on.
    let last = host.issued(status.appended.0);
    assert_eq!(last.index, status.appended);
    host.hear(2, term, heartbeat(0)).expect("of a new leader");
    assert_eq!(host.status().leader, Some(id(2)));
    let next = last.index.0 + 1;
    host.hear_now(2, append(last, run(next, &[term]), next));
    host.settle();
    if host.said().iter().any(|body| matches!(body, Body::SnapshotRequest { .. })) {
        host.hear_now(2, Body::Snapshot(snapshot(at(term, next))));
        host.settle();
        host.sent();
    }
    let status = host.status();
    assert_eq!((status.appended.0, status.synced.0, status.applied.0), (next, next, next));
    leads(&mut host);
}

/// It is elected and commits, if it has a vote and nothing stands against that.
fn leads(host: &mut Host) {
    if !host.membership().is_voter(id(ME)) || host.status().term == Term(u64::MAX) {
        return;
    }
    for _ in 0..10 {
        host.node.tick();
    }
    if host.status().role == RoleKind::Follower {
        host.node.campaign().expect("its promise is over, and all is applied");
    }
    elect(host);
    let proposed = host.node.propose([0].into()).expect("nothing is uncommitted but its no-op");
    let Proposed::Appended(entry) = proposed else { panic!("it leads") };
    host.settle();
    let members = host.membership().members();
    for member in members.into_iter().filter(|member| *member != id(ME)) {
        let is_leader = host.status().role == RoleKind::Leader;
        if is_leader {
            host.hear_now(member.number(), accepted(entry.index.0));
            host.settle();
        }
    }
    let status = host.status();
    assert!(status.committed >= entry.index && status.applied >= entry.index);
}
