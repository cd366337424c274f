//! The side of a candidate: who has answered, and what that decides (Raft paper, section 5.2).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Role;
use crate::error::CampaignError;
use crate::message::{Body, Candidacy, Message};
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::quorum::{self, Tally};
use crate::sync::Withheld;
use crate::types::{Index, LogId, NodeId, Term};

/// The votes of one candidacy.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) struct Candidate {
    votes: Vec<(NodeId, bool)>,
    /// A leader asked for this election (R20).
    is_transfer: bool,
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
}

impl RawNode {
    /// Begins an election now, without waiting for the timer; with pre-vote, by asking who would
    /// vote for this node.
    ///
    /// # Errors
    /// If the node must not campaign now, as [`CampaignError`] says.
    pub fn campaign(&mut self) -> Result<(), CampaignError> {
        let is_bound = self.config.check_quorum && !self.active.is(Mutant::F37);
        if is_bound && self.promise.holds() {
            return Err(CampaignError::Promised);
        }
        self.may_campaign()?;
        if self.config.pre_vote {
            self.ask_beforehand();
        } else {
            self.run_for_office(false);
        }
        self.check_all();
        Ok(())
    }

    /// Whether anything but a promise stands against an election.
    fn may_campaign(&self) -> Result<(), CampaignError> {
        if matches!(self.role, Role::Leader(_)) {
            return Err(CampaignError::AlreadyLeader);
        }
        if !self.membership().is_voter(self.id) {
            return Err(CampaignError::NotAVoter);
        }
        if self.term.0 == u64::MAX {
            return Err(CampaignError::TermsExhausted);
        }
        if let Some(snapshot) = self.pending_install() {
            return Err(CampaignError::Installing { snapshot });
        }
        match self.unapplied_change() {
            Some(change) => Err(CampaignError::UnappliedChange { change }),
            None => Ok(()),
        }
    }

    /// The leader asks this node to take over (R20). Whatever stands against an election but a
    /// promise makes it stay a follower.
    pub(crate) fn on_timeout_now(&mut self, leader: NodeId) -> Result<(), crate::StepError> {
        self.heed(leader)?;
        if self.may_campaign().is_ok() {
            self.run_for_office(true);
        }
        Ok(())
    }

    fn ask_beforehand(&mut self) {
        self.follow(None);
        self.role = Role::PreCandidate(Box::default());
        let candidacy = self.candidacy(false);
        let term = Term(self.term.0 + 1);
        for voter in self.membership().all_voters() {
            if voter != self.id {
                let body = Body::PreVote(candidacy);
                self.outbox.add_question(Message { from: self.id, to: voter, term, body });
            }
        }
        self.count_pre_vote(self.id, true);
    }

    /// Enters the next term as a candidate.
    fn run_for_office(&mut self, is_transfer: bool) {
        let term = Term(self.term.0 + 1);
        self.fail_forwarded_reads();
        self.enter_term(term, Some(self.id));
        self.role = Role::Candidate(Box::new(Candidate { votes: Vec::new(), is_transfer }));
        self.timer.restart();
        if self.active.is(Mutant::F2) {
            self.split_hard_state = self.writes.pending_lowest.is_some();
        }
        self.ask_for_votes();
    }

    fn candidacy(&self, is_transfer: bool) -> Candidacy {
        let (last, committed) = (self.log.last(), self.log.committed());
        Candidacy { last, committed, priority: self.config.priority, is_transfer }
    }

    /// Both the requests and the node's own vote wait for the write with the new term. The own vote
    /// too: a single voter leads at once, and its first message is already a promise.
    fn ask_for_votes(&mut self) {
        let Role::Candidate(candidate) = &self.role else {
            return;
        };
        let candidacy = self.candidacy(candidate.is_transfer);
        let needs = self.writes.carrier(Index::MAX).expect("the new term is pending");
        self.gate.hold(needs, Withheld::SelfVote);
        for voter in self.membership().all_voters() {
            if voter != self.id {
                self.say(voter, Body::Vote(candidacy));
            }
        }
    }

    /// Takes the answer to a vote request of the current term.
    pub(crate) fn on_vote_response(&mut self, voter: NodeId, granted: bool, committed: LogId) {
        self.count_vote(voter, granted);
        self.learn_committed(committed);
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
        if !self.memberships.active().is_voter(voter) {
            return;
        }
        candidate.record(voter, granted);
        match quorum::tally(self.memberships.active(), &candidate.votes) {
            Tally::Won => self.lead(),
            Tally::Lost => self.follow(None),
            Tally::Open => {}
        }
    }

    /// Takes the answer to a question about the next term. Consent to another term is stale.
    pub(crate) fn on_pre_vote_response(
        &mut self,
        voter: NodeId,
        term: Term,
        granted: bool,
        committed: LogId,
    ) {
        if !granted || term.0 == self.term.0.saturating_add(1) {
            self.count_pre_vote(voter, granted);
        }
        self.learn_committed(committed);
    }

    fn count_pre_vote(&mut self, voter: NodeId, granted: bool) {
        let Role::PreCandidate(candidate) = &mut self.role else {
            return;
        };
        if !self.memberships.active().is_voter(voter) {
            return;
        }
        candidate.record(voter, granted);
        match quorum::tally(self.memberships.active(), &candidate.votes) {
            Tally::Won => self.run_for_office(false),
            Tally::Lost => self.follow(None),
            Tally::Open => {}
        }
    }
}
