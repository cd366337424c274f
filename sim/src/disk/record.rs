//! What is, and what ever was, durable on one disk: the evidence of the oracles.

use std::hash::{Hash, Hasher};

use syncline_raft::{Index, LogId, NodeId, Term, Write};
use syncline_traces::{Chain, Mixer};
use syncline_wal::{LogImage, Record};

use crate::host::machine;

/// An entry that was durable once and has been overwritten since.
#[derive(Clone, Copy, Debug)]
struct Displaced {
    entry: LogId,
    chain: Chain,
    /// The newest term that was durable together with it.
    term: Term,
    vote: Option<NodeId>,
}

/// The durable prefix of a disk's writes.
#[derive(Clone, Debug, Default)]
pub struct DurableRecord {
    image: LogImage,
    /// The chain at the base of the log.
    base_chain: Chain,
    /// The chain at each index after the base.
    chains: Vec<Chain>,
    /// Every vote that was ever durable, in the order of terms.
    votes: Vec<(Term, NodeId)>,
    /// Overwritten entries. Rare: only a deposed leader's tail is ever overwritten.
    displaced: Vec<Displaced>,
    /// The digest of `votes` and `displaced`, kept as they grow.
    past: u64,
}

impl DurableRecord {
    /// A further record is durable.
    pub(crate) fn append(&mut self, record: Record) {
        match &record {
            Record::Write(write) => self.prepare(write),
            Record::Compact(upto) => self.compact(*upto),
            Record::Checkpoint(state) => {
                self.past = Mixer::digest_of(&(self.past, state.last, &state.data)).0 as u64;
            }
        }
        self.image.append(record).expect("R2: records are taken in their order");
        let hard_state = self.image.hard_state();
        if let Some(vote) = hard_state.vote
            && self.votes.last() != Some(&(hard_state.term, vote))
        {
            self.votes.push((hard_state.term, vote));
            self.past = Mixer::digest_of(&(self.past, hard_state.term, vote)).0 as u64;
        }
    }

    /// Takes the chains of a write before the image takes the write itself.
    fn prepare(&mut self, write: &Write) {
        if let Some(snapshot) = &write.snapshot {
            self.displace(self.image.base().index.next());
            self.base_chain = machine::chain_in(&snapshot.data);
        } else if let Some(from) = write.truncate_from {
            self.displace(from);
        }
        for entry in &write.entries {
            self.chains.push(self.last_chain().then(entry));
        }
    }

    fn compact(&mut self, upto: Index) {
        let base = self.image.base().index;
        if let Some(chain) = self.chain(upto).filter(|_| upto > base) {
            self.base_chain = chain;
            self.chains.drain(..(upto.0 - base.0) as usize);
            self.past = Mixer::digest_of(&(self.past, upto)).0 as u64;
        }
    }

    fn displace(&mut self, from: Index) {
        let kept = (from.prev().0 - self.image.base().index.0) as usize;
        let hard_state = self.image.hard_state();
        for (entry, chain) in self.image.entries().iter().zip(&self.chains).skip(kept) {
            let (term, vote) = (hard_state.term, hard_state.vote);
            self.past = Mixer::digest_of(&(self.past, chain, term, vote)).0 as u64;
            self.displaced.push(Displaced { entry: entry.id, chain: *chain, term, vote });
        }
        self.chains.truncate(kept);
    }

    fn last_chain(&self) -> Chain {
        self.chains.last().copied().unwrap_or(self.base_chain)
    }

    /// The durable log and hard state.
    #[must_use]
    pub fn image(&self) -> &LogImage {
        &self.image
    }

    /// The chain of the durable log at an index; `None` beyond its end, and before its base.
    #[must_use]
    pub fn chain(&self, index: Index) -> Option<Chain> {
        match index.0.checked_sub(self.image.base().index.0)? {
            0 => Some(self.base_chain),
            after => self.chains.get(after as usize - 1).copied(),
        }
    }

    /// The chain at the base of the durable log.
    pub(crate) fn base_chain(&self) -> Chain {
        self.base_chain
    }

    /// The newest state of the state machine that is durable, its own or a leader's.
    #[must_use]
    pub fn state(&self) -> Index {
        let received = self.image.received().map_or(Index::ZERO, |snapshot| snapshot.last.index);
        self.image.applied().max(received)
    }

    /// Whether a vote in this term for this candidate was ever durable.
    #[must_use]
    pub fn voted(&self, term: Term, candidate: NodeId) -> bool {
        self.votes.iter().rev().any(|vote| *vote == (term, candidate))
    }

    /// Whether some durable prefix had this term, or a later one, and this log up to `index`.
    #[must_use]
    pub fn vouched(&self, term: Term, index: Index, chain: Chain) -> bool {
        if self.image.hard_state().term >= term && self.chain(index) == Some(chain) {
            return true;
        }
        let was =
            |old: &Displaced| old.entry.index == index && old.chain == chain && old.term >= term;
        self.displaced.iter().any(was)
    }

    /// Whether some durable prefix had this candidate's vote for itself and held its last entry.
    #[must_use]
    pub fn ran(&self, term: Term, candidate: NodeId, last: LogId) -> bool {
        let hard_state = self.image.hard_state();
        let holds = last == self.image.base()
            || self.image.entry(last.index).is_some_and(|entry| entry.id == last);
        if hard_state.term == term && hard_state.vote == Some(candidate) && holds {
            return true;
        }
        let was =
            |old: &Displaced| old.entry == last && old.term == term && old.vote == Some(candidate);
        self.displaced.iter().any(was)
    }

    pub(crate) fn mix<H: Hasher>(&self, state: &mut H) {
        (self.image.hard_state(), self.chains.len() as u64, self.last_chain()).hash(state);
        self.past.hash(state);
    }
}
