//! `ready`, `advance` and `synced`: any number of Readys, one sync for many writes.

use syncline_raft::{AdvanceError, AppliedError, Index, RoleKind, SyncedError};

use crate::util::*;

/// Five proposals, five Readys, none of them advanced; a Ready never repeats what another had.
#[test]
fn any_number_of_readys_may_be_outstanding() {
    let mut host = Host::leader();
    for number in 0..5 {
        host.node.propose(vec![number].into()).expect("it leads");
        assert!(host.take(), "a Ready while {} writes are outstanding", host.images.len() - 1);
        assert!(!host.take(), "nothing is handed out twice");
    }
    // The vote, the no-op, five proposals.
    assert_eq!(host.images.len(), 1 + 7);
    let status = host.status();
    assert_eq!((status.issued, status.advanced, status.synced), (Index(6), Index(0), Index(0)));
}

/// A Ready asks for nothing in return: whoever takes none for a while loses nothing.
#[test]
fn what_is_proposed_between_two_readys_is_one_write() {
    let mut host = Host::leader();
    for number in 0..5 {
        host.node.propose(vec![number].into()).expect("it leads");
    }
    assert!(host.take());
    assert!(!host.take());
    assert_eq!(names(&host.images[3].entries).len(), 6);
}

#[test]
fn writes_are_advanced_in_order_or_refused() {
    let mut host = Host::leader();
    host.node.propose([0].into()).expect("it leads");
    host.pump();
    let before = format!("{:?}", host.node);
    let refused = |host: &mut Host, write| host.node.advance(seq(write)).expect_err("out of order");
    assert_eq!(refused(&mut host, 1), AdvanceError::OutOfOrder { found: seq(1), expected: 2 });
    assert_eq!(refused(&mut host, 3), AdvanceError::OutOfOrder { found: seq(3), expected: 2 });
    assert_eq!(refused(&mut host, 4), AdvanceError::NotIssued { found: seq(4), issued: 3 });
    let beyond = AdvanceError::NotIssued { found: seq(u64::MAX), issued: 3 };
    assert_eq!(refused(&mut host, u64::MAX), beyond);
    assert_eq!(format!("{:?}", host.node), before, "a refused call changes nothing");
    host.node.advance(seq(2)).expect("the next one");
    host.node.advance(seq(3)).expect("the next one");
    let again = AdvanceError::OutOfOrder { found: seq(3), expected: 4 };
    assert_eq!(refused(&mut host, 3), again);
}

#[test]
fn what_was_never_advanced_cannot_be_synced() {
    let mut host = Host::leader();
    let refused = |host: &mut Host, write| host.node.synced(seq(write)).expect_err("not advanced");
    let before = format!("{:?}", host.node);
    assert_eq!(refused(&mut host, 2), SyncedError::NotAdvanced { found: seq(2), advanced: 1 });
    let never = SyncedError::NotAdvanced { found: seq(u64::MAX), advanced: 1 };
    assert_eq!(refused(&mut host, u64::MAX), never);
    assert_eq!(format!("{:?}", host.node), before, "a refused call changes nothing");
    host.node.advance(seq(2)).expect("the next one");
    host.node.synced(seq(2)).expect("it is advanced now");
}

/// The reason for the library: many Readys, one sync, one call.
#[test]
fn a_sync_may_skip_numbers() {
    let mut host = Host::leader();
    for number in 0..5 {
        host.node.propose(vec![number].into()).expect("it leads");
        host.pump();
    }
    host.advance();
    assert_eq!(host.status().advanced, Index(6));
    assert_eq!(host.node.synced_index(), Index(0), "advanced is not synced");
    host.sync_to(5);
    assert_eq!(host.node.synced_index(), Index(4));
    host.sync_to(7);
    assert_eq!(host.node.synced_index(), Index(6));
}

#[test]
fn an_old_number_says_nothing_new() {
    let mut host = Host::leader();
    host.node.propose([0].into()).expect("it leads");
    host.pump();
    host.sync();
    let before = format!("{:?}", host.node);
    for write in [3, 2, 1, 3] {
        host.sync_to(write);
        assert_eq!(format!("{:?}", host.node), before);
    }
}

/// `advance` moves the storage view and nothing else: no promise leaves, nothing counts.
#[test]
fn a_write_that_is_only_advanced_counts_nowhere() {
    let mut host = Host::follower(1, &[1]);
    host.hear(2, 1, append(at(1, 1), run(2, &[1, 1]), 3)).expect("of the leader");
    assert_eq!(host.said(), [], "the acknowledgement waits");
    host.advance();
    assert_eq!(host.said(), []);
    assert_eq!(names(&host.applied), [at(1, 1)], "only what is synced is applied");
    host.sync();
    assert_eq!(host.said(), [accepted(3)]);
    assert_eq!(host.applied.len(), 3);
}

#[test]
fn only_what_was_handed_out_is_applied_and_never_backwards() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    host.hear_now(2, heartbeat(2));
    let ready = host.node.ready().expect("entries to apply");
    assert_eq!(ready.apply.expect("committed and synced").last(), Index(2));
    let above = AppliedError::NotHandedOut { found: Index(3), handed_out: Index(2) };
    assert_eq!(host.node.applied(Index(3)), Err(above));
    assert_eq!(host.node.applied(Index(1)), Ok(()), "one by one, if the machine is slow");
    assert_eq!(host.node.applied(Index(1)), Ok(()));
    let below = AppliedError::Backwards { found: Index(0), applied: Index(1) };
    assert_eq!(host.node.applied(Index(0)), Err(below));
    assert_eq!(host.node.applied(Index(2)), Ok(()));
}

/// R4: after a failed sync there is no node left that could be asked to try again. What remains is
/// a last look.
#[test]
fn a_failed_sync_consumes_the_node() {
    let mut host = Host::leader();
    host.advance();
    let last = host.status();
    let poisoned = host.node.sync_failed();
    assert_eq!(poisoned.last_status, last);
    assert_eq!(poisoned.last_status.role, RoleKind::Leader);
    assert_eq!(poisoned.last_status.synced, Index(0));
}

/// Clones go the same way: there is nothing in a node but its state.
#[test]
fn a_clone_does_what_its_original_does() {
    let mut one = Host::follower(1, &[1, 1]);
    let mut other = one.clone();
    for host in [&mut one, &mut other] {
        host.hear(3, 2, append(at(1, 1), run(2, &[2]), 1)).expect("of a new leader");
        host.settle();
        for _ in 0..100 {
            host.node.tick();
        }
    }
    assert_eq!(format!("{:?}", one.node), format!("{:?}", other.node));
    assert_eq!(one.sent(), other.sent());
}
