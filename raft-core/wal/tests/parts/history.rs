//! Short histories of a log, and every power cut of each.

use syncline_raft::Index;
use syncline_wal::{Config, Disk, FileName, LogImage, Lsn, Persistence, Record, VirtualDisk, Wal};

use super::{Logger, state, write};

/// The bytes of an entry: more than a sector, so that most batches are torn in several ways.
const PAYLOAD: usize = 700;

/// What a node or its disk does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
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
    /// The sync that began last completes, and others are under way.
    Overtake,
    /// The sync that began first fails.
    Fail,
    /// The process dies and starts again, and the machine goes on.
    Restart,
    /// The state machine is written down, and the log before it is let go of.
    Checkpoint,
}

/// What short histories are made of. The rest is for long ones.
const COMMON: usize = 7;

const ACTIONS: [Action; 9] = [
    Action::Append,
    Action::Overwrite,
    Action::Vote,
    Action::Sync,
    Action::Complete,
    Action::Fail,
    Action::Checkpoint,
    Action::Overtake,
    Action::Restart,
];

/// A node's log, and what it must amount to after each append.
#[derive(Clone)]
pub(crate) struct History {
    logger: Logger,
    /// Where the log ended, and the image there.
    images: Vec<(Lsn, LogImage)>,
    /// Checkpoints whose records are not appended yet.
    saving: Vec<Record>,
    term: u64,
    seq: u64,
    /// What was synced before the last restart.
    synced: Lsn,
}

impl History {
    pub(crate) fn new(config: Config, persistence: Persistence) -> History {
        let logger = Logger::create_on(config, persistence);
        let images = vec![(logger.wal.end(), LogImage::default())];
        History { logger, images, saving: Vec::new(), term: 1, seq: 0, synced: Lsn(0) }
    }

