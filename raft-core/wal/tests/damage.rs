//! Damaged logs: a correct prefix or a refusal that says why, and nothing else.

mod parts;

use parts::{Logger, config, write};
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

fn segment(no: u64) -> FileName {
    FileName::Segment(SegmentNo(no))
}

fn len(disk: &mut VirtualDisk, file: FileName) -> usize {
    disk.read(file).expect("it is there").len()
}

fn open(disk: &mut VirtualDisk) -> Result<LogImage, Refusal> {
    let opened = Wal::open(small(), disk).map(|recovered| recovered.image);
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
            match open(&mut damaged) {
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
            match open(&mut damaged) {
                // What is missing of the others is their seal.
                Ok(image) if no < 3 => assert_eq!(Some(&image), images.last()),
                Ok(image) => assert!(images[IN_FIRST_TWO..].contains(&image), "{len} bytes"),
                Err(refusal) => assert_eq!(refusal.file, Some(segment(no)), "{refusal}"),
            }
        }
    }
}
