//! Every power cut of every short history: all that a disk may be left with is built and recovered.
//!
//! A history is a sequence of actions of a node and its disk, of which syncs complete when the history says
//! so. After each action the power is cut, in every way that the virtual disk knows. A recovery must find
//! the log as it was after some append, no earlier than what was reported as synced; and whatever it
//! finds, a second recovery after a power cut at any moment of the first must find as well.

mod parts;

use parts::{Logger, config, state, write};
use syncline_raft::Index;
use syncline_wal::{Config, Disk, LogImage, Lsn, Record, VirtualDisk, Wal};

/// The bytes of an entry: more than a sector, so that most batches are torn in several ways.
const PAYLOAD: usize = 700;

/// What a node or its disk does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Action {
    /// One entry is appended.
    Append,
    /// The last entry is written again, in a new term.
    Overwrite,
    /// Nothing but a new term and a vote.
    Vote,
    /// A sync begins.
    Sync,
    /// The sync that began first completes: of the log, of a new file or of the folder.
    Complete,
    /// The state machine is written down, and the log before it is let go of.
    Checkpoint,
}

const ACTIONS: [Action; 6] = [
    Action::Append,
    Action::Overwrite,
    Action::Vote,
    Action::Sync,
    Action::Complete,
    Action::Checkpoint,
];

/// A node's log, and what it must amount to after each append.
#[derive(Clone)]
struct History {
    logger: Logger,
    /// Where the log ended, and the image there.
    images: Vec<(Lsn, LogImage)>,
    /// Checkpoints whose records are not appended yet.
    saving: Vec<Record>,
    term: u64,
    seq: u64,
}

impl History {
    fn new(config: Config) -> History {
        let logger = Logger::create(config);
        let images = vec![(logger.wal.end(), LogImage::default())];
        History { logger, images, saving: Vec::new(), term: 1, seq: 0 }
    }

    fn image(&self) -> &LogImage {
        &self.images[self.images.len() - 1].1
    }

    /// Up to where nothing is ever overwritten.
    fn settled(&self) -> Index {
        let saving = self.saving.iter().filter_map(|record| match record {
            Record::Checkpoint(state) => Some(state.last.index),
            _ => None,
        });
        saving.chain([self.image().applied()]).max().unwrap_or_default()
    }

    fn note(&mut self, record: Record) {
        let mut image = self.image().clone();
        image.append(record).expect("it follows");
        self.images.push((self.logger.wal.end(), image));
    }

    fn append(&mut self, first: Index, payloads: &[&[u8]]) {
        self.seq += 1;
        let write = write(self.seq, self.term, first.0, payloads);
        self.logger.wal.append(&write).expect("it follows");
        self.note(Record::Write(write));
    }

    /// Lets the disk do what no sync has to be waited for. A checkpoint's record may be appended by it.
    fn pump(&mut self) {
        self.logger.pump();
        while self.images[self.images.len() - 1].0 < self.logger.wal.end() {
            let record = self.saving.remove(0);
            self.note(record);
        }
    }

    /// `false` if there is nothing to do.
    fn act(&mut self, action: Action) -> bool {
        let next = self.image().last().index.next();
        let payload = [self.seq as u8; PAYLOAD];
        match action {
            Action::Append => self.append(next, &[&payload]),
            Action::Overwrite if self.settled() >= next.prev() => return false,
            Action::Overwrite => {
                self.term += 1;
                self.append(next.prev(), &[&payload]);
            }
            Action::Vote => {
                self.term += 1;
                self.append(next, &[]);
            }
            Action::Sync if !self.logger.wal.has_unsynced() => return false,
            Action::Sync => assert_eq!(self.logger.wal.sync(), Ok(true)),
            Action::Complete => {
                if !self.logger.complete_a_sync() {
                    return false;
                }
            }
            Action::Checkpoint => return self.checkpoint(),
        }
        self.pump();
        true
    }

    /// The first checkpoint of a log is written; once it is there, the log before it goes.
    fn checkpoint(&mut self) -> bool {
        let last = self.image().last();
        let checkpoint = self.image().checkpoint().map(|state| state.last.index);
        match checkpoint {
            None if last.index > Index(0) && self.saving.is_empty() => {
                let state = state(last.term.0, last.index.0);
                self.logger.wal.checkpoint(&state).expect("the log has not failed");
                self.saving.push(Record::Checkpoint(state.into()));
            }
            Some(upto) if upto > self.image().base().index && upto <= last.index => {
                self.logger.wal.compact(upto).expect("a checkpoint stands for it");
                self.note(Record::Compact(upto));
            }
            _ => return false,
        }
        self.pump();
        true
    }
}

