//! How much is under way: to a follower, to the state machine, and not committed yet.

use syncline_raft::{
    Body, Config, ConfigError, Index, InflightLimits, MembershipChange, ProposeChangeError,
    ProposeError, Proposed,
};

use crate::util::*;

/// The entries of the appends that leave for node 2, by message.
fn sent(host: &mut Host) -> Vec<Vec<u64>> {
    let told = host.told(2).into_iter();
    let entries = |body| match body {
        Body::Append { entries, .. } => Some(entries.iter().map(|e| e.index().0).collect()),
        _ => None,
    };
    told.filter_map(entries).filter(|entries: &Vec<u64>| !entries.is_empty()).collect()
}

/// A leader of two that knows where its follower's log meets its own; one entry a message.
fn leader(config: &Config) -> Host {
    let config = Config { message_bytes_max: 0, ..config.clone() };
    let mut host = Host::leader_with(config, 2);
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    host.said();
    host
}

fn propose(host: &mut Host, count: usize, bytes: usize) {
    for _ in 0..count {
        host.node.propose(vec![0; bytes].into()).expect("it leads");
    }
}

/// An entry weighs its bytes and 24 more; a message is sent if the window is not full, whatever it
/// weighs itself.
#[test]
fn no_more_bytes_are_under_way_than_allowed() {
    let mut host = leader(&Config { inflight_bytes_max: 100, ..config(ME) });
    propose(&mut host, 6, 16);
    assert_eq!(sent(&mut host), [[2], [3], [4]], "40, 80, and one more");
    host.hear_now(2, accepted(2));
    assert_eq!(sent(&mut host), [[5]]);
    host.hear_now(2, accepted(5));
    assert_eq!(sent(&mut host), [[6], [7]]);
    host.hear_now(2, accepted(7));
    propose(&mut host, 2, 1000);
    assert_eq!(sent(&mut host), [[8]], "one is sent even if it weighs more");
}

/// A follower whose window is full gets one more at each sign of life, lest a lost message starve it.
#[test]
fn a_full_window_starves_nobody() {
    for limited in [
        Config { inflight_messages_max: 1, ..config(ME) },
        Config { inflight_bytes_max: 1, ..config(ME) },
    ] {
        let mut host = leader(&limited);
        propose(&mut host, 3, 0);
        assert_eq!(sent(&mut host), [[2]]);
        host.hear_now(2, alive(1));
        assert_eq!(sent(&mut host), [[3]]);
        host.hear_now(2, rejected(2, at(1, 1)));
        assert_eq!(sent(&mut host), [[2]], "entry 2 was lost");
        host.hear_now(2, accepted(2));
        assert_eq!(sent(&mut host), [[3]]);
    }
}

/// The limits may be changed while the leader leads, both ways.
#[test]
fn limits_change_at_run_time() {
    let limits = |messages_max, bytes_max| InflightLimits { messages_max, bytes_max };
    let mut host = leader(&Config { inflight_messages_max: 1, ..config(ME) });
    propose(&mut host, 6, 0);
    assert_eq!(sent(&mut host), [[2]]);
    host.node.set_inflight_limits(limits(3, usize::MAX)).expect("something may be under way");
    assert_eq!(sent(&mut host), [[3], [4]]);
    host.node.set_inflight_limits(limits(2, usize::MAX)).expect("something may be under way");
    host.hear_now(2, accepted(2));
    assert_eq!(sent(&mut host), [[0_u64; 1]; 0], "3 and 4 are under way");
    host.hear_now(2, accepted(3));
    assert_eq!(sent(&mut host), [[5]]);
    host.node.set_inflight_limits(limits(9, 1)).expect("something may be under way");
    host.hear_now(2, accepted(5));
    assert_eq!(sent(&mut host), [[6]]);
    for nothing in [limits(0, 1), limits(1, 0)] {
        let refused = host.node.set_inflight_limits(nothing);
        assert_eq!(refused, Err(ConfigError::NothingInFlight));
    }
    let peer = host.node.peers().next().expect("one");
    assert_eq!(peer.inflight_messages, 1, "the refused ones changed nothing");
}

