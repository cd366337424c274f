//! Pre-vote: who asks before it enters a term disturbs nobody (thesis, section 9.6).

use syncline_raft::{Body, Config, Index, LogId, RoleKind, StepError, Term};

use crate::util::*;

/// Asks before it enters a term, and keeps no promise.
fn asking(me: u64) -> Config {
    Config { pre_vote: true, ..config(me) }
}

fn new() -> Host {
    Host::with(asking(ME), Image::default(), Machine::of(3))
}

fn consent(host: &mut Host, from: u64) {
    let next = host.status().term.0 + 1;
    host.hear(from, next, CONSENT).expect("of a voter");
}

/// It asks about the next term at once, since that promises nothing, and enters it once a majority
/// consents.
#[test]
fn a_node_asks_before_it_enters_a_term() {
    let mut host = new();
    host.node.campaign().expect("it may campaign");
    let status = host.status();
    assert_eq!((status.role, status.term), (RoleKind::PreCandidate, Term(0)));
    let sent = host.sent();
    assert_eq!(sent.iter().map(|message| message.term).collect::<Vec<_>>(), [Term(1); 2]);
    assert!(sent.iter().all(|message| message.body == pre_vote(at(0, 0))));
    assert_eq!(host.images.len(), 1, "nothing is written");
    assert_eq!(host.wanted(), None);
    consent(&mut host, 3);
    let status = host.status();
    assert_eq!((status.role, status.term), (RoleKind::Candidate, Term(1)));
    assert_eq!(host.said(), [], "the vote itself waits for its sync");
    host.sync();
    assert_eq!(host.said(), [vote(at(0, 0)), vote(at(0, 0))]);
}

#[test]
fn a_node_that_few_would_vote_for_enters_no_term() {
    let mut host = new();
    host.hear(2, 4, heartbeat(0)).expect("of a leader");
    host.node.campaign().expect("it may campaign");
    host.hear_now(2, DISSENT);
    assert_eq!(host.status().role, RoleKind::PreCandidate);
    host.hear_now(2, DISSENT);
    assert_eq!(host.status().role, RoleKind::PreCandidate, "a refusal counts once");
    host.hear_now(3, DISSENT);
    assert_eq!((host.status().role, host.status().term), (RoleKind::Follower, Term(4)));
    host.said();
    let mut asked = Vec::new();
    for _ in 0..200 {
        host.node.tick();
        asked.extend(host.said());
    }
    assert_eq!(host.status().term, Term(4), "nobody answers, and no term is entered");
    assert!(asked.len() >= 2 * 200 / 20, "it keeps asking");
    assert!(asked.iter().all(|body| matches!(body, Body::PreVote(_))));
    (0..200).for_each(|_| host.node.tick());
    assert_eq!(host.said().len(), 2, "what it asks anew before a Ready takes the place of the old");
}

/// Consent to another term is the answer to another question.
#[test]
fn consent_to_another_term_does_not_count() {
    let mut host = new();
    host.hear(2, 4, heartbeat(0)).expect("of a leader");
    host.node.campaign().expect("it may campaign");
    for term in [1, 4, 6, u64::MAX] {
        host.hear(2, term, CONSENT).expect("of a voter");
        host.hear(3, term, CONSENT).expect("of a voter");
        let status = host.status();
        assert_eq!((status.role, status.term), (RoleKind::PreCandidate, Term(4)), "{term}");
    }
    consent(&mut host, 2);
    assert_eq!(host.status().term, Term(5));
}

/// Whoever is asked writes nothing, enters no term, and says who else leads as if nobody had asked.
#[test]
fn an_answer_promises_nothing() {
    let mut host = Host::follower(3, &[1, 3]);
    for _ in 0..3 {
        host.hear(3, 4, pre_vote(at(3, 2))).expect("who asks");
    }
    let status = host.status();
    assert_eq!((status.term, status.vote, status.leader), (Term(3), None, Some(id(2))));
    let sent = host.sent();
    assert_eq!(sent.len(), 3);
    assert!(sent.iter().all(|message| (message.term, &message.body) == (Term(4), &CONSENT)));
    assert_eq!(host.wanted(), None);
}

