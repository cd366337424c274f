//! A cluster of one: nothing but its own disk stands between a proposal and its commit.

use syncline_raft::{Index, RoleKind};

use crate::util::*;

/// Every step waits for its own sync: the election, the no-op, the command.
#[test]
fn each_step_waits_for_its_sync() {
    let mut host = Host::new(1);
    host.node.campaign().expect("it may campaign");
    host.pump();
    host.advance();
    assert_eq!(host.status().role, RoleKind::Candidate);
    host.sync();
    assert_eq!(host.status().role, RoleKind::Leader);
    host.node.propose([0].into()).expect("it leads");
    host.pump();
    host.advance();
    assert_eq!(host.status().committed, Index(0));
    host.sync();
    assert_eq!(host.status().committed, Index(2));
    host.pump();
    assert_eq!(host.applied.len(), 2);
    assert_eq!(host.sent(), [], "there is nobody to talk to");
}

#[test]
fn one_sync_commits_many_proposals() {
    let mut host = Host::new(1);
    host.node.campaign().expect("it may campaign");
    host.settle();
    for number in 0..100 {
        host.node.propose(vec![number].into()).expect("it leads");
        host.pump();
    }
    let synced = host.synced;
    host.sync();
    assert!(host.synced >= synced + 100, "a hundred writes, one call");
    host.pump();
    assert_eq!(host.applied.len(), 101);
}

#[test]
fn it_elects_itself_when_time_has_passed() {
    let mut host = Host::new(1);
    for _ in 0..40 {
        host.node.tick();
        host.settle();
    }
    assert_eq!(host.status().role, RoleKind::Leader);
}

/// What it loses in a crash was never committed.
#[test]
fn a_crash_takes_only_what_was_not_committed() {
    let mut host = Host::new(1);
    host.node.campaign().expect("it may campaign");
    host.settle();
    host.node.propose([1].into()).expect("it leads");
    host.settle();
    let committed = host.status().committed;
    host.node.propose([2].into()).expect("it leads");
    host.pump();
    host.advance();
    let kept = host.synced;
    let host = host.crash(kept);
    assert_eq!(host.status().appended, committed);
}
