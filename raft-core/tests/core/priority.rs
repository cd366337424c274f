//! Election priority: of candidates with the same log, a voter refuses those of lower priority.

use syncline_raft::{Body, Candidacy, Config, HardState, Term};

use crate::util::*;

/// Whether a voter of this priority votes for a candidate of that one whose log ends there; and what
/// it says when it is only asked whether it would.
fn votes(own: i32, priority: i32, last: (u64, u64)) -> bool {
    let voter = || {
        let config = Config { priority: own, ..config(ME) };
        Host::follower_with(config, 1, &[1, 1])
    };
    let candidacy = Candidacy { priority, ..candidacy(at(last.0, last.1)) };
    let mut asked = voter();
    asked.hear(3, 3, Body::PreVote(candidacy)).expect("who asks");
    let would = asked.said() == [CONSENT];
    let mut host = voter();
    host.hear(3, 3, Body::Vote(candidacy)).expect("a candidate");
    host.settle();
    let does = host.said() == [GRANT];
    assert_eq!(would, does, "consent and vote go the same way");
    does
}

/// The bug: a log that was newer by its term, but no longer, did not get the vote of a node of higher
/// priority, which could not be elected itself.
#[test]
fn a_vote_goes_to_no_lower_priority_unless_its_log_is_newer() {
    for (own, other) in [(0, 0), (5, 5), (5, 6), (-3, 0), (i32::MIN, i32::MAX)] {
        assert!(votes(own, other, (1, 2)), "{own} {other}");
    }
    for (own, other) in [(1, 0), (0, -1), (i32::MAX, i32::MIN)] {
        assert!(!votes(own, other, (1, 2)), "{own} {other}");
        assert!(votes(own, other, (2, 2)), "of a later term");
        assert!(votes(own, other, (2, 1)), "of a later term, though shorter");
        assert!(votes(own, other, (1, 3)), "longer");
        assert!(votes(own, other, (2, 3)), "of a later term and longer");
    }
}

/// A priority is a wish; the safety of the log is none.
#[test]
fn no_priority_makes_up_for_an_older_log() {
    assert!(!votes(0, i32::MAX, (1, 1)));
    assert!(!votes(i32::MIN, i32::MAX, (1, 1)));
}

/// It is told with each request, and may be changed at any time.
#[test]
fn a_priority_is_told_and_may_be_changed() {
    let mut host =
        Host::with(Config { priority: 7, ..usual(ME) }, Image::default(), Machine::of(3));
    let told = |host: &mut Host| -> Vec<i32> {
        let priority = |body| match body {
            Body::PreVote(candidacy) | Body::Vote(candidacy) => Some(candidacy.priority),
            _ => None,
        };
        host.said().into_iter().filter_map(priority).collect()
    };
    host.node.campaign().expect("it may campaign");
    assert_eq!(told(&mut host), [7, 7]);
    host.node.set_priority(-7);
    host.hear(2, 1, CONSENT).expect("of a voter");
    host.settle();
    assert_eq!(told(&mut host), [-7, -7]);
}

/// In a quiet cluster the node of the highest priority is elected, and others are not.
#[test]
fn the_highest_priority_wins() {
    let mut cluster = Cluster::with(3, |me| {
        let priority = if me == 2 { 1 } else { 0 };
        Config { priority, ..usual(me) }
    });
    let _ = cluster.host(1).node.campaign();
    cluster.settle();
    assert_eq!(cluster.leader(), Some(1), "node 3 alone is enough");
    let mut cluster = Cluster::with(3, |me| {
        let priority = if me == 1 { 0 } else { 1 };
        Config { priority, ..usual(me) }
    });
    let _ = cluster.host(1).node.campaign();
    cluster.settle();
    assert_eq!(cluster.leader(), None);
    cluster.tick(60);
    assert!(matches!(cluster.leader(), Some(2 | 3)));
}

/// Seed 4347917445083488468 of the profile `everything`: of the two voters left, one had the newer log,
/// and the other the higher priority and a tail of an older term, which made its log the longer. It
/// refused the one, was refused itself, and nobody led for ever after. Whatever two nodes hold, whichever
/// comes first in the order of logs and then of priorities gets the vote of the other.
#[test]
fn of_two_nodes_one_gets_the_vote_of_the_other() {
    let logs: [&[u64]; 5] = [&[1], &[1, 1, 1], &[1, 2], &[1, 2, 2], &[1, 1, 1, 1]];
    let node = |me: u64, terms: &[u64], priority| {
        let config = Config { priority, ..config(me) };
        let entries = run(1, terms);
        let hard_state = HardState { term: Term(2), ..HardState::default() };
        let image = Image { hard_state, entries, ..Image::default() };
        (me, Host::with(config, image, Machine::of(3)))
    };
    for one in logs {
        for other in logs {
            for priority in [-1, 0, 1] {
                let hosts = [node(1, one, priority), node(2, other, 0)].into();
                let mut cluster = Cluster { hosts, cut: Vec::new() };
                cluster.tick(200);
                assert!(cluster.leader().is_some(), "{one:?} {priority}, {other:?} 0");
            }
        }
    }
}
