//! The seam to the storage: entries that have left the memory are read back for a follower that lags.

use syncline_raft::{Body, Config, Entry, Fetch, FetchedError, Index, SnapshotWanted};

use crate::util::*;

/// A leader of three that keeps nothing in memory; entries 1 to 6 are committed and applied, and node
/// 3 has none of them.
fn leader_with(config: &Config) -> Host {
    let config = Config { cache_bytes_max: 0, ..config.clone() };
    let mut host = Host::leader_with(config, 3);
    for _ in 0..5 {
        host.propose();
    }
    host.settle();
    host.hear_now(2, accepted(6));
    host.settle();
    host.said();
    host.hear_now(3, accepted(0));
    host
}

fn leader() -> Host {
    leader_with(&config(ME))
}

/// The entries of the appends for node 3.
fn sent(host: &mut Host) -> Vec<u64> {
    let told = host.told(3);
    let entries = told.iter().filter_map(|body| match body {
        Body::Append { entries, .. } => Some(entries.iter().map(|entry| entry.index().0)),
        _ => None,
    });
    entries.flatten().collect()
}

fn expected() -> Fetch {
    Fetch { to: id(3), after: Index(0), last: Index(6), bytes_max: 1 << 20 }
}

fn on_disk(host: &Host, first: u64, last: u64) -> Vec<Entry> {
    host.disk().between(Index(first - 1), Index(last))
}

/// The others do not wait for it, and it is asked for once.
#[test]
fn entries_that_left_the_memory_are_fetched() {
    let mut host = leader();
    assert_eq!(host.fetches(), [expected()]);
    host.hear_now(3, alive(1));
    host.hear_now(3, accepted(0));
    host.propose();
    host.settle();
    assert_eq!(host.fetches(), [], "once");
    assert!(host.told(2).iter().any(|body| matches!(body, Body::Append { .. })));
    assert_eq!(sent(&mut host), []);
    host.fetch(expected());
    assert_eq!(sent(&mut host), [1, 2, 3, 4, 5, 6, 7]);
    host.hear_now(3, accepted(7));
    assert_eq!(host.fetches(), []);
}

/// Part of it will do; the rest is asked for again.
#[test]
fn a_short_answer_is_followed_by_another_question() {
    let mut host = leader();
    let fetch = host.fetches()[0];
    let part = on_disk(&host, 1, 2);
    host.node.fetched(fetch, part).expect("the beginning");
    assert_eq!(sent(&mut host), [1, 2]);
    assert_eq!(host.fetches(), [Fetch { after: Index(2), ..expected() }]);
}

/// Wrong answers are refused, and the question stays open.
#[test]
fn a_wrong_answer_is_refused() {
    let mut host = leader();
    let fetch = host.fetches()[0];
    let refused = |host: &mut Host, entries| host.node.fetched(fetch, entries).expect_err("wrong");
    let before = format!("{:?}", host.node);
    assert_eq!(refused(&mut host, vec![]), FetchedError::Empty);
    let far = on_disk(&host, 1, 6).into_iter().chain([entry(1, 7)]).collect();
    let expected = FetchedError::TooFar { found: Index(7), last: Index(6) };
    assert_eq!(refused(&mut host, far), expected);
    let gap = FetchedError::NotContiguous { after: Index(0), first: Index(2) };
    let late = on_disk(&host, 2, 6);
    assert_eq!(refused(&mut host, late), gap);
    let mut hole = on_disk(&host, 1, 6);
    hole.remove(2);
    let gap = FetchedError::NotContiguous { after: Index(0), first: Index(1) };
    assert_eq!(refused(&mut host, hole), gap);
    let mut stray = on_disk(&host, 1, 6);
    stray[3].id = at(2, 4);
    let other = FetchedError::NotOfThisLog { found: at(2, 4) };
    assert_eq!(refused(&mut host, stray), other);
    assert_eq!(format!("{:?}", host.node), before, "a refused call changes nothing");
    host.fetch(fetch);
    assert_eq!(sent(&mut host), [1, 2, 3, 4, 5, 6]);
}

/// What the storage cannot give now is asked for again at the follower's next sign of life.
#[test]
fn a_fetch_that_failed_is_tried_again() {
    let mut host = leader();
    let fetch = host.fetches()[0];
    host.node.fetch_failed(fetch);
    assert_eq!(host.fetches(), []);
    host.node.fetched(fetch, on_disk(&host, 1, 6)).expect("nobody waits for it any more");
    assert_eq!(sent(&mut host), []);
    host.hear_now(3, alive(1));
    assert_eq!(host.fetches(), [fetch]);
}

