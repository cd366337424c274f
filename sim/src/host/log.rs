//! The log that a node has issued, as chains: what its promises and commits are about.

use syncline_raft::{Entry, Index, LogId};
use syncline_traces::Chain;

/// The chain and the name of each entry of one node's issued log, from index 1.
#[derive(Clone, Debug, Default)]
pub struct IssuedLog {
    entries: Vec<(LogId, Chain)>,
}

impl IssuedLog {
    /// The log that a node was restarted with.
    pub(crate) fn restored(entries: &[Entry]) -> IssuedLog {
        let mut log = IssuedLog::default();
        for entry in entries {
            log.push(entry);
        }
        log
    }

    pub(crate) fn push(&mut self, entry: &Entry) -> Chain {
        let chain = self.last_chain().then(entry);
        self.entries.push((entry.id, chain));
        chain
    }

    pub(crate) fn truncate(&mut self, from: Index) {
        self.entries.truncate(from.prev().0 as usize);
    }

    /// Its last entry.
    #[must_use]
    pub fn last(&self) -> LogId {
        self.entries.last().map_or(LogId::default(), |(id, _)| *id)
    }

    /// The chain at its end.
    #[must_use]
    pub fn last_chain(&self) -> Chain {
        self.entries.last().map_or(Chain::default(), |(_, chain)| *chain)
    }

    /// The chain at an index; `None` beyond the end.
    #[must_use]
    pub fn chain(&self, index: Index) -> Option<Chain> {
        match index.0.checked_sub(1) {
            None => Some(Chain::default()),
            Some(position) => self.entries.get(position as usize).map(|(_, chain)| *chain),
        }
    }

    /// All chains, from index 1.
    pub(crate) fn chains(&self) -> impl Iterator<Item = Chain> + '_ {
        self.entries.iter().map(|(_, chain)| *chain)
    }
}
