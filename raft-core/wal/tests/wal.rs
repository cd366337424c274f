//! The log on a virtual disk: what is appended is read back.

mod parts;

use std::sync::Arc;

use parts::{Logger, config, state, write};
use syncline_raft::{Index, LogId, Term};
use syncline_wal::{AppendError, Config, IoError, LogImage, Reason, Record, VirtualDisk, Wal};

fn image_of(records: &[Record]) -> LogImage {
    let mut image = LogImage::default();
    records.iter().for_each(|record| image.append(record.clone()).expect("it follows"));
    image
}

#[test]
fn what_is_appended_and_synced_is_read_back() {
    let mut logger = Logger::create(config());
    let writes = [write(1, 1, 1, &[b"a", b"b"]), write(2, 1, 3, &[b"c"]), write(3, 2, 2, &[b"x"])];
    writes.iter().for_each(|write| logger.wal.append(write).unwrap());
    logger.sync();
    let (_, recovered) = Logger::open(config(), logger.disk);
    assert_eq!(recovered.image, image_of(&writes.map(Record::Write)));
    assert_eq!(recovered.cut, None);
}

#[test]
fn a_log_is_recovered_again_and_again() {
    let mut logger = Logger::create(config());
    let mut records = Vec::new();
    for round in 1..=5 {
        let write = write(round, round, round, &[b"entry"]);
        logger.wal.append(&write).unwrap();
        records.push(Record::Write(write));
        logger.sync();
        let (next, recovered) = Logger::open(config(), logger.disk);
        assert_eq!(recovered.image, image_of(&records));
        logger = next;
        assert!(!logger.wal.is_live());
        logger.settle();
        assert!(logger.wal.is_live());
    }
    assert_eq!(logger.wal.segments().count(), 6);
}

#[test]
fn a_full_segment_gives_way_to_the_next() {
    let config = Config { segment_bytes: 8 << 10, ..config() };
    let mut logger = Logger::create(config);
    let mut records = Vec::new();
    for index in 1..=40 {
        let write = write(index, 1, index, &[&[index as u8; 500]]);
        logger.wal.append(&write).unwrap();
        records.push(Record::Write(write));
    }
    logger.sync();
    assert!(logger.wal.segments().count() > 4);
    let (_, recovered) = Logger::open(config, logger.disk);
    assert_eq!(recovered.image, image_of(&records));
}

#[test]
fn a_compacted_log_lets_go_of_segments_and_snapshots() {
    let config = Config { segment_bytes: 8 << 10, ..config() };
    let mut logger = Logger::create(config);
    for index in 1..=40 {
        logger.wal.append(&write(index, 1, index, &[&[index as u8; 500]])).unwrap();
        if index % 10 == 0 {
            logger.wal.checkpoint(&state(1, index - 2)).unwrap();
            logger.settle();
            logger.wal.compact(Index(index - 2)).unwrap();
            logger.sync();
        }
    }
    assert!(logger.wal.segments().count() <= 3, "{:?}", logger.wal.segments().collect::<Vec<_>>());
    let (_, recovered) = Logger::open(config, logger.disk);
    assert_eq!(recovered.image.base().index, Index(38));
    assert_eq!(recovered.image.last(), LogId { term: Term(1), index: Index(40) });
    assert_eq!(recovered.image.checkpoint().map(|state| &**state), Some(&state(1, 38)));
}

/// R16: nothing goes for which nothing stands.
#[test]
fn a_log_without_a_checkpoint_is_not_compacted() {
    let mut logger = Logger::create(config());
    logger.wal.append(&write(1, 1, 1, &[b"a"])).unwrap();
    let error = logger.wal.compact(Index(1)).unwrap_err();
    assert_eq!(error, AppendError::NoCheckpoint { upto: Index(1), upto_max: Index(0) });
}

#[test]
fn a_snapshot_from_a_leader_takes_the_place_of_the_log() {
    let mut logger = Logger::create(config());
    logger.wal.append(&write(1, 1, 1, &[b"a", b"b"])).unwrap();
    let mut install = write(2, 2, 8, &[b"h"]);
    (install.truncate_from, install.snapshot) = (None, Some(Arc::new(state(2, 7))));
    logger.wal.append(&install).unwrap();
    logger.sync();
    let (_, recovered) = Logger::open(config(), logger.disk);
    assert_eq!(recovered.image.received().map(|state| &**state), Some(&state(2, 7)));
    assert_eq!((recovered.image.base().index, recovered.image.last().index), (Index(7), Index(8)));
}

#[test]
fn an_empty_disk_is_no_log_and_a_log_is_not_made_anew() {
    let mut disk = VirtualDisk::default();
    assert_eq!(Wal::open(config(), &mut disk).unwrap_err().reason, Reason::NoLog);
    let mut logger = Logger::create(config());
    assert_eq!(Wal::create(config(), &mut logger.disk).unwrap_err().reason, Reason::LogExists);
}

/// R4: what a later sync says is worth nothing.
#[test]
fn one_failed_operation_ends_the_log() {
    let mut logger = Logger::create(config());
    logger.wal.append(&write(1, 1, 1, &[b"a"])).unwrap();
    logger.wal.sync().unwrap();
    logger.pump();
    logger.wal.append(&write(2, 1, 2, &[b"b"])).unwrap();
    logger.wal.sync().unwrap();
    logger.pump();
    let syncs: Vec<_> = logger.disk.under_way().map(|(id, _)| id).collect();
    let synced = logger.wal.synced();
    logger.disk.complete(syncs[1]);
    logger.pump();
    assert_eq!(logger.wal.synced(), synced, "the first has not completed");
    logger.disk.fail(syncs[0], IoError::Device);
    logger.pump();
    assert_eq!(logger.wal.synced(), synced);
    assert_eq!(logger.wal.failed().map(|failed| failed.error), Some(IoError::Device));
    assert!(logger.wal.append(&write(3, 1, 3, &[b"c"])).is_err());
    assert!(logger.wal.sync().is_err());
    assert!(logger.wal.next_op().is_none());
}
