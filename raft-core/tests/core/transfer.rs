//! Handing over the office (R20).

use syncline_raft::{
    Body, Candidacy, Config, Index, ProposeChangeError, ProposeError, Proposed, RoleKind, Term,
    TransferError,
};

use crate::util::*;

/// A leader of three of which node 2 has the whole log and node 3 none.
fn leader_with(config: Config) -> Host {
    let mut host = Host::leader_with(config, 3);
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    host.said();
    host
}

fn leader() -> Host {
    leader_with(config(ME))
}

/// R20: whoever has the whole log is told at once.
#[test]
fn a_level_follower_is_told_at_once() {
    let mut host = leader();
    host.node.transfer_leader(id(2)).expect("a voter");
    assert_eq!(host.node.transferee(), Some(id(2)));
    assert_eq!(host.told(2), [Body::TimeoutNow]);
    host.node.transfer_leader(id(2)).expect("the same again");
    host.hear_now(2, accepted(1));
    assert_eq!(host.said(), [], "once");
}

/// R20: whoever has not is told when it has; what matters is the last entry, not the committed one.
#[test]
fn a_follower_that_lags_is_told_when_it_is_level() {
    let mut host = leader();
    host.propose();
    host.settle();
    host.hear_now(2, accepted(2));
    host.said();
    host.node.transfer_leader(id(3)).expect("a voter");
    assert_eq!(host.said(), []);
    host.hear_now(3, accepted(1));
    assert!(!host.told(3).contains(&Body::TimeoutNow));
    host.hear_now(3, accepted(2));
    assert!(host.told(3).contains(&Body::TimeoutNow));
}

/// R20: no proposals meanwhile, else the other one would never be level.
#[test]
fn no_proposal_is_taken_during_a_transfer() {
    let mut host = leader();
    host.node.transfer_leader(id(3)).expect("a voter");
    let busy = ProposeError::Transferring { to: id(3) };
    assert_eq!(host.node.propose([0].into()), Err(busy));
    assert_eq!(host.node.propose_change(add(4)), Err(ProposeChangeError::Refused(busy)));
    host.hear_now(2, Body::Propose(vec![entry(1, 1).payload]));
    assert_eq!(host.status().appended, Index(1), "not from others either");
    host.node.abort_transfer();
    assert_eq!(host.node.transferee(), None);
    assert_eq!(host.node.propose([0].into()), Ok(Proposed::Appended(at(1, 2))));
}

/// The other one may be dead, so it is given up after an election timeout.
#[test]
fn a_transfer_is_given_up_after_an_election_timeout() {
    let mut host = leader();
    host.node.transfer_leader(id(3)).expect("a voter");
    for _ in 0..9 {
        host.node.tick();
        assert_eq!(host.node.transferee(), Some(id(3)));
    }
    host.node.tick();
    assert_eq!(host.node.transferee(), None);
    host.node.propose([0].into()).expect("it leads on");
}

/// Another one may be named meanwhile; the first is not told any more.
#[test]
fn another_transferee_takes_the_place_of_the_first() {
    let mut host = leader();
    host.node.transfer_leader(id(3)).expect("a voter");
    host.node.transfer_leader(id(2)).expect("a voter");
    assert_eq!(host.said(), [Body::TimeoutNow]);
    host.hear_now(3, accepted(1));
    assert!(!host.said().contains(&Body::TimeoutNow));
}

#[test]
fn only_a_leader_transfers_and_only_to_another_voter() {
    let mut host = Host::follower(1, &[1]);
    assert_eq!(host.node.transfer_leader(id(2)), Err(TransferError::NotLeader));
    assert_eq!(host.node.transferee(), None);
    host.node.abort_transfer();
    let mut machine = Machine::of(3);
    machine.membership.learners = ids(&[4]);
    let mut host = Host::with(config(ME), Image::default(), machine);
    host.campaign_and_win();
    for to in [1, 4, 9] {
        let refusal = TransferError::NotAnotherVoter { to: id(to) };
        assert_eq!(host.node.transfer_leader(id(to)), Err(refusal));
    }
    assert_eq!(host.node.transferee(), None);
}

