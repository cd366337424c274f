//! Changes of the membership (R18, R19): when they may be proposed, and when they are active.

use syncline_raft::{
    CampaignError, Change, ChangeError, Index, Membership, MembershipChange, ProposeChangeError,
    Proposed, RoleKind, Transition,
};

use crate::util::*;

/// A leader of nodes 1 to `voters` whose first entry is committed by node 2, and node 3 if needed.
fn leader(voters: u64) -> Host {
    let mut host = Host::leader_with(config(ME), voters);
    host.settle();
    commit_all(&mut host);
    host
}

/// Nodes 2 and 3 acknowledge everything.
fn commit_all(host: &mut Host) {
    host.settle();
    for voter in [2, 3] {
        let last = host.status().appended.0;
        host.hear_now(voter, accepted(last));
        host.settle();
    }
}

fn propose(host: &mut Host, change: MembershipChange) {
    host.node.propose_change(change).expect("it applies");
}

fn enter(changes: &[Change], transition: Transition) -> MembershipChange {
    MembershipChange::Enter { changes: changes.to_vec(), transition }
}

/// Node 1 goes, node 4 comes.
fn replacement(transition: Transition) -> MembershipChange {
    enter(&[Change::Remove(id(3)), Change::AddVoter(id(4))], transition)
}

/// R19: a leader proposes nothing before an entry of its own term is committed, and R18: applied, with
/// everything before it.
#[test]
fn a_new_leader_waits_until_its_log_is_applied() {
    let mut host = Host::follower(1, &[1, 1]);
    host.campaign_and_win();
    host.is_slow = true;
    host.settle();
    let early =
        |applied| Err(ProposeChangeError::TooEarly { barrier: Index(3), applied: Index(applied) });
    assert_eq!(host.node.propose_change(add(4)), early(0));
    host.hear_now(2, accepted(3));
    host.settle();
    assert_eq!(host.status().committed, Index(3));
    assert_eq!(host.node.propose_change(add(4)), early(0), "committed is not applied");
    while host.work_once() {}
    assert_eq!(host.node.propose_change(add(4)), Ok(Proposed::Appended(at(2, 4))));
}

/// R18: one at a time.
#[test]
fn a_second_change_waits_until_the_first_is_applied() {
    let mut host = leader(3);
    propose(&mut host, add(4));
    let early = Err(ProposeChangeError::TooEarly { barrier: Index(2), applied: Index(1) });
    assert_eq!(host.node.propose_change(add(5)), early);
    host.node.propose([0].into()).expect("a command may follow");
    commit_all(&mut host);
    assert_eq!(host.membership(), &voters(4));
    propose(&mut host, add(5));
}

/// R18: it is active when it is applied, not when it is appended or committed.
#[test]
fn a_change_is_active_when_it_is_applied() {
    let mut host = leader(3);
    host.is_slow = true;
    propose(&mut host, add(4));
    host.settle();
    assert_eq!(host.membership(), &voters(3));
    host.hear_now(2, accepted(2));
    host.settle();
    assert_eq!((host.status().committed, host.membership()), (Index(2), &voters(3)));
    assert!(host.node.peers().all(|peer| peer.id != id(4)));
    while host.work_once() {}
    assert_eq!(host.membership(), &voters(4));
    assert!(host.node.peers().any(|peer| peer.id == id(4)));
    host.settle();
    assert!(host.sent().iter().any(|message| message.to == id(4)), "it is sent the log");
    host.propose();
    host.settle();
    host.hear_now(2, accepted(3));
    assert_eq!(host.status().committed, Index(2), "two of four are no quorum");
    host.hear_now(4, accepted(3));
    assert_eq!(host.status().committed, Index(3));
}

