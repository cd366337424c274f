//! THE rule: what a leader may call committed (R5, R6).

use super::super::Role;
use crate::mutant::Mutant;
use crate::node::RawNode;
use crate::quorum::majority;
use crate::types::Index;

impl RawNode {
    /// Commits up to the highest index that is synced on a quorum, if its entry is of this term.
    ///
    /// A follower counts for what it has acknowledged, which it had synced. The leader counts for
    /// what it has synced itself, not for what it has appended. So a quorum of followers may commit
    /// an entry which this node could still lose; it hands the entry out only once it has synced it.
    pub(crate) fn commit_what_a_quorum_holds(&mut self) {
        let reached = self.reached_by_a_quorum();
        if reached <= self.log.cursors.committed {
            return;
        }
        // Copies of an older term's entry prove nothing (Raft paper, figure 8).
        let own_term = self.log.term_at(reached) == Some(self.term);
        if own_term || self.active.is(Mutant::K1) {
            self.log.cursors.committed = reached;
        }
    }

    fn reached_by_a_quorum(&self) -> Index {
        let Role::Leader(leader) = &self.role else {
            return Index::ZERO;
        };
        let cursors = &self.log.cursors;
        let own = if self.active.is(Mutant::F4) { cursors.appended } else { cursors.synced };
        let matched = leader.followers.iter().map(|follower| follower.matched);
        majority::reached(&matched.chain([own]))
    }
}
