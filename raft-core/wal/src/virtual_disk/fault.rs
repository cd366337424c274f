//! Operations that end otherwise than they should.

use super::file::File;
use super::{Begun, Naming, VirtualDisk, rename};
use crate::disk::{Completion, FileName, IoError, OpId};

impl VirtualDisk {
    /// Completes an operation, and says that it has failed. All of it is done.
    pub fn fail_late(&mut self, id: OpId, error: IoError) {
        self.complete(id);
        if let Some(completion) = self.completions.back_mut().filter(|last| last.id == id) {
            completion.result = Err(error);
        }
    }

    /// Says that an operation has completed, and does nothing: a disk whose syncs lie.
    pub fn lie(&mut self, id: OpId) {
        if self.begun.remove(&id).is_some() {
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
        let Some((_, begun)) = self.begun.remove(&id) else {
            return;
        };
        match begun {
            Begun::Wrote(file, made) => self.files[file].shorten(made, part),
            Begun::Named(made) => {
                if let Some(naming) = made.checked_sub(self.durable_namings) {
                    self.namings[naming] = Naming::Undone;
                    self.names = self.durable_names.clone();
                    self.namings.iter().for_each(|naming| rename(&mut self.names, *naming));
                }
            }
            Begun::Failed(_) | Begun::Sync(..) | Begun::SyncFolder(_) => {}
        }
        self.completions.push_back(Completion { id, result: Err(error) });
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
                *file = File { gone: file.changes_made(), ..File::default() };
            }
        }
    }
}
