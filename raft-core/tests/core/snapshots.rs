//! Snapshots that arrive: the log that they replace, and the way into the state machine (R13 to R15).

use std::sync::Arc;

use syncline_raft::{
    Body, CampaignError, Index, Membership, RestoreError, SnapshotRequestError, StepError,
    SyncWanted,
};

use crate::util::*;

fn installing(last: (u64, u64)) -> Body {
    Body::Snapshot(snapshot(at(last.0, last.1)))
}

/// R13: one write takes the place of the whole log, entries that come behind it included.
#[test]
fn an_install_takes_the_place_of_the_log() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    host.hear(2, 2, installing((2, 9))).expect("of a leader");
    host.hear_now(2, append(at(2, 9), run(10, &[2, 2]), 9));
    let status = host.status();
    assert_eq!((status.appended, status.committed), (Index(11), Index(9)));
    host.pump();
    assert_eq!(host.images.len(), 3, "one write");
    assert_eq!(host.disk().base(), at(2, 9));
    assert_eq!(names(&host.disk().entries), [at(2, 10), at(2, 11)]);
    host.settle();
    assert_eq!(host.installed, [at(2, 9)]);
    assert_eq!(host.said(), [accepted(11)], "one answer covers both");
    host.hear_now(2, commit(11));
    host.settle();
    assert_eq!(names(&host.applied), [at(2, 10), at(2, 11)]);
}

/// The acknowledgement waits for the sync, and so does the state machine (R15): after a power cut it
/// must not be ahead of its log.
#[test]
fn an_install_is_acknowledged_and_handed_over_after_its_sync() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, installing((1, 9)));
    assert_eq!(host.said(), []);
    assert_eq!(host.wanted(), Some(SyncWanted::Gated));
    host.advance();
    assert_eq!(host.said(), []);
    assert_eq!(host.installed, []);
    host.sync();
    assert_eq!(host.said(), [accepted(9)]);
    assert_eq!(host.installed, [at(1, 9)]);
    assert_eq!(host.status().applied, Index(9));
    assert!(!host.node.has_ready());
}

/// With nothing to say, a snapshot alone wants a sync.
#[test]
fn a_snapshot_that_nobody_waits_for_wants_a_sync() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, installing((1, 9)));
    host.hear(3, 2, alive(0)).expect("of a later term");
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Snapshot));
    host.settle();
    assert_eq!(host.said(), [], "what was to be said in term 1 is not");
    assert_eq!(host.installed, [at(1, 9)]);
}

/// R13: an install counts as rewriting everything above the old commit index, so the acknowledgement
/// of an earlier write makes nothing above that safe.
#[test]
fn an_earlier_write_makes_nothing_above_the_old_commit_safe() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1, 1, 1]), 2));
    host.pump();
    host.hear_now(2, installing((1, 9)));
    host.pump();
    host.advance();
    host.sync_to(2);
    assert_eq!(host.node.synced_index(), Index(2), "a crash may keep that write, or the install");
    host.pump();
    assert_eq!(host.applied.len(), 1, "R15: nothing is applied before the snapshot");
    host.sync();
    assert_eq!(host.node.synced_index(), Index(9));
    host.settle();
    assert_eq!(host.installed, [at(1, 9)]);
}

/// R13: two in flight, both acknowledged; the state machine is spared the first.
#[test]
fn two_installs_in_flight_are_both_acknowledged() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, installing((1, 9)));
    host.pump();
    host.hear_now(2, installing((1, 20)));
    host.pump();
    host.advance();
    host.sync_to(2);
    assert_eq!(host.said(), [accepted(9)]);
    assert_eq!(host.node.synced_index(), Index(9));
    assert_eq!(host.installed, [], "a newer one is on its way");
    host.sync();
    assert_eq!(host.said(), [accepted(20)]);
    assert_eq!(host.installed, [at(1, 20)]);
}

