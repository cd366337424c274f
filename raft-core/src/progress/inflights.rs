//! The messages with entries that are under way to one follower.

use alloc::collections::VecDeque;

use crate::types::Index;

/// What may be under way to one follower at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct InflightLimits {
    /// So many messages with entries.
    pub messages_max: u32,
    /// So many bytes of entries; one message is sent even if it weighs more.
    pub bytes_max: usize,
}

/// The last index and the weight of each message under way, oldest first.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Inflights {
    messages: VecDeque<(Index, usize)>,
    bytes: usize,
}

impl Inflights {
    pub(crate) fn is_full(&self, limits: InflightLimits) -> bool {
        self.messages.len() >= limits.messages_max as usize || self.bytes >= limits.bytes_max
    }

    pub(crate) fn len(&self) -> usize {
        self.messages.len()
    }

    /// A message with entries up to `last` leaves.
    pub(crate) fn add(&mut self, last: Index, bytes: usize) {
        self.bytes += bytes;
        self.messages.push_back((last, bytes));
    }

    /// Everything up to `last` has been acknowledged.
    pub(crate) fn free_up_to(&mut self, last: Index) {
        while self.messages.front().is_some_and(|(front, _)| *front <= last) {
            self.free_oldest();
        }
    }

    /// The oldest is taken for lost, so that a full window never starves a follower.
    pub(crate) fn free_oldest(&mut self) {
        if let Some((_, bytes)) = self.messages.pop_front() {
            self.bytes -= bytes;
        }
    }

    pub(crate) fn rest(&mut self) {
        self.messages.shrink_to_fit();
    }

    pub(crate) fn clear(&mut self) {
        self.messages.clear();
        self.bytes = 0;
    }
}
