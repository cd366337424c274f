//! Damaged logs: a correct prefix or a refusal that says why, and nothing else.

mod parts;

use parts::{Logger, config, state, write};
use syncline_raft::Index;
use syncline_wal::{
    Config, Disk, FileName, LogImage, Record, Refusal, SegmentNo, VirtualDisk, Wal,
};

fn small() -> Config {
    Config { segment_bytes: 5 << 10, ..config() }
}

/// How many batches lie in the first two of the three segments.
const IN_FIRST_TWO: usize = 6;

/// A log of three segments, all synced, and the image after each write.
fn three_segments() -> (VirtualDisk, Vec<LogImage>) {
    let mut logger = Logger::create(small());
    let mut images = vec![LogImage::default()];
    for index in 1..=IN_FIRST_TWO as u64 + 3 {
        let write = write(index, 1, index, &[&[index as u8; 200]]);
        logger.wal.append(&write).expect("it follows");
        logger.sync();
        let mut image = images[images.len() - 1].clone();
        image.append(Record::Write(write)).expect("it follows");
        images.push(image);
    }
    assert_eq!(logger.wal.segments().count(), 3);
    (logger.disk, images)
}

/// Segments that have their length from the beginning, and take the place of others.
fn recycling() -> Config {
    Config { preallocates: true, spares: 2, ..small() }
}

/// A log that has let go of its first segments and goes on in their files, all synced, and the image
/// after each write since, its segments, and what the batches of its first one carried.
fn recycled_segments() -> (VirtualDisk, Vec<LogImage>, Vec<u64>, Vec<u8>) {
    let mut logger = Logger::create(recycling());
    let mut image = LogImage::default();
    let append = |logger: &mut Logger, image: &mut LogImage, index: u64| {
        let payload = vec![index as u8; if index < 10 { 80 } else { 200 }];
        let write = write(index, 1, index, &[&payload]);
        logger.wal.append(&write).expect("it follows");
        logger.sync();
        image.append(Record::Write(write)).expect("it follows");
    };
    (1..=9).for_each(|index| append(&mut logger, &mut image, index));
    logger.wal.checkpoint(&state(1, 9)).expect("the log has not failed");
    logger.settle();
    image.append(Record::Checkpoint(state(1, 9).into())).expect("it follows");
    let gone = nonce(&mut logger.disk, 1);
    logger.wal.compact(Index(9)).expect("a checkpoint stands for it");
    logger.sync();
    image.append(Record::Compact(Index(9))).expect("it follows");
    let mut images = vec![image.clone()];
    for index in 10..=17 {
        append(&mut logger, &mut image, index);
        images.push(image.clone());
    }
    let segments = logger.wal.segments().map(|no| no.0).collect();
    (logger.disk, images, segments, gone)
}

/// What the batches of a segment carry to say that they are its own.
fn nonce(disk: &mut VirtualDisk, no: u64) -> Vec<u8> {
    disk.read(segment(no)).expect("it is there")[84..92].to_vec()
}

/// Whether anything is left in a segment of the batches of an earlier one, by its nonce.
fn has_remains(disk: &mut VirtualDisk, no: u64, nonce: &[u8]) -> bool {
    let bytes = disk.read(segment(no)).expect("it is there");
    bytes[4_096..].chunks(8).any(|word| word == nonce)
}

fn segment(no: u64) -> FileName {
    FileName::Segment(SegmentNo(no))
}

fn len(disk: &mut VirtualDisk, file: FileName) -> usize {
    disk.read(file).expect("it is there").len()
}

fn open(config: Config, disk: &mut VirtualDisk) -> Result<LogImage, Refusal> {
    let opened = Wal::open(config, disk).map(|recovered| recovered.image);
    assert_eq!(disk.under_way().count(), 0, "nothing was begun, least of all on a refusal");
    opened
}

#[test]
fn every_flipped_bit_is_harmless_or_refused() {
    let (mut disk, images) = three_segments();
    // Of the newest batch alone nothing gives evidence: what came after each other does of the
    // others.
    let newest = &images[images.len() - 2..];
    let mut refused = 0;
    for no in 1..=3 {
        for bit in 0..len(&mut disk, segment(no)) * 8 {
            let mut damaged = disk.clone();
            damaged.corrupt(segment(no), |bytes| bytes[bit / 8] ^= 1 << (bit % 8)).unwrap();
            match open(small(), &mut damaged) {
                Ok(image) => assert!(newest.contains(&image), "bit {bit} of segment {no}"),
                Err(_) => refused += 1,
            }
        }
    }
    assert!(refused > 90_000, "{refused} refused");
}

/// A file that is cut off loses its evidence too. Of a segment that another follows nothing may be
/// missing; of the last one a prefix is left.
#[test]
fn every_truncation_is_refused_or_leaves_a_prefix() {
    let (mut disk, images) = three_segments();
    for no in 1..=3 {
        for len in 0..len(&mut disk, segment(no)) {
            let mut damaged = disk.clone();
            damaged.corrupt(segment(no), |bytes| bytes.truncate(len)).unwrap();
            match open(small(), &mut damaged) {
                // What is missing of the others is their seal.
                Ok(image) if no < 3 => assert_eq!(Some(&image), images.last()),
                Ok(image) => assert!(images[IN_FIRST_TWO..].contains(&image), "{len} bytes"),
                Err(refusal) => assert_eq!(refusal.file, Some(segment(no)), "{refusal}"),
            }
        }
    }
}

/// What an earlier life of a file has left changes nothing: neither what is found, nor what is
/// refused.
#[test]
fn every_flipped_bit_of_a_recycled_segment_is_harmless_or_refused() {
    let (mut disk, images, segments, gone) = recycled_segments();
    assert_eq!(open(recycling(), &mut disk).as_ref(), Ok(&images[images.len() - 1]));
    let recycled = segments.iter().filter(|no| has_remains(&mut disk, **no, &gone)).count();
    assert!(recycled > 0, "{recycled} of {segments:?}");
    let newest = &images[images.len() - 2..];
    for no in &segments {
        let mut refused = 0;
        for bit in 0..len(&mut disk, segment(*no)) * 8 {
            let mut damaged = disk.clone();
            damaged.corrupt(segment(*no), |bytes| bytes[bit / 8] ^= 1 << (bit % 8)).unwrap();
            match open(recycling(), &mut damaged) {
                Ok(image) => assert!(newest.contains(&image), "bit {bit} of segment {no}"),
                Err(_) => refused += 1,
            }
        }
        assert!(refused >= 4_096 * 8, "{refused} of segment {no}: the header at least");
    }
}

/// A segment that had its length from the beginning is never shorter.
#[test]
fn every_truncation_of_a_recycled_segment_is_refused() {
    let (mut disk, _, segments, _) = recycled_segments();
    for no in segments {
        for len in 0..len(&mut disk, segment(no)) {
            let mut damaged = disk.clone();
            damaged.corrupt(segment(no), |bytes| bytes.truncate(len)).unwrap();
            let refusal = open(recycling(), &mut damaged).expect_err("it is too short");
            assert_eq!(refusal.file, Some(segment(no)), "{refusal}");
        }
    }
}
