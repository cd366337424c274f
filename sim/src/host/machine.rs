//! The replicated state machine: a small store of keys and values.
//!
//! It lives in memory. After a crash it is built again from its last checkpoint and the log behind it.
//! Besides its values it keeps the chain of what it has applied, which is what the oracle of state
//! machine safety compares, and which its snapshots carry along.

use std::collections::BTreeMap;
use std::sync::Arc;

use syncline_raft::{Entry, Index, LogId, Snapshot};
use syncline_traces::{Chain, Members};

/// The store of one node.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    values: BTreeMap<u64, u64>,
    applied: LogId,
    chain: Chain,
    /// The membership at the applied index, which is kept with it (R18).
    members: Members,
}

impl Machine {
    /// An empty store of a cluster that begins with these members.
    pub(crate) fn new(members: Members) -> Machine {
        Machine { members, ..Machine::default() }
    }

    /// The store that a snapshot holds.
    pub(crate) fn of(snapshot: &Snapshot) -> Machine {
        let (words, _) = snapshot.data.as_chunks::<8>();
        let mut words = words.iter().map(|word| u64::from_le_bytes(*word));
        let chain = Chain(words.next().unwrap_or_default());
        let mut values = BTreeMap::new();
        while let (Some(key), Some(value)) = (words.next(), words.next()) {
            values.insert(key, value);
        }
        let members = Members::from(&snapshot.membership);
        Machine { values, applied: snapshot.last, chain, members }
    }

    /// Its state now.
    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        let pairs = self.values.iter().flat_map(|(key, value)| [*key, *value]);
        let words = [self.chain.0].into_iter().chain(pairs);
        let data = words.flat_map(u64::to_le_bytes).collect();
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

/// The bytes of a command.
pub(crate) fn write(number: u64) -> [u8; 8] {
    number.to_le_bytes()
}

fn read(command: &[u8]) -> Option<u64> {
    command.try_into().ok().map(u64::from_le_bytes)
}
