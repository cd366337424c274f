//! Messages that no correct node sends, one by one: each is refused or shrugged off, none panics.

use syncline_raft::{
    Body, CampaignError, Change, ChangeError, Config, Entry, Index, MEMBERS_MAX, MembershipChange,
    Message, NodeId, Payload, ProposeChangeError, ReadId, RoleKind, Round, StepError, Term,
    Transition,
};

use crate::util::*;

#[test]
fn a_message_for_or_from_somebody_else_changes_nothing() {
    let mut host = Host::follower(1, &[1]);
    let before = format!("{:?}", host.node);
    let mut step = |from, to| {
        host.node.step(Message { from: id(from), to: id(to), term: Term(9), body: heartbeat(1) })
    };
    assert_eq!(step(2, 3), Err(StepError::NotForThisNode { to: id(3) }));
    assert_eq!(step(1, 1), Err(StepError::FromThisNode), "nobody talks to itself");
    assert_eq!(format!("{:?}", host.node), before);
}

/// Whoever is not known may be a member that this node does not know of yet: it is heard, and
/// counts for nothing.
#[test]
fn an_unknown_sender_is_heard_and_does_not_count() {
    for stranger in [9, u64::MAX] {
        let mut host = Host::leader();
        host.hear_now(stranger, accepted(1));
        host.hear_now(stranger, alive(1));
        host.settle();
        assert_eq!(host.status().committed, Index(0), "its own copy alone is no quorum");
        assert!(host.sent().iter().all(|message| message.to != id(stranger)));
        host.hear(stranger, 9, heartbeat(1)).expect("a leader that it does not know yet");
        assert_eq!(host.status().leader, Some(id(stranger)));
        let mut host = Host::new(3);
        host.node.campaign().expect("it may campaign");
        host.settle();
        host.hear_now(stranger, GRANT);
        assert_eq!(host.status().role, RoleKind::Candidate);
    }
}

#[track_caller]
fn malformed(term: u64, body: &Body) {
    let mut host = Host::follower(1, &[1, 1]);
    let before = format!("{:?}", host.node);
    assert_eq!(host.hear(2, term, body.clone()), Err(StepError::Malformed), "{body:?}");
    assert_eq!(format!("{:?}", host.node), before, "not even the term is adopted");
}

#[test]
fn entries_that_do_not_follow_each_other_are_refused() {
    malformed(1, &append(at(1, 2), run(4, &[1]), 0));
    malformed(1, &append(at(1, 2), run(2, &[1]), 0));
    malformed(1, &append(at(1, 2), vec![entry(1, 3), entry(1, 5)], 0));
    malformed(1, &append(at(1, 2), vec![entry(1, 3), entry(1, 3)], 0));
    malformed(2, &append(at(1, 2), run(3, &[2, 1]), 0));
    malformed(2, &append(at(2, 2), run(3, &[1]), 0));
    malformed(1, &append(at(1, 2), run(3, &[2]), 0));
    malformed(1, &append(at(2, 2), vec![], 0));
}

/// The bug: behind index 2^64 - 1 an entry of index 0 was taken for the next one.
#[test]
fn nothing_follows_the_last_index() {
    malformed(1, &append(at(1, u64::MAX), run(0, &[1]), 0));
    malformed(1, &append(at(1, u64::MAX), vec![entry(1, u64::MAX)], 0));
    malformed(1, &append(at(1, u64::MAX), vec![entry(1, 0), entry(1, 1)], 0));
    malformed(1, &append(at(1, 0), vec![entry(1, u64::MAX)], 0));
}

/// The bug: term 0 is the time before the first election, and yet a vote could be had in it, and
/// entries of it got into the log.
#[test]
fn nobody_speaks_in_term_zero() {
    for body in [vote(at(0, 0)), heartbeat(0), append(at(0, 0), run(1, &[0]), 0), GRANT] {
        let mut host = Host::new(3);
        assert_eq!(host.hear(2, 0, body), Err(StepError::Malformed));
        assert!(!host.node.has_ready());
    }
}

/// The bug: a candidate whose log is said to be of its own term, or of a later one, cannot be, but
/// was voted for.
#[test]
fn a_candidates_log_is_of_an_earlier_term() {
    malformed(5, &vote(at(5, 9)));
    malformed(5, &vote(at(u64::MAX, u64::MAX)));
    let mut host = Host::new(3);
    host.hear(2, 5, vote(at(4, u64::MAX))).expect("who knows");
}

