//! THE rule: what a leader may call committed (R5, R6).

use alloc::borrow::Cow;

use super::super::Role;
use crate::membership::Membership;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::quorum;
use crate::types::{CommitGroup, Index, NodeId};

impl RawNode {
    /// Commits up to the highest index that is synced on a quorum, if its entry is of this term.
    ///
    /// A follower counts for what it has acknowledged, which it had synced. The leader counts for
    /// what it has synced itself, not for what it has appended, and for nothing if it has no vote. So
    /// a quorum of followers may commit an entry which this node could still lose; it hands the entry
    /// out only once it has synced it.
    pub(crate) fn commit_what_a_quorum_holds(&mut self) {
        let reached = self.reached_by_a_quorum();
        let before = self.log.cursors.committed;
        if reached <= before {
            return;
        }
        // Copies of an older term's entry prove nothing (Raft paper, figure 8).
        let own_term = self.log.term_at(reached) == Some(self.term);
        if own_term || self.active.is(Mutant::K1) {
            self.log.cursors.committed = reached;
            self.forget_uncommitted(before, reached);
        }
    }

    /// What is committed weighs nothing any more.
    pub(crate) fn forget_uncommitted(&mut self, before: Index, reached: Index) {
        if let Role::Leader(leader) = &mut self.role
            && leader.uncommitted_bytes > 0
        {
            let bytes = self.log.proposed_bytes(before, reached);
            leader.uncommitted_bytes = leader.uncommitted_bytes.saturating_sub(bytes);
        }
    }

    fn reached_by_a_quorum(&self) -> Index {
        let Role::Leader(leader) = &self.role else {
            return Index::ZERO;
        };
        let cursors = &self.log.cursors;
        let own = match cursors.synced {
            _ if self.active.is(Mutant::F4) => cursors.appended,
            synced if self.active.is(Mutant::F11) => synced.max(leader.first),
            synced => synced,
        };
        let matched = |id: NodeId| {
            let follower = || leader.seen(id).map_or(Index::ZERO, |progress| progress.matched);
            if id == self.id { own } else { follower() }
        };
        let membership = &*self.counted();
        let reached = quorum::reached(membership, matched).unwrap_or_default();
        if self.groups.is_empty() {
            return reached;
        }
        // Group commit: a quorum within one failure domain is not enough.
        let group = |id: NodeId| self.groups.get(&id).copied();
        let spanned = quorum::reached_by_two_groups(membership, group, matched);
        spanned.map_or(reached, |spanned| spanned.min(reached))
    }

    /// Whose copies count: those of the active membership, or what a mutant takes for it.
    fn counted(&self) -> Cow<'_, Membership> {
        let active = self.memberships.active();
        if self.active.is(Mutant::K15) {
            return Cow::Owned(Membership::of_voters(active.members()));
        }
        if self.active.is(Mutant::M3) {
            return Cow::Owned(active.incoming_half());
        }
        Cow::Borrowed(active)
    }

    /// Says in which failure domain a node lies. While voters lie in two or more, an entry is
    /// committed only once it is synced by voters of two, besides a quorum (group commit). `None`
    /// takes a node out of every domain.
    pub fn assign_group(&mut self, node: NodeId, group: Option<CommitGroup>) {
        match group {
            Some(group) => self.groups.insert(node, group),
            None => self.groups.remove(&node),
        };
        self.commit_what_a_quorum_holds();
        self.check_all();
    }
}
