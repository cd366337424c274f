//! Quorum checks: a leader that nobody answers steps down, and whoever hears a leader promises to
//! elect nobody else for an election timeout (R22).

use syncline_raft::{Body, CampaignError, Config, ForgetError, ReadMode, RoleKind, Term};

use crate::util::*;

/// Keeps its promise, and asks nobody beforehand.
fn promising(me: u64) -> Config {
    Config { check_quorum: true, ..config(me) }
}

fn new() -> Host {
    Host::with(promising(ME), Image::default(), Machine::of(3))
}

fn leader() -> Host {
    Host::leader_with(promising(ME), 3)
}

fn tick(host: &mut Host, ticks: u32) {
    (0..ticks).for_each(|_| host.node.tick());
}

/// Delivers a sign of life to a leader, or to what has become of it.
fn heard(host: &mut Host, from: u64, body: Body) {
    let term = host.status().term.0;
    let _ = host.hear(from, term, body);
}

/// Whether it grants its vote to node 3 in this term.
fn votes(host: &Host, term: u64) -> bool {
    let mut host = host.clone();
    host.hear(3, term, vote(at(term - 1, 99))).expect("a candidate");
    host.settle();
    let grants = |body: &Body| matches!(body, Body::VoteResponse { granted: true, .. });
    host.said().iter().any(grants)
}

/// Whether it says that it would.
fn consents(host: &Host, term: u64) -> bool {
    let mut host = host.clone();
    host.hear(3, term, pre_vote(at(term - 1, 99))).expect("who asks");
    let grants = |body: &Body| matches!(body, Body::PreVoteResponse { granted: true, .. });
    host.said().iter().any(grants)
}

/// R22: it is heard, every accepted message counts from anew, and a promise is kept to the tick.
#[test]
fn whoever_hears_a_leader_elects_nobody_for_an_election_timeout() {
    let messages = [
        heartbeat(0),
        append(at(0, 0), run(1, &[1]), 0),
        append(at(1, 7), vec![], 0),
        commit(0),
        Body::Snapshot(snapshot(at(1, 5))),
    ];
    for message in messages {
        let mut host = new();
        assert!(votes(&host, 5), "a new node has promised nothing");
        host.hear(2, 1, message.clone()).expect("of a leader");
        assert!(!votes(&host, 5), "{message:?}");
        tick(&mut host, 7);
        host.hear_now(2, heartbeat(0));
        tick(&mut host, 9);
        assert!(!votes(&host, 5), "{message:?}");
        assert!(!consents(&host, 5), "{message:?}");
        tick(&mut host, 1);
        assert!(votes(&host, 5), "{message:?}");
        assert!(consents(&host, 5), "{message:?}");
    }
}

/// R22: nor does it elect itself, by its timer or because it was asked to.
#[test]
fn whoever_hears_a_leader_does_not_campaign() {
    let mut host = new();
    host.hear(2, 1, heartbeat(0)).expect("of a leader");
    for _ in 0..10 {
        assert_eq!(host.node.campaign(), Err(CampaignError::Promised));
        assert_eq!(host.status().term, Term(1));
        host.node.tick();
    }
    host.node.campaign().expect("the promise is over");
}

/// R22: what ends a promise is time alone. A lease rests on it, and whoever holds that does not know of
/// the new term, or that it was forgotten.
#[test]
fn neither_a_new_term_nor_a_lost_leader_ends_a_promise() {
    let mut host = new();
    host.hear(2, 1, heartbeat(0)).expect("of a leader");
    host.hear(3, 4, accepted(0)).expect("of a later term");
    assert_eq!((host.status().term, host.status().leader), (Term(4), None));
    assert!(!votes(&host, 5));
    assert_eq!(host.node.campaign(), Err(CampaignError::Promised));

    let mut host = new();
    host.hear(2, 1, heartbeat(0)).expect("of a leader");
    host.node.forget_leader().expect("it follows one");
    assert_eq!(host.status().leader, None);
    assert!(!votes(&host, 1), "in the same term");
    assert!(!votes(&host, 5));
    assert_eq!(host.node.campaign(), Err(CampaignError::Promised));
    tick(&mut host, 10);
    assert!(votes(&host, 1), "now that it has forgotten its leader");
    assert_eq!(host.node.forget_leader(), Err(ForgetError::NoLeader));
}

