//! A cache that a power cut empties, on a machine that has power: what is written reaches the real
//! disk when its file is synced, and what becomes of names when the folder is, and not before. A
//! process that is killed takes the rest with it.
//!
//! Files that are killed keep what the operating system has taken from them, so a loop of kills
//! alone says nothing of a missing sync. With this in between it does.

use std::collections::{BTreeMap, VecDeque};

use syncline_wal::{Completion, Disk, FileName, IoError, Op, OpId, Request};

/// A file, by the order in which files were met.
type FileNo = usize;

/// Where a file has what is durable of it.
#[derive(Debug)]
enum Durable {
    /// On the real disk, under that name.
    On(FileName),
    /// Here: no name of it is durable, so a power cut would take all of it.
    Here(Vec<u8>),
}

#[derive(Debug)]
struct File {
    durable: Durable,
    /// Writes that no sync has carried over, in order.
    held: Vec<(u64, Vec<u8>)>,
}

/// A change of the folder.
#[derive(Debug)]
enum Naming {
    Create(FileName, FileNo),
    Rename(FileName, FileName),
    Remove(FileName),
}

/// A disk behind such a cache.
#[derive(Debug)]
pub(crate) struct WriteBack<D> {
    disk: D,
    files: Vec<File>,
    /// The names as whoever uses this sees them, and what no sync of the folder has carried over.
    names: BTreeMap<FileName, FileNo>,
    namings: Vec<Naming>,
    /// The operations of our own are numbered from the end.
    next_op: u64,
    done: VecDeque<Completion>,
}

impl<D: Disk> WriteBack<D> {
    pub(crate) fn new(mut disk: D) -> WriteBack<D> {
        let there = disk.files().expect("the folder can be read");
        let names = there.iter().copied().zip(0..).collect();
        let on = |name| File { durable: Durable::On(name), held: Vec::new() };
        let files = there.into_iter().map(on).collect();
        let (namings, done) = (Vec::new(), VecDeque::new());
        WriteBack { disk, files, names, namings, next_op: u64::MAX, done }
    }

    /// Does something on the real disk and waits for it.
    fn act(&mut self, op: Op) {
        let id = OpId(self.next_op);
        self.next_op -= 1;
        self.disk.begin(Request { id, op });
        loop {
            match self.disk.completion() {
                Some(completion) if completion.id == id => {
                    return assert_eq!(completion.result, Ok(()), "what was reported as done");
                }
                Some(other) => self.done.push_back(other),
                None => std::thread::yield_now(),
            }
        }
    }

    fn find(&self, file: FileName) -> Result<FileNo, IoError> {
        self.names.get(&file).copied().ok_or(IoError::NoFile)
    }

    fn take_held(&mut self, no: FileNo) -> Vec<(u64, Vec<u8>)> {
        std::mem::take(&mut self.files[no].held)
    }

    /// Begins a sync on the real disk, or does one here. `true` if it is over.
    fn sync(&mut self, id: OpId, file: FileName) -> Result<bool, IoError> {
        let no = self.find(file)?;
        let held = self.take_held(no);
        match &mut self.files[no].durable {
            Durable::Here(bytes) => {
                held.iter().for_each(|(offset, data)| overwrite(bytes, *offset, data));
                Ok(true)
            }
            Durable::On(name) => {
                let file = *name;
                held.into_iter()
                    .for_each(|(offset, data)| self.act(Op::Write { file, offset, data }));
                self.disk.begin(Request { id, op: Op::Sync { file } });
                Ok(false)
            }
        }
    }

    fn rename(&mut self, from: FileName, to: FileName) -> Result<(), IoError> {
        let no = self.names.remove(&from).ok_or(IoError::NoFile)?;
        self.names.insert(to, no);
        self.namings.push(Naming::Rename(from, to));
        Ok(())
    }

