//! The side of a candidate: who has answered, and what that decides (Raft paper, section 5.2).

use alloc::vec::Vec;

use super::Role;
use crate::error::CampaignError;
use crate::message::Body;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::quorum::majority::{self, Tally};
use crate::sync::Promise;
use crate::types::{Index, NodeId, Term};

/// The votes of one candidacy.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Candidate {
    votes: Vec<(NodeId, bool)>,
}

impl Candidate {
    /// Takes a voter's first answer; a second one is not counted.
    fn record(&mut self, voter: NodeId, granted: bool) {
        if self.votes.iter().all(|(other, _)| *other != voter) {
            self.votes.push((voter, granted));
        }
    }

    /// Whether the requests have left: they do so with the node's own vote, which is the first.
    fn has_asked(&self) -> bool {
        !self.votes.is_empty()
    }

    fn tally(&self, voters: usize) -> Tally {
        let granted = self.votes.iter().filter(|(_, granted)| *granted).count();
        majority::tally(voters, granted, self.votes.len() - granted)
    }
}

impl RawNode {
    /// Begins an election now, without waiting for the timer.
    ///
    /// # Errors
    /// If the node leads already, has no vote, or has seen the last possible term.
    pub fn campaign(&mut self) -> Result<(), CampaignError> {
        if matches!(self.role, Role::Leader(_)) {
            return Err(CampaignError::AlreadyLeader);
        }
        if !self.is_voter() {
            return Err(CampaignError::NotAVoter);
        }
        let term = Term(self.term.0.checked_add(1).ok_or(CampaignError::TermsExhausted)?);
        self.enter_term(term, Some(self.id));
        self.role = Role::Candidate(Candidate::default());
        self.timer.restart();
        if self.active.is(Mutant::F2) {
            self.split_hard_state = self.writes.pending_lowest.is_some();
        }
        self.ask_for_votes();
        self.check();
        Ok(())
    }

    /// Both the requests and the node's own vote wait for the write with the new term. The own vote
    /// too: a single voter leads at once, and its first message is already a promise.
    fn ask_for_votes(&mut self) {
        let needs = self.writes.carrier(Index::MAX).expect("the new term is pending");
        self.gate.hold(needs, Promise::SelfVote);
        let last = self.log.last();
        for position in 0..self.voters.len() {
            let voter = self.voters[position];
            if voter != self.id {
                self.say(voter, Body::Vote { last });
            }
        }
    }

    /// Counts a vote, if this node still is the candidate it was cast for. An answer that comes
    /// before the question has left is none: a node that led on the strength of it would speak for a
    /// term whose vote it can still lose.
    pub(crate) fn count_vote(&mut self, voter: NodeId, granted: bool) {
        let Role::Candidate(candidate) = &mut self.role else {
            return;
        };
        if voter != self.id && !candidate.has_asked() && !self.active.is(Mutant::F1) {
            return;
        }
        candidate.record(voter, granted);
        match candidate.tally(self.voters.len()) {
            Tally::Won => self.lead(),
            Tally::Lost => self.follow(None),
            Tally::Open => {}
        }
    }
}