/// A follower that has less to ask for a quorum after a removal commits at once.
#[test]
fn fewer_may_be_enough_after_a_removal() {
    let mut host = leader(4);
    propose(&mut host, remove(4));
    host.settle();
    host.propose();
    host.settle();
    host.hear_now(2, accepted(3));
    host.hear_now(3, accepted(2));
    assert_eq!(host.status().committed, Index(2), "entry 3 is on two of four");
    host.settle();
    assert_eq!(host.membership(), &voters(3));
    assert_eq!(host.status().committed, Index(3), "and on two of three");
}

#[test]
fn a_change_that_does_not_apply_is_not_appended() {
    let mut host = leader(3);
    let does_not_apply = |error| Err(ProposeChangeError::DoesNotApply(error));
    let leave = MembershipChange::Leave;
    assert_eq!(host.node.propose_change(leave), does_not_apply(ChangeError::NotJoint));
    let empty = enter(&[], Transition::Auto);
    assert_eq!(host.node.propose_change(empty), does_not_apply(ChangeError::Empty));
    assert_eq!(host.status().appended, Index(1));
}

/// Two votes change: both quorums are needed until the leader has left the joint membership, which it
/// does by itself.
#[test]
fn a_leader_leaves_a_joint_membership_by_itself() {
    for transition in [Transition::Auto, Transition::Implicit] {
        let mut host = leader(3);
        propose(&mut host, replacement(transition));
        commit_all(&mut host);
        assert!(host.membership().is_joint());
        assert_eq!(host.status().appended, Index(3), "it proposes to leave");
        assert_eq!(host.status().committed, Index(2), "node 4 is needed");
        let early = ProposeChangeError::TooEarly { barrier: Index(3), applied: Index(2) };
        assert_eq!(host.node.propose_change(MembershipChange::Leave), Err(early));
        host.hear_now(4, accepted(3));
        host.settle();
        assert_eq!(host.membership(), &Membership::of_voters(ids(&[1, 2, 4])));
        assert_eq!(host.status().appended, Index(3), "and leaves once");
        assert!(host.node.peers().all(|peer| peer.id != id(3)));
    }
}

/// In a joint membership a quorum of each half is needed, whichever of them lacks one.
#[test]
fn a_joint_commit_needs_both_halves() {
    for (here, there) in [(2, 4), (4, 2)] {
        let mut host = leader(3);
        let changes = [Change::AddVoter(id(4)), Change::AddVoter(id(5)), Change::Remove(id(2))];
        let change =
            enter(&[&changes[..], &[Change::Remove(id(3))]].concat(), Transition::Explicit);
        propose(&mut host, change);
        commit_all(&mut host);
        host.propose();
        host.settle();
        host.hear_now(here, accepted(3));
        assert_eq!(host.status().committed, Index(2), "a quorum of one half only");
        host.hear_now(there, accepted(3));
        assert_eq!(host.status().committed, Index(3));
    }
}

/// With an explicit transition the application leaves it, however long that takes.
#[test]
fn an_application_may_leave_a_joint_membership_itself() {
    let mut host = leader(3);
    propose(&mut host, replacement(Transition::Explicit));
    commit_all(&mut host);
    host.node.tick();
    host.settle();
    assert!(host.membership().is_joint());
    assert_eq!(host.status().appended, Index(2), "nobody else leaves it");
    let joint = ProposeChangeError::DoesNotApply(ChangeError::Joint);
    assert_eq!(host.node.propose_change(add(5)), Err(joint));
    propose(&mut host, MembershipChange::Leave);
    host.settle();
    host.hear_now(2, accepted(3));
    host.hear_now(4, accepted(3));
    host.settle();
    assert_eq!(host.membership(), &Membership::of_voters(ids(&[1, 2, 4])));
}

