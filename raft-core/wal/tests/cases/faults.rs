//! Operations that fail.

use syncline_raft::{Index, WriteSeq};
use syncline_wal::{
    Completion, Flaw, IoError, Op, OpId, ReadError, Reason, SnapshotNo, VirtualDisk, Wal,
};

use super::{
    Disk, FileName, Request, append, config, end, entry, image_of, log_of, open,
    open_after_power_cut, open_damaged, short,
};
use crate::parts::{Logger, state};

/// Lets the log do what it wants until an operation of that sort begins, which fails.
fn fail_at(logger: &mut Logger, error: IoError, is_due: impl Fn(&Op) -> bool) {
    while logger.wal.failed().is_none() {
        let mut failing = None;
        while let Some(request) = logger.wal.next_op() {
            if failing.is_none() && is_due(&request.op) {
                failing = Some(request.id);
            }
            logger.disk.begin(request);
        }
        if let Some(id) = failing {
            logger.disk.fail(id, error);
        } else {
            let first = logger.disk.under_way().next().map(|(id, _)| id);
            logger.disk.complete(first.expect("such an operation comes"));
        }
        while let Some(completion) = logger.disk.completion() {
            logger.wal.completed(completion);
        }
    }
    assert_eq!(logger.wal.failed().map(|failed| failed.error), Some(error));
    assert!(logger.wal.next_op().is_none(), "it begins nothing any more");
    assert!(logger.wal.append(&entry(99)).is_err() && logger.wal.sync().is_err());
}

/// Case 29, as far as it is the log's: R4.
#[test]
fn a_sync_that_failed_is_not_tried_again() {
    let (mut logger, _) = log_of(config(), 1);
    append(&mut logger, 2);
    logger.wal.sync().unwrap();
    fail_at(&mut logger, IoError::Device, |op| matches!(op, Op::Sync { .. }));
    assert_eq!(logger.wal.synced_write(), Some(entry(1).seq));
    // Whoever tries it by himself is told that all is well, and the entry is gone.
    let id = OpId(u64::MAX);
    logger.disk.begin(Request { id, op: Op::Sync { file: super::FIRST } });
    logger.disk.complete(id);
    assert_eq!(logger.disk.completion().map(|completion| completion.result), Some(Ok(())));
    logger.disk.evict();
    let recovered = open(config(), &mut logger.disk).unwrap();
    assert_eq!(recovered.image, image_of(1));
}

/// Case 30, as far as it is the log's: after a sync that failed a read may see what no later sync
/// writes. The log acts on it when it is written once more.
#[test]
fn what_a_failed_sync_has_left_in_the_cache_is_written_once_more() {
    let (mut logger, _) = log_of(config(), 1);
    append(&mut logger, 2);
    logger.wal.sync().unwrap();
    fail_at(&mut logger, IoError::Device, |op| matches!(op, Op::Sync { .. }));
    let (mut next, recovered) = Logger::open(config(), logger.disk);
    assert_eq!(recovered.image, image_of(2));
    while !next.wal.is_live() {
        let (_, after) = open_after_power_cut(&next);
        assert!(after.image == image_of(1) || after.image == image_of(2));
        assert!(next.step());
    }
    next.disk.evict();
    let (_, after) = open_after_power_cut(&next);
    assert_eq!(after.image, image_of(2));
}

/// Case 34: a disk that is full, wherever that is noticed.
#[test]
fn a_full_disk_ends_the_log_and_it_goes_on_when_there_is_space() {
    let is_new_segment = |op: &Op| matches!(op, Op::Create { file: FileName::NewSegment(_), .. });
    let is_new_snapshot = |op: &Op| matches!(op, Op::Write { file: FileName::NewSnapshot(_), .. });
    let is_batch = |op: &Op| matches!(op, Op::Write { file: FileName::Segment(_), .. });
    let sorts: [&dyn Fn(&Op) -> bool; 3] = [&is_batch, &is_new_segment, &is_new_snapshot];
    for is_due in sorts {
        let (mut logger, _) = log_of(short(), 2);
        logger.wal.checkpoint(&state(1, 2)).unwrap();
        (3..=6).for_each(|index| logger.wal.append(&entry(index)).unwrap());
        logger.wal.sync().unwrap();
        fail_at(&mut logger, IoError::NoSpace, is_due);
        let synced = logger.wal.synced_write().map_or(0, WriteSeq::number);
        // It is still full when the log is opened, and then it is not.
        let (mut next, recovered) = Logger::open(short(), logger.disk);
        let found = recovered.image.last().index.0;
        assert!((synced..=6).contains(&found));
        fail_at(&mut next, IoError::NoSpace, is_new_segment);
        assert!(!next.wal.is_live());
        let (mut next, recovered) = Logger::open(short(), next.disk);
        assert_eq!(recovered.image.last().index.0, found);
        next.settle();
        append(&mut next, found + 1);
        next.sync();
        let (_, recovered) = open_after_power_cut(&next);
        assert_eq!(recovered.image.last().index.0, found + 1);
    }
}