    /// A file that is on the real disk is opened there by its old name, which it keeps so far.
    fn reuse(&mut self, from: FileName, to: FileName, len: u64) -> Result<(), IoError> {
        let no = self.find(from)?;
        match &mut self.files[no].durable {
            Durable::Here(bytes) => bytes.resize(bytes.len().max(len as usize), 0),
            Durable::On(name) => {
                let file = *name;
                self.act(Op::Reuse { from: file, to: file, len });
            }
        }
        self.rename(from, to)
    }

    fn create(&mut self, file: FileName, len: u64) {
        assert!(file.is_new(), "half of it may be there after a kill");
        let durable = Durable::Here(vec![0; len as usize]);
        self.names.insert(file, self.files.len());
        self.namings.push(Naming::Create(file, self.files.len()));
        self.files.push(File { durable, held: Vec::new() });
    }

    /// Carries the changes of names over, in order.
    fn carry_names(&mut self) {
        for naming in std::mem::take(&mut self.namings) {
            match naming {
                Naming::Create(file, no) => self.carry_file(file, no),
                Naming::Rename(from, to) => {
                    self.act(Op::Rename { from, to });
                    self.move_name(from, Some(to));
                }
                Naming::Remove(file) => {
                    self.act(Op::Remove { file });
                    self.move_name(file, None);
                }
            }
        }
    }

    /// A file gets its first name, with what was synced of it.
    fn carry_file(&mut self, file: FileName, no: FileNo) {
        self.move_name(file, None);
        let old = std::mem::replace(&mut self.files[no].durable, Durable::On(file));
        let Durable::Here(data) = old else { panic!("it had no name") };
        self.act(Op::Create { file, len: data.len() as u64 });
        self.act(Op::Write { file, offset: 0, data });
        self.act(Op::Sync { file });
    }

    /// On the real disk a file has another name, or none; whatever had that name has none any more.
    fn move_name(&mut self, from: FileName, to: Option<FileName>) {
        for file in &mut self.files {
            match file.durable {
                Durable::On(name) if name == from => {
                    file.durable = to.map_or(Durable::Here(Vec::new()), Durable::On);
                }
                Durable::On(name) if to == Some(name) => file.durable = Durable::Here(Vec::new()),
                _ => {}
            }
        }
    }
}

impl<D: Disk> Disk for WriteBack<D> {
    fn begin(&mut self, Request { id, op }: Request) {
        let result = match op {
            Op::Write { file, offset, data } => {
                self.find(file).map(|no| self.files[no].held.push((offset, data)))
            }
            Op::Sync { file } => match self.sync(id, file) {
                Ok(false) => return,
                Ok(true) => Ok(()),
                Err(error) => Err(error),
            },
            Op::Create { file, len } => {
                self.create(file, len);
                Ok(())
            }
            Op::Rename { from, to } => self.rename(from, to),
            Op::Reuse { from, to, len } => self.reuse(from, to, len),
            Op::Remove { file } => {
                self.namings.push(Naming::Remove(file));
                self.names.remove(&file).map(|_| ()).ok_or(IoError::NoFile)
            }
            Op::SyncFolder => {
                self.carry_names();
                return self.disk.begin(Request { id, op: Op::SyncFolder });
            }
        };
        self.done.push_back(Completion { id, result });
    }

    fn completion(&mut self) -> Option<Completion> {
        self.done.pop_front().or_else(|| self.disk.completion())
    }

    fn forget(&mut self) {
        self.disk.forget();
        self.done.clear();
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
        let bytes = self.read(file)?;
        let rest = bytes.get(offset as usize..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }

    fn read(&mut self, file: FileName) -> Result<Vec<u8>, IoError> {
        let File { durable, held } = &self.files[self.find(file)?];
        let mut bytes = match durable {
            Durable::Here(bytes) => bytes.clone(),
            Durable::On(name) => self.disk.read(*name)?,
        };
        held.iter().for_each(|(offset, data)| overwrite(&mut bytes, *offset, data));
        Ok(bytes)
    }
}

fn overwrite(bytes: &mut Vec<u8>, offset: u64, data: &[u8]) {
    let (begin, end) = (offset as usize, offset as usize + data.len());
    bytes.resize(bytes.len().max(end), 0);
    bytes[begin..end].copy_from_slice(data);
}
