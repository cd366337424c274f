//! A disk in memory that forgets like a disk: what no sync has made durable may be lost in a power
//! cut, each sector for itself.
//!
//! **What it promises.** A read sees every write that was begun. A sync that has completed makes
//! the writes durable that were begun before it and complete as well, and the length of the file;
//! not its name. A sync of the folder makes names durable whose change had completed when it began.
//! A sector of 512 bytes is written whole or not at all.
//!
//! **What a power cut does.** Each sector keeps one of the contents that it had since it was last
//! durable, whatever the others keep: so writes are torn, leave holes, and overtake each other, but
//! no sector goes back behind what it is known to hold. A file keeps one of the lengths that it
//! had; what is beyond the bytes it kept reads as zeros. Names change in the order in which they were
//! changed. A sync under way may have done all of its work, some of it, or none. What a file system
//! need not promise of this is a [choice](Persistence).
//!
//! **What a sync that failed does.** What it covered may be on the disk or not, and the system takes
//! it for written: a read sees it until it is [evicted](VirtualDisk::evict), and no later sync writes
//! it, though it says that it did. So of two syncs under way the later one, once complete, says nothing of
//! what the earlier one covers: if that fails, it takes it along.
//!
//! Nothing is drawn here: whoever calls decides what completes, and what is left.

mod change;
mod cut;
mod fault;
mod file;
mod survivors;

use std::collections::{BTreeMap, VecDeque};

use crate::disk::{Completion, Disk, FileName, IoError, Op, OpId, Request};
use change::{Change, Edit, Moment, Naming, Standing, What, rename};
use file::{File, apply};

pub use survivors::Survivors;

/// A file, by the order in which files were made.
type FileNo = usize;

/// What a file system does not promise. By default it promises all of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Persistence {
    /// A power cut may show what a file that is gone had where another has grown: the length is written
    /// down before the bytes.
    pub shows_old_bytes: bool,
    /// Of changes of names any may survive, and not only the first ones.
    pub reorders_names: bool,
    /// A sector may be torn amid what was written to it. What else it held stays.
    pub tears_sectors: bool,
}

/// An operation that was begun.
#[derive(Clone, Copy, Debug)]
enum Begun {
    /// It could not.
    Failed(IoError),
    /// It changed something at that moment.
    Changed(Moment),
    /// A sync of a file.
    Sync(FileNo, Moment),
    /// A sync of the folder.
    SyncFolder(Moment),
}

impl Begun {
    /// When it began, if it is a sync of that file.
    fn sync_of(&self, file: FileNo) -> Option<Moment> {
        match self {
            Begun::Sync(no, began) if *no == file => Some(*began),
            _ => None,
        }
    }
}

/// The disk.
#[derive(Clone, Debug, Default)]
pub struct VirtualDisk {
    persistence: Persistence,
    files: Vec<File>,
    names: BTreeMap<FileName, FileNo>,
    durable_names: BTreeMap<FileName, FileNo>,
    /// What was done and is not durable, in the order in which it was.
    changes: Vec<Change>,
    begun: BTreeMap<OpId, (Op, Begun)>,
    completions: VecDeque<Completion>,
    moments: Moment,
    /// What the file had that went last.
    old: Vec<u8>,
}

impl VirtualDisk {
    /// An empty disk with a file system that promises no more than that.
    #[must_use]
    pub fn new(persistence: Persistence) -> VirtualDisk {
        VirtualDisk { persistence, ..VirtualDisk::default() }
    }

    /// The operations that have begun and not completed, in the order in which they began.
    pub fn under_way(&self) -> impl Iterator<Item = (OpId, &Op)> {
        self.begun.iter().map(|(id, (op, _))| (*id, op))
    }

    /// Completes an operation. Nothing happens if none of that name is under way.
    pub fn complete(&mut self, id: OpId) {
        let Some(begun) = self.take(id) else {
            return;
        };
        let mut result = Ok(());
        match begun {
            Begun::Failed(error) => result = Err(error),
            Begun::Changed(began) => self.end(began),
            Begun::Sync(file, began) => self.cover(file, began),
            Begun::SyncFolder(began) => self.cover_names(began),
        }
        self.completions.push_back(Completion { id, result });
    }

