//! A cache that a power cut empties, on a machine that has power: what is written reaches the real
//! disk when it is synced, and not before. A process that is killed takes the rest with it.
//!
//! Files that are killed keep what the operating system has taken from them, so a loop of kills
//! alone says nothing of a missing sync. With this in between it does.

use std::collections::{BTreeMap, VecDeque};

use syncline_wal::{Completion, Disk, FileName, IoError, Op, OpId, Request};

/// A disk behind such a cache.
#[derive(Debug)]
pub(crate) struct WriteBack<D> {
    disk: D,
    /// Writes that no sync has carried over, in the order in which they were begun.
    held: BTreeMap<FileName, Vec<Request>>,
    /// Writes that were carried over: they have completed already.
    carried: Vec<OpId>,
    done: VecDeque<Completion>,
}

impl<D: Disk> WriteBack<D> {
    pub(crate) fn new(disk: D) -> WriteBack<D> {
        WriteBack { disk, held: BTreeMap::new(), carried: Vec::new(), done: VecDeque::new() }
    }
}

impl<D: Disk> Disk for WriteBack<D> {
    fn begin(&mut self, request: Request) {
        match &request.op {
            Op::Write { file, .. } => {
                self.done.push_back(Completion { id: request.id, result: Ok(()) });
                self.held.entry(*file).or_default().push(request);
                return;
            }
            Op::Sync { file } => {
                for write in self.held.remove(file).into_iter().flatten() {
                    self.carried.push(write.id);
                    self.disk.begin(write);
                }
            }
            Op::Remove { file } => drop(self.held.remove(file)),
            Op::Rename { from, to } | Op::Reuse { from, to, .. } => {
                if let Some(writes) = self.held.remove(from) {
                    self.held.insert(*to, writes);
                }
            }
            Op::Create { .. } | Op::SyncFolder => {}
        }
        self.disk.begin(request);
    }

    fn completion(&mut self) -> Option<Completion> {
        if let Some(completion) = self.done.pop_front() {
            return Some(completion);
        }
        loop {
            let completion = self.disk.completion()?;
            let carried = self.carried.iter().position(|id| *id == completion.id);
            match carried {
                Some(position) => {
                    self.carried.swap_remove(position);
                    assert_eq!(completion.result, Ok(()), "a write that was reported as done");
                }
                None => return Some(completion),
            }
        }
    }

    fn forget(&mut self) {
        self.disk.forget();
        self.carried.clear();
        self.done.clear();
    }

    fn files(&mut self) -> Result<Vec<FileName>, IoError> {
        self.disk.files()
    }

    fn read_at(
        &mut self,
        file: FileName,
        offset: u64,
        buffer: &mut [u8],
    ) -> Result<usize, IoError> {
        let mut filled = self.disk.read_at(file, offset, buffer)?;
        for write in self.held.get(&file).into_iter().flatten() {
            if let Op::Write { offset: at, data, .. } = &write.op {
                overlay(buffer, &mut filled, offset, *at, data);
            }
        }
        Ok(filled)
    }

    fn read(&mut self, file: FileName) -> Result<Vec<u8>, IoError> {
        self.disk.read(file)
    }
}

/// Puts what is held over what was read from `offset` on, of which so many bytes are filled.
fn overlay(buffer: &mut [u8], filled: &mut usize, offset: u64, at: u64, data: &[u8]) {
    for (place, byte) in (at..).zip(data) {
        let Some(place) = place.checked_sub(offset).map(|place| place as usize) else {
            continue;
        };
        if place < buffer.len() {
            if place >= *filled {
                buffer[*filled..place].fill(0);
                *filled = place + 1;
            }
            buffer[place] = *byte;
        }
    }
}