    /// A log that has let go of its first segments: their files lie there as spares, or what they
    /// held may come back where another one grows.
    pub(crate) fn aged(config: Config, persistence: Persistence) -> History {
        let mut history = History::new(config, persistence);
        let mut act = |actions: &[Action]| {
            for action in actions {
                assert!(history.act(*action), "{action:?}");
            }
            while history.act(Action::Complete) {}
        };
        act(&[Action::Append; 5]);
        act(&[Action::Sync]);
        act(&[Action::Checkpoint]);
        act(&[Action::Checkpoint, Action::Append]);
        act(&[Action::Sync]);
        act(&[Action::Append, Action::Sync]);
        let segments: Vec<_> = history.logger.wal.segments().collect();
        assert!(segments[0].0 > 1, "it has let go of something");
        let files = history.logger.disk.files().expect("a virtual disk can be read");
        let spares = files.iter().filter(|file| matches!(file, FileName::Spare(_))).count();
        assert_eq!(spares, config.spares, "{files:?}");
        history
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

    /// Lets the disk do what no sync has to be waited for. A checkpoint's record may be appended by
    /// it.
    fn pump(&mut self) {
        self.logger.pump();
        while self.images[self.images.len() - 1].0 < self.logger.wal.end() {
            let record = self.saving.remove(0);
            self.note(record);
        }
    }

    /// `false` if there is nothing to do.
    pub(crate) fn act(&mut self, action: Action) -> bool {
        if action == Action::Restart {
            let mut disk = self.logger.disk.clone();
            disk.forget();
            return self.restart(disk).is_ok();
        }
        if self.logger.wal.failed().is_some() {
            return false;
        }
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
            Action::Overtake => {
                if !self.logger.overtake() {
                    return false;
                }
            }
            Action::Fail => {
                if !self.logger.fail_a_sync() {
                    return false;
                }
            }
            Action::Checkpoint => return self.checkpoint(),
            Action::Restart => unreachable!("it was looked at"),
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
fn every_pick(
    bounds: &[usize],
    mut visit: impl FnMut(&[usize]) -> Result<(), Flaw>,
) -> Result<(), Flaw> {
    let mut picks = vec![0; bounds.len()];
    loop {
        visit(&picks)?;
        let Some(position) =
            (0..bounds.len()).find(|position| picks[*position] + 1 < bounds[*position])
        else {
            return Ok(());
        };
        picks[..position].fill(0);
        picks[position] += 1;
    }
}

/// Every disk that a power cut may leave, once each.
fn every_image(
    disk: &VirtualDisk,
    mut visit: impl FnMut(VirtualDisk) -> Result<(), Flaw>,
) -> Result<usize, Flaw> {
    let survivors = disk.remains();
    let mut digests = Vec::new();
    every_pick(survivors.bounds(), |picks| {
        let mut left = survivors.pick(picks);
        let digest = digest(&mut left);
        if let Err(position) = digests.binary_search(&digest) {
            digests.insert(position, digest);
            visit(left)?;
        }
        Ok(())
    })?;
    Ok(digests.len())
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
pub(crate) struct Tried {
    pub(crate) histories: usize,
    /// Distinct images that a power cut leaves, for each history.
    pub(crate) images: usize,
    /// Images left by a power cut in a recovery.
    pub(crate) in_recovery: usize,
    /// The most sectors, lengths and names that one power cut had to decide about.
    pub(crate) decisions_max: usize,
}

/// How many kinds of steps a long history has.
pub(crate) const STEPS: usize = 32;

/// A long history, in which the power is cut now and then and the node goes on. Most of its steps
/// let the disk do its work: else a log would hardly ever come to let go of a segment.
pub(crate) fn wander(
    mut history: History,
    steps: impl IntoIterator<Item = (usize, u64)>,
) -> Result<(), Flaw> {
    for (step, luck) in steps {
        let action = match step {
            0 => {
                history.restart(history.any_image(luck))?;
                continue;
            }
            1..=9 => ACTIONS[step - 1],
            10..=12 => Action::Append,
            13..=15 => Action::Overwrite,
            16..=18 => Action::Checkpoint,
            19..=20 => Action::Sync,
            _ => Action::Complete,
        };
        history.act(action);
    }
    Ok(())
}

/// What came out that should not have.
pub(crate) type Flaw = String;

/// Does everything of at most so many actions from there on, and cuts the power after each action, in
/// every way. After the first `twice` actions it is cut again at every moment of the recovery.
pub(crate) fn explore(
    history: &History,
    actions: usize,
    twice: usize,
    tried: &mut Tried,
) -> Result<(), Flaw> {
    extend(history, actions, twice + 1, tried)
}

fn extend(history: &History, actions: usize, twice: usize, tried: &mut Tried) -> Result<(), Flaw> {
    history.cut(twice > 0, tried)?;
    if actions == 0 {
        return Ok(());
    }
    for action in &ACTIONS[..COMMON] {
        let mut longer = history.clone();
        if longer.act(*action) {
            extend(&longer, actions - 1, twice.saturating_sub(1), tried)?;
        }
    }
    Ok(())
}

impl History {
    fn open(&self, disk: &mut VirtualDisk) -> Result<(Logger, LogImage), Flaw> {
        let config = self.logger.config;
        let recovered = Wal::open(config, disk).map_err(|refusal| refusal.to_string())?;
        Ok((Logger { config, wal: recovered.wal, disk: disk.clone() }, recovered.image))
    }

    /// One of the disks that a power cut may leave, by luck: one byte of it for each decision in
    /// turn.
    pub(crate) fn any_image(&self, luck: u64) -> VirtualDisk {
        let survivors = self.logger.disk.remains();
        let luck = luck.to_le_bytes();
        let picks = survivors.bounds().iter().zip(luck.iter().cycle());
        let picks: Vec<usize> = picks.map(|(bound, luck)| usize::from(*luck) % bound).collect();
        survivors.pick(&picks)
    }

    /// Goes on with what is left on a disk.
    pub(crate) fn restart(&mut self, mut disk: VirtualDisk) -> Result<(), Flaw> {
        let (logger, image) = self.open(&mut disk)?;
        self.check(&image)?;
        self.synced = self.synced();
        let found = self.images.iter().rposition(|(_, other)| *other == image);
        self.images.truncate(found.expect("it is one of them") + 1);
        self.saving.clear();
        self.logger = logger;
        self.pump();
        Ok(())
    }

    /// Everything before this is durable, as far as anybody was told.
    fn synced(&self) -> Lsn {
        let wal = &self.logger.wal;
        if wal.is_live() { self.synced.max(wal.synced()) } else { self.synced }
    }

    /// Whether a recovery may find this: the log after some append, not before what is synced.
    fn check(&self, image: &LogImage) -> Result<(), Flaw> {
        let synced = self.synced();
        let mut legal = self.images.iter().filter(|(end, _)| *end >= synced);
        if legal.any(|(_, legal)| legal == image) {
            return Ok(());
        }
        Err(format!("recovered {image:?}, synced {synced}, of {:?}", self.images))
    }

    /// Cuts the power now, in every way. Or only kills the process, in which case what is not
    /// durable can be read all the same.
    fn cut(&self, recovers_twice: bool, tried: &mut Tried) -> Result<(), Flaw> {
        tried.histories += 1;
        let bounds = self.logger.disk.remains().bounds().to_vec();
        let decisions = bounds.iter().filter(|bound| **bound > 1).count();
        tried.decisions_max = tried.decisions_max.max(decisions);
        let mut in_recovery = 0;
        tried.images += every_image(&self.logger.disk, |mut left| {
            let (logger, image) = self.open(&mut left)?;
            self.check(&image)?;
            if recovers_twice {
                // What a power cut has left does not change: neither does what is found there.
                in_recovery +=
                    self.cut_recovery(logger, &image, |found| match *found == image {
                        true => Ok(()),
                        false => Err(format!("recovered {found:?}, and {image:?} before")),
                    })?;
            }
            Ok(())
        })?;
        if recovers_twice {
            let mut killed = self.logger.disk.clone();
            killed.forget();
            let (logger, image) = self.open(&mut killed)?;
            self.check(&image)?;
            in_recovery += self.cut_recovery(logger, &image, |found| self.check(found))?;
        }
        tried.in_recovery += in_recovery;
        Ok(())
    }

    /// Cuts the power at every moment of a recovery, in every way, and checks what is found then.
    /// Once the log is live, it must be what the recovery had found.
    fn cut_recovery(
        &self,
        mut logger: Logger,
        image: &LogImage,
        check: impl Fn(&LogImage) -> Result<(), Flaw>,
    ) -> Result<usize, Flaw> {
        let mut images = 0;
        loop {
            images += every_image(&logger.disk, |mut left| {
                let (_, found) = self.open(&mut left)?;
                if logger.wal.is_live() && found != *image {
                    return Err(format!("recovered {found:?}, and acted on {image:?} before"));
                }
                check(&found)
            })?;
            if !logger.step() {
                return Ok(images);
            }
        }
    }
}
