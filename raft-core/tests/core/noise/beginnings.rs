//! Where a run begins: every role, and the middle of everything that takes a while.

use syncline_raft::{
    Body, Change, Config, Index, Membership, MembershipChange, ReadMode, RoleKind, Transition,
};

use super::bytes::Bytes;
use crate::util::*;

/// Small limits, so that a short run reaches them.
fn configuration(bytes: &mut Bytes) -> Config {
    let reads = match bytes.below(3) {
        0 => ReadMode::Lease { drift_ticks: 2 },
        _ => ReadMode::Quorum,
    };
    let check_quorum = bytes.below(2) == 0 || reads != ReadMode::Quorum;
    Config {
        reads,
        check_quorum,
        pre_vote: bytes.below(2) == 0,
        forward_proposals: bytes.below(2) == 0,
        inflight_messages_max: 4,
        inflight_bytes_max: 400,
        message_bytes_max: 60,
        apply_bytes_max: 100,
        uncommitted_bytes_max: 300,
        cache_bytes_max: if bytes.below(2) == 0 { 0 } else { 100 },
        reads_max: READS_MAX,
        sync_stall_ticks_max: if bytes.below(2) == 0 { 0 } else { 7 },
        ..Config::new(id(ME), 1)
    }
}

/// How many reads may wait.
pub(crate) const READS_MAX: u32 = 6;

/// A host in some state that correct calls lead to.
pub(crate) fn beginning(bytes: &mut Bytes) -> Host {
    let config = configuration(bytes);
    let new = |machine| Host::with(config.clone(), Image::default(), machine);
    match bytes.below(12) {
        0 => new(Machine::of(3)),
        1 => new(Machine { membership: Membership::default(), ..Machine::of(3) }),
        2 => {
            let mut machine = Machine::of(3);
            (machine.membership.voters, machine.membership.learners) = (ids(&[2, 3]), ids(&[1]));
            new(machine)
        }
        3 => new(Machine::of(1)),
        4 => Host::follower_with(config, 3, &[1, 1, 2, 3, 3]),
        5 => {
            let mut host = Host::follower_with(config, 3, &[1, 1, 2, 3, 3]);
            host.is_slow = true;
            host.hear_now(2, commit(3));
            host.hear_now(2, Body::Snapshot(snapshot(at(3, 9))));
            host.pump();
            host
        }
        6 => {
            let mut host = Host::follower_with(config, 3, &[1, 1, 2]);
            host.hear_now(2, commit(2));
            host.settle();
            host.node.request_snapshot().expect("it follows a leader");
            host
        }
        7 => {
            let mut host = new(Machine::of(3));
            tick(&mut host, 10);
            let _ = host.node.campaign();
            host
        }
        kind => leader(new(Machine::of(3)), kind),
    }
}

fn tick(host: &mut Host, ticks: u32) {
    (0..ticks).for_each(|_| host.node.tick());
}

/// A leader in the middle of something.
fn leader(mut host: Host, kind: u64) -> Host {
    tick(&mut host, 10);
    if host.status().role == RoleKind::Follower {
        host.node.campaign().expect("it may campaign");
    }
    elect(&mut host);
    host.settle();
    host.hear_now(2, accepted(1));
    host.settle();
    match kind {
        8 => {
            let changes = vec![Change::AddVoter(id(4)), Change::Remove(id(3))];
            let transition = Transition::Explicit;
            let change = MembershipChange::Enter { changes, transition };
            host.node.propose_change(change).expect("it applies");
            host.settle();
            host.hear_now(2, accepted(2));
        }
        9 => host.node.transfer_leader(id(3)).expect("a voter"),
        10 => {
            let _ = host.node.read_index();
            host.pump();
            let _ = host.node.read_index();
            host.node.propose_change(remove(ME)).expect("it applies");
        }
        _ => {
            host.propose();
            host.settle();
            host.hear_now(2, accepted(2));
            host.settle();
            host.node.compact(Index(1)).expect("applied and synced");
            host.hear_now(3, rejected(0, at(0, 0)));
        }
    }
    host
}

/// Everybody else votes for the node that campaigns.
pub(crate) fn elect(host: &mut Host) {
    let others: Vec<u64> = host.membership().members().iter().map(|node| node.number()).collect();
    for voter in others.iter().copied().filter(|node| *node != ME) {
        if host.status().role == RoleKind::PreCandidate {
            let next = host.status().term.0 + 1;
            host.hear(voter, next, CONSENT).expect("of a voter");
        }
    }
    host.settle();
    for voter in others.into_iter().filter(|node| *node != ME) {
        if host.status().role == RoleKind::Candidate {
            host.hear_now(voter, GRANT);
        }
    }
    assert_eq!(host.status().role, RoleKind::Leader);
}
