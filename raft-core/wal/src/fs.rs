//! The disk of the operating system: a folder of files.
//!
//! Writes are handed to the operating system at once, which takes a copy. Whatever may take long (a
//! sync, a new file with its zeros, a change of names) is done by lanes: threads that each do one
//! thing at a time. With one lane syncs follow each other; with several they may overlap. Without
//! any, whoever begins an operation waits for it: where nothing else is to be done meanwhile, that is
//! the fastest.
//!
//! Each lane has a file description of its own. The operating system tells a failed write-back once
//! to each description: shared, one lane's sync could swallow the error that another should hear.
//!
//! # Direct I/O
//!
//! A disk that is [opened for it](FsDisk::open_direct) writes segments past the cache of the operating
//! system (`O_DIRECT`), which leaves the cache to others and never takes a lost write for a clean page.
//! A write is held back in memory until its file is synced. Then all of it goes to the device in one
//! write that completes when it is durable (`O_DSYNC`): the sync itself has nothing left to do.
//! The other ways are worse. To write at once would make whoever appends wait for the device, where
//! the cache only takes a copy; with `O_DSYNC` it would even sync each batch by itself, whatever the
//! application has decided. And `O_DIRECT` with `fdatasync` empties the whole cache of the device, where
//! `O_DSYNC` can ask for the blocks that were written (FUA).
//!
//! So what is not synced is in the memory of this process and dies with it, and takes as much memory
//! as it is long. Reads go through the cache of the operating system, which drops what is
//! overwritten, and see what is held back as well.
#![expect(
    clippy::disallowed_methods,
    reason = "a sync takes as long as it takes: it needs a thread"
)]
#![expect(clippy::disallowed_types, reason = "a lane is a thread that is joined in the end")]

mod direct;
mod flight;
mod lane;
mod open;

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use crate::disk::{Completion, Disk, FileName, IoError, Op, OpId, Request};
use direct::Run;
use flight::Flights;
use lane::{Effect, Ended, Job, Lane, Work};
use open::{DirectFile, OpenFile, Opener};

pub use direct::DirectError;

/// The folder of a log on a file system.
#[derive(Debug)]
pub struct FsDisk {
    folder: Arc<Path>,
    opener: Opener,
    files: BTreeMap<FileName, OpenFile>,
    /// Of files that are written directly.
    flights: Flights,
    /// What has completed and was not reported.
    done: VecDeque<Completion>,
    lanes: Vec<Lane>,
    /// Which lane is next.
    turn: usize,
    ended: Receiver<Ended>,
    /// How many operations the lanes have not reported yet.
    under_way: usize,
}

impl FsDisk {
    /// The disk in a folder, which is made if it is not there, with so many lanes.
    ///
    /// # Errors
    /// If the folder cannot be made or read, or a thread cannot be started.
    pub fn open(folder: &Path, lanes: usize) -> io::Result<FsDisk> {
        make(folder)?;
        FsDisk::start(folder, lanes, false)
    }

    /// The same, for direct I/O. The log on it must be padded to
    /// [`Padding::Pages`](crate::Padding::Pages): to write anything but whole blocks of 4,096 bytes
    /// fails with [`IoError::Unaligned`]. Either way of opening a folder reads what the other has
    /// written.
    ///
    /// # Errors
    /// As for [`FsDisk::open`], and if direct I/O is not to be had there. It is never left out
    /// silently; who can do without opens the folder in the other way then.
    pub fn open_direct(folder: &Path, lanes: usize) -> Result<FsDisk, DirectError> {
        make(folder)?;
        direct::probe(folder)?;
        Ok(FsDisk::start(folder, lanes, true)?)
    }

    fn start(folder: &Path, lanes: usize, is_direct: bool) -> io::Result<FsDisk> {
        let folder: Arc<Path> = folder.into();
        let (report, ended) = channel();
        // Without lanes whoever begins an operation does it, by the description of the first one.
        let opener = Opener { is_direct, lanes: lanes.max(1) };
        let start = |_| Lane::start(Arc::clone(&folder), opener, report.clone());
        Ok(FsDisk {
            opener,
            files: BTreeMap::new(),
            flights: Flights::default(),
            done: VecDeque::new(),
            lanes: (0..lanes).map(start).collect::<io::Result<_>>()?,
            turn: 0,
            ended,
            under_way: 0,
            folder,
        })
    }

    /// Waits until an operation has completed, unless none is under way.
    pub fn wait(&mut self) -> Option<Completion> {
        while self.done.is_empty() && self.under_way > 0 {
            self.wait_for_a_lane();
        }
        self.completion()
    }

    fn wait_for_a_lane(&mut self) {
        let ended = self.ended.recv().expect("a lane reports all that it was given");
        self.has_ended(ended);
    }

    fn has_ended(&mut self, Ended { id, result }: Ended) {
        self.under_way -= 1;
        let result = result.map(|effect| self.take_effect(effect));
        if !self.flights.land(id, result) {
            return self.done.push_back(Completion { id, result });
        }
        while let Some((file, Completion { id, result })) = self.flights.release() {
            let result = match file.and_then(|file| self.files.get_mut(&file)) {
                Some(OpenFile::Direct(file)) => file.outcome(result),
                _ => result,
            };
            self.done.push_back(Completion { id, result });
        }
    }

    fn take_effect(&mut self, effect: Effect) {
        match effect {
            Effect::None => {}
            Effect::Opened(file, open) => {
                self.flights.rename(file, None);
                self.files.insert(file, open);
            }
            Effect::Reused { from, to, open } => {
                self.flights.rename(from, Some(to));
                self.files.remove(&from);
                self.files.insert(to, open);
            }
            Effect::Renamed { from, to } => {
                self.flights.rename(from, Some(to));
                if let Some(open) = self.files.remove(&from) {
                    self.files.insert(to, open);
                }
            }
            Effect::Removed(file) => {
                self.flights.rename(file, None);
                self.files.remove(&file);
            }
        }
    }

