//! What is, and what ever was, durable on one disk: the evidence of the oracles.

use std::hash::{Hash, Hasher};

use syncline_raft::{Index, LogId, NodeId, Term, Write};
use syncline_traces::{Chain, Mixer};
use syncline_wal::LogImage;

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
    /// The chain at each index, from index 1.
    chains: Vec<Chain>,
    /// Every vote that was ever durable, in the order of terms.
    votes: Vec<(Term, NodeId)>,
    /// Overwritten entries. Rare: only a deposed leader's tail is ever overwritten.
    displaced: Vec<Displaced>,
    /// The digest of `votes` and `displaced`, kept as they grow.
    past: u64,
}

impl DurableRecord {
    /// A further write is durable.
    pub(crate) fn append(&mut self, write: Write) {
        if let Some(from) = write.truncate_from {
            self.displace(from);
        }
        for entry in &write.entries {
            self.chains.push(self.last_chain().then(entry));
        }
        self.image.append(write).expect("R2: writes are taken in their order");
        let hard_state = self.image.hard_state();
        if let Some(vote) = hard_state.vote
            && self.votes.last() != Some(&(hard_state.term, vote))
        {
            self.votes.push((hard_state.term, vote));
            self.past = Mixer::digest_of(&(self.past, hard_state.term, vote)).0 as u64;
        }
    }

    fn displace(&mut self, from: Index) {
        let kept = from.prev().0 as usize;
        let hard_state = self.image.hard_state();
        for (entry, chain) in self.image.entries().iter().zip(&self.chains).skip(kept) {
            let (term, vote) = (hard_state.term, hard_state.vote);
            self.past = Mixer::digest_of(&(self.past, chain, term, vote)).0 as u64;
            self.displaced.push(Displaced { entry: entry.id, chain: *chain, term, vote });
        }
        self.chains.truncate(kept);
    }

    fn last_chain(&self) -> Chain {
        self.chains.last().copied().unwrap_or_default()
    }

    /// The durable log and hard state.
    #[must_use]
    pub fn image(&self) -> &LogImage {
        &self.image
    }

    /// The chain of the durable log at an index; `None` beyond its end.
    #[must_use]
    pub fn chain(&self, index: Index) -> Option<Chain> {
        match index.0.checked_sub(1) {
            None => Some(Chain::default()),
            Some(position) => self.chains.get(position as usize).copied(),
        }
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
        let entries = self.image.entries();
        let holds = last == LogId::default()
            || entries.get(last.index.0 as usize - 1).is_some_and(|entry| entry.id == last);
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
