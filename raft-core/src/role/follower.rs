//! The side of a follower: taking entries and heartbeats (Raft paper, section 5.3).

use super::Role;
use crate::config::ReadMode;
use crate::election::Promise;
use crate::entry::{Entries, Entry};
use crate::error::{ForgetError, StepError};
use crate::message::Body;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::types::{Index, LogId, NodeId, Round, Term};

impl RawNode {
    /// Moves to a later term. What waited to be said in the old one must not be said any more.
    pub(crate) fn enter_term(&mut self, term: Term, vote: Option<NodeId>) {
        assert!(term > self.term, "R1: a term never falls");
        self.term = term;
        self.vote = vote;
        if vote.is_some() || !self.active.is(Mutant::F17) {
            self.writes.hard_changed();
        }
        if self.active.is(Mutant::F36) {
            self.promise = Promise::default();
        }
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
        if self.leader() != leader {
            self.fail_forwarded_reads();
        }
        let before = core::mem::replace(&mut self.role, Role::Follower { leader });
        if let Role::Leader(former) = before {
            self.resign(*former);
        }
        if leader.is_some() {
            self.timer.forget_slowness();
        }
        self.timer.restart();
    }

    /// Takes the entries of the leader of the current term.
    pub(crate) fn on_append(
        &mut self,
        leader: NodeId,
        prev: LogId,
        came: Entries,
        commit: Index,
    ) -> Result<(), StepError> {
        self.heed(leader)?;
        self.begin_with_a_snapshot();
        let last = came.last().map_or(prev.index, Entry::index);
        let committed = self.log.committed();
        if last <= committed.index {
            // Late, or a probe: what is committed matches every later leader.
            self.say(leader, Body::AppendAccepted { last: committed.index });
            return Ok(());
        }
        let (prev, entries) = beyond(committed, prev, &came)?;
        if self.log.id_at(prev.index) != Some(prev) {
            let hint = self.log.newest_at_most(prev.index, prev.term);
            let hint = hint.unwrap_or(self.log.base());
            self.say(leader, Body::AppendRejected { prev: prev.index, hint });
            return Ok(());
        }
        if self.requested_snapshot.is_some() && !self.needs_before_the_snapshot(entries) {
            self.keep_waiting(leader, prev, entries, commit);
            return Ok(());
        }
        let known = came.len() - entries.len();
        self.take(known, came)?;
        let corrupt = self.active.is(Mutant::W7) && commit > last;
        assert!(!corrupt, "commit {commit} is out of range, the last index is {last}");
        let known = if self.active.is(Mutant::K5) { self.log.last().index } else { last };
        self.learn_commit(commit.min(known));
        self.say(leader, Body::AppendAccepted { last });
        Ok(())
    }

    /// Writes what is new of these entries, which follow an entry of this log once the first
    /// `known` are left out. Entries that are there already are left alone: a late append must not cut off
    /// what came after it.
    fn take(&mut self, known: usize, came: Entries) -> Result<(), StepError> {
        let entries = &came[known..];
        let is_known = |e: &Entry| self.log.term_at(e.index()) == Some(e.term());
        let is_cut = self.active.is(Mutant::K10);
        let Some(new) = entries.iter().position(|e| is_cut || !is_known(e)) else {
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
            if !self.active.is(Mutant::F24) {
                self.memberships.truncated(first.index());
            }
            for entry in new {
                self.memberships.appended(entry);
            }
            let (synced, known) = (self.log.cursors.synced, came.len() - new.len());
            self.log.overwrite(known, came);
            if self.active.is(Mutant::F42) {
                self.log.cursors.synced = synced.min(self.log.last().index);
            }
            if let Some(at_least) = &mut self.requested_snapshot {
                *at_least = self.log.last().index;
            }
        }
        Ok(())
    }

    /// A node that waits to be added to a cluster takes no entries before a snapshot: the changes among
    /// them would say what is added to a membership that it was never told (R18). Folded from nothing,
    /// the change that adds this node would make it a cluster of its own.
    fn begin_with_a_snapshot(&mut self) {
        let is_told = !self.membership().voters.is_empty() || !self.installs.is_empty();
        if !is_told && self.requested_snapshot.is_none() {
            self.requested_snapshot = Some(self.log.last().index.max(Index(1)));
        }
    }

