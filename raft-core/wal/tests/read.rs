//! Entries are read back by their index, from wherever they lie.

mod parts;

use parts::{Logger, config, state, write};
use proptest::collection::vec;
use proptest::prelude::*;
use syncline_raft::{Entry, Index};
use syncline_wal::{Config, Flaw, LogImage, Padding, ReadError, Record};

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

#[test]
fn as_many_batches_are_read_as_fit() {
    let mut logger = Logger::create(small());
    for index in 1..=20 {
        logger.wal.append(&write(index, 1, index, &[&[1; 300]])).unwrap();
    }
    logger.sync();
    let len = logger.wal.locate(Index(1)).unwrap().len;
    for (bytes_max, expected) in [(0, 1), (len, 1), (3 * len, 3), (3 * len + 1, 3)] {
        let read = logger.wal.read(&mut logger.disk, Index(2), Index(20), bytes_max).unwrap();
        let indexes: Vec<u64> = read.iter().map(|entry| entry.index().0).collect();
        assert_eq!(indexes, (3..3 + expected).collect::<Vec<u64>>());
    }
    assert_eq!(read(&mut logger, 20, 25), Err(ReadError::NoEntry(Index(21))));
    assert_eq!(read(&mut logger, 20, 20), Ok(Vec::new()));
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
