//! Names, records and completions that come, go or stay away in another order.

use syncline_raft::{HardState, Index, Term, WriteSeq};
use syncline_wal::{Completion, Config, Disk, Op, Reason, SegmentNo, Wal};

use super::{
    FIRST, FileName, act, append, config, end, entry, image, image_of, log_of, open,
    open_after_power_cut, open_damaged, short, write,
};
use crate::parts::{Logger, node, state};

/// The last of the segments that there are, and the one before it.
fn last_two(logger: &Logger) -> [FileName; 2] {
    let numbers: Vec<SegmentNo> = logger.wal.segments().collect();
    [numbers[numbers.len() - 2], numbers[numbers.len() - 1]].map(FileName::Segment)
}

/// Case 11.
#[test]
fn a_missing_segment_amid_the_log_is_refused() {
    let (mut logger, _) = log_of(short(), 9);
    let numbers: Vec<SegmentNo> = logger.wal.segments().collect();
    for no in &numbers[1..numbers.len() - 1] {
        let mut disk = logger.disk.clone();
        act(&mut disk, Op::Remove { file: FileName::Segment(*no) });
        let refusal = open(short(), &mut disk).unwrap_err();
        assert!(matches!(refusal.reason, Reason::EntriesMissing(_)), "{refusal}");
    }
    act(&mut logger.disk, Op::Remove { file: FIRST });
    let refusal = open(short(), &mut logger.disk).unwrap_err();
    assert!(matches!(refusal.reason, Reason::EntriesMissing(_)), "{refusal}");
}

/// Case 12: what a checkpoint stands for may be gone, or some of it, in whatever order names go.
#[test]
fn segments_below_a_checkpoint_may_be_missing() {
    let (mut logger, _) = log_of(short(), 9);
    logger.wal.checkpoint(&state(1, 9)).unwrap();
    logger.settle();
    let before = logger.disk.clone();
    logger.wal.compact(Index(9)).unwrap();
    logger.wal.sync().unwrap();
    let synced = logger.wal.end();
    while logger.wal.synced() < synced {
        assert!(logger.step());
    }
    // Nothing has been removed yet: a power cut amid the removal leaves any of it.
    let amid = logger.disk.remains().least();
    let segments: Vec<SegmentNo> = logger.wal.segments().collect();
    let first = segments[0].0;
    let gone: Vec<FileName> = (1..first).map(|no| FileName::Segment(SegmentNo(no))).collect();
    assert!(gone.len() > 1, "{segments:?}");
    for missing in 0..1_u32 << gone.len() {
        let mut disk = amid.clone();
        for (at, file) in gone.iter().enumerate() {
            if missing >> at & 1 == 1 {
                act(&mut disk, Op::Remove { file: *file });
            }
        }
        let recovered = open(short(), &mut disk).expect("a checkpoint stands for it");
        let image = recovered.image;
        assert_eq!((image.base().index, image.last().index), (Index(9), Index(9)));
        let mut next = Logger { config: short(), wal: recovered.wal, disk };
        next.settle();
        assert_eq!(open_after_power_cut(&next).1.image, image);
    }
    // The log was not let go of: then they are missed.
    for file in gone {
        let mut disk = before.clone();
        act(&mut disk, Op::Remove { file });
        let refusal = open(short(), &mut disk).unwrap_err();
        assert!(matches!(refusal.reason, Reason::EntriesMissing(_)), "{refusal}");
    }
}

/// Case 13: the seal of a segment is written when the next one is there for good.
#[test]
fn a_missing_last_segment_is_refused_if_the_one_before_is_sealed() {
    let (logger, _) = log_of(short(), 9);
    let [sealed, last] = last_two(&logger);
    let mut disk = logger.disk.clone();
    act(&mut disk, Op::Remove { file: last });
    let refusal = open(short(), &mut disk).unwrap_err();
    assert_eq!((refusal.file, refusal.reason), (Some(sealed), Reason::SegmentMissing));
    // Without the seal nothing says that there was another.
    let seal = 40;
    disk.corrupt(sealed, |bytes| bytes.truncate(bytes.len() - seal)).unwrap();
    let recovered = open(short(), &mut disk).unwrap();
    assert_eq!((recovered.image, recovered.cut), (image_of(8), None));
}

/// Case 13, where a recovery went on in a new segment: the one before it stays as it was, without a
/// seal. Should the new one be lost with all its batches, nothing says that it was there.
#[test]
fn a_segment_that_a_recovery_made_is_missed_by_nobody_until_the_next() {
    let (logger, _) = log_of(config(), 2);
    let (mut next, _) = open_after_power_cut(&logger);
    next.settle();
    append(&mut next, 3);
    next.sync();
    let mut disk = next.disk.clone();
    act(&mut disk, Op::Remove { file: FileName::Segment(SegmentNo(2)) });
    assert_eq!(open(config(), &mut disk).unwrap().image, image_of(2), "entry 3 was synced");
    // It is as soon as another one follows.
    let (mut next, _) = open_after_power_cut(&next);
    next.settle();
    act(&mut next.disk, Op::Remove { file: FileName::Segment(SegmentNo(2)) });
    let refusal = open(config(), &mut next.disk).unwrap_err();
    assert!(matches!(refusal.reason, Reason::EntriesMissing(_)), "{refusal}");
}