/// A machine that is busy with one is handed the newest when it is done, and none in between.
#[test]
fn a_busy_machine_is_handed_the_newest() {
    let mut host = Host::follower(1, &[1]);
    host.is_slow = true;
    for index in [9, 20, 30] {
        host.hear_now(2, installing((1, index)));
        host.settle();
    }
    assert_eq!(host.work.len(), 1);
    host.work_once();
    assert_eq!(host.installed, [at(1, 9)]);
    host.settle();
    while host.work_once() {}
    assert_eq!(host.installed, [at(1, 9), at(1, 30)]);
    assert_eq!(host.status().applied, Index(30));
}

/// R15: an install waits for what was handed out before it, and what follows waits for the install.
#[test]
fn entries_and_snapshots_reach_the_machine_in_order() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    host.is_slow = true;
    host.hear_now(2, commit(2));
    host.settle();
    host.hear_now(2, commit(3));
    host.hear_now(2, installing((1, 9)));
    host.hear_now(2, append(at(1, 9), run(10, &[1]), 10));
    host.settle();
    assert_eq!(host.work.len(), 2, "the batch that was out, and the snapshot");
    host.work_once();
    host.work_once();
    host.settle();
    while host.work_once() {}
    assert_eq!(names(&host.applied), [at(1, 1), at(1, 2), at(1, 10)]);
    assert_eq!(host.installed, [at(1, 9)]);
}

/// R15: the membership of a snapshot is active when the state machine has it.
#[test]
fn the_membership_of_a_snapshot_is_active_when_it_is_applied() {
    let mut host = Host::follower(1, &[1]);
    host.is_slow = true;
    let next = Membership::of_voters(ids(&[1, 2, 7]));
    host.hear_now(2, Body::Snapshot(snapshot_of(at(1, 9), next.clone())));
    host.settle();
    assert_eq!(host.membership(), &voters(3));
    host.work_once();
    assert_eq!(host.membership(), &next);
}

/// R15: no campaign until it is applied, though votes may be given.
#[test]
fn a_node_with_an_unapplied_snapshot_votes_and_does_not_campaign() {
    let mut host = Host::follower(1, &[1]);
    host.is_slow = true;
    host.hear_now(2, installing((1, 9)));
    let busy = Err(CampaignError::Installing { snapshot: Index(9) });
    assert_eq!(host.node.campaign(), busy);
    host.settle();
    assert_eq!(host.node.campaign(), busy, "synced is not applied");
    (0..100).for_each(|_| host.node.tick());
    host.said();
    host.hear(3, 2, vote(at(1, 8))).expect("a candidate");
    let committed = at(1, 9);
    assert_eq!(host.said(), [Body::VoteResponse { granted: false, committed }], "it has more");
    host.hear(3, 3, vote(at(1, 9))).expect("a candidate");
    host.settle();
    assert_eq!(host.said(), [Body::VoteResponse { granted: true, committed }]);
    host.work_once();
    host.node.campaign().expect("it may now");
}

/// R14: what the log has already is committed thereby, and what lies above it stays.
#[test]
fn a_snapshot_that_matches_the_log_keeps_its_tail() {
    let mut host = Host::follower(1, &[1, 1, 1, 1]);
    host.hear_now(2, installing((1, 3)));
    let status = host.status();
    assert_eq!((status.appended, status.committed), (Index(4), Index(3)));
    host.settle();
    assert_eq!(host.said(), [accepted(3)]);
    assert_eq!(host.installed, []);
    assert_eq!(names(&host.applied).len(), 3);

    let mut host = Host::follower(2, &[1, 1, 1, 1]);
    host.hear_now(2, installing((2, 3)));
    assert_eq!(host.status().appended, Index(3), "of another term: it does not match");
}

