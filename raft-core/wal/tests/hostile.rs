//! Whatever lies in the folder, opening it ends in a log or a refusal: no panic, no hang, nothing
//! changed on a refusal, and no more memory than what a batch may have.

mod parts;

use std::ops::Range;

use allocation_counter::measure;
use parts::{Logger, config, state, write};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index as Place;
use syncline_raft::Index;
use syncline_wal::{
    Config, Disk, FileName, LogImage, Op, OpId, Padding, Reason, Record, Recovered, Refusal,
    Request, SegmentNo, SnapshotNo, SpareNo, VirtualDisk, Wal,
};

const HEADER: usize = 4_096;
const BATCH_HEADER: usize = 40;

/// A segment with all of its batches, in the order of the file.
#[derive(Clone, Debug)]
struct Sealed {
    file: FileName,
    bytes: Vec<u8>,
    batches: Vec<Range<usize>>,
}

impl Sealed {
    fn read(disk: &mut VirtualDisk, no: SegmentNo) -> Sealed {
        let file = FileName::Segment(no);
        let bytes = disk.read(file).expect("it is there");
        let mut batches = Vec::new();
        let mut at = HEADER;
        while let Some(len) = bytes.get(at + 4..at + 8) {
            let len = u32::from_le_bytes(len.try_into().expect("four bytes")) as usize;
            if bytes[at..at + 8] == [0; 8] {
                break;
            }
            let end = (at + BATCH_HEADER + len).next_multiple_of(8);
            batches.push(at..end);
            at = end;
        }
        Sealed { file, bytes, batches }
    }

    /// Makes all checksums right again, from this one on; that of the last batch.
    fn reseal(&mut self, before: Option<[u8; 4]>) -> [u8; 4] {
        if let Some(chain) = before {
            self.bytes[56..60].copy_from_slice(&chain);
        }
        let mut chain = crc32c::crc32c(&self.bytes[16..HEADER]).to_le_bytes();
        self.bytes[12..16].copy_from_slice(&chain);
        let mut last = chain;
        for batch in &self.batches {
            let bytes = &mut self.bytes[batch.clone()];
            bytes[32..36].copy_from_slice(&chain);
            chain = crc32c::crc32c(&bytes[4..]).to_le_bytes();
            bytes[..4].copy_from_slice(&chain);
            // A seal is no part of the log that the next segment follows.
            if bytes[36] == 1 {
                last = chain;
            }
        }
        last
    }
}

/// A log of three segments with all sorts of records, its segments, and what it has amounted to.
fn three_segments() -> (Logger, Vec<Sealed>, Vec<LogImage>) {
    let mut logger = Logger::create(Config { segment_bytes: 5 << 10, ..config() });
    let mut images = vec![LogImage::default()];
    let mut note = |record| {
        let mut image = images[images.len() - 1].clone();
        image.append(record).expect("it follows");
        images.push(image);
    };
    for index in 1..=6 {
        let writes = [
            write(index, 1, index, &[&[index as u8; 90], &[]]),
            write(9, 2, index + 1, &[&[7; 90]]),
        ];
        for write in writes {
            logger.wal.append(&write).expect("it follows");
            note(Record::Write(write));
        }
        logger.sync();
        if index == 3 {
            let state = state(2, 2);
            logger.wal.checkpoint(&state).expect("the log has not failed");
            logger.settle();
            logger.wal.compact(Index(1)).expect("a checkpoint stands for it");
            note(Record::Checkpoint(state.into()));
            note(Record::Compact(Index(1)));
        }
    }
    logger.sync();
    let numbers: Vec<SegmentNo> = logger.wal.segments().collect();
    assert_eq!(numbers.len(), 3);
    let segments = numbers.into_iter().map(|no| Sealed::read(&mut logger.disk, no)).collect();
    (logger, segments, images)
}

/// Opens what is there. Nothing is begun meanwhile.
fn open(config: Config, disk: &mut VirtualDisk) -> Result<Recovered, Refusal> {
    let opened = Wal::open(config, disk);
    assert_eq!(disk.under_way().count(), 0, "nothing was begun, least of all on a refusal");
    opened
}

