//! Reads by lease: answered at once, as long as a quorum has promised to elect nobody else (R22).

use syncline_raft::{Body, Config, ConfigError, Index, ReadId, ReadMode, RoleKind};

use crate::util::*;

const DRIFT: u32 = 3;

/// Reads by lease; an election after 10 ticks, of which clocks may drift 3 apart.
fn leasing(me: u64) -> Config {
    let reads = ReadMode::Lease { drift_ticks: DRIFT };
    Config { check_quorum: true, reads, ..config(me) }
}

/// A leader of three that has committed its first entry and sent no heartbeat yet.
fn leader() -> Host {
    leader_with(leasing(ME))
}

fn leader_with(config: Config) -> Host {
    let mut host = Host::with(config, Image::default(), Machine::of(3));
    tick(&mut host, 10);
    if host.status().role == RoleKind::Follower {
        host.campaign_and_win();
    }
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    host.said();
    assert_eq!(host.status().committed, Index(1));
    host
}

fn tick(host: &mut Host, ticks: u32) {
    (0..ticks).for_each(|_| host.node.tick());
}

/// Whether a read is answered at once.
fn is_served(host: &Host) -> bool {
    let mut host = host.clone();
    let read = host.node.read_index().expect("it leads");
    let before = host.outcomes();
    assert!(before.is_empty() || before == [(read, Some(Index(1)))]);
    !before.is_empty()
}

/// Lets a round leave and node 2 answer it.
fn round(host: &mut Host, round: u64) {
    host.said();
    host.hear_now(2, alive(round));
}

/// R22: from the tick in which the round left that a quorum has answered, an election timeout less
/// the drift: 7 ticks here.
#[test]
fn a_lease_lasts_an_election_timeout_less_the_drift() {
    let mut host = leader();
    assert!(!is_served(&host), "no round is answered");
    tick(&mut host, 2);
    assert_eq!(host.said().len(), 2, "a round leaves");
    assert!(!is_served(&host), "and is not answered");
    host.hear_now(2, alive(1));
    for since in 0..7 {
        assert!(is_served(&host), "{since} ticks after the round left");
        host.node.tick();
    }
    assert!(!is_served(&host), "7 ticks are over");
}

/// The bug: between two Readys a leader answered twice as many reads as may wait, although by lease none
/// of them waits, and said nothing to who asked for the others.
#[test]
fn a_lease_serves_more_reads_at_once_than_may_wait() {
    let few = Config { reads_max: 1, ..leasing(ME) };
    let mut host = leader_with(few);
    tick(&mut host, 2);
    round(&mut host, 1);
    host.said();
    for number in 0..5 {
        host.hear_now(2, Body::Read { id: ReadId(number) });
    }
    let served = |number| Body::ReadResponse { id: ReadId(number), index: Some(Index(1)) };
    assert_eq!(host.said(), [0, 1, 2, 3, 4].map(served));
}

/// R22: what counts is when the question left, not when the answer came, be it late.
#[test]
fn a_late_answer_extends_nothing() {
    let mut host = leader();
    tick(&mut host, 2);
    host.said();
    tick(&mut host, 6);
    host.hear_now(2, alive(1));
    assert!(is_served(&host), "6 ticks after the round left");
    host.node.tick();
    assert!(!is_served(&host));
}

/// R22: an answer to an older round says nothing of a newer one.
#[test]
fn an_answer_counts_for_its_own_round() {
    let mut host = leader();
    for _ in 0..4 {
        tick(&mut host, 2);
        host.said();
    }
    host.hear_now(2, alive(1));
    assert!(is_served(&host), "round 1 left 6 ticks ago");
    host.node.tick();
    assert!(!is_served(&host));
    host.hear_now(2, alive(4));
    assert!(is_served(&host), "round 4 left a tick ago");
    host.hear_now(2, alive(2));
    tick(&mut host, 5);
    assert!(is_served(&host), "an older answer takes nothing back");
    host.node.tick();
    assert!(!is_served(&host));
}

/// R21, R22: a round that was never sent cannot have been answered.
#[test]
fn an_answer_to_a_round_of_the_future_counts_for_the_newest() {
    let mut host = leader();
    host.hear_now(2, alive(u64::MAX));
    assert!(!is_served(&host), "no round has left");
    tick(&mut host, 2);
    host.said();
    assert!(!is_served(&host), "and it was not remembered");
    host.hear_now(2, alive(u64::MAX));
    tick(&mut host, 7);
    assert!(!is_served(&host));
}

