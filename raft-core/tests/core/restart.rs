//! R23 and R24: what a node is built from, and what it is after a crash.

use syncline_raft::{
    CampaignError, Change, Config, ConfigError, HardState, Index, MEMBERS_MAX, Membership,
    MembershipChange, MembershipError, NewError, RestoreError, Restored, RoleKind, Term,
    Transition,
};

use crate::util::*;

fn image(term: u64, commit: u64, terms: &[u64]) -> Image {
    let hard_state = HardState { term: Term(term), vote: None, commit: Index(commit) };
    Image { hard_state, entries: run(1, terms), ..Image::default() }
}

#[track_caller]
fn refused(image: Image, applied: u64, expected: RestoreError) {
    let machine = Machine { applied: Index(applied), ..Machine::of(3) };
    let error = Host::try_with(config(ME), image, machine).expect_err("no node leaves this");
    assert_eq!(error, NewError::Restored(expected));
}

/// R3: a commit index above the log cannot come from a crash, only from corruption.
#[test]
fn a_commit_beyond_the_log_is_refused() {
    let beyond = RestoreError::CommitBeyondLog { commit: Index(3), last: Index(2) };
    refused(image(1, 3, &[1, 1]), 0, beyond);
}

/// R1: an entry is never durable before its term.
#[test]
fn a_term_behind_the_log_is_refused() {
    let behind = RestoreError::TermBehindLog { term: Term(2), last: at(3, 2) };
    refused(image(2, 0, &[1, 3]), 0, behind);
}

#[test]
fn an_applied_index_beyond_the_log_is_refused() {
    let beyond = RestoreError::AppliedBeyondLog { applied: Index(3), last: Index(2) };
    refused(image(1, 2, &[1, 1]), 3, beyond);
}

#[test]
fn a_log_with_a_gap_or_a_falling_term_is_refused() {
    let mut gap = image(1, 0, &[1, 1, 1]);
    gap.entries.remove(1);
    refused(gap, 0, RestoreError::NotContiguous { after: at(1, 1), found: at(1, 3) });
    let late = Image { entries: run(2, &[1]), ..image(1, 0, &[]) };
    refused(late, 0, RestoreError::NotContiguous { after: at(0, 0), found: at(1, 2) });
    let falls = RestoreError::NotContiguous { after: at(2, 1), found: at(1, 2) };
    refused(image(2, 0, &[2, 1]), 0, falls);
}

/// The bug: a log whose entries are of term 0, in which nobody leads, was taken for one of ours.
#[test]
fn an_entry_of_term_zero_is_refused() {
    let zero = RestoreError::NotContiguous { after: at(0, 0), found: at(0, 1) };
    refused(image(1, 0, &[0]), 0, zero);
}

#[test]
fn a_configuration_that_makes_no_sense_is_refused() {
    let refused = |change: fn(&mut Config), expected| {
        let mut config = config(ME);
        change(&mut config);
        assert_eq!(config.validate(), Err(expected));
        let error = Host::try_with(config, Image::default(), Machine::of(3))
            .expect_err("it makes no sense");
        assert_eq!(error, NewError::Config(expected));
    };
    refused(|config| config.inflight_messages_max = 0, ConfigError::NothingInFlight);
    let ticks =
        |heartbeat_ticks, election_ticks| ConfigError::Ticks { heartbeat_ticks, election_ticks };
    refused(|config| config.heartbeat_ticks = 0, ticks(0, 10));
    refused(|config| config.heartbeat_ticks = 10, ticks(10, 10));
    refused(|config| config.election_ticks = 0, ticks(2, 0));
}

/// A cluster that names a voter twice is refused; a node without any cluster waits to be added.
#[test]
fn a_membership_that_makes_no_sense_is_refused() {
    let membership = Membership::of_voters([1, 2, 2].map(id));
    let machine = Machine { membership, ..Machine::of(3) };
    let twice = MembershipError::OutOfOrder { before: id(2), after: id(2) };
    let error = Host::try_with(config(ME), Image::default(), machine).expect_err("twice");
    assert_eq!(error, NewError::Restored(RestoreError::Membership(twice)));
    let machine = Machine { membership: Membership::default(), ..Machine::of(3) };
    let mut host = Host::with(config(ME), Image::default(), machine);
    assert_eq!(host.node.campaign(), Err(CampaignError::NotAVoter));
    assert_eq!(
        Restored::new_cluster([]),
        Restored::default(),
        "whoever names nobody founds nothing"
    );
}

