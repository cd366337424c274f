//! Promises that wait inside the node for the write that carries what they promise.

use syncline_raft::{Body, HardState, Index, RoleKind, SyncWanted, Term};

use crate::util::*;

/// Why `MsgVote` waits: a candidate that loses power after asking would otherwise run twice in one
/// term, with two different logs.
#[test]
fn a_vote_request_waits_for_the_term_and_the_log_that_it_advertises() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1, 1]), 0));
    host.pump();
    host.node.campaign().expect("it may campaign");
    assert_eq!(host.said(), []);
    host.advance();
    host.sync_to(2);
    assert_eq!(host.said(), [], "the log is synced, the vote is not");
    host.sync_to(3);
    assert_eq!(host.said(), [vote(at(1, 3)), vote(at(1, 3))]);
    let kept = host.images[3].hard_state;
    assert_eq!(kept, HardState { term: Term(2), vote: Some(id(1)), commit: Index(0) });
}

/// The own vote too: with one voter it wins at once, and a leader's first message is a promise.
#[test]
fn the_own_vote_waits() {
    let mut host = Host::new(1);
    host.node.campaign().expect("it may campaign");
    host.pump();
    host.advance();
    assert_eq!(host.status().role, RoleKind::Candidate);
    host.sync();
    assert_eq!(host.status().role, RoleKind::Leader);
}

#[test]
fn a_grant_waits_and_a_refusal_does_not() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear(3, 2, vote(at(1, 1))).expect("a candidate with a shorter log");
    assert_eq!(host.said(), [REFUSAL], "it promises nothing, though the term is not synced");
    host.sync();
    host.hear(2, 2, vote(at(1, 2))).expect("a candidate of the term that is synced now");
    host.pump();
    host.advance();
    assert_eq!(host.said(), []);
    host.sync();
    assert_eq!(host.said(), [GRANT]);
    let kept = host.images.last().expect("the vote").hard_state;
    assert_eq!((kept.term, kept.vote), (Term(2), Some(id(2))));
    host.hear(2, 2, vote(at(1, 2))).expect("the same request once more");
    assert_eq!(host.said(), [GRANT], "what it says is synced: it leaves at once");
}

#[test]
fn an_acknowledgement_waits_and_a_rejection_does_not() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear_now(2, append(at(1, 5), run(6, &[1]), 0));
    assert_eq!(host.said(), [rejected(5, at(1, 2))]);
    host.hear_now(2, append(at(1, 2), run(3, &[1]), 0));
    host.advance();
    assert_eq!(host.said(), []);
    host.sync();
    assert_eq!(host.said(), [accepted(3)]);
}

/// A leader of a new term sends only what its follower has already: there is no entry to sync, but
/// the acknowledgement is one of the new term, which must not be forgotten (R1).
#[test]
fn an_acknowledgement_waits_for_the_term_even_without_entries() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear(3, 2, append(at(0, 0), run(1, &[1, 1]), 0)).expect("all of it known");
    assert_eq!(host.said(), []);
    host.sync();
    assert_eq!(host.said(), [accepted(2)]);
}

/// An append that arrives late is answered with the commit index. That is an acknowledgement like
/// any other, and the part of the log that it speaks of may be unsynced.
#[test]
fn a_late_append_is_acknowledged_only_when_what_is_committed_is_synced() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1, 1]), 3));
    host.hear_now(2, append(at(0, 0), run(1, &[1]), 1));
    assert_eq!(host.said(), []);
    host.sync();
    assert_eq!(host.said(), [accepted(3)], "one answer covers both");
    host.hear_now(2, append(at(0, 0), run(1, &[1, 1]), 1));
    assert_eq!(host.said(), [accepted(3)], "at once");
}

/// The write that an acknowledgement needs is that of its own entries: what came after them does
/// not hold it up, and a commit index never does.
#[test]
fn a_promise_waits_for_its_own_write_and_no_later_one() {
    let mut host = Host::follower(1, &[1]);
    for index in 2..=4 {
        host.hear_now(2, append(at(1, index - 1), run(index, &[1]), 0));
        host.pump();
    }
    host.hear_now(2, heartbeat(4));
    assert_eq!(host.said(), [alive(1)], "a heartbeat is answered at once");
    host.advance();
    assert_eq!(host.images.len(), 6, "three entries and a commit index");
    for (write, index) in [(2, 2), (3, 3), (4, 4)] {
        host.sync_to(write);
        assert_eq!(host.said(), [accepted(index)]);
    }
    assert_eq!(host.wanted(), None);
}

/// An answer that speaks of synced entries only does not wait for those behind them.
#[test]
fn what_is_synced_is_acknowledged_whatever_comes_after_it() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear_now(2, append(at(1, 2), run(3, &[1]), 0));
    host.hear_now(2, append(at(0, 0), run(1, &[1, 1]), 0));
    assert_eq!(host.said(), [accepted(2)]);
    host.sync();
    assert_eq!(host.said(), [accepted(3)]);
}