/// R22: a request that is not looked at moves no term either, else it would depose the leader.
#[test]
fn a_request_that_meets_a_promise_is_not_even_looked_at() {
    let mut host = new();
    host.hear(2, 1, heartbeat(0)).expect("of a leader");
    host.settle();
    host.said();
    let before = format!("{:?}", host.node);
    host.hear(3, 9, vote(at(8, 9))).expect("a candidate");
    host.hear(3, 9, pre_vote(at(8, 9))).expect("who asks");
    assert_eq!(format!("{:?}", host.node), before);
    let mut host = leader();
    let before = format!("{:?}", host.node);
    host.hear(3, 9, vote(at(8, 9))).expect("a candidate");
    host.hear(3, 9, pre_vote(at(8, 9))).expect("who asks");
    assert_eq!(format!("{:?}", host.node), before, "a leader that is heard leads on");
}

/// R22: a restart forgets whether there was a promise, so there is one.
#[test]
fn a_restart_begins_a_promise_anew() {
    let mut host = new();
    host.hear(2, 1, heartbeat(0)).expect("of a leader");
    host.settle();
    tick(&mut host, 30);
    let kept = host.synced;
    let mut host = host.crash(kept);
    for _ in 0..10 {
        assert!(!votes(&host, 5));
        assert_eq!(host.node.campaign(), Err(CampaignError::Promised));
        host.node.tick();
    }
    assert!(votes(&host, 5));
}

/// R22. The bug: a node answered the first heartbeats of its life, on which a lease was built, and lost
/// power before anything of it was synced. Its disk was as empty as that of a node that never ran, so
/// it was taken for one that had promised nothing, and voted for another leader within the lease.
#[test]
fn with_leases_an_empty_disk_does_not_mean_that_nothing_was_promised() {
    let config = Config { reads: ReadMode::Lease { drift_ticks: 1 }, ..promising(ME) };
    let mut host = Host::with(config, Image::default(), Machine::of(3));
    tick(&mut host, 10);
    host.hear(2, 1, heartbeat(0)).expect("of a leader");
    assert_eq!(host.said(), [alive(1)], "a lease may rest on this");
    let host = host.crash(0);
    assert!(!votes(&host, 2));
}

/// Without quorum checks nobody promises anything.
#[test]
fn without_the_check_there_is_no_promise() {
    let mut host = Host::new(3);
    host.hear(2, 1, heartbeat(0)).expect("of a leader");
    assert!(votes(&host, 5));
    host.node.campaign().expect("it may campaign");
}

/// A leader counts what it has heard since it last counted. Any answer is a sign of life.
#[test]
fn a_leader_that_no_quorum_answers_steps_down() {
    let mut host = leader();
    tick(&mut host, 19);
    assert_eq!(host.status().role, RoleKind::Leader, "it counted on being elected at first");
    let term = host.status().term;
    tick(&mut host, 1);
    assert_eq!((host.status().role, host.status().term), (RoleKind::Follower, term));
    assert_eq!(host.status().leader, None);

    let signs = [alive(1), accepted(0), rejected(0, at(0, 0))];
    for sign in signs {
        let mut host = leader();
        for _ in 0..10 {
            tick(&mut host, 10);
            assert_eq!(host.status().role, RoleKind::Leader, "{sign:?}");
            host.hear_now(3, sign.clone());
            host.said();
        }
    }
}

/// Half of an even cluster is no quorum, and a learner's or a stranger's life says nothing.
#[test]
fn only_voters_count_and_more_than_half_of_them() {
    let mut host = Host::leader_with(promising(ME), 4);
    for _ in 0..20 {
        host.node.tick();
        heard(&mut host, 2, alive(1));
        heard(&mut host, 9, alive(1));
    }
    assert_eq!(host.status().role, RoleKind::Follower, "two of four, and a stranger");
    let mut host = Host::leader_with(promising(ME), 4);
    for _ in 0..20 {
        host.node.tick();
        heard(&mut host, 2, alive(1));
        heard(&mut host, 3, alive(1));
    }
    assert_eq!(host.status().role, RoleKind::Leader);
}

/// A leader of which nobody hears gives up, and the others elect another without delay.
#[test]
fn a_leader_that_is_cut_off_gives_up() {
    let mut cluster = Cluster::with(3, promising);
    cluster.elect(1);
    cluster.tick(5);
    cluster.cut = vec![1];
    cluster.tick(25);
    assert_eq!(cluster.host(1).status().role, RoleKind::Follower);
    cluster.tick(40);
    assert!(matches!(cluster.leader(), Some(2 | 3)));
}

/// It keeps leading through elections that others begin: with pre-vote and promises together.
#[test]
fn a_usual_cluster_keeps_its_leader() {
    let mut cluster = Cluster::usual(3);
    cluster.elect(1);
    for cut in [2, 3, 2] {
        cluster.cut = vec![cut];
        cluster.tick(60);
        cluster.cut.clear();
        cluster.tick(20);
        let status = cluster.host(1).status();
        assert_eq!((status.role, status.term), (RoleKind::Leader, Term(1)));
    }
}