/// Case 15: REC7.
#[test]
fn what_a_synced_truncation_voids_stays_gone() {
    let (mut logger, _) = log_of(config(), 3);
    let truncation = write(4, 2, 2, &[]);
    logger.wal.append(&truncation).unwrap();
    logger.pump();
    let (_, recovered) = open_after_power_cut(&logger);
    assert_eq!(recovered.image, image_of(3), "it was not synced");
    logger.sync();
    let (mut next, recovered) = open_after_power_cut(&logger);
    let shorter = image([entry(1), entry(2), entry(3), truncation]);
    assert_eq!(shorter.last().index, Index(1));
    assert_eq!(recovered.image, shorter);
    next.settle();
    let (_, again) = open_after_power_cut(&next);
    assert_eq!(again.image, shorter);
}

/// Case 16: the order of the log wins, whatever terms and indexes say.
#[test]
fn the_newest_record_of_an_index_wins() {
    let mut logger = Logger::create(config());
    let writes = [
        write(1, 1, 1, &[b"a", b"b", b"c"]),
        write(2, 3, 2, &[b"x"]),
        write(3, 3, 3, &[b"y"]),
        write(4, 4, 2, &[b"z"]),
    ];
    for write in &writes {
        logger.wal.append(write).unwrap();
        logger.sync();
    }
    let (_, recovered) = open_after_power_cut(&logger);
    assert_eq!(recovered.image, image(writes));
    assert_eq!(recovered.image.last().index, Index(2));
    assert_eq!(recovered.image.last().term, Term(4));
}

/// Case 21: REC4.
#[test]
fn a_hard_state_goes_with_the_torn_batch_that_held_it() {
    let (mut logger, ends) = log_of(config(), 1);
    let later = write(2, 5, 2, &[&[2; 100]]);
    logger.wal.append(&later).unwrap();
    logger.pump();
    let torn = end(&logger) - 1;
    let opened = open_damaged(&logger, FIRST, |bytes| bytes[torn] ^= 1);
    assert_eq!(opened.expect("it was not synced").image.hard_state(), entry(1).hard_state);
    // As soon as there is evidence that it was durable, the term does not go back.
    logger.sync();
    append(&mut logger, 3);
    let opened = open_damaged(&logger, FIRST, |bytes| bytes[torn] ^= 1);
    assert_eq!(opened.unwrap_err().offset, ends[1] as u64);
}

/// Case 23: a vote that a power cut may take was never said to be synced.
#[test]
fn a_vote_is_synced_or_was_never_given() {
    let (mut logger, _) = log_of(config(), 1);
    let vote = write(2, 7, 2, &[]);
    logger.wal.append(&vote).unwrap();
    logger.wal.sync().unwrap();
    logger.pump();
    assert_eq!(logger.wal.synced_write(), Some(entry(1).seq));
    let (_, recovered) = open_after_power_cut(&logger);
    assert_eq!(recovered.image.hard_state(), entry(1).hard_state);
    logger.settle();
    assert_eq!(logger.wal.synced_write(), Some(vote.seq));
    let (_, recovered) = open_after_power_cut(&logger);
    let voted = HardState { term: Term(7), vote: Some(node(1)), commit: Index(0) };
    assert_eq!(recovered.image.hard_state(), voted);
}

/// Case 27: nothing in a segment is said to be synced before its name is durable.
#[test]
fn a_segment_whose_name_is_lost_held_nothing_that_was_synced() {
    let mut logger = Logger::create(short());
    for index in 1..=9 {
        logger.wal.append(&entry(index)).unwrap();
        logger.wal.sync().unwrap();
        loop {
            let synced = logger.wal.synced_write().map_or(0, WriteSeq::number);
            let (_, recovered) = open_after_power_cut(&logger);
            assert!(recovered.image.last().index >= Index(synced));
            if !logger.step() {
                break;
            }
        }
    }
    assert_eq!(logger.wal.segments().count(), 3);
}

/// Case 28: what is in the making counts for nothing, and goes.
#[test]
fn leftovers_are_removed_and_never_read() {
    let (mut logger, _) = log_of(config(), 2);
    let garbage = [
        FileName::NewSegment(SegmentNo(1)),
        FileName::NewSegment(SegmentNo(2)),
        FileName::NewSegment(SegmentNo(77)),
        FileName::NewSnapshot(syncline_wal::SnapshotNo(3)),
        FileName::Snapshot(syncline_wal::SnapshotNo(4)),
    ];
    for file in garbage {
        act(&mut logger.disk, Op::Create { file, len: 0 });
        act(&mut logger.disk, Op::Write { file, offset: 0, data: vec![0xee; 5_000] });
    }
    act(&mut logger.disk, Op::SyncFolder);
    let (mut next, recovered) = Logger::open(config(), logger.disk);
    assert_eq!(recovered.image, image_of(2));
    next.settle();
    let mut files = next.disk.files().unwrap();
    files.sort_unstable();
    assert_eq!(files, [FIRST, FileName::Segment(SegmentNo(2))]);
}

