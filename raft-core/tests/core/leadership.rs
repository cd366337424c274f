//! R11 and the way to office: who leads, on the strength of what, and what an old office leaves.

use syncline_raft::{CampaignError, Index, ProposeError, RoleKind, Term};

use crate::util::*;

/// A leader begins with its whole log synced, because its vote waited for it. What it appends then
/// counts when it is synced, no earlier.
#[test]
fn a_new_leader_counts_what_it_has_synced() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1, 1]), 0));
    host.pump();
    host.campaign_and_win();
    let status = host.status();
    assert_eq!((status.appended, status.synced), (Index(4), Index(3)));
    host.hear_now(2, accepted(4));
    assert_eq!(host.status().committed, Index(0), "its no-op is not synced");
    host.sync();
    assert_eq!(host.status().committed, Index(4));
}

/// A completion of the time before the election speaks of what was written then.
#[test]
fn a_completion_of_an_earlier_life_as_a_follower_is_no_copy_of_the_leaders() {
    let mut host = Host::leader();
    host.advance();
    host.sync_to(1);
    assert_eq!(host.node.synced_index(), Index(0));
    host.hear_now(2, accepted(1));
    assert_eq!(host.status().committed, Index(0));
}

/// Node 2 acknowledged three entries to this node when it led term 1. In term 3 node 2 may have lost
/// nothing, but it was another leadership: its answer is late and counts for nothing.
#[test]
fn an_acknowledgement_of_an_earlier_leadership_counts_for_nothing() {
    let mut host = Host::leader();
    host.settle();
    host.hear(3, 2, heartbeat(0)).expect("of another leader");
    host.settle();
    host.campaign_and_win();
    host.settle();
    assert_eq!(host.status().term, Term(3));
    host.hear(2, 1, accepted(1)).expect("late, and ignored");
    host.hear(2, 1, accepted(9)).expect("late, whatever it says");
    assert_eq!(host.status().committed, Index(0));
    host.hear_now(2, accepted(2));
    assert_eq!(host.status().committed, Index(2));
}

#[test]
fn a_vote_counts_once_and_only_in_its_term() {
    let mut host = Host::new(5);
    host.node.campaign().expect("it may campaign");
    host.settle();
    host.node.campaign().expect("again");
    host.settle();
    host.hear(2, 1, GRANT).expect("late, and ignored");
    for _ in 0..3 {
        host.hear_now(3, GRANT);
    }
    assert_eq!(host.status().role, RoleKind::Candidate, "its own vote and that of node 3");
    host.hear_now(4, GRANT);
    assert_eq!(host.status().role, RoleKind::Leader);
}

#[test]
fn a_candidate_that_cannot_win_follows() {
    let mut host = Host::new(3);
    host.node.campaign().expect("it may campaign");
    host.settle();
    host.hear_now(2, REFUSAL);
    assert_eq!(host.status().role, RoleKind::Candidate);
    host.hear_now(2, GRANT);
    assert_eq!(host.status().role, RoleKind::Candidate, "the first answer of node 2 counts");
    host.hear_now(3, REFUSAL);
    assert_eq!(host.status().role, RoleKind::Follower);
}

/// Raft paper, section 5.4.1: the later last term wins, then the longer log.
#[test]
fn a_vote_goes_to_no_older_log() {
    let granted = |last| {
        let mut host = Host::follower(2, &[1, 2]);
        host.hear(3, 3, vote(last)).expect("a candidate");
        host.settle();
        host.said().contains(&GRANT)
    };
    assert!(granted(at(2, 2)));
    assert!(granted(at(2, 3)));
    assert!(!granted(at(2, 1)));
    assert!(!granted(at(1, 9)), "longer, but of an older term");
    let mut ahead = Host::follower(2, &[1, 2]);
    ahead.hear(3, 4, vote(at(3, 1))).expect("a candidate");
    ahead.settle();
    assert!(ahead.said().contains(&GRANT), "shorter, but of a later term");
}

/// R12: the whole log is looked at, although its last entry is not even issued, let alone written.
#[test]
fn a_vote_and_an_append_are_weighed_against_what_is_not_yet_written() {
    let mut host = Host::follower(1, &[1]);
    host.hear(2, 2, append(at(1, 1), run(2, &[2]), 0)).expect("of a leader");
    assert_eq!((host.status().appended, host.status().issued), (Index(2), Index(1)));
    let mut asked = host.clone();
    asked.hear(3, 3, vote(at(1, 1))).expect("a candidate");
    asked.settle();
    assert!(asked.said().contains(&REFUSAL), "its log lacks the entry");
    host.hear(2, 2, append(at(2, 2), run(3, &[2]), 0)).expect("of the same leader");
    host.hear(3, 3, append(at(1, 1), run(2, &[3]), 0)).expect("of a new leader");
    host.hear(3, 3, append(at(2, 3), run(4, &[3]), 0)).expect("late, after a cut entry");
    assert_eq!(host.status().appended, Index(2), "the entry that it follows is gone");
}