/// Case 35: a write of which a part is done. `FsDisk` goes on with the rest by itself; if that
/// fails, half a batch is left, and nothing is ever written over it.
#[test]
fn half_a_batch_is_cut_and_never_overwritten() {
    let (mut logger, ends) = log_of(config(), 2);
    logger.wal.append(&entry(3)).unwrap();
    let mut request = logger.wal.next_op().expect("its batch");
    let Op::Write { data, .. } = &mut request.op else { panic!("a write") };
    data.truncate(data.len() / 2);
    let id = request.id;
    logger.disk.begin(request);
    logger.disk.fail(id, IoError::NoSpace);
    logger.pump();
    assert!(logger.wal.failed().is_some());
    let (mut next, recovered) = Logger::open(config(), logger.disk);
    assert_eq!(recovered.image, image_of(2));
    assert_eq!(recovered.cut.map(|cut| cut.offset), Some(ends[2] as u64));
    next.settle();
    append(&mut next, 3);
    next.sync();
    assert_eq!(open_after_power_cut(&next).1.image, image_of(3));
    // A write that is done in two parts and succeeds is a write.
    let (mut logger, _) = log_of(config(), 2);
    logger.wal.append(&entry(3)).unwrap();
    let request = logger.wal.next_op().expect("its batch");
    let Op::Write { file, offset, data } = &request.op else { panic!("a write") };
    let (file, offset) = (*file, *offset);
    let half = data[..data.len() / 2].to_vec();
    super::act(&mut logger.disk, Op::Write { file, offset, data: half });
    logger.disk.begin(request);
    logger.sync();
    assert_eq!(open_after_power_cut(&logger).1.image, image_of(3));
    assert!(end(&logger) > ends[2]);
}

/// Cases 39 and 40: nothing stands for what a checkpoint stands for.
#[test]
fn a_snapshot_that_is_missing_or_torn_is_refused() {
    let (mut logger, _) = log_of(config(), 3);
    logger.wal.checkpoint(&state(1, 2)).unwrap();
    logger.settle();
    logger.sync();
    let file = FileName::Snapshot(SnapshotNo(1));
    let len = logger.disk.read(file).unwrap().len();
    for position in 0..len {
        let refusal = open_damaged(&logger, file, |bytes| bytes[position] ^= 1).unwrap_err();
        let reason = Reason::Snapshot(Flaw::Checksum);
        assert_eq!((refusal.file, refusal.reason), (Some(file), reason));
        let refusal = open_damaged(&logger, file, |bytes| bytes.truncate(position)).unwrap_err();
        assert_eq!((refusal.file, refusal.reason), (Some(file), reason));
    }
    super::act(&mut logger.disk, Op::Remove { file });
    let refusal = open(config(), &mut logger.disk).unwrap_err();
    let reason = Reason::Unreadable(IoError::NoFile);
    assert_eq!((refusal.file, refusal.reason), (Some(file), reason));
}

/// A disk of which a sector of a file cannot be read.
struct BadSector {
    disk: VirtualDisk,
    file: FileName,
    sector: u64,
}

impl Disk for BadSector {
    fn begin(&mut self, request: Request) {
        panic!("nothing is begun on a refusal: {request:?}");
    }

    fn completion(&mut self) -> Option<Completion> {
        None
    }

    fn forget(&mut self) {}

    fn files(&mut self) -> Result<Vec<FileName>, IoError> {
        self.disk.files()
    }

    fn read_at(
        &mut self,
        file: FileName,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, IoError> {
        let end = offset + buffer.len() as u64;
        let is_met = offset < (self.sector + 1) * 512 && self.sector * 512 < end;
        match file == self.file && is_met {
            true => Err(IoError::Device),
            false => self.disk.read_at(file, offset, buffer),
        }
    }

    fn read(&mut self, file: FileName) -> Result<Vec<u8>, IoError> {
        match file == self.file {
            true => Err(IoError::Device),
            false => self.disk.read(file),
        }
    }
}

/// Case 39, and the same of any file: what cannot be read is not made up, wherever it lies.
#[test]
fn a_sector_that_cannot_be_read_is_refused() {
    let (mut logger, _) = log_of(short(), 9);
    logger.wal.checkpoint(&state(1, 2)).unwrap();
    logger.settle();
    logger.sync();
    for file in logger.disk.files().unwrap() {
        for sector in 0..logger.disk.read(file).unwrap().len().div_ceil(512) as u64 {
            let mut bad = BadSector { disk: logger.disk.clone(), file, sector };
            let refusal = Wal::open(short(), &mut bad).unwrap_err();
            let reason = Reason::Unreadable(IoError::Device);
            assert_eq!((refusal.file, refusal.reason), (Some(file), reason), "sector {sector}");
            // An entry that lies there is not served, and every other one is.
            for index in (1..=9).map(Index) {
                let place = logger.wal.locate(index).unwrap();
                let sectors = place.offset / 512..=(place.offset + place.len as u64 - 1) / 512;
                let is_met = place.file == file && sectors.contains(&sector);
                let read = logger.wal.read(&mut bad, index.prev(), index, 0);
                match is_met {
                    true => {
                        assert_eq!(read, Err(ReadError::Unreadable(file, IoError::Device)));
                    }
                    false => assert_eq!(read.unwrap(), entry(index.0).entries[..]),
                }
            }
        }
    }
}
