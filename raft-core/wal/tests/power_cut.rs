//! The two ways to cut the power agree: one decision for each piece, as the simulator does it, and the
//! list of all that may be left, from which the enumeration picks.
//!
//! They are written apart, so that a mistake in one of them shows here. Both leave the same where a
//! sector is whole and nothing old shows. Each is finer in one respect:
//!
//! - A sector that is torn has, beside what was written last, in the list what was written just before;
//!   piece by piece it has what had survived until then.
//! - Where a file has grown, bytes of an earlier one show piece by piece; the list has zeros as well.
//!   What it has of a sector that was torn there is torn from zeros.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use syncline_wal::{
    Disk, FileName, Op, OpId, Persistence, Request, SegmentNo, SpareNo, VirtualDisk,
};

const OLD: FileName = FileName::Spare(SpareNo(9));
const SPARE: FileName = FileName::Spare(SpareNo(1));
const NEW: FileName = FileName::NewSegment(SegmentNo(2));
const FIRST: FileName = FileName::Segment(SegmentNo(1));
const SECOND: FileName = FileName::Segment(SegmentNo(2));

/// What is there of each file.
type Image = BTreeMap<FileName, Vec<u8>>;

/// An operation, and whether it completes.
#[derive(Clone, Debug)]
enum Step {
    Done(Op),
    Begun(Op),
}
use Step::{Begun, Done};

fn write(file: FileName, offset: u64, len: usize, byte: u8) -> Op {
    Op::Write { file, offset, data: vec![byte; len] }
}

fn create(file: FileName, len: u64) -> Op {
    Op::Create { file, len }
}

fn rename(from: FileName, to: FileName) -> Op {
    Op::Rename { from, to }
}

fn sync(file: FileName) -> Op {
    Op::Sync { file }
}

#[derive(Clone, Debug)]
struct Scene {
    disk: VirtualDisk,
    next: u64,
}

impl Scene {
    /// A segment of three sectors and a spare of one, both durable, and bytes of a file that is gone.
    fn new(persistence: Persistence) -> Scene {
        let mut scene = Scene { disk: VirtualDisk::new(persistence), next: 0 };
        for (file, len, byte) in [(OLD, 3_000, b'o'), (FIRST, 1_536, b'a'), (SPARE, 512, b's')] {
            for op in [create(file, len as u64), write(file, 0, len, byte), sync(file)] {
                scene.step(Done(op));
            }
        }
        scene.step(Done(Op::Remove { file: OLD }));
        scene.step(Done(Op::SyncFolder));
        assert_eq!(scene.disk.pieces(), 0, "all of it is durable");
        scene
    }

    fn step(&mut self, step: Step) {
        let id = OpId(self.next);
        self.next += 1;
        let (op, is_done) = match step {
            Done(op) => (op, true),
            Begun(op) => (op, false),
        };
        self.disk.begin(Request { id, op });
        if is_done {
            self.disk.complete(id);
        }
    }

    fn after(persistence: Persistence, steps: &[Step]) -> VirtualDisk {
        let mut scene = Scene::new(persistence);
        steps.iter().for_each(|step| scene.step(step.clone()));
        scene.disk
    }
}

fn image(mut disk: VirtualDisk) -> Image {
    let files = disk.files().expect("they can be read");
    files.into_iter().map(|file| (file, disk.read(file).expect("it can be read"))).collect()
}

fn cut(disk: &VirtualDisk, survives: impl Fn(usize) -> bool) -> Image {
    let mut disk = disk.clone();
    disk.cut(survives);
    image(disk)
}

/// What is left, whatever each piece does.
fn all_cuts(disk: &VirtualDisk) -> BTreeSet<Image> {
    let masks = 0..1_u32 << disk.pieces();
    masks.map(|mask| cut(disk, |piece| mask & (1 << piece) != 0)).collect()
}

