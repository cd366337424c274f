//! The messages with entries that are under way to one follower.

use alloc::collections::VecDeque;

use crate::types::Index;

/// The last index of each message under way, oldest first.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Inflights {
    last: VecDeque<Index>,
    max: u32,
}

impl Inflights {
    pub(crate) fn new(max: u32) -> Inflights {
        Inflights { last: VecDeque::new(), max }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.last.len() >= self.max as usize
    }

    /// A message with entries up to `last` leaves.
    pub(crate) fn add(&mut self, last: Index) {
        assert!(!self.is_full());
        self.last.push_back(last);
    }

    /// Everything up to `last` has been acknowledged.
    pub(crate) fn free_up_to(&mut self, last: Index) {
        while self.last.front().is_some_and(|front| *front <= last) {
            self.last.pop_front();
        }
    }

    /// The oldest is taken for lost, so that a full window never starves a follower.
    pub(crate) fn free_oldest(&mut self) {
        self.last.pop_front();
    }

    pub(crate) fn clear(&mut self) {
        self.last.clear();
    }
}
