//! Long lives of a log on a disk that is against it: operations complete in any order or fail, the
//! power is cut at any moment, and each time the log is opened by another configuration.

mod parts;

use std::collections::VecDeque;
use std::sync::Arc;

use parts::{Logger, config, state, write};
use proptest::collection::vec;
use proptest::prelude::*;
use syncline_raft::{Index, WriteSeq};
use syncline_wal::{
    AppendError, Config, Disk, IoError, LogImage, Lsn, Mutant, Op, OpId, Padding, Persistence,
    Reason, Record, VirtualDisk, Wal,
};

/// Numbers below bounds, out of one.
struct Luck(u64);

impl Luck {
    fn below(&mut self, bound: usize) -> usize {
        // The finalizer of SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

/// A log, and what it may amount to.
struct Life {
    logger: Logger,
    /// What each record has led to, with the number of the last write in it.
    images: Vec<(u64, LogImage)>,
    /// Checkpoints whose records are not appended yet.
    saving: VecDeque<Record>,
    /// Where the log ended when its image was noted last.
    noted: Lsn,
    seq: u64,
    term: u64,
    /// The last write that was ever reported as synced, or found by a log that went live.
    durable: u64,
    /// The last write that was found when the log was opened.
    found: u64,
    was_live: bool,
    seen: Seen,
}

/// How often something happened.
#[derive(Clone, Copy, Default, Debug)]
struct Seen {
    cuts: usize,
    restarts: usize,
    failures: usize,
    /// The most segments, and syncs at a time.
    segments: usize,
    syncs: usize,
    compactions: usize,
    /// Batches longer than a segment, or than the limit.
    long: usize,
    too_long: usize,
    reused: usize,
    installed: usize,
}

impl Life {
    fn new(luck: &mut Luck, mutant: Option<Mutant>) -> Life {
        let mut disk = VirtualDisk::new(Persistence {
            shows_old_bytes: luck.pick(&[false, true]),
            reorders_names: luck.pick(&[false, true]),
            tears_sectors: luck.pick(&[false, true]),
        });
        let config = Config { mutant, ..any_config(luck, 1) };
        let wal = Wal::create(config, &mut disk).expect("the disk is empty");
        Life {
            noted: wal.end(),
            logger: Logger { config, wal, disk },
            images: vec![(0, LogImage::default())],
            saving: VecDeque::new(),
            seq: 0,
            term: 1,
            durable: 0,
            found: 0,
            was_live: false,
            seen: Seen::default(),
        }
    }

    fn image(&self) -> &LogImage {
        &self.images[self.images.len() - 1].1
    }

    fn note(&mut self, record: Record) {
        let mut image = self.image().clone();
        image.append(record).expect("it follows");
        self.images.push((self.seq, image));
        self.noted = self.logger.wal.end();
    }

    /// Up to where nothing is ever overwritten.
    fn settled(&self) -> Index {
        let saving = self.saving.iter().filter_map(|record| match record {
            Record::Checkpoint(state) => Some(state.last.index),
            _ => None,
        });
        let image = self.image();
        saving.chain([image.applied(), image.base().index]).max().unwrap_or_default()
    }

    fn append(&mut self, luck: &mut Luck) {
        let last = self.image().last().index;
        let len = luck.pick(&[0, 1, 50, 400, 900, 3_000, 9_000]);
        let payloads = vec![vec![luck.below(256) as u8; len]; luck.pick(&[0, 1, 1, 1, 2, 5])];
        let payloads: Vec<&[u8]> = payloads.iter().map(|payload| &payload[..]).collect();
        let voids = (last.0 - self.settled().0).min(luck.pick(&[0, 0, 0, 1, 2, 9]));
        self.term += u64::from(voids > 0);
        self.seq += 1;
        let mut write = write(self.seq, self.term, last.0 + 1 - voids, &payloads);
        if luck.below(30) == 0 {
            // A leader sends a snapshot: further than the log, or below the end of one that it voids.
            let settled = self.settled().0;
            let below = last.0.saturating_sub(1).max(settled);
            let index = if luck.below(2) == 0 && below > settled { below } else { last.0 + 3 };
            self.term += 1;
            let base = self.term;
            write = parts::write(self.seq, self.term, index + 1, &payloads);
            (write.truncate_from, write.snapshot) = (None, Some(Arc::new(state(base, index))));
            self.seen.installed += 1;
        }
        match self.logger.wal.append(&write) {
            Ok(()) => {
                self.seen.long += usize::from(len > 8_000);
                self.note(Record::Write(write));
            }
            Err(AppendError::TooLong { .. }) => {
                self.seq -= 1;
                self.seen.too_long += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }

    fn checkpoint(&mut self) {
        let last = self.image().last();
        if last.index > self.settled() {
            let state = state(last.term.0, last.index.0);
            self.logger.wal.checkpoint(&state).expect("the log has not failed");
            self.saving.push_back(Record::Checkpoint(state.into()));
        }
    }

    fn compact(&mut self) {
        let image = self.image();
        let received = image.received().map_or(Index::ZERO, |state| state.last.index);
        let upto = image.applied().max(received).min(image.last().index);
        if upto > Index::ZERO {
            self.logger.wal.compact(upto).expect("something stands for it");
            self.note(Record::Compact(upto));
            self.seen.compactions += 1;
        }
    }

    /// Begins what the log wants.
    fn begin(&mut self) {
        while let Some(request) = self.logger.wal.next_op() {
            self.seen.reused += usize::from(matches!(request.op, Op::Reuse { .. }));
            self.logger.disk.begin(request);
        }
        self.seen.syncs = self.seen.syncs.max(self.logger.wal.syncs_under_way());
        self.seen.segments = self.seen.segments.max(self.logger.wal.segments().count());
    }

    /// Completes one of the operations under way, whichever it is.
    fn complete(&mut self, luck: &mut Luck, error: Option<IoError>) {
        self.begin();
        let under_way: Vec<OpId> = self.logger.disk.under_way().map(|(id, _)| id).collect();
        if under_way.is_empty() {
            return;
        }
        let id = luck.pick(&under_way);
        match error {
            None => self.logger.disk.complete(id),
            Some(error) => self.logger.disk.fail(id, error),
        }
        while let Some(completion) = self.logger.disk.completion() {
            self.logger.wal.completed(completion);
        }
        if self.logger.wal.end() > self.noted {
            let record = self.saving.pop_front().expect("its file is written");
            self.note(record);
        }
        self.hear();
    }

    fn hear(&mut self) {
        if self.logger.wal.is_live() {
            self.was_live = true;
            let synced = self.logger.wal.synced_write().map_or(self.found, WriteSeq::number);
            assert!(synced <= self.seq);
            self.durable = self.durable.max(synced);
        }
    }

    /// Goes on with that disk.
    fn open(&mut self, mut disk: VirtualDisk, luck: &mut Luck) {
        let Config { salt, mutant, .. } = self.logger.config;
        let config = Config { mutant, ..any_config(luck, salt + 1) };
        let (wal, image) = match Wal::open(config, &mut disk) {
            Ok(recovered) => (recovered.wal, recovered.image),
            Err(refusal) if refusal.reason == Reason::NoLog && !self.was_live => {
                let wal = Wal::create(config, &mut disk).expect("there is none");
                (wal, LogImage::default())
            }
            Err(refusal) => panic!("{refusal}"),
        };
        assert_eq!(disk.under_way().count(), 0);
        let is_legal = |(seq, legal): &(u64, LogImage)| *seq >= self.durable && *legal == image;
        let found = self.images.iter().rposition(is_legal);
        let found = found.unwrap_or_else(|| panic!("{image:?} after write {}", self.durable));
        self.images.truncate(found + 1);
        self.found = self.images[found].0;
        self.saving.clear();
        self.noted = wal.end();
        self.logger = Logger { config, wal, disk };
    }

    fn cut(&mut self, luck: &mut Luck) {
        self.seen.cuts += 1;
        let survivors = self.logger.disk.remains();
        let bias = luck.below(4);
        let picks = survivors.bounds().iter().map(|bound| match bias {
            0 => 0,
            1 => bound - 1,
            2 => luck.pick(&[0, bound - 1]),
            _ => luck.below(*bound),
        });
        let picks: Vec<usize> = picks.collect();
        let disk = survivors.pick(&picks);
        self.open(disk, luck);
    }

    fn restart(&mut self, luck: &mut Luck) {
        self.seen.restarts += 1;
        let mut disk = self.logger.disk.clone();
        disk.forget();
        if luck.below(3) == 0 {
            disk.evict();
        }
        self.open(disk, luck);
    }

    /// Reads all entries back, from wherever they are.
    fn read(&mut self) {
        if self.logger.wal.is_live() {
            let (base, last) = (self.image().base().index, self.image().last().index);
            let read = self.logger.wal.read(&mut self.logger.disk, base, last, usize::MAX);
            assert_eq!(read.as_deref(), Ok(self.image().entries()));
        }
    }

    fn act(&mut self, step: u8, luck: &mut Luck) {
        if self.logger.wal.failed().is_some() {
            return if luck.below(2) == 0 { self.cut(luck) } else { self.restart(luck) };
        }
        match step {
            0 => self.cut(luck),
            1 => self.restart(luck),
            2 => {
                self.seen.failures += 1;
                self.complete(luck, Some(IoError::Device));
            }
            3 => self.checkpoint(),
            4 => self.compact(),
            5 => self.read(),
            6..=12 => self.append(luck),
            13..=17 => {
                self.logger.wal.sync().expect("the log has not failed");
                self.begin();
            }
            _ => (0..luck.below(6)).for_each(|_| {
                if self.logger.wal.failed().is_none() {
                    self.complete(luck, None);
                }
            }),
        }
    }
}

fn any_config(luck: &mut Luck, salt: u64) -> Config {
    let preallocates = luck.below(2) == 0;
    Config {
        salt,
        segment_bytes: luck.pick(&[5 << 10, 6_001, 8 << 10, 20 << 10]),
        preallocates,
        spares: luck.below(3),
        batch_bytes_max: luck.pick(&[1_000, 1 << 20, 1 << 20]),
        padding: luck.pick(&[Padding::Words, Padding::Words, Padding::Sectors, Padding::Pages]),
        ..config()
    }
}

fn live(steps: &[u8], luck: u64, mutant: Option<Mutant>) -> Seen {
    let mut luck = Luck(luck);
    let mut life = Life::new(&mut luck, mutant);
    steps.iter().for_each(|step| life.act(*step, &mut luck));
    life.seen
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3_000) })]