/// Opens what is there. A log that opens can be gone on with, and opens again as it was.
fn open_and_go_on(config: Config, mut disk: VirtualDisk) -> Result<LogImage, Refusal> {
    let Recovered { wal, image, .. } = open(config, &mut disk)?;
    let mut logger = Logger { config, wal, disk };
    logger.settle();
    let next = write(99, 99, image.last().index.0 + 1, &[b"next"]);
    logger.wal.append(&next).expect("it follows");
    logger.sync();
    let again = Wal::open(config, &mut logger.disk).expect("it was just written");
    let mut longer = image.clone();
    longer.append(Record::Write(next)).expect("it follows");
    assert_eq!(again.image, longer);
    Ok(image)
}

/// Somebody changes any byte, or any number, and makes all checksums right again.
#[test]
fn whatever_is_forged_under_right_checksums_is_opened_or_refused() {
    let (logger, segments, images) = three_segments();
    assert_eq!(
        open_and_go_on(logger.config, logger.disk.clone()).as_ref(),
        Ok(&images[images.len() - 1])
    );
    let mut opened = [0, 0];
    for at in 0..segments.len() {
        // The header up to where its zeros begin, and all batches.
        for place in (8..260).chain(HEADER..segments[at].bytes.len()) {
            let numbers: [&[u8]; 9] = [
                &[0],
                &[1],
                &[0x7f],
                &[0xff],
                &[0xff; 4],
                &[0, 0, 0, 0x80],
                &[0xff; 8],
                &[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            ];
            for number in numbers {
                let mut forged = segments.clone();
                let bytes = &mut forged[at].bytes;
                let end = bytes.len().min(place + number.len());
                bytes[place..end].copy_from_slice(&number[..end - place]);
                let mut disk = logger.disk.clone();
                let mut chain = None;
                for segment in &mut forged {
                    chain = Some(segment.reseal(chain));
                    disk.corrupt(segment.file, |bytes| bytes.clone_from(&segment.bytes))
                        .expect("it is there");
                }
                let is_open = open_and_go_on(logger.config, disk).is_ok();
                opened[usize::from(is_open)] += 1;
            }
        }
    }
    assert!(opened[0] > 1_000 && opened[1] > 1_000, "{opened:?} were refused and opened");
}

/// Something that happens to a folder behind everybody's back.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Place, Place, u8),
    Fill(Place, Place, u8, u16),
    /// Bytes of one file lie in another as well.
    Copy(Place, Place, Place, Place, u16),
    Truncate(Place, Place),
    Extend(Place, Vec<u8>),
    Remove(Place),
    /// A file has the name of another one.
    Rename(Place, FileName),
    Create(FileName, Vec<u8>),
}

fn any_name() -> impl Strategy<Value = FileName> {
    // The greatest that a name may have.
    let number = prop_oneof![0..5_u64, Just(1 << 62)];
    (number, 0..5_u8).prop_map(|(number, kind)| match kind {
        0 => FileName::Segment(SegmentNo(number)),
        1 => FileName::NewSegment(SegmentNo(number)),
        2 => FileName::Snapshot(SnapshotNo(number)),
        3 => FileName::NewSnapshot(SnapshotNo(number)),
        _ => FileName::Spare(SpareNo(number)),
    })
}

fn any_damage() -> impl Strategy<Value = Damage> {
    let place = any::<Place>;
    let bytes = || vec(any::<u8>(), 0..200);
    prop_oneof![
        (place(), place(), 0..8_u8).prop_map(|(file, at, bit)| Damage::Flip(file, at, bit)),
        (place(), place(), any::<u8>(), 1..600_u16)
            .prop_map(|(file, at, byte, len)| Damage::Fill(file, at, byte, len)),
        (place(), place(), place(), place(), 1..600_u16)
            .prop_map(|(from, at, to, place, len)| Damage::Copy(from, at, to, place, len)),
        (place(), place()).prop_map(|(file, at)| Damage::Truncate(file, at)),
        (place(), bytes()).prop_map(|(file, bytes)| Damage::Extend(file, bytes)),
        place().prop_map(Damage::Remove),
        (place(), any_name()).prop_map(|(file, name)| Damage::Rename(file, name)),
        (any_name(), bytes()).prop_map(|(name, bytes)| Damage::Create(name, bytes)),
    ]
}