/// The bug: two grants that came before the request had left made a leader of a candidate whose vote
/// was not synced, and the assertion that a leader has synced its log brought the process down.
#[test]
fn a_grant_before_the_request_has_left_is_none() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1]), 0));
    host.node.campaign().expect("it may campaign");
    host.hear_now(2, GRANT);
    host.hear_now(3, GRANT);
    assert_eq!(host.status().role, RoleKind::Candidate);
    host.pump();
    host.advance();
    host.hear_now(2, GRANT);
    host.hear_now(3, GRANT);
    assert_eq!(host.status().role, RoleKind::Candidate);
    host.sync();
    assert_eq!(host.status().role, RoleKind::Candidate, "they are not remembered either");
    assert_eq!(host.said(), [vote(at(1, 2)), vote(at(1, 2))]);
    host.hear_now(2, GRANT);
    assert_eq!(host.status().role, RoleKind::Leader);
}

/// Nor do refusals from nowhere end a candidacy.
#[test]
fn a_refusal_before_the_request_has_left_is_none() {
    let mut host = Host::new(3);
    host.node.campaign().expect("it may campaign");
    host.hear_now(2, REFUSAL);
    host.hear_now(3, REFUSAL);
    assert_eq!(host.status().role, RoleKind::Candidate);
}

#[test]
fn an_acknowledgement_beyond_the_log_is_refused() {
    let mut host = Host::leader();
    host.settle();
    for last in [2, 1 << 40, u64::MAX] {
        let beyond = StepError::AckBeyondLog { found: Index(last), last: Index(1) };
        assert_eq!(host.hear(2, 1, accepted(last)), Err(beyond));
    }
    assert_eq!(host.status().committed, Index(0));
    host.hear_now(2, accepted(1));
    assert_eq!(host.status().committed, Index(1));
}

#[test]
fn a_commit_beyond_the_log_reaches_to_its_end() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear_now(2, append(at(1, 1), vec![], u64::MAX));
    assert_eq!(host.status().committed, Index(1));
    host.hear_now(2, heartbeat(u64::MAX));
    assert_eq!(host.status().committed, Index(2));
    host.settle();
    assert_eq!(host.applied.len(), 2);
}

/// Two leaders in one term: one of them lies. A leader refuses the other; a follower cannot tell.
#[test]
fn a_second_leader_of_a_term_is_refused_by_the_first() {
    let mut host = Host::leader();
    let second = Err(StepError::SecondLeader(Term(1)));
    assert_eq!(host.hear(3, 1, heartbeat(9)), second);
    assert_eq!(host.hear(3, 1, append(at(0, 0), run(1, &[1, 1]), 2)), second);
    assert_eq!(host.status().role, RoleKind::Leader);
    assert_eq!(host.status().committed, Index(0));

    let mut host = Host::follower(1, &[1, 1]);
    host.hear(3, 1, append(at(0, 0), run(1, &[1]), 1)).expect("it cannot tell");
    assert_eq!(host.status().leader, Some(id(3)));
    host.hear(2, 1, append(at(1, 2), run(3, &[1]), 1)).expect("it cannot tell");
    host.hear(3, 1, append(at(1, 2), run(3, &[1]), 1)).expect("it cannot tell");
    host.settle();
    assert_eq!(host.status().synced, Index(3));
    let answered: Vec<NodeId> = host.sent().iter().map(|message| message.to).collect();
    assert_eq!(answered, [id(3), id(2), id(3)], "each gets its own answers");
}

/// In the last term there is one more election for nobody.
#[test]
fn no_term_follows_the_last() {
    let mut host = Host::follower(1, &[1]);
    host.hear(2, u64::MAX, heartbeat(0)).expect("of a leader");
    host.settle();
    assert_eq!(host.node.campaign(), Err(CampaignError::TermsExhausted));
    for _ in 0..100 {
        host.node.tick();
    }
    assert_eq!(host.status().role, RoleKind::Follower);
    host.hear_now(2, append(at(1, 1), run(2, &[u64::MAX]), 2));
    host.settle();
    assert_eq!(host.applied.len(), 2, "it still follows");

    let mut host = Host::follower(1, &[1]);
    host.hear(2, u64::MAX - 1, heartbeat(0)).expect("of a leader");
    host.settle();
    host.campaign_and_win();
    assert_eq!(host.status().term, Term(u64::MAX));
    host.node.propose([0].into()).expect("it leads");
    host.settle();
    host.hear_now(2, accepted(3));
    assert_eq!(host.status().committed, Index(3));
}