/// What is left, whatever is picked.
fn all_picks(disk: &VirtualDisk) -> BTreeSet<Image> {
    let remains = disk.remains();
    let mut picks = vec![vec![]];
    for bound in remains.bounds() {
        let longer = |pick: Vec<usize>| (0..*bound).map(move |next| [&pick[..], &[next]].concat());
        picks = picks.into_iter().flat_map(longer).collect();
    }
    picks.iter().map(|pick| image(remains.pick(pick))).collect()
}

fn all_persistences() -> impl Iterator<Item = Persistence> {
    (0..8).map(|bits| Persistence {
        shows_old_bytes: bits & 1 != 0,
        reorders_names: bits & 2 != 0,
        tears_sectors: bits & 4 != 0,
    })
}

/// That both leave what they must; of how many images that is.
fn agree(persistence: Persistence, steps: &[Step]) -> usize {
    let Persistence { shows_old_bytes, tears_sectors, .. } = persistence;
    let disk = Scene::after(persistence, steps);
    let (cuts, picks) = (all_cuts(&disk), all_picks(&disk));
    let context = format!("{persistence:?}: {steps:?}");
    if !tears_sectors {
        assert!(cuts.is_subset(&picks), "a cut leaves what is not listed: {context}");
    }
    if !shows_old_bytes {
        assert!(picks.is_subset(&cuts), "what is listed no cut leaves: {context}");
        let is_as_read = cut(&disk, |_| true) == image(disk.clone());
        assert!(is_as_read, "what survives whole is not what was read: {context}");
    }
    let asked = Cell::new(0);
    let whole = cut(&disk, |piece| asked.replace(piece + 1) == piece);
    assert_eq!(asked.get(), disk.pieces(), "each piece is decided, in order: {context}");
    for extreme in [whole, cut(&disk, |_| false)] {
        assert!(cuts.contains(&extreme) && picks.contains(&extreme), "{context}");
    }
    if !(tears_sectors && shows_old_bytes) {
        for lost in 0..disk.pieces() {
            let image = cut(&disk, |piece| piece != lost);
            assert!(picks.contains(&image), "all but piece {lost}: {context}");
        }
    }
    let makes_durable = |step: &Step| matches!(step, Done(Op::Sync { .. } | Op::SyncFolder));
    if !steps.iter().any(makes_durable) {
        let before = image(Scene::new(persistence).disk);
        assert!(cut(&disk, |_| false) == before, "something survives all cuts: {context}");
    }
    cuts.len()
}

/// Histories of bytes, and how many images a file system that promises all leaves of each.
fn of_bytes() -> Vec<(usize, Vec<Step>)> {
    vec![
        // Three sectors: each is old or new.
        (8, vec![Begun(write(FIRST, 500, 600, b'b'))]),
        // The first is as it was or as one of two writes left it, the second has one write.
        (6, vec![Done(write(FIRST, 0, 512, b'b')), Begun(write(FIRST, 256, 512, b'c'))]),
        // The same with a sync that has not completed, and with one that has and covers the first.
        (
            6,
            vec![
                Done(write(FIRST, 0, 512, b'b')),
                Begun(sync(FIRST)),
                Begun(write(FIRST, 256, 512, b'c')),
            ],
        ),
        (
            4,
            vec![
                Done(write(FIRST, 0, 512, b'b')),
                Done(sync(FIRST)),
                Begun(write(FIRST, 256, 512, b'c')),
            ],
        ),
        // What is durable lies over what is not: only the first sector is in doubt.
        (
            2,
            vec![
                Begun(write(FIRST, 0, 1_024, b'b')),
                Done(write(FIRST, 512, 512, b'c')),
                Done(sync(FIRST)),
            ],
        ),
        // It grows by two sectors: the old length with the old bytes or the last of them written, and
        // two longer ones.
        (14, vec![Begun(write(FIRST, 1_500, 100, b'b')), Begun(write(FIRST, 2_048, 10, b'c'))]),
    ]
}

