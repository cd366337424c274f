//! Linearizable reads by rounds of heartbeats (R21).

use syncline_raft::{Body, Config, Index, Message, ReadError, ReadId, Round, Term};

use crate::util::*;

/// A leader of three that has committed its first entry.
fn leader() -> Host {
    let mut host = Host::leader();
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    host.said();
    host
}

/// The rounds of the heartbeats that leave for node 2.
fn rounds(host: &mut Host) -> Vec<u64> {
    let said = host.told(2).into_iter();
    let round = |body| match body {
        Body::Heartbeat { round: Round(round), .. } => Some(round),
        _ => None,
    };
    said.filter_map(round).collect()
}

/// R21: an answer shows that the leader led when the round left. So a read is served by a round that
/// leaves after it came, never by one that is under way.
#[test]
fn a_read_joins_only_a_later_round() {
    let mut host = leader();
    let first = host.node.read_index().expect("it leads");
    assert_eq!(rounds(&mut host), [1]);
    let second = host.node.read_index().expect("it leads");
    assert_eq!(rounds(&mut host), [2]);
    host.hear_now(2, alive(1));
    assert_eq!(host.outcomes(), [(first, Some(Index(1)))]);
    host.hear_now(3, alive(1));
    assert_eq!(host.outcomes(), [], "round 1 says nothing of the second");
    host.hear_now(3, alive(2));
    assert_eq!(host.outcomes(), [(second, Some(Index(1)))]);
}

/// A newer round confirms the older ones as well.
#[test]
fn the_answer_to_a_round_serves_all_before_it() {
    let mut host = leader();
    let reads: Vec<ReadId> = (0..3)
        .map(|_| {
            let read = host.node.read_index().expect("it leads");
            host.said();
            read
        })
        .collect();
    host.hear_now(3, alive(3));
    let served: Vec<ReadId> = host.outcomes().into_iter().map(|(read, _)| read).collect();
    assert_eq!(served, reads);
}

/// What is asked between two Readys shares a round, and a round that is due anyway is used.
#[test]
fn reads_between_two_readys_share_a_round() {
    let mut host = leader();
    let reads: Vec<ReadId> = (0..5).map(|_| host.node.read_index().expect("it leads")).collect();
    host.node.tick();
    host.node.tick();
    assert_eq!(rounds(&mut host), [1], "one round, though a heartbeat was due too");
    host.hear_now(2, alive(1));
    assert_eq!(host.outcomes().len(), reads.len());
}

/// R21: the index is the commit index when the round leaves, which is no older than the read.
#[test]
fn a_read_is_served_at_what_was_committed_when_its_round_left() {
    let mut host = leader();
    let read = host.node.read_index().expect("it leads");
    host.said();
    host.propose();
    host.settle();
    host.hear_now(2, accepted(2));
    assert_eq!(host.status().committed, Index(2));
    host.hear_now(2, alive(1));
    assert_eq!(host.outcomes(), [(read, Some(Index(1)))]);
}

/// R21: a new leader does not know what is committed before it has committed an entry of its own.
#[test]
fn a_read_waits_for_the_first_commit_of_the_term() {
    let mut host = Host::follower(1, &[1, 1]);
    host.campaign_and_win();
    host.settle();
    let read = host.node.read_index().expect("it leads");
    assert_eq!(rounds(&mut host), [], "it would prove nothing yet");
    host.node.tick();
    host.node.tick();
    assert_eq!(rounds(&mut host), [1], "a heartbeat all the same");
    host.hear_now(2, alive(1));
    assert_eq!(host.outcomes(), []);
    host.hear_now(2, accepted(3));
    assert_eq!(rounds(&mut host), [2]);
    host.hear_now(3, alive(1));
    assert_eq!(host.outcomes(), []);
    host.hear_now(3, alive(2));
    assert_eq!(host.outcomes(), [(read, Some(Index(3)))]);
}

