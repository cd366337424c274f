//! The log that a node has issued, as chains: what its promises and commits are about.

use syncline_raft::{Entry, Index, LogId, Payload};
use syncline_traces::{Chain, EntryKind, Reform};
use syncline_wal::LogImage;

use super::machine;

/// An entry of an issued log, without what it says.
#[derive(Clone, Copy, Debug)]
pub struct IssuedEntry {
    /// Where it lies.
    pub id: LogId,
    /// The log up to it.
    pub chain: Chain,
    /// What it is for.
    pub kind: EntryKind,
    /// What it weighs in a message, in bytes.
    pub bytes: u32,
}

/// The entries of one node's issued log, from its base on.
#[derive(Clone, Debug, Default)]
pub struct IssuedLog {
    /// The entry before the first one of the log.
    base: (LogId, Chain),
    entries: Vec<IssuedEntry>,
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
            self.base = (base.id, base.chain);
            self.entries.drain(..gone as usize);
            self.changes.retain(|(index, _)| *index > upto);
        }
    }

    pub(crate) fn push(&mut self, entry: &Entry) -> IssuedEntry {
        let chain = self.last_chain().then(entry);
        let (kind, bytes) = (kind_of(entry), entry.weight_bytes() as u32);
        let issued = IssuedEntry { id: entry.id, chain, kind, bytes };
        self.entries.push(issued);
        if let Payload::Membership(change) = &entry.payload {
            self.changes.push((entry.index(), Reform::from(&**change)));
        }
        issued
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
        self.entries.last().map_or(self.base, |last| (last.id, last.chain))
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
            after => self.entries.get(after as usize - 1).map(|entry| entry.chain),
        }
    }

    /// The entries after an index, in order.
    #[must_use]
    pub fn after(&self, index: Index) -> &[IssuedEntry] {
        let gone = index.0.saturating_sub(self.base.0.index.0) as usize;
        &self.entries[gone.min(self.entries.len())..]
    }

    /// The changes of the membership that lie in it, in order.
    #[must_use]
    pub fn changes(&self) -> &[(Index, Reform)] {
        &self.changes
    }

    /// The change of the membership that lies at an index.
    #[must_use]
    pub fn change(&self, index: Index) -> Option<Reform> {
        let found = self.changes.iter().rev().find(|(other, _)| *other == index);
        found.map(|(_, reform)| *reform)
    }

    /// All chains, from that of the base on.
    pub(crate) fn chains(&self) -> impl Iterator<Item = Chain> + '_ {
        [self.base.1].into_iter().chain(self.entries.iter().map(|entry| entry.chain))
    }
}

fn kind_of(entry: &Entry) -> EntryKind {
    match entry.payload {
        Payload::Noop => EntryKind::Noop,
        Payload::Command(_) => EntryKind::Command,
        Payload::Membership(_) => EntryKind::Change,
    }
}
