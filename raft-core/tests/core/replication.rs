//! Replication: what a leader sends, how two logs find where they meet, and how much is under way.

use syncline_raft::{Body, Config, Entry, Index, LogId};

use crate::util::*;

/// The appends among the messages, each as its `prev` and the indexes of its entries.
fn appends(said: &[Body]) -> Vec<(LogId, Vec<u64>)> {
    let append = |body: &Body| match body {
        Body::Append { prev, entries, .. } => {
            Some((*prev, entries.iter().map(|entry| entry.index().0).collect()))
        }
        _ => None,
    };
    said.iter().filter_map(append).collect()
}

/// A leader of two nodes with this configuration, whose log has these terms below its own no-op and
/// whose follower has not answered yet.
fn leader_of_two(config: Config, terms: &[u64]) -> Host {
    let mut host = Host::with(config, Image::default(), Machine::of(2));
    let last = terms.last().copied().unwrap_or(0);
    if last > 0 {
        host.hear(2, last, append(at(0, 0), run(1, terms), 0)).expect("a new log");
        host.settle();
    }
    host.campaign_and_win();
    host
}

/// Messages are composed when a Ready is taken, so what was proposed meanwhile travels together.
#[test]
fn proposals_between_two_readys_travel_in_one_message() {
    let mut host = leader_of_two(config(ME), &[]);
    host.hear_now(2, accepted(1));
    host.said();
    for number in 0..3 {
        host.node.propose(vec![number].into()).expect("it leads");
    }
    assert_eq!(appends(&host.said()), [(at(1, 1), vec![2, 3, 4])]);
}

/// Before its follower has answered, a leader sends one message and waits.
#[test]
fn a_probe_waits_for_its_answer() {
    let mut host = leader_of_two(config(ME), &[]);
    host.node.propose([0].into()).expect("it leads");
    assert_eq!(appends(&host.said()), [], "the first message is under way");
    host.hear_now(2, alive(1));
    assert_eq!(appends(&host.said()), [(at(0, 0), vec![1, 2])], "it may have been lost");
    host.hear_now(2, accepted(2));
    host.node.propose([0].into()).expect("it leads");
    host.node.propose([0].into()).expect("it leads");
    assert_eq!(appends(&host.said()), [(at(1, 2), vec![3, 4])]);
}

/// One message carries as much as it may, and always one entry.
#[test]
fn a_message_carries_no_more_than_it_may() {
    let small = Config { message_bytes_max: 100, ..config(ME) };
    let mut host = leader_of_two(small, &[]);
    host.hear_now(2, accepted(1));
    host.said();
    for length in [10, 10, 10, 500, 10] {
        host.node.propose(vec![0; length].into()).expect("it leads");
    }
    let carried: Vec<Vec<u64>> = appends(&host.said()).into_iter().map(|(_, list)| list).collect();
    assert_eq!(carried, [vec![2, 3], vec![4], vec![5], vec![6]]);
    let none = Config { message_bytes_max: 0, ..config(ME) };
    let mut host = leader_of_two(none, &[1, 1]);
    host.hear_now(2, accepted(0));
    assert_eq!(appends(&host.said()).len(), 3, "one entry at least");
}

/// A follower that answers nothing is sent so many messages and no more; what it acknowledges makes
/// room, and so does a sign of life, lest a lost message starve it.
#[test]
fn no_more_messages_are_under_way_than_allowed() {
    let narrow = Config { inflight_messages_max: 2, message_bytes_max: 0, ..config(ME) };
    let mut host = leader_of_two(narrow, &[]);
    host.hear_now(2, accepted(1));
    host.said();
    for _ in 0..6 {
        host.node.propose([0].into()).expect("it leads");
    }
    let carried = |host: &mut Host| -> Vec<u64> {
        appends(&host.said()).into_iter().flat_map(|(_, list)| list).collect()
    };
    assert_eq!(carried(&mut host), [2, 3]);
    host.sync();
    assert_eq!(host.said(), [commit(1)], "the news of a commit always fits");
    host.hear_now(2, accepted(2));
    assert_eq!(carried(&mut host), [4]);
    host.hear_now(2, alive(1));
    assert_eq!(carried(&mut host), [5]);
    host.hear_now(2, accepted(5));
    assert_eq!(carried(&mut host), [6, 7]);
}