/// A single voter is its own quorum.
#[test]
fn a_single_voter_serves_at_once() {
    let mut host = Host::new(1);
    host.node.campaign().expect("it may campaign");
    host.settle();
    let read = host.node.read_index().expect("it leads");
    assert_eq!(host.outcomes(), [(read, Some(Index(1)))]);
}

/// In a cluster of five, one answer is not a quorum; nor are those of nodes that are no voters.
#[test]
fn a_round_needs_a_quorum() {
    let mut host = Host::leader_with(config(ME), 5);
    host.settle();
    host.hear_now(2, accepted(1));
    host.hear_now(3, accepted(1));
    host.settle();
    let read = host.node.read_index().expect("it leads");
    host.said();
    host.hear_now(2, alive(1));
    host.hear_now(2, alive(1));
    host.hear_now(9, alive(1));
    assert_eq!(host.outcomes(), []);
    host.hear_now(4, alive(1));
    assert_eq!(host.outcomes(), [(read, Some(Index(1)))]);
}

/// R21, etcd issue 20418: rounds are numbered by the leader itself, so an answer that was given to an
/// earlier round never counts for a later one, however the messages are delayed.
#[test]
fn a_late_answer_serves_no_later_read() {
    let mut host = leader();
    host.node.tick();
    host.node.tick();
    assert_eq!(rounds(&mut host), [1]);
    let read = host.node.read_index().expect("it leads");
    assert_eq!(rounds(&mut host), [2]);
    for _ in 0..3 {
        host.hear_now(2, alive(1));
        host.hear_now(3, alive(1));
    }
    assert_eq!(host.outcomes(), []);
    host.hear_now(3, alive(u64::MAX));
    assert_eq!(host.outcomes(), [(read, Some(Index(1)))], "clamped to the newest");
}

/// A follower sends its read on, and gets the index back.
#[test]
fn a_follower_asks_its_leader() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    let read = cluster.host(3).node.read_index().expect("it follows");
    cluster.settle();
    assert_eq!(cluster.host(3).outcomes(), [(read, Some(Index(2)))]);
    assert_eq!(cluster.host(1).outcomes(), [], "it is not the leader's own");
}

#[test]
fn nobody_is_asked_while_no_leader_is_known() {
    let mut host = Host::new(3);
    assert_eq!(host.node.read_index(), Err(ReadError::NoLeader));
    host.node.campaign().expect("it may campaign");
    assert_eq!(host.node.read_index(), Err(ReadError::NoLeader));
}

/// Every read has an outcome: what waits when the office ends is lost, for its own node and others.
#[test]
fn reads_are_lost_with_the_office() {
    let mut host = leader();
    let under_way = host.node.read_index().expect("it leads");
    host.said();
    let waiting = host.node.read_index().expect("it leads");
    host.hear_now(3, Body::Read { id: ReadId(77) });
    host.hear(2, 5, heartbeat(1)).expect("of a new leader");
    assert_eq!(host.outcomes(), [(under_way, None), (waiting, None)]);
    let answer = Body::ReadResponse { id: ReadId(77), index: None };
    assert!(host.sent().contains(&Message { from: id(1), to: id(3), term: Term(5), body: answer }));
    host.hear(2, 1, alive(9)).expect("late");
    assert_eq!(host.outcomes(), []);
}

/// A read that was sent on is lost when another leads, when nobody does, and when no answer comes.
#[test]
fn a_forwarded_read_is_lost_with_the_leader_or_with_time() {
    let asked = || {
        let mut host = Host::follower(1, &[1]);
        let read = host.node.read_index().expect("it follows");
        assert_eq!(host.said(), [Body::Read { id: read }]);
        (host, read)
    };
    let (mut host, read) = asked();
    host.hear(3, 2, heartbeat(0)).expect("of a new leader");
    assert_eq!(host.outcomes(), [(read, None)]);
    let (mut host, read) = asked();
    host.node.forget_leader().expect("it follows one");
    assert_eq!(host.outcomes(), [(read, None)]);
    let (mut host, read) = asked();
    host.node.campaign().expect("it may campaign");
    assert_eq!(host.outcomes(), [(read, None)]);
    let (mut host, read) = asked();
    for _ in 0..9 {
        host.node.tick();
        host.hear_now(2, heartbeat(0));
    }
    assert_eq!(host.outcomes(), []);
    host.node.tick();
    assert_eq!(host.outcomes(), [(read, None)]);
    host.hear_now(2, Body::ReadResponse { id: read, index: Some(Index(1)) });
    assert_eq!(host.outcomes(), [], "too late");
}