/// R22: only a leader that has committed in its term knows what to serve.
#[test]
fn a_leader_that_has_committed_nothing_serves_nothing() {
    let mut host = Host::with(leasing(ME), Image::default(), Machine::of(3));
    tick(&mut host, 10);
    if host.status().role == RoleKind::Follower {
        host.campaign_and_win();
    }
    tick(&mut host, 2);
    round(&mut host, 1);
    let mut asking = host.clone();
    asking.node.read_index().expect("it leads");
    assert_eq!(asking.outcomes(), []);
    host.hear_now(3, accepted(1));
    host.settle();
    assert!(is_served(&host));
}

/// R20: once a request to campaign has left, the lease is void for the rest of the term, aborted or
/// not; a read then takes a round.
#[test]
fn a_transfer_voids_the_lease_for_the_rest_of_the_term() {
    let mut host = leader();
    tick(&mut host, 2);
    round(&mut host, 1);
    host.node.transfer_leader(id(3)).expect("a voter");
    assert!(is_served(&host), "node 3 is not level, so nothing has left");
    host.node.abort_transfer();
    host.node.transfer_leader(id(2)).expect("a voter");
    assert!(!is_served(&host));
    host.node.abort_transfer();
    assert!(!is_served(&host), "it may still campaign");
    let read = host.node.read_index().expect("it leads");
    host.said();
    host.hear_now(2, alive(2));
    assert_eq!(host.outcomes(), [(read, Some(Index(1)))], "by a round, as without a lease");
    assert!(!is_served(&host), "and the next one again");
}

/// A read that another node sent on is answered at once as well.
#[test]
fn a_forwarded_read_is_served_by_the_lease() {
    let mut cluster = Cluster::with(3, leasing);
    cluster.hosts.values_mut().for_each(|host| (0..10).for_each(|_| host.node.tick()));
    if cluster.leader().is_none() {
        cluster.elect(1);
    }
    cluster.settle();
    cluster.tick(2);
    let leader = cluster.leader().expect("elected");
    let other = leader % 3 + 1;
    let read = cluster.host(other).node.read_index().expect("it follows");
    let sent = cluster.sent();
    cluster.deliver(sent);
    let sent = cluster.sent();
    assert_eq!(sent.len(), 1, "no heartbeat, one answer");
    cluster.deliver(sent);
    assert_eq!(cluster.host(other).outcomes(), [(read, Some(Index(1)))]);
}

/// R22: a lease rests on the promise of the voters of both halves; a learner's answer is none.
#[test]
fn a_learner_gives_no_lease() {
    let mut host = Host::with(leasing(ME), Image::default(), {
        let mut machine = Machine::of(3);
        machine.membership.learners = ids(&[4, 5]);
        machine
    });
    tick(&mut host, 10);
    if host.status().role == RoleKind::Follower {
        host.campaign_and_win();
    }
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    tick(&mut host, 2);
    host.said();
    host.hear_now(4, alive(1));
    host.hear_now(5, alive(1));
    assert!(!is_served(&host));
    host.hear_now(2, alive(1));
    assert!(is_served(&host));
}

/// A lease without promises, or one that clocks may outlive, makes no sense.
#[test]
fn a_lease_that_cannot_be_is_refused() {
    let without = Config { check_quorum: false, ..leasing(ME) };
    assert_eq!(without.validate(), Err(ConfigError::LeaseWithoutPromise));
    let drift = ConfigError::Drift { drift_ticks: 10, election_ticks: 10 };
    let long = Config { reads: ReadMode::Lease { drift_ticks: 10 }, ..leasing(ME) };
    assert_eq!(long.validate(), Err(drift));
    let shortest = Config { reads: ReadMode::Lease { drift_ticks: 9 }, ..leasing(ME) };
    assert_eq!(shortest.validate(), Ok(()));
}

/// R22: the whole bargain. A leader is cut off while it holds a lease; nobody else leads before the
/// lease is over, whatever the others try.
#[test]
fn nobody_is_elected_within_a_lease() {
    for seed in 0..20 {
        let mut cluster = Cluster::with(3, leasing);
        cluster.tick(10);
        while cluster.leader().is_none() {
            cluster.tick(1);
        }
        cluster.tick(3 + seed % 7);
        let old = cluster.leader().expect("elected");
        cluster.cut = vec![old];
        for _ in 0..40 {
            for number in (1..=3).filter(|number| *number != old) {
                let _ = cluster.host(number).node.campaign();
            }
            cluster.tick(1);
            let is_replaced = cluster.leader() != Some(old);
            let host = cluster.host(old);
            let serves = host.status().role == RoleKind::Leader && {
                let read = host.node.read_index().expect("it leads");
                host.outcomes().contains(&(read, Some(host.status().committed)))
            };
            assert!(!(serves && is_replaced), "a stale read");
        }
        assert_ne!(cluster.leader(), Some(old));
    }
}