/// R14: and the acknowledgement waits for what it speaks of.
#[test]
fn a_snapshot_that_matches_is_acknowledged_when_the_log_is_synced() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1, 1]), 0));
    host.hear_now(2, installing((1, 3)));
    assert_eq!(host.said(), []);
    host.sync();
    assert_eq!(host.said(), [accepted(3)]);
}

/// R14: a late one tells nothing new, and is answered with the commit index.
#[test]
fn a_snapshot_at_or_below_the_commit_index_is_acknowledged() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    host.hear_now(2, commit(3));
    host.settle();
    for index in 1..=3 {
        host.hear_now(2, installing((1, index)));
        host.settle();
        assert_eq!(host.said(), [accepted(3)]);
    }
    host.hear(3, 9, installing((8, 2))).expect("not even looked at");
    host.settle();
    assert_eq!(host.said(), [accepted(3)]);
    assert_eq!((host.status().appended, host.installed.len()), (Index(3), 0));
}

#[test]
fn a_snapshot_that_cannot_be_is_refused() {
    let mut host = Host::follower(1, &[1]);
    let none = Membership { learners: ids(&[4]), ..Membership::default() };
    let refused = [
        snapshot(at(1, 0)),
        snapshot(at(0, 4)),
        snapshot(at(2, 4)),
        snapshot_of(at(1, 4), none),
        snapshot(at(1, u64::MAX)),
    ];
    for snapshot in refused {
        let outcome = host.hear(2, 1, Body::Snapshot(Arc::clone(&snapshot)));
        assert_eq!(outcome, Err(StepError::Malformed), "{snapshot:?}");
    }
    assert_eq!(host.status().appended, Index(1));
}

/// R23: a node that lost power between the sync and the state machine hands the snapshot out again.
#[test]
fn a_restart_hands_an_unapplied_snapshot_out_again() {
    let mut host = Host::follower(1, &[1]);
    host.is_slow = true;
    host.hear_now(2, Body::Snapshot(snapshot_of(at(1, 9), voters(5))));
    host.hear_now(2, append(at(1, 9), run(10, &[1]), 10));
    host.settle();
    let kept = host.synced;
    let mut host = host.crash(kept);
    assert_eq!((host.status().committed, host.status().applied), (Index(10), Index(0)));
    assert_eq!(host.node.campaign(), Err(CampaignError::Installing { snapshot: Index(9) }));
    host.settle();
    assert_eq!((host.installed.clone(), names(&host.applied)), (vec![at(1, 9)], vec![at(1, 10)]));
    assert_eq!(host.membership(), &voters(5));
    host.node.campaign().expect("it may campaign");
}

/// R23: what a node cannot have left behind is refused: a gap, or a snapshot from nowhere.
#[test]
fn a_restart_without_the_snapshot_is_refused() {
    let restored = |base, applied, snapshot| syncline_raft::Restored {
        hard_state: syncline_raft::HardState { term: syncline_raft::Term(1), ..Default::default() },
        base,
        applied: Index(applied),
        membership: voters(3),
        snapshot,
        ..Default::default()
    };
    let base = at(1, 9);
    let missing = RestoreError::SnapshotMissing { base, applied: Index(8) };
    assert_eq!(restored(base, 8, None).validate(), Err(missing));
    let found = at(1, 7);
    let stray = RestoreError::StraySnapshot { found, base, applied: Index(0) };
    assert_eq!(restored(base, 0, Some(snapshot(found))).validate(), Err(stray));
    let stray = RestoreError::StraySnapshot { found: base, base, applied: Index(9) };
    assert_eq!(restored(base, 9, Some(snapshot(base))).validate(), Err(stray));
    assert_eq!(restored(base, 9, None).validate(), Ok(()));
    assert_eq!(restored(base, 0, Some(snapshot(base))).validate(), Ok(()));
}