fn act(disk: &mut VirtualDisk, op: Op) {
    let id = OpId(u64::MAX);
    disk.begin(Request { id, op });
    disk.complete(id);
    assert_eq!(disk.completion().map(|completion| completion.result), Some(Ok(())));
}

impl Damage {
    fn happen(&self, disk: &mut VirtualDisk) {
        let files = disk.files().expect("a virtual disk can be read");
        let pick = |file: &Place| (!files.is_empty()).then(|| *file.get(&files));
        let mut change = |file: Option<FileName>, change: &dyn Fn(&mut Vec<u8>)| {
            file.map(|file| disk.corrupt(file, |bytes| change(bytes)).expect("it is there"))
        };
        match self {
            Damage::Flip(file, at, bit) => change(pick(file), &|bytes| {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] ^= 1 << bit;
                }
            }),
            Damage::Fill(file, at, byte, len) => change(pick(file), &|bytes| {
                let at = at.index(bytes.len() + 1);
                let end = bytes.len().min(at + usize::from(*len));
                bytes[at..end].fill(*byte);
            }),
            Damage::Copy(from, at, to, place, len) => {
                let source = pick(from).map(|from| disk.clone().read(from).expect("it is there"));
                let source = source.unwrap_or_default();
                let at = at.index(source.len() + 1);
                let part = &source[at..source.len().min(at + usize::from(*len))];
                disk_change(disk, pick(to), |bytes| {
                    // Most places that something belongs to are words.
                    let place = place.index(bytes.len() + 1) / 8 * 8;
                    bytes.resize(bytes.len().max(place + part.len()), 0);
                    bytes[place..place + part.len()].copy_from_slice(part);
                })
            }
            Damage::Truncate(file, at) => {
                change(pick(file), &|bytes| bytes.truncate(at.index(bytes.len() + 1)))
            }
            Damage::Extend(file, more) => change(pick(file), &|bytes| bytes.extend(more)),
            Damage::Remove(file) => pick(file).map(|file| act(disk, Op::Remove { file })),
            Damage::Rename(file, to) => {
                pick(file).map(|from| act(disk, Op::Rename { from, to: *to }))
            }
            Damage::Create(file, bytes) => {
                act(disk, Op::Create { file: *file, len: 0 });
                disk_change(disk, Some(*file), |own| own.clone_from(bytes))
            }
        };
    }
}