/// Every way to make decisions with these bounds.
fn every_pick(bounds: &[usize], mut visit: impl FnMut(&[usize])) {
    let mut picks = vec![0; bounds.len()];
    loop {
        visit(&picks);
        let Some(position) =
            (0..bounds.len()).find(|position| picks[*position] + 1 < bounds[*position])
        else {
            return;
        };
        picks[..position].fill(0);
        picks[position] += 1;
    }
}

/// Every disk that a power cut may leave, once each.
fn every_image(disk: &VirtualDisk, mut visit: impl FnMut(VirtualDisk)) -> usize {
    let survivors = disk.remains();
    let mut digests = Vec::new();
    every_pick(survivors.bounds(), |picks| {
        let mut left = survivors.pick(picks);
        let digest = digest(&mut left);
        if let Err(position) = digests.binary_search(&digest) {
            digests.insert(position, digest);
            visit(left);
        }
    });
    digests.len()
}

/// FNV-1a over the names and the bytes of all files.
fn digest(disk: &mut VirtualDisk) -> u64 {
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    let mut take =
        |word: u64| digest = (digest ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
    for file in disk.files().expect("a virtual disk can be read") {
        file.to_string().bytes().for_each(|byte| take(u64::from(byte)));
        let bytes = disk.read(file).expect("a virtual disk can be read");
        take(bytes.len() as u64);
        bytes.chunks(8).for_each(|word| {
            let mut padded = [0; 8];
            padded[..word.len()].copy_from_slice(word);
            take(u64::from_le_bytes(padded));
        });
    }
    digest
}

/// Counts what was tried.
#[derive(Default)]
struct Tried {
    histories: usize,
    images: usize,
    /// Images left by a power cut in a recovery.
    in_recovery: usize,
    sectors_max: usize,
}

/// Cuts the power now, in every way.
fn cut(history: &History, config: Config, recovers_twice: bool, tried: &mut Tried) {
    tried.histories += 1;
    let synced = history.logger.wal.synced();
    let sectors = history.logger.disk.remains().bounds().iter().filter(|bound| **bound > 1).count();
    tried.sectors_max = tried.sectors_max.max(sectors);
    let mut in_recovery = 0;
    tried.images += every_image(&history.logger.disk, |mut left| {
        let recovered = Wal::open(config, &mut left).expect("a power cut is no damage");
        let legal = history.images.iter().filter(|(end, _)| *end >= synced);
        assert!(
            legal.clone().any(|(_, image)| *image == recovered.image),
            "recovered {:?}, synced {synced}, of {:?}",
            recovered.image,
            history.images
        );
        if recovers_twice {
            in_recovery += cut_recovery(left, config, recovered.wal, &recovered.image);
        }
    });
    tried.in_recovery += in_recovery;
}

/// Cuts the power at every moment of a recovery, in every way.
fn cut_recovery(disk: VirtualDisk, config: Config, wal: Wal, image: &LogImage) -> usize {
    let mut logger = Logger { config, wal, disk };
    let mut images = 0;
    loop {
        images += every_image(&logger.disk, |mut left| {
            let again = Wal::open(config, &mut left).expect("a power cut is no damage");
            assert_eq!(again.image, *image, "a second recovery finds what the first one found");
        });
        if !logger.step() {
            assert!(logger.wal.is_live());
            return images;
        }
    }
}

/// Every history of at most so many actions more.
fn extend(history: &History, config: Config, actions: usize, twice: usize, tried: &mut Tried) {
    cut(history, config, twice > 0, tried);
    if actions == 0 {
        return;
    }
    for action in ACTIONS {
        let mut longer = history.clone();
        if longer.act(action) {
            extend(&longer, config, actions - 1, twice.saturating_sub(1), tried);
        }
    }
}

#[test]
fn every_power_cut_of_every_short_history_leaves_a_legal_log() {
    // A build without optimization does the same, one action less.
    let actions = if cfg!(debug_assertions) { 4 } else { 6 };
    let mut tried = Tried::default();
    // In short segments histories go on to the next one; in long ones more can be torn at once.
    for (kibibytes, preallocates) in [(6, true), (6, false), (16, true)] {
        let config = Config { segment_bytes: kibibytes << 10, preallocates, ..config() };
        extend(&History::new(config), config, actions, 4, &mut tried);
    }
    println!(
        "{} histories, {} distinct (history, image) pairs, {} more in recoveries, up to {} decisions",
        tried.histories, tried.images, tried.in_recovery, tried.sectors_max
    );
    if !cfg!(debug_assertions) {
        assert!(tried.images >= 1_000_000, "{} pairs", tried.images);
        assert!(tried.sectors_max >= 8, "{} sectors", tried.sectors_max);
    }
}
