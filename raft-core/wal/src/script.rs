//! Operations that must each have completed before the next one begins.

use std::collections::VecDeque;

use crate::disk::{FileName, Op, SegmentNo};

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

    /// The same in the place of a spare. It must have lost its old name for good before anything is
    /// written: with the bytes of two segments under either name it would be neither.
    pub(crate) fn reuse(
        spare: FileName,
        new: FileName,
        file: FileName,
        len: u64,
        data: Vec<u8>,
    ) -> Script {
        let mut script = Script::place(new, file, len, data);
        script.0.pop_front();
        script.0.push_front(Op::SyncFolder);
        script.0.push_front(Op::Reuse { from: spare, to: new, len });
        script
    }

    /// A spare is made ahead. Should it get lost, nothing is.
    pub(crate) fn spare(file: FileName, len: u64) -> Script {
        Script(VecDeque::from([Op::Create { file, len }, Op::Sync { file }]))
    }

    /// The same, once that is done.
    pub(crate) fn after(mut self, op: Op) -> Script {
        self.0.push_front(op);
        self
    }

    /// Files go, or become something else.
    pub(crate) fn retire(ops: impl IntoIterator<Item = Op>) -> Script {
        let mut ops: VecDeque<Op> = ops.into_iter().collect();
        if !ops.is_empty() {
            ops.push_back(Op::SyncFolder);
        }
        Script(ops)
    }

    /// Known bugs only: leaves an operation out.
    pub(crate) fn forget(&mut self, op: &Op) {
        self.0.retain(|other| other != op);
    }

    /// Known bugs only: leaves an operation out that comes once more later.
    pub(crate) fn forget_first_of_two(&mut self, op: &Op) {
        let mut places = (0..self.0.len()).filter(|place| self.0[*place] == *op);
        if let (Some(first), Some(_)) = (places.next(), places.next()) {
            self.0.remove(first);
        }
    }

    /// Known bugs only: whether the folder is synced next.
    pub(crate) fn syncs_folder_next(&self) -> bool {
        self.0.front() == Some(&Op::SyncFolder)
    }

    pub(crate) fn extend(&mut self, other: Script) {
        self.0.extend(other.0);
    }

    /// The bytes that it is about to write there, in a segment that does not have its name yet.
    pub(crate) fn writes_at(&self, no: SegmentNo, offset: u64, len: usize) -> Option<&[u8]> {
        self.0.iter().find_map(|op| match op {
            Op::Write { file: FileName::NewSegment(new), data, .. } if *new == no => {
                data.get(offset as usize..)?.get(..len)
            }
            _ => None,
        })
    }

    pub(crate) fn next(&mut self) -> Option<Op> {
        self.0.pop_front()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.is_empty()
    }
}