/// Batches to apply are paged, across those that are still being applied.
#[test]
fn no_more_is_being_applied_than_allowed() {
    let limited = Config { apply_bytes_max: 100, ..config(ME) };
    let mut host = Host::follower_with(limited, 1, &[1; 10]);
    host.is_slow = true;
    host.hear_now(2, commit(10));
    host.settle();
    // An entry of these weighs 28 bytes: three fit, and then one more, since there is room left.
    let out = |host: &Host| host.work.iter().map(|work| work.last().0).collect::<Vec<_>>();
    assert_eq!(out(&host), [3, 4]);
    host.work_once();
    host.settle();
    assert_eq!(out(&host), [4, 6, 7]);
    while host.work_once() {
        host.settle();
    }
    assert_eq!(names(&host.applied).len(), 10);
}

/// One entry is handed out even if it weighs more than all may.
#[test]
fn an_entry_that_weighs_too_much_is_applied_alone() {
    let limited = Config { apply_bytes_max: 0, ..config(ME) };
    let mut host = Host::follower_with(limited, 1, &[1; 3]);
    host.is_slow = true;
    host.hear_now(2, commit(3));
    host.settle();
    for index in 1..=3 {
        assert_eq!(host.work.len(), 1, "one at a time");
        host.work_once();
        assert_eq!(host.status().applied, Index(index));
        host.settle();
    }
}

/// A leader holds so many bytes that nobody has committed, and one command whatever it weighs. What
/// is committed makes room.
#[test]
fn too_much_that_is_uncommitted_is_refused() {
    let limited = Config { uncommitted_bytes_max: 100, ..config(ME) };
    let mut host = leader(&limited);
    propose(&mut host, 2, 16);
    let full = ProposeError::TooMuchUncommitted { bytes: 80, max: 100 };
    assert_eq!(host.node.propose([0].into()), Err(full));
    assert_eq!(host.node.propose_change(add(3)), Err(ProposeChangeError::Refused(full)));
    host.hear_now(2, Body::Propose(vec![entry(1, 1).payload]));
    assert_eq!(host.status().appended, Index(3), "not from others either");
    host.settle();
    host.hear_now(2, accepted(2));
    propose(&mut host, 1, 16);
    assert_eq!(host.node.propose([0].into()), Err(full));
    host.settle();
    host.hear_now(2, accepted(4));
    propose(&mut host, 1, 5000);
    let full = ProposeError::TooMuchUncommitted { bytes: 5024, max: 100 };
    assert_eq!(host.node.propose([].into()), Err(full));
    host.settle();
    host.hear_now(2, accepted(5));
    host.node.propose([].into()).expect("all is committed");
}

/// The bug (B4, etcd/raft issue 11): a new leader took nothing of what it had inherited for uncommitted,
/// so that where leaders changed and nothing was committed, the log grew by the limit with each of them.
/// The entries with which terms begin are never refused, and weigh nothing here.
#[test]
fn what_is_inherited_is_uncommitted_too() {
    let limited = Config { uncommitted_bytes_max: 100, ..config(ME) };
    let inherited: usize =
        run(1, &[1, 1]).iter().map(|entry| entry.command().map_or(0, <[u8]>::len) + 24).sum();
    let mut host = Host::follower_with(limited, 1, &[1, 1]);
    host.campaign_and_win();
    let room = 100 - inherited - 24;
    let full = ProposeError::TooMuchUncommitted { bytes: inherited, max: 100 };
    assert_eq!(host.node.propose(vec![0; room + 1].into()), Err(full));
    propose(&mut host, 1, room);
    host.settle();
    host.hear_now(2, accepted(4));
    assert_eq!(host.status().committed, Index(4));
    propose(&mut host, 1, 76);
    host.node.propose([].into()).expect_err("100 bytes, all of this leader");
}

/// The bug: the entry by which a leader leaves a joint membership was not weighed when it was
/// appended, but taken off when it was committed, so that more could be uncommitted than allowed.
#[test]
fn the_way_out_of_a_joint_membership_is_weighed() {
    let limited = Config { uncommitted_bytes_max: 100, ..config(ME) };
    let mut host = Host::leader_with(limited, 3);
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    let transition = syncline_raft::Transition::Implicit;
    let changes = vec![syncline_raft::Change::AddLearner(id(4))];
    host.node.propose_change(MembershipChange::Enter { changes, transition }).expect("it applies");
    host.settle();
    host.hear_now(2, accepted(2));
    host.settle();
    assert_eq!(host.status().appended, Index(3), "the way out");
    propose(&mut host, 1, 40);
    host.settle();
    host.hear_now(2, accepted(3));
    assert_eq!(host.status().committed, Index(3));
    let full = ProposeError::TooMuchUncommitted { bytes: 64, max: 100 };
    assert_eq!(host.node.propose(vec![0; 20].into()), Err(full));
}

