//! What follows from the events so far: written down once, for all oracles.

use syncline_raft::{Index, LogId, NodeId, RoleKind, Term};
use syncline_traces::{Chain, EntryKind, Event, Members, NodeSet, Reform};

use super::Office;
use super::calm::Rounds;
use crate::host::IssuedLog;
use crate::plan::Plan;

/// One node's time as leader of one term.
#[derive(Clone, Debug)]
pub struct Leadership {
    /// The term.
    pub term: Term,
    /// The node.
    pub node: NodeId,
    /// The first index of its log, less one, when its office began.
    base: Index,
    /// The chain of its log at each index from that base on, as far as it has issued it.
    chains: Vec<Chain>,
}

impl Leadership {
    /// The chain of the leader's log at an index; `None` beyond what it ever issued, and before what
    /// it had when its office began.
    #[must_use]
    pub fn chain(&self, index: Index) -> Option<Chain> {
        let after = index.0.checked_sub(self.base.0)?;
        self.chains.get(after as usize).copied()
    }

    /// The first index that it had, less one.
    #[must_use]
    pub fn base(&self) -> Index {
        self.base
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

/// What an applied change of the membership has led to.
#[derive(Clone, Copy, Debug)]
pub struct Reformed {
    /// Where the change lies.
    pub index: Index,
    /// The membership from there on.
    pub members: Members,
    /// Whether the change applies to the membership before it. One that does not changes nothing.
    pub applies: bool,
}

/// The ledger that all oracles share.
#[derive(Clone, Debug)]
pub struct Facts {
    offices: Vec<Office>,
    leaderships: Vec<Leadership>,
    term_commits: Vec<TermCommit>,
    /// The chain of the committed log at each index, from index 1.
    committed: Vec<Chain>,
    /// The membership that is active at each node.
    members: Vec<Members>,
    /// The newest membership that is active anywhere, and since which index.
    newest: (Index, Members),
    began_with: Members,
    /// The changes that were appended anywhere, by the log up to them.
    changes: Vec<(Chain, Reform)>,
    /// The changes that were applied anywhere, in order.
    reformed: Vec<Reformed>,
    /// Up to where anybody has applied.
    applied: Index,
    /// The time since faults have ceased.
    calm: Option<Rounds>,
}

impl Facts {
    pub(crate) fn new(plan: &Plan) -> Facts {
        let nodes = NodeSet::first(u64::from(plan.nodes));
        Facts {
            offices: vec![(RoleKind::Follower, Term(0)); plan.nodes as usize],
            leaderships: Vec::new(),
            term_commits: Vec::new(),
            committed: Vec::new(),
            members: nodes.iter().map(|node| plan.known_by(node)).collect(),
            newest: (Index::ZERO, plan.began_with()),
            began_with: plan.began_with(),
            changes: Vec::new(),
            reformed: Vec::new(),
            applied: Index::ZERO,
            calm: None,
        }
    }

    /// A node's role and term.
    #[must_use]
    pub fn office(&self, node: NodeId) -> Office {
        self.offices[node.number() as usize - 1]
    }

    /// The membership that is active at a node.
    #[must_use]
    pub fn members(&self, node: NodeId) -> Members {
        self.members[node.number() as usize - 1]
    }

    /// The newest membership that is active anywhere, and the index that made it so.
    #[must_use]
    pub fn newest_members(&self) -> (Index, Members) {
        self.newest
    }

    /// The changes of the membership that were applied anywhere, in order.
    #[must_use]
    pub fn reformed(&self) -> &[Reformed] {
        &self.reformed
    }

    /// The membership that everything applied up to an index has led to.
    #[must_use]
    pub fn members_at(&self, index: Index) -> Members {
        let before = self.reformed.iter().rev().find(|reformed| reformed.index <= index);
        before.map_or(self.began_with, |reformed| reformed.members)
    }

    /// How often every clock has ticked since faults have ceased; `None` if they have not.
    #[must_use]
    pub fn rounds(&self) -> Option<u32> {
        self.calm.as_ref().map(Rounds::ended)
    }

    /// The chain of a leader's log at an index, the committed one before what it had when its office
    /// began.
    #[must_use]
    pub fn leader_chain(&self, leadership: &Leadership, index: Index) -> Option<Chain> {
        if index < leadership.base() {
            return self.committed_chain(index);
        }
        leadership.chain(index)
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
            Event::Ticked { node } => {
                if let Some(rounds) = &mut self.calm {
                    rounds.tick(node);
                }
            }
            Event::Calmed => self.calm = Some(Rounds::new(self.offices.len())),
            Event::Became { node, role, term, .. } => {
                let slot = node.number() as usize - 1;
                self.offices[slot] = (role, term);
                if role == RoleKind::Leader {
                    let (base, chains) = (logs[slot].base().index, logs[slot].chains().collect());
                    self.leaderships.push(Leadership { term, node, base, chains });
                }
            }
            Event::Appended { node, entry, chain, kind } => {
                if kind == EntryKind::Change {
                    self.record_change(entry.index, chain, &logs[node.number() as usize - 1]);
                }
                self.record_append(node, entry, chain);
            }
            Event::Applied { entry, chain, .. } if entry.index > self.applied => {
                self.applied = entry.index;
                self.reform(entry.index, chain);
            }
            Event::Committed { node, index, chain } => {
                self.record_commit(node, index, chain, &logs[node.number() as usize - 1]);
            }
            Event::Reconfigured { node, index, members } => {
                self.members[node.number() as usize - 1] = members;
                if index > self.newest.0 {
                    self.newest = (index, members);
                }
            }
            Event::Crashed { node, .. } => {
                self.offices[node.number() as usize - 1].0 = RoleKind::Follower;
            }
            _ => {}
        }
    }

    /// What a leader appends is its term's log, also what it issues only after it has stepped down.
    fn record_append(&mut self, node: NodeId, entry: LogId, chain: Chain) {
        let leadership = self.leaderships.iter_mut().rev().find(|l| l.term == entry.term);
        if let Some(leadership) = leadership.filter(|l| l.node == node)
            && entry.index.0 == leadership.base.0 + leadership.chains.len() as u64
        {
            leadership.chains.push(chain);
        }
    }

    fn record_change(&mut self, index: Index, chain: Chain, log: &IssuedLog) {
        if let Some(reform) = log.change(index)
            && !self.changes.iter().rev().any(|(other, _)| *other == chain)
        {
            self.changes.push((chain, reform));
        }
    }

    /// Folds a change into the membership, when it is first applied.
    fn reform(&mut self, index: Index, chain: Chain) {
        let change = self.changes.iter().find(|(other, _)| *other == chain);
        if let Some((_, reform)) = change {
            let before = self.members_at(index);
            let after = before.membership().after(&reform.change());
            let applies = after.is_ok();
            let members = after.map_or(before, |after| Members::from(&after));
            self.reformed.push(Reformed { index, members, applies });
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
            // What a snapshot stands for was reported as committed by whoever sent it.
            let Some(chain) = log.chain(self.committed().next()) else {
                return;
            };
            self.committed.push(chain);
        }
    }
}
