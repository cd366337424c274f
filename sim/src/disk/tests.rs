//! The disk by itself: what a sync covers, what a crash leaves.

use super::*;
use syncline_raft::{Entry, HardState, LogId, Payload, Term, Write, WriteSeq};
use syncline_traces::Chain;

fn write(no: u64, truncate_from: Option<u64>, entries: &[(u64, u64)]) -> Numbered {
    let id = |&(index, term)| LogId { term: Term(term), index: Index(index) };
    let write = Write {
        seq: WriteSeq::new(no).unwrap(),
        hard_state: HardState { term: Term(no), ..HardState::default() },
        snapshot: None,
        truncate_from: truncate_from.map(Index),
        entries: entries.iter().map(|e| Entry { id: id(e), payload: Payload::Noop }).collect(),
        commit_only: false,
    };
    Numbered::new(WriteNo(no), Record::Write(write))
}

fn disk_with_three_writes() -> Disk {
    let mut disk = Disk::new();
    disk.write(write(1, None, &[(1, 1), (2, 1)]));
    disk.write(write(2, None, &[(3, 1)]));
    disk.write(write(3, Some(2), &[(2, 3)]));
    disk
}

#[test]
fn a_sync_covers_what_was_written_before_it_began() {
    let mut disk = Disk::new();
    disk.write(write(1, None, &[(1, 1)]));
    let upto = disk.begin_sync();
    disk.write(write(2, None, &[(2, 1)]));
    disk.complete_sync(upto);
    assert_eq!(disk.durable().image().last().index, Index(1));
    assert_eq!(disk.unsynced(), 1);
    assert_eq!(disk.image().last().index, Index(2));
}

#[test]
fn the_disk_holds_no_index_that_an_unsynced_write_voids() {
    let mut disk = disk_with_three_writes();
    assert_eq!(disk.held(), Index(0));
    disk.begin_sync();
    disk.write(write(4, Some(1), &[(1, 4)]));
    disk.complete_sync(WriteNo(3));
    assert_eq!(disk.durable().image().last(), LogId { term: Term(3), index: Index(2) });
    assert_eq!(disk.held(), Index(0), "write 4 may or may not survive");
}

#[test]
fn a_machine_crash_keeps_a_prefix() {
    for kept in 0..=3 {
        let mut disk = disk_with_three_writes();
        assert_eq!(disk.crash_machine(Keep::Prefix(kept)), 3 - kept);
        assert!(disk.is_settled());
        let last = [0, 2, 3, 2][kept as usize];
        assert_eq!(disk.image().last().index, Index(last));
    }
}

#[test]
fn what_survives_behind_a_hole_must_be_discarded_durably() {
    let mut disk = disk_with_three_writes();
    assert!(disk.allows(Keep::Subset(0b101)));
    assert!(!disk.allows(Keep::Subset(0b1000)));
    assert_eq!(disk.crash_machine(Keep::Subset(0b101)), 2);
    assert_eq!(disk.image().last().index, Index(2), "recovery stops at the first hole");
    assert!(!disk.is_settled());
    disk.crash_machine(Keep::Prefix(0));
    assert!(!disk.is_settled(), "a crash before the discard is synced brings the residue back");
    let upto = disk.begin_sync();
    disk.complete_sync(upto);
    assert!(disk.is_settled());
}

#[test]
fn a_process_crash_leaves_a_readable_log_that_is_not_safe() {
    let mut disk = disk_with_three_writes();
    disk.begin_sync();
    disk.crash_process();
    assert_eq!(disk.syncs(), &[], "nobody is told of a sync from before the crash");
    assert_eq!(disk.image().last().index, Index(2));
    assert!(!disk.is_settled());
    assert!(disk.can_begin_sync());
    disk.crash_machine(Keep::Prefix(1));
    assert_eq!(disk.image().last().index, Index(2));
}

#[test]
fn evidence_outlives_an_overwrite() {
    let mut disk = disk_with_three_writes();
    let upto = disk.begin_sync();
    disk.complete_sync(upto);
    let old = Chain::default();
    assert!(disk.durable().vouched(Term(1), Index(0), old));
    assert!(!disk.durable().vouched(Term(9), Index(0), old), "term 9 was never durable");
    let noop = |index, term| Entry {
        id: LogId { term: Term(term), index: Index(index) },
        payload: Payload::Noop,
    };
    let first = Chain::default().then(&noop(1, 1));
    let displaced = first.then(&noop(2, 1));
    assert!(disk.durable().vouched(Term(2), Index(2), displaced), "it was durable in write 2");
    assert!(!disk.durable().vouched(Term(3), Index(2), displaced), "never with term 3");
}
