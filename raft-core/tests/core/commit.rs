//! R5, R6, R7: what is committed, and what a follower may conclude.

use syncline_raft::{Body, Index, StepError, Term};

use crate::util::*;

/// A leader of three counts two copies. Its own is none before it is synced: the leader could lose
/// power now and vote for somebody without the entry.
#[test]
fn the_leaders_own_copy_counts_only_when_synced() {
    let mut host = Host::leader();
    host.hear_now(2, accepted(0));
    host.pump();
    assert_eq!(host.status().committed, Index(0));
    host.hear_now(2, accepted(1));
    assert_eq!(host.status().committed, Index(0), "one copy, on node 2");
    host.advance();
    assert_eq!(host.status().committed, Index(0), "advanced is not synced");
    host.sync();
    assert_eq!(host.status().committed, Index(1));
}

/// R6: two followers are a quorum without their leader, which announces the commit and holds back
/// its own apply.
#[test]
fn followers_commit_what_their_leader_has_not_synced() {
    let mut host = Host::leader();
    host.hear_now(2, accepted(1));
    host.hear_now(3, accepted(1));
    let status = host.status();
    assert_eq!((status.committed, status.synced), (Index(1), Index(0)));
    let announced = |body: &&Body| **body == commit(1);
    assert_eq!(host.said().iter().filter(announced).count(), 2);
    assert!(host.applied.is_empty());
    host.sync();
    host.pump();
    assert_eq!(names(&host.applied), [at(1, 1)]);
}

/// Raft paper, figure 8: an entry of an older term is not committed by counting its copies, only
/// below one of the leader's own term.
#[test]
fn an_entry_of_an_older_term_commits_only_below_a_new_one() {
    let mut host = Host::follower(2, &[1, 2]);
    host.campaign_and_win();
    host.sync();
    assert_eq!(host.status().term, Term(3));
    host.hear_now(2, accepted(2));
    assert_eq!(host.status().committed, Index(0), "two copies of entry 2, of term 2");
    host.hear_now(2, accepted(3));
    assert_eq!(host.status().committed, Index(3));
}

#[test]
fn a_late_acknowledgement_takes_nothing_back() {
    let mut host = Host::leader();
    host.sync();
    for last in [1, 0, 1] {
        host.hear_now(2, accepted(last));
        host.hear_now(3, accepted(0));
    }
    assert_eq!(host.status().committed, Index(1));
}

/// R7, by append: as far as this message has verified the log, however far the leader has come. What
/// lies beyond may be another leader's.
#[test]
fn an_append_commits_no_further_than_it_verifies() {
    let mut host = Host::follower(1, &[1, 1, 1, 1]);
    host.hear(3, 2, append(at(1, 2), vec![], 4)).expect("a probe of a new leader");
    assert_eq!(host.status().committed, Index(2));
    host.hear_now(3, append(at(1, 2), run(3, &[2]), 9));
    assert_eq!(host.status().committed, Index(3));
    assert_eq!(host.status().appended, Index(3));
}

/// R7, by heartbeat: what it carries, where the log reaches that far; the leader has clamped it to
/// what this follower acknowledged in this term.
#[test]
fn a_heartbeat_commits_within_the_log() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear_now(2, heartbeat(1));
    assert_eq!(host.status().committed, Index(1));
    host.hear_now(2, heartbeat(0));
    assert_eq!(host.status().committed, Index(1), "commit never goes down");
    host.hear_now(2, heartbeat(7));
    assert_eq!(host.status().committed, Index(2));
}

/// The other half of that bargain: a heartbeat says no more than what the receiver acknowledged.
#[test]
fn a_heartbeat_carries_what_its_receiver_acknowledged() {
    let mut host = Host::leader();
    host.node.propose([0].into()).expect("it leads");
    host.settle();
    host.hear_now(2, accepted(2));
    assert_eq!(host.status().committed, Index(2));
    host.said();
    host.node.tick();
    host.node.tick();
    let sent = host.sent();
    let commit = |to| sent.iter().find(|message| message.to == id(to)).map(|m| m.body.clone());
    assert_eq!(commit(2), Some(heartbeat(2)));
    assert_eq!(commit(3), Some(heartbeat(0)), "node 3 has acknowledged nothing in this term");
}

/// Whoever would overwrite what is committed is no leader; what is committed stays.
#[test]
fn what_is_committed_is_never_overwritten() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    host.hear_now(2, heartbeat(2));
    let against = StepError::AgainstCommitted { found: at(2, 2), committed: Index(2) };
    assert_eq!(host.hear(3, 2, append(at(1, 1), run(2, &[2, 2]), 2)), Err(against));
    assert_eq!(host.status().appended, Index(3));
    host.hear_now(3, append(at(1, 2), run(3, &[2]), 2));
    assert_eq!(host.status().appended, Index(3), "above it, it may");
}

/// R3: the commit index in a write never passes the log in it, and it comes with the entries.
#[test]
fn a_write_carries_the_commit_known_with_its_entries() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1, 1]), 2));
    host.pump();
    assert_eq!(host.images[2].hard_state.commit, Index(2));
    host.hear_now(2, heartbeat(3));
    host.pump();
    assert_eq!(host.images[3].hard_state.commit, Index(3), "alone, in a write of its own");
    assert!(!host.take());
}

/// A whole cluster: one sync of two followers is enough, and all three end with the same log.
#[test]
fn a_cluster_commits_while_its_leader_never_syncs() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.propose(1, "b");
    cluster.talk();
    cluster.host(2).sync();
    cluster.host(3).sync();
    cluster.talk();
    let leader = cluster.host(1).status();
    assert_eq!((leader.committed, leader.synced), (Index(3), Index(1)));
    assert_eq!(cluster.applied(2).len(), 3, "the followers know, and have synced");
    assert_eq!(cluster.applied(1).len(), 1);
    cluster.settle();
    assert_eq!(cluster.applied(1), cluster.applied(2));
    assert_eq!(cluster.applied(1), cluster.applied(3));
}

/// R3, the lower bound: what is known to be committed when the last entry of a write was handled goes
/// with it, whether that was said before, with, or after the entry; a durable change of the membership
/// thus proves that every earlier one is committed (R18).
#[test]
fn entries_are_never_written_without_the_commit_known_by_then() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear_now(2, heartbeat(1));
    host.hear_now(2, append(at(1, 2), vec![change_entry(at(1, 3), add(4))], 2));
    host.pump();
    let disk = host.disk();
    assert_eq!((disk.hard_state.commit, disk.last()), (Index(2), at(1, 3)));
    host.hear_now(2, append(at(1, 3), run(4, &[1]), 2));
    host.hear_now(2, commit(3));
    host.pump();
    let disk = host.disk();
    assert_eq!((disk.hard_state.commit, disk.last()), (Index(3), at(1, 4)));

    let mut host = Host::leader();
    host.settle();
    host.hear_now(2, accepted(1));
    host.propose();
    host.pump();
    let disk = host.disk();
    assert_eq!((disk.hard_state.commit, disk.last()), (Index(1), at(1, 2)));
}

/// R3, the upper bound: a commit index beyond what a write leaves is cut to its end.
#[test]
fn no_write_names_a_commit_beyond_its_log() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1]), 9));
    host.hear_now(2, commit(9));
    host.pump();
    let disk = host.disk();
    assert_eq!((disk.hard_state.commit, disk.last()), (Index(2), at(1, 2)));
}
