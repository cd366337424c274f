//! Group commit: a quorum within one failure domain is not enough.

use syncline_raft::{CommitGroup, Index};

use crate::util::*;

/// A leader of nodes 1 to 5 in these failure domains; 0 is none. Its first entry is synced here.
fn leader(groups: [u64; 5]) -> Host {
    let mut host = Host::leader_with(config(ME), 5);
    host.settle();
    for (node, group) in (1..).zip(groups) {
        host.node.assign_group(id(node), (group > 0).then_some(CommitGroup(group)));
    }
    host
}

fn committed(host: &Host) -> u64 {
    host.status().committed.0
}

/// R5: besides a quorum, voters of two domains have synced it.
#[test]
fn a_commit_spans_two_domains() {
    let mut host = leader([1, 1, 1, 2, 2]);
    host.hear_now(2, accepted(1));
    host.hear_now(3, accepted(1));
    assert_eq!(committed(&host), 0, "a quorum of one domain");
    host.hear_now(5, accepted(1));
    assert_eq!(committed(&host), 1);
    let mut host = leader([1, 1, 1, 2, 2]);
    host.hear_now(2, accepted(1));
    host.hear_now(4, accepted(1));
    assert_eq!(committed(&host), 1, "a quorum of two domains");
    let mut host = leader([1, 1, 1, 2, 2]);
    host.hear_now(4, accepted(1));
    assert_eq!(committed(&host), 0, "two domains, and no quorum");
}

/// The highest entry that both a quorum and two domains have, though one of them has more.
#[test]
fn a_commit_reaches_as_far_as_the_second_domain() {
    let mut host = leader([1, 1, 1, 2, 2]);
    for _ in 0..4 {
        host.propose();
    }
    host.settle();
    host.hear_now(2, accepted(5));
    host.hear_now(3, accepted(4));
    host.hear_now(4, accepted(2));
    assert_eq!(committed(&host), 2);
    host.hear_now(5, accepted(3));
    assert_eq!(committed(&host), 3);
    host.hear_now(4, accepted(5));
    assert_eq!(committed(&host), 5);
}

/// Where all voters lie in one domain, or in none, the quorum alone decides.
#[test]
fn a_single_domain_changes_nothing() {
    for groups in [[1; 5], [0; 5], [0, 0, 0, 0, 1]] {
        let mut host = leader(groups);
        host.hear_now(2, accepted(1));
        host.hear_now(3, accepted(1));
        assert_eq!(committed(&host), 1, "{groups:?}");
    }
}

/// A voter without a domain belongs to no second one.
#[test]
fn a_voter_without_a_domain_is_in_no_other() {
    let mut host = leader([1, 0, 0, 2, 0]);
    host.hear_now(2, accepted(1));
    host.hear_now(3, accepted(1));
    assert_eq!(committed(&host), 0);
    host.hear_now(4, accepted(1));
    assert_eq!(committed(&host), 1);
}

/// A domain that dissolves, or a voter that moves, may be what a commit was waiting for; and a commit
/// is never taken back (R7).
#[test]
fn an_assignment_may_commit_and_takes_nothing_back() {
    let mut host = leader([1, 1, 1, 2, 2]);
    host.hear_now(2, accepted(1));
    host.hear_now(3, accepted(1));
    let mut moved = host.clone();
    moved.node.assign_group(id(3), Some(CommitGroup(2)));
    assert_eq!(committed(&moved), 1);
    host.node.assign_group(id(4), None);
    assert_eq!(committed(&host), 0);
    host.node.assign_group(id(5), None);
    assert_eq!(committed(&host), 1);
    host.node.assign_group(id(4), Some(CommitGroup(2)));
    assert_eq!(committed(&host), 1);
}

/// Domains are the application's to assign, whoever leads, and they outlast an office. Figure 8 of
/// the Raft paper holds for them as well.
#[test]
fn domains_outlast_an_office() {
    let mut host = leader([1, 1, 1, 2, 2]);
    host.hear(2, 4, append(at(1, 1), run(2, &[3]), 0)).expect("of a new leader");
    host.settle();
    host.campaign_and_win();
    host.settle();
    for voter in [2, 3] {
        host.hear_now(voter, accepted(3));
    }
    assert_eq!(committed(&host), 0);
    host.hear_now(4, accepted(2));
    assert_eq!(committed(&host), 0, "entry 2 is of an older term");
    host.hear_now(4, accepted(3));
    assert_eq!(host.status().committed, Index(3));
}
