//! Entries are read back by their index, from wherever they lie.

mod parts;

use parts::{Logger, config, state, write};
use proptest::collection::vec;
use proptest::prelude::*;
use syncline_raft::{Entry, Index};
use syncline_wal::{
    Config, Disk, FileName, Flaw, IoError, LogImage, Op, Padding, ReadError, Record, Request,
};

fn small() -> Config {
    Config { segment_bytes: 6 << 10, preallocates: true, spares: 1, ..config() }
}

fn read(logger: &mut Logger, after: u64, last: u64) -> Result<Vec<Entry>, ReadError> {
    logger.wal.read(&mut logger.disk, Index(after), Index(last), usize::MAX)
}

/// Whether every entry of the image is read back, and nothing else.
fn check(logger: &mut Logger, image: &LogImage) {
    let (base, last) = (image.base().index, image.last().index);
    let read = logger.wal.read(&mut logger.disk, base, last, usize::MAX);
    assert_eq!(read.as_deref(), Ok(image.entries()));
    for entry in image.entries() {
        let index = entry.index();
        let read = logger.wal.read(&mut logger.disk, index.prev(), index, 0);
        assert_eq!(read.as_deref(), Ok(std::slice::from_ref(entry)));
    }
    for index in [base, last.next()] {
        assert_eq!(logger.wal.locate(index).filter(|_| index > last), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    /// Whatever was appended, overwritten, let go of and recovered.
    #[test]
    fn what_the_image_has_is_read_back(steps in vec((0..8_u8, 1..4_usize), 1..60)) {
        let mut logger = Logger::create(small());
        let mut image = LogImage::default();
        for (number, (step, entries)) in (1..).zip(steps) {
            let last = image.last().index;
            let first = match step {
                0 => last.0.max(image.base().index.0 + 1).max(image.applied().0 + 1),
                _ => last.0 + 1,
            };
            match step {
                0..=4 => {
                    let payload = [number as u8; 300];
                    let write = write(number, number, first, &vec![&payload[..]; entries]);
                    logger.wal.append(&write).unwrap();
                    image.append(Record::Write(write)).unwrap();
                }
                5 => logger.pump(),
                6 if last > image.applied() => {
                    let state = state(1, last.0);
                    logger.wal.checkpoint(&state).unwrap();
                    logger.settle();
                    logger.wal.compact(last).unwrap();
                    logger.sync();
                    image.append(Record::Checkpoint(state.into())).unwrap();
                    image.append(Record::Compact(last)).unwrap();
                }
                _ => {
                    logger.sync();
                    let padding = if entries == 1 { Padding::Sectors } else { Padding::Words };
                    let config = Config { padding, ..small() };
                    logger = Logger::open(config, logger.disk.remains().least()).0;
                    check(&mut logger, &image);
                    logger.settle();
                }
            }
            check(&mut logger, &image);
        }
    }
}

/// The indexes of what is read after one entry with room for so many bytes.
fn page(logger: &mut Logger, after: u64, bytes_max: usize) -> Vec<u64> {
    let read = logger.wal.read(&mut logger.disk, Index(after), Index(20), bytes_max);
    let read = read.expect("it is there");
    let weight: usize = read.iter().map(Entry::weight_bytes).sum();
    assert!(weight <= bytes_max || read.len() == 1, "{weight} bytes");
    read.iter().map(|entry| entry.index().0).collect()
}

fn indexes(first: u64, last: u64) -> Vec<u64> {
    (first..=last).collect()
}

/// R27: what counts is the weight of the entries, and not how they lie in batches.
#[test]
fn as_many_entries_are_read_as_fit() {
    let mut logger = Logger::create(small());
    logger.wal.append(&write(1, 1, 1, &[&[1; 100][..]; 10])).unwrap();
    for index in 11..=20 {
        logger.wal.append(&write(index, 1, index, &[&[1; 100]])).unwrap();
    }
    let weight = 124;
    for is_synced in [false, true] {
        for (room, count) in [(0, 1), (1, 1), (weight, 1), (2 * weight - 1, 1), (3 * weight, 3)] {
            for after in [0, 2, 8, 12] {
                let expected = indexes(after + 1, after + count);
                assert_eq!(page(&mut logger, after, room), expected, "{room}, {is_synced}");
            }
        }
        assert_eq!(page(&mut logger, 0, usize::MAX), indexes(1, 20));
        assert_eq!(page(&mut logger, 19, 3 * weight), [20]);
        logger.sync();
    }
    assert_eq!(read(&mut logger, 20, 25), Err(ReadError::NoEntry(Index(21))));
    assert_eq!(read(&mut logger, 20, 20), Ok(Vec::new()));
}

/// A batch of which nothing fits is not read: it may even be damaged.
#[test]
fn a_batch_that_adds_nothing_is_not_read() {
    let mut logger = Logger::create(small());
    logger.wal.append(&write(1, 1, 1, &[&[1; 100][..]; 2])).unwrap();
    logger.wal.append(&write(2, 1, 3, &[&[], &[1; 300]])).unwrap();
    logger.sync();
    let place = logger.wal.locate(Index(3)).unwrap();
    logger.disk.corrupt(place.file, |bytes| bytes[place.offset as usize + 40] ^= 1).unwrap();
    let empty = 24;
    let limit = 2 * (100 + empty) + empty;
    assert_eq!(page(&mut logger, 0, limit - 1), [1, 2]);
    let read = logger.wal.read(&mut logger.disk, Index(0), Index(4), limit);
    assert!(matches!(read, Err(ReadError::Damaged { .. })), "{read:?}");
}

/// R13: what a snapshot replaces is not read back, though it lies beyond the snapshot in the old log.
#[test]
fn what_a_snapshot_replaces_is_not_served() {
    let mut logger = Logger::create(small());
    for index in 1..=10 {
        logger.wal.append(&write(index, 1, index, &[&[1; 100]])).unwrap();
    }
    logger.sync();
    let mut install = write(11, 2, 8, &[&[2; 100]]);
    (install.truncate_from, install.snapshot) = (None, Some(state(1, 7).into()));
    logger.wal.append(&install).unwrap();
    for is_synced in [false, true] {
        let served = read(&mut logger, 7, 8).unwrap();
        assert_eq!(served, install.entries.to_vec(), "{is_synced}");
        assert!(read(&mut logger, 6, 7).is_err());
        logger.sync();
    }
}

#[test]
fn what_is_damaged_is_not_served() {
    let mut logger = Logger::create(small());
    for index in 1..=3 {
        logger.wal.append(&write(index, 1, index, &[&[1; 300]])).unwrap();
        logger.sync();
    }
    let place = logger.wal.locate(Index(2)).unwrap();
    let [from, to] = [place.offset as usize, place.offset as usize + place.len];
    for bit in from * 8..to * 8 {
        logger.disk.corrupt(place.file, |bytes| bytes[bit / 8] ^= 1 << (bit % 8)).unwrap();
        assert!(matches!(read(&mut logger, 1, 3), Err(ReadError::Damaged { .. })), "bit {bit}");
        logger.disk.corrupt(place.file, |bytes| bytes[bit / 8] ^= 1 << (bit % 8)).unwrap();
    }
    logger.disk.corrupt(place.file, |bytes| bytes.copy_within(to..to + place.len, from)).unwrap();
    let flaw = Flaw::Position;
    assert_eq!(read(&mut logger, 1, 2), Err(ReadError::Damaged { place, flaw }));
    assert_eq!(read(&mut logger, 0, 1).map(|entries| entries.len()), Ok(1));
}

/// A log of some segments, in which batches hold one entry or several and some void others; what it
/// amounts to.
fn some_segments(padding: Padding) -> (Logger, LogImage) {
    let mut logger = Logger::create(Config { segment_bytes: 5 << 10, padding, ..config() });
    let mut image = LogImage::default();
    for (number, (first, entries)) in
        (1..).zip([(1, 1), (2, 3), (4, 2), (6, 1), (6, 4), (10, 1), (9, 2), (11, 1)])
    {
        let write = write(number, number, first, &vec![&[number as u8; 70][..]; entries]);
        logger.wal.append(&write).expect("it follows");
        image.append(Record::Write(write)).expect("it follows");
        logger.sync();
    }
    assert!(logger.wal.segments().count() > 1);
    (logger, image)
}

/// What is read from a damaged log: the entries that were written, or that some place in that file is
/// damaged. Never others, and never fewer. Whether it was the former.
fn is_right(logger: &mut Logger, image: &LogImage, damaged: FileName) -> bool {
    let read = logger.wal.read(&mut logger.disk, Index(0), Index(99), usize::MAX);
    match &read {
        Ok(entries) => assert_eq!(entries, image.entries()),
        Err(ReadError::Damaged { place, .. }) => assert_eq!(place.file, damaged),
        Err(error) => panic!("{error}"),
    }
    // Each batch by itself: what is sound is served.
    for entry in image.entries() {
        let index = entry.index();
        match logger.wal.read(&mut logger.disk, index.prev(), index, 0) {
            Ok(alone) => assert_eq!(alone, std::slice::from_ref(entry)),
            Err(error) => {
                let file = logger.wal.locate(index).map(|place| place.file);
                assert_eq!(file, Some(damaged), "{error}");
            }
        }
    }
    read.is_ok()
}

#[test]
fn whatever_bit_is_flipped_what_is_read_is_right_or_refused() {
    for padding in [Padding::Words, Padding::Sectors] {
        let (mut logger, image) = some_segments(padding);
        let mut read = [0, 0];
        for no in logger.wal.segments().collect::<Vec<_>>() {
            let file = FileName::Segment(no);
            let sound = logger.disk.read(file).unwrap();
            for bit in 0..sound.len() * 8 {
                logger.disk.corrupt(file, |bytes| bytes[bit / 8] ^= 1 << (bit % 8)).unwrap();
                read[usize::from(is_right(&mut logger, &image, file))] += 1;
                logger.disk.corrupt(file, |bytes| bytes.clone_from(&sound)).unwrap();
            }
        }
        assert!(read[0] > 8 * 800 && read[1] > 8 * 8_192, "{read:?}: some, and no header");
    }
}

#[test]
fn wherever_a_file_is_cut_off_what_is_read_is_right_or_refused() {
    let (mut logger, image) = some_segments(Padding::Words);
    for no in logger.wal.segments().collect::<Vec<_>>() {
        let file = FileName::Segment(no);
        let sound = logger.disk.read(file).unwrap();
        for len in 0..sound.len() {
            logger.disk.corrupt(file, |bytes| bytes.truncate(len)).unwrap();
            is_right(&mut logger, &image, file);
            logger.disk.corrupt(file, |bytes| bytes.clone_from(&sound)).unwrap();
        }
        let mut bare = logger.clone();
        let id = syncline_wal::OpId(u64::MAX);
        bare.disk.begin(Request { id, op: Op::Remove { file } });
        let error = read(&mut bare, 0, 99).unwrap_err();
        assert_eq!(error, ReadError::Unreadable(file, IoError::NoFile));
    }
}

/// A part of a file is what lies there, or less where the file ends.
#[test]
fn a_part_of_a_file_ends_where_the_file_does() {
    let (mut logger, _) = some_segments(Padding::Words);
    let file = FileName::Segment(logger.wal.segments().next().unwrap());
    let bytes = logger.disk.read(file).unwrap();
    for (offset, len) in [(0, 10), (4_096, 400), (bytes.len() - 3, 10), (bytes.len(), 1)] {
        let part = logger.disk.read_part(file, offset as u64, len).unwrap();
        assert_eq!(part, bytes[offset..bytes.len().min(offset + len)]);
    }
    let beyond = logger.disk.read_part(file, 1 << 40, 10);
    assert_eq!(beyond, Ok(Vec::new()));
}
