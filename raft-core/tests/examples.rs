//! The examples run, and say what they are meant to show.

#[expect(dead_code, reason = "the test calls what `main` calls, and reads what it prints")]
#[path = "../examples/group_sync.rs"]
mod group_sync;

#[test]
fn a_group_sync_commits_before_its_leader_syncs() {
    let mut printed = Vec::new();
    group_sync::tell(&mut printed).expect("a vector can be written to");
    let printed = String::from_utf8(printed).expect("text");
    for line in [
        "  n2: one sync, writes 3 to 8, for Gated",
        "  n3: one sync, writes 3 to 8, for Gated",
        "  n1: appended 6, synced 1, committed 6, applied 1",
        "  n1: one sync, writes 3 to 9, for OwnCopy",
        "  n1: appended 6, synced 6, committed 6, applied 6",
        "  n1: command 1, command 2, command 3, command 4, command 5",
    ] {
        assert!(printed.lines().any(|found| found == line), "no line {line:?} in:\n{printed}");
    }
}
