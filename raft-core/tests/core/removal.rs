//! Members that come and go: joining an old cluster, a leader that is removed, and what a node may do
//! while it does not know its membership (R18).

use syncline_raft::{
    Body, CampaignError, Candidacy, Change, Config, Index, Membership, MembershipChange, RoleKind,
    SnapshotWanted, Transition,
};

use crate::util::*;

/// R18: whoever has a committed change that it has not applied does not know whom to ask.
#[test]
fn nobody_campaigns_with_an_unapplied_committed_change() {
    let mut host = Host::follower(1, &[1]);
    host.is_slow = true;
    host.hear_now(2, append(at(1, 1), vec![change_entry(at(1, 2), add(4))], 1));
    host.settle();
    while host.work_once() {}
    host.clone().node.campaign().expect("the change may never be committed");
    host.hear_now(2, commit(2));
    let unapplied = Err(CampaignError::UnappliedChange { change: Index(2) });
    assert_eq!(host.node.campaign(), unapplied);
    host.settle();
    assert_eq!(host.node.campaign(), unapplied, "handed out is not applied");
    (0..100).for_each(|_| host.node.tick());
    assert_eq!(host.status().role, RoleKind::Follower);
    while host.work_once() {}
    host.said();
    host.node.campaign().expect("it knows now");
    host.settle();
    assert_eq!(host.sent().len(), 3);
}

/// R18, R7: a candidate learns from an answer that a change is committed that it has not applied. It
/// asks on under the old membership no more.
#[test]
fn a_candidate_that_learns_of_a_committed_change_gives_up() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), vec![change_entry(at(1, 2), add(4))], 1));
    host.settle();
    host.node.campaign().expect("it does not know that it is committed");
    host.settle();
    host.hear_now(2, Body::VoteResponse { granted: false, committed: at(1, 2) });
    assert_eq!(host.status().committed, Index(2));
    assert_eq!(host.status().role, RoleKind::Follower);
    host.hear_now(3, GRANT);
    assert_eq!(host.status().role, RoleKind::Follower, "a vote for a candidacy that is over");
    host.settle();
    assert_eq!(host.membership(), &voters(4));
}

/// R7: a vote request and its answer name a committed entry, and whoever has that entry takes over the
/// news. Else two nodes that know of different memberships could wait for each other for ever.
#[test]
fn vote_messages_tell_what_is_committed() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    let ask =
        |term: u64, committed| Body::Vote(Candidacy { committed, ..candidacy(at(term - 1, 9)) });
    host.hear(3, 2, ask(2, at(1, 2))).expect("a candidate");
    assert_eq!(host.status().committed, Index(2));
    host.settle();
    let answer = Body::VoteResponse { granted: true, committed: at(0, 0) };
    assert!(host.said().contains(&answer), "what it knew before");
    host.hear(3, 3, ask(3, at(2, 3))).expect("a candidate");
    assert_eq!(host.status().committed, Index(2), "another entry lies there");
    host.hear(3, 4, ask(4, at(1, 7))).expect("a candidate");
    assert_eq!(host.status().committed, Index(2), "nothing lies there");
    host.hear(3, 5, ask(5, at(1, 1))).expect("a candidate");
    assert_eq!(host.status().committed, Index(2), "it never falls");
    host.settle();
    let committed = at(1, 2);
    assert!(host.said().contains(&Body::VoteResponse { granted: true, committed }));

    host.node.campaign().expect("it may campaign");
    host.settle();
    let asked = host.said();
    let expected = Candidacy { committed, ..candidacy(at(1, 3)) };
    assert_eq!(asked, [Body::Vote(expected), Body::Vote(expected)]);
    host.hear_now(2, Body::VoteResponse { granted: false, committed: at(1, 3) });
    assert_eq!(host.status().committed, Index(3));
}

/// A leader that loses its vote leads until the change is committed, tells the others that it is, and
/// steps down.
#[test]
fn a_leader_that_is_removed_tells_the_commit_and_steps_down() {
    for change in [remove(1), learn(1)] {
        let mut host = Host::leader_with(config(ME), 3);
        host.settle();
        host.hear_now(2, accepted(1));
        host.hear_now(3, accepted(1));
        host.settle();
        host.node.propose_change(change).expect("it applies");
        host.settle();
        host.hear_now(2, accepted(2));
        host.said();
        assert_eq!(host.status().role, RoleKind::Follower);
        assert!(!host.membership().is_voter(id(1)));
        assert_eq!(host.node.campaign(), Err(CampaignError::NotAVoter));
    }
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.host(1).node.propose_change(remove(1)).expect("it applies");
    cluster.settle();
    assert_eq!(cluster.leader(), None);
    for number in [2, 3] {
        let membership = cluster.host(number).membership();
        assert_eq!(membership, &Membership::of_voters(ids(&[2, 3])), "it was told the commit");
    }
    cluster.tick(60);
    assert!(matches!(cluster.leader(), Some(2 | 3)));
}