/// A refusal throws away what was under way, and with it the room that this took.
#[test]
fn a_refusal_makes_room() {
    let narrow = Config { inflight_messages_max: 2, message_bytes_max: 0, ..config(ME) };
    let mut host = leader_of_two(narrow, &[]);
    host.hear_now(2, accepted(1));
    for _ in 0..6 {
        host.node.propose([0].into()).expect("it leads");
    }
    assert_eq!(appends(&host.said()), [(at(1, 1), vec![2]), (at(1, 2), vec![3])]);
    host.hear_now(2, rejected(2, at(1, 1)));
    assert_eq!(appends(&host.said()), [(at(1, 1), vec![2])]);
    host.hear_now(2, accepted(2));
    assert_eq!(appends(&host.said()), [(at(1, 2), vec![3]), (at(1, 3), vec![4])]);
}

/// A message is lost, and no other follows it. The next sign of life makes the leader ask.
#[test]
fn a_lost_message_is_found_out() {
    let mut host = leader_of_two(config(ME), &[]);
    host.hear_now(2, accepted(1));
    host.node.propose([0].into()).expect("it leads");
    assert_eq!(appends(&host.said()), [(at(1, 1), vec![2])]);
    host.hear_now(2, alive(1));
    assert_eq!(appends(&host.said()), [(at(1, 2), vec![])], "does it have entry 2?");
    host.hear_now(2, rejected(2, at(1, 1)));
    assert_eq!(appends(&host.said()), [(at(1, 1), vec![2])]);
    host.hear_now(2, accepted(2));
    host.hear_now(2, alive(1));
    assert_eq!(host.said(), [], "it has everything");
}

/// What a follower has acknowledged it has: no late refusal leads back below that.
#[test]
fn a_late_refusal_takes_nothing_back() {
    let mut host = leader_of_two(config(ME), &[]);
    host.hear_now(2, accepted(1));
    host.node.propose([0].into()).expect("it leads");
    host.said();
    host.hear_now(2, accepted(2));
    host.hear_now(2, rejected(1, at(0, 0)));
    host.hear_now(2, rejected(2, at(0, 0)));
    host.node.propose([0].into()).expect("it leads");
    assert_eq!(appends(&host.said()), [(at(1, 2), vec![3])]);
    host.hear_now(2, rejected(3, at(0, 0)));
    assert_eq!(appends(&host.said()), [(at(1, 2), vec![3])]);
    host.hear_now(2, rejected(2, at(0, 0)));
    assert_eq!(appends(&host.said()), [(at(1, 2), vec![3])], "not below 2");
}

/// Two logs meet at the newest entry that both may have: not index by index, but term by term.
#[test]
fn logs_meet_after_few_messages() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.cut = vec![1];
    for number in 0..50 {
        cluster.propose(1, &format!("lost {number}"));
    }
    cluster.settle();
    cluster.elect(2);
    for number in 0..50 {
        cluster.propose(2, &format!("kept {number}"));
    }
    cluster.settle();
    cluster.cut.clear();
    let mut refused = 0;
    for _ in 0..20 {
        cluster.host(2).node.tick();
        let sent: Vec<_> = cluster.hosts.values_mut().flat_map(Host::sent).collect();
        let is_refusal = |body: &Body| matches!(body, Body::AppendRejected { .. });
        refused += sent.iter().filter(|message| is_refusal(&message.body)).count();
        for message in sent {
            let to = cluster.host(message.to.number());
            to.node.step(message).expect("a message of a correct node");
        }
        cluster.hosts.values_mut().for_each(Host::sync);
    }
    cluster.settle();
    let logs: Vec<Vec<Entry>> =
        cluster.hosts.values().map(|host| host.disk().entries.clone()).collect();
    assert_eq!(logs[0], logs[1]);
    assert_eq!(logs[1], logs[2]);
    assert!(refused <= 3, "{refused} refusals on the way");
}

