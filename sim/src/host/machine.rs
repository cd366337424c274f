//! The replicated state machine: a small store of keys and values.
//!
//! It lives in memory. After a crash it is built again from its last checkpoint and the log behind it.
//! Besides its values it keeps the chain of what it has applied, which is what the oracle of state
//! machine safety compares, and which its snapshots carry along.

use std::collections::BTreeMap;
use std::sync::Arc;

use syncline_raft::{Entry, Index, LogId, Snapshot};
use syncline_traces::{Chain, Members};

/// The shortest command that there is, in bytes: its number.
pub(crate) const COMMAND_BYTES_MIN: u32 = 8;

/// The store of one node.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Of each value the number with which it begins.
    values: BTreeMap<u64, u64>,
    /// How long a value is, in bytes.
    value_bytes: u32,
    applied: LogId,
    chain: Chain,
    /// The membership at the applied index, which is kept with it (R18).
    members: Members,
}

impl Machine {
    /// An empty store of a cluster that begins with these members, for values of that length.
    pub(crate) fn new(members: Members, value_bytes: u32) -> Machine {
        Machine { members, value_bytes, ..Machine::default() }
    }

    /// The store that a snapshot holds.
    pub(crate) fn of(snapshot: &Snapshot, value_bytes: u32) -> Machine {
        let (chain, pairs) = snapshot.data.split_at(snapshot.data.len().min(8));
        let chain = Chain(read(chain).unwrap_or_default());
        let pairs = pairs.chunks_exact(8 + value_bytes as usize);
        let values = pairs.filter_map(|pair| Some((read(pair)?, read(&pair[8..])?))).collect();
        let members = Members::from(&snapshot.membership);
        Machine { values, value_bytes, applied: snapshot.last, chain, members }
    }

    /// Its state now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let pair_bytes = 8 + self.value_bytes as usize;
        let mut data = Vec::with_capacity(8 + self.values.len() * pair_bytes);
        data.extend(self.chain.0.to_le_bytes());
        for (key, value) in &self.values {
            data.extend(key.to_le_bytes());
            data.extend(write(*value, self.value_bytes));
        }
        let data = data.into();
        Arc::new(Snapshot { last: self.applied, membership: self.members.membership(), data })
    }

    /// Applies one entry: a command writes its number under the key that it falls on.
    pub(crate) fn apply(&mut self, entry: &Entry, keys: u64) -> Chain {
        if let Some(number) = entry.command().and_then(read) {
            self.values.insert(number % keys, number);
        }
        self.applied = entry.id;
        self.chain = self.chain.then(entry);
        self.chain
    }

    /// The membership that the last entry applied has led to.
    pub(crate) fn reconfigure(&mut self, members: Members) {
        self.members = members;
    }

    /// The membership at the applied index.
    #[must_use]
    pub fn members(&self) -> Members {
        self.members
    }

    /// The index of the last entry applied.
    #[must_use]
    pub fn applied(&self) -> Index {
        self.applied.index
    }

    /// The last entry applied.
    #[must_use]
    pub fn last(&self) -> LogId {
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

/// The chain that a snapshot carries.
pub(crate) fn chain_in(data: &[u8]) -> Chain {
    Chain(data.first_chunk().map_or(0, |word| u64::from_le_bytes(*word)))
}

/// A command of that length, or the value that it writes: its number, and bytes that follow from it, few of
/// them zeros, so that one that is not there is missed.
pub(crate) fn write(number: u64, bytes: u32) -> Vec<u8> {
    let mut command = number.to_le_bytes().to_vec();
    command.extend((COMMAND_BYTES_MIN..bytes).map(|at| (number as u32).wrapping_add(at) as u8));
    command
}

/// The number with which a command begins.
fn read(command: &[u8]) -> Option<u64> {
    command.first_chunk().map(|number| u64::from_le_bytes(*number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_holds_the_values_in_their_length() {
        for value_bytes in [8, 9, 100, 3_000] {
            let values: BTreeMap<u64, u64> = [(0, 256), (3, 7), (9, u64::MAX)].into();
            let chain = Chain(5);
            let machine = Machine { values, value_bytes, chain, ..Machine::default() };
            let snapshot = machine.snapshot();
            assert_eq!(snapshot.data.len(), 8 + 3 * (8 + value_bytes as usize));
            let read = Machine::of(&snapshot, value_bytes);
            assert_eq!((read.values, read.chain), (machine.values, chain));
        }
    }

    #[test]
    fn a_command_begins_with_its_number() {
        for bytes in [8, 100, 3_000] {
            let command = write(0x0102_0304_0506_0708, bytes);
            assert_eq!(command.len(), bytes as usize);
            assert_eq!(read(&command), Some(0x0102_0304_0506_0708));
        }
    }
}
