//! R9 and R10 by example: what a completed sync makes safe when the log has moved on since.

use syncline_raft::Index;

use crate::util::*;

/// The A-B-A race of the story behind this library. Entry 2 of leader A is being written when
/// leader B overwrites it, and B's entry when A's successor sends A's entry again. The completion of
/// the first write then says that an entry with this index and this term is synced, and so it is;
/// but a crash now may leave B's entry, which lies in a later write.
#[test]
fn a_completion_is_not_fooled_by_the_same_entry_sent_again() {
    let mut host = Host::follower(1, &[1]);
    host.hear(2, 2, append(at(1, 1), run(2, &[2]), 0)).expect("of leader A");
    host.pump();
    host.hear(3, 3, append(at(1, 1), run(2, &[3]), 0)).expect("of leader B");
    host.pump();
    host.hear(2, 4, append(at(1, 1), run(2, &[2, 4]), 0)).expect("of A again");
    host.pump();
    host.advance();
    assert_eq!(names(&host.images[2].entries), [at(1, 1), at(2, 2)]);
    assert_eq!(names(&host.images[3].entries), [at(1, 1), at(3, 2)]);
    assert_eq!(names(&host.images[4].entries), [at(1, 1), at(2, 2), at(4, 3)]);
    host.sync_to(2);
    assert_eq!(host.node.synced_index(), Index(1), "a crash may leave leader B's entry");
    host.sync_to(3);
    assert_eq!(host.node.synced_index(), Index(1));
    host.sync_to(4);
    assert_eq!(host.node.synced_index(), Index(3));
}

/// The overwrite need not even have been handed out: the completion speaks of an entry that the
/// node no longer has.
#[test]
fn a_change_that_is_not_yet_issued_counts_as_well() {
    let mut host = Host::follower(1, &[1]);
    host.hear(2, 2, append(at(1, 1), run(2, &[2, 2]), 0)).expect("of leader A");
    host.pump();
    host.advance();
    host.hear(3, 3, append(at(2, 2), run(3, &[3]), 0)).expect("of leader B");
    host.sync_to(2);
    assert_eq!(host.node.synced_index(), Index(2), "entry 3 is to be rewritten");
    host.settle();
    assert_eq!(host.node.synced_index(), Index(3));
}

/// R10: what was safe is safe no more at the moment when the overwrite is accepted.
#[test]
fn an_overwrite_lowers_at_once() {
    let mut host = Host::follower(1, &[1, 1, 1, 1]);
    assert_eq!(host.node.synced_index(), Index(4));
    host.hear(3, 2, append(at(1, 2), run(3, &[2]), 0)).expect("of a new leader");
    let status = host.status();
    assert_eq!(status.synced, Index(2));
    assert_eq!((status.issued, status.advanced), (Index(2), Index(2)));
    assert_eq!(status.appended, Index(3));
}

/// Of several changes that go out as one write, the lowest counts.
#[test]
fn changes_that_share_a_write_count_from_the_lowest() {
    let mut host = Host::follower(1, &[1, 1, 1, 1]);
    host.hear(3, 2, append(at(1, 1), run(2, &[2]), 0)).expect("of a new leader");
    host.hear_now(3, append(at(2, 2), run(3, &[2, 2, 2]), 0));
    host.pump();
    assert_eq!(host.images.len(), 3, "one write");
    assert_eq!(host.node.synced_index(), Index(1));
    let kept = host.clone().crash(1);
    assert_eq!(kept.status().appended, Index(4), "a crash may leave the old log");
    host.sync();
    assert_eq!(host.node.synced_index(), Index(5));
}

/// An append that repeats what is there rewrites nothing, and lowers nothing.
#[test]
fn a_repeated_append_is_no_overwrite() {
    let mut host = Host::follower(1, &[1, 1, 1]);
    host.hear_now(2, append(at(0, 0), run(1, &[1, 1]), 0));
    assert_eq!(host.node.synced_index(), Index(3));
    assert_eq!(host.status().appended, Index(3), "what comes after it stays");
}

/// Appends behind a write do not touch what it wrote.
#[test]
fn later_appends_leave_a_completion_whole() {
    let mut host = Host::follower(1, &[1]);
    for index in 2..=5 {
        host.hear_now(2, append(at(1, index - 1), run(index, &[1]), 0));
        host.pump();
    }
    host.hear_now(2, append(at(1, 5), run(6, &[1]), 0));
    host.advance();
    for write in 2..=5 {
        host.sync_to(write);
        assert_eq!(host.node.synced_index(), Index(write as u64));
    }
}
