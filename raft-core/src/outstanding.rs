//! What the application is busy applying.

use alloc::collections::VecDeque;

use crate::types::Index;

/// The batches that were handed out and are not applied, oldest first: where each ends, and what it
/// weighs.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Outstanding {
    pub(crate) batches: VecDeque<(Index, usize)>,
    pub(crate) bytes: usize,
}

impl Outstanding {
    /// Gives back the room that an idle node has no use for.
    pub(crate) fn rest(&mut self) {
        self.batches.shrink_to_fit();
    }

    pub(crate) fn push(&mut self, last: Index, bytes: usize) {
        self.batches.push_back((last, bytes));
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Panics if a batch is not between what is applied and what was handed out (I1).
    pub(crate) fn check(&self, applied: Index, handed_out: Index) {
        let first = self.batches.front().is_none_or(|(first, _)| *first > applied);
        assert!(first, "I1: an applied batch is outstanding");
        let last = self.batches.back().is_none_or(|(last, _)| *last <= handed_out);
        assert!(last, "I1: a batch is outstanding that was never handed out");
    }

    pub(crate) fn applied(&mut self, upto: Index) {
        while let Some((last, bytes)) = self.batches.front().copied()
            && last <= upto
        {
            self.batches.pop_front();
            self.bytes = self.bytes.saturating_sub(bytes);
        }
    }
}
