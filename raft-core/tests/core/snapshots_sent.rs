//! Snapshots that a leader sends: who needs one, what becomes of it, and what follows it.

use std::sync::Arc;

use syncline_raft::{Body, Index, PeerPace, SendSnapshotError, SnapshotOutcome, SnapshotWanted};

use crate::util::*;

/// A leader of three whose log begins after index 4, all applied, and a follower 3 that lags.
fn compacted_leader() -> Host {
    let mut host = Host::leader();
    for _ in 0..3 {
        host.propose();
    }
    host.settle();
    host.hear_now(2, accepted(4));
    host.settle();
    host.compact();
    host.propose();
    host.settle();
    host.hear_now(2, accepted(5));
    host.settle();
    host.said();
    host.hear_now(3, rejected(0, at(0, 0)));
    host
}

fn pace(host: &Host) -> PeerPace {
    host.node.peers().find(|peer| peer.id == id(3)).expect("a member").pace
}

/// A follower that needs what was compacted is sent a snapshot, once, and then the rest.
#[test]
fn a_follower_that_lags_behind_the_log_is_sent_a_snapshot() {
    let mut host = compacted_leader();
    let wanted = SnapshotWanted { to: id(3), at_least: Index(4) };
    assert_eq!(host.wants(), [wanted]);
    host.hear_now(3, alive(1));
    assert_eq!(host.wants(), [], "it was asked for");
    let sent = host.snapshot();
    host.node.send_snapshot(id(3), Arc::clone(&sent)).expect("it was asked for");
    assert_eq!(host.told(3), [Body::Snapshot(sent)]);
    assert_eq!(pace(&host), PeerPace::Snapshot(Index(5)));
    host.propose();
    host.settle();
    assert_eq!(host.told(3), [], "nothing before it has arrived");
    host.hear_now(3, accepted(5));
    assert!(matches!(host.told(3)[..], [Body::Append { prev, .. }] if prev == at(1, 5)));
    assert_eq!(pace(&host), PeerPace::Replicate);
}

/// N10: the acknowledgement of whatever brought the follower behind the base ends the snapshot state,
/// also of a snapshot that is older than the one under way.
#[test]
fn an_acknowledgement_ends_the_snapshot_state() {
    for last in [4, 5] {
        let mut host = compacted_leader();
        host.wants();
        host.node.send_snapshot(id(3), host.snapshot()).expect("it was asked for");
        host.said();
        host.hear_now(3, accepted(last));
        assert_eq!(pace(&host), PeerPace::Replicate, "{last}");
    }
    let mut host = compacted_leader();
    host.wants();
    host.node.send_snapshot(id(3), host.snapshot()).expect("it was asked for");
    host.hear_now(3, accepted(3));
    assert_eq!(pace(&host), PeerPace::Snapshot(Index(5)), "the gap is still there");
}

#[test]
fn a_snapshot_that_failed_is_asked_for_again_at_a_sign_of_life() {
    let mut host = compacted_leader();
    host.wants();
    host.node.send_snapshot(id(3), host.snapshot()).expect("it was asked for");
    host.node.report_snapshot(id(3), SnapshotOutcome::Failed);
    assert_eq!(host.wants(), []);
    host.hear_now(3, alive(1));
    assert_eq!(host.wants(), [SnapshotWanted { to: id(3), at_least: Index(5) }]);
    host.node.report_snapshot(id(3), SnapshotOutcome::Failed);
    host.hear_now(3, alive(1));
    assert_eq!(host.wants().len(), 1, "the application could not make one, and is asked again");
}

#[test]
fn a_snapshot_that_was_delivered_is_followed_by_a_probe() {
    let mut host = compacted_leader();
    host.wants();
    host.node.send_snapshot(id(3), host.snapshot()).expect("it was asked for");
    host.said();
    host.node.report_snapshot(id(3), SnapshotOutcome::Delivered);
    assert_eq!(pace(&host), PeerPace::Probe);
    assert_eq!(host.told(3), [], "it is still being installed");
    host.hear_now(3, alive(1));
    assert!(matches!(host.told(3)[..], [Body::Append { prev, .. }] if prev == at(1, 5)));
    host.hear_now(3, rejected(5, at(0, 0)));
    assert_eq!(host.wants().len(), 1, "it was not installed after all");
}

#[test]
fn a_snapshot_that_does_not_help_is_not_sent() {
    let mut host = Host::follower(1, &[1]);
    let refused = host.node.send_snapshot(id(3), snapshot(at(1, 1)));
    assert_eq!(refused, Err(SendSnapshotError::NotLeader));
    let mut host = compacted_leader();
    let send = |host: &mut Host, to, last| host.node.send_snapshot(id(to), snapshot(last));
    let not_asked = |member| Err(SendSnapshotError::NotAsked { member: id(member) });
    assert_eq!(send(&mut host, 3, at(1, 5)), not_asked(3), "nobody asked yet");
    host.wants();
    assert_eq!(send(&mut host, 2, at(1, 5)), not_asked(2));
    assert_eq!(send(&mut host, 9, at(1, 5)), not_asked(9));
    let old = SendSnapshotError::TooOld { found: Index(3), at_least: Index(4) };
    assert_eq!(send(&mut host, 3, at(1, 3)), Err(old));
    for found in [at(1, 6), at(2, 5), at(9, u64::MAX)] {
        let unknown = SendSnapshotError::NotApplied { found, applied: Index(5) };
        assert_eq!(send(&mut host, 3, found), Err(unknown));
    }
    send(&mut host, 3, at(1, 5)).expect("applied here");
    assert_eq!(send(&mut host, 3, at(1, 5)), not_asked(3), "one is under way");
}

/// A request of a follower is served like the need of one that lags; one that reaches beyond the
/// leader's log waits until that follower has lost its tail.
#[test]
fn a_request_is_served_by_the_leader() {
    let mut host = compacted_leader();
    host.hear_now(2, Body::SnapshotRequest { at_least: Index(9) });
    assert!(host.wants().iter().all(|wanted| wanted.to != id(2)));
    host.hear_now(2, Body::SnapshotRequest { at_least: Index(5) });
    assert_eq!(host.wants(), [SnapshotWanted { to: id(2), at_least: Index(5) }]);
    host.hear_now(9, Body::SnapshotRequest { at_least: Index(5) });
    assert_eq!(host.wants(), []);

    let mut cluster = Cluster::usual(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.tick(4);
    cluster.host(3).node.request_snapshot().expect("it follows a leader");
    cluster.propose(1, "b");
    cluster.tick(8);
    assert_eq!(cluster.host(3).installed.len(), 1);
    cluster.propose(1, "c");
    cluster.tick(4);
    assert_eq!(cluster.host(3).status().applied, Index(4));
}
