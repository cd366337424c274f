//! Each oracle that no script makes convict yet, shown to convict by what it is fed.

use std::sync::Arc;

use syncline_raft::{
    Entry, HardState, Index, LogId, MembershipChange, NodeId, Payload, RoleKind, Term, Write,
    WriteSeq,
};
use syncline_traces::{
    Chain, Claim, EntryKind, Event, Link, Members, MessageKey, MessageKind, NodeSet, ReadNo,
    Reform, WriteNo,
};
use syncline_wal::Record;

use super::compaction::Compaction;
use super::configuration::Configuration;
use super::lease::Lease;
use super::monotonic::Monotonic;
use super::one_vote::OneVote;
use super::read_freshness::ReadFreshness;
use super::restart_sanity::RestartSanity;
use super::snapshots::Snapshots;
use super::{Evidence, Facts, Oracle};
use crate::disk::{Disk, Numbered};
use crate::host::IssuedLog;
use crate::plan::Plan;

fn node(number: u64) -> NodeId {
    NodeId::new(number).expect("not zero")
}

fn id(index: u64, term: u64) -> LogId {
    LogId { index: Index(index), term: Term(term) }
}

fn link(from: u64, to: u64) -> Link {
    Link { from: node(from), to: node(to) }
}

/// Feeds events to an oracle of three nodes with these disks; whether it convicts at the last one, and
/// at none before.
fn convicts_on(oracle: impl Oracle, disks: &[Disk], events: &[Event]) -> bool {
    convicts_with(oracle, disks, &vec![IssuedLog::default(); 3], events)
}

/// As `convicts_on`, with these logs all the time.
fn convicts_with(
    mut oracle: impl Oracle,
    disks: &[Disk],
    logs: &[IssuedLog],
    events: &[Event],
) -> bool {
    let mut facts = Facts::new(&Plan::scripted(3));
    let mut convictions = Vec::new();
    for event in events {
        let evidence = Evidence { disks, logs, facts: &facts };
        if oracle.watches().contains(&event.sort()) {
            convictions.push(oracle.judge(event, evidence).is_err());
        }
        facts.record(event, logs);
    }
    convictions.pop() == Some(true) && !convictions.contains(&true)
}

fn convicts(oracle: impl Oracle, events: &[Event]) -> bool {
    convicts_on(oracle, &[Disk::new(), Disk::new(), Disk::new()], events)
}

fn sent(link: Link, kind: MessageKind, claim: Claim) -> Event {
    let key = MessageKey { kind, term: Term(2), index: Index(7), nth: 0 };
    Event::Sent { link, key, claim }
}

#[test]
fn a_voter_that_votes_twice_is_convicted() {
    let own = sent(
        link(1, 2),
        MessageKind::Vote,
        Claim::Candidacy { term: Term(2), last: LogId::default() },
    );
    let grant = |to, term| sent(link(1, to), MessageKind::Grant, Claim::Granted(Term(term)));
    assert!(convicts(OneVote::new(3), &[own, grant(3, 2)]));
    assert!(convicts(OneVote::new(3), &[grant(2, 2), grant(2, 2), grant(3, 3), grant(3, 2)]));
    assert!(!convicts(OneVote::new(3), &[own, own, grant(3, 3)]));
}

#[test]
fn a_match_that_falls_is_convicted() {
    let fell = Event::MatchFell { link: link(1, 2), from: Index(3), to: Index(2) };
    assert!(convicts(Monotonic::new(3), &[fell]));
}

/// A disk on which one write is durable.
fn disk_with(hard_state: HardState) -> Disk {
    let mut disk = Disk::new();
    let write = Write {
        seq: WriteSeq::new(1).expect("not zero"),
        hard_state,
        truncate_from: None,
        snapshot: None,
        entries: Vec::new().into(),
        commit_only: false,
    };
    disk.write(Numbered::new(WriteNo(1), Record::Write(write)));
    let upto = disk.begin_sync();
    disk.complete_sync(upto);
    disk
}

#[test]
fn a_commit_index_beyond_the_log_that_is_read_back_is_convicted() {
    let restarted = Event::Restarted {
        node: node(1),
        incarnation: 2,
        hard_state: HardState::default(),
        last: LogId::default(),
    };
    let with = |commit| {
        let hard_state = HardState { term: Term(1), vote: None, commit: Index(commit) };
        [disk_with(hard_state), Disk::new(), Disk::new()]
    };
    assert!(convicts_on(RestartSanity, &with(1), &[restarted]));
    assert!(!convicts_on(RestartSanity, &with(0), &[restarted]));
}