/// Consent goes to whom a vote would go to. A refusal tells the own term.
#[test]
fn consent_goes_to_no_older_log_and_to_no_older_term() {
    let answer = |term, last: LogId| {
        let mut host = Host::follower(3, &[1, 3]);
        host.hear(3, term, pre_vote(last)).expect("who asks");
        let sent = host.sent();
        assert_eq!(sent.len(), 1);
        (sent[0].term, sent[0].body.clone())
    };
    assert_eq!(answer(4, at(3, 2)), (Term(4), CONSENT));
    assert_eq!(answer(9, at(3, 3)), (Term(9), CONSENT));
    assert_eq!(answer(4, at(3, 1)), (Term(3), DISSENT));
    assert_eq!(answer(4, at(2, 9)), (Term(3), DISSENT));
    assert_eq!(answer(3, at(2, 9)), (Term(3), DISSENT));
    assert_eq!(answer(2, at(1, 9)), (Term(3), DISSENT), "it learns of the newer term");
}

/// A refusal of a newer term is news of it.
#[test]
fn a_refusal_of_a_later_term_is_adopted() {
    let mut host = new();
    host.node.campaign().expect("it may campaign");
    host.hear(2, 7, DISSENT).expect("of a voter");
    let status = host.status();
    assert_eq!((status.role, status.term), (RoleKind::Follower, Term(7)));
}

/// While it only asks, a node is free to vote for somebody who does campaign.
#[test]
fn a_node_that_asks_may_still_vote() {
    let mut host = new();
    host.hear(2, 4, heartbeat(0)).expect("of a leader");
    host.settle();
    host.node.campaign().expect("it may campaign");
    host.said();
    host.hear(3, 4, vote(at(0, 0))).expect("a candidate of the term it is in");
    assert_eq!(host.status().role, RoleKind::Follower);
    host.settle();
    assert!(host.said().contains(&GRANT));
    host.hear(2, 5, CONSENT).expect("late");
    assert_eq!(host.status().role, RoleKind::Follower, "it asks no more");
}

#[test]
fn a_leader_that_is_heard_ends_the_question() {
    let mut host = new();
    host.hear(2, 4, heartbeat(0)).expect("of a leader");
    host.node.campaign().expect("it may campaign");
    assert_eq!(host.status().leader, None);
    host.hear_now(2, heartbeat(0));
    let status = host.status();
    assert_eq!((status.role, status.leader), (RoleKind::Follower, Some(id(2))));
    consent(&mut host, 3);
    assert_eq!(host.status().role, RoleKind::Follower, "it asks no more");
}

/// Nobody else needs to be asked.
#[test]
fn a_single_voter_asks_nobody() {
    let mut host = Host::with(asking(ME), Image::default(), Machine::of(1));
    host.node.campaign().expect("it may campaign");
    assert_eq!((host.status().role, host.status().term), (RoleKind::Candidate, Term(1)));
    host.settle();
    assert_eq!(host.status().role, RoleKind::Leader);
}

/// R7: both the question and the answer name a committed entry, which whoever has it takes over.
#[test]
fn a_question_and_its_answer_tell_what_is_committed() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    let mut candidacy = candidacy(at(1, 3));
    candidacy.committed = at(1, 2);
    host.hear(3, 2, Body::PreVote(candidacy)).expect("who asks");
    assert_eq!(host.status().committed, Index(2));
    candidacy.committed = at(2, 3);
    let beyond = host.hear(3, 3, Body::PreVote(candidacy));
    assert_eq!(beyond, Err(StepError::Malformed), "of a later term than its last entry");
    candidacy.committed = at(0, 3);
    host.hear(3, 3, Body::PreVote(candidacy)).expect("who asks");
    assert_eq!(host.status().committed, Index(2), "another entry lies there");

    let mut host = Host::follower_with(asking(ME), 1, &[1, 1, 1]);
    host.node.campaign().expect("it may campaign");
    let committed = at(1, 3);
    host.hear_now(2, Body::PreVoteResponse { granted: false, committed });
    assert_eq!(host.status().committed, Index(3));
    assert_eq!(host.status().role, RoleKind::PreCandidate);
}

/// A node that was cut off for long comes back, and nothing happens: no term was begun, and no leader
/// is disturbed.
#[test]
fn a_node_that_comes_back_disturbs_nobody() {
    let mut cluster = Cluster::with(3, asking);
    cluster.elect(1);
    cluster.cut = vec![3];
    cluster.tick(100);
    cluster.propose(1, "meanwhile");
    cluster.settle();
    assert_eq!(cluster.host(3).status().term, Term(1));
    cluster.cut.clear();
    cluster.tick(10);
    let status = cluster.host(1).status();
    assert_eq!((status.role, status.term), (RoleKind::Leader, Term(1)));
    assert_eq!(cluster.applied(3), cluster.applied(1));
}
