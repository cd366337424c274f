//! The cases that a log has to survive, detect or refuse, by the numbers of `docs/cases.md`.

#[path = "../parts/mod.rs"]
mod parts;

mod damage;
mod faults;
mod identity;
mod order;
mod recycled;
mod sizes;
mod table;

use parts::{Logger, config, write};
use syncline_wal::{
    Config, Disk, FileName, LogImage, Op, OpId, Reason, Record, Recovered, Refusal, Request,
    SegmentNo, VirtualDisk, Wal,
};

/// The length of a segment's header in bytes.
const HEADER: usize = 4_096;

/// The first segment.
const FIRST: FileName = FileName::Segment(SegmentNo(1));

/// Segments that grow, with so few batches in each that a short log has several.
fn short() -> Config {
    Config { segment_bytes: 5 << 10, ..config() }
}

/// A segment that has its length from the beginning.
fn preallocated() -> Config {
    Config { segment_bytes: 16 << 10, preallocates: true, ..config() }
}

/// A log of so many entries, each synced by itself, and where in the first segment each ends.
fn log_of(config: Config, entries: u64) -> (Logger, Vec<usize>) {
    let mut logger = Logger::create(config);
    let mut ends = vec![HEADER];
    for index in 1..=entries {
        append(&mut logger, index);
        logger.sync();
        ends.push(end(&logger));
    }
    (logger, ends)
}

/// Appends the entry of that index, and writes it without a sync.
fn append(logger: &mut Logger, index: u64) {
    logger.wal.append(&entry(index)).expect("it follows");
    logger.pump();
}

/// The write of one entry.
fn entry(index: u64) -> syncline_raft::Write {
    write(index, 1, index, &[&[index as u8; 100]])
}

/// Where the log ends in the first segment, in bytes.
fn end(logger: &Logger) -> usize {
    HEADER + usize::try_from(logger.wal.end().0).expect("a short log")
}

/// What the log of the first so many entries amounts to.
fn image_of(entries: u64) -> LogImage {
    image((1..=entries).map(entry))
}

fn image(writes: impl IntoIterator<Item = syncline_raft::Write>) -> LogImage {
    let mut image = LogImage::default();
    for write in writes {
        image.append(Record::Write(write)).expect("it follows");
    }
    image
}

/// Changes the bytes of a file and opens the log then.
fn open_damaged(
    logger: &Logger,
    file: FileName,
    damage: impl FnOnce(&mut Vec<u8>),
) -> Result<Recovered, Refusal> {
    let mut disk = logger.disk.clone();
    disk.corrupt(file, damage).expect("it is there");
    open(logger.config, &mut disk)
}

fn open(config: Config, disk: &mut VirtualDisk) -> Result<Recovered, Refusal> {
    let opened = Wal::open(config, disk);
    assert_eq!(disk.under_way().count(), 0, "nothing was begun, least of all on a refusal");
    opened
}

/// Opens the log that is left after a power cut that takes all that it may.
fn open_after_power_cut(logger: &Logger) -> (Logger, Recovered) {
    Logger::open(logger.config, logger.disk.remains().least())
}

/// The refusal, which must be one of damage, and name the file.
fn damage(opened: Result<Recovered, Refusal>, file: FileName) -> Refusal {
    let refusal = opened.expect_err("what was durable is damaged");
    assert_eq!(refusal.file, Some(file), "{refusal}");
    assert!(matches!(refusal.reason, Reason::Damaged { .. }), "{refusal}");
    refusal
}

/// An operation behind the log's back, done at once.
fn act(disk: &mut VirtualDisk, op: Op) {
    let id = OpId(u64::MAX);
    disk.begin(Request { id, op });
    disk.complete(id);
    let completion = disk.completion().expect("it was completed");
    assert_eq!(completion.result, Ok(()));
}