fn disk_change(
    disk: &mut VirtualDisk,
    file: Option<FileName>,
    change: impl FnOnce(&mut Vec<u8>),
) -> Option<()> {
    file.map(|file| disk.corrupt(file, change).expect("it is there"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    /// No damage makes another log of it: what opens is what it once was.
    #[test]
    fn a_folder_that_was_damaged_anyhow_has_a_former_log_or_none(damages in vec(any_damage(), 1..6)) {
        let (logger, _, images) = three_segments();
        let mut disk = logger.disk;
        damages.iter().for_each(|damage| damage.happen(&mut disk));
        if let Ok(image) = open_and_go_on(logger.config, disk) {
            prop_assert!(images.contains(&image), "{image:?}");
        }
    }

    /// Bytes that never were a log.
    #[test]
    fn a_folder_of_any_bytes_is_no_log(files in vec((any_name(), vec(any::<u8>(), 0..5_000)), 0..6)) {
        let mut disk = VirtualDisk::default();
        for (name, bytes) in files {
            Damage::Create(name, bytes).happen(&mut disk);
        }
        prop_assert!(open(config(), &mut disk).is_err());
    }
}

/// What reading takes, however short batches are: two windows and what checks a sum.
const READING: u64 = 5 << 19;

/// The most bytes that are in memory at once while a log is opened, and what came of it.
fn memory_of(config: Config, disk: &VirtualDisk) -> (u64, Result<Recovered, Refusal>) {
    let mut disk = disk.clone();
    let mut opened = None;
    let info = measure(|| opened = Some(Wal::open(config, &mut disk)));
    (info.bytes_max, opened.expect("it was opened"))
}

/// A log of short batches in a long file, whose batches may be no longer than this.
fn long_file(padding: Padding) -> (Logger, Vec<Range<usize>>) {
    let config = Config {
        segment_bytes: 4 << 20,
        preallocates: true,
        batch_bytes_max: 16 << 10,
        padding,
        ..config()
    };
    let mut logger = Logger::create(config);
    let mut batches = Vec::new();
    for index in 1..=4 {
        let begin = logger.wal.position().1 as usize;
        logger.wal.append(&write(index, 1, index, &[&[1; 300]])).expect("it follows");
        batches.push(begin..logger.wal.position().1 as usize);
        logger.sync();
    }
    // So that the file is not zeros, which cost nothing.
    let end = logger.wal.position().1 as usize;
    let last = FileName::Segment(SegmentNo(1));
    logger.disk.corrupt(last, |bytes| bytes[end..].fill(0xa5)).expect("it is there");
    (logger, batches)
}

/// A length is damaged: it takes no more memory than a batch may.
#[test]
fn no_memory_is_found_for_a_length_that_no_batch_has() {
    for padding in [Padding::Words, Padding::Pages] {
        let (logger, batches) = long_file(padding);
        let file = FileName::Segment(SegmentNo(1));
        let limit = READING + logger.config.batch_bytes_max as u64;
        assert!(memory_of(logger.config, &logger.disk).0 <= limit);
        for batch in &batches[2..] {
            for bit in 0..32 {
                let mut disk = logger.disk.clone();
                let at = batch.start + 4 + bit / 8;
                disk.corrupt(file, |bytes| bytes[at] ^= 1 << (bit % 8)).expect("it is there");
                let (memory, opened) = memory_of(logger.config, &disk);
                assert!(memory <= limit, "{memory} bytes for bit {bit} of {batch:?}");
                assert_eq!(opened.is_ok(), *batch == batches[3], "bit {bit} of {batch:?}");
            }
        }
        // Nor for a file that is too short, which is long all the same.
        let mut disk = logger.disk.clone();
        disk.corrupt(file, |bytes| bytes.truncate(bytes.len() - 1)).expect("it is there");
        let (memory, opened) = memory_of(logger.config, &disk);
        assert!(memory <= limit, "{memory} bytes");
        let reason = opened.expect_err("it is too short").reason;
        assert!(matches!(reason, Reason::Damaged { .. }), "{reason}");
    }
}

/// Who opens a log with a shorter limit than it was written with loses nothing.
#[test]
fn batches_longer_than_the_limit_of_today_are_read() {
    let long = vec![7; 3 << 20];
    for segment_bytes in [4 << 20, 64 << 10] {
        let config = Config { segment_bytes, ..config() };
        let mut logger = Logger::create(config);
        let mut image = LogImage::default();
        for index in 1..=3 {
            let payload = if index == 2 { &long[..] } else { &[1; 10] };
            let write = write(index, 1, index, &[payload]);
            logger.wal.append(&write).expect("it follows");
            image.append(Record::Write(write)).expect("it follows");
        }
        let shorter = Config { batch_bytes_max: 1 << 10, ..config };
        for is_synced in [false, true] {
            logger.pump();
            let recovered = open(shorter, &mut logger.disk.clone()).expect("it is sound");
            // Short segments wait for the sync of the one before.
            if is_synced || segment_bytes > long.len() as u64 {
                assert!(recovered.image == image, "{segment_bytes} bytes");
            }
            logger.sync();
        }
    }
}