/// A refused message of a later term has moved the term all the same, and the node is sound.
#[test]
fn a_term_is_adopted_before_the_message_is_judged() {
    let mut host = Host::follower(1, &[1, 1]);
    host.hear_now(2, heartbeat(2));
    host.hear(3, 7, append(at(0, 0), run(1, &[7, 7, 7]), 0)).expect_err("against the committed");
    let status = host.status();
    assert_eq!((status.term, status.leader), (Term(7), Some(id(3))));
    host.settle();
    assert_eq!(host.images.last().expect("one").hard_state.term, Term(7));
}

/// A follower that claims what it does not have may break what all rely on, but panics nobody: here
/// the claim commits an entry that the next leader does not know.
#[test]
fn a_false_claim_may_harm_but_not_panic() {
    let mut host = Host::leader();
    host.node.propose([0].into()).expect("it leads");
    host.hear_now(2, accepted(2));
    host.hear_now(3, accepted(2));
    assert_eq!(host.status().committed, Index(2));
    let against = StepError::AgainstCommitted { found: at(2, 2), committed: Index(2) };
    assert_eq!(host.hear(3, 2, append(at(0, 0), run(1, &[2, 2, 2]), 3)), Err(against));
    host.settle();
    assert_eq!(host.applied.len(), 2);
}

/// The bug: a snapshot at index 2^64 - 1 was installed, and the node looked for what came after it.
#[test]
fn a_snapshot_or_an_entry_where_no_log_ends_is_refused() {
    for index in [1 << 63, u64::MAX - 1, u64::MAX] {
        malformed(1, &Body::Snapshot(snapshot(at(1, index))));
    }
    let last = (1 << 63) - 1;
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, Body::Snapshot(snapshot(at(1, last - 2))));
    host.hear_now(2, append(at(1, last - 2), run(last - 1, &[1, 1]), last));
    let beyond = host.hear(2, 1, append(at(1, last), run(last + 1, &[1]), last));
    assert_eq!(beyond, Err(StepError::Malformed));
    host.settle();
    host.campaign_and_win();
    host.propose();
    host.settle();
    host.hear_now(2, accepted(last + 2));
    assert_eq!(host.status().committed, Index(last + 2), "an honest node may go on from there");
}

/// A change of nodes 1 to `last`.
fn learners(last: usize) -> MembershipChange {
    let changes = (1..=last as u64).map(|node| Change::AddLearner(id(node))).collect();
    MembershipChange::Enter { changes, transition: Transition::Auto }
}

/// The bug: whoever could reach a node made it count over, and keep, as many members as it liked.
#[test]
fn more_members_than_there_may_be_are_refused() {
    let bodies = |last: usize| {
        let entry = change_entry(at(1, 3), learners(last));
        [
            Body::Snapshot(snapshot_of(at(1, 9), voters(last as u64))),
            append(at(1, 2), vec![entry], 0),
            Body::Propose(vec![Payload::Membership(learners(last).into())]),
        ]
    };
    bodies(MEMBERS_MAX + 1).iter().for_each(|body| malformed(1, body));
    bodies(9 * MEMBERS_MAX).iter().for_each(|body| malformed(1, body));
    for body in bodies(MEMBERS_MAX) {
        Host::follower(1, &[1, 1]).hear_now(2, body);
    }
}

/// An application hears at once, whether its node leads or would send the proposal on.
#[test]
fn a_change_of_more_nodes_than_may_be_is_refused_where_it_is_proposed() {
    let found = MEMBERS_MAX + 1;
    let refused = Err(ProposeChangeError::DoesNotApply(ChangeError::TooLong { found }));
    let mut leader = Host::leader();
    let mut follower = Host::follower_with(usual(ME), 1, &[1]);
    for host in [&mut leader, &mut follower] {
        assert_eq!(host.node.propose_change(learners(found)), refused);
    }
}

