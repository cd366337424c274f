//! A follower seen by its leader: windows, probes, stale answers.

use super::*;

fn follower(next: u64, window: u32) -> Progress {
    Progress::new(NodeId::new(2).expect("not zero"), Index(next), window)
}

#[test]
fn a_probe_waits_for_an_answer_or_a_heartbeat() {
    let mut progress = follower(5, 4);
    assert!(progress.wants_append(Index(9), Index(0)));
    progress.sent(Index(9), Index(0));
    assert_eq!(progress.next, Index(5), "a probe is not optimistic");
    assert!(!progress.wants_append(Index(9), Index(3)));
    progress.answered_heartbeat(Index(9));
    assert!(progress.wants_append(Index(9), Index(3)));
}

#[test]
fn an_answer_opens_the_window_and_a_full_window_closes_it() {
    let mut progress = follower(5, 2);
    progress.sent(Index(5), Index(0));
    assert!(progress.accepted(Index(5)));
    progress.sent(Index(6), Index(0));
    progress.sent(Index(7), Index(0));
    assert!(!progress.wants_append(Index(9), Index(0)));
    assert!(progress.wants_append(Index(9), Index(1)), "news of a commit is always sent");
    progress.answered_heartbeat(Index(9));
    assert!(progress.has_room(), "a throttled follower must not starve");
}

#[test]
fn a_late_answer_or_refusal_takes_nothing_back() {
    let mut progress = follower(5, 4);
    assert!(progress.accepted(Index(8)));
    assert!(!progress.accepted(Index(6)));
    assert_eq!(progress.matched, Index(8));
    progress.rejected(Index(7), Index(2));
    assert_eq!(progress.next, Index(9), "7 was acknowledged since");
}

#[test]
fn a_refusal_moves_back_to_where_the_logs_may_meet() {
    let mut progress = follower(10, 4);
    progress.rejected(Index(9), Index(3));
    assert_eq!(progress.next, Index(4));
    progress.rejected(Index(9), Index(0));
    assert_eq!(progress.next, Index(4), "the refusal of an older probe");
    progress.rejected(Index(3), Index(0));
    assert_eq!(progress.next, Index(1));
}
