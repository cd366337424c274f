//! The side of a follower: granting votes, taking entries (Raft paper, sections 5.2 to 5.4).

use super::Role;
use crate::entry::Entry;
use crate::error::StepError;
use crate::message::Body;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::types::{Index, LogId, NodeId, Term};

impl RawNode {
    /// Moves to a later term. What waited to be said in the old one must not be said any more.
    pub(crate) fn enter_term(&mut self, term: Term, vote: Option<NodeId>) {
        assert!(term > self.term, "R1: a term never falls");
        self.term = term;
        self.vote = vote;
        self.writes.hard_changed();
        self.gate.clear();
    }

    /// Becomes, or stays, a follower in the current term.
    pub(crate) fn follow(&mut self, leader: Option<NodeId>) {
        if matches!(self.role, Role::Candidate(_)) {
            self.gate.drop_candidacy();
            if self.active.is(Mutant::K2) {
                self.vote = None;
            }
        }
        self.role = Role::Follower { leader };
        self.timer.restart();
    }

    /// Answers a vote request of the current term (Raft paper, section 5.4.1).
    pub(crate) fn on_vote(&mut self, candidate: NodeId, last: LogId) {
        let free = match self.vote {
            Some(vote) => vote == candidate,
            None => matches!(self.role, Role::Follower { leader: None }),
        };
        let longer = self.active.is(Mutant::K4) && last.index >= self.log.last().index;
        let granted = free && (longer || last >= self.log.last());
        if granted && self.vote.is_none() {
            self.vote = Some(candidate);
            self.writes.hard_changed();
        }
        if granted {
            self.timer.rewind();
        }
        self.say(candidate, Body::VoteResponse { granted });
    }

    /// Takes the entries of the leader of the current term (Raft paper, section 5.3).
    pub(crate) fn on_append(
        &mut self,
        leader: NodeId,
        prev: LogId,
        entries: &[Entry],
        commit: Index,
    ) -> Result<(), StepError> {
        self.heed(leader)?;
        let committed = self.log.cursors.committed;
        if prev.index < committed {
            // Late, or a probe: what is committed matches every later leader (R7 of the table).
            let covered = entries.last().map_or(prev.index, Entry::index);
            if covered <= committed {
                self.say(leader, Body::AppendAccepted { last: committed });
                return Ok(());
            }
        }
        if self.log.id_at(prev.index) != Some(prev) {
            let hint = self.log.newest_at_most(prev.index, prev.term);
            self.say(leader, Body::AppendRejected { prev: prev.index, hint });
            return Ok(());
        }
        let last = entries.last().map_or(prev.index, Entry::index);
        self.take(entries)?;
        let corrupt = self.active.is(Mutant::W7) && commit > last;
        assert!(!corrupt, "commit {commit} is out of range, the last index is {last}");
        self.learn_commit(commit.min(last));
        self.say(leader, Body::AppendAccepted { last });
        Ok(())
    }

    /// Writes what is new of these entries, which follow an entry of this log. Entries that are
    /// there already are left alone: a late append must not cut off what came after it.
    fn take(&mut self, entries: &[Entry]) -> Result<(), StepError> {
        let Some(new) = entries.iter().position(|e| self.log.term_at(e.index()) != Some(e.term()))
        else {
            return Ok(());
        };
        let lowest = entries[new].id;
        if lowest.index <= self.log.cursors.committed {
            let committed = self.log.cursors.committed;
            return Err(StepError::AgainstCommitted { found: lowest, committed });
        }
        let new =
            if self.active.is(Mutant::K11) { self.after_own(entries) } else { &entries[new..] };
        if let Some(first) = new.first() {
            self.writes.log_changed(first.index());
            self.log.overwrite(new);
        }
        Ok(())
    }

    /// Those of the entries that lie beyond the end of this log (mutant K11).
    fn after_own<'a>(&self, entries: &'a [Entry]) -> &'a [Entry] {
        let last = self.log.last().index;
        let known = entries.iter().take_while(|entry| entry.index() <= last).count();
        &entries[known..]
    }

    /// Takes a heartbeat of the leader of the current term.
    pub(crate) fn on_heartbeat(&mut self, leader: NodeId, commit: Index) -> Result<(), StepError> {
        self.heed(leader)?;
        self.learn_commit(commit.min(self.log.last().index));
        self.say(leader, Body::HeartbeatResponse);
        Ok(())
    }

    /// Follows whoever leads the current term.
    fn heed(&mut self, leader: NodeId) -> Result<(), StepError> {
        if matches!(self.role, Role::Leader(_)) {
            return Err(StepError::SecondLeader(self.term));
        }
        match self.role {
            Role::Follower { leader: Some(known) } if known == leader => self.timer.rewind(),
            _ => self.follow(Some(leader)),
        }
        Ok(())
    }

    /// Commit never goes down (R7).
    fn learn_commit(&mut self, commit: Index) {
        let before = self.log.cursors.committed;
        let down = self.active.is(Mutant::K6);
        self.log.cursors.committed = if down { commit } else { before.max(commit) };
    }
}