    fn write(&mut self, file: FileName, offset: u64, data: &[u8]) -> Result<(), IoError> {
        // Two lanes could do them in the other order.
        while self.flights.runs(file).any(|run| run.meets(offset, data.len())) {
            self.wait_for_a_lane();
        }
        self.files.get_mut(&file).ok_or(IoError::NoFile)?.write(offset, data)
    }

    fn sync(&mut self, id: OpId, file: FileName) {
        let work = match self.files.get_mut(&file) {
            None => return self.done.push_back(Completion { id, result: Err(IoError::NoFile) }),
            Some(OpenFile::Cached { syncers, .. }) => Work::Sync(Arc::clone(&syncers[self.turn])),
            Some(OpenFile::Direct(open)) => {
                let (writer, runs) = open.hand_on(self.turn);
                self.flights.begin(id, file, Arc::clone(&runs));
                Work::Carry(writer, runs)
            }
        };
        self.give(id, work);
    }

    /// Gives work to the lane whose turn it is, or does it where there is none.
    fn give(&mut self, id: OpId, work: Work) {
        let job = Job { id, work };
        self.under_way += 1;
        if self.lanes.is_empty() {
            let ended = job.run(&self.folder, self.opener);
            return self.has_ended(ended);
        }
        self.lanes[self.turn].give(job);
        self.turn = (self.turn + 1) % self.lanes.len();
    }

    /// What was written to a file that has not reached it, in order.
    fn unwritten(&self, file: FileName) -> impl Iterator<Item = &Run> {
        let held = self.files.get(&file).map_or(&[][..], OpenFile::held);
        self.flights.runs(file).chain(held)
    }
}

impl DirectFile {
    /// A sync that follows one that has failed fails as well: it covers what that one has lost.
    fn outcome(&mut self, result: Result<(), IoError>) -> Result<(), IoError> {
        self.error = self.error.or(result.err());
        self.error.map_or(Ok(()), Err)
    }
}

impl Disk for FsDisk {
    fn begin(&mut self, Request { id, op }: Request) {
        let work = match op {
            Op::Write { file, offset, data } => {
                let result = self.write(file, offset, &data);
                return self.done.push_back(Completion { id, result });
            }
            Op::Sync { file } => return self.sync(id, file),
            Op::Create { file, len } => Work::Create { file, len },
            Op::Reuse { from, to, len } => Work::Reuse { from, to, len },
            Op::Rename { from, to } => Work::Rename { from, to },
            Op::Remove { file } => Work::Remove(file),
            Op::SyncFolder => Work::SyncFolder,
        };
        self.give(id, work);
    }

    fn completion(&mut self) -> Option<Completion> {
        while self.done.is_empty() {
            let ended = self.ended.try_recv().ok()?;
            self.has_ended(ended);
        }
        self.done.pop_front()
    }

    fn forget(&mut self) {
        while self.wait().is_some() {}
    }

    fn files(&mut self) -> Result<Vec<FileName>, IoError> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(|error| error_of(&error))? {
            let name = entry.map_err(|error| error_of(&error))?.file_name();
            files.extend(name.to_str().and_then(FileName::parse));
        }
        Ok(files)
    }

    fn read_at(
        &mut self,
        file: FileName,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, IoError> {
        let read = File::open(path(&self.folder, file)).and_then(|mut open| {
            open.seek(SeekFrom::Start(offset))?;
            fill(&mut open, buffer)
        });
        let mut filled = read.map_err(|error| error_of(&error))?;
        self.unwritten(file).for_each(|run| run.overlay(offset, buffer, &mut filled));
        Ok(filled)
    }

    fn read(&mut self, file: FileName) -> Result<Vec<u8>, IoError> {
        let bytes = fs::read(path(&self.folder, file));
        let mut bytes = bytes.map_err(|error| error_of(&error))?;
        for run in self.unwritten(file) {
            let mut filled = bytes.len();
            bytes.resize(filled.max(run.end() as usize), 0);
            run.overlay(0, &mut bytes, &mut filled);
        }
        Ok(bytes)
    }
}

impl Drop for FsDisk {
    fn drop(&mut self) {
        self.lanes.iter_mut().for_each(Lane::close);
        self.lanes.iter_mut().for_each(Lane::join);
    }
}

/// Makes a folder and those above it, with their names durable, unless they are there.
fn make(folder: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|above| !above.is_dir()).collect();
    fs::create_dir_all(folder)?;
    for parent in missing.iter().filter_map(|made| made.parent()) {
        let is_here = parent.as_os_str().is_empty();
        sync_folder(if is_here { Path::new(".") } else { parent })?;
    }
    Ok(())
}

fn path(folder: &Path, file: FileName) -> PathBuf {
    folder.join(file.to_string())
}

/// Reads until the buffer is full or the file ends; how many bytes that is.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(len) => filled += len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Makes the names in a folder durable. Elsewhere than on Unix a folder cannot be opened as a file,
/// and a change of names is as durable as the file system makes it.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn error_of(error: &io::Error) -> IoError {
    match error.kind() {
        io::ErrorKind::NotFound => IoError::NoFile,
        io::ErrorKind::StorageFull => IoError::NoSpace,
        _ => match error.raw_os_error() {
            Some(EIO) => IoError::Device,
            code => IoError::Other(code.unwrap_or(0)),
        },
    }
}

/// The error of a device, as Unix numbers it.
const EIO: i32 = 5;