/// The hint of a follower names an entry of its own; the leader's log meets it at or below.
#[test]
fn a_refusal_leads_back_to_where_the_logs_may_meet() {
    let next = |prev: u64, hint| {
        let mut host = leader_of_two(config(ME), &[1, 1, 2, 2, 2, 4]);
        host.hear_now(2, rejected(prev, hint));
        appends(&host.said()).first().map(|(prev, _)| *prev)
    };
    assert_eq!(next(6, at(2, 4)), Some(at(2, 4)));
    assert_eq!(next(6, at(3, 5)), Some(at(2, 5)), "the leader has no entry of term 3");
    assert_eq!(next(6, at(1, 5)), Some(at(1, 2)), "nor has it one of term 1 above 2");
    assert_eq!(next(6, at(0, 0)), Some(at(0, 0)));
    assert_eq!(next(5, at(0, 0)), None, "the answer to another message");
}

/// A refusal whose hint no follower can have sent moves the leader no further than one real message
/// back, and costs no more than a look into its log.
#[test]
fn an_absurd_hint_does_no_harm() {
    for hint in [at(u64::MAX, u64::MAX), at(0, u64::MAX), at(u64::MAX, 0), at(9, 9)] {
        for prev in [6, 0, 7, u64::MAX] {
            let mut host = leader_of_two(config(ME), &[1, 1, 2, 2, 2, 4]);
            for _ in 0..20 {
                host.hear_now(2, rejected(prev, hint));
                assert!(appends(&host.said()).len() <= 1);
            }
            host.settle();
            host.hear_now(2, accepted(7));
            assert_eq!(host.status().committed, Index(7));
        }
    }
}

/// A follower that lost what it had not synced is found out by a heartbeat and sent it again.
#[test]
fn a_restarted_follower_is_sent_again_what_it_lost() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.propose(1, "a");
    cluster.settle();
    cluster.propose(1, "b");
    cluster.talk();
    let host = cluster.hosts.remove(&2).expect("node 2");
    let synced = host.synced;
    cluster.hosts.insert(2, host.crash(synced));
    assert_eq!(cluster.host(2).status().appended, Index(2));
    cluster.tick(4);
    assert_eq!(cluster.host(2).status().synced, Index(3));
    assert_eq!(cluster.applied(2).len(), 3);
}

/// L6: a cluster with nothing to do says what its heartbeats need, and writes nothing.
#[test]
fn an_idle_cluster_is_idle() {
    let mut cluster = Cluster::new(3);
    cluster.elect(1);
    cluster.tick(4);
    let writes =
        |cluster: &Cluster| -> usize { cluster.hosts.values().map(|host| host.images.len()).sum() };
    let before = writes(&cluster);
    cluster.tick(50);
    assert_eq!(writes(&cluster), before);
    cluster.host(1).node.tick();
    cluster.host(1).node.tick();
    assert_eq!(cluster.talk(), 4, "two heartbeats and their answers");
}

/// An append that comes late, or twice, or after its successor, takes nothing away.
#[test]
fn appends_may_come_in_any_order() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 2), run(3, &[1]), 0));
    host.hear_now(2, append(at(1, 1), run(2, &[1, 1]), 0));
    host.hear_now(2, append(at(1, 1), run(2, &[1]), 0));
    host.hear_now(2, append(at(1, 2), run(3, &[1]), 3));
    host.hear_now(2, append(at(0, 0), run(1, &[1]), 1));
    host.settle();
    let said = host.said();
    assert_eq!(said, [rejected(2, at(1, 1)), accepted(3)]);
    assert_eq!(host.status().committed, Index(3));
}