/// R14: a node that asked for a snapshot takes nothing else, and installs one even if its log has all
/// of it.
#[test]
fn a_snapshot_that_was_asked_for_is_installed_even_if_it_matches() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    host.hear_now(2, commit(3));
    host.settle();
    host.node.request_snapshot().expect("it follows a leader");
    let request = Body::SnapshotRequest { at_least: Index(3) };
    assert_eq!(host.said(), std::slice::from_ref(&request));
    host.hear_now(2, append(at(1, 3), run(4, &[1]), 4));
    let what_it_has = Body::AppendAccepted { last: Index(3) };
    assert_eq!(host.said(), [what_it_has, request.clone()], "no entries meanwhile");
    host.hear_now(2, heartbeat(3));
    assert_eq!(host.said(), [request, alive(1)], "and it asks again");
    host.hear_now(2, installing((1, 2)));
    host.settle();
    assert_eq!((host.status().appended, host.installed.len()), (Index(3), 0), "it is too old");
    host.hear_now(2, installing((1, 3)));
    host.pump();
    assert_eq!(host.installed, [], "R15: not before its own sync, though index 3 is synced");
    assert_eq!(host.wanted(), Some(SyncWanted::Snapshot));
    host.settle();
    assert_eq!(host.installed, [at(1, 3)]);
    assert_eq!(host.said().last(), Some(&accepted(3)));
    host.hear_now(2, append(at(1, 3), run(4, &[1]), 4));
    host.settle();
    assert_eq!(host.said(), [accepted(4)], "it takes entries again");
}

/// R15: a snapshot that was asked for may end where a batch does that is being applied. It waits for the
/// batch: were both out at once, `applied(3)` for the one would be taken for the other, and the node
/// would campaign and hand out more while the state machine is being replaced.
#[test]
fn a_snapshot_that_was_asked_for_waits_for_the_batch_that_ends_with_it() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    host.is_slow = true;
    host.hear_now(2, commit(3));
    host.settle();
    assert_eq!(host.work.len(), 1, "a batch is being applied");
    host.node.request_snapshot().expect("it follows a leader");
    host.hear_now(2, installing((1, 3)));
    host.settle();
    assert_eq!(host.work.len(), 1, "the snapshot is synced, and waits");
    host.work_once();
    assert_eq!(host.installed, []);
    host.settle();
    assert_eq!(host.work.len(), 1, "the snapshot");
    let installing = CampaignError::Installing { snapshot: Index(3) };
    assert_eq!(host.node.campaign(), Err(installing));
    host.work_once();
    assert_eq!(host.installed, [at(1, 3)]);
    host.node.campaign().expect("nothing is being applied");
}

/// R14: a tail that the leader does not have must go first, by the ordinary way; the request names
/// what is left.
#[test]
fn a_diverged_log_loses_its_tail_before_the_snapshot_comes() {
    let mut host = Host::follower(1, &[1, 1, 1, 1]);
    host.hear(3, 2, heartbeat(0)).expect("of a new leader");
    host.node.request_snapshot().expect("it follows a leader");
    host.settle();
    host.said();
    host.hear_now(3, append(at(1, 2), run(3, &[2]), 0));
    host.settle();
    assert_eq!(host.said(), [accepted(3)]);
    host.hear_now(3, heartbeat(0));
    assert_eq!(host.said(), [Body::SnapshotRequest { at_least: Index(3) }, alive(1)]);
    host.hear_now(3, installing((2, 3)));
    host.settle();
    assert_eq!(host.installed, [at(2, 3)]);
}

#[test]
fn a_request_needs_a_leader_and_one_install_at_a_time() {
    let mut host = Host::new(3);
    assert_eq!(host.node.request_snapshot(), Err(SnapshotRequestError::NoLeader));
    let mut host = Host::leader();
    assert_eq!(host.node.request_snapshot(), Err(SnapshotRequestError::NoLeader));
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, installing((1, 9)));
    let busy = SnapshotRequestError::Installing { snapshot: Index(9) };
    assert_eq!(host.node.request_snapshot(), Err(busy));
}
