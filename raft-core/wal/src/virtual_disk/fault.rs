//! Operations that end otherwise than they should.

use super::change::{Naming, What};
use super::file::File;
use super::{Begun, VirtualDisk};
use crate::disk::{Completion, FileName, IoError, OpId};

impl VirtualDisk {
    /// Completes an operation with an error. What it was to do may be done or not; a sync has made
    /// nothing durable, and no other will.
    pub fn fail(&mut self, id: OpId, error: IoError) {
        let Some(begun) = self.take(id) else {
            return;
        };
        match begun {
            Begun::Sync(file, began) => self.give_up(file, began),
            Begun::Changed(began) => self.end(began),
            Begun::Failed(_) | Begun::SyncFolder(_) => {}
        }
        self.completions.push_back(Completion { id, result: Err(error) });
    }

    /// Completes an operation, and says that it has failed. All of it is done.
    pub fn fail_late(&mut self, id: OpId, error: IoError) {
        self.complete(id);
        if let Some(completion) = self.completions.back_mut().filter(|last| last.id == id) {
            completion.result = Err(error);
        }
    }

    /// Says that an operation has completed, and does nothing: a disk whose syncs lie.
    pub fn lie(&mut self, id: OpId) {
        if self.take(id).is_some() {
            self.completions.push_back(Completion { id, result: Ok(()) });
        }
    }

    /// An operation fails and has done nothing, as far as anybody can see.
    pub fn undo(&mut self, id: OpId, error: IoError) {
        self.fail_and_keep(id, error, 0);
    }

    /// A write fails, and half of its bytes are written. Anything else has done nothing.
    pub fn fail_short(&mut self, id: OpId, error: IoError) {
        self.fail_and_keep(id, error, 2);
    }

    /// Keeps one part in so many of the bytes, or none.
    fn fail_and_keep(&mut self, id: OpId, error: IoError, part: usize) {
        let Some(begun) = self.take(id) else {
            return;
        };
        if let Begun::Changed(began) = begun {
            self.undo_but(began, part);
        }
        self.completions.push_back(Completion { id, result: Err(error) });
    }

    /// Changes bytes of a file behind everybody's back: a flipped bit, a misdirected write. It is the
    /// durable ones that change; what is not durable yet may be written over them.
    ///
    /// # Errors
    /// If there is no such file.
    pub fn corrupt(
        &mut self,
        file: FileName,
        change: impl FnOnce(&mut Vec<u8>),
    ) -> Result<(), IoError> {
        let no = *self.names.get(&file).ok_or(IoError::NoFile)?;
        let File { durable, visible } = &mut self.files[no];
        let before = visible.clone();
        change(visible);
        durable.truncate(visible.len());
        let changed = before.iter().zip(visible.iter());
        for (byte, (before, after)) in durable.iter_mut().zip(changed) {
            if before != after {
                *byte = *after;
            }
        }
        Ok(())
    }

    /// A file is gone, durably, and nobody has removed it.
    pub fn lose(&mut self, file: FileName) {
        let Some(no) = self.names.remove(&file) else {
            return;
        };
        self.durable_names.retain(|_, other| *other != no);
        self.changes.retain(|change| match change.what {
            What::Name(Naming::Link(_, other) | Naming::Rename { file: other, .. }) => other != no,
            _ => true,
        });
        self.forget_nameless();
    }

    /// The names of all files.
    pub fn names(&self) -> impl Iterator<Item = FileName> {
        self.names.keys().copied()
    }

    /// Those that no power cut takes.
    pub fn durable_names(&self) -> impl Iterator<Item = FileName> {
        self.durable_names.keys().copied()
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn has(&self, file: FileName) -> bool {
        self.names.contains_key(&file)
    }

    /// Lets go of the bytes of files that have no name any more, and cannot get one back.
    pub(super) fn forget_nameless(&mut self) {
        let mut kept = self.reachable();
        kept.extend(self.names.values());
        for (no, file) in self.files.iter_mut().enumerate() {
            if !kept.contains(&no) {
                *file = File::default();
            }
        }
        self.changes.retain(|change| match change.what {
            What::Bytes(no, _) => kept.contains(&no),
            What::Name(_) => true,
        });
    }
}