/// One vote in a term, whoever else asks, and also after a restart.
#[test]
fn a_vote_is_given_once() {
    let mut host = Host::new(3);
    host.hear(2, 1, vote(at(0, 0))).expect("a candidate");
    host.settle();
    assert_eq!(host.said(), [GRANT]);
    host.hear(3, 1, vote(at(0, 0))).expect("another candidate");
    assert_eq!(host.said(), [REFUSAL]);
    let mut host = host.crash(1);
    host.hear(3, 1, vote(at(0, 0))).expect("asked once more");
    assert_eq!(host.said(), [REFUSAL]);
    host.hear(2, 1, vote(at(0, 0))).expect("asked once more");
    assert_eq!(host.said(), [GRANT]);
}

/// Whoever knows the leader of a term gives its vote in that term to nobody else.
#[test]
fn a_node_with_a_leader_refuses_its_vote() {
    let mut host = Host::new(3);
    host.hear(2, 1, heartbeat(0)).expect("of the leader");
    host.settle();
    host.said();
    host.hear(3, 1, vote(at(0, 0))).expect("a candidate of the same term");
    assert_eq!(host.said(), [REFUSAL]);
}

#[test]
fn a_later_term_ends_every_office() {
    for later in [heartbeat(0), vote(at(0, 0)), accepted(1), GRANT, rejected(1, at(0, 0))] {
        let mut host = Host::leader();
        host.hear(2, 9, later).expect("of a later term");
        let status = host.status();
        assert_eq!((status.role, status.term), (RoleKind::Follower, Term(9)));
    }
}

/// Whoever still acts in an older term learns of the newer one from the answer.
#[test]
fn an_older_term_is_answered_with_the_newer() {
    let mut host = Host::follower(5, &[5]);
    for (older, answer) in [
        (heartbeat(0), alive(0)),
        (vote(at(3, 9)), alive(0)),
        (append(at(4, 9), vec![], 2), rejected(9, at(0, 0))),
    ] {
        host.hear(3, 4, older).expect("of an older term");
        let sent = host.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!((sent[0].to, sent[0].term), (id(3), Term(5)));
        assert_eq!(sent[0].body, answer);
    }
    for older in [accepted(1), GRANT, REFUSAL, rejected(1, at(0, 0))] {
        host.hear(3, 4, older).expect("of an older term");
        assert_eq!(host.sent(), [], "an answer is not answered");
    }
    assert_eq!(host.status().committed, Index(0));
}

/// The bug: node 1 was asked for its vote in term 1 and in term 2, and the older request came last,
/// while the grant of term 2 waited for the disk. It was refused with a message of term 2, which
/// left at once; the candidate of term 2 took that for its answer, and did not count the grant.
#[test]
fn a_late_request_does_not_spoil_the_vote_in_a_later_term() {
    let mut candidate = Host::new(3);
    candidate.node.campaign().expect("it may campaign");
    candidate.settle();
    let late = candidate.sent();
    candidate.node.campaign().expect("again, since nobody answers");
    candidate.settle();
    let mut voter = Host::with(config(2), Image::default(), Machine::of(3));
    for request in candidate.sent().into_iter().chain(late).filter(|m| m.to == id(2)) {
        voter.node.step(request).expect("of a candidate");
    }
    for answer in voter.sent() {
        candidate.node.step(answer).expect("of a voter");
    }
    voter.sync();
    for answer in voter.sent() {
        candidate.node.step(answer).expect("of a voter");
    }
    assert_eq!(candidate.status().role, RoleKind::Leader);
}

#[test]
fn only_a_leader_takes_proposals_and_says_who_does() {
    let mut host = Host::new(3);
    let refused = |host: &mut Host| host.node.propose([0].into()).expect_err("no leader");
    assert_eq!(refused(&mut host), ProposeError::NotLeader { leader: None });
    host.hear(2, 1, heartbeat(0)).expect("of the leader");
    assert_eq!(refused(&mut host), ProposeError::NotLeader { leader: Some(id(2)) });
    host.node.campaign().expect("it may campaign");
    assert_eq!(refused(&mut host), ProposeError::NotLeader { leader: None });
}

#[test]
fn a_leader_and_a_node_without_a_vote_do_not_campaign() {
    let mut host = Host::leader();
    assert_eq!(host.node.campaign(), Err(CampaignError::AlreadyLeader));
    let mut host = Host::with(config(9), Image::default(), Machine::of(3));
    assert_eq!(host.node.campaign(), Err(CampaignError::NotAVoter));
    for _ in 0..1000 {
        host.node.tick();
    }
    assert_eq!(host.status().role, RoleKind::Follower);
}

/// The cluster finds a new leader when the old one is gone, and the old one follows when it is back.
#[test]
fn a_cluster_replaces_a_lost_leader() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.cut = vec![1];
    cluster.propose(1, "lost");
    cluster.tick(60);
    let leads =
        |cluster: &mut Cluster, number| cluster.host(number).status().role == RoleKind::Leader;
    let new = if leads(&mut cluster, 2) { 2 } else { 3 };
    assert!(leads(&mut cluster, new));
    cluster.propose(new, "b");
    cluster.settle();
    cluster.cut.clear();
    cluster.tick(10);
    assert_eq!(cluster.host(1).status().role, RoleKind::Follower);
    assert_eq!(cluster.applied(1), cluster.applied(new));
    assert_eq!(cluster.applied(1).len(), 4, "two no-ops, a and b");
}
