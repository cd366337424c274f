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
#![expect(
    clippy::disallowed_methods,
    reason = "a sync takes as long as it takes: it needs a thread"
)]
#![expect(clippy::disallowed_types, reason = "a lane is a thread that is joined in the end")]

use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, JoinHandle};

use crate::disk::{Completion, Disk, FileName, IoError, Op, OpId, Request};

/// The folder of a log on a file system.
#[derive(Debug)]
pub struct FsDisk {
    folder: Arc<Path>,
    files: BTreeMap<FileName, OpenFile>,
    /// What completed as soon as it began.
    done: VecDeque<Completion>,
    lanes: Vec<Lane>,
    /// Which lane is next.
    turn: usize,
    ended: Receiver<Ended>,
    /// How many operations the lanes have not reported yet.
    under_way: usize,
}

/// A file that is open, once for writing and once for each lane.
#[derive(Debug)]
struct OpenFile {
    writer: File,
    syncers: Vec<Arc<File>>,
}

#[derive(Debug)]
struct Lane {
    /// `None` once the lane is to end.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
enum Work {
    Create { file: FileName, len: u64 },
    Reuse { from: FileName, to: FileName, len: u64 },
    Sync(Arc<File>),
    Rename { from: FileName, to: FileName },
    Remove(FileName),
    SyncFolder,
}

#[derive(Debug)]
struct Job {
    id: OpId,
    work: Work,
}

/// What a lane reports.
#[derive(Debug)]
struct Ended {
    id: OpId,
    result: Result<Effect, IoError>,
}

/// What an operation has changed about the files that are open.
#[derive(Debug)]
enum Effect {
    None,
    Opened(FileName, OpenFile),
    Reused { from: FileName, to: FileName, open: OpenFile },
    Renamed { from: FileName, to: FileName },
    Removed(FileName),
}

impl FsDisk {
    /// The disk in a folder, which is made if it is not there, with so many lanes.
    ///
    /// # Errors
    /// If the folder cannot be made or read, or a thread cannot be started.
    pub fn open(folder: &Path, lanes: usize) -> io::Result<FsDisk> {
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
                sync_folder(parent)?;
            }
        }
        let folder: Arc<Path> = folder.into();
        let (report, ended) = channel();
        let start = |_| Lane::start(Arc::clone(&folder), lanes, report.clone());
        Ok(FsDisk {
            files: BTreeMap::new(),
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
        if self.done.is_empty() && self.under_way > 0 {
            let ended = self.ended.recv().expect("a lane reports all that it was given");
            return Some(self.has_ended(ended));
        }
        self.completion()
    }

    fn has_ended(&mut self, ended: Ended) -> Completion {
        self.under_way -= 1;
        let result = ended.result.map(|effect| match effect {
            Effect::None => {}
            Effect::Opened(file, open) => {
                self.files.insert(file, open);
            }
            Effect::Reused { from, to, open } => {
                self.files.remove(&from);
                self.files.insert(to, open);
            }
            Effect::Renamed { from, to } => {
                if let Some(open) = self.files.remove(&from) {
                    self.files.insert(to, open);
                }
            }
            Effect::Removed(file) => {
                self.files.remove(&file);
            }
        });
        Completion { id: ended.id, result }
    }

    fn write(&mut self, file: FileName, offset: u64, data: &[u8]) -> Result<(), IoError> {
        let open = self.files.get_mut(&file).ok_or(IoError::NoFile)?;
        open.writer.seek(SeekFrom::Start(offset)).map_err(|error| error_of(&error))?;
        open.writer.write_all(data).map_err(|error| error_of(&error))
    }

    /// Gives work to the lane whose turn it is, or does it where there is none.
    fn give(&mut self, id: OpId, work: Work) {
        if self.lanes.is_empty() {
            let result = work.run(&self.folder, 1).map_err(|error| error_of(&error));
            self.under_way += 1;
            let completion = self.has_ended(Ended { id, result });
            return self.done.push_back(completion);
        }
        let jobs = self.lanes[self.turn].jobs.as_ref().expect("lanes end with the disk");
        jobs.send(Job { id, work }).expect("lanes end with the disk");
        self.turn = (self.turn + 1) % self.lanes.len();
        self.under_way += 1;
    }
}

impl Disk for FsDisk {
    fn begin(&mut self, Request { id, op }: Request) {
        let work = match op {
            Op::Write { file, offset, data } => {
                let result = self.write(file, offset, &data);
                return self.done.push_back(Completion { id, result });
            }
            Op::Sync { file } => {
                let Some(open) = self.files.get(&file) else {
                    let result = Err(IoError::NoFile);
                    return self.done.push_back(Completion { id, result });
                };
                Work::Sync(Arc::clone(&open.syncers[self.turn]))
            }
            Op::Create { file, len } => Work::Create { file, len },
            Op::Reuse { from, to, len } => Work::Reuse { from, to, len },
            Op::Rename { from, to } => Work::Rename { from, to },
            Op::Remove { file } => Work::Remove(file),
            Op::SyncFolder => Work::SyncFolder,
        };
        self.give(id, work);
    }

