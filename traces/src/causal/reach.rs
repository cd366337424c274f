//! Which event moved a cursor over an index.
//!
//! A cursor that only rises needs the events of its rises, in order. The synced cursor also falls
//! (R10: an overwrite lowers it), and then the rises above the new place are void.

use std::collections::VecDeque;

use syncline_raft::Index;

/// The rises of a cursor that count, each higher and later than the one before.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach(VecDeque<(Index, u64)>);

impl Reach {
    /// The event moved the cursor to this index, up or down.
    pub(super) fn set(&mut self, index: Index, event: u64) {
        self.lower(index);
        if self.0.back().is_none_or(|(reached, _)| *reached < index) {
            self.0.push_back((index, event));
        }
    }

    /// The cursor is at most here now.
    pub(super) fn lower(&mut self, index: Index) {
        let mut void = None;
        while let Some((reached, event)) = self.0.back()
            && *reached > index
        {
            void = Some(*event);
            self.0.pop_back();
        }
        // The first rise that went too far still went up to here.
        if let Some(event) = void {
            self.set(index, event);
        }
    }

    /// The event that moved it over this index. Indexes are asked for in order: what lies below is
    /// forgotten.
    pub(super) fn of(&mut self, index: Index) -> Option<u64> {
        while self.0.front().is_some_and(|(reached, _)| *reached < index) {
            self.0.pop_front();
        }
        self.0.front().map(|(_, event)| *event)
    }
}