/// The follower was probed anew meanwhile, the office is over, or the member is gone: nobody waits.
#[test]
fn a_late_answer_is_ignored() {
    let mut host = leader();
    let fetch = host.fetches()[0];
    let entries = on_disk(&host, 1, 6);
    let strays = [
        Fetch { to: id(9), ..fetch },
        Fetch { to: id(2), ..fetch },
        Fetch { after: Index(1), ..fetch },
        Fetch { last: Index(5), ..fetch },
    ];
    let before = format!("{:?}", host.node);
    for stray in strays {
        host.node.fetched(stray, entries.clone()).expect("ignored");
        host.node.fetched(stray, vec![]).expect("ignored");
        host.node.fetch_failed(stray);
    }
    assert_eq!(format!("{:?}", host.node), before);

    let mut moved = host.clone();
    moved.node.report_unreachable(id(3));
    let again = moved.fetches();
    assert_eq!(again, [fetch], "the question is put anew");
    let mut gone = host;
    gone.hear(2, 5, heartbeat(6)).expect("of a new leader");
    gone.node.fetched(fetch, entries).expect("ignored");
    gone.node.fetch_failed(fetch);
    assert_eq!(sent(&mut gone), []);
}

/// The follower got there by another way, so what was read is dropped.
#[test]
fn an_answer_that_came_too_late_is_dropped() {
    let mut host = leader();
    let fetch = host.fetches()[0];
    host.hear_now(3, accepted(4));
    host.fetch(fetch);
    assert_eq!(sent(&mut host), []);
    assert_eq!(host.fetches(), [Fetch { after: Index(4), ..fetch }]);
}

/// R16: the log was compacted while the storage was being read. What was read may not be sent any
/// more, since the entry before it is gone: the follower needs a snapshot.
#[test]
fn a_fetch_from_before_a_compaction_ends_in_a_snapshot() {
    let mut host = leader();
    let fetch = host.fetches()[0];
    host.compact();
    host.fetch(fetch);
    assert_eq!(sent(&mut host), []);
    assert_eq!(host.wants(), [SnapshotWanted { to: id(3), at_least: Index(6) }]);

    let mut host = leader();
    let fetch = host.fetches()[0];
    host.compact();
    host.node.fetch_failed(fetch);
    host.hear_now(3, alive(1));
    assert_eq!((host.fetches(), host.wants().len()), (vec![], 1));
}

/// What is asked for reaches to where the memory begins, and weighs no more than one message.
#[test]
fn a_fetch_ends_where_the_memory_begins() {
    let small = Config { message_bytes_max: 60, ..config(ME) };
    let mut host = leader_with(&small);
    host.propose();
    host.settle();
    let fetch = host.fetches()[0];
    assert_eq!((fetch.last, fetch.bytes_max), (Index(6), 60));
}

/// R27: a storage that gives more than was asked for does not make a message heavier.
#[test]
fn of_an_answer_that_weighs_too_much_what_fits_is_sent() {
    for (message_bytes_max, expected) in [(60, 2), (24, 1), (1, 1), (usize::MAX, 6)] {
        let mut host = leader_with(&Config { message_bytes_max, ..config(ME) });
        let mut all = Vec::new();
        while let Some(fetch) = host.fetches().pop() {
            let entries = on_disk(&host, all.len() as u64 + 1, 6);
            host.node.fetched(fetch, entries).expect("what was asked for, and more");
            for body in host.told(3) {
                let Body::Append { entries, .. } = body else { continue };
                let weight: usize = entries.iter().map(Entry::weight_bytes).sum();
                assert!(weight <= message_bytes_max || entries.len() == 1, "{weight} bytes");
                assert!(entries.len() <= expected && (entries.len() == expected || all.len() > 1));
                all.extend(entries.iter().map(|entry| entry.index().0));
            }
        }
        assert_eq!(all, [1, 2, 3, 4, 5, 6], "{message_bytes_max} bytes");
    }
}

/// A follower that lags by less than the cache needs no storage.
#[test]
fn what_is_in_the_cache_is_not_fetched() {
    let mut host = Host::leader();
    for _ in 0..100 {
        host.propose();
    }
    host.settle();
    host.hear_now(2, accepted(101));
    host.settle();
    host.said();
    host.hear_now(3, accepted(0));
    assert_eq!(sent(&mut host).len(), 101);
    assert_eq!(host.fetches(), []);
}

/// A whole cluster that keeps nothing in memory, one of whose members was away.
#[test]
fn a_cluster_without_a_cache_catches_up() {
    let mut cluster = Cluster::with(3, |me| Config { cache_bytes_max: 0, ..usual(me) });
    cluster.elect(1);
    cluster.cut = vec![3];
    for number in 0..30 {
        cluster.propose(1, &format!("{number}"));
        cluster.settle();
    }
    cluster.cut.clear();
    cluster.tick(8);
    assert_eq!(cluster.applied(3), cluster.applied(1));
    assert_eq!(cluster.host(3).installed, [], "from the log");
}