    fn completion(&mut self) -> Option<Completion> {
        if let Some(completion) = self.done.pop_front() {
            return Some(completion);
        }
        let ended = self.ended.try_recv().ok()?;
        Some(self.has_ended(ended))
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
        read.map_err(|error| error_of(&error))
    }

    fn read(&mut self, file: FileName) -> Result<Vec<u8>, IoError> {
        fs::read(path(&self.folder, file)).map_err(|error| error_of(&error))
    }
}

impl Drop for FsDisk {
    fn drop(&mut self) {
        self.lanes.iter_mut().for_each(|lane| lane.jobs = None);
        for lane in &mut self.lanes {
            if let Some(thread) = lane.thread.take() {
                // A lane that has panicked has reported nothing, and nobody waits for it any more.
                let _ = thread.join();
            }
        }
    }
}

impl Lane {
    fn start(folder: Arc<Path>, lanes: usize, report: Sender<Ended>) -> io::Result<Lane> {
        let (jobs, inbox) = channel::<Job>();
        let work = move || {
            while let Ok(Job { id, work }) = inbox.recv() {
                let result = work.run(&folder, lanes).map_err(|error| error_of(&error));
                if report.send(Ended { id, result }).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("log".to_owned()).spawn(work)?;
        Ok(Lane { jobs: Some(jobs), thread: Some(thread) })
    }
}

impl Work {
    fn run(self, folder: &Path, lanes: usize) -> io::Result<Effect> {
        match self {
            Work::Create { file, len } => {
                Ok(Effect::Opened(file, OpenFile::create(&path(folder, file), len, lanes)?))
            }
            Work::Reuse { from, to, len } => {
                let new = path(folder, to);
                fs::rename(path(folder, from), &new)?;
                Ok(Effect::Reused { from, to, open: OpenFile::extend(&new, len, lanes)? })
            }
            Work::Sync(file) => file.sync_data().map(|()| Effect::None),
            Work::Rename { from, to } => {
                fs::rename(path(folder, from), path(folder, to))?;
                Ok(Effect::Renamed { from, to })
            }
            Work::Remove(file) => {
                fs::remove_file(path(folder, file))?;
                Ok(Effect::Removed(file))
            }
            Work::SyncFolder => sync_folder(folder).map(|()| Effect::None),
        }
    }
}

impl OpenFile {
    /// Zeros are written, and not only reserved: an overwrite of bytes that are there needs no
    /// change of what the file system knows of the file, and its sync is the cheaper for it.
    fn create(path: &Path, len: u64, lanes: usize) -> io::Result<OpenFile> {
        OpenOptions::new().write(true).create(true).truncate(true).open(path)?;
        OpenFile::extend(path, len, lanes)
    }

    /// The file as it is, with zeros behind its end if it is shorter.
    fn extend(path: &Path, len: u64, lanes: usize) -> io::Result<OpenFile> {
        static CHUNK: [u8; 1 << 16] = [0; 1 << 16];

        let mut writer = OpenOptions::new().write(true).open(path)?;
        let mut end = writer.seek(SeekFrom::End(0))?;
        while end < len {
            let chunk = (len - end).min(CHUNK.len() as u64);
            writer.write_all(&CHUNK[..chunk as usize])?;
            end += chunk;
        }
        let open = |_| OpenOptions::new().write(true).open(path).map(Arc::new);
        Ok(OpenFile { writer, syncers: (0..lanes).map(open).collect::<io::Result<_>>()? })
    }
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