/// The same of names.
fn of_names() -> Vec<(usize, Vec<Step>)> {
    vec![
        // No name; the one in the making or the other, of no length or all of it, of which one sector,
        // the other, both or none is written.
        (
            11,
            vec![Done(create(NEW, 600)), Done(write(NEW, 0, 600, b'n')), Done(rename(NEW, SECOND))],
        ),
        // Of a file that is durable only the names are in doubt.
        (
            3,
            vec![
                Done(create(NEW, 600)),
                Done(write(NEW, 0, 600, b'n')),
                Done(sync(NEW)),
                Begun(rename(NEW, SECOND)),
            ],
        ),
        // Names that go, come and take the place of others; the last file has one of two lengths.
        (
            5,
            vec![
                Done(Op::Remove { file: SPARE }),
                Done(rename(FIRST, SECOND)),
                Begun(create(FIRST, 10)),
            ],
        ),
        // A sync of the folder covers the first.
        (
            2,
            vec![
                Done(rename(FIRST, SECOND)),
                Done(Op::SyncFolder),
                Begun(Op::Remove { file: SPARE }),
                Begun(Op::SyncFolder),
            ],
        ),
        // A spare that grows and is written in its new place: three names, two lengths, one sector of
        // which that is the old or the new.
        (
            12,
            vec![
                Done(Op::Reuse { from: SPARE, to: NEW, len: 1_024 }),
                Done(write(NEW, 0, 300, b'n')),
                Begun(rename(NEW, SECOND)),
            ],
        ),
    ]
}

#[test]
fn both_ways_to_cut_the_power_leave_the_same() {
    for (number, (expected, steps)) in of_bytes().iter().chain(&of_names()).enumerate() {
        for persistence in all_persistences() {
            let images = agree(persistence, steps);
            if persistence == Persistence::default() {
                assert_eq!(images, *expected, "images of history {number}");
            }
            assert!(images >= *expected, "a weaker file system leaves no less");
        }
    }
}

/// Where no sector is written twice the tears are the same as well.
#[test]
fn sectors_that_are_written_once_are_torn_alike() {
    let once = [
        vec![Begun(write(FIRST, 500, 600, b'b'))],
        vec![Begun(write(FIRST, 0, 512, b'b')), Begun(write(FIRST, 512, 512, b'c'))],
        vec![Done(create(NEW, 600)), Done(write(NEW, 0, 600, b'n'))],
    ];
    for (steps, images) in once.iter().zip([64, 16, 18]) {
        let torn = Persistence { tears_sectors: true, ..Persistence::default() };
        let disk = Scene::after(torn, steps);
        let cuts = all_cuts(&disk);
        assert!(cuts == all_picks(&disk), "{steps:?}");
        assert_eq!(cuts.len(), images, "{steps:?}");
    }
}

/// Names change one after the other, as in every log: a sync of the folder does not wait for a change
/// that is under way.
fn any_step() -> impl Strategy<Value = Step> {
    let file = || prop::sample::select(vec![FIRST, SECOND, SPARE, NEW]);
    let op = (0..10_u8, file(), file(), 0..5_u64, 1..700_usize, any::<u8>());
    let op = op.prop_map(|(kind, file, to, part, len, byte)| match kind {
        0..=3 => write(file, part * 400, len, byte),
        4 => create(NEW, len as u64),
        5 | 6 => sync(file),
        7 => rename(file, to),
        8 => match part {
            0..=2 => Op::Reuse { from: file, to, len: 2 * len as u64 },
            _ => Op::Remove { file },
        },
        _ => Op::SyncFolder,
    });
    let may_wait = |op: &Op| matches!(op, Op::Write { .. } | Op::Sync { .. } | Op::SyncFolder);
    (op, any::<bool>())
        .prop_map(move |(op, waits)| if waits && may_wait(&op) { Begun(op) } else { Done(op) })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    /// As many steps of any history as leave few enough pieces to try all.
    #[test]
    fn both_ways_agree_about_any_history(steps in vec(any_step(), 1..8)) {
        for persistence in all_persistences() {
            let is_short = |steps: &&[Step]| Scene::after(persistence, steps).pieces() <= 10;
            let mut prefixes = (1..=steps.len()).rev().map(|len| &steps[..len]);
            prefixes.find(is_short).map(|steps| agree(persistence, steps));
        }
    }
}