/// What leaves with one Ready after a flood from `names` nodes, in this term and those beside it.
fn answers_to_a_flood(names: u64) -> Vec<Message> {
    let mut host = Host::follower(2, &[1]);
    host.hear_now(2, heartbeat_of(7, 0));
    for number in 0..20_000 {
        let from = 3 + number % names;
        let read = Body::Read { id: ReadId(number) };
        let late = Body::Heartbeat { commit: Index(0), round: Round(1) };
        for (term, body) in [(3, pre_vote(at(1, 1))), (2, vote(at(0, 0))), (2, read), (1, late)] {
            host.hear(from, term, body).expect("who knows");
        }
    }
    host.hear_now(2, heartbeat_of(8, 0));
    host.node.ready().expect("answers").messages
}

/// The bug: a node queued one answer for every message that came between two Readys.
#[test]
fn a_flood_between_two_readys_is_answered_within_bounds() {
    let reads = usual(ME).reads_max as usize;
    let crowd = MEMBERS_MAX;
    let said = answers_to_a_flood(2);
    assert!(said.len() <= crowd + 2 * 9 + reads, "{} answers to two nodes", said.len());
    let rounds = said.iter().filter(|message| message.to == id(2)).map(|message| &message.body);
    let rounds: Vec<&Body> = rounds.collect();
    assert_eq!(rounds, [&alive(8)], "the leader has the newest answer");
    let said = answers_to_a_flood(9_999);
    assert!(said.len() <= 10 * MEMBERS_MAX + reads, "{} answers to invented nodes", said.len());
}

/// The bug: a node with a slow disk kept one promise for every name that somebody invented.
#[test]
fn a_flood_in_many_names_waits_for_a_sync_within_bounds() {
    let mut host = Host::follower(1, &[1]);
    for name in 3..5_000 {
        host.hear(name, 2, append(at(1, 1), run(2, &[2]), 0)).expect("it cannot tell");
    }
    host.pump();
    host.settle();
    let said = host.said().into_iter().filter(|body| *body == accepted(2)).count();
    assert_eq!(said, 2 * MEMBERS_MAX);
}

/// What the application asks for is not lost in a flood (the bug), however often it asks.
#[test]
fn a_flood_drowns_nothing_that_was_asked_for() {
    let flood = |host: &mut Host| {
        for name in 10..20_000 {
            host.hear_now(name, pre_vote(at(0, 0)));
        }
    };
    let asked = |host: &mut Host| -> Vec<Body> {
        let is_asked = |body: &Body| !matches!(body, Body::PreVoteResponse { .. });
        host.said().into_iter().filter(is_asked).collect()
    };
    let mut host = Host::leader();
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    host.said();
    flood(&mut host);
    host.node.transfer_leader(id(2)).expect("to another voter");
    assert_eq!(asked(&mut host), [Body::TimeoutNow]);

    let mut host = Host::follower(1, &[1]);
    flood(&mut host);
    for _ in 0..9 {
        host.node.request_snapshot().expect("it follows a leader");
    }
    assert_eq!(asked(&mut host), [Body::SnapshotRequest { at_least: Index(1) }]);

    let mut host = Host::follower_with(Config { pre_vote: true, ..config(ME) }, 1, &[1]);
    flood(&mut host);
    for _ in 0..9 {
        host.node.campaign().expect("it may campaign");
    }
    assert_eq!(asked(&mut host), [pre_vote(at(1, 1)), pre_vote(at(1, 1))]);
    host.hear(2, 2, CONSENT).expect("of a voter");
    host.pump();
    flood(&mut host);
    host.sync();
    assert_eq!(asked(&mut host), [vote(at(1, 1)), vote(at(1, 1))]);
}

/// The bug: a change that is handed out and not applied keeps a whole membership, and weighed no more
/// than its entry, so that a leader of many changes made a slow node hold gigabytes.
#[test]
fn so_many_changes_are_handed_out_and_no_more() {
    const CHANGES: u64 = 1_000;
    let mut host = Host::follower(1, &[1]);
    host.is_slow = true;
    let change =
        |index| change_entry(at(1, index), if index % 2 == 0 { add(4) } else { remove(4) });
    let changes: Vec<Entry> = (2..2 + CHANGES).map(change).collect();
    host.hear_now(2, append(at(1, 1), changes, 1 + CHANGES));
    host.settle();
    let handed_out = |host: &Host| host.work.iter().map(|work| work.last().0).max();
    assert_eq!(handed_out(&host), Some(1 + 256), "the first entry is no change");
    while host.work_once() {}
    host.settle();
    assert_eq!(handed_out(&host), Some(1 + 2 * 256), "as many again");
    while host.work_once() {
        host.settle();
    }
    assert_eq!(host.status().applied, Index(1 + CHANGES));
}
