//! What follows from the events so far: written down once, for all oracles.

use syncline_raft::{Index, NodeId, RoleKind, Term};
use syncline_traces::{Chain, Event};

use super::Office;
use crate::host::IssuedLog;

/// One node's time as leader of one term.
#[derive(Clone, Debug)]
pub struct Leadership {
    /// The term.
    pub term: Term,
    /// The node.
    pub node: NodeId,
    /// The chain of its log at each index, from index 1, as far as it has issued it.
    chains: Vec<Chain>,
}

impl Leadership {
    /// The chain of the leader's log at an index; `None` beyond what it ever issued.
    #[must_use]
    pub fn chain(&self, index: Index) -> Option<Chain> {
        chain_at(&self.chains, index)
    }
}

fn chain_at(chains: &[Chain], index: Index) -> Option<Chain> {
    match index.0.checked_sub(1) {
        None => Some(Chain::default()),
        Some(position) => chains.get(position as usize).copied(),
    }
}

/// An index that the leader of a term reported as committed.
#[derive(Clone, Copy, Debug)]
pub struct TermCommit {
    /// The term.
    pub term: Term,
    /// The highest index so far.
    pub index: Index,
    /// The log up to there.
    pub chain: Chain,
}

/// The ledger that all oracles share.
#[derive(Clone, Debug)]
pub struct Facts {
    offices: Vec<Office>,
    leaderships: Vec<Leadership>,
    term_commits: Vec<TermCommit>,
    /// The chain of the committed log at each index, from index 1.
    committed: Vec<Chain>,
}

impl Facts {
    pub(crate) fn new(nodes: usize) -> Facts {
        Facts {
            offices: vec![(RoleKind::Follower, Term(0)); nodes],
            leaderships: Vec::new(),
            term_commits: Vec::new(),
            committed: Vec::new(),
        }
    }

    /// A node's role and term.
    #[must_use]
    pub fn office(&self, node: NodeId) -> Office {
        self.offices[node.number() as usize - 1]
    }

    /// Whether a node leads now.
    #[must_use]
    pub fn leads(&self, node: NodeId) -> bool {
        self.office(node).0 == RoleKind::Leader
    }

    /// A node's time as leader of a term.
    #[must_use]
    pub fn leadership(&self, term: Term, node: NodeId) -> Option<&Leadership> {
        self.leaderships.iter().rev().find(|l| l.term == term && l.node == node)
    }

    /// Everybody who leads now, with the term.
    pub fn leaders(&self) -> impl Iterator<Item = (NodeId, Term)> + '_ {
        let node = |slot: usize| NodeId::new(slot as u64 + 1).expect("counted from 1");
        let offices = self.offices.iter().enumerate();
        let leads = offices.filter(|(_, office)| office.0 == RoleKind::Leader);
        leads.map(move |(slot, office)| (node(slot), office.1))
    }

    /// What the leader of each term has committed.
    #[must_use]
    pub fn term_commits(&self) -> &[TermCommit] {
        &self.term_commits
    }

    /// The highest index that any node ever reported as committed.
    #[must_use]
    pub fn committed(&self) -> Index {
        Index(self.committed.len() as u64)
    }

    /// The committed log at an index; `None` if nobody has reported it.
    #[must_use]
    pub fn committed_chain(&self, index: Index) -> Option<Chain> {
        chain_at(&self.committed, index)
    }

    /// Takes an event down, after it has been judged.
    pub(crate) fn record(&mut self, event: &Event, logs: &[IssuedLog]) {
        match *event {
            Event::Became { node, role, term, .. } => {
                let slot = node.number() as usize - 1;
                self.offices[slot] = (role, term);
                if role == RoleKind::Leader {
                    let chains = logs[slot].chains().collect();
                    self.leaderships.push(Leadership { term, node, chains });
                }
            }
            Event::Appended { node, chain, .. } => self.record_append(node, chain),
            Event::Committed { node, index, chain } => {
                self.record_commit(node, index, chain, &logs[node.number() as usize - 1]);
            }
            Event::Crashed { node, .. } => {
                self.offices[node.number() as usize - 1].0 = RoleKind::Follower;
            }
            _ => {}
        }
    }

    fn record_append(&mut self, node: NodeId, chain: Chain) {
        let (role, term) = self.office(node);
        if role == RoleKind::Leader {
            let mine = |l: &&mut Leadership| l.term == term && l.node == node;
            let leadership = self.leaderships.iter_mut().rev().find(mine);
            leadership.expect("a leader's term was taken down").chains.push(chain);
        }
    }

    fn record_commit(&mut self, node: NodeId, index: Index, chain: Chain, log: &IssuedLog) {
        let (role, term) = self.office(node);
        if role == RoleKind::Leader {
            match self.term_commits.iter_mut().rev().find(|commit| commit.term == term) {
                Some(commit) if commit.index < index => {
                    (commit.index, commit.chain) = (index, chain);
                }
                Some(_) => {}
                None => self.term_commits.push(TermCommit { term, index, chain }),
            }
        }
        while self.committed() < index {
            let Some(chain) = log.chain(self.committed().next()) else {
                return;
            };
            self.committed.push(chain);
        }
    }
}