    #[test]
    fn a_log_outlives_a_disk_that_is_against_it(
        steps in vec(0..40_u8, 1..200),
        luck in any::<u64>(),
    ) {
        live(&steps, luck, None);
    }
}

fn steps(number: u64) -> Vec<u8> {
    let mut luck = Luck(number);
    (0..200).map(|_| luck.below(40) as u8).collect()
}

/// That it finds something: all known bugs but those to which damage belongs.
#[cfg(feature = "mutants")]
#[test]
fn an_adversary_finds_the_known_bugs() {
    let finds = |mutant: Mutant| {
        (1..=5_000).find(|number| {
            let life = || live(&steps(*number), *number, Some(mutant));
            std::panic::catch_unwind(life).is_err()
        })
    };
    use Mutant::{D17, D18, D20, D35, D44};
    let others = Mutant::ALL.into_iter().filter(|m| ![D17, D18, D20, D35, D44].contains(m));
    for mutant in others {
        let lives = finds(mutant).unwrap_or_else(|| panic!("{mutant} survives"));
        println!("{mutant}: {lives} lives");
    }
}

/// That all of it happens.
#[test]
fn an_adversary_does_all_that_it_can() {
    let mut all = Seen::default();
    for number in 1..=300 {
        let seen = live(&steps(number), number, None);
        all.cuts += seen.cuts;
        all.restarts += seen.restarts;
        all.failures += seen.failures;
        all.compactions += seen.compactions;
        all.long += seen.long;
        all.too_long += seen.too_long;
        all.reused += seen.reused;
        all.installed += seen.installed;
        all.segments = all.segments.max(seen.segments);
        all.syncs = all.syncs.max(seen.syncs);
    }
    println!("{all:?}");
    let Seen { cuts, restarts, failures, segments, syncs, .. } = all;
    assert!(cuts > 300 && restarts > 300 && failures > 300 && segments > 5 && syncs > 3);
    let Seen { compactions, long, too_long, reused, installed, .. } = all;
    assert!(compactions > 100 && long > 100 && too_long > 100 && reused > 50 && installed > 100);
}
