//! What the other members answer.

use super::super::Role;
use crate::error::StepError;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::progress::{LeaderLog, Pace, SnapshotOutcome, Stage};
use crate::types::{Index, LogId, NodeId, Round};

impl RawNode {
    /// A member has acknowledged everything up to `last`.
    pub(crate) fn on_append_accepted(
        &mut self,
        from: NodeId,
        last: Index,
    ) -> Result<(), StepError> {
        let LeaderLog { base, last: own, .. } = self.leader_log();
        let Role::Leader(leader) = &mut self.role else {
            return Ok(());
        };
        if last > own {
            return Err(StepError::AckBeyondLog { found: last, last: own });
        }
        let regresses = self.active.is(Mutant::K7);
        let is_news = leader.peer(from).is_some_and(|progress| {
            let is_news = progress.accepted(last, base.index);
            if regresses {
                progress.matched = last;
            }
            is_news
        });
        if is_news {
            // Another copy of what is committed commits nothing more.
            if last > self.log.cursors.committed {
                self.commit_what_a_quorum_holds();
            }
            self.hand_over_if_level(from);
        }
        Ok(())
    }

    /// A member lacks the entry before what it was sent: go back to where the logs may meet.
    pub(crate) fn on_append_rejected(&mut self, from: NodeId, prev: Index, hint: LogId) {
        // Where the logs may meet before the base, only a snapshot helps.
        let meet = self.log.newest_at_most(hint.index, hint.term);
        let meet = meet.map_or(self.log.base().index.prev(), |id| id.index);
        if let Role::Leader(leader) = &mut self.role
            && let Some(progress) = leader.peer(from)
        {
            progress.rejected(prev, meet);
        }
    }

    /// A member lives, and still follows this leader.
    pub(crate) fn on_heartbeat_response(&mut self, from: NodeId, round: Round) {
        let (last, active) = (self.log.last().index, self.active);
        let limits = self.config.inflight_limits();
        if let Role::Leader(leader) = &mut self.role {
            let round = round.min(leader.rounds.newest());
            if let Some(progress) = leader.peer(from) {
                let is_left_waiting = match progress.pace {
                    Pace::Probe { .. } => active.is(Mutant::La),
                    Pace::Replicate => active.is(Mutant::Lb) && !progress.has_room(limits),
                    Pace::Snapshot(_) => false,
                };
                if is_left_waiting {
                    (progress.is_active, progress.answered) = (true, progress.answered.max(round));
                } else {
                    if active.is(Mutant::B6) {
                        progress.inflights.free_up_to(Index::MAX);
                    }
                    if active.is(Mutant::B7) && progress.pace == Pace::Replicate {
                        progress.inflights.free_up_to(Index::MAX);
                        progress.next = progress.matched.next();
                    }
                    progress.answered_heartbeat(round, last, limits);
                }
                self.confirm_rounds();
            }
        }
    }

    /// A member asks for a snapshot, and until it has one it takes no more than it must. So the request
    /// is heeded only once the snapshot needs nothing of that member any more: what it names is
    /// committed, or is of this term and acknowledged by the member, so that its share is counted.
    /// Until then the ordinary way of replication goes on.
    pub(crate) fn on_snapshot_request(&mut self, from: NodeId, at_least: Index) {
        let is_committed = at_least <= self.log.cursors.committed;
        let is_own = self.log.term_at(at_least) == Some(self.term);
        if let Role::Leader(leader) = &mut self.role
            && let Some(progress) = leader.peer(from)
            && (is_committed || (is_own && at_least <= progress.matched))
        {
            progress.snapshot_requested(at_least);
        }
    }

    /// Messages to a member do not arrive: the leader goes back to probing it.
    pub fn report_unreachable(&mut self, member: NodeId) {
        if let Role::Leader(leader) = &mut self.role
            && let Some(progress) = leader.peer(member)
        {
            progress.unreachable();
        }
    }

    /// What became of the snapshot that a member was sent, or was to be sent. Every snapshot that
    /// leaves must be reported, or that member may wait for ever.
    pub fn report_snapshot(&mut self, member: NodeId, outcome: SnapshotOutcome) {
        let (last, active) = (self.log.last().index, self.active);
        if let Role::Leader(leader) = &mut self.role
            && let Some(progress) = leader.peer(member)
        {
            let is_missed = match outcome {
                SnapshotOutcome::Failed => active.is(Mutant::N11),
                SnapshotOutcome::Delivered => {
                    let sent = Pace::Snapshot(Stage::Sent { last });
                    active.is(Mutant::N10) && progress.pace == sent
                }
            };
            if !is_missed {
                progress.snapshot_ended(outcome);
            }
        }
    }
}