#[test]
fn a_membership_that_no_change_has_led_to_is_convicted() {
    let plan = Plan::scripted(3);
    let two = Members::of_voters(NodeSet::first(2));
    let reconfigured = |members| Event::Reconfigured { node: node(1), index: Index(0), members };
    assert!(convicts(Configuration::new(&plan), &[reconfigured(two)]));
    assert!(!convicts(Configuration::new(&plan), &[reconfigured(plan.began_with())]));
}

/// A leader accepts a change for i2, with nothing applied, and never appends it there. Later it leads
/// again, and is sent a change for i2, when it has applied the one at i1.
#[test]
fn what_was_applied_when_a_change_was_accepted_counts_in_that_office_alone() {
    let (last, chain) = (LogId::default(), Chain::default());
    let change: Arc<MembershipChange> = Arc::new(MembershipChange::Leave);
    let mut log = IssuedLog::default();
    log.push(&Entry { id: id(1, 1), payload: Payload::Membership(change) });
    let logs = vec![log, IssuedLog::default(), IssuedLog::default()];
    let disks = [Disk::new(), Disk::new(), Disk::new()];
    let became = |role, term| Event::Became { node: node(1), role, term: Term(term), last, chain };
    let leads = |term| became(RoleKind::Leader, term);
    let accepted =
        Event::ChangeProposed { node: node(1), reform: Reform::Leave, index: Some(Index(2)) };
    let applied = Event::Applied { node: node(1), entry: id(1, 1), chain };
    let appended = |term| {
        let (entry, kind) = (id(2, term), EntryKind::Change);
        Event::Appended { node: node(1), entry, kind, chain }
    };
    let convicts = |events: &[Event]| {
        convicts_with(Configuration::new(&Plan::scripted(3)), &disks, &logs, events)
    };
    assert!(convicts(&[leads(1), accepted, applied, appended(1)]));
    assert!(!convicts(&[leads(1), applied, accepted, appended(1)]));
    let deposed = became(RoleKind::Follower, 2);
    assert!(!convicts(&[leads(1), accepted, deposed, applied, leads(3), appended(3)]));
}

#[test]
fn a_state_of_what_nobody_has_committed_is_convicted() {
    let (node, write, last, chain) = (node(1), WriteNo(1), id(1, 1), Chain(3));
    assert!(convicts(Snapshots::new(3), &[Event::Checkpointed { node, write, last, chain }]));
    let snapshot = sent(link(1, 2), MessageKind::Snapshot, Claim::Leads(Term(2)));
    assert!(convicts(Snapshots::new(3), &[snapshot]));
    assert!(convicts(Snapshots::new(3), &[Event::Installed { node, last, chain }]));
}

#[test]
fn a_log_that_is_let_go_of_too_early_is_convicted() {
    let compacted = |upto| Event::Compacted { node: node(1), write: WriteNo(1), upto: Index(upto) };
    assert!(convicts(Compaction::new(3), &[compacted(1)]));
    assert!(!convicts(Compaction::new(3), &[compacted(0)]));
}

#[test]
fn a_read_that_shows_less_than_one_before_it_is_convicted() {
    let began = |read| Event::ReadBegan { node: node(1), read: ReadNo(read) };
    let served = |read, applied| Event::ReadServed {
        node: node(2),
        read: ReadNo(read),
        applied: Index(applied),
    };
    let oracle = ReadFreshness::default;
    assert!(convicts(oracle(), &[began(1), served(1, 5), began(2), served(2, 4)]));
    assert!(!convicts(oracle(), &[began(1), began(2), served(1, 5), served(2, 4)]));
}

#[test]
fn a_lease_that_outlives_the_commit_of_a_newer_leader_is_convicted() {
    let (last, chain) = (LogId::default(), Chain::default());
    let leads = Event::Became { node: node(2), role: RoleKind::Leader, term: Term(4), last, chain };
    let committed = Event::Committed { node: node(2), index: Index(1), chain };
    let leased = |term| Event::Leased { node: node(1), term: Term(term) };
    assert!(convicts(Lease, &[leads, leased(3), committed, leased(3)]));
    assert!(!convicts(Lease, &[leads, committed, leased(4)]));
}
