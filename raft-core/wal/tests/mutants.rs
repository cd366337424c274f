//! Every known bug of the log is caught, by a power cut or by damage.
#![cfg(feature = "mutants")]

mod parts;

use parts::history::{STEPS, Tried, explore, wander};
use parts::{Logger, config, write};
use syncline_wal::{Config, FileName, Mutant, SegmentNo, Wal};

/// How a bug is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// A power cut in a short history.
    PowerCut,
    /// A power cut in a long one.
    LongHistory,
    /// Damage that is not refused.
    Damage,
}

fn found_by(mutant: Mutant) -> By {
    match mutant {
        Mutant::D17 | Mutant::D18 | Mutant::D19 | Mutant::D21 => By::Damage,
        Mutant::D27 | Mutant::D40 | Mutant::D41 => By::LongHistory,
        _ => By::PowerCut,
    }
}

#[test]
fn every_known_bug_is_caught() {
    for mutant in Mutant::ALL {
        let (preallocates, spares) = (mutant == Mutant::D41, usize::from(mutant == Mutant::D41));
        let segments = Config { segment_bytes: 6 << 10, preallocates, spares, ..config() };
        let config = Config { mutant: Some(mutant), ..segments };
        let is_caught = match found_by(mutant) {
            By::PowerCut => explore(config, 5, 3, &mut Tried::default()).is_err(),
            By::LongHistory => (1..=1_000).any(|seed| wander(config, at_random(seed)).is_err()),
            By::Damage => damage_goes_unnoticed(config),
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
    damages.into_iter().any(|damage| {
        let mut disk = logger.disk.clone();
        disk.corrupt(FileName::Segment(SegmentNo(1)), damage).expect("it is there");
        Wal::open(config, &mut disk).is_ok()
    })
}
