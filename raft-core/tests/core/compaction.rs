//! R16: what is let go of, and what a log answers behind its base.

use syncline_raft::{Body, CompactError, Index, PeerPace};

use crate::util::*;

/// A follower of node 2 whose log of one term has so many entries, so many of them committed and
/// applied.
fn follower(entries: usize, applied: u64) -> Host {
    let mut host = Host::follower(1, &vec![1; entries]);
    host.hear_now(2, commit(applied));
    host.settle();
    host.said();
    host
}

/// R16: what is not applied, or not synced, may still be needed here.
#[test]
fn only_what_is_applied_and_synced_is_compacted() {
    let mut host = follower(5, 3);
    let refused = |found, applied, synced| {
        let (found, applied, synced) = (Index(found), Index(applied), Index(synced));
        Err(CompactError::NotDurable { found, applied, synced })
    };
    let before = format!("{:?}", host.node);
    for found in [4, 5, 6, u64::MAX] {
        assert_eq!(host.node.compact(Index(found)), refused(found, 3, 5));
    }
    assert_eq!(format!("{:?}", host.node), before, "a refused call changes nothing");
    assert_eq!(host.node.compact(Index(3)), Ok(()));
    let mut slow = Host::follower(1, &[1, 1]);
    slow.is_slow = true;
    slow.hear_now(2, commit(2));
    slow.settle();
    assert_eq!(slow.node.compact(Index(1)), refused(1, 0, 2), "handed out is not applied");
}

/// To compact less than before, or again, changes nothing.
#[test]
fn a_log_is_compacted_once() {
    let mut host = follower(5, 4);
    host.node.compact(Index(3)).expect("applied and synced");
    let before = format!("{:?}", host.node);
    for upto in 0..=3 {
        host.node.compact(Index(upto)).expect("nothing left to do");
    }
    assert_eq!(format!("{:?}", host.node), before);
}

/// A follower that has compacted everything still says what its leader has to know: it has the entry
/// at its base, and whatever is committed it has too.
#[test]
fn a_follower_answers_behind_its_base() {
    let mut host = follower(4, 4);
    host.node.compact(Index(4)).expect("applied and synced");
    for (prev, entries) in [(at(1, 2), vec![]), (at(1, 1), run(2, &[1, 1])), (at(0, 0), vec![])] {
        host.hear_now(2, append(prev, entries, 4));
        assert_eq!(host.said(), [accepted(4)]);
    }
    host.hear_now(2, append(at(1, 2), run(3, &[1, 1, 1]), 5));
    host.settle();
    assert_eq!(host.said(), [accepted(5)], "what reaches beyond it is taken");
    host.hear_now(2, append(at(1, 9), vec![], 5));
    assert_eq!(host.said(), [rejected(9, at(1, 5))]);
    host.hear(3, 2, append(at(2, 7), vec![], 5)).expect("of a new leader");
    host.settle();
    assert_eq!(host.said(), [rejected(7, at(1, 5))], "the end of its log, as ever");
}

/// A vote is weighed against the last entry, also when it is compacted away (R12).
#[test]
fn a_vote_is_weighed_against_a_compacted_log() {
    for (last, expected) in [(at(1, 3), false), (at(1, 4), true)] {
        let mut host = follower(4, 4);
        host.node.compact(Index(4)).expect("applied and synced");
        host.hear(3, 2, vote(last)).expect("a candidate");
        host.settle();
        let granted = |body: &Body| matches!(body, Body::VoteResponse { granted, .. } if *granted == expected);
        assert!(host.said().iter().any(granted), "{last}");
    }
}

/// Where the logs may meet below its base, a leader probes no further: only a snapshot helps.
#[test]
fn a_leader_probes_no_further_than_its_base() {
    let probed = |prev, hint| {
        let mut host = Host::leader();
        for _ in 0..5 {
            host.propose();
        }
        host.settle();
        host.hear_now(2, accepted(6));
        host.settle();
        host.node.compact(Index(4)).expect("applied and synced");
        host.said();
        host.hear_now(3, rejected(prev, hint));
        let said = host.told(3);
        let prev = said.iter().find_map(|body| match body {
            Body::Append { prev, .. } => Some(*prev),
            _ => None,
        });
        let pace = host.node.peers().find(|peer| peer.id == id(3)).expect("a member").pace;
        (prev, host.wants().len(), pace)
    };
    let wanted = (None, 1, PeerPace::Snapshot(Index(4)));
    assert_eq!(probed(0, at(0, 0)), wanted, "the first message began at index 0");
    assert_eq!(probed(0, at(1, 3)), wanted);
    assert_eq!(probed(4, at(1, 4)), (None, 0, PeerPace::Probe), "the answer to nothing it sent");
}

/// A member that has everything up to the base needs no snapshot, whatever its leader has let go of.
#[test]
fn a_member_at_the_base_needs_no_snapshot() {
    let mut host = Host::leader();
    host.propose();
    host.settle();
    host.hear_now(2, accepted(2));
    host.hear_now(3, accepted(1));
    host.settle();
    host.node.compact(Index(2)).expect("applied and synced");
    host.said();
    host.node.report_unreachable(id(3));
    host.node.report_unreachable(id(2));
    let sent = host.told(2);
    assert_eq!(sent, [append(at(1, 2), vec![], 2)], "a probe at the base");
    assert_eq!(host.wants().len(), 1, "node 3 has one entry less");
}

/// R16, R23: a node restarts from a compacted log, and goes on.
#[test]
fn a_compacted_log_restarts() {
    let restored = syncline_raft::Restored {
        hard_state: syncline_raft::HardState {
            term: syncline_raft::Term(2),
            vote: None,
            commit: Index(6),
        },
        base: at(1, 4),
        older: vec![at(1, 5)],
        entries: run(6, &[1, 2]),
        applied: Index(5),
        membership: voters(3),
        snapshot: None,
    };
    let mut node = syncline_raft::RawNode::new(config(ME), restored).expect("what a node leaves");
    let ready = node.ready().expect("entry 6 is to be applied");
    assert_eq!(names(&ready.apply.expect("one").entries), [at(1, 6)]);
    node.applied(Index(6)).expect("handed out");
    assert_eq!(node.status().appended, Index(7));
    node.compact(Index(6)).expect("applied and synced");
}