/// R18: what it tells on leaving is what the last Ready could not. Node 3 acknowledges the change after
/// the Ready that hands it out, and before it is applied; there is no other Ready of this leader, and if
/// node 3 were not told, it would go on by a membership in which it asks a node that is gone.
#[test]
fn a_leader_that_leaves_tells_the_commit_to_who_acknowledged_late() {
    let mut host = Host::leader_with(config(ME), 3);
    host.settle();
    host.hear_now(2, accepted(1));
    host.hear_now(3, accepted(1));
    host.settle();
    host.is_slow = true;
    host.node.propose_change(remove(1)).expect("it applies");
    host.settle();
    host.said();
    host.hear_now(2, accepted(2));
    assert_eq!(host.told(3), [], "it has not acknowledged the change");
    assert_eq!(host.work.len(), 1, "the change is handed out");
    host.hear_now(3, accepted(2));
    host.work_once();
    assert_eq!(host.status().role, RoleKind::Follower);
    assert_eq!(host.told(3), [commit(2)]);
}

/// A leader that is on its way out of a joint membership still counts in the outgoing half.
#[test]
fn a_leader_may_lead_its_own_cluster_into_other_hands() {
    let mut cluster = Cluster::usual(3);
    for number in [4, 5, 6] {
        cluster.join(number, usual);
    }
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    let added = [4, 5, 6].map(|number| Change::AddVoter(id(number)));
    let gone = [1, 2, 3].map(|number| Change::Remove(id(number)));
    let changes = [&added[..], &gone[..]].concat();
    let change = MembershipChange::Enter { changes, transition: Transition::Auto };
    cluster.host(1).node.propose_change(change).expect("it applies");
    cluster.tick(60);
    assert!(matches!(cluster.leader(), Some(4..=6)), "{:?}", cluster.leader());
    for number in 4..=6 {
        assert_eq!(cluster.host(number).membership(), &Membership::of_voters(ids(&[4, 5, 6])));
        assert_eq!(cluster.host(number).changes() + 1, 2, "a snapshot, then the way out");
    }
    cluster.propose(cluster.leader().expect("elected"), "b");
    cluster.settle();
    let last = |cluster: &Cluster, n| cluster.applied(n).last().map(|entry| entry.id);
    assert_eq!(last(&cluster, 4), last(&cluster, 5));
}

/// A node that waits to be added takes no entries: the changes among them say what was added to a
/// membership that it never knew. It asks for a snapshot, which holds a whole one. The bug: a node that
/// was sent the log from its first entry on took the change that added it for all of its membership,
/// and elected itself, alone.
#[test]
fn a_node_without_a_membership_begins_with_a_snapshot() {
    let waiting = Machine { membership: Membership::default(), ..Machine::of(3) };
    let mut host = Host::with(config(4), Image::default(), waiting);
    let entries = vec![entry(1, 1), change_entry(at(1, 2), add(4))];
    host.hear(2, 1, append(at(0, 0), entries, 2)).expect("of the leader");
    host.settle();
    assert_eq!(host.status().appended, Index(0));
    assert_eq!(host.said(), [Body::SnapshotRequest { at_least: Index(1) }]);
    assert_eq!(host.node.campaign(), Err(CampaignError::NotAVoter));
    host.hear(2, 1, Body::Snapshot(snapshot_of(at(1, 2), voters(4)))).expect("of the leader");
    host.settle();
    assert_eq!(host.said(), [accepted(2)]);
    assert_eq!(host.membership(), &voters(4));
    host.hear(2, 1, append(at(1, 2), run(3, &[1]), 3)).expect("of the leader");
    host.settle();
    assert_eq!(host.applied.len(), 1);
}

/// The same from the side of a cluster: whoever is added is served a snapshot, then the rest.
#[test]
fn a_node_that_is_added_knows_its_cluster() {
    for config in [config as fn(u64) -> Config, usual] {
        let mut cluster = Cluster::with(3, config);
        cluster.elect(1);
        cluster.propose(1, "a");
        cluster.settle();
        cluster.join(4, config);
        cluster.host(1).node.propose_change(add(4)).expect("it applies");
        cluster.tick(6);
        assert_eq!(cluster.host(4).membership(), &voters(4));
        cluster.propose(1, "b");
        cluster.tick(4);
        assert_eq!(cluster.applied(4).last(), cluster.applied(1).last());
        cluster.tick(60);
        assert_eq!(cluster.leader(), Some(1));
    }
}

/// What the application of the leader is asked for then: any snapshot will do.
#[test]
fn a_snapshot_for_a_new_member_is_wanted_from_the_application() {
    let mut host = Host::leader();
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    host.node.propose_change(add(4)).expect("it applies");
    host.settle();
    host.hear_now(2, accepted(2));
    host.settle();
    host.hear_now(4, Body::SnapshotRequest { at_least: Index(0) });
    assert_eq!(host.wants(), [SnapshotWanted { to: id(4), at_least: Index(0) }]);
}

/// A member that was removed and does not know it asks for votes for ever; with quorum checks it is
/// not even heard.
#[test]
fn a_removed_member_disturbs_nobody() {
    let mut cluster = Cluster::usual(4);
    cluster.elect(1);
    cluster.tick(4);
    cluster.cut = vec![4];
    cluster.host(1).node.propose_change(remove(4)).expect("it applies");
    cluster.settle();
    cluster.cut.clear();
    for _ in 0..100 {
        cluster.tick(1);
        let _ = cluster.host(4).node.campaign();
    }
    let status = cluster.host(1).status();
    assert_eq!((status.role, status.term.0), (RoleKind::Leader, 1));
    assert_eq!(cluster.host(4).membership(), &voters(4), "nobody tells it");
}
