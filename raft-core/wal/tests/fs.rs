//! The log on the real file system, through its cache and past it.
#![expect(clippy::print_stdout, reason = "a test that cannot be done here says so")]

mod parts;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use parts::{config, state, write};
use syncline_raft::Index;
use syncline_wal::{
    Completion, Config, DirectError, Disk, FileName, FsDisk, IoError, LogImage, Op, OpId, Padding,
    Record, Request, SegmentNo, Wal,
};

/// A folder that is gone in the end, on the disk that the target folder lies on.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("syncline-fs-{name}"));
        let _ = fs::remove_dir_all(&folder);
        Folder(folder)
    }

    /// The disk in it; `None` if it is to be direct and cannot be.
    fn open(&self, way: Way) -> Option<FsDisk> {
        if !way.is_direct {
            return Some(FsDisk::open(&self.0, way.lanes).expect("the folder can be opened"));
        }
        match FsDisk::open_direct(&self.0, way.lanes) {
            Ok(disk) => Some(disk),
            Err(error @ (DirectError::Platform | DirectError::FileSystem)) => {
                println!("not tested here: {error}");
                None
            }
            Err(DirectError::Io(error)) => panic!("{error}"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How a folder is opened.
#[derive(Clone, Copy, Debug)]
struct Way {
    is_direct: bool,
    lanes: usize,
}

const DIRECT: Way = Way { is_direct: true, lanes: 1 };
const CACHED: Way = Way { is_direct: false, lanes: 1 };

fn every_way() -> impl Iterator<Item = Way> {
    let lanes = [0, 1, 3].into_iter();
    lanes.flat_map(|lanes| [true, false].map(|is_direct| Way { is_direct, lanes }))
}

/// Segments of a length that no block divides, which are used again.
fn recycling() -> Config {
    Config {
        segment_bytes: 50_001,
        preallocates: true,
        spares: 1,
        padding: Padding::Pages,
        ..config()
    }
}

/// A log in a folder, and what it must amount to.
struct Log {
    wal: Wal,
    disk: FsDisk,
    image: LogImage,
    /// What new segments were made of.
    made_of: BTreeSet<&'static str>,
    /// The most syncs that were under way at a time.
    syncs_max: usize,
}

impl Log {
    fn create(config: Config, mut disk: FsDisk) -> Log {
        let wal = Wal::create(config, &mut disk).expect("the folder is empty");
        Log { wal, disk, image: LogImage::default(), made_of: BTreeSet::new(), syncs_max: 0 }
    }

    /// Opens what must be this.
    fn open(config: Config, mut disk: FsDisk, image: &LogImage) -> Log {
        let recovered = Wal::open(config, &mut disk).expect("the log is sound");
        assert_eq!(recovered.image, *image);
        assert_eq!(recovered.cut, None);
        let (wal, image) = (recovered.wal, recovered.image);
        Log { wal, disk, image, made_of: BTreeSet::new(), syncs_max: 0 }
    }

    fn append(&mut self, bytes: usize) {
        let index = self.image.last().index.0 + 1;
        let write = write(index, 1, index, &[&vec![index as u8; bytes]]);
        self.wal.append(&write).expect("it follows");
        self.image.append(Record::Write(write)).expect("it follows");
    }

    fn begin(&mut self) {
        while let Some(request) = self.wal.next_op() {
            match request.op {
                Op::Create { file: FileName::NewSegment(_), .. } => self.made_of.insert("nothing"),
                Op::Reuse { .. } => self.made_of.insert("a spare"),
                _ => false,
            };
            self.disk.begin(request);
        }
        self.syncs_max = self.syncs_max.max(self.wal.syncs_under_way());
    }

    fn settle(&mut self) {
        self.begin();
        while let Some(completion) = self.disk.wait() {
            self.wal.completed(completion);
            self.begin();
        }
        assert_eq!(self.wal.failed(), None);
        assert!(self.wal.is_idle());
    }

    /// Reads all entries back that the log has.
    fn check(&mut self) {
        let (base, last) = (self.image.base().index, self.image.last().index);
        let read = self.wal.read(&mut self.disk, base, last, usize::MAX);
        assert_eq!(read.as_deref(), Ok(self.image.entries()));
    }

    /// Appends for some segments, with several syncs under way, and lets go of half of it.
    fn grow(&mut self) {
        for round in 0..60_usize {
            self.append(round * 137 % 9_000);
            if round % 3 == 0 {
                self.wal.sync().expect("the log has not failed");
            }
            self.begin();
            self.check();
            while let Some(completion) = self.disk.completion() {
                self.wal.completed(completion);
            }
            if round == 30 {
                self.let_go();
            }
        }
        self.wal.sync().expect("the log has not failed");
        self.settle();
        assert_eq!(self.wal.synced(), self.wal.end());
        self.check();
    }

    fn let_go(&mut self) {
        let upto = self.image.last().index;
        let state = state(1, upto.0);
        self.wal.checkpoint(&state).expect("the log has not failed");
        self.settle();
        self.wal.compact(upto).expect("a checkpoint stands for it");
        self.wal.sync().expect("the log has not failed");
        self.settle();
        self.image.append(Record::Checkpoint(state.into())).expect("it follows");
        self.image.append(Record::Compact(upto)).expect("it follows");
    }
}

/// Append, change of segments, use again, snapshot and recovery, whichever way the folder was
/// opened before, and with every padding that the disk takes.
#[test]
fn a_log_lives_on_either_way_and_is_read_by_the_other() {
    for way in every_way() {
        let folder = Folder::new("life");
        let Some(disk) = folder.open(way) else { continue };
        let mut log = Log::create(recycling(), disk);
        log.grow();
        assert_eq!(log.made_of.len(), 2, "{way:?}: from nothing and from spares");
        assert!(way.lanes == 0 || log.syncs_max > 1, "{way:?}: {} syncs", log.syncs_max);
        let mut image = log.image.clone();
        drop(log);
        for other in every_way() {
            let Some(disk) = folder.open(other) else { continue };
            let padding = if other.is_direct { Padding::Pages } else { Padding::Words };
            let mut log = Log::open(Config { padding, ..recycling() }, disk, &image);
            log.settle();
            log.grow();
            image = log.image.clone();
        }
        let log = Log::open(recycling(), folder.open(CACHED).expect("it can be"), &image);
        assert!(log.image.base().index > Index(0));
    }
}

/// The same where files grow as they are written.
#[test]
fn a_log_without_preallocation_grows_past_the_cache() {
    let growing = Config { preallocates: false, spares: 0, ..recycling() };
    let folder = Folder::new("growing");
    let Some(disk) = folder.open(DIRECT) else { return };
    let mut log = Log::create(growing, disk);
    log.settle();
    log.grow();
    let image = log.image.clone();
    drop(log);
    Log::open(growing, folder.open(CACHED).expect("it can be"), &image);
    Log::open(growing, folder.open(DIRECT).expect("it could be"), &image);
}

/// Who forgets to pad the log is told so by the first batch, and nothing else.
#[test]
fn a_log_that_is_not_padded_to_pages_is_told_so() {
    for padding in [Padding::Words, Padding::Sectors] {
        let folder = Folder::new("unpadded");
        let Some(disk) = folder.open(DIRECT) else { return };
        let mut log = Log::create(Config { padding, ..recycling() }, disk);
        log.settle();
        log.append(10);
        log.begin();
        while let Some(completion) = log.disk.wait() {
            log.wal.completed(completion);
        }
        assert_eq!(log.wal.failed().map(|failed| failed.error), Some(IoError::Unaligned));
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_no_disk() {
    let folder = Folder::new("file");
    fs::write(&folder.0, "a file").expect("it can be written");
    assert!(FsDisk::open(&folder.0, 1).is_err());
    assert!(matches!(
        FsDisk::open_direct(&folder.0, 1),
        Err(DirectError::Io(_) | DirectError::Platform)
    ));
    fs::remove_file(&folder.0).expect("it is there");
    let deep = folder.0.join("a").join("b");
    assert!(FsDisk::open(&deep, 1).is_ok() && deep.is_dir());
}

const FILE: FileName = FileName::Segment(SegmentNo(1));
const BLOCK: usize = 4_096;

fn act(disk: &mut FsDisk, op: Op) -> Result<(), IoError> {
    let id = OpId(77);
    disk.begin(Request { id, op });
    loop {
        let completion = disk.wait().expect("it is under way");
        if completion.id == id {
            return completion.result;
        }
    }
}

fn blocks(offset: u64, byte: u8, count: usize) -> Op {
    Op::Write { file: FILE, offset, data: vec![byte; count * BLOCK] }
}

/// Reads see it, and the file does not have it before the sync.
#[test]
fn a_direct_write_is_held_back_until_its_sync() {
    let folder = Folder::new("held");
    let Some(mut disk) = folder.open(Way { is_direct: true, lanes: 2 }) else { return };
    let path = folder.0.join(FILE.to_string());
    let on_disk = || fs::read(&path).expect("it is there");
    act(&mut disk, Op::Create { file: FILE, len: 100 }).unwrap();
    assert_eq!(on_disk(), vec![0; BLOCK], "a whole block");
    act(&mut disk, blocks(0, 1, 1)).unwrap();
    act(&mut disk, blocks(2 * BLOCK as u64, 3, 1)).unwrap();
    let expected = [vec![1; BLOCK], vec![0; BLOCK], vec![3; BLOCK]].concat();
    assert_eq!(on_disk(), vec![0; BLOCK]);
    assert_eq!(disk.read(FILE), Ok(expected.clone()));
    assert_eq!(disk.read_part(FILE, 100, 3 * BLOCK), Ok(expected[100..].to_vec()));
    assert_eq!(disk.read_part(FILE, BLOCK as u64, 10), Ok(vec![0; 10]));
    act(&mut disk, Op::Sync { file: FILE }).unwrap();
    assert_eq!((on_disk(), disk.read(FILE)), (expected.clone(), Ok(expected)));
    for (offset, len) in [(1, BLOCK), (0, 1), (512, 512), (0, BLOCK + 512)] {
        let write = Op::Write { file: FILE, offset, data: vec![9; len] };
        assert_eq!(act(&mut disk, write), Err(IoError::Unaligned));
    }
    // What is not synced goes with the process.
    act(&mut disk, blocks(0, 9, 1)).unwrap();
    drop(disk);
    assert_eq!(on_disk()[..BLOCK], [1; BLOCK]);
}

/// A sync covers what was written before it began, whatever lane was given it.
#[test]
fn syncs_of_a_file_are_reported_in_the_order_in_which_they_began() {
    let folder = Folder::new("order");
    let Some(mut disk) = folder.open(Way { is_direct: true, lanes: 4 }) else { return };
    act(&mut disk, Op::Create { file: FILE, len: 1 << 20 }).unwrap();
    for round in 0..100_u64 {
        let op = match round % 2 {
            // Some blocks again, while their last sync may be under way, and many or few at a time.
            0 => blocks(
                round / 4 % 7 * BLOCK as u64,
                round as u8,
                if round % 8 == 0 { 64 } else { 1 },
            ),
            _ => Op::Sync { file: FILE },
        };
        disk.begin(Request { id: OpId(round), op });
    }
    let expected = disk.read(FILE).unwrap();
    let mut syncs = Vec::new();
    while let Some(Completion { id, result }) = disk.wait() {
        assert_eq!(result, Ok(()));
        syncs.extend((id.0 % 2 == 1).then_some(id.0));
    }
    assert_eq!(syncs, (1..100).step_by(2).collect::<Vec<u64>>());
    assert_eq!(fs::read(folder.0.join(FILE.to_string())).unwrap(), expected);
    assert_eq!(expected[0], 86, "the last that began with the first block");
}
