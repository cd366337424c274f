//! What each change makes of a membership, and which memberships cannot be.

use std::vec::Vec;

use super::*;
use crate::entry::{Entry, Payload};
use crate::types::{Index, LogId, Term};

fn id(number: u64) -> NodeId {
    NodeId::new(number).expect("not zero")
}

fn ids(numbers: &[u64]) -> Vec<NodeId> {
    numbers.iter().map(|number| id(*number)).collect()
}

fn voters(numbers: &[u64]) -> Membership {
    Membership::of_voters(ids(numbers))
}

fn enter(changes: &[Change], transition: Transition) -> MembershipChange {
    MembershipChange::Enter { changes: changes.to_vec(), transition }
}

/// `Auto` changes, which must apply.
#[track_caller]
fn after(membership: &Membership, changes: &[Change]) -> Membership {
    let change = enter(changes, Transition::Auto);
    let after = membership.after(&change).expect("it applies");
    assert_eq!(after.validate(), Ok(()));
    after
}

use Change::{AddLearner, AddVoter, Remove};

/// At most one vote changes: no joint membership is needed (thesis, section 4.1).
#[test]
fn one_vote_changes_at_once() {
    let three = voters(&[1, 2, 3]);
    assert_eq!(after(&three, &[AddVoter(id(4))]), voters(&[1, 2, 3, 4]));
    assert_eq!(after(&three, &[Remove(id(2))]), voters(&[1, 3]));
    assert_eq!(after(&three, &[AddVoter(id(2))]), three, "it votes already");
    assert_eq!(after(&three, &[Remove(id(9))]), three, "it is no member");
    let demoted = Membership { learners: ids(&[3]), ..voters(&[1, 2]) };
    assert_eq!(after(&three, &[AddLearner(id(3))]), demoted);
    assert_eq!(after(&demoted, &[AddVoter(id(3))]), three, "a learner is promoted");
    assert_eq!(after(&demoted, &[Remove(id(3))]), voters(&[1, 2]));
}

/// Learners do not vote, so any number of them may change with at most one voter.
#[test]
fn learners_change_at_once() {
    let change = [AddLearner(id(7)), AddLearner(id(5)), Remove(id(3))];
    let expected = Membership { learners: ids(&[5, 7]), ..voters(&[1, 2]) };
    assert_eq!(after(&voters(&[1, 2, 3]), &change), expected);
    assert!(!expected.is_voter(id(5)));
    assert!(expected.is_member(id(5)));
    assert_eq!(expected.members(), ids(&[1, 2, 5, 7]));
}

/// Raft paper, section 6: two votes change, so for a while both quorums are needed.
#[test]
fn two_votes_change_through_a_joint_membership() {
    let joint = after(&voters(&[1, 2, 3]), &[AddVoter(id(4)), Remove(id(1))]);
    let expected = Membership { outgoing: ids(&[1, 2, 3]), ..voters(&[2, 3, 4]) };
    assert_eq!(joint, expected);
    assert!(joint.is_joint());
    assert!(joint.is_voter(id(1)), "in the outgoing half");
    assert_eq!(joint.members(), ids(&[1, 2, 3, 4]));
    assert_eq!(joint.after(&MembershipChange::Leave), Ok(voters(&[2, 3, 4])));
}

#[test]
fn a_transition_that_is_asked_for_is_joint_whatever_changes() {
    let three = voters(&[1, 2, 3]);
    let joint = |transition| three.after(&enter(&[AddVoter(id(4))], transition));
    let expected = Membership { outgoing: ids(&[1, 2, 3]), ..voters(&[1, 2, 3, 4]) };
    assert_eq!(joint(Transition::Implicit), Ok(expected.clone()));
    let expected = Membership { leave: Leave::Explicit, ..expected };
    assert_eq!(joint(Transition::Explicit).as_ref(), Ok(&expected));
    assert_eq!(expected.validate(), Ok(()));
    assert_eq!(expected.after(&MembershipChange::Leave), Ok(voters(&[1, 2, 3, 4])));
}

/// A voter that becomes a learner keeps its vote in the outgoing half, so it waits until that is left.
#[test]
fn a_demoted_voter_becomes_a_learner_when_the_joint_membership_is_left() {
    let before = Membership { learners: ids(&[9]), ..voters(&[1, 2, 3]) };
    let changes = [AddLearner(id(3)), AddVoter(id(4)), AddLearner(id(5)), AddVoter(id(9))];
    let joint = after(&before, &changes);
    assert_eq!(joint.voters, ids(&[1, 2, 4, 9]));
    assert_eq!(joint.outgoing, ids(&[1, 2, 3]));
    assert_eq!(joint.learners, ids(&[5]), "who never voted is a learner at once");
    assert_eq!(joint.learners_next, ids(&[3]));
    assert!(joint.is_voter(id(3)));
    let left = joint.after(&MembershipChange::Leave).expect("it is joint");
    let expected = Membership { learners: ids(&[3, 5]), ..voters(&[1, 2, 4, 9]) };
    assert_eq!(left, expected);
}

#[track_caller]
fn refused(membership: &Membership, change: &MembershipChange, expected: ChangeError) {
    assert_eq!(membership.after(change), Err(expected));
}

