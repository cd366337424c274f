//! A disk in memory that forgets like a disk: what no sync has made durable may be lost in a power
//! cut, each sector for itself.
//!
//! **What it promises.** A read sees every write that was begun. A sync that has completed makes
//! the writes durable that were begun before it, and the length of the file; not its name. A sync
//! of the folder makes names durable. A sector of 512 bytes is written whole or not at all.
//!
//! **What a power cut does.** Each sector keeps one of the contents that it had since it was last
//! durable, whatever the others keep: so writes are torn, leave holes, and overtake each other, but
//! no sector goes back behind what it is known to hold. A file keeps one of the lengths that it
//! had; what is beyond the bytes it kept reads as zeros, or as what a file that is gone had there if
//! the disk [says so](VirtualDisk::with_old_bytes). Names change in the order in which they were
//! changed. A sync under way may have done all of its work, some of it, or none.
//!
//! **What a sync that failed does.** What it covered may be on the disk or not, and the system takes
//! it for written: a read sees it until it is [evicted](VirtualDisk::evict), and no later sync writes
//! it, though it says that it did.
//!
//! Nothing is drawn here: whoever calls decides what completes, and what is left.

mod cut;
mod fault;
mod file;

use std::collections::{BTreeMap, VecDeque};

use crate::disk::{Completion, Disk, FileName, IoError, Op, OpId, Request};
use file::{File, Remains};

/// A file, by the order in which files were made.
type FileNo = usize;

/// A change of the folder.
#[derive(Clone, Copy, Debug)]
enum Naming {
    Link(FileName, FileNo),
    Rename {
        from: FileName,
        to: FileName,
    },
    Remove(FileName),
    /// It failed after all.
    Undone,
}

/// An operation that was begun.
#[derive(Clone, Copy, Debug)]
enum Begun {
    /// It could not.
    Failed(IoError),
    /// A write, the last of so many changes of a file.
    Wrote(FileNo, usize),
    /// A change of a name, after so many others.
    Named(usize),
    /// A sync of a file that had so many changes.
    Sync(FileNo, usize),
    /// A sync of a folder that had so many changes.
    SyncFolder(usize),
}

/// The disk.
#[derive(Clone, Debug, Default)]
pub struct VirtualDisk {
    files: Vec<File>,
    names: BTreeMap<FileName, FileNo>,
    durable_names: BTreeMap<FileName, FileNo>,
    /// Changes of names that no sync has made durable, and how many have become durable before
    /// them.
    namings: Vec<Naming>,
    durable_namings: usize,
    begun: BTreeMap<OpId, (Op, Begun)>,
    completions: VecDeque<Completion>,
    shows_old_bytes: bool,
    /// What the file had that went last.
    old: Vec<u8>,
}

impl VirtualDisk {
    /// A disk of which a power cut may show what a file that is gone had where another has grown: a
    /// file system that writes down a length before the bytes.
    #[must_use]
    pub fn with_old_bytes() -> VirtualDisk {
        VirtualDisk { shows_old_bytes: true, ..VirtualDisk::default() }
    }

    /// The operations that have begun and not completed, in the order in which they began.
    pub fn under_way(&self) -> impl Iterator<Item = (OpId, &Op)> {
        self.begun.iter().map(|(id, (op, _))| (*id, op))
    }

    /// Completes an operation. Nothing happens if none of that name is under way.
    pub fn complete(&mut self, id: OpId) {
        let Some((_, begun)) = self.begun.remove(&id) else {
            return;
        };
        let result = match begun {
            Begun::Failed(error) => Err(error),
            Begun::Wrote(..) | Begun::Named(_) => Ok(()),
            Begun::Sync(file, made) => {
                self.files[file].make_durable(made);
                Ok(())
            }
            Begun::SyncFolder(made) => {
                self.make_names_durable(made);
                Ok(())
            }
        };
        self.completions.push_back(Completion { id, result });
    }

    /// Completes an operation with an error. What it was to do may be done or not; a sync has made
    /// nothing durable, and no other will.
    pub fn fail(&mut self, id: OpId, error: IoError) {
        let Some((_, begun)) = self.begun.remove(&id) else {
            return;
        };
        if let Begun::Sync(file, made) = begun {
            self.files[file].give_up(made);
        }
        self.completions.push_back(Completion { id, result: Err(error) });
    }

    /// The system drops what it takes for written from its memory, and reads it anew.
    pub fn evict(&mut self) {
        self.files.iter_mut().for_each(File::evict);
    }