/// What is already synced is acknowledged at once, although a commit-only write is not.
#[test]
fn nothing_ever_waits_for_a_commit_index() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear_now(2, heartbeat(1));
    host.pump();
    host.hear_now(2, append(at(1, 2), vec![], 2));
    let said = host.said();
    assert_eq!(said, [alive(1), accepted(2)]);
    assert_eq!(host.synced, 1, "the commit indexes are unsynced");

    // Nor does the answer to an append that comes again once a commit index was written after it.
    host.hear_now(2, append(at(1, 2), run(3, &[1]), 2));
    host.pump();
    let entry = host.images.len() - 1;
    host.hear_now(2, heartbeat(3));
    host.pump();
    host.hear_now(2, append(at(1, 2), run(3, &[1]), 2));
    host.advance();
    assert!(entry < host.advanced, "a commit index was written after the entry");
    assert_eq!(host.said(), [alive(1)]);
    host.sync_to(entry);
    assert_eq!(host.said(), [accepted(3)]);
    host.sync();
    assert_eq!(host.said(), []);
}

/// A follower with a hung disk is sent the same entries again and again. It keeps one answer.
#[test]
fn an_acknowledgement_covers_those_before_it() {
    let mut host = Host::follower(1, &[1]);
    for last in 2..=9 {
        host.hear_now(2, append(at(1, last - 1), run(last, &[1]), 0));
    }
    for last in 2..=9 {
        host.hear_now(2, append(at(1, last - 1), run(last, &[1]), 0));
    }
    host.pump();
    let hung = format!("{:?}", host.node).len();
    for _ in 0..1000 {
        host.hear_now(2, append(at(1, 8), run(9, &[1]), 0));
        host.hear_now(2, append(at(1, 1), run(2, &[1]), 0));
    }
    assert_eq!(host.said(), []);
    assert!(format!("{:?}", host.node).len() <= hung, "the queue is bounded");
    host.sync();
    assert_eq!(host.said(), [accepted(9)]);
}

/// The bug: a candidate's request that the network repeats was answered once per copy, and the
/// queue of a voter with a hung disk grew with every copy.
#[test]
fn a_vote_that_is_asked_for_again_waits_once() {
    let mut host = Host::new(3);
    for _ in 0..1000 {
        host.hear(2, 1, vote(at(0, 0))).expect("a candidate");
    }
    assert_eq!(host.said(), []);
    host.sync();
    assert_eq!(host.said(), [GRANT]);
}

/// What was promised to the leader of one term says nothing to that of another.
#[test]
fn a_change_of_term_drops_what_waits() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1]), 0));
    host.pump();
    host.hear(3, 2, heartbeat(0)).expect("of a new leader");
    assert_eq!(host.said(), [alive(1)]);
    host.sync();
    assert_eq!(host.said(), [], "term 1 is over");
}

#[test]
fn a_grant_of_an_older_term_is_dropped() {
    let mut host = Host::new(3);
    host.hear(2, 1, vote(at(0, 0))).expect("a candidate");
    host.pump();
    host.hear(3, 2, vote(at(0, 0))).expect("a candidate of the next term");
    host.pump();
    assert_eq!(host.wanted(), Some(SyncWanted::Vote));
    host.sync();
    let sent = host.sent();
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert_eq!((sent[0].to, sent[0].term, sent[0].body.clone()), (id(3), Term(2), GRANT));
}

/// Another candidate has won the term while this one's requests still wait for the disk.
#[test]
fn the_requests_of_a_candidacy_that_ended_never_leave() {
    let mut host = Host::new(3);
    host.node.campaign().expect("it may campaign");
    host.pump();
    host.hear_now(2, heartbeat(0));
    assert_eq!(host.status().role, RoleKind::Follower);
    assert_eq!(host.wanted(), Some(SyncWanted::Bytes), "no vote waits any more");
    host.sync();
    assert_eq!(host.said(), [alive(1)]);
    assert_eq!(host.status().role, RoleKind::Follower, "its own vote is void as well");
    assert_eq!(host.status().vote, Some(id(1)), "but given");
}

#[test]
fn the_requests_of_an_older_candidacy_never_leave() {
    let mut host = Host::new(3);
    host.node.campaign().expect("it may campaign");
    host.pump();
    host.node.campaign().expect("it may campaign again");
    host.pump();
    host.advance();
    host.sync_to(1);
    assert_eq!(host.said(), []);
    assert_eq!(host.status().role, RoleKind::Candidate);
    host.sync();
    let sent = host.sent();
    assert!(sent.iter().all(|message| message.term == Term(2)), "{sent:?}");
    assert_eq!(sent.len(), 2);
}

/// A leader replicates what it has not synced itself: that promises nothing.
#[test]
fn replication_and_heartbeats_wait_for_nothing() {
    let mut host = Host::leader();
    host.hear_now(2, accepted(0));
    host.node.propose([0].into()).expect("it leads");
    let said = host.said();
    assert!(
        said.iter().any(|body| matches!(body, Body::Append { entries, .. } if entries.len() == 2))
    );
    host.node.tick();
    host.node.tick();
    assert_eq!(host.said(), [heartbeat(0), heartbeat(0)]);
    assert_eq!(host.node.synced_index(), Index(0));
}