/// What is proposed at a follower is sent on, what is proposed between two Readys in one message; the
/// leader may refuse it, which nobody is told.
#[test]
fn a_follower_sends_proposals_on() {
    let forwarding = Config { forward_proposals: true, ..config(ME) };
    let mut host = Host::follower_with(forwarding, 1, &[1]);
    assert_eq!(host.node.propose([7].into()), Ok(Proposed::Forwarded(id(2))));
    assert_eq!(host.node.propose([8].into()), Ok(Proposed::Forwarded(id(2))));
    assert_eq!(host.node.propose_change(add(4)), Ok(Proposed::Forwarded(id(2))));
    let said = host.said();
    assert!(matches!(&said[..], [Body::Propose(payloads)] if payloads.len() == 3), "{said:?}");
    host.node.campaign().expect("it may campaign");
    let nobody = ProposeError::NotLeader { leader: None };
    assert_eq!(host.node.propose([9].into()), Err(nobody), "there is no leader to send it to");

    let mut cluster = Cluster::usual(3);
    cluster.elect(1);
    cluster.host(2).node.propose([7].into()).expect("it follows a leader");
    cluster.host(2).node.propose_change(remove(3)).expect("it follows a leader");
    cluster.tick(4);
    let applied: Vec<Option<&[u8]>> = cluster.applied(1).iter().map(|e| e.command()).collect();
    assert_eq!(applied, [None, Some(&[7][..]), None]);
    assert_eq!(cluster.host(1).membership(), &voters(2));
}

/// The bug: whatever was proposed at a follower between two Readys made one message, of any size. Now a
/// message of proposals weighs no more than one of entries may, and what waits to be sent on no more than
/// what a leader holds uncommitted.
#[test]
fn what_is_sent_on_has_limits() {
    let limits = Config { message_bytes_max: 100, uncommitted_bytes_max: 400, ..config(ME) };
    let forwarding = Config { forward_proposals: true, ..limits };
    let mut host = Host::follower_with(forwarding, 1, &[1]);
    let sent = |host: &mut Host| -> Vec<usize> {
        let count = |body| match body {
            Body::Propose(payloads) => payloads.len(),
            other => panic!("{other:?}"),
        };
        host.said().into_iter().map(count).collect()
    };
    // A command weighs its bytes and 24 more, a change of one node 33.
    propose(&mut host, 3, 16);
    host.node.propose_change(add(4)).expect("it is sent on");
    propose(&mut host, 1, 76);
    propose(&mut host, 1, 3);
    assert_eq!(sent(&mut host), [2, 2, 1, 1], "80, 73, 100 and 27 bytes");
    propose(&mut host, 10, 16);
    let full = ProposeError::TooMuchUncommitted { bytes: 400, max: 400 };
    assert_eq!(host.node.propose([].into()), Err(full));
    assert_eq!(host.node.propose_change(add(4)), Err(ProposeChangeError::Refused(full)));
    assert_eq!(sent(&mut host), [2; 5]);
    propose(&mut host, 1, 5_000);
    host.node.propose([].into()).expect_err("5,024 bytes");
    assert_eq!(sent(&mut host), [1], "one, whatever it weighs");
    propose(&mut host, 1, 16);
    assert_eq!(sent(&mut host), [1], "a Ready makes room");
}

#[test]
fn a_follower_that_may_not_send_on_says_who_leads() {
    let mut host = Host::follower(1, &[1]);
    let refusal = ProposeError::NotLeader { leader: Some(id(2)) };
    assert_eq!(host.node.propose([7].into()), Err(refusal));
    let refusal = ProposeChangeError::Refused(refusal);
    assert_eq!(host.node.propose_change(add(4)), Err(refusal));
    assert_eq!(host.said(), []);
    host.hear_now(3, Body::Propose(vec![entry(1, 1).payload]));
    assert_eq!((host.status().appended, host.said()), (Index(1), vec![]), "and takes none itself");
}

/// A leader may learn of a commit from a late answer to its own vote request; that makes room as well.
#[test]
fn a_commit_that_a_vote_message_tells_makes_room() {
    let limited = Config { uncommitted_bytes_max: 100, ..config(ME) };
    let mut host = leader(&limited);
    propose(&mut host, 1, 70);
    host.node.propose(vec![0; 70].into()).expect_err("94 bytes are uncommitted");
    host.settle();
    host.hear_now(2, Body::VoteResponse { granted: true, committed: at(1, 2) });
    assert_eq!(host.status().committed, Index(2));
    propose(&mut host, 1, 70);
}