/// A transferee that is removed, or loses its vote, is not waited for.
#[test]
fn a_transfer_to_a_member_that_is_removed_is_over() {
    for change in [remove(3), learn(3)] {
        let mut host = leader();
        host.node.propose_change(change).expect("it applies");
        host.settle();
        host.node.transfer_leader(id(3)).expect("still a voter");
        host.hear_now(2, accepted(2));
        host.settle();
        assert!(!host.membership().is_voter(id(3)));
        assert_eq!(host.node.transferee(), None);
        host.hear_now(3, accepted(2));
        assert!(!host.said().contains(&Body::TimeoutNow));
        host.node.propose([0].into()).expect("it leads on");
    }
}

/// R20: whoever is asked campaigns at once, whatever it has promised, without asking beforehand, and
/// its request waits for its sync like any other.
#[test]
fn whoever_is_asked_to_takes_over_at_once() {
    let mut host = Host::follower_with(usual(ME), 1, &[1]);
    host.hear_now(2, heartbeat(0));
    host.hear_now(2, Body::TimeoutNow);
    let status = host.status();
    assert_eq!((status.role, status.term), (RoleKind::Candidate, Term(2)));
    let requests = |said: Vec<Body>| -> Vec<Candidacy> {
        let vote = |body| if let Body::Vote(candidacy) = body { Some(candidacy) } else { None };
        said.into_iter().filter_map(vote).collect()
    };
    assert_eq!(requests(host.said()), [], "not before its vote is synced");
    host.sync();
    let expected = Candidacy { is_transfer: true, ..candidacy(at(1, 1)) };
    assert_eq!(requests(host.said()), [expected; 2]);
}

/// R20: nobody's promise stands against an election that a leader asked for; everything else does.
#[test]
fn a_promise_does_not_stand_against_a_transfer() {
    let ask = |term, last| {
        let mut host = Host::follower_with(usual(ME), 3, &[1, 3]);
        let candidacy = Candidacy { is_transfer: true, ..candidacy(last) };
        host.hear(3, term, Body::Vote(candidacy)).expect("a candidate");
        host.settle();
        host.told(3)
    };
    assert_eq!(ask(4, at(3, 2)), [GRANT]);
    assert_eq!(ask(4, at(3, 1)), [REFUSAL], "its log is older");
    assert_eq!(ask(3, at(2, 9)), [REFUSAL], "in the term of the leader");
    assert_eq!(ask(2, at(1, 9)), [alive(0)], "its term is over");
}

/// Whoever must not campaign stays where it is.
#[test]
fn whoever_must_not_campaign_does_not_take_over() {
    let mut machine = Machine::of(3);
    (machine.membership.voters, machine.membership.learners) = (ids(&[2, 3]), ids(&[1]));
    let mut host = Host::with(config(ME), Image::default(), machine);
    host.hear(2, 1, Body::TimeoutNow).expect("of a leader");
    assert_eq!((host.status().role, host.status().leader), (RoleKind::Follower, Some(id(2))));

    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, Body::Snapshot(snapshot(at(1, 5))));
    host.hear_now(2, Body::TimeoutNow);
    assert_eq!(host.status().role, RoleKind::Follower, "R15: a snapshot is not applied");

    let mut host = Host::follower(1, &[1]);
    host.is_slow = true;
    let change = change_entry(at(1, 2), add(4));
    host.hear_now(2, append(at(1, 1), vec![change], 2));
    host.settle();
    host.hear_now(2, Body::TimeoutNow);
    assert_eq!(host.status().role, RoleKind::Follower, "R18: a committed change is not applied");
    while host.work_once() {}
    host.hear_now(2, Body::TimeoutNow);
    assert_eq!(host.status().role, RoleKind::Candidate);

    let mut host = Host::follower(2, &[1]);
    host.hear(2, 1, Body::TimeoutNow).expect("late");
    assert_eq!(host.status().role, RoleKind::Follower, "of an older term");
}

/// A whole transfer in a usual cluster: promises, pre-vote and all.
#[test]
fn an_office_is_handed_over() {
    let mut cluster = Cluster::usual(3);
    cluster.elect(1);
    cluster.tick(4);
    cluster.propose(1, "a");
    cluster.host(1).node.transfer_leader(id(3)).expect("a voter");
    cluster.settle();
    assert_eq!(cluster.leader(), Some(3));
    assert_eq!(cluster.host(1).status().leader, Some(id(3)));
    cluster.propose(3, "b");
    cluster.tick(4);
    assert_eq!(cluster.applied(1).len(), 4, "two no-ops, a and b");
    assert_eq!(cluster.applied(1), cluster.applied(2));
}