/// Case 31: what was begun before a restart is not heard of after it, though its name comes again.
#[test]
fn a_completion_from_before_a_restart_says_nothing() {
    let (mut logger, _) = log_of(config(), 1);
    append(&mut logger, 2);
    logger.wal.sync().unwrap();
    logger.pump();
    let old: Vec<_> = logger.disk.under_way().map(|(id, _)| id).collect();
    assert_eq!(old.len(), 1);
    let recovered = open(config(), &mut logger.disk).unwrap();
    logger.wal = recovered.wal;
    old.iter().for_each(|id| logger.disk.complete(*id));
    assert_eq!(logger.disk.completion(), None);
    logger.wal.completed(Completion { id: old[0], result: Ok(()) });
    assert!(!logger.wal.is_live());
    logger.settle();
    assert!(logger.wal.is_live());
}

/// Case 32: four syncs under way.
#[test]
fn syncs_are_released_in_the_order_in_which_they_began() {
    let begun = || {
        let mut logger = Logger::create(config());
        let mut ends = vec![logger.wal.end()];
        for index in 1..=4 {
            append(&mut logger, index);
            logger.wal.sync().unwrap();
            logger.pump();
            ends.push(logger.wal.end());
        }
        let syncs: Vec<_> = logger.disk.under_way().map(|(id, _)| id).collect();
        assert_eq!((syncs.len(), logger.wal.syncs_under_way()), (4, 4));
        (logger, syncs, ends)
    };
    let (mut logger, syncs, ends) = begun();
    for (done, released) in [(3, 0), (1, 0), (0, 2), (2, 4)] {
        logger.disk.complete(syncs[done]);
        logger.pump();
        assert_eq!(logger.wal.synced(), ends[released]);
    }
    let (mut logger, syncs, ends) = begun();
    logger.disk.complete(syncs[3]);
    logger.disk.complete(syncs[0]);
    logger.disk.fail(syncs[1], syncline_wal::IoError::Device);
    logger.disk.complete(syncs[2]);
    logger.pump();
    assert_eq!(logger.wal.synced(), ends[1], "nothing behind the one that failed");
    assert!(logger.wal.failed().is_some());
}

/// Case 33: R9.
#[test]
fn a_sync_does_not_cover_what_is_written_after_it_began() {
    let (mut logger, _) = log_of(config(), 1);
    append(&mut logger, 2);
    logger.wal.sync().unwrap();
    logger.pump();
    let covered = logger.wal.end();
    append(&mut logger, 3);
    assert!(logger.complete_a_sync());
    assert_eq!((logger.wal.synced(), logger.wal.synced_write()), (covered, Some(entry(2).seq)));
    assert!(logger.wal.has_unsynced());
    let (_, recovered) = open_after_power_cut(&logger);
    assert_eq!(recovered.image, image_of(2));
}

/// Case 36: what only a cache still knows is no part of the log before it is written once more.
#[test]
fn an_unsynced_tail_that_a_recovery_read_may_be_lost_until_it_is_live() {
    for config in [config(), Config { preallocates: true, ..short() }] {
        let (mut logger, _) = log_of(config, 2);
        append(&mut logger, 3);
        let (mut next, recovered) = Logger::open(config, logger.disk);
        assert_eq!(recovered.image, image_of(3));
        loop {
            let (_, after) = open_after_power_cut(&next);
            if next.wal.is_live() {
                assert_eq!(after.image, image_of(3));
            } else {
                assert!(after.image == image_of(2) || after.image == image_of(3));
            }
            if !next.step() {
                break;
            }
        }
        assert!(next.wal.is_live());
    }
}

/// A checkpoint that was asked for before a new log was live became a file before the log had a
/// segment. A power cut in between left a folder that was neither a log nor room for one.
#[test]
fn a_snapshot_comes_after_the_first_segment() {
    let mut disk = syncline_wal::VirtualDisk::default();
    let mut wal = Wal::create(config(), &mut disk).unwrap();
    wal.checkpoint(&state(0, 0)).unwrap();
    let mut logger = Logger { config: config(), wal, disk };
    loop {
        while let Some(request) = logger.wal.next_op() {
            logger.disk.begin(request);
        }
        // However many of the changes of names survive, with all bytes.
        let survivors = logger.disk.remains();
        for names in 0..survivors.bounds()[0] {
            let mut picks: Vec<usize> = survivors.bounds().iter().map(|bound| bound - 1).collect();
            picks[0] = names;
            let mut left = survivors.pick(&picks);
            assert!(open(config(), &mut left).is_ok() || Wal::create(config(), &mut left).is_ok());
        }
        // What began last completes first.
        let last = logger.disk.under_way().last().map(|(id, _)| id);
        let Some(id) = last else { break };
        logger.disk.complete(id);
        logger.wal.completed(logger.disk.completion().unwrap());
    }
    assert!(logger.wal.is_live());
    logger.sync();
    assert!(open_after_power_cut(&logger).1.image.checkpoint().is_some());
}