/// Whoever does not lead says so.
#[test]
fn a_read_that_comes_to_the_wrong_node_is_refused() {
    let mut host = Host::follower(4, &[1]);
    let read = Body::Read { id: ReadId(5) };
    let refusal = Body::ReadResponse { id: ReadId(5), index: None };
    host.hear_now(3, read.clone());
    assert_eq!(host.said(), std::slice::from_ref(&refusal));
    host.hear(3, 2, read).expect("of an older term");
    assert_eq!(host.said(), [refusal]);
}

/// How many reads wait is bounded, at the leader and at whoever asks it.
#[test]
fn too_many_reads_are_refused() {
    let few = |me| Config { reads_max: 3, ..config(me) };
    let mut host = Host::leader_with(few(ME), 3);
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    for _ in 0..3 {
        host.node.read_index().expect("one of three");
        host.said();
    }
    assert_eq!(host.node.read_index(), Err(ReadError::TooMany { max: 3 }));
    host.hear_now(3, Body::Read { id: ReadId(5) });
    assert_eq!(host.told(3), [Body::ReadResponse { id: ReadId(5), index: None }]);
    host.hear_now(2, alive(3));
    assert_eq!(host.outcomes().len(), 3);
    host.node.read_index().expect("there is room again");

    let mut host = Host::follower_with(few(ME), 1, &[1]);
    let first = host.node.read_index().expect("one of three");
    for _ in 0..2 {
        host.node.read_index().expect("one of three");
    }
    assert_eq!(host.node.read_index(), Err(ReadError::TooMany { max: 3 }));
    host.hear_now(2, Body::ReadResponse { id: first, index: None });
    assert_eq!(host.outcomes(), [(first, None)], "the leader refused it");
    host.node.read_index().expect("there is room again");
}

/// A leader that nobody answers keeps a bounded number of rounds apart; no read gets lost thereby, and
/// none is served by a round that left before it came.
#[test]
fn many_open_rounds_lose_no_read() {
    let mut host = leader();
    let reads: Vec<ReadId> = (0..40)
        .map(|_| {
            let read = host.node.read_index().expect("it leads");
            host.said();
            read
        })
        .collect();
    for round in 1..=40 {
        host.hear_now(2, alive(round));
        for (read, index) in host.outcomes() {
            assert_eq!(index, Some(Index(1)));
            let joined = reads.iter().position(|other| *other == read).expect("asked") as u64 + 1;
            assert!(joined <= round, "read {joined} was served by round {round}");
        }
    }
    host.node.tick();
    host.node.tick();
    host.said();
    host.hear_now(2, alive(41));
    assert_eq!(host.outcomes(), [], "all of them were served");
}

/// An incarnation numbers its reads from another place, so that what was meant for an earlier one is not
/// taken for the answer to a new question.
#[test]
fn an_answer_to_an_earlier_incarnation_is_no_answer() {
    let with_seed = |seed| {
        let config = Config { seed, ..config(ME) };
        let mut host = Host::follower_with(config, 1, &[1]);
        let reads: Vec<ReadId> =
            (0..100).map(|_| host.node.read_index().expect("it follows")).collect();
        (host, reads)
    };
    let (_, before) = with_seed(1);
    let (mut host, after) = with_seed(2);
    assert!(before.iter().all(|read| !after.contains(read)));
    host.said();
    for read in before {
        host.hear_now(2, Body::ReadResponse { id: read, index: Some(Index(1)) });
    }
    assert_eq!(host.outcomes(), []);
}