/// The leader that entered it is gone: the next one leaves it, once it may (R18, R19).
#[test]
fn a_new_leader_leaves_the_joint_membership_of_an_old_one() {
    let joint = voters(3).after(&replacement(Transition::Auto)).expect("it applies");
    let machine = Machine { membership: joint, ..Machine::of(3) };
    let mut host = Host::with(config(ME), Image::default(), machine);
    host.node.campaign().expect("it may campaign");
    host.settle();
    assert_eq!(host.sent().len(), 3, "everybody with a vote is asked, in either half");
    host.hear_now(3, GRANT);
    assert_eq!(host.status().role, RoleKind::Candidate, "no quorum of the incoming half");
    host.hear_now(4, GRANT);
    assert_eq!(host.status().role, RoleKind::Leader);
    host.settle();
    assert_eq!(host.status().appended, Index(1), "not before its first entry is applied");
    host.hear_now(2, accepted(1));
    host.settle();
    assert_eq!(host.status().appended, Index(2));
    host.hear_now(2, accepted(2));
    host.settle();
    assert_eq!(host.membership(), &Membership::of_voters(ids(&[1, 2, 4])));
}

/// A demoted voter keeps its vote until the joint membership is left.
#[test]
fn a_demoted_voter_votes_until_the_joint_membership_is_left() {
    let mut host = leader(3);
    let changes = [Change::AddLearner(id(3)), Change::AddVoter(id(4))];
    propose(&mut host, enter(&changes, Transition::Auto));
    commit_all(&mut host);
    assert_eq!(host.membership().learners_next, ids(&[3]));
    host.hear_now(4, accepted(3));
    host.settle();
    let expected = Membership { learners: ids(&[3]), ..Membership::of_voters(ids(&[1, 2, 4])) };
    assert_eq!(host.membership(), &expected);
    host.propose();
    host.settle();
    host.hear_now(3, accepted(4));
    assert_eq!(host.status().committed, Index(3), "a learner does not count");
    host.hear_now(4, accepted(4));
    assert_eq!(host.status().committed, Index(4));
}

/// F29 of a catalogue of mistakes: a learner's acknowledgement is counted the moment when it is
/// promoted, so it waits for the learner's own sync like that of any voter.
#[test]
fn a_learner_acknowledges_after_its_sync_and_counts_once_promoted() {
    let mut machine = Machine::of(3);
    (machine.membership.voters, machine.membership.learners) = (ids(&[2, 3]), ids(&[1]));
    let mut learner = Host::with(config(ME), Image::default(), machine);
    learner.hear(2, 1, append(at(0, 0), run(1, &[1, 1]), 0)).expect("of the leader");
    assert_eq!(learner.said(), []);
    learner.advance();
    assert_eq!(learner.said(), []);
    learner.sync();
    assert_eq!(learner.said(), [accepted(2)]);

    let mut host = leader(3);
    propose(&mut host, learn(4));
    commit_all(&mut host);
    propose(&mut host, add(4));
    host.settle();
    host.hear_now(4, accepted(3));
    host.settle();
    assert_eq!(host.status().committed, Index(2), "a learner does not count");
    host.propose();
    host.settle();
    host.hear_now(4, accepted(4));
    host.hear_now(2, accepted(3));
    host.settle();
    assert_eq!(host.membership(), &voters(4));
    host.hear_now(2, accepted(4));
    assert_eq!(host.status().committed, Index(4), "what it had acknowledged as a learner counts");
}

/// A member that does not know of its promotion yet is asked for its vote, and gives it: whoever asks
/// may know more.
#[test]
fn a_learner_votes_when_it_is_asked_and_does_not_campaign() {
    let mut machine = Machine::of(3);
    (machine.membership.voters, machine.membership.learners) = (ids(&[2, 3]), ids(&[1]));
    for membership in [machine.membership, Membership::default()] {
        let machine = Machine { membership, ..Machine::of(3) };
        let mut host = Host::with(config(ME), Image::default(), machine);
        assert_eq!(host.node.campaign(), Err(CampaignError::NotAVoter));
        host.hear(2, 1, vote(at(0, 0))).expect("a candidate");
        assert_eq!(host.said(), [], "its vote waits for its sync");
        host.sync();
        assert_eq!(host.said(), [GRANT]);
        (0..100).for_each(|_| host.node.tick());
        assert_eq!(host.status().role, RoleKind::Follower);
    }
}