    /// What a power cut may leave.
    #[must_use]
    pub fn remains(&self) -> Survivors<'_> {
        Survivors::new(self)
    }

    fn now(&mut self) -> Moment {
        self.moments += 1;
        self.moments
    }

    /// The operation under way of that name is none any more.
    fn take(&mut self, id: OpId) -> Option<Begun> {
        self.begun.remove(&id).map(|(_, begun)| begun)
    }

    fn try_begin(&mut self, op: &Op) -> Result<Begun, IoError> {
        let began = self.now();
        let find = |file| self.names.get(file).copied().ok_or(IoError::NoFile);
        match op {
            Op::Create { file, len } => {
                let no = self.files.len();
                self.files.push(File::default());
                self.change(began, What::Bytes(no, Edit::Length(*len as usize)));
                self.change(began, What::Name(Naming::Link(*file, no)));
            }
            Op::Write { file, offset, data } => {
                let write = Edit::Write { offset: *offset as usize, data: data.clone() };
                let what = What::Bytes(find(file)?, write);
                self.change(began, what);
            }
            Op::Sync { file } => return Ok(Begun::Sync(find(file)?, began)),
            Op::Rename { from, to } => {
                let renaming = Naming::Rename { file: find(from)?, from: *from, to: *to };
                self.change(began, What::Name(renaming));
            }
            Op::Reuse { from, to, len } => {
                let (file, len) = (find(from)?, *len as usize);
                if self.files[file].visible.len() < len {
                    self.change(began, What::Bytes(file, Edit::Length(len)));
                }
                let renaming = Naming::Rename { file, from: *from, to: *to };
                self.change(began, What::Name(renaming));
            }
            Op::Remove { file } => {
                let no = find(file)?;
                if self.persistence.shows_old_bytes {
                    self.old.clone_from(&self.files[no].visible);
                }
                self.change(began, What::Name(Naming::Remove(*file)));
            }
            Op::SyncFolder => return Ok(Begun::SyncFolder(began)),
        }
        Ok(Begun::Changed(began))
    }

    fn change(&mut self, began: Moment, what: What) {
        match &what {
            What::Name(naming) => rename(&mut self.names, *naming),
            What::Bytes(no, edit) => apply(&mut self.files[*no].visible, edit),
        }
        self.changes.push(Change { began, done: None, what, standing: Standing::Dirty });
    }

    /// The same disk with these files, after a power cut.
    fn anew(&self, files: Vec<File>, names: BTreeMap<FileName, FileNo>) -> VirtualDisk {
        VirtualDisk {
            persistence: self.persistence,
            files,
            names: names.clone(),
            durable_names: names,
            old: self.old.clone(),
            ..VirtualDisk::default()
        }
    }

    /// The files that may have a name after a power cut.
    fn reachable(&self) -> Vec<FileNo> {
        let mut reachable: Vec<FileNo> = self.durable_names.values().copied().collect();
        reachable.extend(self.changes.iter().filter_map(|change| match change.what {
            What::Name(Naming::Link(_, file) | Naming::Rename { file, .. }) => Some(file),
            _ => None,
        }));
        reachable.sort_unstable();
        reachable.dedup();
        reachable
    }
}

impl Disk for VirtualDisk {
    fn begin(&mut self, request: Request) {
        let begun = self.try_begin(&request.op).unwrap_or_else(Begun::Failed);
        self.begun.insert(request.id, (request.op, begun));
    }

    fn completion(&mut self) -> Option<Completion> {
        self.completions.pop_front()
    }

    /// As when the process dies and the machine does not: what was begun stays visible, and nobody
    /// hears of it.
    fn forget(&mut self) {
        self.begun.clear();
        self.completions.clear();
        let now = self.now();
        for change in &mut self.changes {
            change.done = change.done.or(Some(now));
        }
        self.settle();
    }

    fn files(&mut self) -> Result<Vec<FileName>, IoError> {
        Ok(self.names.keys().copied().collect())
    }

    fn read_at(
        &mut self,
        file: FileName,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, IoError> {
        let no = *self.names.get(&file).ok_or(IoError::NoFile)?;
        let rest = self.files[no].visible.get(offset as usize..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn read(&mut self, file: FileName) -> Result<Vec<u8>, IoError> {
        let no = *self.names.get(&file).ok_or(IoError::NoFile)?;
        Ok(self.files[no].visible.to_vec())
    }
}
