//! The side of a leader: proposals, and what its followers answer.

mod commit;
mod replicate;

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::Role;
use crate::entry::{Entry, Payload};
use crate::error::{ProposeError, StepError};
use crate::message::Body;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::progress::Progress;
use crate::types::{Index, LogId, NodeId};

/// What a leader keeps for its term.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Leader {
    /// Every other voter.
    followers: Vec<Progress>,
    /// Ticks since the last round of heartbeats.
    heartbeat_elapsed: u32,
}

impl Leader {
    fn follower(&mut self, id: NodeId) -> Option<&mut Progress> {
        self.followers.iter_mut().find(|progress| progress.id == id)
    }
}

impl RawNode {
    /// Begins to lead the current term. The node's own copy counts for what is synced of it, which
    /// is all of it up to here, since its vote waited for that (R11).
    pub(crate) fn lead(&mut self) {
        if self.active.is(Mutant::K20) {
            self.log.cut_uncommitted();
        }
        let last = self.log.last().index;
        assert!(
            !self.active.none() || self.log.cursors.synced == last,
            "R11: a new leader has synced its whole log"
        );
        let inflight_max = self.config.inflight_messages_max;
        let followers = self.voters.iter().filter(|id| **id != self.id);
        let followers = followers.map(|id| Progress::new(*id, last.next(), inflight_max)).collect();
        self.role = Role::Leader(Leader { followers, heartbeat_elapsed: 0 });
        self.append_own(Payload::Noop);
    }

    /// Proposes a command. It gets the index returned here if this leader stays in office.
    ///
    /// # Errors
    /// If this node does not lead.
    pub fn propose(&mut self, command: Arc<[u8]>) -> Result<Index, ProposeError> {
        match &self.role {
            Role::Leader(_) => {}
            Role::Follower { leader } => return Err(ProposeError::NotLeader { leader: *leader }),
            Role::Candidate(_) => return Err(ProposeError::NotLeader { leader: None }),
        }
        let index = self.append_own(Payload::Command(command));
        self.check();
        Ok(index)
    }

    fn append_own(&mut self, payload: Payload) -> Index {
        let index = self.log.last().index.next();
        self.log.append(Entry { id: LogId { term: self.term, index }, payload });
        self.writes.log_changed(index);
        self.commit_what_a_quorum_holds();
        index
    }

    /// Time passes for a leader: a round of heartbeats when one is due. A heartbeat carries no
    /// commit that its receiver has not acknowledged in this term (R7).
    pub(crate) fn tick_leader(&mut self) {
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        leader.heartbeat_elapsed += 1;
        if leader.heartbeat_elapsed < self.config.heartbeat_ticks {
            return;
        }
        leader.heartbeat_elapsed = 0;
        let commit = self.log.cursors.committed;
        for progress in &leader.followers {
            let body = Body::Heartbeat { commit: commit.min(progress.matched) };
            let (to, from, term) = (progress.id, self.id, self.term);
            self.outbox.push(crate::Message { from, to, term, body });
        }
    }

    /// A follower has acknowledged everything up to `last`.
    pub(crate) fn on_append_accepted(
        &mut self,
        from: NodeId,
        last: Index,
    ) -> Result<(), StepError> {
        let own = self.log.last().index;
        let Role::Leader(leader) = &mut self.role else {
            return Ok(());
        };
        if last > own {
            return Err(StepError::AckBeyondLog { found: last, last: own });
        }
        if leader.follower(from).is_some_and(|progress| progress.accepted(last)) {
            self.commit_what_a_quorum_holds();
        }
        Ok(())
    }

    /// A follower lacks the entry before what it was sent: go back to where the logs may meet.
    pub(crate) fn on_append_rejected(&mut self, from: NodeId, prev: Index, hint: LogId) {
        let meet = self.log.newest_at_most(hint.index, hint.term).index;
        if let Role::Leader(leader) = &mut self.role
            && let Some(progress) = leader.follower(from)
        {
            progress.rejected(prev, meet);
        }
    }

    /// A follower lives.
    pub(crate) fn on_heartbeat_response(&mut self, from: NodeId) {
        let last = self.log.last().index;
        if let Role::Leader(leader) = &mut self.role
            && let Some(progress) = leader.follower(from)
        {
            progress.answered_heartbeat(last);
        }
    }
}
