//! Giving a vote (Raft paper, section 5.4.1). Whoever is asked answers, also a learner: the one who
//! asks may know of its promotion first.

use super::Role;
use crate::message::{Body, Candidacy, Message};
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::types::{LogId, NodeId, Term};

impl RawNode {
    /// Answers a vote request of the current term.
    pub(crate) fn on_vote(&mut self, candidate: NodeId, candidacy: Candidacy) {
        let free = match self.vote {
            Some(vote) => vote == candidate,
            None => matches!(self.role, Role::Follower { leader: None } | Role::PreCandidate(_)),
        };
        let granted = free && self.is_worthy(candidacy);
        if granted && self.vote.is_none() {
            self.vote = Some(candidate);
            self.writes.hard_changed();
        }
        if granted {
            if matches!(self.role, Role::PreCandidate(_)) {
                self.follow(None);
            }
            self.timer.rewind();
        }
        let committed = self.log.committed();
        self.say(candidate, Body::VoteResponse { granted, committed });
        self.learn_committed(candidacy.committed);
    }

    /// Answers a question about a term that nobody has entered: whether this node would vote. It
    /// writes nothing and enters no term.
    pub(crate) fn on_pre_vote(&mut self, candidate: NodeId, term: Term, candidacy: Candidacy) {
        let later = term > self.term;
        let granted = later && self.is_worthy(candidacy);
        if granted && self.active.is(Mutant::K16) {
            self.vote = Some(candidate);
            self.writes.hard_changed();
        }
        let committed = self.log.committed();
        // Consent speaks of the term asked about, a refusal of the own one, which may be news.
        let term = if granted { term } else { self.term };
        if term > Term(0) {
            let body = Body::PreVoteResponse { granted, committed };
            self.outbox.add_if_room(Message { from: self.id, to: candidate, term, body });
        }
        self.learn_committed(candidacy.committed);
    }

    /// Whether a candidate comes first, or level, in the one order of all candidates: by log, then by
    /// priority. As every voter goes by the same order, whoever comes last in it votes for the others,
    /// and whoever comes first is refused by nobody.
    fn is_worthy(&self, candidacy: Candidacy) -> bool {
        let (last, own) = (candidacy.last, self.log.last());
        let longer = self.active.is(Mutant::K4) && last.index >= own.index;
        let newer = if self.active.is(Mutant::Ln) { last.index > own.index } else { last > own };
        let preferred = newer || candidacy.priority >= self.config.priority;
        let is_mute = self.active.is(Mutant::M5) && !self.membership().is_voter(self.id);
        (longer || last >= own) && preferred && !is_mute
    }

    /// Takes over a commit that a vote message names, if the own log has that entry (R7). Without it
    /// two nodes that know of different memberships could wait for each other for ever.
    pub(crate) fn learn_committed(&mut self, committed: LogId) {
        let before = self.log.cursors.committed;
        let is_news = committed.index > before;
        if !is_news || self.log.id_at(committed.index) != Some(committed) {
            return;
        }
        self.learn_commit(committed.index);
        self.forget_uncommitted(before, committed.index);
        let campaigns = matches!(self.role, Role::PreCandidate(_) | Role::Candidate(_));
        if campaigns && self.unapplied_change().is_some() {
            self.follow(None);
        }
    }
}
