//! The examples run, and say what they are meant to show.
#![expect(clippy::duplicate_mod, reason = "each example has the shared parts as its own module")]

use std::io;

#[expect(dead_code, reason = "the test calls what `main` calls, and reads what it prints")]
#[path = "../examples/group_sync.rs"]
mod group_sync;
#[expect(dead_code, reason = "the test calls what `main` calls, and reads what it prints")]
#[path = "../examples/sync_each_ready.rs"]
mod sync_each_ready;
#[expect(dead_code, reason = "the test calls what `main` calls, and reads what it prints")]
#[path = "../examples/sync_thread.rs"]
mod sync_thread;

/// What an example prints.
fn printed(tell: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> String {
    let mut printed = Vec::new();
    tell(&mut printed).expect("a vector can be written to");
    String::from_utf8(printed).expect("text")
}

#[track_caller]
fn check(printed: &str, lines: &[&str]) {
    for line in lines {
        assert!(printed.lines().any(|found| found == *line), "no line {line:?} in:\n{printed}");
    }
}

#[test]
fn to_sync_each_ready_takes_a_sync_for_each_entry() {
    let printed = printed(|out| sync_each_ready::tell(out));
    check(
        &printed,
        &[
            "  n1: sum 5050 at 101, 102 syncs, 1.00 an entry",
            "the power of node 2 is cut, and work goes on",
            "  n2: sum 20100 at 202, 203 syncs, 1.00 an entry",
            "the power of the leader is cut",
            "  n4: sum 20100 at 203, 103 syncs, 0.50 an entry",
        ],
    );
}

#[test]
fn a_group_sync_does_for_many_entries() {
    let printed = printed(|out| group_sync::tell(out));
    check(
        &printed,
        &[
            "  n1: sum 5050 at 101, 5 syncs, 0.04 an entry",
            "  n3: sum 20100 at 202, 9 syncs, 0.04 an entry",
            "  n4: sum 20100 at 202, 2 syncs, 0.00 an entry",
            "  it finds [20100]",
        ],
    );
}

/// How many syncs there are depends on the disk, so nothing is said of their number.
#[test]
fn a_node_goes_on_while_a_thread_syncs() {
    let printed = printed(|out| sync_thread::tell(out));
    assert_eq!(printed.matches(": sum 5050 at 101, ").count(), 3, "{printed}");
    assert_eq!(printed.matches(": sum 20100 at 202, ").count(), 4, "{printed}");
}
