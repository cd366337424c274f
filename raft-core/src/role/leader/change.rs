//! Changes of the membership: what may be proposed (R18, R19), and what happens once one is active.

use alloc::sync::Arc;

use super::super::Role;
use super::Proposed;
use crate::entry::Payload;
use crate::error::ProposeChangeError;
use crate::membership::{ChangeError, Leave, MembershipChange};
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::progress::Progress;
use crate::types::{Index, LogId, NodeId};

impl RawNode {
    /// Proposes a change of the membership. It is active when its entry is applied.
    ///
    /// # Errors
    /// If the change does not apply to the membership, another one is not applied yet, or this node
    /// can neither append it nor send it on.
    pub fn propose_change(
        &mut self,
        change: MembershipChange,
    ) -> Result<Proposed, ProposeChangeError> {
        if let Some(found) = change.excess() {
            // The leader would refuse the message that brings it.
            return Err(ProposeChangeError::DoesNotApply(ChangeError::TooLong { found }));
        }
        let change = Arc::new(change);
        let proposed = if matches!(self.role, Role::Leader(_)) {
            Proposed::Appended(self.accept_change(change)?)
        } else {
            let sent = self.send_on(Payload::Membership(change));
            Proposed::Forwarded(sent.map_err(ProposeChangeError::Refused)?)
        };
        self.check_all();
        Ok(proposed)
    }

    pub(super) fn accept_change(
        &mut self,
        change: Arc<MembershipChange>,
    ) -> Result<LogId, ProposeChangeError> {
        let applied = self.log.cursors.applied;
        if let Role::Leader(leader) = &self.role
            && applied < leader.barrier
            && !self.active.is(Mutant::M2)
        {
            return Err(ProposeChangeError::TooEarly { barrier: leader.barrier, applied });
        }
        self.membership().after(&change).map_err(ProposeChangeError::DoesNotApply)?;
        let id = self.accept(Payload::Membership(change)).map_err(ProposeChangeError::Refused)?;
        self.set_barrier(id.index);
        Ok(id)
    }

    fn set_barrier(&mut self, index: Index) {
        if let Role::Leader(leader) = &mut self.role {
            leader.barrier = index;
        }
    }

    /// A committed change of the membership that is not applied here yet.
    pub(crate) fn unapplied_change(&self) -> Option<Index> {
        self.memberships.committed_but_unapplied(self.log.cursors.committed)
    }

    /// Another membership is active now.
    pub(crate) fn membership_changed(&mut self) {
        if !matches!(self.role, Role::Leader(_)) {
            return;
        }
        if !self.membership().is_voter(self.id) {
            if !self.active.is(Mutant::M8) {
                self.leave_office();
            }
            return;
        }
        let (members, next) = (self.membership().members(), self.log.last().index.next());
        let own = self.id;
        let Role::Leader(leader) = &mut self.role else {
            return;
        };
        let mut before = core::mem::take(&mut leader.peers);
        let mut kept = |id: NodeId| {
            let position = before.iter().position(|progress| progress.id == id)?;
            Some(before.swap_remove(position))
        };
        let others = members.into_iter().filter(|id| *id != own);
        leader.peers =
            others.map(|id| kept(id).unwrap_or_else(|| Progress::new(id, next))).collect();
        if leader.transfer.is_some_and(|transfer| !self.memberships.active().is_voter(transfer.to))
        {
            leader.transfer = None;
        }
        // Fewer may be enough now.
        self.commit_what_a_quorum_holds();
        self.confirm_rounds();
    }

    /// The leader has no vote any more. It tells everybody what is committed, the change that took
    /// its vote away included, and steps down.
    fn leave_office(&mut self) {
        let _ = self.compose_appends();
        self.follow(None);
    }

    /// Proposes to leave a joint membership as soon as that may be, if nobody else is to (thesis,
    /// section 4.3). A new leader does it for an old one that could not.
    pub(crate) fn leave_joint_if_due(&mut self) {
        let membership = self.membership();
        if !membership.is_joint() || membership.leave == Leave::Explicit {
            return;
        }
        let applied = self.log.cursors.applied;
        let payload = Payload::Membership(Arc::new(MembershipChange::Leave));
        if let Role::Leader(leader) = &mut self.role
            && applied >= leader.barrier
        {
            // It is never refused, but weighed, because its commit takes it off again.
            leader.uncommitted_bytes += payload.weight_bytes();
            let id = self.append_own(payload);
            self.set_barrier(id.index);
        }
    }
}