#[test]
fn a_change_that_does_not_apply_is_refused() {
    let three = voters(&[1, 2, 3]);
    let joint = after(&three, &[AddVoter(id(4)), AddVoter(id(5))]);
    refused(&three, &MembershipChange::Leave, ChangeError::NotJoint);
    refused(&three, &enter(&[], Transition::Auto), ChangeError::Empty);
    let twice = [AddVoter(id(4)), AddVoter(id(5)), Remove(id(4))];
    refused(&three, &enter(&twice, Transition::Auto), ChangeError::Twice(id(4)));
    for transition in [Transition::Auto, Transition::Implicit, Transition::Explicit] {
        let all = [Remove(id(1)), AddLearner(id(2)), Remove(id(3))];
        refused(&three, &enter(&all, transition), ChangeError::NoVoterLeft);
        refused(&joint, &enter(&[AddVoter(id(6))], transition), ChangeError::Joint);
    }
    refused(&joint, &enter(&[], Transition::Auto), ChangeError::Joint);
}

#[track_caller]
fn impossible(change: impl FnOnce(&mut Membership), expected: MembershipError) {
    let mut membership = after(
        &Membership { learners: ids(&[6, 7]), ..voters(&[1, 2, 3]) },
        &[AddVoter(id(4)), AddLearner(id(3))],
    );
    change(&mut membership);
    assert_eq!(membership.validate(), Err(expected), "{membership:?}");
}

#[test]
fn a_membership_that_no_change_leads_to_is_refused() {
    let order =
        |before, after| MembershipError::OutOfOrder { before: id(before), after: id(after) };
    impossible(|m| m.voters = ids(&[2, 1]), order(2, 1));
    impossible(|m| m.voters = ids(&[1, 1]), order(1, 1));
    impossible(|m| m.outgoing = ids(&[1, 3, 2]), order(3, 2));
    impossible(|m| m.learners = ids(&[7, 7]), order(7, 7));
    impossible(|m| m.learners_next = ids(&[3, 2]), order(3, 2));
    impossible(|m| m.learners = ids(&[4, 6]), MembershipError::VoterAndLearner(id(4)));
    impossible(|m| m.learners = ids(&[3]), MembershipError::VoterAndLearner(id(3)));
    impossible(|m| m.learners_next = ids(&[9]), MembershipError::NotOutgoing(id(9)));
    impossible(|m| m.learners_next = ids(&[1]), MembershipError::NotOutgoing(id(1)));
    impossible(|m| m.voters.clear(), MembershipError::NoVoters);
    let lone = Membership { learners: ids(&[1]), ..Membership::default() };
    assert_eq!(lone.validate(), Err(MembershipError::NoVoters));
    let stuck = Membership { leave: Leave::Explicit, ..voters(&[1]) };
    assert_eq!(stuck.validate(), Err(MembershipError::NothingToLeave));
    let next = Membership { learners_next: ids(&[2]), ..voters(&[1]) };
    assert_eq!(next.validate(), Err(MembershipError::NotOutgoing(id(2))));
    assert_eq!(Membership::default().validate(), Ok(()), "it waits to be added");
}

/// Nodes `first` to `last`.
fn span(first: u64, last: u64) -> Vec<NodeId> {
    (first..=last).map(id).collect()
}

#[test]
fn no_membership_holds_more_than_may_be() {
    const MAX: u64 = MEMBERS_MAX as u64;
    let check = |membership: &Membership, found| {
        let expected = match found {
            Some(found) => Err(MembershipError::TooMany { found }),
            None => Ok(()),
        };
        assert_eq!(membership.validate(), expected);
    };
    let most = Membership::of_voters(span(1, MAX));
    check(&most, None);
    check(&Membership::of_voters(span(1, MAX + 1)), Some(MEMBERS_MAX + 1));
    check(&Membership { outgoing: span(1, MAX), ..most.clone() }, None);
    check(&Membership { outgoing: ids(&[MAX + 1]), ..most.clone() }, Some(MEMBERS_MAX + 1));
    check(&Membership { learners: span(MAX + 1, MAX + 9), ..most.clone() }, Some(MEMBERS_MAX + 9));
    check(&Membership { learners_next: span(1, 9999), ..most }, Some(9999));
}

#[test]
fn no_change_leads_to_more_members_than_may_be() {
    const MAX: u64 = MEMBERS_MAX as u64;
    let most = Membership { learners: span(4, MAX), ..voters(&[1, 2, 3]) };
    let too_many = ChangeError::TooMany { found: MEMBERS_MAX + 1 };
    for add in [AddVoter(id(999)), AddLearner(id(999))] {
        refused(&most, &MembershipChange::single(add), too_many);
    }
    // Node 4 leaves for good, so there is room; voter 3 stays until the joint membership is left.
    after(&most, &[AddVoter(id(999)), Remove(id(4))]);
    let swap = [AddVoter(id(999)), Remove(id(3))];
    refused(&most, &enter(&swap, Transition::Auto), too_many);
    let changes: Vec<Change> = span(4, MAX + 3).into_iter().map(AddLearner).collect();
    refused(
        &voters(&[1, 2, 3]),
        &enter(&changes, Transition::Auto),
        ChangeError::TooMany { found: MEMBERS_MAX + 3 },
    );
    let changes: Vec<Change> = span(4, MAX + 4).into_iter().map(Remove).collect();
    let too_long = ChangeError::TooLong { found: MEMBERS_MAX + 1 };
    refused(&most, &enter(&changes, Transition::Auto), too_long);
    refused(&Membership::default(), &enter(&changes, Transition::Auto), too_long);
}

