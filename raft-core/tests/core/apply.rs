//! R8: nothing is applied above what is committed, nor above what is synced here.

use syncline_raft::{Index, SyncWanted};

use crate::util::*;

#[test]
fn a_follower_applies_what_is_committed_once_it_has_synced_it() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1, 1, 1]), 3));
    host.pump();
    assert_eq!(names(&host.applied), [at(1, 1)]);
    host.sync();
    host.pump();
    assert_eq!(names(&host.applied), [at(1, 1), at(1, 2), at(1, 3)], "and no more than committed");
}

/// Two writes, the first synced: the state machine gets as far as that.
#[test]
fn an_apply_reaches_as_far_as_the_sync() {
    let mut host = Host::follower(1, &[1]);
    for index in 2..=5 {
        host.hear_now(2, append(at(1, index - 1), run(index, &[1]), 5));
        host.pump();
    }
    host.advance();
    for write in 2..=5 {
        host.sync_to(write);
        host.pump();
        assert_eq!(host.applied.len(), write);
    }
}

/// Whoever takes Readys slowly gets the same entries, in fewer pieces, each once.
#[test]
fn entries_are_handed_out_once_and_in_order() {
    let mut host = Host::follower(1, &[1, 1, 1, 1, 1]);
    host.hear_now(2, heartbeat(2));
    host.pump();
    host.hear_now(2, heartbeat(3));
    host.hear_now(2, heartbeat(5));
    let ready = host.node.ready().expect("entries to apply");
    let rest = ready.apply.expect("committed and synced");
    assert_eq!(names(&rest.entries), [at(1, 3), at(1, 4), at(1, 5)]);
    assert_eq!(rest.last(), Index(5));
    assert!(!host.node.has_ready());
}

/// An overwrite takes back what was synced, never what was handed out: the one lies above the
/// commit index, the other below.
#[test]
fn an_overwrite_leaves_what_was_applied() {
    let mut host = Host::follower(1, &[1, 1, 1, 1]);
    host.hear_now(2, heartbeat(2));
    host.pump();
    host.hear(3, 2, append(at(1, 2), run(3, &[2]), 3)).expect("of a new leader");
    let status = host.status();
    assert_eq!((status.applied, status.synced, status.committed), (Index(2), Index(2), Index(3)));
    host.pump();
    assert_eq!(host.applied.len(), 2);
    assert_eq!(host.wanted(), Some(SyncWanted::Gated));
    host.settle();
    assert_eq!(names(&host.applied)[2], at(2, 3));
}

/// A restarted node goes on where its state machine is.
#[test]
fn after_a_restart_the_rest_is_handed_out() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    host.hear_now(2, heartbeat(3));
    host.settle();
    let image = host.images.last().expect("the last write").clone();
    let mut host = Host::with(config(ME), image, Machine { applied: Index(2), ..Machine::of(3) });
    assert_eq!(host.status().applied, Index(2));
    host.pump();
    assert_eq!(names(&host.applied), [at(1, 1), at(1, 2), at(1, 3)]);
}
