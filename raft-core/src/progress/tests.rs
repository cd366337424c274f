//! A follower seen by its leader: windows, probes, snapshots, stale answers.

use super::*;

fn follower(next: u64) -> Progress {
    Progress::new(NodeId::new(2).expect("not zero"), Index(next))
}

fn limits(messages_max: u32) -> InflightLimits {
    InflightLimits { messages_max, bytes_max: usize::MAX }
}

/// A leader whose log ends here.
fn log(last: u64) -> LeaderLog {
    LeaderLog { base: LogId::default(), last: Index(last), committed: Index(0) }
}

#[test]
fn a_probe_waits_for_an_answer_or_a_heartbeat() {
    let mut progress = follower(5);
    assert!(progress.wants_append(log(9), limits(4)));
    progress.sent(Index(9), 1, Index(0));
    assert_eq!(progress.next, Index(5), "a probe is not optimistic");
    assert!(!progress.wants_append(log(9), limits(4)));
    assert_eq!(progress.commit_news(Index(3)), None, "nothing is known to be held");
    progress.answered_heartbeat(Round(1), Index(9), limits(4));
    assert!(progress.wants_append(log(9), limits(4)));
}

#[test]
fn an_answer_opens_the_window_and_a_full_window_closes_it() {
    let mut progress = follower(5);
    progress.sent(Index(5), 1, Index(0));
    assert!(progress.accepted(Index(5), Index(0)));
    progress.sent(Index(6), 1, Index(0));
    progress.sent(Index(7), 1, Index(0));
    assert!(!progress.wants_append(log(9), limits(2)));
    assert_eq!(progress.commit_news(Index(1)), Some(Index(1)), "news of a commit is always sent");
    progress.answered_heartbeat(Round(1), Index(9), limits(2));
    assert!(progress.has_room(limits(2)), "a throttled follower must not starve");
}

#[test]
fn a_window_is_as_wide_in_bytes_as_in_messages() {
    let limits = InflightLimits { messages_max: 9, bytes_max: 10 };
    let mut progress = follower(5);
    assert!(progress.accepted(Index(4), Index(0)));
    progress.sent(Index(5), 9, Index(0));
    assert!(progress.has_room(limits), "one more message is sent, however heavy");
    progress.sent(Index(6), 100, Index(0));
    assert!(!progress.has_room(limits));
    assert_eq!(progress.inflight_messages(), 2);
    assert!(progress.accepted(Index(6), Index(0)));
    assert!(progress.has_room(limits));
    assert_eq!(progress.inflight_messages(), 0);
}

#[test]
fn a_late_answer_or_refusal_takes_nothing_back() {
    let mut progress = follower(5);
    assert!(progress.accepted(Index(8), Index(0)));
    assert!(!progress.accepted(Index(6), Index(0)));
    assert_eq!(progress.matched, Index(8));
    progress.rejected(Index(7), Index(2));
    assert_eq!(progress.next, Index(9), "7 was acknowledged since");
}

#[test]
fn a_refusal_moves_back_to_where_the_logs_may_meet() {
    let mut progress = follower(10);
    progress.rejected(Index(9), Index(3));
    assert_eq!(progress.next, Index(4));
    progress.rejected(Index(9), Index(0));
    assert_eq!(progress.next, Index(4), "the refusal of an older probe");
    progress.rejected(Index(3), Index(0));
    assert_eq!(progress.next, Index(1));
}

/// R7: the news of a commit reaches as far as the member has acknowledged, and is told once.
#[test]
fn a_commit_is_told_once_and_no_further_than_it_is_held() {
    let mut progress = follower(5);
    assert!(progress.accepted(Index(4), Index(0)));
    assert_eq!(progress.commit_news(Index(9)), Some(Index(4)));
    progress.told(Index(4));
    assert_eq!(progress.commit_news(Index(9)), None);
    progress.sent(Index(7), 1, Index(6));
    assert!(progress.accepted(Index(7), Index(0)));
    assert_eq!(progress.commit_news(Index(6)), None, "the append said so");
    assert_eq!(progress.commit_news(Index(9)), Some(Index(7)));
}

