//! Every known bug of the log is caught, by a power cut or by damage.
#![cfg(feature = "mutants")]

mod parts;

use parts::history::{History, STEPS, Tried, explore, wander};
use parts::{Logger, config, write};
use syncline_raft::{Index, WriteSeq};
use syncline_wal::{
    Config, Disk, FileName, Mutant, Op, OpId, Persistence, ReadError, SegmentNo, VirtualDisk, Wal,
};

/// How a bug is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// A power cut in a short history.
    PowerCut,
    /// A power cut in a long one.
    LongHistory,
    /// Damage that is not refused.
    Damage,
    /// Damage that a read does not tell.
    Reading,
    /// A disk on which the last that began completes first.
    Overtaking,
}

fn found_by(mutant: Mutant) -> By {
    match mutant {
        Mutant::D17 | Mutant::D18 | Mutant::D19 | Mutant::D21 | Mutant::D35 | Mutant::D44 => {
            By::Damage
        }
        Mutant::D20 => By::Reading,
        Mutant::D42 | Mutant::D43 | Mutant::D45 => By::Overtaking,
        Mutant::D27 | Mutant::D40 | Mutant::D41 | Mutant::D46 | Mutant::D47 => By::LongHistory,
        _ => By::PowerCut,
    }
}

#[test]
fn every_known_bug_is_caught() {
    for mutant in Mutant::ALL {
        let (preallocates, spares) = (mutant == Mutant::D41, usize::from(mutant == Mutant::D41));
        let segments = Config { segment_bytes: 6 << 10, preallocates, spares, ..config() };
        let config = Config { mutant: Some(mutant), ..segments };
        let reorders_names = mutant == Mutant::D47;
        let persistence = Persistence { reorders_names, ..Persistence::default() };
        let history = || History::new(config, persistence);
        let is_caught = match found_by(mutant) {
            By::PowerCut => explore(&history(), 5, 3, &mut Tried::default()).is_err(),
            By::LongHistory => (1..=1_000).any(|seed| wander(history(), at_random(seed)).is_err()),
            By::Damage => damage_goes_unnoticed(config),
            By::Reading => damage_is_read_over(config),
            By::Overtaking => is_overtaken(config, false) || is_overtaken(config, true),
        };
        assert!(is_caught, "{mutant} survives");
    }
}

/// Some actions and power cuts: numbers of Marsaglia's xorshift generator.
fn at_random(seed: u64) -> impl Iterator<Item = (usize, u64)> {
    let mut number = seed;
    let mut draw = move || {
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        number
    };
    (0..150).map(move |_| ((draw() >> 32) as usize % STEPS, draw()))
}

/// What becomes of the bytes of a segment.
type Damage<'a> = &'a dyn Fn(&mut Vec<u8>);

/// Whether some damage to what is evidently durable is not refused: zeros, a flipped bit, or a
/// batch in the place of another.
fn damage_goes_unnoticed(config: Config) -> bool {
    const HEADER: usize = 4_096;

    let mut logger = Logger::create(config);
    let entry = [7; 100].as_slice();
    let writes = [
        write(1, 1, 1, &[entry]),
        write(2, 2, 2, &[]),
        write(3, 3, 2, &[]),
        write(4, 3, 2, &[entry]),
    ];
    let mut ends = vec![HEADER];
    for write in &writes {
        logger.wal.append(write).expect("it follows");
        logger.sync();
        ends.push(HEADER + usize::try_from(logger.wal.end().0).expect("a short log"));
    }
    // A vote is lost, a bit of it is flipped, or it lies in the place of the next vote as well.
    let zeros = |bytes: &mut Vec<u8>| bytes[ends[1]..ends[2]].fill(0);
    let flip = |bytes: &mut Vec<u8>| bytes[ends[1] + 60] ^= 1;
    let copy = |bytes: &mut Vec<u8>| bytes.copy_within(ends[1]..ends[2], ends[2]);
    let damages: [Damage; 3] = [&zeros, &flip, &copy];
    let goes_unnoticed = |disk: &VirtualDisk, no: u64, damage: Damage| {
        let mut disk = disk.clone();
        disk.corrupt(FileName::Segment(SegmentNo(no)), damage).expect("it is there");
        Wal::open(config, &mut disk).is_ok()
    };
    if damages.into_iter().any(|damage| goes_unnoticed(&logger.disk, 1, damage)) {
        return true;
    }
    if Wal::open(config, &mut VirtualDisk::default()).is_ok() {
        return true;
    }
    // The next process has written the last batch once more.
    let (mut next, _) = Logger::open(config, logger.disk);
    next.settle();
    goes_unnoticed(&next.disk, 2, &|bytes| bytes[HEADER + 60] ^= 1)
}

/// Whether the log reads fewer entries back than were written, as if that were all, where one is damaged
/// while it is open.
fn damage_is_read_over(config: Config) -> bool {
    let mut logger = Logger::create(config);
    for number in 1..=3 {
        logger.wal.append(&write(number, 1, number, &[&[7; 100]])).expect("it follows");
        logger.sync();
    }
    let place = logger.wal.locate(Index(2)).expect("it was appended");
    let flip = |bytes: &mut Vec<u8>| bytes[place.offset as usize + 60] ^= 1;
    logger.disk.corrupt(place.file, flip).expect("it is there");
    [0, 1].into_iter().all(|after| {
        let read = logger.wal.read(&mut logger.disk, Index(after), Index(3), usize::MAX);
        !matches!(read, Err(ReadError::Damaged { .. }))
    })
}

/// Whether a power cut takes something that the log had said to be synced, on a disk on which whatever began
/// last completes first, or writes before all else.
fn is_overtaken(config: Config, writes_first: bool) -> bool {
    let mut logger = Logger::create(config);
    for number in 1..=12 {
        logger.wal.append(&write(number, 1, number, &[&[7; 700]])).expect("it follows");
        logger.wal.sync().expect("it has not failed");
    }
    loop {
        while let Some(request) = logger.wal.next_op() {
            logger.disk.begin(request);
        }
        let is_first = |(_, op): &(OpId, &Op)| writes_first && matches!(op, Op::Write { .. });
        let next = logger.disk.under_way().max_by_key(|found| (is_first(found), found.0));
        let Some(last) = next.map(|(id, _)| id) else {
            return false;
        };
        logger.disk.complete(last);
        logger.wal.completed(logger.disk.completion().expect("it was completed"));
        let synced = logger.wal.synced_write().map_or(0, WriteSeq::number);
        let left = Wal::open(config, &mut logger.disk.remains().least());
        if left.map_or(true, |left| left.image.last().index < Index(synced)) {
            return true;
        }
    }
}

#[test]
fn nothing_is_lost_on_a_disk_on_which_whatever_began_last_completes_first() {
    let config = Config { segment_bytes: 6 << 10, ..config() };
    assert!(!is_overtaken(config, false) && !is_overtaken(config, true));
}
