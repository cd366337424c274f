//! Threads that do what may take long, each one thing at a time.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};

use super::direct::Run;
use super::open::{OpenFile, Opener};
use super::{error_of, path, sync_folder};
use crate::disk::{FileName, IoError, OpId};

#[derive(Debug)]
pub(super) struct Lane {
    /// `None` once the lane is to end.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
pub(super) enum Work {
    Create {
        file: FileName,
        len: u64,
    },
    Reuse {
        from: FileName,
        to: FileName,
        len: u64,
    },
    Sync(Arc<File>),
    /// A sync of what was held back: it is written now, and durable when it is.
    Carry(Arc<File>, Arc<[Run]>),
    Rename {
        from: FileName,
        to: FileName,
    },
    Remove(FileName),
    SyncFolder,
}

#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: OpId,
    pub(super) work: Work,
}

/// What a lane reports.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) id: OpId,
    pub(super) result: Result<Effect, IoError>,
}

/// What an operation has changed about the files that are open.
#[derive(Debug)]
pub(super) enum Effect {
    None,
    Opened(FileName, OpenFile),
    Reused { from: FileName, to: FileName, open: OpenFile },
    Renamed { from: FileName, to: FileName },
    Removed(FileName),
}

impl Lane {
    pub(super) fn start(
        folder: Arc<Path>,
        opener: Opener,
        report: Sender<Ended>,
    ) -> io::Result<Lane> {
        let (jobs, inbox) = channel::<Job>();
        let work = move || {
            while let Ok(job) = inbox.recv() {
                if report.send(job.run(&folder, opener)).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("log".to_owned()).spawn(work)?;
        Ok(Lane { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(super) fn give(&self, job: Job) {
        let jobs = self.jobs.as_ref().expect("lanes end with the disk");
        jobs.send(job).expect("lanes end with the disk");
    }

    /// It ends when it has done what it was given.
    pub(super) fn close(&mut self) {
        self.jobs = None;
    }

    pub(super) fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A lane that has panicked has reported nothing, and nobody waits for it any more.
            let _ = thread.join();
        }
    }
}

impl Job {
    pub(super) fn run(self, folder: &Path, opener: Opener) -> Ended {
        let result = self.work.run(folder, opener).map_err(|error| error_of(&error));
        Ended { id: self.id, result }
    }
}

impl Work {
    fn run(self, folder: &Path, opener: Opener) -> io::Result<Effect> {
        match self {
            Work::Create { file, len } => {
                let open = opener.create(&path(folder, file), file, len)?;
                Ok(Effect::Opened(file, open))
            }
            Work::Reuse { from, to, len } => {
                let new = path(folder, to);
                fs::rename(path(folder, from), &new)?;
                Ok(Effect::Reused { from, to, open: opener.extend(&new, to, len)? })
            }
            Work::Sync(file) => file.sync_data().map(|()| Effect::None),
            Work::Carry(file, runs) => {
                runs.iter().try_for_each(|run| run.write(&mut &*file))?;
                Ok(Effect::None)
            }
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
