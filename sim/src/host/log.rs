//! The log that a node has issued, as chains: what its promises and commits are about.

use syncline_raft::{Entry, Index, LogId, Payload};
use syncline_traces::{Chain, Reform};
use syncline_wal::LogImage;

use super::machine;

/// The chain and the name of each entry of one node's issued log, from its base on.
#[derive(Clone, Debug, Default)]
pub struct IssuedLog {
    /// The entry before the first one of the log.
    base: (LogId, Chain),
    entries: Vec<(LogId, Chain)>,
    /// The changes of the membership among them.
    changes: Vec<(Index, Reform)>,
}

impl IssuedLog {
    /// The log that a node was restarted with, whose base has this chain.
    pub(crate) fn restored(image: &LogImage, base_chain: Chain) -> IssuedLog {
        let base = (image.base(), base_chain);
        let mut log = IssuedLog { base, ..IssuedLog::default() };
        for entry in image.entries() {
            log.push(entry);
        }
        log
    }

    /// A snapshot takes the place of the log.
    pub(crate) fn replace(&mut self, snapshot: &syncline_raft::Snapshot) -> Chain {
        let chain = machine::chain_in(&snapshot.data);
        self.base = (snapshot.last, chain);
        self.entries.clear();
        self.changes.clear();
        chain
    }

    /// Everything up to here is let go of.
    pub(crate) fn compact(&mut self, upto: Index) {
        let Some(gone) = upto.0.checked_sub(self.base.0.index.0) else {
            return;
        };
        if let Some(base) = self.entries.get((gone as usize).wrapping_sub(1)) {
            self.base = *base;
            self.entries.drain(..gone as usize);
            self.changes.retain(|(index, _)| *index > upto);
        }
    }

    pub(crate) fn push(&mut self, entry: &Entry) -> Chain {
        let chain = self.last_chain().then(entry);
        self.entries.push((entry.id, chain));
        if let Payload::Membership(change) = &entry.payload {
            self.changes.push((entry.index(), Reform::from(&**change)));
        }
        chain
    }

    pub(crate) fn truncate(&mut self, from: Index) {
        let kept = from.prev().0.saturating_sub(self.base.0.index.0);
        self.entries.truncate(kept as usize);
        self.changes.retain(|(index, _)| *index < from);
    }

    /// The entry before the first one.
    #[must_use]
    pub fn base(&self) -> LogId {
        self.base.0
    }

    fn end(&self) -> (LogId, Chain) {
        self.entries.last().copied().unwrap_or(self.base)
    }

    /// Its last entry.
    #[must_use]
    pub fn last(&self) -> LogId {
        self.end().0
    }

    /// The chain at its end.
    #[must_use]
    pub fn last_chain(&self) -> Chain {
        self.end().1
    }

    /// The chain at an index; `None` beyond the end, and before the base.
    #[must_use]
    pub fn chain(&self, index: Index) -> Option<Chain> {
        match index.0.checked_sub(self.base.0.index.0)? {
            0 => Some(self.base.1),
            after => self.entries.get(after as usize - 1).map(|(_, chain)| *chain),
        }
    }

    /// The changes of the membership that lie in it, in order.
    #[must_use]
    pub fn changes(&self) -> &[(Index, Reform)] {
        &self.changes
    }

    /// All chains, from that of the base on.
    pub(crate) fn chains(&self) -> impl Iterator<Item = Chain> + '_ {
        [self.base.1].into_iter().chain(self.entries.iter().map(|(_, chain)| *chain))
    }
}
