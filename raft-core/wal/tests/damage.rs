//! Damaged logs: a correct prefix or a refusal that says why, and nothing else.

mod parts;

use parts::{Logger, config, state, write};
use syncline_raft::Index;
use syncline_wal::{
    Config, Disk, FileName, Flaw, IoError, LogImage, Op, OpId, Reason, Record, Refusal, Request,
    SegmentNo, VirtualDisk, Wal,
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

/// A log of some segments with two snapshots, one of its own state machine and one from a leader, and
/// its images.
fn with_snapshots() -> (VirtualDisk, Vec<LogImage>) {
    let mut logger = Logger::create(small());
    let mut images = vec![LogImage::default()];
    let note = |images: &mut Vec<LogImage>, record| {
        let mut image = images[images.len() - 1].clone();
        image.append(record).expect("it follows");
        images.push(image);
    };
    for index in 1..=9 {
        let mut write = write(index, 1, index, &[&[index as u8; 200]]);
        if index == 5 {
            (write.truncate_from, write.snapshot) = (None, Some(state(1, 4).into()));
        }
        logger.wal.append(&write).expect("it follows");
        note(&mut images, Record::Write(write));
        logger.sync();
        if index == 2 {
            logger.wal.checkpoint(&state(1, 1)).expect("the log has not failed");
            logger.settle();
            logger.sync();
            note(&mut images, Record::Checkpoint(state(1, 1).into()));
        }
    }
    assert!(logger.wal.segments().count() >= 3);
    (logger.disk, images)
}

fn files(disk: &mut VirtualDisk) -> Vec<FileName> {
    disk.files().expect("a virtual disk can be read")
}

fn remove(disk: &mut VirtualDisk, file: FileName) {
    let id = OpId(u64::MAX);
    disk.begin(Request { id, op: Op::Remove { file } });
    disk.complete(id);
    assert_eq!(disk.completion().map(|completion| completion.result), Some(Ok(())));
}

/// A snapshot's file is as long as it is, and every bit of it counts.
#[test]
fn every_flipped_bit_and_every_truncation_of_a_snapshot_is_refused() {
    let (mut disk, images) = with_snapshots();
    assert_eq!(open(small(), &mut disk).ok().as_ref(), images.last());
    let snapshots: Vec<FileName> =
        files(&mut disk).into_iter().filter(|file| matches!(file, FileName::Snapshot(_))).collect();
    assert_eq!(snapshots.len(), 2);
    let refuse = |file: FileName, damage: &dyn Fn(&mut Vec<u8>)| {
        let mut damaged = disk.clone();
        damaged.corrupt(file, damage).expect("it is there");
        let refusal = open(small(), &mut damaged).expect_err("it is damaged");
        assert_eq!((refusal.file, refusal.reason), (Some(file), Reason::Snapshot(Flaw::Checksum)));
    };
    let [first, second] = [0, 1].map(|at| disk.clone().read(snapshots[at]).expect("it is there"));
    for (file, bytes, other) in [(snapshots[0], &first, &second), (snapshots[1], &second, &first)] {
        for bit in 0..bytes.len() * 8 {
            refuse(file, &|bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        }
        for len in 0..bytes.len() {
            refuse(file, &|bytes| bytes.truncate(len));
        }
        refuse(file, &|bytes| bytes.push(0));
        refuse(file, &|bytes| bytes.clone_from(other));
    }
}

/// Whichever files are missing, what is left is refused, or a log that once was. All that follows a
/// seal is missed.
#[test]
fn whichever_files_are_missing_the_rest_is_refused_or_a_former_log() {
    let (mut disk, images) = with_snapshots();
    let all = files(&mut disk);
    let last = all.iter().filter(|file| matches!(file, FileName::Segment(_))).max();
    for missing in 1..1_u32 << all.len() {
        let mut damaged = disk.clone();
        let gone: Vec<FileName> = all
            .iter()
            .enumerate()
            .filter_map(|(at, file)| (missing >> at & 1 == 1).then_some(*file))
            .collect();
        gone.iter().for_each(|file| remove(&mut damaged, *file));
        let refusal = match open(small(), &mut damaged) {
            // What lies before the snapshot with which the log begins is not needed, nor are the
            // segments with it.
            Ok(image) => {
                assert_eq!(Some(&image), images.last(), "without {gone:?}");
                continue;
            }
            Err(refusal) => refusal,
        };
        match gone[..] {
            [file @ FileName::Snapshot(_)] => {
                let reason = Reason::Unreadable(IoError::NoFile);
                assert_eq!((refusal.file, refusal.reason), (Some(file), reason));
            }
            [file] if Some(&file) == last => assert_eq!(refusal.reason, Reason::SegmentMissing),
            [_] => assert!(matches!(refusal.reason, Reason::EntriesMissing(_)), "{refusal}"),
            _ => {}
        }
    }
}
