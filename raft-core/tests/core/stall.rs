//! R26: a leader whose disk hangs hands over its office, or leaves it.

use syncline_raft::{Body, Config, ProposeError, RoleKind};

use crate::util::*;

/// A leader of three that bears a hung disk for 5 ticks, whose log is committed and synced.
fn leader() -> Host {
    let config = Config { sync_stall_ticks_max: 5, ..config(ME) };
    let mut host = Host::leader_with(config, 3);
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    host.said();
    host
}

/// Ticks until it leads no more, or hands over.
#[track_caller]
fn ticks_to_the_end(host: &mut Host) -> u32 {
    for tick in 1..100 {
        host.node.tick();
        host.pump();
        if host.status().role != RoleKind::Leader || host.node.transferee().is_some() {
            return tick;
        }
    }
    panic!("it leads for ever");
}

/// It commits with the copies of others, but answers no client of its own, so it gives the office to
/// somebody who can.
#[test]
fn a_leader_with_a_hung_disk_hands_over_to_a_level_follower() {
    let mut host = leader();
    host.propose();
    host.pump();
    host.hear_now(3, accepted(2));
    host.hear_now(2, accepted(2));
    host.said();
    let ticks = ticks_to_the_end(&mut host);
    assert!((5..=6).contains(&ticks), "{ticks}");
    assert_eq!(host.node.transferee(), Some(id(2)));
    assert!(host.said().contains(&Body::TimeoutNow));
    let busy = ProposeError::Transferring { to: id(2) };
    assert_eq!(host.node.propose([0].into()), Err(busy));
}

/// With nobody to hand over to, it refuses proposals and steps down.
#[test]
fn a_leader_with_a_hung_disk_and_no_level_follower_steps_down() {
    let mut host = leader();
    host.propose();
    host.pump();
    ticks_to_the_end(&mut host);
    assert_eq!(host.status().role, RoleKind::Follower);
    assert_eq!(host.node.propose([0].into()), Err(ProposeError::NotLeader { leader: None }));
    (0..100).for_each(|_| host.node.tick());
    assert_ne!(host.status().role, RoleKind::Leader, "R25: its vote waits for the disk");
}

/// Neither a member without a vote nor one that is silent can take over.
#[test]
fn only_a_voter_that_lives_takes_over() {
    let config = Config { sync_stall_ticks_max: 25, ..usual(ME) };
    let mut machine = Machine::of(3);
    machine.membership.learners = ids(&[4]);
    let mut host = Host::with(config, Image::default(), machine);
    host.campaign_and_win();
    host.settle();
    host.hear_now(3, accepted(1));
    host.settle();
    host.propose();
    host.pump();
    host.hear_now(2, accepted(2));
    for _ in 0..26 {
        host.node.tick();
        host.pump();
        host.hear_now(3, alive(1));
        host.hear_now(4, accepted(2));
    }
    assert_eq!(host.status().role, RoleKind::Follower, "node 2 has it all, and is silent");
}

/// A write that carries only a commit index does not count, nor does one that is synced in time, be it
/// that others have been issued since.
#[test]
fn a_disk_that_goes_on_is_borne() {
    let mut host = leader();
    host.settle();
    host.hear_now(3, accepted(1));
    (0..100).for_each(|_| host.node.tick());
    assert_eq!(host.status().role, RoleKind::Leader, "nothing is unsynced");

    let mut host = leader();
    host.propose();
    host.settle();
    host.hear_now(2, accepted(2));
    host.pump();
    assert!(host.synced + 1 < host.images.len(), "a commit index is unsynced");
    assert_eq!(host.wanted(), None);
    (0..100).for_each(|_| host.node.tick());
    assert_eq!(host.status().role, RoleKind::Leader);

    let mut host = leader();
    for _ in 0..50 {
        host.propose();
        host.pump();
        host.advance();
        let newest = host.advanced;
        (0..4).for_each(|_| host.node.tick());
        host.propose();
        host.pump();
        host.sync_to(newest);
    }
    assert_eq!(host.status().role, RoleKind::Leader, "each was synced within its time");
}

/// Switched off, it bears everything.
#[test]
fn without_a_limit_a_hung_disk_is_borne() {
    let mut host = Host::leader();
    host.propose();
    host.pump();
    (0..1000).for_each(|_| host.node.tick());
    assert_eq!(host.status().role, RoleKind::Leader);
    assert_eq!(host.node.transferee(), None);
}

/// A whole cluster: the office goes on, and the disk that comes back is that of a follower.
#[test]
fn a_cluster_works_around_a_hung_disk() {
    let mut cluster = Cluster::with(3, |me| Config { sync_stall_ticks_max: 5, ..usual(me) });
    cluster.elect(1);
    cluster.tick(2);
    cluster.propose(1, "a");
    for _ in 0..40 {
        cluster.hosts.values_mut().for_each(|host| host.node.tick());
        for _ in 0..6 {
            cluster.talk();
            for number in [2, 3] {
                cluster.host(number).sync();
            }
        }
    }
    let leader = cluster.leader().expect("elected");
    assert_ne!(leader, 1);
    cluster.propose(leader, "b");
    cluster.settle();
    cluster.tick(4);
    assert_eq!(cluster.applied(1), cluster.applied(leader));
    assert_eq!(cluster.applied(1).len(), 4);
}