/// A random walk: whatever sequence of changes applies, the result is valid, and the votes of two
/// memberships that follow each other have quorums that meet.
#[test]
fn every_change_leads_to_a_membership_that_can_be() {
    let mut random = crate::jitter::Jitter::new(3);
    for _ in 0..200 {
        let mut membership = voters(&[1, 2, 3]);
        for _ in 0..30 {
            let change = if random.below(3) == 0 {
                MembershipChange::Leave
            } else {
                let changes = (0..random.below(4)).map(|_| {
                    let node = id(u64::from(random.below(7)) + 1);
                    match random.below(3) {
                        0 => AddVoter(node),
                        1 => AddLearner(node),
                        _ => Remove(node),
                    }
                });
                let changes: Vec<Change> = changes.collect();
                let ways = [Transition::Auto, Transition::Implicit, Transition::Explicit];
                MembershipChange::Enter { changes, transition: ways[random.below(3) as usize] }
            };
            let Ok(next) = membership.after(&change) else { continue };
            assert_eq!(next.validate(), Ok(()), "{membership:?} {change:?}");
            assert!(quorums_meet(&membership, &next), "{membership:?} {change:?}");
            membership = next;
        }
    }
}

/// Whether no two sets of nodes without a common one are quorums of these memberships.
fn quorums_meet(one: &Membership, other: &Membership) -> bool {
    let is_quorum = |membership: &Membership, set: u32| {
        crate::quorum::has_quorum(membership, |node| set & (1 << node.number()) != 0)
    };
    (0..1_u32 << 8).all(|set| !(is_quorum(one, set) && is_quorum(other, !set)))
}

fn change_at(index: u64, change: MembershipChange) -> Entry {
    let id = LogId { term: Term(1), index: Index(index) };
    Entry { id, payload: Payload::Membership(change.into()) }
}

/// R18: a change is in the log, then handed out, then active.
#[test]
fn a_change_is_active_when_it_is_applied() {
    let mut tracker = Tracker::new(voters(&[1]));
    tracker.appended(&change_at(3, MembershipChange::single(AddVoter(id(2)))));
    tracker.appended(&change_at(5, MembershipChange::single(AddVoter(id(3)))));
    assert_eq!(tracker.committed_but_unapplied(Index(2)), None);
    assert_eq!(tracker.committed_but_unapplied(Index(3)), Some(Index(3)));
    assert_eq!(tracker.handed_out(Index(2)), None);
    assert_eq!(tracker.handed_out(Index(4)).as_deref(), Some(&voters(&[1, 2])));
    assert_eq!(*tracker.active(), voters(&[1]));
    assert_eq!(tracker.committed_but_unapplied(Index(4)), Some(Index(3)));
    assert_eq!(tracker.handed_out(Index(5)).as_deref(), Some(&voters(&[1, 2, 3])));
    assert!(!tracker.applied(Index(2)));
    assert!(tracker.applied(Index(3)));
    assert_eq!(*tracker.active(), voters(&[1, 2]));
    assert!(tracker.applied(Index(9)));
    assert_eq!(*tracker.active(), voters(&[1, 2, 3]));
    assert_eq!(tracker.committed_but_unapplied(Index(9)), None);
}

/// A change that does not apply changes nothing, and goes away like any other.
#[test]
fn a_change_of_a_faulty_leader_changes_nothing() {
    let mut tracker = Tracker::new(voters(&[1, 2]));
    tracker.appended(&change_at(3, MembershipChange::Leave));
    assert_eq!(tracker.handed_out(Index(3)).as_deref(), Some(&voters(&[1, 2])));
    assert!(tracker.applied(Index(3)));
    assert_eq!(*tracker.active(), voters(&[1, 2]));
}

#[test]
fn what_is_cut_off_or_replaced_never_becomes_active() {
    let mut tracker = Tracker::new(voters(&[1]));
    tracker.appended(&change_at(3, MembershipChange::single(AddVoter(id(2)))));
    tracker.appended(&change_at(5, MembershipChange::single(AddVoter(id(3)))));
    tracker.truncated(Index(4));
    assert_eq!(tracker.handed_out(Index(9)).as_deref(), Some(&voters(&[1, 2])));
    tracker.appended(&change_at(12, MembershipChange::single(AddVoter(id(4)))));
    tracker.replaced();
    tracker.installing(Index(20), voters(&[7, 8]));
    assert_eq!(tracker.committed_but_unapplied(Index(20)), Some(Index(3)));
    assert!(tracker.applied(Index(20)));
    assert_eq!(*tracker.active(), voters(&[7, 8]));
}