#[test]
fn a_snapshot_is_wanted_asked_for_sent_and_followed_by_a_probe() {
    let mut progress = follower(5);
    progress.need_snapshot(Index(20));
    assert!(!progress.wants_append(log(30), limits(4)));
    progress.snapshot_ended(SnapshotOutcome::Delivered);
    assert_eq!(progress.pace, Pace::Snapshot(Stage::Wanted { at_least: Index(20) }), "not sent");
    progress.pace = Pace::Snapshot(Stage::Sent { last: Index(25) });
    progress.snapshot_ended(SnapshotOutcome::Delivered);
    assert_eq!(progress.pace, Pace::Probe { waiting: true }, "until it has been installed");
    assert_eq!(progress.next, Index(26));
    progress.answered_heartbeat(Round(1), Index(30), limits(4));
    assert!(progress.wants_append(log(30), limits(4)));
}

#[test]
fn a_snapshot_that_failed_is_wanted_again_at_a_sign_of_life() {
    for stage in [Stage::Sent { last: Index(25) }, Stage::Asked { at_least: Index(25) }] {
        let mut progress = follower(5);
        progress.pace = Pace::Snapshot(stage);
        progress.snapshot_ended(SnapshotOutcome::Failed);
        assert_eq!(progress.pace, Pace::Snapshot(Stage::Failed { at_least: Index(25) }));
        progress.answered_heartbeat(Round(1), Index(30), limits(4));
        assert_eq!(progress.pace, Pace::Snapshot(Stage::Wanted { at_least: Index(25) }));
    }
}

/// Whatever has brought the member behind the base of the leader's log ends the wait, even a
/// snapshot of somebody else that ends lower than the one under way.
#[test]
fn an_answer_at_or_above_the_base_ends_the_wait_for_a_snapshot() {
    let mut progress = follower(5);
    progress.pace = Pace::Snapshot(Stage::Sent { last: Index(25) });
    assert!(progress.accepted(Index(19), Index(20)), "news, but the gap is still there");
    assert_eq!(progress.pace, Pace::Snapshot(Stage::Sent { last: Index(25) }));
    assert!(progress.accepted(Index(20), Index(20)));
    assert_eq!(progress.pace, Pace::Replicate);
    assert_eq!(progress.next, Index(21));
}

/// R14: whoever asks while one that is new enough is under way, gets that one.
#[test]
fn a_request_is_served_once_and_anew_only_for_more() {
    let mut progress = follower(5);
    progress.snapshot_requested(Index(8));
    assert_eq!(progress.pace, Pace::Snapshot(Stage::Wanted { at_least: Index(8) }));
    progress.pace = Pace::Snapshot(Stage::Sent { last: Index(9) });
    progress.snapshot_requested(Index(8));
    assert_eq!(progress.pace, Pace::Snapshot(Stage::Sent { last: Index(9) }));
    progress.snapshot_requested(Index(10));
    assert_eq!(progress.pace, Pace::Snapshot(Stage::Wanted { at_least: Index(10) }));
}

#[test]
fn a_member_that_is_out_of_reach_is_probed_from_what_it_has() {
    let mut progress = follower(5);
    assert!(progress.accepted(Index(4), Index(0)));
    progress.sent(Index(9), 1, Index(0));
    progress.unreachable();
    assert_eq!((progress.next, progress.inflight_messages()), (Index(5), 0));
    assert_eq!(progress.pace, Pace::Probe { waiting: false });
}

/// The bug: a member that had acknowledged entry 9 asked for a snapshot, and its acknowledgement of
/// entry 6 came late. The leader went on behind that, below what it knew the member to have, and the
/// assertion of I4 ended it.
#[test]
fn a_late_answer_does_not_end_the_wait_for_a_snapshot() {
    let mut progress = follower(5);
    assert!(progress.accepted(Index(9), Index(0)));
    progress.snapshot_requested(Index(9));
    assert!(!progress.accepted(Index(6), Index(0)));
    assert_eq!(progress.pace, Pace::Snapshot(Stage::Wanted { at_least: Index(9) }));
    assert!(!progress.accepted(Index(9), Index(0)));
    assert_eq!((progress.pace, progress.next), (Pace::Replicate, Index(10)));
}