    /// What a power cut may leave.
    #[must_use]
    pub fn remains(&self) -> Survivors<'_> {
        Survivors::new(self)
    }

    /// Overwrites bytes of a file behind everybody's back, durably: a flipped bit, a misdirected
    /// write.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn corrupt(
        &mut self,
        file: FileName,
        change: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), IoError> {
        let no = *self.names.get(&file).ok_or(IoError::NoFile)?;
        let mut bytes = self.files[no].bytes().to_vec();
        change(&mut bytes);
        let mut corrupt = File::default();
        corrupt.write(0, bytes);
        corrupt.make_durable(1);
        self.files[no] = corrupt;
        Ok(())
    }

    fn make_names_durable(&mut self, made: usize) {
        let count = made.saturating_sub(self.durable_namings);
        for naming in self.namings.drain(..count) {
            rename(&mut self.durable_names, naming);
        }
        self.durable_namings += count;
        if count > 0 {
            self.forget_nameless();
        }
    }

    fn change_name(&mut self, naming: Naming) {
        rename(&mut self.names, naming);
        self.namings.push(naming);
    }

    fn try_begin(&mut self, op: &Op) -> Result<Begun, IoError> {
        let find = |file| self.names.get(file).copied().ok_or(IoError::NoFile);
        match op {
            Op::Create { file, len } => {
                let mut created = File::default();
                created.set_len(*len as usize);
                self.files.push(created);
                self.change_name(Naming::Link(*file, self.files.len() - 1));
            }
            Op::Write { file, offset, data } => {
                let no = find(file)?;
                self.files[no].write(*offset as usize, data.clone());
                return Ok(Begun::Wrote(no, self.files[no].changes_made()));
            }
            Op::Sync { file } => {
                let no = find(file)?;
                return Ok(Begun::Sync(no, self.files[no].changes_made()));
            }
            Op::Rename { from, to } => {
                find(from)?;
                self.change_name(Naming::Rename { from: *from, to: *to });
            }
            Op::Reuse { from, to, len } => {
                let no = find(from)?;
                if self.files[no].bytes().len() < *len as usize {
                    self.files[no].set_len(*len as usize);
                }
                self.change_name(Naming::Rename { from: *from, to: *to });
            }
            Op::Remove { file } => {
                let no = find(file)?;
                if self.shows_old_bytes {
                    self.old = self.files[no].bytes().to_vec();
                }
                self.change_name(Naming::Remove(*file));
            }
            Op::SyncFolder => {
                return Ok(Begun::SyncFolder(self.durable_namings + self.namings.len()));
            }
        }
        Ok(Begun::Named(self.durable_namings + self.namings.len() - 1))
    }
}

fn rename(names: &mut BTreeMap<FileName, FileNo>, naming: Naming) {
    match naming {
        Naming::Link(name, file) => {
            names.insert(name, file);
        }
        Naming::Rename { from, to } => {
            if let Some(file) = names.remove(&from) {
                names.insert(to, file);
            }
        }
        Naming::Remove(name) => {
            names.remove(&name);
        }
        Naming::Undone => {}
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
        let rest = self.files[no].bytes().get(offset as usize..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn read(&mut self, file: FileName) -> Result<Vec<u8>, IoError> {
        let no = *self.names.get(&file).ok_or(IoError::NoFile)?;
        Ok(self.files[no].bytes().to_vec())
    }
}

/// All that a power cut may leave of a disk, as a list of independent decisions.
///
/// The first decision is how many of the changes of names are kept. Then, for each file: which of
/// its lengths, what it has where it grew, and for each sector that was changed which of its
/// contents. A decision is a number below its [bound](Survivors::bounds).
pub struct Survivors<'a> {
    disk: &'a VirtualDisk,
    remains: Vec<(FileNo, Remains)>,
    bounds: Vec<usize>,
}

impl<'a> Survivors<'a> {
    fn new(disk: &'a VirtualDisk) -> Survivors<'a> {
        let mut bounds = vec![disk.namings.len() + 1];
        let mut remains = Vec::new();
        for no in disk.reachable() {
            let of_file = disk.files[no].remains(&disk.old);
            bounds.push(of_file.lengths.len());
            let may_be_old = of_file.has_grown && !disk.old.is_empty();
            bounds.push(1 + usize::from(may_be_old));
            bounds.extend(of_file.sectors.iter().map(|(_, written)| 1 + written.len()));
            remains.push((no, of_file));
        }
        Survivors { disk, remains, bounds }
    }

    /// For each decision, how many ways there are.
    #[must_use]
    pub fn bounds(&self) -> &[usize] {
        &self.bounds
    }

    /// The disk after a power cut that takes all that it may.
    #[must_use]
    pub fn least(&self) -> VirtualDisk {
        let names = self.disk.durable_names.clone();
        let files = self.disk.files.iter().map(File::durable).collect();
        self.disk.anew(files, names)
    }

    /// The disk after the power cut.
    ///
    /// # Panics
    /// If there is not one pick for each decision, each below its bound.
    #[must_use]
    pub fn pick(&self, picks: &[usize]) -> VirtualDisk {
        assert_eq!(picks.len(), self.bounds.len(), "one pick for each decision");
        let mut names = self.disk.durable_names.clone();
        for naming in &self.disk.namings[..picks[0]] {
            rename(&mut names, *naming);
        }
        let mut files = vec![File::default(); self.disk.files.len()];
        let mut picks = picks[1..].iter();
        for (no, remains) in &self.remains {
            let len = remains.lengths[*picks.next().expect("counted")];
            let old = match *picks.next().expect("counted") {
                0 => &[],
                _ => &self.disk.old[..],
            };
            let picks = picks.by_ref().take(remains.sectors.len());
            let sectors = remains.sectors.iter().zip(picks);
            let sectors = sectors.filter_map(|((sector, written), pick)| {
                pick.checked_sub(1).map(|pick| (*sector, &written[pick][..]))
            });
            files[*no] = self.disk.files[*no].left(len, old, sectors);
        }
        self.disk.anew(files, names)
    }
}

impl VirtualDisk {
    /// The same disk with these files, after a power cut.
    fn anew(&self, files: Vec<File>, names: BTreeMap<FileName, FileNo>) -> VirtualDisk {
        VirtualDisk {
            files,
            names: names.clone(),
            durable_names: names,
            shows_old_bytes: self.shows_old_bytes,
            old: self.old.clone(),
            ..VirtualDisk::default()
        }
    }

    /// The files that may have a name after a power cut.
    fn reachable(&self) -> Vec<FileNo> {
        let mut reachable: Vec<FileNo> = self.durable_names.values().copied().collect();
        reachable.extend(self.namings.iter().filter_map(|naming| match naming {
            Naming::Link(_, file) => Some(*file),
            _ => None,
        }));
        reachable.sort_unstable();
        reachable.dedup();
        reachable
    }
}