    /// Whether a node that waits for a snapshot takes these entries, which follow an entry of its log
    /// (R14). It takes what replaces others, for the snapshot must reach the end of the log and may not
    /// count on a tail that its leader does not have. And it takes the first entries of its leader's
    /// own term: a leader that cannot commit them without this node would never have a snapshot that
    /// reaches as far as this log does.
    fn needs_before_the_snapshot(&self, entries: &[Entry]) -> bool {
        let own = |e: &Entry| self.log.term_at(e.index());
        let conflict = |e: &Entry| own(e).is_some_and(|term| term != e.term());
        let is_news = entries.last().is_some_and(|e| own(e).is_none());
        // Who knows no members takes nothing, and what it asks for is committed.
        let is_blank = self.membership().voters.is_empty();
        let is_behind = is_news && self.log.last().term < self.term && !is_blank;
        is_behind || entries.iter().any(conflict)
    }

    /// Acknowledges what this log has of these entries, takes no others, and reminds the leader of the
    /// snapshot.
    fn keep_waiting(&mut self, leader: NodeId, prev: LogId, entries: &[Entry], commit: Index) {
        if !self.membership().voters.is_empty() {
            let last = entries.last().map_or(prev.index, Entry::index).min(self.log.last().index);
            self.learn_commit(commit.min(last));
            self.say(leader, Body::AppendAccepted { last });
        }
        self.ask_for_the_snapshot(leader);
    }

    /// Those of the entries that lie beyond the end of this log (mutant K11).
    fn after_own<'a>(&self, entries: &'a [Entry]) -> &'a [Entry] {
        let last = self.log.last().index;
        let known = entries.iter().take_while(|entry| entry.index() <= last).count();
        &entries[known..]
    }

    /// Takes a heartbeat of the leader of the current term.
    pub(crate) fn on_heartbeat(
        &mut self,
        leader: NodeId,
        commit: Index,
        round: Round,
    ) -> Result<(), StepError> {
        self.on_commit(leader, commit)?;
        self.begin_with_a_snapshot();
        self.ask_for_the_snapshot(leader);
        self.say(leader, Body::HeartbeatResponse { round });
        Ok(())
    }

    /// Takes the news of a commit from the leader of the current term.
    pub(crate) fn on_commit(&mut self, leader: NodeId, commit: Index) -> Result<(), StepError> {
        self.heed(leader)?;
        self.learn_commit(commit.min(self.log.last().index));
        Ok(())
    }

    /// Forgets who leads, so that this node may vote for another at once; with `check_quorum` it
    /// still keeps what it promised (R22).
    ///
    /// # Errors
    /// If it follows nobody, or a lease rests on it.
    pub fn forget_leader(&mut self) -> Result<(), ForgetError> {
        let Role::Follower { leader: Some(_) } = self.role else {
            return Err(ForgetError::NoLeader);
        };
        if self.config.reads != ReadMode::Quorum {
            if !self.active.is(Mutant::Q8) {
                return Err(ForgetError::Lease);
            }
            self.promise = Promise::default();
        }
        self.fail_forwarded_reads();
        self.role = Role::Follower { leader: None };
        self.check_all();
        Ok(())
    }

    /// Follows whoever leads the current term, and promises to elect nobody else for now (R22).
    pub(crate) fn heed(&mut self, leader: NodeId) -> Result<(), StepError> {
        if matches!(self.role, Role::Leader(_)) {
            return Err(StepError::SecondLeader(self.term));
        }
        match self.role {
            Role::Follower { leader: Some(known) } if known == leader => self.timer.rewind(),
            _ => self.follow(Some(leader)),
        }
        self.promise_to_the_leader();
        Ok(())
    }

    /// Commit never goes down (R7).
    pub(crate) fn learn_commit(&mut self, commit: Index) {
        let before = self.log.cursors.committed;
        // What the log has let go of was committed, whatever the mutant makes of it.
        let least = if self.active.is(Mutant::K6) { self.log.base().index } else { before };
        self.log.cursors.committed = least.max(commit);
    }
}

/// Those of the entries that lie beyond what is committed, and what comes before them. The committed
/// log is that of every later leader, so there is nothing to compare before its end.
fn beyond(
    committed: LogId,
    prev: LogId,
    entries: &[Entry],
) -> Result<(LogId, &[Entry]), StepError> {
    if prev.index >= committed.index {
        return Ok((prev, entries));
    }
    let known = (committed.index.0 - prev.index.0) as usize;
    let found = entries[known - 1].id;
    if found != committed {
        return Err(StepError::AgainstCommitted { found, committed: committed.index });
    }
    Ok((committed, &entries[known..]))
}
