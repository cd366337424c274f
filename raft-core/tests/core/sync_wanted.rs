//! `sync_wanted`: for whose sake to sync, most urgent first, and `None` only if for nobody.

use syncline_raft::SyncWanted;

use crate::util::*;

#[test]
fn a_new_node_wants_nothing() {
    assert_eq!(Host::new(3).wanted(), None);
    assert_eq!(Host::follower(1, &[1, 1]).wanted(), None, "all of it is synced");
}

/// It speaks of what has been issued: a sync can do nothing for what was never written.
#[test]
fn what_is_not_issued_wants_no_sync() {
    let mut host = Host::new(3);
    host.node.campaign().expect("it may campaign");
    assert_eq!(host.wanted(), None);
    assert!(host.node.has_ready());
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Vote));
}

#[test]
fn a_candidate_wants_it_for_its_requests_and_its_own_vote() {
    let mut host = Host::new(3);
    host.node.campaign().expect("it may campaign");
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Vote));
    host.sync();
    assert_eq!(host.wanted(), None);
}

#[test]
fn a_voter_wants_it_for_its_grant() {
    let mut host = Host::new(3);
    host.hear(2, 1, vote(at(0, 0))).expect("a candidate");
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Vote));
}

#[test]
fn a_follower_wants_it_for_its_acknowledgement() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1]), 0));
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Gated));
}

/// Even where both wait, the acknowledgement is named first.
#[test]
fn a_waiting_acknowledgement_is_more_urgent_than_a_waiting_apply() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1]), 2));
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Gated));
}

#[test]
fn a_leader_wants_it_for_its_own_copy() {
    let mut host = Host::leader();
    assert_eq!(host.wanted(), Some(SyncWanted::OwnCopy));
    host.sync();
    assert_eq!(host.wanted(), None);
    host.node.propose([0].into()).expect("it leads");
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::OwnCopy));
}

/// A node has entries of an old leader that it never acknowledged, because the term moved on; the
/// new leader, which has them too, says that they are committed. No message of this node waits for a
/// sync, but its state machine does.
#[test]
fn a_blocked_apply_wants_it() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1]), 0));
    host.pump();
    host.hear(3, 2, heartbeat(0)).expect("of a new leader");
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Bytes), "nobody waits yet");
    host.hear_now(3, heartbeat(2));
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::ApplyBlocked));
    host.sync();
    assert_eq!(host.wanted(), None);
    host.pump();
    assert_eq!(names(&host.applied), [at(1, 1), at(1, 2)]);
}

/// A node learns of a new term and promises nothing in it: its hard state could still be lost, but
/// nobody waits for it.
#[test]
fn a_term_that_nobody_waits_for_is_only_bytes() {
    let mut host = Host::follower(1, &[1]);
    host.hear(2, 5, heartbeat(0)).expect("of a leader");
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Bytes));
    host.advance();
    assert_eq!(host.wanted(), Some(SyncWanted::Bytes), "advanced is not synced");
    host.sync();
    assert_eq!(host.wanted(), None);
}

/// A commit index is a hint which a restart can do without, so a write with nothing else wants no
/// sync; while a write with more is unsynced before it, the wish stays.
#[test]
fn a_commit_index_alone_wants_nothing() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear_now(2, heartbeat(2));
    host.pump();
    assert_eq!(host.images.len(), 3, "a write was issued");
    assert_eq!(host.wanted(), None);
    host.advance();
    assert_eq!(host.wanted(), None);

    host.hear_now(2, append(at(1, 2), run(3, &[1]), 2));
    host.pump();
    host.hear_now(2, heartbeat(3));
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Gated), "not for the commit, for the entry");
    host.advance();
    host.sync_to(3);
    assert_eq!(host.wanted(), None, "only the commit of write 4 is unsynced");
}
