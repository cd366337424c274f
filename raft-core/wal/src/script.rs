//! Operations that must each have completed before the next one begins.

use std::collections::VecDeque;

use crate::disk::{FileName, Op};

/// The rest of such a sequence.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script(VecDeque<Op>);

impl Script {
    /// A file that is there with all its bytes, or not at all, whatever power cut comes between: it
    /// is written and synced under another name first.
    pub(crate) fn place(new: FileName, file: FileName, len: u64, data: Vec<u8>) -> Script {
        Script(VecDeque::from([
            Op::Create { file: new, len },
            Op::Write { file: new, offset: 0, data },
            Op::Sync { file: new },
            Op::Rename { from: new, to: file },
            Op::SyncFolder,
        ]))
    }

    /// The same, once everything written to another file so far is durable.
    pub(crate) fn after_sync_of(mut self, file: FileName) -> Script {
        self.0.push_front(Op::Sync { file });
        self
    }

    /// Files go.
    pub(crate) fn remove(files: impl IntoIterator<Item = FileName>) -> Script {
        let mut ops: VecDeque<Op> = files.into_iter().map(|file| Op::Remove { file }).collect();
        if !ops.is_empty() {
            ops.push_back(Op::SyncFolder);
        }
        Script(ops)
    }

    /// Known bugs only: leaves an operation out.
    pub(crate) fn forget(&mut self, op: &Op) {
        self.0.retain(|other| other != op);
    }

    pub(crate) fn extend(&mut self, other: Script) {
        self.0.extend(other.0);
    }

    pub(crate) fn next(&mut self) -> Option<Op> {
        self.0.pop_front()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}
