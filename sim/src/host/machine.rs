//! The replicated state machine: a small store of keys and values.
//!
//! It lives in memory and is built again from the log after a crash. Besides its values it keeps the
//! chain of what it has applied, which is what the oracle of state machine safety compares.

use std::collections::BTreeMap;

use syncline_raft::{Entry, Index};
use syncline_traces::Chain;

/// The store of one node.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    values: BTreeMap<u64, u64>,
    applied: Index,
    chain: Chain,
}

impl Machine {
    /// Applies one entry: a command writes its number under the key that it falls on.
    pub(crate) fn apply(&mut self, entry: &Entry, keys: u64) -> Chain {
        if let Some(number) = entry.command().and_then(read) {
            self.values.insert(number % keys, number);
        }
        self.applied = entry.index();
        self.chain = self.chain.then(entry);
        self.chain
    }

    /// The last entry applied.
    #[must_use]
    pub fn applied(&self) -> Index {
        self.applied
    }

    /// What it has applied.
    #[must_use]
    pub fn chain(&self) -> Chain {
        self.chain
    }

    /// The value under a key.
    #[must_use]
    pub fn value(&self, key: u64) -> Option<u64> {
        self.values.get(&key).copied()
    }
}

/// The bytes of a command.
pub(crate) fn write(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

fn read(command: &[u8]) -> Option<u64> {
    command.try_into().ok().map(u64::from_le_bytes)
}
