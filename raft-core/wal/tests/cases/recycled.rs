//! Segments in the place of others.

use syncline_raft::Index;
use syncline_wal::{Config, Disk, IoError, Op};

use super::{FileName, append, entry, open, open_after_power_cut, short};
use crate::parts::{Logger, state};

fn recycling(spares: usize) -> Config {
    Config { preallocates: true, spares, ..short() }
}

/// A log that has let go of its first entries, and as many more.
fn aged(config: Config, entries: u64) -> Logger {
    let mut logger = Logger::create(config);
    for index in 1..=entries {
        append(&mut logger, index);
        logger.sync();
    }
    logger.wal.checkpoint(&state(1, entries)).expect("the log has not failed");
    logger.settle();
    logger.wal.compact(Index(entries)).expect("a checkpoint stands for it");
    logger.sync();
    logger
}

fn spares(logger: &mut Logger) -> usize {
    let files = logger.disk.files().expect("a virtual disk can be read");
    files.iter().filter(|file| matches!(file, FileName::Spare(_))).count()
}

/// Case 14: batches that were sound in the same place of the same file, before and behind the end.
#[test]
fn what_an_earlier_life_has_left_is_no_part_of_the_log() {
    let mut logger = aged(recycling(2), 12);
    assert_eq!(spares(&mut logger), 2);
    for index in 13..=30 {
        append(&mut logger, index);
        let (_, unsynced) = open_after_power_cut(&logger);
        assert_eq!(unsynced.image.last().index, Index(index - 1));
        assert_eq!(unsynced.cut, None, "what an earlier life has left is not cut off");
        logger.sync();
        let (_, recovered) = open_after_power_cut(&logger);
        assert_eq!(recovered.image.last().index, Index(index));
        assert_eq!((recovered.image.base().index, recovered.cut), (Index(12), None));
    }
}

/// No new file is made while there are spares, and no more is kept than is wanted.
#[test]
fn a_log_that_lets_go_goes_on_in_its_old_files() {
    let mut logger = aged(recycling(1), 20);
    assert_eq!(spares(&mut logger), 1);
    for round in 1..=9_u64 {
        let last = logger.wal.segments().last();
        let first = 21 + (round - 1) * 4;
        for index in first..first + 4 {
            logger.wal.append(&entry(index)).unwrap();
            logger.wal.sync().unwrap();
            while let Some(request) = logger.wal.next_op() {
                assert!(!matches!(request.op, Op::Create { file: FileName::NewSegment(_), .. }));
                logger.disk.begin(request);
            }
            logger.settle();
        }
        assert!(logger.wal.segments().last() > last);
        logger.wal.checkpoint(&state(1, first + 3)).unwrap();
        logger.settle();
        logger.wal.compact(Index(first + 3)).unwrap();
        logger.sync();
        assert!(spares(&mut logger) <= 1 && logger.wal.segments().count() <= 2);
    }
}

/// A log that has no spare makes one ahead; if there is no space for it, it goes on without.
#[test]
fn a_spare_that_cannot_be_made_is_done_without() {
    for is_full in [true, false] {
        let mut logger = Logger::create(recycling(1));
        let mut made = 0;
        for index in 1..=9 {
            logger.wal.append(&entry(index)).unwrap();
            logger.wal.sync().unwrap();
            while logger.wal.synced_write() != Some(entry(index).seq) {
                while let Some(request) = logger.wal.next_op() {
                    let is_spare =
                        matches!(request.op, Op::Create { file: FileName::Spare(_), .. });
                    let id = request.id;
                    logger.disk.begin(request);
                    made += usize::from(is_spare);
                    if is_spare && is_full {
                        logger.disk.fail(id, IoError::NoSpace);
                        let completion = logger.disk.completion().expect("it has failed");
                        logger.wal.completed(completion);
                    }
                }
                assert!(logger.step());
            }
        }
        assert_eq!(logger.wal.failed(), None);
        assert_eq!(made == 1, is_full, "{made} made");
        let (_, recovered) = open_after_power_cut(&logger);
        assert_eq!(recovered.image.last().index, Index(9));
    }
}

/// Spares are found again, and those that are too many or too short are dealt with.
#[test]
fn a_log_that_is_opened_takes_the_spares_that_are_there() {
    let logger = aged(recycling(2), 12);
    let (mut next, _) = Logger::open(recycling(2), logger.disk.clone());
    next.settle();
    assert_eq!(spares(&mut next), 1, "one became the segment with which the log goes on");
    let (mut next, _) = Logger::open(short(), logger.disk.clone());
    next.settle();
    assert_eq!(spares(&mut next), 0, "none is wanted");
    // Segments are longer than they were.
    let longer = Config { segment_bytes: 9 << 10, ..recycling(2) };
    let (mut next, _) = Logger::open(longer, logger.disk);
    next.settle();
    let last = next.wal.segments().last().map(FileName::Segment).unwrap();
    assert_eq!(next.disk.read(last).unwrap().len(), 9 << 10);
    append(&mut next, 13);
    next.sync();
    let recovered = open(longer, &mut next.disk.remains().least()).unwrap();
    assert_eq!(recovered.image.last().index, Index(13));
}
