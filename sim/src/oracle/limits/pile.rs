//! Things that lie one after the other, each with its last index and its weight.

use std::collections::VecDeque;

use syncline_raft::Index;

/// A queue of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Pile {
    things: VecDeque<(Index, u64)>,
    bytes: u64,
}

impl Pile {
    /// Adds one that ends there, unless that is not behind the others.
    pub(super) fn push(&mut self, last: Index, bytes: u64) {
        if last > self.last() {
            self.things.push_back((last, bytes));
            self.bytes += bytes;
        }
    }

    /// Where the newest one ends; zero if there is none.
    pub(super) fn last(&self) -> Index {
        self.things.back().map_or(Index::ZERO, |(last, _)| *last)
    }

    pub(super) fn len(&self) -> usize {
        self.things.len()
    }

    /// What all of them weigh, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes away what ends there or before.
    pub(super) fn take_up_to(&mut self, index: Index) {
        while self.things.front().is_some_and(|(last, _)| *last <= index) {
            self.take_oldest();
        }
    }

    pub(super) fn take_oldest(&mut self) {
        if let Some((_, bytes)) = self.things.pop_front() {
            self.bytes -= bytes;
        }
    }

    pub(super) fn clear(&mut self) {
        self.things.clear();
        self.bytes = 0;
    }
}