/// What was read back is by contract synced, so all of it counts and may be applied.
/// Nobody takes such an entry, so a log that holds one is none that a node left behind.
#[test]
fn more_members_than_there_may_be_are_refused() {
    let nodes = || (1..=MEMBERS_MAX as u64 + 1).map(id);
    let membership = Membership::of_voters(nodes());
    let error =
        Host::try_with(config(1), Image::default(), Machine { membership, ..Machine::of(1) })
            .expect_err("one too many");
    let too_many = MembershipError::TooMany { found: MEMBERS_MAX + 1 };
    assert_eq!(error, NewError::Restored(RestoreError::Membership(too_many)));
    let changes = nodes().map(Change::AddLearner).collect();
    let change = MembershipChange::Enter { changes, transition: Transition::Auto };
    let long = Image { entries: vec![change_entry(at(1, 1), change)], ..image(1, 0, &[]) };
    refused(long, 0, RestoreError::ChangeTooLong { found: at(1, 1) });
}

#[test]
fn what_is_restored_is_synced() {
    let mut host = Host::with(config(ME), image(3, 2, &[1, 1, 3]), Machine::of(3));
    let status = host.status();
    assert_eq!((status.role, status.leader), (RoleKind::Follower, None));
    assert_eq!((status.synced, status.committed, status.applied), (Index(3), Index(2), Index(0)));
    assert_eq!(host.wanted(), None);
    host.pump();
    assert_eq!(names(&host.applied), [at(1, 1), at(1, 2)]);
    assert_eq!(host.images.len(), 1, "there is nothing to write");
}

/// The state machine may be ahead of the commit index on disk, which is only a hint.
#[test]
fn the_commit_index_is_at_least_what_is_applied() {
    let machine = Machine { applied: Index(3), ..Machine::of(3) };
    let host = Host::with(config(ME), image(1, 1, &[1, 1, 1]), machine);
    assert_eq!(host.status().committed, Index(3));
}

/// A crash keeps any prefix of the writes from the last synced one on, each of them whole (R2), and
/// every prefix is a state which a node can start from; what was withheld is gone, for ever.
#[test]
fn every_prefix_that_a_crash_may_keep_restarts() {
    let mut host = Host::follower(1, &[1]);
    host.hear_now(2, append(at(1, 1), run(2, &[1, 1]), 2));
    host.pump();
    host.hear(3, 2, append(at(1, 2), run(3, &[2]), 3)).expect("of a new leader");
    host.pump();
    host.node.campaign().expect("it may campaign");
    host.pump();
    host.advance();
    let expected = [(1, at(1, 1), 0), (1, at(1, 3), 2), (2, at(2, 3), 3), (3, at(2, 3), 3)];
    for (kept, (term, last, commit)) in (1..).zip(expected) {
        let mut host = host.clone().crash(kept);
        assert_eq!(host.sent(), []);
        let status = host.status();
        assert_eq!((status.term, status.appended), (Term(term), last.index));
        assert_eq!(status.committed, Index(commit));
        assert_eq!(host.images[0].entries.last().map(|entry| entry.id), Some(last));
    }
}

/// R24: asked again, it says the same again, because what it said was synced.
#[test]
fn a_restarted_node_repeats_what_it_said() {
    let host = Host::follower(1, &[1, 1]);
    assert_eq!(host.synced, 1);
    let mut host = host.crash(1);
    host.hear_now(2, append(at(1, 1), run(2, &[1]), 0));
    assert_eq!(host.said(), [accepted(2)], "at once: it is synced");
}

/// A leader that crashed is a follower, and its term is over for it.
#[test]
fn a_restarted_leader_does_not_lead() {
    let host = Host::leader();
    let mut host = host.crash(1);
    assert_eq!(host.status().role, RoleKind::Follower);
    assert_eq!(host.status().vote, Some(id(ME)));
    host.hear_now(2, GRANT);
    assert_eq!(host.status().role, RoleKind::Follower, "a vote for the old candidacy");
    host.campaign_and_win();
    assert_eq!(host.status().term, Term(2));
}

/// The entry before a log is an entry like another: of some term, and where a log can end.
#[test]
fn a_base_that_is_no_entry_is_refused() {
    for found in [at(0, 5), at(5, 0), at(1, 1 << 63), at(1, u64::MAX)] {
        let hard_state = HardState { term: Term(9), ..HardState::default() };
        let restored = Restored {
            hard_state,
            base: found,
            applied: found.index,
            membership: voters(3),
            ..Restored::default()
        };
        let refusal = RestoreError::NotContiguous { after: at(0, 0), found };
        assert_eq!(restored.validate(), Err(refusal));
    }
}
